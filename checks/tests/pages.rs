//! The YAML on the pages is run: the broken world raises what its marks say, the mended one is silent for every
//! check, and the fixes that the tool proposes mend the broken one.

use std::collections::BTreeSet;

use prom_doctor_checks::chain::{DEFAULT_GRACE, Walk};
use prom_doctor_checks::check::Check;
use prom_doctor_checks::prelude::{Out, View};
use prom_doctor_checks::registry::CHECKS;
use prom_doctor_checks::report::{Finding, LinkState, Report, Severity, Verdict};
use prom_doctor_checks::world::{Kind, World};
use serde_json::Value;

use crate::kit::{closed_world, complete::complete, controllers, diagnose, objects, page_world, patch};

/// The fenced blocks of a page: what they are called and what is in them.
pub(crate) fn blocks(page: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find("```yaml ") {
        let body = &rest[start + 8..];
        let (name, body) = body.split_once('\n').unwrap();
        let (text, tail) = body.split_once("\n```").unwrap();
        out.push((name.trim().to_owned(), text.to_owned() + "\n"));
        rest = tail;
    }
    out
}

/// The codes that a block is marked with.
pub(crate) fn marks(text: &str) -> BTreeSet<String> {
    let words = text.lines().filter_map(|line| line.split_once('#').map(|(_, comment)| comment));
    let codes = words.flat_map(str::split_whitespace).filter(|word| word.starts_with("PD") && word.len() == 6);
    codes.map(str::to_owned).collect()
}

fn raised(report: &Report) -> BTreeSet<String> {
    report.findings.iter().map(|finding| finding.code.clone()).collect()
}

fn loud(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.severity != Severity::Info).collect()
}

fn judge(objects: &[Value]) -> Report {
    judge_world(&closed_world(objects))
}

fn judge_page(check: &Check, objects: &[Value], text: Option<&str>) -> Report {
    judge_world(&page_world(check.code, objects, text))
}

fn judge_world(world: &World) -> Report {
    let report = diagnose(world);
    consistent(&report);
    report
}

/// What holds of every report: a broken link has a finding that says why, and a failed monitor has a cause.
pub(crate) fn consistent(report: &Report) {
    let unexplained = report.findings.iter().find(|finding| finding.code == "PD0003");
    assert!(unexplained.is_none(), "{unexplained:#?}\n{:#?}", report.subjects);
    for subject in &report.subjects {
        if matches!(subject.verdict, Verdict::Failed | Verdict::Partial) {
            assert!(
                subject.cause.is_some(),
                "{} is {} without a cause: {:#?}",
                subject.reference,
                subject.verdict,
                subject.chains
            );
        }
        let taken = subject.chains.iter().any(|chain| chain.verdict != Verdict::NotTaken);
        for chain in subject.chains.iter().filter(|chain| taken && chain.verdict != Verdict::NotTaken) {
            for link in chain.links.iter().filter(|link| link.state == LinkState::Failed && !link.hypothetical) {
                assert!(!link.findings.is_empty(), "{} is broken at {} without a finding", subject.reference, link.link);
            }
        }
    }
}

#[test]
fn broken_worlds_raise_what_they_are_marked_with() {
    for check in CHECKS {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("broken")) {
            let report = judge_page(check, &complete(objects(text)), Some(text));
            let wanted = marks(text);
            assert!(wanted.contains(check.code), "{}: the {name} world is not marked with its own code", check.code);
            assert_eq!(raised(&report), wanted, "{} {name}: {:#?}", check.code, report.findings);
        }
    }
}

#[test]
fn mended_worlds_are_silent() {
    for check in CHECKS {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("fixed")) {
            let report = judge_page(check, &complete(objects(text)), Some(text));
            assert!(loud(&report).is_empty(), "{} {name}: {:#?}", check.code, loud(&report));
        }
    }
}

#[test]
fn checks_look_at_no_kinds_but_those_they_declare() {
    let mut looked = 0;
    for page in CHECKS {
        for (_, text) in blocks(page.explain).iter().filter(|(name, _)| name.starts_with("broken")) {
            let world = closed_world(&complete(objects(text)));
            let walk = Walk::new(&world, DEFAULT_GRACE, None);
            let asked: Vec<usize> = (0..walk.monitors.len()).collect();
            for check in CHECKS {
                let view = View::new(&walk, &asked);
                (check.run)(&view, &mut Out::default());
                let read = view.read();
                looked += read.len();
                let undeclared: Vec<&Kind> = read.iter().filter(|kind| !check.reads.contains(kind)).collect();
                assert!(undeclared.is_empty(), "{} looks at {undeclared:?} on the page of {}", check.code, page.code);
            }
        }
    }
    assert!(looked > 0, "no check looked at anything");
}

#[test]
fn a_number_of_shards_that_nobody_runs_does_not_decide_how_long_it_takes() {
    let page = CHECKS.iter().find(|check| check.code == "PD1101").unwrap();
    let (_, text) = &blocks(page.explain)[0];
    let mut all = complete(objects(text));
    let server = all.iter_mut().find(|object| object["kind"] == "Prometheus").unwrap();
    server["spec"]["shards"] = 2_000_000_000.into();
    assert!(!raised(&judge(&all)).contains("PD1101"), "what was not evaluated is not judged");
}

#[test]
fn every_check_has_a_world_on_its_page() {
    // These findings are made where checks are run, by a check that crashes, or by one that is missing; after checks have
    // run, by a wish that findings be let be; one needs a Secret of its size.
    const WITHOUT: &[&str] = &["PD0002", "PD0003", "PD0004", "PD0005", "PD0508", "PD1409"];
    for check in CHECKS.iter().filter(|check| !WITHOUT.contains(&check.code)) {
        let names: Vec<String> = blocks(check.explain).into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().any(|name| name.starts_with("broken")), "{} has no broken world", check.code);
        assert!(names.iter().any(|name| name.starts_with("fixed")), "{} has no mended world", check.code);
    }
}

#[test]
fn a_configuration_near_the_limit_is_told() {
    let server = |size: usize| {
        let jobs = format!("scrape_configs: []\n# {}", "x".repeat(size));
        let secret = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"prometheus.yaml": jobs},
            "metadata": {"name": "prometheus-k8s", "namespace": "monitoring"}});
        judge(&complete(vec![secret]))
    };
    assert!(loud(&server(700_000)).is_empty());
    let report = server(800_000);
    assert_eq!(raised(&report), ["PD0508".to_owned()].into());
    assert!(report.findings[0].message.contains("76 %"), "{}", report.findings[0].message);
}

#[test]
fn the_proposed_fixes_mend() {
    let mut tried = 0;
    for check in CHECKS {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("broken")) {
            let before = complete(objects(text));
            let report = judge_page(check, &before, None);
            let errors = |report: &Report| -> BTreeSet<String> {
                let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
                errors.map(|finding| finding.fingerprint.clone()).collect()
            };
            let known = errors(&report);
            for finding in report.findings.iter().filter(|finding| finding.code == check.code) {
                for fix in finding.fixes.iter().filter(|fix| !fix.patch.is_empty()) {
                    tried += 1;
                    let mut after = before.clone();
                    patch::apply(&mut after, &fix.patch);
                    // The old configuration tells of the time before.
                    after.retain(|object| !is_generated(object) && !is_answer(object));
                    controllers::roll_out(&mut after);
                    let touched: BTreeSet<&str> = fix.patch.iter().map(|patch| patch.reference.kind.as_str()).collect();
                    let reacts =
                        touched.iter().any(|kind| ["Service", "Deployment", "StatefulSet", "DaemonSet", "Pod"].contains(kind));
                    if reacts {
                        controllers::endpoints(&mut after, |_| true);
                    }
                    let mended = judge_page(check, &after, None);
                    let again = mended.findings.iter().any(|other| other.fingerprint == finding.fingerprint);
                    assert!(!again, "{} {name}: {:?} does not mend it: {:#?}", check.code, fix.title, mended.findings);
                    let new: Vec<String> = errors(&mended).difference(&known).cloned().collect();
                    assert!(new.is_empty(), "{} {name}: {:?} brings new errors: {:#?}", check.code, fix.title, mended.findings);
                }
            }
        }
    }
    assert!(tried > 150, "only {tried} fixes were tried: has a check lost its fixes?");
}

/// What a running server answered.
fn is_answer(object: &Value) -> bool {
    object.get("status").is_some_and(|status| status == "success")
}

fn is_generated(object: &Value) -> bool {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    object["kind"] == Kind::Secret.name() && (name.starts_with("prometheus-") || name.starts_with("prom-agent-"))
}

#[test]
fn messages_are_one_line_without_a_full_stop() {
    for check in CHECKS {
        for (_, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("broken")) {
            let report = judge_page(check, &complete(objects(text)), Some(text));
            for finding in &report.findings {
                assert!(
                    !finding.message.contains('\n') && !finding.message.ends_with('.'),
                    "{}: {}",
                    finding.code,
                    finding.message
                );
                assert!(finding.message.chars().count() <= 200, "{}: {}", finding.code, finding.message);
            }
        }
    }
}
