//! What real operators wrote for the cases of the corpus, and what is written here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::world::{Object, decode_value};

const CORPUS: &str = include_str!("corpus.yaml");
const ANSWERS: &str = include_str!("answers.jsonl");

struct Case {
    server: Server,
    features: Vec<String>,
    minor: u32,
    additional: String,
    objects: Vec<(Kind, Meta, Value)>,
}

impl Case {
    fn read(case: &Value, kubernetes: &str) -> Self {
        let decoded = decode_value(case["server"].clone(), "corpus", None);
        let server = decoded.objects.into_iter().next();
        let Some(Object::Server(server)) = server else { panic!("{case}: {:?}", decoded.malformed) };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let objects = case["objects"].as_array().into_iter().flatten().filter_map(|object| {
            let kind = Kind::of_manifest(object["apiVersion"].as_str()?, object["kind"].as_str()?)?;
            let meta = serde_json::from_value(object["metadata"].clone()).unwrap();
            (kind.is_monitoring()).then(|| (kind, meta, object["spec"].clone()))
        });
        let mut objects: Vec<_> = objects.collect();
        // As the operator goes through them.
        objects.sort_by_key(|(kind, ..)| *kind);
        let kubernetes = case["kubernetes"].as_str().unwrap_or(kubernetes);
        Self {
            server: *server,
            features: case["features"].as_array().into_iter().flatten().map(text).collect(),
            minor: kubernetes.rsplit('.').next().unwrap().parse().unwrap(),
            additional: text(&case["additional"]),
            objects,
        }
    }

    fn writer(&self, operator: Version) -> Writer<'_> {
        let prometheus = Version::parse(&self.server.spec.version).or(default_prometheus(operator)).unwrap();
        let gate = |name: &str| self.features.iter().any(|feature| feature == name);
        Writer {
            endpoint_slices: self.minor >= 21,
            pod_zones: self.minor >= 35,
            retention_gate: gate("PrometheusShardRetentionPolicy"),
            topology_gate: gate("PrometheusTopologySharding"),
            ..Writer::new(&self.server, operator, prometheus).unwrap()
        }
    }
}

fn corpus() -> BTreeMap<String, Case> {
    let corpus = crate::yaml::parse(CORPUS).documents[0].to_json().unwrap();
    let kubernetes = corpus["kubernetes"].as_str().unwrap();
    let cases = corpus["cases"].as_array().unwrap();
    cases.iter().map(|case| (case["name"].as_str().unwrap().to_owned(), Case::read(case, kubernetes))).collect()
}

/// What one operator said to one case.
struct Answer {
    case: String,
    operator: Version,
    jobs: Option<Vec<Value>>,
    /// The operator stopped with a panic.
    panicked: bool,
}

fn answers() -> Vec<Answer> {
    let mut lines = ANSWERS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rules = lines.next().unwrap()["rules"].clone();
    let whole = |mut job: Value| {
        for key in ["relabel_configs", "metric_relabel_configs"] {
            for rule in job.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                *rule = rules[rule.as_u64().unwrap() as usize].clone();
            }
        }
        job
    };
    let mut answers = Vec::new();
    for line in lines {
        let jobs = line["scrape_configs"].as_array().map(|jobs| jobs.iter().cloned().map(whole).collect::<Vec<_>>());
        for operator in line["operators"].as_array().unwrap() {
            let operator = Version::parse(operator.as_str().unwrap()).unwrap();
            let panicked = line["error"].as_str().is_some_and(|error| error.starts_with("panic"));
            answers.push(Answer { case: line["case"].as_str().unwrap().to_owned(), operator, jobs: jobs.clone(), panicked });
        }
    }
    answers
}

/// The first place at which two values differ; what stands for a Secret's value is like any text.
fn difference(path: &str, theirs: &Value, ours: &Value) -> Option<String> {
    match (theirs, ours) {
        (Value::String(_), Value::String(placeholder)) if placeholder == crate::prometheus::config::REDACTED => None,
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys()).collect::<std::collections::BTreeSet<_>>();
            let at = |map: &serde_json::Map<String, Value>, key: &str| map.get(key).cloned();
            keys.into_iter().find_map(|key| match (at(left, key), at(right, key)) {
                (Some(left), Some(right)) => difference(&format!("{path}.{key}"), &left, &right),
                (left, right) => Some(format!("{path}.{key}: theirs {left:?}, ours {right:?}")),
            })
        }
        (Value::Array(left), Value::Array(right)) => {
            let pairs = left.iter().zip(right).enumerate();
            let first = pairs.into_iter().find_map(|(at, (left, right))| difference(&format!("{path}[{at}]"), left, right));
            first.or_else(|| (left.len() != right.len()).then(|| format!("{path}: theirs {theirs}, ours {ours}")))
        }
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => None,
        _ => (theirs != ours).then(|| format!("{path}: theirs {theirs}, ours {ours}")),
    }
}

/// The jobs that a real operator wrote for the monitors of a case.
fn of_monitors(case: &Case, jobs: &[Value]) -> Vec<Value> {
    let added = |job: &&Value| case.additional.contains(&format!("job_name: {}", name(job)));
    jobs.iter().filter(|job| !added(job)).cloned().collect()
}

fn name(job: &Value) -> &str {
    job["job_name"].as_str().unwrap_or_default()
}

/// Takes the job of a name out of a list: the first one, as names of operators up to 0.46 do not tell ServiceMonitors
/// from PodMonitors, which come later.
fn take(jobs: &mut Vec<Value>, wanted: &str) -> Option<Value> {
    let at = jobs.iter().position(|job| name(job) == wanted)?;
    Some(jobs.remove(at))
}

#[test]
fn jobs_are_written_as_real_operators_write_them() {
    let corpus = corpus();
    let (mut wrong, mut jobs, mut open) = (Vec::new(), BTreeMap::<String, usize>::new(), 0);
    for answer in answers() {
        let case = &corpus[&answer.case];
        let writer = case.writer(answer.operator);
        let place = format!("{} {}", answer.operator, answer.case);
        let ours = case.objects.iter().map(|(kind, meta, spec)| writer.write(*kind, meta, spec));
        let (ours, refused): (Vec<_>, Vec<_>) = ours.partition(Result::is_ok);
        if answer.panicked && refused.is_empty() && !case.objects.is_empty() {
            wrong.push(format!("{place}: the operator stops, and jobs are written"));
        }
        let Some(theirs) = answer.jobs else { continue };
        let mut theirs = of_monitors(case, &theirs);
        for ours in ours.into_iter().flatten().flatten() {
            let name = name(&ours.value);
            match take(&mut theirs, name) {
                Some(theirs) => wrong.extend(difference("", &theirs, &ours.value).map(|what| format!("{place}: {name}{what}"))),
                None => wrong.push(format!("{place}: {name} is not theirs")),
            }
            *jobs.entry(answer.operator.to_string()).or_default() += 1;
        }
        // What is not written must be what nobody wrote, or the reason says that it is not known here.
        let unknown = refused.iter().filter_map(|refused| refused.as_ref().err()).any(|why| why.reason.contains("65.1"));
        open += usize::from(unknown);
        if !unknown {
            wrong.extend(theirs.iter().map(|job| format!("{place}: {} is missing", name(job))));
        }
    }
    assert!(wrong.is_empty(), "{} differences: {wrong:#?}", wrong.len());
    let total: usize = jobs.values().sum();
    println!("generated = written by real operators: {total} jobs, by version {jobs:?}");
    let enough = jobs.len() >= 10 && total >= 3_700 && jobs.values().all(|count| *count >= 300);
    assert!(enough && open == 0, "{total} jobs compared: {jobs:?}; cases not known here: {open}");
}

#[test]
fn real_jobs_mean_what_is_written() {
    let corpus = corpus();
    let (mut wrong, mut jobs) = (Vec::new(), 0);
    for answer in answers() {
        let (case, Some(mut theirs)) = (&corpus[&answer.case], answer.jobs) else { continue };
        let writer = case.writer(answer.operator);
        for (kind, meta, spec) in &case.objects {
            for ours in writer.jobs(*kind, meta, spec) {
                let Some(live) = take(&mut theirs, name(&ours.value)) else { continue };
                let found = difference::differences(&ours, &crate::prometheus::config::redacted(live));
                wrong.extend(found.iter().map(|found| format!("{} {}: {found}", answer.operator, answer.case)));
                jobs += 1;
            }
        }
    }
    assert!(wrong.is_empty() && jobs > 400, "{jobs}: {wrong:#?}");
}

#[test]
fn each_rule_has_a_field_that_is_there() {
    let (corpus, mut rules) = (corpus(), 0);
    for (name, case) in &corpus {
        for minor in [44, 47, 51, 56, 61, 66, 72, 76, 80, 93] {
            let writer = case.writer(Version::new(0, minor, 0));
            for (kind, meta, spec) in &case.objects {
                for job in writer.jobs(*kind, meta, spec) {
                    let written = job.value["relabel_configs"].as_array().map_or(0, Vec::len);
                    assert_eq!(written, job.fields.len(), "{name} {minor}");
                    for field in &job.fields {
                        let own = field.object == meta.id(*kind);
                        assert!(own || field.object == case.server.id(), "{name} {minor}: {field:?}");
                        let Some(path) = &field.path else { continue };
                        let pointer = crate::path::pointer(path.strip_prefix("spec").unwrap().trim_start_matches('.'));
                        let held = if own { spec } else { &case.server.raw };
                        assert!(held.pointer(&pointer).is_some_and(|value| !value.is_null()), "{name} {minor}: {field:?}");
                        rules += 1;
                    }
                }
            }
        }
    }
    assert!(rules > 10_000, "{rules}");
}

/// The pointers of all texts, numbers and flags in a value.
fn leaves(pointer: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            leaves(&format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), value, found);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| leaves(&format!("{pointer}/{at}"), value, found));
        }
        Value::Null => {}
        _ => found.push(pointer.to_owned()),
    }
}

#[test]
fn no_change_of_a_job_goes_unnoticed() {
    let (corpus, mut changes) = (corpus(), 0);
    for (name, case) in corpus.iter().filter(|(name, _)| !name.starts_with("prometheus-")) {
        let writer = case.writer(Version::new(0, 93, 0));
        let Some((kind, meta, spec)) = case.objects.first() else { continue };
        for job in writer.jobs(*kind, meta, spec).into_iter().take(1) {
            let live = crate::prometheus::config::redacted(job.value.clone());
            let mut places = Vec::new();
            leaves("", &live, &mut places);
            // Each seventh, of each job others, as there are many.
            for place in places.iter().skip(name.len() % 7).step_by(7) {
                let mut changed = live.clone();
                let leaf = changed.pointer_mut(place).unwrap();
                *leaf = match &*leaf {
                    Value::Bool(flag) => (!*flag).into(),
                    Value::Number(number) => (number.as_f64().unwrap() + 1.0).into(),
                    Value::String(text) if text.contains("<redacted>") => continue,
                    other => format!("{}-x", other.as_str().unwrap()).into(),
                };
                let found = difference::differences(&job, &changed);
                assert_eq!(found.len(), 1, "{name} {place}: {found:?}");
                let list = crate::path::pointer(&found[0].path);
                assert!(place.starts_with(&list), "{name} {place}: {found:?}");
                changes += 1;
            }
        }
    }
    assert!(changes > 1_400, "{changes}");
}
