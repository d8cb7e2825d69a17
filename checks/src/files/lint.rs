//! A bundle judged by itself: what is wrong with it whatever else is in the cluster.

use std::collections::BTreeSet;

use super::Bundle;
use super::copies::{Among, COPIES, overwritten};
use super::locate::locate;
use super::merge::merge;
use crate::controllers::imagine;
use crate::diagnose::diagnose;
use crate::operator::find::version_of;
use crate::operator::version::Version;
use crate::report::{Finding, Link, LinkState, Ref, Report, Run, Verdict};
use crate::wants::Question;
use crate::world::{Sight, World};

/// What is assumed of the cluster that a bundle is for.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The version of prometheus-operator; by default the one in the bundle, else the newest that is known.
    pub operator_version: Option<Version>,
    /// Which monitors are asked about.
    pub question: Question,
}

impl Settings {
    /// The operator's version: what the user says, else what the bundle itself installs, else the newest.
    pub fn operator(&self, world: &World) -> Version {
        self.operator_version.unwrap_or_else(|| version_of(world))
    }
}

/// Judges a bundle by itself.
///
/// Where some objects name a namespace and others do not, what is found must be true wherever the latter end up. Of an
/// object that is written more than once each copy is judged, with the same copy of the others.
pub fn lint(bundle: &Bundle, settings: &Settings, run: Run) -> Report {
    let mut report = judged(bundle, settings, &run, None);
    for copy in 0..bundle.most_copies().saturating_sub(1).min(COPIES) {
        report.join(of_copy(judged(bundle, settings, &run, Some(copy)), &report, bundle, copy));
    }
    report.findings.iter_mut().for_each(|finding| locate(finding, bundle));
    report.add(overwritten(bundle, Among::OneFile));
    if let Some(patches) = &bundle.patches {
        report.join(of_patches(patches, settings, &run, settings.operator(&bundle.world)));
    }
    merge(&mut report);
    // The worst first, each as it comes in the files.
    report.findings.sort_by_key(order);
    report
}

/// What is wrong with parts of objects whatever they are parts of. Several may be parts of one object.
fn of_patches(patches: &Bundle, settings: &Settings, run: &Run, operator: Version) -> Report {
    let of = |copy: usize| {
        let mut world = World { manifests: patches.examined(operator, Some(copy), true), ..World::default() };
        world.manifests.retain(|manifest| !manifest.problems.is_empty());
        world.sight = Sight::open();
        world.operator_version = Some(operator);
        let mut report = diagnose(&world, &settings.question, run.clone());
        report.subjects.clear();
        for finding in &mut report.findings {
            finding.copy = Some(copy);
            locate(finding, patches);
            // There is nothing to apply a change to.
            finding.fixes.iter_mut().for_each(|fix| fix.patch.clear());
        }
        report
    };
    let mut report = of(0);
    for copy in 1..patches.most_copies().min(COPIES) {
        let other = of(copy);
        report.join(other);
    }
    // What is written once was looked at every time.
    let mut seen = BTreeSet::new();
    let mut again = BTreeSet::new();
    for finding in &report.findings {
        let place = finding.location.as_ref().map(|at| (at.file.clone(), at.line, at.column));
        if !seen.insert((finding.fingerprint.clone(), place)) {
            again.insert(finding.id.clone());
        }
    }
    report.retain(|finding| finding.link == Link::Manifest && !again.contains(&finding.id));
    report
}

/// Leaves of a judgement what only earlier copies show.
fn of_copy(mut report: Report, last: &Report, bundle: &Bundle, copy: usize) -> Report {
    let known: BTreeSet<&str> = last.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let is_earlier = |reference: &Ref| bundle.is_earlier(reference, copy);
    report.retain(|finding| {
        let evidence = finding.evidence.iter();
        let mut named = evidence.flat_map(|found| found.reference.iter().chain(found.at.iter().map(|at| &at.reference)));
        is_earlier(&finding.subject) || (!known.contains(finding.fingerprint.as_str()) && named.any(is_earlier))
    });
    report.findings.iter_mut().for_each(|finding| finding.copy = Some(copy));
    report
}

fn judged(bundle: &Bundle, settings: &Settings, run: &Run, copy: Option<usize>) -> Report {
    let operator = settings.operator(&bundle.world);
    let manifests = bundle.manifests(operator, copy);
    let judge = |mut world: World, home: &str| {
        bundle.complete(&mut world, home, copy);
        world.manifests.clone_from(&manifests);
        for manifest in world.manifests.iter_mut().filter(|manifest| manifest.homeless) {
            home.clone_into(&mut manifest.reference.namespace);
        }
        world.sight = Sight::open();
        world.operator_version = Some(operator);
        imagine(&mut world);
        diagnose(&world, &settings.question, run.clone())
    };
    let mut report = judge(bundle.world.clone(), &bundle.namespace);
    for (namespace, world) in bundle.homes.elsewhere() {
        if report.findings.is_empty() {
            break;
        }
        let other = judge(world, namespace);
        // Only what names no namespace is called otherwise there.
        let moves =
            |at: &Ref| at.namespace == bundle.namespace && bundle.items_of(at).next_back().is_some_and(|item| item.homeless);
        let there: BTreeSet<_> = other.findings.iter().map(|finding| told(finding, &finding.subject.namespace)).collect();
        report.retain(|finding| {
            there.contains(&told(finding, if moves(&finding.subject) { namespace } else { &finding.subject.namespace }))
        });
    }
    leave_open(&mut report);
    report
}

/// A monitor that fails only where the objects that name no namespace end up in this one has not failed: whether it will
/// is not known.
fn leave_open(report: &mut Report) {
    let failed = |verdict: Verdict| matches!(verdict, Verdict::Failed | Verdict::Partial);
    for subject in report.subjects.iter_mut().filter(|subject| failed(subject.verdict) && subject.cause.is_none()) {
        subject.verdict = Verdict::Unknown;
        for chain in subject.chains.iter_mut().filter(|chain| failed(chain.verdict)) {
            chain.verdict = Verdict::Unknown;
            for link in &mut chain.links {
                link.hypothetical = false;
                if link.state == LinkState::Failed && link.findings.is_empty() {
                    link.state = LinkState::Unknown;
                    link.why = vec!["in which namespace the objects end up that name none".to_owned()];
                }
            }
        }
    }
    report.count();
}

pub(super) fn order(finding: &Finding) -> impl Ord + use<> {
    let Finding { severity, code, subject, location, .. } = finding;
    let place = location.as_ref().map(|at| (at.file.clone(), at.line, at.column));
    (*severity, place, code.clone(), subject.namespace.clone(), subject.kind.clone(), subject.name.clone())
}

/// What tells findings of two runs apart, the subject in a namespace.
fn told(finding: &Finding, namespace: &str) -> [String; 4] {
    let subject = &finding.subject;
    [&finding.code, &subject.kind, namespace, &subject.name].map(|text: &str| text.to_owned())
}
