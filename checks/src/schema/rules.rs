//! Conditions over several fields. The definitions state them in a language of their own (CEL); there are so few that
//! they are told here one by one, with the version that brought them.

use super::problem::{Fault, Problem, Spot};
use super::walk::is_null;
use crate::path::{Step, key_text, parse};
use crate::yaml::{Kind, Node};

/// Fields that a server in the mode DaemonSet cannot have, by the first minor version that refuses them.
const NOT_IN_DAEMON_SET: &[(u32, &str)] = &[
    (84, "replicas"),
    (84, "storage"),
    (84, "persistentVolumeClaimRetentionPolicy"),
    (85, "scrapeConfigSelector"),
    (85, "probeSelector"),
    (88, "scrapeConfigNamespaceSelector"),
    (88, "probeNamespaceSelector"),
    (88, "serviceMonitorSelector"),
    (88, "serviceMonitorNamespaceSelector"),
    (88, "additionalScrapeConfigs"),
    (91, "shardingStrategy"),
];

/// Looks for conditions that are not met. Only for an object that is otherwise accepted, as the API server does it.
pub(super) fn examine(kind: &str, root: Node<'_>, minor: u32, problems: &mut Vec<Problem>) {
    let Some(spec) = field(root, "spec").filter(|spec| spec.kind() == Kind::Mapping) else { return };
    let mut unmet = |path: String, wanted: String| {
        let (found, meant) = (String::new(), None);
        let (spot, fault, wanted) = (Spot::Key, Fault::Condition, vec![wanted]);
        problems.push(Problem { path, spot, fault, wanted, found, meant, certain: true, refused: true, belongs: None });
    };
    if kind == "PrometheusAgent" && text(spec, "mode") == Some("DaemonSet") {
        for (_, name) in NOT_IN_DAEMON_SET.iter().filter(|(since, name)| *since <= minor && field(spec, name).is_some()) {
            unmet(format!("spec.{name}"), format!("no {name} where spec.mode is DaemonSet"));
        }
        if minor >= 84 && number(spec, "shards").is_some_and(|shards| shards > 1) {
            unmet("spec.shards".to_owned(), "no more than one shard where spec.mode is DaemonSet".to_owned());
        }
    }
    if kind == "ScrapeConfig" && minor >= 91 {
        let ways: Vec<&str> =
            ["basicAuth", "authorization", "oauth2"].into_iter().filter(|way| field(spec, way).is_some()).collect();
        if let [_, other, ..] = ways[..] {
            unmet(format!("spec.{other}"), "only one of basicAuth, authorization and oauth2".to_owned());
        }
    }
    if minor >= 88
        && let Some(strategy) = field(spec, "updateStrategy")
        && text(strategy, "type").is_some_and(|kind| kind != "RollingUpdate")
        && field(strategy, "rollingUpdate").is_some()
    {
        unmet("spec.updateStrategy.rollingUpdate".to_owned(), "rollingUpdate only where type is RollingUpdate".to_owned());
    }
    if minor >= 91
        && let Some(strategy) = field(spec, "shardingStrategy")
    {
        let topology = field(strategy, "topology");
        let by_topology = text(strategy, "mode") == Some("Topology");
        let values = topology.and_then(|topology| field(topology, "values")).map_or(0, |values| values.items().len());
        if topology.is_some() && !by_topology {
            unmet("spec.shardingStrategy.topology".to_owned(), "topology only where mode is Topology".to_owned());
        } else if by_topology && i128::try_from(values).is_ok_and(|values| values > number(spec, "shards").unwrap_or(1)) {
            unmet("spec.shards".to_owned(), format!("at least as many shards as there are topology values, {values}"));
        }
    }
    if minor >= 91 {
        let lists: &[&str] = match kind {
            "Prometheus" => &["spec.remoteWrite", "spec.alerting.alertmanagers"],
            "PrometheusAgent" | "ThanosRuler" => &["spec.remoteWrite"],
            _ => &[],
        };
        let sns = |receiver: usize| format!("spec.receivers[{receiver}].snsConfigs");
        let receivers =
            if kind == "AlertmanagerConfig" { field(spec, "receivers").map_or(0, |list| list.items().len()) } else { 0 };
        for list in lists.iter().map(|list| (*list).to_owned()).chain((0..receivers).map(sns)) {
            for (index, item) in follow(root, &list).into_iter().flat_map(|list| list.items()).enumerate() {
                let Some(sigv4) = field(item, "sigv4") else { continue };
                if field(sigv4, "externalId").is_some() && field(sigv4, "roleArn").is_none() {
                    unmet(format!("{list}[{index}].sigv4.externalId"), "externalId only with roleArn".to_owned());
                }
            }
        }
    }
}

fn field<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    node.get(name).filter(|value| !is_null(*value))
}

fn text<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    field(node, name)?.as_str()
}

fn number(node: Node<'_>, name: &str) -> Option<i128> {
    super::walk::whole(&field(node, name)?.scalar()?.value().ok()?)
}

fn follow<'d>(root: Node<'d>, path: &str) -> Option<Node<'d>> {
    parse(path).ok()?.into_iter().try_fold(root, |node, step| match step {
        Step::Key(key) => field(node, key_text(&key).trim_start_matches('.')),
        Step::Index(index) => node.item(index),
    })
}
