use super::{VERSIONS, column, holds, labels, read, rules};
use crate::prometheus::target::{JobSettings, TargetMaker};

#[test]
fn pools_are_those_of_the_servers() {
    let (rows, mut compared) = (read(include_str!("target_sets.yaml"), "target_sets"), 0);
    for (at, (_, version)) in VERSIONS.iter().enumerate() {
        for row in rows.iter().filter(|row| holds(row, *version)) {
            let (id, expect) = (row["id"].as_str().unwrap(), column(row, "expect", at));
            let maker = TargetMaker::new(JobSettings::new(id), &rules(row), *version);
            let inputs: Vec<_> = row["inputs"].as_array().unwrap().iter().map(labels).collect();
            let pool = maker.pool(&inputs);
            let url = |target: &serde_json::Value| target["scrape_url"].as_str().unwrap().to_owned();
            let mut expected: Vec<_> =
                expect["active"].as_array().unwrap().iter().map(|target| (labels(&target["labels"]), url(target))).collect();
            let mut active: Vec<_> = pool.active.iter().map(|target| (target.public(), target.url.clone())).collect();
            expected.sort();
            active.sort();
            assert_eq!(active, expected, "{id} in {version}");
            assert_eq!(pool.dropped.len() as u64, expect["dropped_count"].as_u64().unwrap(), "{id} in {version}");
            assert_eq!(pool.invalid.len() as u64, expect["sync_failed"].as_u64().unwrap(), "{id} in {version}");
            let discovered = pool.active.len() + pool.duplicates + pool.dropped.len() + pool.invalid.len();
            assert_eq!(discovered as u64, expect["discovered"].as_u64().unwrap(), "{id} in {version}");
            assert!(pool.unknown.is_empty());
            compared += 1;
        }
    }
    assert_eq!((rows.len(), compared), (10, 39));
}
