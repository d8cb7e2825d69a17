//! The definitions are older than the operator: fields that they do not know are dropped on saving (OP-FIND-3).

use crate::operator::crds::{Behind, VERSION, behind};
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0103",
    name: "crds-older-than-operator",
    summary: "the CustomResourceDefinitions are older than the operator that runs",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::CustomResourceDefinition],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let behind = behind(view.world(), view.operators());
    let Some(first) = behind.first() else { return };
    let id = |behind: &Behind<'_>| behind.crd.metadata.id(Kind::CustomResourceDefinition);
    let kind = &first.crd.spec.names.kind;
    let message = format!(
        "the definition of {kind} is {}, the operator is {}: newer fields are dropped when an object is saved",
        first.words(),
        first.operator
    );
    let finding = out.finding(&CHECK, id(first), message);
    finding.likely_if(first.version.is_none());
    let path = format!("metadata.annotations{}", crate::path::key_text(VERSION));
    for behind in &behind {
        let operator = view.operators().iter().find(|operator| operator.version == Some(behind.operator));
        let other = operator.map(|operator| (&operator.id, image_path(&operator.args_path)));
        finding.compared(&id(behind), path.clone(), behind.operator.to_string(), behind.words(), other);
    }
    let names: Vec<String> = behind.iter().map(|behind| behind.crd.metadata.name.clone()).collect();
    let file = |name: &String| {
        let (plural, group) = name.split_once('.').unwrap_or((name, ""));
        format!(
            "-f https://raw.githubusercontent.com/prometheus-operator/prometheus-operator/v{}/example/prometheus-operator-crd/{group}_{plural}.yaml",
            first.operator
        )
    };
    let files: Vec<String> = names.iter().map(file).collect();
    finding.fix(
        Fix::advice(
            format!("apply the definitions of operator {}", first.operator),
            format!("kubectl apply --server-side --force-conflicts {}", files.join(" ")),
        )
        .note("helm upgrade leaves definitions alone; afterwards apply the objects again whose fields were dropped"),
    );
}

/// Where the image stands beside the arguments.
fn image_path(args_path: &str) -> String {
    format!("{}.image", args_path.trim_end_matches(".args"))
}
