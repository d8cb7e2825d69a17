//! An endpoint names its port in two ways, of which only one counts (OP-SM-5, OP-PM-3).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1008",
    name: "target-port-shadowed",
    summary: "an endpoint names its port in two ways, of which only the first counts",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for endpoint in chain.endpoints.iter().filter(|endpoint| !endpoint.shadowed.is_empty()) {
            let monitor = chain.monitor.id();
            let (path, field) = (endpoint.path(chain.monitor), endpoint.field(chain.monitor));
            let others: Vec<String> = endpoint.shadowed.iter().map(|(field, value)| format!("{field} {value}")).collect();
            let message = format!(
                "{} has {field} {} and {}: only {field} counts",
                endpoint.name(chain.monitor),
                endpoint.wanted.text(),
                list(&others, 2)
            );
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(endpoint.index);
            let mut operations = Vec::new();
            for (field, value) in &endpoint.shadowed {
                finding.says(&monitor, format!("{path}.{field}"), value.as_str());
                operations.push(json!({"op": "remove", "path": format!("{}/{field}", crate::path::pointer(&path))}));
            }
            finding.fix(Fix::json("remove what has no effect", &monitor, operations));
        }
    }
}
