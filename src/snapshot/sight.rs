//! What may be concluded from a snapshot that does not say what was collected.
//!
//! Dumps of most makers hold whole kinds, so an absence counts, with two exceptions: a kind of which there are
//! traces but no object was left out of the dump, and some makers collect namespace by namespace.

use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::chain::contains;
use prom_doctor_checks::world::{Kind, Labels, Seen, Service, Sight, World};

use super::Options;
use super::paths::{Layout, Listing};

/// What the files themselves tell about what was collected.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Kinds of which there was a list, if only an empty one.
    pub(super) listed: BTreeSet<Kind>,
    /// Lists in layouts that go by namespaces.
    pub(super) listings: BTreeSet<(Layout, Kind, Option<String>)>,
    /// Layouts that were met.
    pub(super) layouts: BTreeSet<Layout>,
    /// Whether `namespaces.json` of a bundle holds all of the cluster and not just those that were asked for.
    pub(super) all_namespaces: bool,
    /// Kinds of which something was lost, in one namespace or anywhere, and why.
    pub(super) failed: BTreeMap<(Kind, Option<String>), String>,
    /// Why anything at all may be missing: an archive that ends early, for instance.
    pub(super) torn: Option<String>,
}

impl Evidence {
    /// Notes that a list was read from a file of this path.
    pub(super) fn list(&mut self, listing: Option<Listing>, kind: Option<Kind>) {
        self.listed.extend(kind);
        if let Some(Listing { kind, namespace, layout }) = listing {
            self.listings.insert((layout, kind, namespace));
        }
    }

    /// The lists of a kind. A path like `shop/pods.yaml` is one only where other files show whose layout it is.
    fn listings_of(&self, kind: Kind) -> impl Iterator<Item = &(Layout, Kind, Option<String>)> {
        self.listings.iter().filter(move |(layout, listed, _)| *listed == kind && self.layouts.contains(layout))
    }

    /// Notes that something of a kind was lost.
    pub(super) fn lost(&mut self, kind: Kind, namespace: Option<String>, why: &str) {
        self.failed.entry((kind, namespace)).or_insert_with(|| why.to_owned());
    }

    /// Notes that anything may be missing.
    pub(super) fn tear(&mut self, why: &str) {
        self.torn.get_or_insert_with(|| why.to_owned());
    }
}

/// How much of each kind the snapshot shows.
pub(super) fn conclude(world: &World, evidence: &Evidence, options: &Options) -> Sight {
    let mut sight = Sight::default();
    for kind in Kind::all() {
        let mut seen = if options.assume_partial.contains(&kind) {
            Extent::default()
        } else if options.assume_whole.contains(&kind) {
            Extent { cluster: true, namespaces: BTreeSet::new() }
        } else {
            let extent = extent(kind, world, evidence);
            let none = !world.has_any(kind) && !evidence.listed.contains(&kind);
            if extent.cluster && none && matches!(kind, Kind::Service | Kind::Endpoints | Kind::EndpointSlice) {
                sight.note_inferred(kind);
            }
            note_losses(kind, &extent, evidence, &mut sight);
            continue;
        };
        note(kind, &mut seen, &mut sight);
    }
    sight
}

/// Where all objects of a kind are there.
#[derive(Debug, Default)]
struct Extent {
    cluster: bool,
    namespaces: BTreeSet<String>,
}

fn note(kind: Kind, extent: &mut Extent, sight: &mut Sight) {
    sight.note(kind, None, if extent.cluster { Seen::Whole } else { Seen::NotAsked });
    for namespace in std::mem::take(&mut extent.namespaces) {
        sight.note(kind, Some(&namespace), Seen::Whole);
    }
}

/// Notes an extent as it is after what was lost of it.
fn note_losses(kind: Kind, extent: &Extent, evidence: &Evidence, sight: &mut Sight) {
    let anywhere = evidence.torn.as_ref().or_else(|| evidence.failed.get(&(kind, None)));
    let losses = evidence.failed.iter().filter(|((failed, _), _)| *failed == kind);
    let some = losses.map(|(_, why)| why).next();
    // A loss in one namespace makes it impossible to say "nowhere".
    let cluster = match anywhere.or(some) {
        Some(why) => Seen::Failed(why.clone()),
        None if extent.cluster => Seen::Whole,
        None => Seen::NotAsked,
    };
    sight.note(kind, None, cluster);
    for namespace in &extent.namespaces {
        sight.note(kind, Some(namespace), anywhere.map_or(Seen::Whole, |why| Seen::Failed(why.clone())));
    }
    for ((failed, namespace), why) in &evidence.failed {
        if let (true, Some(namespace)) = (*failed == kind, namespace) {
            sight.note(kind, Some(namespace), Seen::Failed(why.clone()));
        }
    }
}

fn extent(kind: Kind, world: &World, evidence: &Evidence) -> Extent {
    let present = |kind: Kind| world.has_any(kind) || evidence.listed.contains(&kind);
    if kind.fetched_by_name() {
        return Extent { cluster: false, namespaces: stores(kind, world, evidence) };
    }
    if !evidence.layouts.is_empty() {
        return by_namespace(kind, world, evidence);
    }
    let cluster = match kind {
        // A dump without any monitor or server was not made to look at monitoring.
        _ if kind.is_monitoring() => Kind::all().filter(|kind| kind.is_monitoring()).any(present),
        Kind::Role | Kind::ClusterRole | Kind::RoleBinding | Kind::ClusterRoleBinding => {
            [Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding].into_iter().any(present)
        }
        // A dump of one namespace often lacks the Namespace itself, or all but one, and must not make us say that
        // a namespace does not exist.
        Kind::Namespace => present(kind) && every_namespace_is_there(world),
        Kind::Service | Kind::Endpoints | Kind::EndpointSlice => present(kind) || is_none_likely(kind, world, &present),
        // Pods too: every cluster has some of them, so a dump with none at all, not even an empty list, left them
        // out, and what was not looked at is never shown as a fact.
        _ => present(kind),
    };
    Extent { cluster, namespaces: BTreeSet::new() }
}

/// Whether a dump without any Service, Endpoints or EndpointSlice likely comes from where there is none. Every real cluster
/// has some, so a dump of single kinds without them left them out. But one that holds the kinds around them, Namespaces,
/// pods, workloads and RBAC, is of somebody who cut a cluster down to what matters, as long as nothing else in it tells
/// of those that are missing.
fn is_none_likely(kind: Kind, world: &World, present: &impl Fn(Kind) -> bool) -> bool {
    let any = |kinds: &[Kind]| kinds.iter().any(|kind| present(*kind));
    let broad = any(&[Kind::Pod])
        && any(&[Kind::Namespace])
        && every_namespace_is_there(world)
        && any(&[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet])
        && any(&[Kind::ClusterRole, Kind::Role])
        && any(&[Kind::ClusterRoleBinding, Kind::RoleBinding]);
    let told_of = match kind {
        // What is behind Services is there, so they are too.
        Kind::Service => any(&[Kind::Endpoints, Kind::EndpointSlice]),
        Kind::Endpoints => has_addresses(world) || world.slices.iter().any(|slice| mirrors_endpoints(&slice.metadata.labels)),
        // Slices are made of all Endpoints that somebody wrote.
        _ => has_addresses(world) || any(&[Kind::Endpoints]),
    };
    broad && !told_of
}

/// Whether Kubernetes has addresses for some Service: one whose selector matches a pod, or its own API.
fn has_addresses(world: &World) -> bool {
    let of_selector = |service: &Service| {
        service.selector().is_some_and(|selector| {
            let mut pods = world.pods.in_namespace(&service.metadata.namespace);
            pods.any(|pod| contains(&pod.metadata.labels, selector))
        })
    };
    world.services.get("default", "kubernetes").is_some() || world.services.iter().any(of_selector)
}

/// Whether a slice was made from an Endpoints object.
fn mirrors_endpoints(labels: &Labels) -> bool {
    labels.get("endpointslice.kubernetes.io/managed-by").is_some_and(|by| by == "endpointslicemirroring-controller.k8s.io")
}

/// Namespaces whose Secrets or ConfigMaps are there: some makers leave them out, or take those of some namespaces.
fn stores(kind: Kind, world: &World, evidence: &Evidence) -> BTreeSet<String> {
    let table = if kind == Kind::Secret { &world.secrets } else { &world.config_maps };
    let listed =
        evidence.listings.iter().filter(|(_, listed, _)| *listed == kind).filter_map(|(_, _, namespace)| namespace.clone());
    table.namespaces().map(str::to_owned).chain(listed).collect()
}

/// Layouts with a list per namespace: whole is what such a list says.
fn by_namespace(kind: Kind, world: &World, evidence: &Evidence) -> Extent {
    let listed = |kind: Kind| evidence.listings_of(kind);
    let mut extent = Extent {
        cluster: listed(kind).any(|(_, _, namespace)| namespace.is_none()),
        namespaces: listed(kind).filter_map(|(_, _, namespace)| namespace.clone()).collect(),
    };
    // A bundle may hold just the namespaces that it was asked for, or just one.
    if kind == Kind::Namespace && evidence.layouts.contains(&Layout::Bundle) {
        extent.cluster = evidence.all_namespaces;
    }
    if evidence.layouts.contains(&Layout::Bundle) && kind.is_monitoring() {
        // Namespaces without a custom resource have no file of it (SNAP-TS-3); those that were visited have others.
        extent
            .namespaces
            .extend(listed(Kind::Pod).chain(listed(Kind::Service)).filter_map(|(_, _, namespace)| namespace.clone()));
    }
    if evidence.layouts.contains(&Layout::Bundle) && kind.namespaced() && evidence.all_namespaces {
        extent.cluster |= world.namespaces.iter().all(|namespace| extent.namespaces.contains(&namespace.metadata.name));
    }
    // must-gather takes these from all namespaces once it asks the monitoring operator, as the presence of a
    // Prometheus shows; a plain `oc adm inspect` does not (SNAP-OC-5).
    let gathered = matches!(kind, Kind::ServiceMonitor | Kind::PodMonitor | Kind::PrometheusRule | Kind::Prometheus);
    if evidence.layouts.contains(&Layout::Inspect) && gathered {
        extent.cluster |= world.has_any(Kind::Prometheus);
    }
    extent
}

/// Whether each namespace in which anything stands is there itself.
fn every_namespace_is_there(world: &World) -> bool {
    let mut used: BTreeSet<&str> = world.workloads.values().flat_map(|table| table.namespaces()).collect();
    used.extend(world.services.namespaces());
    used.extend(world.endpoints.namespaces());
    used.extend(world.slices.namespaces());
    used.extend(world.pods.namespaces());
    used.extend(world.monitors.iter().map(|monitor| monitor.metadata.namespace.as_str()));
    used.extend(world.servers.iter().map(|server| server.metadata.namespace.as_str()));
    used.into_iter().all(|name| name.is_empty() || world.namespaces.get("", name).is_some())
}
