//! All objects, whatever their kind.

use super::{HasMeta, Kind, Meta, Table, World};

fn all<'w, T: HasMeta + 'w>(table: &'w Table<T>, kind: impl Fn(&T) -> Kind, visit: &mut impl FnMut(Kind, &'w Meta)) {
    for object in table.iter() {
        visit(kind(object), object.meta());
    }
}

/// The kind of what lies in one table with its like for the whole cluster.
fn scoped<T: HasMeta>(here: Kind, everywhere: Kind) -> impl Fn(&T) -> Kind {
    move |object| if object.meta().namespace.is_empty() { everywhere } else { here }
}

impl World {
    /// Visits the metadata of every object with its kind.
    pub fn each_object<'w>(&'w self, visit: &mut impl FnMut(Kind, &'w Meta)) {
        all(&self.monitors, |monitor| monitor.kind, visit);
        all(&self.servers, |server| server.kind, visit);
        all(&self.namespaces, |_| Kind::Namespace, visit);
        all(&self.services, |_| Kind::Service, visit);
        all(&self.endpoints, |_| Kind::Endpoints, visit);
        all(&self.slices, |_| Kind::EndpointSlice, visit);
        all(&self.pods, |_| Kind::Pod, visit);
        all(&self.ingresses, |_| Kind::Ingress, visit);
        all(&self.nodes, |_| Kind::Node, visit);
        all(&self.roles, scoped(Kind::Role, Kind::ClusterRole), visit);
        all(&self.bindings, scoped(Kind::RoleBinding, Kind::ClusterRoleBinding), visit);
        all(&self.crds, |_| Kind::CustomResourceDefinition, visit);
        all(&self.secrets, |_| Kind::Secret, visit);
        all(&self.config_maps, |_| Kind::ConfigMap, visit);
        for (kind, table) in &self.workloads {
            all(table, |_| *kind, visit);
        }
        for (kind, table) in &self.unjudged {
            all(table, |_| *kind, visit);
        }
    }
}
