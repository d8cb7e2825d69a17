//! The user's relabelings, or those of a scrape class, drop every target of an endpoint (OP-CAUSE-21).

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD1101",
    name: "relabeling-drops-all",
    summary: "relabelings of an endpoint or a scrape class drop every target",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Kept) {
        for kept in chain
            .kept
            .endpoints
            .iter()
            .filter(|kept| kept.is_lost() && kept.dropping.as_ref().is_none_or(|dropping| dropping.of_user))
        {
            lost(chain, kept, out);
        }
    }
}

fn lost(chain: &Chain<'_>, kept: &KeptEndpoint, out: &mut Out) {
    let (monitor, server) = (chain.monitor.id(), chain.server.id());
    let name = format!("{}[{}]", chain.monitor.endpoints_field(), kept.index);
    let own = &chain.monitor.spec.endpoints[kept.index].relabelings;
    let at = kept.dropping.as_ref().and_then(|dropping| match field_of(dropping) {
        Some(path) => index_in(path, &name),
        None => own.iter().position(|written| is_written(written, &dropping.rule)),
    });
    let targets = count(kept.dropped, "target");
    let message = match (&kept.dropping, at) {
        (Some(dropping), Some(at)) => format!("{name}.relabelings[{at}], a {}, leaves none of {targets}", dropping.rule.action),
        (Some(dropping), None) => format!("a {} of the scrape class leaves none of {targets} of {name}", dropping.rule.action),
        (None, _) => {
            let why = kept.invalid.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("the relabelings of {name} leave none of {targets} fit to be scraped{why}")
        }
    };
    let finding = out.finding(&CHECK, &monitor, line(&message, 200));
    finding.on(chain).endpoint(kept.index);
    let Some(Dropping { rule, values, .. }) = &kept.dropping else {
        let written: Vec<String> = own.iter().map(|rule| rule.target_label.clone()).filter(|label| !label.is_empty()).collect();
        finding.says(&monitor, format!("spec.{name}.relabelings[*].targetLabel"), written);
        return;
    };
    let of_class = kept.dropping.as_ref().and_then(field_of).map(str::to_owned);
    let labels = rule.source_labels.join(", ");
    let regex = rule.regex.clone().unwrap_or_else(|| "(.*)".to_owned());
    let shown = |value: &String| if value.is_empty() { "(empty)".to_owned() } else { value.clone() };
    let values: Vec<String> = values.iter().map(shown).collect();
    let asks = match at {
        Some(at) => (monitor.clone(), format!("spec.{name}.relabelings[{at}]")),
        None => (server, of_class.unwrap_or_else(|| "spec.scrapeClasses".to_owned())),
    };
    finding.compared(&asks.0, format!("{}.regex", asks.1), format!("{} {regex}", rule.action), values, None);
    finding.says(&asks.0, format!("{}.sourceLabels", asks.1), labels);
    let of_nodes = rule.source_labels.iter().any(|label| label.starts_with("__meta_kubernetes_node_"));
    if of_nodes && at.is_some() && !chain.monitor.spec.attach_metadata.node {
        let command =
            format!("{} --type=merge -p '{{\"spec\":{{\"attachMetadata\":{{\"node\":true}}}}}}'", kubectl("patch", &monitor));
        finding.fix(
            Fix::advice("have the labels of nodes attached, which this rule asks for: attachMetadata.node", command)
                .note("the account of the server must be allowed to list nodes"),
        );
    }
    if let Some(at) = at {
        let path = crate::path::pointer(&format!("spec.{name}.relabelings[{at}]"));
        let fix =
            Fix::json(format!("go without {name}.relabelings[{at}]"), &monitor, vec![json!({"op": "remove", "path": path})]);
        finding.fix(fix.widens("the rule is there for something: mend its labels or its pattern rather than remove it"));
    }
}

/// The field that the rule comes from, where that is known.
fn field_of(dropping: &Dropping) -> Option<&str> {
    dropping.field.as_ref()?.path.as_deref()
}

/// The place among the relabelings of an endpoint, if the field is one of them.
fn index_in(path: &str, endpoint: &str) -> Option<usize> {
    let rest = path.strip_prefix(&format!("spec.{endpoint}.relabelings["))?;
    rest.split(']').next()?.parse().ok()
}
