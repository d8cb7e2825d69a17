//! Which definition a manifest is held against, and what is wrong with its kind and the version of its API.

use serde_json::json;

use super::facts::{Facts, Mask, Served, facts};
use super::problem::{Fault, Meant, Problem, Spot};
use super::walk::Walk;
use super::{metadata, rules};
use crate::operator::version::{Version, operator};
use crate::text::distance;
use crate::yaml::{Kind, Node};

const GROUP: &str = "monitoring.coreos.com";

pub(super) fn examine(kind: &str, api_version: &str, node: Node<'_>, version: Option<Version>, partial: bool) -> Vec<Problem> {
    let facts = facts();
    let minor = match version {
        None => facts.last,
        Some(version) if version.major > 0 => u32::MAX,
        Some(version) => version.minor,
    };
    let bit = facts.bit(minor);
    let mut problems = Vec::new();
    let Some(served) = served(facts, bit, kind, api_version, &mut problems) else { return problems };
    let mut walk = Walk::new(facts, bit, minor > facts.last, served.kind);
    walk.partial = partial;
    walk.refused = problems.iter().any(|problem: &Problem| problem.refused);
    walk.problems = problems;
    if node.kind() == Kind::Mapping {
        walk.object(node, served.root);
        metadata::examine(node, &mut walk.problems);
        if partial {
            // Directives of the tool that merges it: `$patch: delete`.
            walk.problems.retain(|problem| problem.fault != Fault::Missing && !problem.field().starts_with('$'));
        } else if !walk.problems.iter().any(|problem| problem.refused) {
            rules::examine(served.kind, node, minor.min(facts.last), &mut walk.problems);
        }
    }
    walk.problems
}

/// The definition to go by, that of what was probably meant if it is another.
fn served(
    facts: &'static Facts,
    bit: Mask,
    kind: &str,
    api_version: &str,
    problems: &mut Vec<Problem>,
) -> Option<&'static Served> {
    let (group, version) =
        api_version.split_once('/').unwrap_or(if api_version == GROUP { (GROUP, "") } else { ("", api_version) });
    let ours = group == GROUP;
    let known = kind_of(facts, kind, ours);
    if !ours && (known != Some(kind) || !is_slip_of_group(group)) {
        return None;
    }
    let mut add = |path: &str, fault: Fault, wanted: Vec<String>, found: &str, meant: Option<&str>| {
        let meant = meant.map(|value| Meant {
            path: path.to_owned(),
            patch: Some(
                json!([{"op": if found.is_empty() { "add" } else { "replace" }, "path": format!("/{path}"), "value": value}]),
            ),
            value: Some(value.to_owned()),
            safe: true,
            as_it_is: false,
        });
        let (path, found, spot) = (path.to_owned(), found.to_owned(), Spot::Value);
        problems.push(Problem { path, spot, fault, wanted, found, meant, certain: true, refused: true, belongs: None });
    };
    let Some(known) = known else {
        let all = facts.kinds.iter().filter(|served| served.present & bit != 0).map(|served| served.kind);
        let mut all: Vec<String> = all.map(str::to_owned).collect();
        all.sort();
        all.dedup();
        add("kind", Fault::Kind, all, kind, None);
        return None;
    };
    let versions: Vec<&'static Served> = facts.kinds.iter().filter(|served| served.kind == known).collect();
    if known != kind {
        add("kind", Fault::Kind, vec![known.to_owned()], kind, Some(known));
    }
    let now: Vec<&'static Served> = versions.iter().filter(|served| served.present & bit != 0).copied().collect();
    if now.is_empty() {
        let since = versions.iter().filter_map(|served| facts.since_and_until(served.present, bit).0).min();
        let fault = since.map_or(Fault::Kind, |since| Fault::Newer { since: operator(since), empties: false });
        add("kind", fault, Vec::new(), kind, None);
        return None;
    }
    if let Some(served) = now.iter().find(|served| ours && served.version == version) {
        return Some(served);
    }
    let wanted: Vec<String> = now.iter().map(|served| format!("{GROUP}/{}", served.version)).collect();
    let later = versions.iter().find(|served| ours && served.version == version);
    let fault = match later.and_then(|served| facts.since_and_until(served.present, bit).0) {
        Some(since) => Fault::Newer { since: operator(since), empties: false },
        None => Fault::ApiVersion,
    };
    // Of two versions either may be meant, and their fields differ.
    let only = if let [only] = now[..] { Some(only) } else { now.iter().find(|served| served.version == version).copied() };
    add("apiVersion", fault, wanted.clone(), api_version, only.map(|served| format!("{GROUP}/{}", served.version)).as_deref());
    only
}

/// The kind of ours that a word names: exactly, in other case or number, or with a slip of the pen.
fn kind_of(facts: &'static Facts, kind: &str, ours: bool) -> Option<&'static str> {
    let all = || facts.kinds.iter().map(|served| served.kind);
    let exact = all().find(|known| *known == kind);
    if !ours || exact.is_some() {
        return exact;
    }
    let lower = kind.to_ascii_lowercase();
    let near = all().map(|known| (distance(&known.to_ascii_lowercase(), &lower), known)).min();
    near.filter(|(slips, _)| *slips <= 2).map(|(_, known)| known)
}

/// Whether a group is ours with a slip of the pen: none at all, the end missing, another end. Groups that exist and
/// have kinds of the same names are theirs.
fn is_slip_of_group(group: &str) -> bool {
    const OTHERS: &[&str] = &["azmonitoring.coreos.com", "monitoring.googleapis.com", "operator.victoriametrics.com"];
    let near = || distance(group, GROUP) <= 3 || GROUP.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'));
    group.is_empty() || (!OTHERS.contains(&group) && near())
}
