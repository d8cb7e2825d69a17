//! Kubernetes refuses a selector of a server, so it selects nothing (OP-SEL-6).

use crate::prelude::*;
use std::collections::BTreeMap;

use crate::selector::{Expression, LabelSelector};
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0308",
    name: "selector-invalid",
    summary: "a selector of a server is one that Kubernetes refuses",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Namespace],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut found: BTreeMap<(ObjectId, String), (String, Vec<Unselected<'_>>)> = BTreeMap::new();
    for untaken in view.untaken() {
        let kind = untaken.id.kind;
        let object = (&untaken.selected.object, Server::object_selector_field(kind));
        let namespace = (&untaken.selected.namespace, Server::namespace_selector_field(kind));
        for (choice, field) in [object, namespace] {
            let Choice::Invalid(at, why) = choice else { continue };
            let place = (untaken.server.id(), format!("spec.{field}.{at}"));
            found.entry(place).or_insert_with(|| (why.clone(), Vec::new())).1.push(untaken.clone());
        }
    }
    for ((id, path), (why, untaken)) in found {
        let finding = out.finding(&CHECK, &id, format!("{path} is refused: {why}"));
        finding.key(&path);
        for one in &untaken {
            finding.on_unselected(one);
        }
        let expression = untaken.first().and_then(|one| expression(one.server, &path));
        let Some(expression) = expression else { continue };
        finding.says(
            &id,
            path.as_str(),
            format!("{} {} [{}]", expression.key, expression.operator, expression.values.join(", ")),
        );
        match mended(&expression).filter(|(expression, _)| untaken.iter().all(|one| meets(view, one, &path, expression))) {
            Some((_, operation)) => {
                let mut operation = operation;
                operation["path"] =
                    json!(format!("{}{}", crate::path::pointer(&path), operation["path"].as_str().unwrap_or_default()));
                finding.fix(
                    Fix::json("write the requirement as it was meant", &id, vec![operation])
                        .widens("the selector then counts, for every monitor"),
                );
            }
            None => {
                let command = kubectl("edit", &id);
                finding.fix(Fix::advice("write a requirement that Kubernetes takes, or remove it", command));
            }
        }
    }
}

/// The selector that a path leads into, with the place of the expression in it.
fn place<'s>(server: &'s Server, path: &str) -> Option<(&'s LabelSelector, usize)> {
    let (field, at) = path.strip_prefix("spec.")?.split_once(".matchExpressions[")?;
    let at: usize = at.strip_suffix(']')?.parse().ok()?;
    let kinds = [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Probe, Kind::ScrapeConfig, Kind::PrometheusRule];
    let object =
        kinds.iter().find(|kind| Server::object_selector_field(**kind) == field).map(|kind| server.object_selector(*kind));
    let namespace =
        kinds.iter().find(|kind| Server::namespace_selector_field(**kind) == field).map(|kind| server.namespace_selector(*kind));
    Some((object.or(namespace)??, at))
}

fn expression(server: &Server, path: &str) -> Option<Expression> {
    let (selector, at) = place(server, path)?;
    selector.match_expressions.get(at).cloned()
}

/// The requirement that was meant, and the JSON patch below it: another spelling of the operator, or no values.
fn mended(expression: &Expression) -> Option<(Expression, serde_json::Value)> {
    let known = ["In", "NotIn", "Exists", "DoesNotExist"];
    if ["Exists", "DoesNotExist"].contains(&expression.operator.as_str()) {
        let mended = Expression { values: Vec::new(), ..expression.clone() };
        return Some((mended, json!({"op": "remove", "path": "/values"})));
    }
    let operator = known.into_iter().find(|known| known.eq_ignore_ascii_case(&expression.operator))?;
    let mended = Expression { operator: operator.to_owned(), ..expression.clone() };
    Some((mended, json!({"op": "replace", "path": "/operator", "value": operator})))
}

/// Whether the monitor would be selected with the mended requirement.
fn meets(view: &View<'_>, found: &Unselected<'_>, path: &str, mended: &Expression) -> bool {
    let Some((selector, at)) = place(found.server, path) else { return false };
    let mut selector = selector.clone();
    selector.match_expressions[at] = mended.clone();
    let meta = found.metadata;
    let labels = if path.contains("NamespaceSelector") { view.namespace_labels(&meta.namespace) } else { Some(&meta.labels) };
    selector.invalid().is_none() && labels.is_some_and(|labels| selector.matches(labels))
}
