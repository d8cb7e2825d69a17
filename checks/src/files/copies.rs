//! Objects that files hold more than once: applied in their order, the last copy is the one that stays.

use super::Bundle;
use super::locate::locate;
use crate::diagnose::{diagnose, written};
use crate::manifest::NAMELESS;
use crate::operator::version::Version;
use crate::registry::CHECKS;
use crate::report::{Finding, Fix, Link, Position, Ref, Related, Report, Run, Severity};
use crate::wants::Question;
use crate::world::{Manifest, Sight, World};

/// So many earlier copies of one object are judged; more are no overlays but noise.
pub(super) const COPIES: usize = 16;

/// Which copies of an object overwrite each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// Those in one file: other files may be alternatives.
    OneFile,
    /// All: the files are applied together.
    AllFiles,
}

/// Tells of the copies that are overwritten by later ones.
pub(crate) fn overwritten(bundle: &Bundle, among: Among) -> Vec<Finding> {
    let mut out = Vec::new();
    for (reference, copies) in bundle.index.iter().filter(|(reference, copies)| copies.len() > 1 && reference.name != NAMELESS) {
        let place = |copy: usize| bundle.spots(reference, "metadata.name", Some(copy))?.into_iter().next();
        for at in 0..(copies.len() - 1).min(COPIES) {
            let Some(here) = place(at) else { continue };
            let mut later = (at + 1..copies.len()).rev().filter_map(place);
            let own = |other: &Position| among == Among::AllFiles || other.file == here.file;
            if let Some(last) = later.find(own) {
                out.extend(told(reference, at, here, last));
            }
        }
    }
    out
}

fn told(reference: &Ref, copy: usize, here: Position, last: Position) -> Option<Finding> {
    let check = CHECKS.iter().find(|check| check.name == "object-written-twice")?;
    let one_file = here.file == last.file;
    let place = if one_file { format!("line {}", last.line) } else { format!("{}:{}", last.file, last.line) };
    let message = format!("{reference} is written again on {place}, and that copy overwrites this one");
    let told = written(check, reference.clone(), &format!("copy {copy}"), message);
    Some(Finding {
        severity: if one_file { check.severity } else { Severity::Info },
        fixes: vec![Fix::advice("keep one of the copies, or give one of them another name", told.docs.clone())],
        location: Some(here),
        related: vec![Related { location: last, message: "written again here".to_owned() }],
        copy: Some(copy),
        ..told
    })
}

/// What is wrong with the manifests of copies that are overwritten: the API server looks at each when its turn comes, and
/// nothing else is to be said of them where all files are applied.
pub(crate) fn refused(bundle: &Bundle, operator: Version, run: &Run) -> Vec<Finding> {
    let mut out = Vec::new();
    for copy in 0..bundle.most_copies().saturating_sub(1).min(COPIES) {
        let mut manifests = bundle.manifests(operator, Some(copy));
        manifests.retain(|manifest| bundle.is_earlier(&manifest.reference, copy));
        out.extend(judged(manifests, operator, run).map(|mut finding| {
            finding.copy = Some(copy);
            locate(&mut finding, bundle);
            finding
        }));
    }
    out
}

/// What is wrong with manifests whatever there is beside them.
pub(crate) fn judged(manifests: Vec<Manifest>, operator: Version, run: &Run) -> impl Iterator<Item = Finding> + use<> {
    let world = World { manifests, sight: Sight::open(), operator_version: Some(operator), ..World::default() };
    let Report { findings, .. } = diagnose(&world, &Question::default(), run.clone());
    findings.into_iter().filter(|finding| finding.link == Link::Manifest)
}
