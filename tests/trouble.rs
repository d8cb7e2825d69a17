//! The trouble cases of public reports: each gets its confirmed cause, and the repairs mend it.

use std::path::Path;

use crate::kit::cases::Case;

/// Cases that rest on what a running Prometheus says: no verdict on them is expected yet, but they must not be
/// misjudged.
const LATER: &[&str] = &["055", "056", "058", "059"];

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
        let later = LATER.iter().any(|id| case.name().starts_with(id));
        if outcome.right == later {
            wrong.push(format!("{}: found {:?}, to be found later: {later}", case.name(), outcome.found));
        }
        for (what, list) in [
            ("false alarm", &outcome.false_alarms),
            ("after its repair", &outcome.after_fix),
            ("after our fix", &outcome.after_own),
        ] {
            wrong.extend(list.iter().map(|line| format!("{}: {what}: {line}", case.name())));
        }
        // One cause needs a choice that only people can make: which container serves the metrics.
        let by_people = case.name().starts_with("052");
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
