//! What the checks of manifests have in common: how a problem becomes a finding, and what follows from it.

use serde_json::Value;

use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::path::{Step, is_at_or_below, parse};
use crate::report::{Evidence, Fix, Link, Patch, PatchType, Ref, Safety};
use crate::schema::{Meant, Problem};
use crate::text::plural;
use crate::view::View;
use crate::world::{Manifest, ObjectId};

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
    finding.key(&problem.path).likely_if(!problem.certain);
    if let Some(id) = id(manifest).filter(|id| matches!(id.kind.name(), "ServiceMonitor" | "PodMonitor")) {
        finding.affects(&id);
    }
    finding.evidence(Evidence {
        reference: Some(subject(manifest)),
        path: problem.path.clone(),
        wanted: if problem.wanted.len() <= 12 { problem.wanted.clone() } else { Vec::new() },
        found: if problem.found.is_empty() { Vec::new() } else { vec![problem.found.clone()] },
        ..Evidence::default()
    });
    finding
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

fn subject(manifest: &Manifest) -> Ref {
    let mut reference = manifest.reference.clone();
    if reference.name.is_empty() {
        reference.name = "(without a name)".to_owned();
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
    if manifest.reference.name.is_empty() {
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
pub(crate) fn effect(manifest: &Manifest, problem: &Problem) -> Option<String> {
    let kind = manifest.reference.kind.as_str();
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

fn last(path: &str) -> String {
    match parse(path).ok().and_then(|mut steps| steps.pop()) {
        Some(Step::Key(key)) => key,
        _ => String::new(),
    }
}

/// Drops what follows from misread manifests: of a refused one all that is said of the object besides, of one that loses
/// a field what is said of the place where the field belongs. One mistake is one finding.
pub(crate) fn without_consequences(manifests: &[Manifest], drafts: &mut Vec<Draft>) {
    let is_server =
        |manifest: &Manifest| manifest.reference.kind.starts_with("Prometheus") && manifest.reference.kind != "PrometheusRule";
    let manifests: Vec<&Manifest> = manifests.iter().filter(|manifest| !manifest.kept_out).collect();
    let servers_refused = manifests.iter().any(|manifest| manifest.is_refused() && is_server(manifest));
    let follows = |draft: &Draft| {
        let link = Link::of_code(draft.code);
        if link == Some(Link::Manifest) && draft.code != "PD1401" {
            return false;
        }
        // Without the refused server there may be none left.
        if servers_refused && draft.code == "PD0306" {
            return true;
        }
        manifests.iter().any(|manifest| {
            let reference = subject(manifest);
            let only_of_it = !draft.chains.is_empty() && draft.chains.iter().all(|(monitor, _)| Ref::from(monitor) == reference);
            let about = draft.subject == reference || only_of_it;
            let touched = |path: &str| {
                let areas = manifest.problems.iter().filter(|problem| problem.is_pruned()).flat_map(areas);
                areas.into_iter().any(|area| is_at_or_below(path, &area))
            };
            let speaks = |evidence: &Evidence| {
                let at = evidence.at.as_ref().is_some_and(|at| at.reference == reference && touched(&at.path));
                at || (evidence.reference.as_ref() == Some(&reference) && touched(&evidence.path))
            };
            let lost = || {
                draft.evidence.iter().any(speaks) || (draft.code == "PD0003" && manifest.problems.iter().any(Problem::is_pruned))
            };
            about && (manifest.is_refused() || lost())
        })
    };
    drafts.retain(|draft| !follows(draft));
}

/// The fields of the spec that a dropped field has to do with.
fn areas(problem: &Problem) -> Vec<String> {
    let area = |path: &str| {
        let mut steps = parse(path).unwrap_or_default().into_iter();
        match (steps.next(), steps.next()) {
            (Some(Step::Key(first)), Some(Step::Key(second))) => Some(format!("{first}{}", crate::path::key_text(&second))),
            _ => None,
        }
    };
    [Some(problem.path.as_str()), problem.meant.as_ref().map(|meant| meant.path.as_str())]
        .into_iter()
        .flatten()
        .filter_map(area)
        .collect()
}
