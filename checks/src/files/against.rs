//! A bundle judged as if it were applied to what is there: the sight is that of the cluster, and what is told is what the
//! files have to do with.

use std::collections::{BTreeMap, BTreeSet};

use super::Bundle;
use super::copies::{Among, overwritten, refused};
use super::lint::order;
use super::locate::locate;
use super::merge::merge;
use super::sent::{believe, prune};
use crate::diagnose::diagnose;
use crate::operator::find::{installed_version, version_of};
use crate::operator::version::Version;
use crate::overlay::{Overlay, overlay, unasked};
use crate::report::{Finding, Ref, Report, Run, SeverityCounts, Verdict, VerdictCounts};
use crate::wants::Question;
use crate::world::World;

/// Lays a bundle over a world, but for what the API server would refuse of it.
pub fn apply(before: &World, bundle: &Bundle, grace: i64) -> Overlay {
    let mut files = World { manifests: bundle.manifests(operator_of(before, bundle), None), ..bundle.world.clone() };
    believe(before, &mut files.manifests);
    prune(&mut files);
    overlay(before, &files, grace)
}

/// The version of the operator that takes a bundle: files may bring another one.
pub(crate) fn operator_of(before: &World, bundle: &Bundle) -> Version {
    before.operator_version.or_else(|| installed_version(&bundle.world)).unwrap_or_else(|| version_of(before))
}

/// What becomes of troubles that were there before and have nothing to do with the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// They are counted: whoever changes a file is not to mend what was broken around it.
    #[default]
    Counted,
    /// They are told with all others.
    Told,
}

/// Judges a bundle on top of a world; `overlay` is the bundle laid over it.
///
/// Troubles that were there before are told where they are those of objects in the files, or of monitors in them.
pub fn lint_against(
    bundle: &Bundle,
    before: &World,
    overlay: &Overlay,
    question: &Question,
    standing: Standing,
    run: Run,
) -> Report {
    let earlier = refused(bundle, operator_of(before, bundle), &run);
    let mut world = overlay.world.clone();
    // What is asked is what is wrong with the files, whatever is there in place of what is refused.
    world.manifests.iter_mut().for_each(|manifest| manifest.kept_out = false);
    let mut report = diagnose(&world, question, run.clone());
    if standing == Standing::Counted {
        only_of_files(&mut report, &diagnose(&unasked(before), question, run), bundle);
    }
    report.findings.iter_mut().for_each(|finding| locate(finding, bundle));
    report.add(earlier);
    report.add(overwritten(bundle, Among::AllFiles));
    merge(&mut report);
    report.findings.sort_by_cached_key(order);
    report
}

/// Leaves of a report what was not there without the files, and what is wrong with their own objects. What harms only
/// monitors outside of them, and did so before, is no news.
fn only_of_files(report: &mut Report, old: &Report, bundle: &Bundle) {
    let new: BTreeSet<String> = report.news(old).map(|finding| finding.id.clone()).collect();
    let is_written = |reference: &Ref| bundle.items_of(reference).next().is_some();
    let is_told =
        |finding: &Finding| is_written(&finding.subject) || finding.affects.iter().any(is_written) || new.contains(&finding.id);
    report.standing = report.findings.iter().filter(|finding| !is_told(finding)).cloned().collect();
    report.retain(is_told);
    report.summary.standing = SeverityCounts::of(&report.standing);
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
