//! A bundle judged as if it were applied to what is there: the sight is that of the cluster, and what is told is what the
//! files have to do with.

use std::collections::{BTreeMap, BTreeSet};

use super::Bundle;
use super::lint::order;
use super::locate::locate;
use super::merge::merge;
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
/// Troubles that were there before count where they are those of monitors in the files; all others are left out: whoever
/// changes a file is not to mend what was broken around it.
pub fn lint_against(bundle: &Bundle, before: &World, overlay: &Overlay, question: &Question, run: Run) -> Report {
    let old = diagnose(&unasked(before), question, run.clone());
    let mut world = overlay.world.clone();
    // What is asked is what is wrong with the files, whatever is there in place of what is refused.
    world.manifests.iter_mut().for_each(|manifest| manifest.kept_out = false);
    let mut report = diagnose(&world, question, run);
    only_of_files(&mut report, &old, bundle);
    report.findings.iter_mut().for_each(|finding| locate(finding, bundle));
    merge(&mut report);
    report.findings.sort_by_cached_key(order);
    report
}

/// Leaves of a report what was not there without the files, and what is wrong with their own objects. What harms only
/// monitors outside of them, and did so before, is no news.
fn only_of_files(report: &mut Report, old: &Report, bundle: &Bundle) {
    let new: BTreeSet<String> = report.news(old).map(|finding| finding.id.clone()).collect();
    let is_written = |reference: &Ref| bundle.items_of(reference).next().is_some();
    let harms_files = |finding: &Finding| {
        if finding.affects.is_empty() { is_written(&finding.subject) } else { finding.affects.iter().any(is_written) }
    };
    report.retain(|finding| harms_files(finding) || new.contains(&finding.id));
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
