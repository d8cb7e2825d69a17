//! Why targets come and go: the objects of the files that bring it about, and the finding that tells what breaks.

use std::collections::BTreeSet;

use super::is_change;
use crate::overlay::Overlay;
use crate::report::{Finding, Ref, Report, Severity, Verdict};
use crate::world::{Kind, ObjectId};

/// What is known of the reasons.
pub(super) struct Because<'p> {
    pub(super) overlay: &'p Overlay,
    pub(super) report: &'p Report,
    pub(super) new: &'p [Finding],
}

impl Because<'_> {
    /// The changed objects behind a change of a job's targets, the nearest first: its monitor, its server, the objects
    /// that its targets come from; all that change where it is none of these.
    pub(super) fn objects<'o>(&self, server: &Ref, monitor: Option<&Ref>, from: impl Iterator<Item = &'o str>) -> Vec<Ref> {
        let changed = || self.overlay.changes.iter().filter(|(_, change)| is_change(change)).map(|(id, _)| id);
        let from: BTreeSet<&str> = from.collect();
        let direct = |id: &ObjectId| {
            let reference = Ref::from(id);
            monitor == Some(&reference) || *server == reference || from.iter().any(|object| self.is_behind(id, object))
        };
        let mut near: Vec<&ObjectId> = changed().filter(|id| direct(id)).collect();
        let home = |id: &&ObjectId| id.kind == Kind::Namespace && monitor.is_some_and(|monitor| monitor.namespace == id.name);
        if near.is_empty() {
            near.extend(changed().filter(home));
        }
        if near.is_empty() {
            near.extend(changed());
        }
        near.into_iter().map(Ref::from).collect()
    }

    /// Whether an object decides what is discovered from another: `endpoints/shop/cart` follows from the Service, and from
    /// the workloads of its namespace.
    fn is_behind(&self, id: &ObjectId, object: &str) -> bool {
        let mut parts = object.split('/');
        let (Some(role), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) else { return false };
        if id.namespace != namespace {
            return false;
        }
        let world = &self.overlay.world;
        match (id.kind, role) {
            (Kind::Service | Kind::Endpoints, "endpoints") => id.name == name,
            (Kind::Service, "endpointslice") => {
                let label = |slice: &crate::world::EndpointSlice| {
                    slice.metadata.labels.get(crate::world::SERVICE_NAME_LABEL) == Some(&id.name)
                };
                world.slices.get(namespace, name).is_some_and(label) || name.starts_with(&format!("{}-", id.name))
            }
            (Kind::EndpointSlice, "endpointslice") | (Kind::Pod, "pod") => id.name == name,
            (Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job | Kind::CronJob, "pod") => {
                name.starts_with(&format!("{}-", id.name))
            }
            (Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet, "endpoints" | "endpointslice") => {
                let labels = |service: &crate::world::Service| service.selector().cloned();
                let workload = world.workload(id.kind, namespace, &id.name);
                let services = world.services.in_namespace(namespace).filter(|service| name.starts_with(&service.metadata.name));
                let template = workload.map(|workload| &workload.template().metadata.labels);
                services.filter_map(labels).any(|selector| template.is_some_and(|all| crate::chain::contains(all, &selector)))
            }
            _ => false,
        }
    }

    /// The finding that says why a server has fewer targets of a monitor.
    pub(super) fn finding(&self, server: &Ref, monitor: &Ref) -> Option<&Finding> {
        let subject = self.report.subjects.iter().find(|subject| subject.reference == *monitor)?;
        let chain = subject.chains.iter().find(|chain| chain.server == *server);
        let broken = chain.is_none_or(|chain| !matches!(chain.verdict, Verdict::Ok));
        let of_monitor = |finding: &&Finding| finding.affects.contains(monitor) && finding.severity == Severity::Error;
        let cause = subject.cause.as_ref().and_then(|id| self.report.findings.iter().find(|finding| finding.id == *id));
        self.new.iter().find(of_monitor).or(cause.filter(|_| broken))
    }
}
