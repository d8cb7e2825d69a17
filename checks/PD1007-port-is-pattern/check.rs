//! A port is read as a pattern and matches names that are not written there (OP-CFG-3).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1007",
    name: "port-is-pattern",
    summary: "the port of an endpoint is read as a pattern and matches other names",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for endpoint in chain.endpoints.iter().filter(|endpoint| !endpoint.surprises.is_empty()) {
            pattern(chain, endpoint, out);
        }
    }
}

fn pattern(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, out: &mut Out) {
    let monitor = chain.monitor.id();
    let (wanted, field) = (endpoint.wanted.text(), endpoint.field(chain.monitor));
    let shown: Vec<String> = endpoint
        .surprises
        .iter()
        .map(|name| if name.is_empty() { "a port without a name".to_owned() } else { format!("{name:?}") })
        .collect();
    let message =
        format!("{}.{field} {wanted:?} is read as a pattern: it matches {}", endpoint.name(chain.monitor), list(&shown, 4));
    let finding = out.finding(&CHECK, &monitor, message);
    finding.on(chain).endpoint(endpoint.index);
    let path = format!("{}.{field}", endpoint.path(chain.monitor));
    finding.compared(&monitor, path, wanted.as_str(), endpoint.surprises.as_slice(), None);
    if endpoint.surprises.iter().any(String::is_empty) {
        return;
    }
    let own = chain.monitor.raw.get(chain.monitor.endpoints_field()).and_then(|endpoints| endpoints.get(endpoint.index));
    match (endpoint.surprises.as_slice(), own) {
        ([name], _) => {
            finding.fix(mend::ask_for(chain, endpoint, field, name.as_str()));
        }
        ([first, others @ ..], Some(own)) => {
            let at = format!("/spec/{}", chain.monitor.endpoints_field());
            let mut operations =
                vec![json!({"op": "replace", "path": format!("{at}/{}/{field}", endpoint.index), "value": first})];
            for name in others {
                let mut copy = own.clone();
                copy[field] = json!(name);
                operations.push(json!({"op": "add", "path": format!("{at}/-"), "value": copy}));
            }
            finding.fix(Fix::json("write one endpoint for each port", &monitor, operations));
        }
        _ => {}
    }
}
