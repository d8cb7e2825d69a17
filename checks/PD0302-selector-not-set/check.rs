//! A server without an object selector for a kind takes none of that kind (OP-SEL-2).

use crate::prelude::*;
use std::collections::BTreeMap;

use crate::operator::fields::pruned;
use crate::selector::LabelSelector;
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0302",
    name: "selector-not-set",
    summary: "a server has no selector for a kind of monitor or for rules, so it takes none of them",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut by_server: BTreeMap<(ObjectId, Kind), Vec<Unselected<'_>>> = BTreeMap::new();
    for found in view.untaken() {
        // Without any selector at all the configuration is left to the user, which is another matter.
        if found.selected.object == Choice::Null && !found.selected.unmanaged {
            by_server.entry((found.server.id(), found.id.kind)).or_default().push(found);
        }
    }
    for ((id, kind), untaken) in by_server {
        let server = untaken[0].server;
        let field = Server::object_selector_field(kind);
        let lost = pruned(id.kind, &server.metadata, &server.raw).into_iter().find(|lost| lost.meant == Some(field));
        let hint = match &lost {
            Some(lost) => format!(" ({} was sent, which is no field)", lost.path),
            None => String::new(),
        };
        let message = format!("spec.{field} is not set, so {id} takes no {kind}{hint}");
        let finding = out.finding(&CHECK, &id, message);
        finding.key(field).evidence(Evidence {
            reference: Some((&id).into()),
            path: format!("spec.{field}"),
            note: Some(format!("spec.{field} is not set")),
            ..Evidence::default()
        });
        for found in &untaken {
            finding.on_unselected(found);
        }
        if let Some(lost) = &lost {
            finding.says(&id, lost.path.as_str(), lost.words());
            let selector: Option<LabelSelector> = serde_json::from_value(lost.sent.clone()).ok();
            let fits =
                |found: &Unselected<'_>| selector.as_ref().is_some_and(|selector| selector.matches(&found.metadata.labels));
            if untaken.iter().all(fits) {
                let body = json!({"spec": {field: lost.sent}});
                finding.fix(
                    Fix::merge(format!("write spec.{field} instead of {}", lost.path), &id, body)
                        .widens("it then selects what was meant to be selected"),
                );
            }
        }
        finding.fix(
            Fix::merge(format!("let {id} select every {kind}"), &id, json!({"spec": {field: {}}}))
                .widens(format!("every {kind} in the namespaces it looks at is then {}", untaken[0].fate())),
        );
    }
}
