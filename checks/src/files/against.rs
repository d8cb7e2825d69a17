//! A bundle judged as if it were applied to what is there: the sight is that of the cluster, and what is told is what the
//! files have to do with.

use std::collections::{BTreeMap, BTreeSet};

use super::Bundle;
use super::locate::locate;
use crate::diagnose::diagnose;
use crate::operator::find::{installed_version, version_of};
use crate::overlay::{Overlay, overlay, unasked};
use crate::report::{Finding, Ref, Report, Run, Verdict, VerdictCounts};
use crate::wants::Question;
use crate::world::World;

/// Lays a bundle over a world, but for what the API server would refuse of it.
pub fn apply(before: &World, bundle: &Bundle, grace: i64) -> Overlay {
    // Files may bring another operator.
    let operator = before.operator_version.or_else(|| installed_version(&bundle.world)).unwrap_or_else(|| version_of(before));
    let files = World { manifests: bundle.manifests(operator, None), ..bundle.world.clone() };
    overlay(before, &files, grace)
}

/// Judges a bundle on top of a world; `overlay` is the bundle laid over it.
///
/// Troubles that were there before and that the files have no part in are left out.
pub fn lint_against(bundle: &Bundle, before: &World, overlay: &Overlay, question: &Question, run: Run) -> Report {
    let old = diagnose(&unasked(before), question, run.clone());
    let mut world = overlay.world.clone();
    // What is asked is what is wrong with the files, whatever is there in place of what is refused.
    world.manifests.iter_mut().for_each(|manifest| manifest.kept_out = false);
    let mut report = diagnose(&world, question, run);
    only_of_files(&mut report, &old, bundle);
    report.findings.iter_mut().for_each(|finding| locate(finding, bundle));
    report
}

/// Leaves of a report what files have to do with: findings on their objects, findings that speak of them, and those that
/// were not there without them.
fn only_of_files(report: &mut Report, old: &Report, bundle: &Bundle) {
    let new: BTreeSet<String> = report.news(old).map(|finding| finding.id.clone()).collect();
    let is_written = |reference: &Ref| bundle.items_of(reference).next().is_some();
    let speaks_of_files = |finding: &Finding| {
        let evidence = finding
            .evidence
            .iter()
            .flat_map(|evidence| evidence.reference.iter().chain(evidence.at.iter().map(|at| &at.reference)));
        is_written(&finding.subject) || evidence.into_iter().any(is_written) || finding.affects.iter().any(is_written)
    };
    report.retain(|finding| speaks_of_files(finding) || new.contains(&finding.id));
    let were: BTreeMap<&Ref, Verdict> = old.subjects.iter().map(|subject| (&subject.reference, subject.verdict)).collect();
    report.subjects.retain(|subject| {
        is_written(&subject.reference) || were.get(&subject.reference).is_none_or(|was| *was != subject.verdict)
    });
    // What is open for all that were asked about names none of them.
    let shown: BTreeSet<Ref> = report.subjects.iter().map(|subject| subject.reference.clone()).collect();
    report.not_checked.retain_mut(|open| {
        let all = open.affects.is_empty();
        open.affects.retain(|reference| shown.contains(reference));
        if all { !shown.is_empty() } else { !open.affects.is_empty() }
    });
    report.summary.monitors = VerdictCounts::of(&report.subjects);
    report.summary.not_checked = report.not_checked.len();
}
