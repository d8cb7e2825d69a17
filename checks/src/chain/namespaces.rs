//! Where a server looks for the Services or Pods of a monitor (OP-MON-2).

use crate::world::{Kind, Monitor, Server, World};

/// The namespaces that a job's service discovery lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdNamespaces {
    /// One list over the whole cluster.
    All,
    /// One list per namespace.
    These(Vec<String>),
}

impl SdNamespaces {
    /// Resolved as the operator does: a server may ignore the monitor's wish, `any` wins over `matchNames`, and
    /// without either it is the monitor's own namespace, not the server's.
    pub fn of(monitor: &Monitor, server: &Server) -> Self {
        let own = || Self::These(vec![monitor.metadata.namespace.clone()]);
        let selector = &monitor.spec.namespace_selector;
        if server.spec.ignore_namespace_selectors {
            own()
        } else if selector.any {
            Self::All
        } else if selector.match_names.is_empty() {
            own()
        } else {
            let mut names = selector.match_names.clone();
            names.sort();
            names.dedup();
            Self::These(names)
        }
    }

    /// What the monitor asks for, whatever the server makes of it.
    pub fn wished(monitor: &Monitor) -> Self {
        let permissive = Server {
            kind: Kind::Prometheus,
            metadata: crate::world::Meta::default(),
            spec: crate::world::ServerSpec::default(),
            raw: serde_json::Value::Null,
            status: None,
        };
        Self::of(monitor, &permissive)
    }

    /// The names; empty for the whole cluster.
    pub fn names(&self) -> &[String] {
        match self {
            Self::All => &[],
            Self::These(names) => names,
        }
    }

    /// Whether a namespace is among them.
    pub fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|name| name == namespace),
        }
    }

    /// For people: `all namespaces` or the names.
    pub fn words(&self) -> String {
        match self {
            Self::All => "all namespaces".to_owned(),
            Self::These(names) => crate::text::list(names, 4),
        }
    }
}

/// Whether a namespace is known not to exist: all were listed, and nothing that was seen stands in it.
pub(super) fn is_absent(world: &World, name: &str) -> bool {
    let lives = world.services.in_namespace(name).next().is_some() || world.pods.in_namespace(name).next().is_some();
    world.sight.whole(Kind::Namespace, None).is_ok()
        && !world.namespaces.is_empty()
        && world.namespaces.get("", name).is_none()
        && !lives
}
