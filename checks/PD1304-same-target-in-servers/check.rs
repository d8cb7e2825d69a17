//! Two servers scrape the same targets: often on purpose, but everything is then stored and alerted on twice.

use crate::mend;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1304",
    name: "same-target-in-servers",
    summary: "two servers scrape the same targets",
    severity: Severity::Info,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for duplicate in view.duplicates() {
        let DuplicateKind::Servers { other, monitors } = &duplicate.kind else { continue };
        let message = format!("{} and {other} scrape the same targets", duplicate.server);
        let finding =
            out.finding(&CHECK, &duplicate.server, mend::short(message, || "another server scrapes the same targets".to_owned()));
        finding.key(other.to_string());
        for monitor in monitors.iter().filter(|monitor| view.is_asked(monitor)) {
            finding.affects(monitor);
        }
        for server in [&duplicate.server, other] {
            let selectors = monitors.iter().filter_map(|monitor| view.chain(monitor, server)).map(|chain| {
                let selector = chain.server.object_selector(chain.monitor.kind);
                let field = format!("spec.{}", crate::world::Server::object_selector_field(chain.monitor.kind));
                let asked = selector.map(|selector| selector.requirements()).unwrap_or_default();
                let words: Vec<String> = asked
                    .iter()
                    .map(|asked| format!("{} {} {}", asked.key, asked.operator.as_str(), asked.values.join(", ")))
                    .collect();
                (field, if words.is_empty() { vec!["{}".to_owned()] } else { words })
            });
            for (field, words) in selectors.collect::<std::collections::BTreeMap<_, _>>() {
                finding.says(server, field, words);
            }
        }
        let note = format!("{} in common, for instance {}", count(duplicate.addresses, "target"), duplicate.example);
        finding.evidence(Evidence { reference: Some((&duplicate.server).into()), note: Some(note), ..Evidence::default() });
        let command = kubectl("edit", other);
        finding.fix(Fix::advice("let the servers select different monitors, if this is not meant", command));
    }
}
