//! Role `ingress` (SD-ING).

use super::group::Group;
use super::labels::LabelSet;
use super::view::View;
use crate::world::{Ingress, IngressRule};

impl View<'_> {
    /// The targets of an Ingress: each path of each rule, at the rule's host.
    pub(super) fn ingress_group(&self, ingress: &Ingress) -> Group {
        let meta = &ingress.metadata;
        let mut own = LabelSet::default();
        self.add_namespace(&meta.namespace, &mut own);
        if self.since(2, 28) {
            own.put_some("ingress_class_name", ingress.spec.ingress_class_name.as_deref());
        }
        own.object("ingress", meta);
        let mut group = Group::new(format!("ingress/{}/{}", meta.namespace, meta.name), own);
        let tls: Vec<&str> = ingress.spec.tls.iter().flat_map(|tls| &tls.hosts).map(String::as_str).collect();
        for rule in &ingress.spec.rules {
            let secure = tls.iter().any(|pattern| self.covers(pattern, &rule.host));
            for path in paths(rule) {
                let mut out = LabelSet::default();
                out.address(&rule.host, None);
                out.put("ingress_host", &*rule.host);
                out.put("ingress_path", path);
                out.put("ingress_scheme", if secure { "https" } else { "http" });
                group.add(out);
            }
        }
        group
    }

    /// Whether a TLS host is the host, or, since 2.30, a wildcard for it.
    fn covers(&self, pattern: &str, host: &str) -> bool {
        let wild = || {
            let (mut pattern, mut host) = (pattern.split('.'), host.split('.'));
            pattern.next() == Some("*") && host.next().is_some() && pattern.eq(host)
        };
        pattern == host || (self.since(2, 30) && wild())
    }
}

/// The paths of a rule; a rule without any part for HTTP, and an empty path, stand for `/`.
fn paths(rule: &IngressRule) -> Vec<&str> {
    match &rule.http {
        None => vec!["/"],
        Some(http) => http.paths.iter().map(|path| if path.path.is_empty() { "/" } else { &path.path }).collect(),
    }
}
