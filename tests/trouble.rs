//! The trouble cases of public reports: each gets its confirmed cause, and the repairs mend it.

use std::path::Path;

use crate::kit::cases::Case;

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

/// How many targets each monitor has now and after the repair.
#[test]
fn each_case_gets_its_numbers_of_targets() {
    let mut wrong = Vec::new();
    for case in all() {
        wrong.extend(case.run().counts.iter().map(|line| format!("{}: {line}", case.name())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
