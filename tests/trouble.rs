//! The trouble cases of public reports: each gets its confirmed cause, and the repairs mend it.

use std::path::Path;

use crate::kit::cases::Case;
use crate::kit::run::prom_doctor;

/// Cases whose repair only people can choose: which container serves the metrics, how kubelets are started, under which
/// path an application serves its metrics.
const BY_PEOPLE: &[&str] = &["052", "058", "059"];

fn all() -> Vec<Case> {
    let cases = Case::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"));
    assert!(cases.len() >= 22, "the cases are not where they should be");
    cases
}

#[test]
fn each_case_gets_its_confirmed_cause_and_is_mended() {
    let mut wrong = Vec::new();
    for case in all() {
        let outcome = case.run();
        if !outcome.right {
            wrong.push(format!("{}: found {:?}", case.name(), outcome.found));
        }
        for (what, list) in [
            ("false alarm", &outcome.false_alarms),
            ("after its repair", &outcome.after_fix),
            ("after our fix", &outcome.after_own),
        ] {
            wrong.extend(list.iter().map(|line| format!("{}: {what}: {line}", case.name())));
        }
        let by_people = BY_PEOPLE.iter().any(|id| case.name().starts_with(id));
        if outcome.right && !case.is_healthy() && !by_people && outcome.tried == 0 {
            wrong.push(format!("{}: the answer proposes no fix that can be tried", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A command alone, to look or to open an editor, tells nobody what to change.
#[test]
fn what_people_are_to_change_is_printed() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for case in all().iter().filter(|case| BY_PEOPLE.iter().any(|id| case.name().starts_with(id))) {
        let folder = case.folder.to_str().unwrap();
        let ask = |more: &[&str]| prom_doctor(&case.folder, &[&["audit", "-A", "--snapshot", folder], more].concat()).stdout;
        let report: serde_json::Value = serde_json::from_str(&ask(&["-o", "json"])).unwrap();
        let printed = words(&ask(&[]));
        let fixes = report["findings"].as_array().unwrap().iter().flat_map(|finding| finding["fixes"].as_array().unwrap());
        let titles: Vec<&str> = fixes.map(|fix| fix["title"].as_str().unwrap()).collect();
        assert!(!titles.is_empty(), "{}", case.name());
        for title in titles {
            assert!(printed.contains(&words(title)), "{}: {title}", case.name());
        }
    }
}

/// How many targets each monitor has now and after the repair.
#[test]
fn each_case_gets_its_numbers_of_targets() {
    let mut wrong = Vec::new();
    for case in all() {
        wrong.extend(case.run().counts.iter().map(|line| format!("{}: {line}", case.name())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
