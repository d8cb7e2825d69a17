//! What the path of a file inside a dump tells: whether to read it, and what was listed into it.

use prom_doctor_checks::world::Kind;

/// What to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Read it as manifests.
    Yes,
    /// Read it if its beginning looks like a manifest.
    Maybe,
    /// The dump's own record of its time.
    Record,
    /// An archive inside a folder or archive: it is somebody else's dump, or hidden depth of a bomb.
    Archive,
    /// Nothing that a diagnosis reads.
    No,
}

#[rustfmt::skip]
const OTHER: &[&str] = &[
    "log", "logs", "txt", "html", "htm", "md", "csv", "xml", "css", "js", "ts", "sh", "py", "go", "rs", "png", "jpg", "jpeg",
    "gif", "svg", "ico", "pdf", "pem", "crt", "key", "patch", "diff", "stderr", "db", "bin", "so", "exe", "prof", "pprof",
    "pcap", "xz", "zst", "bz2",
];

/// What to do with a file of a folder or archive, by its path in it.
pub(super) fn wanted(inner: &str) -> Wanted {
    let parts: Vec<&str> = inner.split('/').collect();
    let Some((&name, folders)) = parts.split_last() else { return Wanted::No };
    if parts.iter().any(|part| part.starts_with('.')) || is_copy(folders, name) {
        return Wanted::No;
    }
    if name == "timestamp" || name == "collected.timestamp" {
        return Wanted::Record;
    }
    let name = name.to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    match plain.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "yaml" | "yml" | "json" => Wanted::Yes,
        "tar" | "tgz" | "zip" => Wanted::Archive,
        ending if OTHER.contains(&ending) => Wanted::No,
        _ => Wanted::Maybe,
    }
}

/// Whether the same objects are in the dump a second time, in a better form.
fn is_copy(folders: &[&str], name: &str) -> bool {
    // SNAP-TS-3: beside each JSON file of custom resources, a copy of it or a link to it.
    let twin = folders.contains(&"cluster-resources") && folders.contains(&"custom-resources") && !name.ends_with(".json");
    // SNAP-VEL-1: `resources/<plural>/<version>[-preferredversion]/…` repeats `resources/<plural>/…`.
    let version = folders.windows(3).any(|parts| {
        parts[0] == "resources" && !matches!(parts[1], "ns" | "cluster") && !matches!(parts[2], "namespaces" | "cluster")
    });
    let preferred = folders.iter().any(|part| part.ends_with("-preferredversion"));
    // SNAP-OC-8: archives in a layout of their own; but a namespace may have any name.
    let insights = folders.iter().enumerate().any(|(at, part)| {
        *part == "insights-data" && !at.checked_sub(1).is_some_and(|before| matches!(folders[before], "namespaces" | "ns"))
    });
    twin || version || preferred || insights
}

/// A file into which a kind was listed: the layout is one that has such a file for every namespace it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    /// What was listed.
    pub(super) kind: Kind,
    /// Where; `None` for all of the cluster.
    pub(super) namespace: Option<String>,
    /// Whose layout it is.
    pub(super) layout: Layout,
}

/// Layouts that list kinds namespace by namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layout {
    /// OpenShift's must-gather and `oc adm inspect`.
    Inspect,
    /// A support bundle of troubleshoot.sh.
    Bundle,
    /// A bundle of support-bundle-kit.
    Kit,
    /// `kubectl cluster-info dump`.
    Info,
}

/// The layout that a path belongs to, where it decides that.
pub(super) fn layout(inner: &str) -> Option<Layout> {
    let parts: Vec<&str> = inner.split('/').collect();
    let (name, folders) = parts.split_last()?;
    let inspected = folders.windows(3).any(|parts| parts[0] == "namespaces" && is_group(parts[2]));
    if inspected || folders.contains(&"cluster-scoped-resources") {
        Some(Layout::Inspect)
    } else if folders.contains(&"cluster-resources") {
        Some(Layout::Bundle)
    } else if folders.windows(2).any(|parts| parts[0] == "yamls" && matches!(parts[1], "namespaced" | "cluster")) {
        Some(Layout::Kit)
    } else if !folders.is_empty() && stem(name) == Some("replication-controllers") {
        Some(Layout::Info)
    } else {
        None
    }
}

/// What was listed into a file, by its path.
pub(super) fn listing(inner: &str) -> Option<Listing> {
    let parts: Vec<&str> = inner.split('/').collect();
    let layout = layout(inner).unwrap_or(Layout::Info);
    let (kind, namespace) = match (layout, parts.as_slice()) {
        (Layout::Inspect, [.., "namespaces", namespace, group, file]) => (of(group, stem(file)?)?, Some(*namespace)),
        (Layout::Inspect, [.., "cluster-scoped-resources", group, file]) => (of(group, stem(file)?)?, None),
        (Layout::Bundle, [.., "cluster-resources", "custom-resources", resource, file]) => (custom(resource)?, Some(stem(file)?)),
        (Layout::Bundle, [.., "cluster-resources", "custom-resources", file]) => (custom(stem(file)?)?, None),
        (Layout::Bundle, [.., "cluster-resources", folder, file]) => (built_in(folder)?, Some(stem(file)?)),
        (Layout::Bundle, [.., "cluster-resources", file]) => (built_in(stem(file)?)?, None),
        (Layout::Kit, [.., "namespaced", namespace, "v1", file]) => (of("core", stem(file)?)?, Some(*namespace)),
        (Layout::Kit, [.., "namespaced", namespace, group, _, file]) => (of(group, stem(file)?)?, Some(*namespace)),
        (Layout::Kit, [.., "yamls", "cluster", "v1", file]) => (of("core", stem(file)?)?, None),
        (Layout::Kit, [.., "yamls", "cluster", group, _, file]) => (of(group, stem(file)?)?, None),
        (Layout::Info, [.., namespace, file]) => (built_in(stem(file)?).filter(|kind| kind.namespaced())?, Some(*namespace)),
        _ => return None,
    };
    Some(Listing { kind, namespace: namespace.map(str::to_owned), layout })
}

/// The kind whose listing failed, by a file `<plural>-errors.json` of a support bundle (SNAP-TS-1).
pub(super) fn errors(inner: &str) -> Option<Kind> {
    let name = inner.rsplit('/').next()?;
    let kind = built_in(stem(name)?.strip_suffix("-errors")?)?;
    (layout(inner) == Some(Layout::Bundle)).then_some(kind)
}

/// The name of a file without the ending of a manifest.
fn stem(file: &str) -> Option<&str> {
    let (stem, ending) = file.strip_suffix(".gz").unwrap_or(file).rsplit_once('.')?;
    matches!(ending, "yaml" | "yml" | "json").then_some(stem)
}

fn is_group(folder: &str) -> bool {
    folder == "core" || Kind::all().any(|kind| !kind.group().is_empty() && kind.group() == folder)
}

fn of(group: &str, plural: &str) -> Option<Kind> {
    let group = if group == "core" { "" } else { group };
    Kind::all().find(|kind| kind.group() == group && kind.plural() == plural)
}

/// `servicemonitors.monitoring.coreos.com`
fn custom(resource: &str) -> Option<Kind> {
    let (plural, group) = resource.split_once('.')?;
    of(group, plural)
}

/// A folder of a dump that leaves groups out.
fn built_in(plural: &str) -> Option<Kind> {
    // Troubleshoot separates words where the API does not.
    let plural = plural.replace('-', "").replace("customresourcedefinitions", Kind::CustomResourceDefinition.plural());
    Kind::all().find(|kind| !kind.is_monitoring() && kind.plural() == plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_logs_and_archives_are_not_read() {
        for path in [
            "x/cluster-resources/custom-resources/servicemonitors.monitoring.coreos.com/shop.yaml",
            "resources/pods/v1-preferredversion/namespaces/shop/a.json",
            "resources/deployments.apps/v1beta1/namespaces/shop/a.json",
            "must-gather.local.1/img/insights-data/config/pod/x.json",
            "namespaces/shop/pods/a/a/logs/current.log",
            "event-filter.html",
            "._shop.yaml",
            ".git/config.json",
        ] {
            assert_eq!(wanted(path), Wanted::No, "{path}");
        }
        for path in [
            "resources/pods/namespaces/shop/a.json",
            "resources/clusterroles.rbac.authorization.k8s.io/cluster/a.json",
            "resources/ns/shop/core_v1_pods.json",
            "resources/cluster/core_v1_nodes.json",
            "namespaces/insights-data/core/pods.yaml",
            "all.YAML.gz",
        ] {
            assert_eq!(wanted(path), Wanted::Yes, "{path}");
        }
        assert_eq!(wanted("logs/bundle.tar.gz"), Wanted::Archive);
        assert_eq!(wanted("img/timestamp"), Wanted::Record);
        assert_eq!(wanted("namespaces/shop/core/pods.yaml.1"), Wanted::Maybe);
    }

    #[test]
    fn paths_tell_what_was_listed_where() {
        let seen = |path: &str| listing(path).map(|listing| (listing.layout, listing.kind, listing.namespace));
        let here = || Some("shop".to_owned());
        let cases = [
            ("m/img/namespaces/shop/core/services.yaml", (Layout::Inspect, Kind::Service, here())),
            ("namespaces/shop/monitoring.coreos.com/servicemonitors.yaml", (Layout::Inspect, Kind::ServiceMonitor, here())),
            ("m/cluster-scoped-resources/core/namespaces.yaml", (Layout::Inspect, Kind::Namespace, None)),
            ("b/cluster-resources/pods/shop.json", (Layout::Bundle, Kind::Pod, here())),
            ("b/cluster-resources/namespaces.json", (Layout::Bundle, Kind::Namespace, None)),
            ("b/cluster-resources/custom-resource-definitions.json", (Layout::Bundle, Kind::CustomResourceDefinition, None)),
            (
                "b/cluster-resources/custom-resources/podmonitors.monitoring.coreos.com/shop.json",
                (Layout::Bundle, Kind::PodMonitor, here()),
            ),
            ("k/yamls/namespaced/shop/v1/pods.yaml", (Layout::Kit, Kind::Pod, here())),
            ("k/yamls/namespaced/shop/apps/v1/deployments.yaml", (Layout::Kit, Kind::Deployment, here())),
            ("d/shop/pods.json", (Layout::Info, Kind::Pod, here())),
        ];
        for (path, wanted) in cases {
            assert_eq!(seen(path), Some(wanted), "{path}");
        }
        for path in [
            "namespaces/shop/core/services/cart.yaml",
            "namespaces/shop/v1/service/cart.yaml",
            "b/cluster-resources/custom-resources/servicemonitors.azmonitoring.coreos.com/shop.json",
            "b/cluster-resources/groups.json",
        ] {
            assert_eq!(seen(path), None, "{path}");
        }
        assert_eq!(errors("b/cluster-resources/pods-errors.json"), Some(Kind::Pod));
        assert_eq!(layout("c/namespaces/shop/monitoring.coreos.com-v1/servicemonitor/a.yaml"), None);
    }
}
