//! Trouble cases: a folder with the objects of a cluster, what is wrong with it, and the objects after the repair.
//!
//! Both the test over our own cases and the command that runs any folder of them stand on this.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prom_doctor::snapshot;
use prom_doctor_checks::report::{Finding, Link, Mode, Report, Run, Severity};
use prom_doctor_checks::wants::Question;
use serde_json::Value;

use super::{controllers, patch};

/// A trouble case.
pub struct Case {
    /// Where it lies.
    pub folder: PathBuf,
    /// What `case.yaml` says.
    pub about: Value,
}

/// What came of a case.
#[derive(Default)]
pub struct Outcome {
    /// Whether the expected object was found at the expected link.
    pub right: bool,
    /// The finding that answers, else the causes that were found: code, link, subject.
    pub found: Vec<String>,
    /// Errors on monitors that yield what they should.
    pub false_alarms: Vec<String>,
    /// What the case's own repair leaves: errors that were not there before.
    pub after_fix: Vec<String>,
    /// What the tool's own fixes leave, by their titles.
    pub after_own: Vec<String>,
    /// How many of the tool's fixes were tried.
    pub tried: usize,
    /// Targets per monitor that differ from what the case says: monitor, expected, predicted.
    pub counts: Vec<String>,
}

impl Case {
    /// Reads a case; `None` where the folder holds none.
    pub fn read(folder: &Path) -> Option<Self> {
        let about = documents(&folder.join("case.yaml")).into_iter().next()?;
        Some(Self { folder: folder.to_owned(), about })
    }

    /// All cases below a folder, or the folder itself.
    pub fn all(folder: &Path) -> Vec<Self> {
        if let Some(case) = Self::read(folder) {
            return vec![case];
        }
        let mut folders: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        folders.sort();
        folders.iter().filter_map(|folder| Self::read(folder)).collect()
    }

    /// Its id and slug.
    pub fn name(&self) -> String {
        self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether nothing is wrong.
    pub fn is_healthy(&self) -> bool {
        self.about["verdict"] == "healthy"
    }

    /// The links of the tool that the expected link of the case stands for.
    pub fn links(&self) -> BTreeSet<Link> {
        let links: &[Link] = match self.about.pointer("/expect/link").and_then(Value::as_str).unwrap_or_default() {
            "monitor-exists" => &[Link::Exists],
            "operator-scope" => &[Link::Watched],
            "prometheus-selects-monitor" | "prometheus-selects-namespace" => &[Link::Selected],
            "monitor-accepted" => &[Link::Accepted],
            "config-loaded" => &[Link::Generated, Link::Loaded],
            "sd-permission" => &[Link::Discoverable],
            "monitor-selects-namespace" | "monitor-selects-service" => &[Link::Matched],
            "service-selects-pods" | "service-has-endpoints" => &[Link::Backed],
            "port" => &[Link::Ports],
            "relabeling" => &[Link::Kept],
            "scrape" => &[Link::Scraped],
            "duplicates" => &[Link::Duplicates],
            _ => &[],
        };
        links.iter().copied().chain(self.about["cause"].eq("wrong-field-or-structure").then_some(Link::Manifest)).collect()
    }

    /// The objects of the case, with the recorded configuration.
    pub fn objects(&self) -> Vec<Value> {
        let mut all = documents(&self.folder.join("objects.yaml"));
        all.extend(documents(&self.folder.join("generated.yaml")));
        // What the running Prometheus answered, where that is a part of the case.
        all.extend(documents(&self.folder.join("prometheus-targets.json")));
        all
    }

    /// Runs it: before, after its own repair, and after each of the tool's fixes.
    pub fn run(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let before = self.objects();
        let report = diagnose(&before);
        self.grade(&report, &mut outcome);
        self.count(&report, "now", &mut outcome);
        let known = errors(&report);
        if let Some(mended) = self.mended() {
            let report = diagnose(&mended);
            outcome.after_fix = errors(&report).difference(&known).cloned().collect();
            outcome.after_fix.extend(self.answers(&report).map(|finding| format!("still there: {}", finding.code)));
            self.count(&report, "after_fix", &mut outcome);
        }
        let bare: Vec<Value> = documents(&self.folder.join("objects.yaml"));
        for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Error || self.is_answer(finding)) {
            for fix in finding.fixes.iter().filter(|fix| !fix.patch.is_empty()) {
                outcome.tried += 1;
                let mut after = bare.clone();
                patch::apply(&mut after, &fix.patch);
                react(&mut after, fix);
                let mended = diagnose(&after);
                if mended.findings.iter().any(|other| other.fingerprint == finding.fingerprint) {
                    outcome.after_own.push(format!("{} is still there after {:?}", finding.code, fix.title));
                }
                for new in errors(&mended).difference(&known) {
                    outcome.after_own.push(format!("new after {:?}: {new}", fix.title));
                }
            }
        }
        outcome
    }

    /// The objects after the case's own repair, without what was recorded before it.
    fn mended(&self) -> Option<Vec<Value>> {
        let fix = documents(&self.folder.join("fix.yaml")).into_iter().next()?;
        let mut objects = documents(&self.folder.join("objects.yaml"));
        let list = |key: &str| fix.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let same = |a: &Value, b: &Value| {
            ["/kind", "/metadata/name", "/metadata/namespace"].iter().all(|pointer| a.pointer(pointer) == b.pointer(pointer))
        };
        for gone in list("delete") {
            let bare = |key: &str| gone.get(key).cloned();
            objects.retain(|object| {
                let by_meta = same(object, &gone);
                let by_name = object.get("kind") == bare("kind").as_ref()
                    && object.pointer("/metadata/name") == bare("name").as_ref()
                    && object.pointer("/metadata/namespace") == bare("namespace").as_ref();
                !(by_meta || by_name)
            });
        }
        for object in list("apply") {
            objects.retain(|other| !same(other, &object));
            objects.push(object);
        }
        Some(objects)
    }

    fn accepted_objects(&self) -> Vec<Value> {
        let mut all: Vec<Value> =
            self.about.pointer("/expect/object").filter(|object| object.is_object()).cloned().into_iter().collect();
        all.extend(self.about.pointer("/expect/also_accept").and_then(Value::as_array).cloned().unwrap_or_default());
        all
    }

    /// Whether a finding answers the case: an error (a warning where nothing is missing) at the right link that
    /// has the right object as subject, in `affects` or in its evidence.
    fn is_answer(&self, finding: &Finding) -> bool {
        let doubled = self.about.pointer("/targets/duplicate_scrapes_now").is_some() || self.too_many();
        let severe = finding.severity == Severity::Error || (doubled && finding.severity == Severity::Warning);
        let objects = self.accepted_objects();
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut refs = vec![&finding.subject];
        refs.extend(&finding.affects);
        for evidence in &finding.evidence {
            refs.extend(&evidence.reference);
            refs.extend(evidence.at.iter().map(|at| &at.reference));
        }
        let names = refs.iter().any(|found| {
            objects.iter().any(|object| {
                let name = text(object, "name");
                found.kind == text(object, "kind")
                    && (name.is_empty() || found.name == name)
                    && (text(object, "namespace").is_empty() || found.namespace == text(object, "namespace"))
            })
        });
        severe && names && self.links().contains(&finding.link)
    }

    /// More targets now than after the repair.
    fn too_many(&self) -> bool {
        let sum = |when: &str| {
            let counts = self.about.pointer(&format!("/targets/{when}")).and_then(Value::as_object);
            counts.map(|counts| counts.values().filter_map(Value::as_u64).sum::<u64>())
        };
        sum("after_fix").is_some_and(|after| sum("now").is_some_and(|now| now > after))
    }

    fn answers<'r>(&self, report: &'r Report) -> impl Iterator<Item = &'r Finding> {
        report.findings.iter().filter(|finding| self.is_answer(finding)).collect::<Vec<_>>().into_iter()
    }

    fn grade(&self, report: &Report, outcome: &mut Outcome) {
        let words = |finding: &Finding| format!("{} {} {}", finding.code, finding.link, finding.subject);
        let all_errors = || report.findings.iter().filter(|finding| finding.severity == Severity::Error);
        if self.is_healthy() {
            outcome.right = all_errors().next().is_none();
            outcome.found = all_errors().map(words).collect();
            return;
        }
        let answers: Vec<&Finding> = self.answers(report).collect();
        outcome.right = !answers.is_empty();
        outcome.found = if answers.is_empty() {
            report.findings.iter().map(words).collect()
        } else {
            answers.into_iter().map(words).collect()
        };
        let same =
            |what: &str| self.about.pointer(&format!("/targets/{what}")).and_then(Value::as_object).cloned().unwrap_or_default();
        let (now, after) = (same("now"), same("after_fix"));
        let fine = |kind: &str, namespace: &str, name: &str| {
            let key = format!("{kind}/{namespace}/{name}");
            now.get(&key).is_some_and(|count| *count != 0) && now.get(&key) == after.get(&key)
        };
        for finding in all_errors().filter(|finding| !self.is_answer(finding)) {
            if finding.affects.iter().any(|affected| fine(&affected.kind, &affected.namespace, &affected.name)) {
                outcome.false_alarms.push(words(finding));
            }
        }
    }

    fn count(&self, report: &Report, when: &str, outcome: &mut Outcome) {
        let server = |key: &str| self.about.pointer(&format!("/prometheus/{key}")).and_then(Value::as_str).unwrap_or_default();
        let wanted = self.about.pointer(&format!("/targets/{when}")).and_then(Value::as_object).cloned().unwrap_or_default();
        for (monitor, count) in wanted {
            let key =
                |subject: &prom_doctor_checks::report::Ref| format!("{}/{}/{}", subject.kind, subject.namespace, subject.name);
            let Some(subject) = report.subjects.iter().find(|subject| key(&subject.reference) == monitor) else { continue };
            let chain = subject
                .chains
                .iter()
                .find(|chain| chain.server.name == server("name") && chain.server.namespace == server("namespace"));
            let predicted = chain.and_then(|chain| chain.targets.predicted);
            if predicted.map(|predicted| predicted as u64) != count.as_u64() {
                let predicted = predicted.map_or("?".to_owned(), |predicted| predicted.to_string());
                outcome.counts.push(format!("{when} {monitor}: {count} expected, {predicted} predicted"));
            }
        }
    }
}

/// What controllers make of a change to Services or workloads.
fn react(objects: &mut Vec<Value>, fix: &prom_doctor_checks::report::Fix) {
    let touched: BTreeSet<&str> = fix.patch.iter().map(|patch| patch.reference.kind.as_str()).collect();
    if touched.iter().any(|kind| ["Deployment", "StatefulSet", "DaemonSet"].contains(kind)) {
        controllers::roll_out(objects);
    }
    let services: BTreeSet<(String, String)> = fix
        .patch
        .iter()
        .filter(|patch| patch.reference.kind == "Service")
        .map(|patch| (patch.reference.namespace.clone(), patch.reference.name.clone()))
        .collect();
    controllers::endpoints(objects, |service| {
        let text = |pointer: &str| service.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        services.contains(&(text("/metadata/namespace"), text("/metadata/name")))
    });
}

fn errors(report: &Report) -> BTreeSet<String> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{} {} {}", finding.code, finding.subject, finding.fingerprint)).collect()
}

/// The documents of a YAML file; none where there is no such file.
pub fn documents(path: &Path) -> Vec<Value> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    let stream = prom_doctor_checks::yaml::parse(&text);
    assert!(stream.broken.is_empty(), "{}: {:?}", path.display(), stream.broken);
    stream.documents.iter().filter_map(|document| document.to_json().ok()).collect()
}

/// Judges objects as a snapshot that some other tool made: the same reading, the same conclusions from absences.
pub fn diagnose(objects: &[Value]) -> Report {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
    fs::write(folder.path().join("objects.json"), list.to_string()).expect("the objects can be written");
    let world = snapshot::read(folder.path(), &snapshot::Options::default()).expect("the objects can be read back");
    let run = Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    prom_doctor_checks::diagnose(&world, &Question::default(), run)
}
