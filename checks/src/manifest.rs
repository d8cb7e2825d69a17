//! What the checks of manifests have in common: how a problem becomes a finding, and what follows from it.

use serde_json::Value;

use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::path::{Step, is_at_or_below, parse};
use crate::report::{Evidence, Fix, Link, Patch, PatchType, Ref, Safety};
use crate::schema::{Fault, Meant, Problem};
use crate::text::plural;
use crate::view::View;
use crate::world::{Kind, Manifest, ObjectId, Server};

/// The problems of a sort, each with its manifest.
pub(crate) fn problems<'w>(
    view: &View<'w>,
    of: impl Fn(&Problem) -> bool + 'w,
) -> impl Iterator<Item = (&'w Manifest, &'w Problem)> {
    let all = view.world().manifests.iter().flat_map(|manifest| manifest.problems.iter().map(move |problem| (manifest, problem)));
    all.filter(move |(_, problem)| of(problem))
}

/// Starts a finding about a problem, at its place.
pub(crate) fn finding<'o>(
    check: &Check,
    manifest: &Manifest,
    problem: &Problem,
    message: String,
    out: &'o mut Out,
) -> &'o mut Draft {
    let finding = out.finding(check, subject(manifest), message);
    finding.key(problem.belongs.as_ref().unwrap_or(&problem.path)).likely_if(!problem.certain);
    let is_monitor = |id: &ObjectId| matches!(id.kind.name(), "ServiceMonitor" | "PodMonitor") && !id.name.is_empty();
    if let Some(id) = id(manifest).filter(is_monitor) {
        finding.affects(&id);
    }
    // Of items that repeat each other it is the keys that were compared: none of them is asked for.
    let joined = problem.fault == Fault::Joined;
    let asks = problem.wanted.len() <= 12 && problem.fault != Fault::RepeatedItem;
    finding.evidence(Evidence {
        reference: Some(subject(manifest)),
        path: problem.path.clone(),
        wanted: match asks {
            _ if joined => vec!["---".to_owned()],
            true => problem.wanted.clone(),
            false => Vec::new(),
        },
        found: if joined || problem.found.is_empty() { Vec::new() } else { vec![problem.found.clone()] },
        ..Evidence::default()
    });
    finding
}

/// That the API server refuses the object: at once, or when the field has its right name.
pub(crate) fn refusal(manifest: &Manifest, problem: &Problem) -> String {
    match &problem.belongs {
        Some(right) => format!("under its right name, {}, it is refused", crate::text::short(right, 60)),
        None => format!("the {} is refused", kind(manifest)),
    }
}

/// Says which monitors a server does not take, perhaps because of what is wrong with its selectors.
pub(crate) fn untaken(view: &View<'_>, manifest: &Manifest, problem: &Problem, finding: &mut Draft) {
    let selects =
        problem.meant.as_ref().is_some_and(|meant| meant.path.contains("Selector")) || problem.path.contains("Selector");
    let Some(id) = id(manifest).filter(|_| selects) else { return };
    for chain in view.chains().filter(|chain| chain.server.id() == id && chain.failed(Link::Selected)) {
        finding.on(chain);
    }
}

/// How an object without a name is called.
pub(crate) const NAMELESS: &str = "(without a name)";

fn subject(manifest: &Manifest) -> Ref {
    let mut reference = manifest.reference.clone();
    if reference.name.is_empty() {
        reference.name = NAMELESS.to_owned();
    }
    reference
}

/// The object, where its kind is one that is read.
pub(crate) fn id(manifest: &Manifest) -> Option<ObjectId> {
    manifest.patch_ref().id()
}

/// The change that a problem asks for, if it is clear which.
pub(crate) fn fix(manifest: &Manifest, meant: &Meant, title: String) -> Option<Fix> {
    json_fix(manifest, meant.patch.clone()?, title, meant.safe)
}

/// A JSON patch of a manifest as a fix.
pub(crate) fn json_fix(manifest: &Manifest, body: Value, title: String, safe: bool) -> Option<Fix> {
    // A part has the name of the whole, which is what a patch would be made for.
    if manifest.reference.name.is_empty() || manifest.partial {
        return None;
    }
    let command = if safe { "prom-doctor lint --fix -f FILE" } else { "prom-doctor lint --fix --unsafe-fixes -f FILE" };
    let patch = Patch { reference: manifest.patch_ref(), kind: PatchType::Json, body };
    let fix = Fix { patch: vec![patch], ..Fix::advice(title, command) };
    Some(Fix { safety: if safe { Safety::Safe } else { Safety::Unsafe }, ..fix })
}

/// Where to read what is accepted: `kubectl explain servicemonitor.spec.endpoints`.
pub(crate) fn explain(manifest: &Manifest, path: &str) -> String {
    let mut command = format!("kubectl explain {}", manifest.reference.kind.to_ascii_lowercase());
    for step in parse(path).unwrap_or_default() {
        if let Step::Key(key) = step {
            command += &format!(".{key}");
        }
    }
    command
}

/// What it means that a field is dropped, as far as it changes what is selected or scraped.
pub(crate) fn effect(view: &View<'_>, manifest: &Manifest, problem: &Problem) -> Option<String> {
    // What is dropped of a part may stand in the whole.
    if manifest.partial {
        return None;
    }
    let kind = kind(manifest);
    let monitored = match kind {
        "ServiceMonitor" => "Service",
        "PodMonitor" => "Pod",
        _ => "object",
    };
    if problem.refused {
        let what = problem.meant.as_ref().map_or("a required field", |meant| meant.path.as_str());
        return Some(format!("without {what} the {kind} is refused"));
    }
    let parent = problem.parent();
    let holder = last(parent);
    if holder.ends_with("NamespaceSelector") && problem.empties() {
        return Some(format!("an empty {holder} selects every namespace"));
    }
    if parent == "spec.namespaceSelector" && problem.empties() && monitored != "object" {
        return Some(format!("only {monitored}s of the monitor's own namespace are selected"));
    }
    if (holder == "selector" || holder.ends_with("Selector")) && !holder.contains("namespace") {
        let what = match holder.as_str() {
            "selector" => monitored,
            "serviceMonitorSelector" => "ServiceMonitor",
            "podMonitorSelector" => "PodMonitor",
            "probeSelector" => "Probe",
            "scrapeConfigSelector" => "ScrapeConfig",
            "ruleSelector" => "PrometheusRule",
            "alertmanagerConfigSelector" => "AlertmanagerConfig",
            _ => return None,
        };
        return Some(match problem.empties() {
            true => format!("the empty selector selects every {what}"),
            false => format!("the selector asks for less: {} are selected that were not meant", plural(what)),
        });
    }
    let meant = problem.meant.as_ref().map(|meant| last(&meant.path))?;
    if parent == "spec" && meant.ends_with("Selector") && problem.field().contains("elector") {
        // The object may have it already: applying a file takes away only what came from one.
        if is_set(view, manifest, &meant) {
            return None;
        }
        let unset = if meant.ends_with("NamespaceSelector") || meant == "namespaceSelector" {
            "only its own namespace counts"
        } else {
            "nothing is selected"
        };
        return Some(format!("{meant} stays unset: {unset}"));
    }
    if meant == "namespaceSelector" && monitored != "object" {
        return Some(format!("only {monitored}s of the monitor's own namespace are selected"));
    }
    const SCRAPED: &[&str] = &["port", "targetPort", "portNumber", "path", "scheme", "params", "matchLabels", "matchExpressions"];
    (monitored != "object" && SCRAPED.contains(&meant.as_str())).then(|| "the targets are others than meant".to_owned())
}

/// Whether a server has a selector, be it from the file or from what the file is laid over.
fn is_set(view: &View<'_>, manifest: &Manifest, selector: &str) -> bool {
    let server = id(manifest).and_then(|id| view.world().servers.get(&id.namespace, &id.name));
    const SELECTED: [Kind; 4] = [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Probe, Kind::ScrapeConfig];
    server.is_some_and(|server| {
        SELECTED.into_iter().any(|kind| match selector {
            _ if selector == Server::object_selector_field(kind) => server.object_selector(kind).is_some(),
            _ if selector == Server::namespace_selector_field(kind) => server.namespace_selector(kind).is_some(),
            _ => false,
        })
    })
}

/// The kind of a manifest, or the one that it should have been.
pub(crate) fn kind(manifest: &Manifest) -> &str {
    let meant =
        manifest.problems.iter().filter(|problem| problem.fault == Fault::Kind).find_map(|problem| problem.meant.as_ref());
    meant.and_then(|meant| meant.value.as_deref()).unwrap_or(&manifest.reference.kind)
}

fn last(path: &str) -> String {
    match parse(path).ok().and_then(|mut steps| steps.pop()) {
        Some(Step::Key(key)) => key,
        _ => String::new(),
    }
}

/// Drops what follows from misread manifests: what is said of a field that is dropped or refused, of the place where it
/// belongs, and of what it feeds. One mistake is one finding; whatever else is wrong with the object is told beside it.
pub(crate) fn without_consequences(manifests: &[Manifest], drafts: &mut Vec<Draft>) {
    let is_server =
        |manifest: &Manifest| manifest.reference.kind.starts_with("Prometheus") && manifest.reference.kind != "PrometheusRule";
    let manifests: Vec<&Manifest> = manifests.iter().filter(|manifest| !manifest.kept_out).collect();
    let servers_refused = manifests.iter().any(|manifest| manifest.is_refused() && is_server(manifest));
    let misread: Vec<Misread<'_>> = manifests.iter().copied().map(Misread::new).collect();
    let follows = |draft: &Draft| {
        let link = Link::of_code(draft.code);
        if link == Some(Link::Manifest) && draft.code != "PD1401" {
            return false;
        }
        // Without the refused server there may be none left.
        if servers_refused && draft.code == "PD0306" {
            return true;
        }
        misread.iter().any(|misread| misread.explains(draft, link))
    };
    drafts.retain(|draft| !follows(draft));
}

/// A manifest that is not read as it was written.
struct Misread<'m> {
    manifest: &'m Manifest,
    /// The fields that the API server drops or refuses, and where they belong.
    fields: Vec<&'m str>,
}

impl<'m> Misread<'m> {
    fn new(manifest: &'m Manifest) -> Self {
        let lost = manifest.problems.iter().filter(|problem| problem.is_pruned() || problem.refused);
        let both = |problem: &'m Problem| [Some(problem.path.as_str()), problem.meant.as_ref().map(|meant| meant.path.as_str())];
        Self { manifest, fields: lost.flat_map(both).flatten().collect() }
    }

    fn explains(&self, draft: &Draft, link: Option<Link>) -> bool {
        let is_own = |reference: &Ref| {
            let own = &self.manifest.reference;
            reference.kind == own.kind && reference.namespace == own.namespace && reference.name == own.name
        };
        let only_of_it = || !draft.chains.is_empty() && draft.chains.iter().all(|(monitor, _)| is_own(&monitor.into()));
        if self.fields.is_empty() || !(is_own(&draft.subject) || only_of_it()) {
            return false;
        }
        // An object without a name is none; of one that could not be read its own finding says why.
        if self.manifest.reference.name.is_empty() || ["PD0001", "PD0003"].contains(&draft.code) {
            return true;
        }
        let speaks = |evidence: &Evidence| {
            let at = evidence.at.as_ref().filter(|at| is_own(&at.reference)).map(|at| at.path.as_str());
            let asks = evidence.reference.as_ref().filter(|reference| is_own(reference)).map(|_| evidence.path.as_str());
            at.into_iter().chain(asks).any(|path| self.fields.iter().any(|field| concerns(field, path)))
        };
        draft.evidence.iter().any(speaks) || self.fields.iter().any(|field| feeds(field, link, draft.endpoint))
    }
}

/// Whether what is said of one path is said of a field: of it, of something in it, or of a map or rule that it is part of.
fn concerns(field: &str, path: &str) -> bool {
    if is_at_or_below(path, field) {
        return true;
    }
    let Some(rest) = field.strip_prefix(path).filter(|_| is_at_or_below(field, path)) else { return false };
    match parse(path).unwrap_or_default().as_slice() {
        // So much is in these that one field of theirs says little of the others.
        [] | [Step::Key(_)] => false,
        [_, Step::Key(list)] if ENDPOINTS.contains(&list.as_str()) => false,
        [_, Step::Key(list), Step::Index(_)] if ENDPOINTS.contains(&list.as_str()) => PORTS.contains(&rest),
        _ => true,
    }
}

const ENDPOINTS: &[&str] = &["endpoints", "podMetricsEndpoints"];

/// The fields of an endpoint that choose its port.
const PORTS: &[&str] = &[".port", ".targetPort", ".portNumber"];

/// Whether a link of the chain goes by a field of the monitor, so that nothing is known of it while the field is misread.
fn feeds(field: &str, link: Option<Link>, endpoint: Option<usize>) -> bool {
    let Some(link) = link else { return false };
    let chain = Link::CHAIN.contains(&link);
    match parse(field).unwrap_or_default().as_slice() {
        // Which objects are there to look at.
        [Step::Key(spec), Step::Key(selector), ..]
            if spec == "spec" && ["selector", "namespaceSelector"].contains(&selector.as_str()) =>
        {
            link == Link::Duplicates || (chain && link >= Link::Discoverable)
        }
        [Step::Key(metadata), Step::Key(name)] if metadata == "metadata" && ["labels", "namespace"].contains(&name.as_str()) => {
            link == Link::Selected || (name == "namespace" && chain && link >= Link::Discoverable)
        }
        // Where to look on them.
        [Step::Key(_), Step::Key(list)] if ENDPOINTS.contains(&list.as_str()) => chain && link >= Link::Ports,
        [Step::Key(_), Step::Key(list), Step::Index(at), Step::Key(field), ..] if ENDPOINTS.contains(&list.as_str()) => {
            let own = endpoint.is_none_or(|endpoint| endpoint == *at);
            let port = PORTS.iter().any(|port| port[1..] == *field);
            own && ((port && chain && link >= Link::Ports) || (field.ends_with("elabelings") && link == Link::Kept))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_concerns_itself_what_is_in_it_and_the_rule_around_it() {
        let yes = [
            ("spec.endpoints[0].interval", "spec.endpoints[0].interval"),
            ("spec.endpoints", "spec.endpoints[1].port"),
            ("spec.endpoints[0].port", "spec.endpoints[0]"),
            ("spec.selector.matchLabel", "spec.selector"),
            ("spec.endpoints[0].relabelings[2].action", "spec.endpoints[0].relabelings[2]"),
        ];
        let no = [
            ("spec.endpoints[0].intervl", "spec.endpoints[0]"),
            ("spec.endpoints[0].interval", "spec.endpoints"),
            ("spec.endpoints[1]", "spec.endpoints[10].port"),
            ("spec.selector", "spec.selectorMechanism"),
            ("metadata.labels.ok", "metadata.labels.okay"),
            ("spec.endpoints[0].relabelings[2].action", "spec.endpoints[0].relabelings[2].targetLabel"),
        ];
        yes.iter().for_each(|(field, path)| assert!(concerns(field, path), "{field} {path}"));
        no.iter().for_each(|(field, path)| assert!(!concerns(field, path), "{field} {path}"));
    }
}
