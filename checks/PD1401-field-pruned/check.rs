//! A field was sent and is not stored: the API server knows no such field and dropped it (OP-CAUSE-17).

use crate::operator::crds::{Behind, behind};
use crate::operator::fields::{Pruned, pruned};
use crate::prelude::*;
use crate::report::At;
use crate::selector::LabelSelector;
use crate::world::{LAST_APPLIED, Server};

pub(crate) const CHECK: Check = Check {
    code: "PD1401",
    name: "field-pruned",
    summary: "a field of a monitor or server was sent but dropped by the API server",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::CustomResourceDefinition],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let behind = behind(view.world(), view.operators());
    for facts in view.monitors() {
        let (id, monitor) = (facts.monitor.id(), facts.monitor);
        // What leaves a selector empty that takes everything is reported as that.
        let emptied = |lost: &&Pruned| lost.parent() == "spec.selector" && monitor.spec.selector.is_empty();
        for lost in pruned(id.kind, &monitor.metadata, &monitor.raw).iter().filter(|lost| !emptied(lost)) {
            report(&id, lost, &behind, true, out);
        }
    }
    for facts in view.servers() {
        if !view.asks_for_all() && view.chains_of(facts).next().is_none() {
            continue;
        }
        let (id, server) = (facts.id(), facts.server);
        for lost in pruned(id.kind, &server.metadata, &server.raw).iter().filter(|lost| !leaves_empty_selector(server, lost)) {
            report(&id, lost, &behind, false, out);
        }
    }
}

/// A selector that lost all of its fields selects everything: more than a lost field, and reported as such.
fn leaves_empty_selector(server: &Server, lost: &Pruned) -> bool {
    [Kind::ServiceMonitor, Kind::PodMonitor].into_iter().any(|kind| {
        let object = (server.object_selector(kind), Server::object_selector_field(kind));
        let namespace = (server.namespace_selector(kind), Server::namespace_selector_field(kind));
        [object, namespace]
            .into_iter()
            .any(|(selector, field)| lost.parent() == format!("spec.{field}") && selector.is_some_and(LabelSelector::is_empty))
    })
}

fn report(id: &ObjectId, lost: &Pruned, behind: &[Behind<'_>], is_monitor: bool, out: &mut Out) {
    let old = behind.iter().find(|behind| behind.crd.spec.names.kind == id.kind.name());
    let path = &lost.path;
    let why = match (lost.meant, old) {
        // The name is right: somebody took the field away later, unless the definition is too old for it.
        (_, None) if lost.is_known() => return,
        (_, Some(old)) if lost.is_known() => format!("the definition of {} is {}, perhaps too old for it", id.kind, old.words()),
        (Some(meant), _) => format!("there is no such field, only {meant}"),
        (None, _) if lost.known.len() <= 4 => format!("there is no such field, only {}", list(lost.known, 4)),
        (None, _) => "there is no such field there".to_owned(),
    };
    let finding = out.finding(&CHECK, id, format!("{path} was dropped when the {} was saved: {why}", id.kind));
    finding.key(path).likely_if(lost.is_known());
    if is_monitor {
        finding.affects(id);
    }
    let known = if lost.known.len() <= 4 { lost.known } else { &[] };
    let wanted: Vec<String> = match lost.meant {
        Some(meant) => vec![meant.to_owned()],
        None => known.iter().map(|known| (*known).to_owned()).collect(),
    };
    finding.evidence(Evidence {
        reference: Some(id.into()),
        path: format!("metadata.annotations{}", crate::path::key_text(LAST_APPLIED)),
        wanted,
        found: vec![lost.field.clone()],
        at: Some(At { reference: id.into(), path: path.clone() }),
        note: Some("in what was last applied, but not in what is stored".to_owned()),
        ..Evidence::default()
    });
    let title = match lost.meant {
        Some(meant) if !lost.is_known() => format!("write {meant} instead of {} in the manifest and apply it again", lost.field),
        _ if lost.is_known() => "bring the definitions up to the operator's version and apply the manifest again".to_owned(),
        _ => format!("take {} out of the manifest, or write what is meant in a field that exists", lost.field),
    };
    let parent = format!("{}.{}", id.kind.plural(), lost.parent().split('[').next().unwrap_or("spec"));
    finding.fix(Fix::advice(title, format!("kubectl explain {parent}")));
}
