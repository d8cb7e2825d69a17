//! Snapshots in every layout that is known, whole and broken.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use prom_doctor::snapshot::{self, Options, SnapshotError};
use prom_doctor_checks::world::{HasMeta, Kind, ObjectId, Seen, Table, World};
use serde_json::{Value, json};

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("prom-doctor-snapshot-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn read(&self) -> World {
        read(&self.0).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(path: &Path) -> Result<World, SnapshotError> {
    snapshot::read(path, &Options::default())
}

fn error(path: &Path) -> String {
    read(path).expect_err("refuses").to_string()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes.as_ref()).unwrap();
    writer.finish().unwrap()
}

fn tar(files: &[(String, String)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap()
}

/// An object of a kind, with what its shape demands.
fn object(kind: Kind, namespace: &str, name: &str) -> Value {
    let mut metadata = json!({ "name": name, "labels": { "app": name }, "creationTimestamp": "2026-01-01T00:00:00Z" });
    if kind.namespaced() {
        metadata["namespace"] = namespace.into();
    }
    let mut object = json!({ "apiVersion": kind.api_version(), "kind": kind.name(), "metadata": metadata });
    match kind {
        Kind::ServiceMonitor => object["spec"] = json!({ "selector": {}, "endpoints": [{ "port": "web" }] }),
        Kind::PodMonitor => object["spec"] = json!({ "selector": {}, "podMetricsEndpoints": [{ "port": "web" }] }),
        Kind::Prometheus | Kind::PrometheusAgent => object["spec"] = json!({ "serviceMonitorSelector": {} }),
        Kind::Secret | Kind::ConfigMap => object["data"] = json!({ "key": "dmFsdWU=" }),
        Kind::RoleBinding | Kind::ClusterRoleBinding => object["roleRef"] = json!({ "kind": "ClusterRole", "name": "x" }),
        _ => {}
    }
    object
}

/// Two objects of each kind.
fn cluster() -> Vec<Value> {
    Kind::all().flat_map(|kind| [object(kind, "shop", "cart"), object(kind, "monitoring", "main")]).collect()
}

fn list(items: &[Value]) -> Value {
    json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } })
}

/// As the API answers: what the list says is not repeated in the items.
fn typed(kind: Kind, items: &[Value]) -> Value {
    let mut items = items.to_vec();
    for item in &mut items {
        let item = item.as_object_mut().unwrap();
        item.remove("kind");
        item.remove("apiVersion");
    }
    json!({ "kind": format!("{kind}List"), "apiVersion": kind.api_version(), "metadata": { "resourceVersion": "5" }, "items": items })
}

fn of(kind: Kind) -> Vec<Value> {
    cluster().into_iter().filter(|object| object["kind"] == kind.name()).collect()
}

fn in_namespace(kind: Kind, namespace: &str) -> Vec<Value> {
    of(kind).into_iter().filter(|object| object["metadata"]["namespace"] == namespace).collect()
}

fn ids(world: &World) -> BTreeSet<ObjectId> {
    fn table<T: HasMeta>(ids: &mut BTreeSet<ObjectId>, table: &Table<T>, kind: impl Fn(&T) -> Kind) {
        ids.extend(table.iter().map(|object| object.meta().id(kind(object))));
    }
    let mut ids = BTreeSet::new();
    table(&mut ids, &world.monitors, |monitor| monitor.kind);
    table(&mut ids, &world.servers, |server| server.kind);
    table(&mut ids, &world.namespaces, |_| Kind::Namespace);
    table(&mut ids, &world.services, |_| Kind::Service);
    table(&mut ids, &world.endpoints, |_| Kind::Endpoints);
    table(&mut ids, &world.slices, |_| Kind::EndpointSlice);
    table(&mut ids, &world.pods, |_| Kind::Pod);
    table(&mut ids, &world.ingresses, |_| Kind::Ingress);
    table(&mut ids, &world.nodes, |_| Kind::Node);
    table(&mut ids, &world.crds, |_| Kind::CustomResourceDefinition);
    table(&mut ids, &world.secrets, |_| Kind::Secret);
    table(&mut ids, &world.config_maps, |_| Kind::ConfigMap);
    let scoped = |meta: &str, namespaced, cluster| if meta.is_empty() { cluster } else { namespaced };
    table(&mut ids, &world.roles, |role| scoped(&role.metadata.namespace, Kind::Role, Kind::ClusterRole));
    table(&mut ids, &world.bindings, |it| scoped(&it.metadata.namespace, Kind::RoleBinding, Kind::ClusterRoleBinding));
    for (&kind, workloads) in &world.workloads {
        table(&mut ids, workloads, |_| kind);
    }
    for (&kind, objects) in &world.unjudged {
        ids.extend(objects.iter().map(|object| object.metadata.id(kind)));
    }
    ids
}

fn all_ids() -> BTreeSet<ObjectId> {
    let id = |value: Value| {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = Kind::of_manifest(&text("/apiVersion"), &text("/kind")).unwrap();
        ObjectId::new(kind, text("/metadata/namespace"), text("/metadata/name"))
    };
    cluster().into_iter().map(id).collect()
}

fn whole(world: &World, kind: Kind, namespace: &str) -> bool {
    world.sight.of(kind, Some(namespace)) == Seen::Whole
}

fn messages(world: &World) -> Vec<String> {
    world.malformed.iter().map(|malformed| malformed.message.clone()).collect()
}

#[test]
fn the_same_cluster_reads_the_same_from_every_form() {
    let objects = cluster();
    let streamed = |write: fn(&Value) -> String| objects.iter().map(write).collect::<Vec<_>>();
    let by_kind: Vec<Value> = Kind::all().map(|kind| typed(kind, &of(kind))).collect();
    let nested = json!({ "apiVersion": "v1", "kind": "List", "items": [list(&objects[..9]), list(&objects[9..])] });
    let watched: Vec<Value> = objects.iter().map(|object| json!({ "type": "ADDED", "object": object })).collect();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(yaml(&list(&objects)).encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("list.json", serde_json::to_vec(&list(&objects)).unwrap()),
        ("pretty.json", serde_json::to_vec_pretty(&list(&objects)).unwrap()),
        ("list.yaml", yaml(&list(&objects)).into()),
        ("documents.yaml", streamed(yaml).join("---\n").into()),
        ("back-to-back.json", streamed(Value::to_string).concat().into()),
        ("json-in-yaml.yaml", streamed(Value::to_string).join("\n---\n").into()),
        ("array.json", Value::Array(objects.clone()).to_string().into()),
        ("typed.json", by_kind.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").into()),
        ("typed.yaml", by_kind.iter().map(yaml).collect::<Vec<_>>().join("---\n").into()),
        ("nested.json", nested.to_string().into()),
        ("nested.yaml", yaml(&nested).into()),
        ("watched.json", watched.iter().map(Value::to_string).collect::<String>().into()),
        ("warned.json", format!("Warning: v1 Endpoints is deprecated: {{\n{}", list(&objects)).into()),
        ("padded.yaml", format!("{}\0", yaml(&list(&objects))).into()),
        ("powershell.yaml", utf16),
        ("no-ending", yaml(&list(&objects)).into()),
    ];
    let folder = Folder::new();
    for (name, bytes) in forms {
        let plain = folder.write(name, &bytes);
        let packed = folder.write(&format!("{name}.gz"), gzip(&bytes));
        for path in [plain, packed] {
            let world = read(&path).unwrap();
            assert_eq!(messages(&world), [""; 0], "{}", path.display());
            assert_eq!(ids(&world), all_ids(), "{}", path.display());
            assert!(world.observed_at.is_some_and(|time| time > 1_700_000_000));
        }
    }

    let mut files: Vec<(String, String)> = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let (ending, text) = if at % 2 == 0 { ("yaml", yaml(object)) } else { ("json", object.to_string()) };
        files.push((format!("./dump/{}/{at}.{ending}", at % 3), text));
    }
    files.push(("./dump/pod.log".to_owned(), "{ not for us".to_owned()));
    files.push(("./dump/README".to_owned(), "Nor: [this".to_owned()));
    let tree = Folder::new();
    for (path, text) in &files {
        tree.write(path, text);
    }
    tree.write("dump/picture.png", [0x89, b'P', 0, 0xff]);
    let archives = [("a.tar", tar(&files)), ("a.tar.gz", gzip(tar(&files))), ("renamed", gzip(tar(&files)))];
    let archives = archives.map(|(name, bytes)| folder.write(name, bytes));
    for path in archives.iter().chain([&tree.0]) {
        let world = read(path).unwrap();
        assert_eq!(messages(&world), [""; 0], "{}", path.display());
        assert_eq!(ids(&world), all_ids(), "{}", path.display());
    }
    assert_eq!(read(&archives[0]).unwrap().observed_at, Some(1_700_000_000));
    let old = ("dump/collected.timestamp".to_owned(), "\"2025-01-01T00:00:00Z\"".to_owned());
    let dated = folder.write("dated.tar", tar(&[files, vec![old]].concat()));
    assert_eq!(read(&dated).unwrap().observed_at, Some(1_735_689_600));
}

/// A cluster that was cut down to a monitor and what is around it, but has no Service.
#[test]
fn a_kind_may_be_none_in_a_cluster_that_was_cut_down() {
    let broad = || {
        let mut items: Vec<Value> = ["shop", "monitoring"].map(|name| object(Kind::Namespace, "", name)).into();
        let namespaced = [Kind::ServiceMonitor, Kind::Prometheus, Kind::Pod, Kind::Deployment];
        items.extend(namespaced.map(|kind| object(kind, "shop", "cart")));
        items.extend([Kind::ClusterRole, Kind::ClusterRoleBinding].map(|kind| object(kind, "", "cart")));
        items
    };
    let seen = |items: &[Value]| {
        let folder = Folder::new();
        let world = read(&folder.write("all.json", list(items).to_string())).unwrap();
        let kinds = [Kind::Service, Kind::Endpoints, Kind::EndpointSlice];
        let whole: Vec<Kind> = kinds.into_iter().filter(|kind| world.sight.of(*kind, None) == Seen::Whole).collect();
        (whole, world.sight.inferred().collect::<Vec<_>>())
    };
    let all = vec![Kind::Service, Kind::Endpoints, Kind::EndpointSlice];
    assert_eq!(seen(&broad()), (all.clone(), all));
    let mut narrow = broad();
    narrow.retain(|item| item["kind"] != "ClusterRoleBinding");
    assert_eq!(seen(&narrow), (vec![], vec![]), "single kinds were asked for");

    let mut service = object(Kind::Service, "shop", "cart");
    service["spec"] = json!({"type": "ExternalName", "externalName": "cart.example.com"});
    let with = |more: Value| seen(&[broad(), vec![more]].concat());
    let made = vec![Kind::Endpoints, Kind::EndpointSlice];
    assert_eq!(with(service.clone()), ([&[Kind::Service], &made[..]].concat(), made), "nothing is made for a name");
    let mut pod = object(Kind::Pod, "shop", "other");
    pod["metadata"]["labels"] = json!({"app": "cart"});
    service["spec"] = json!({"selector": {"app": "cart"}});
    assert_eq!(seen(&[broad(), vec![service, pod]].concat()).0, [Kind::Service], "a Service with pods has addresses");
    assert_eq!(with(object(Kind::Endpoints, "shop", "cart")).0, [Kind::Endpoints], "they belong to Services");
    let mut slice = object(Kind::EndpointSlice, "shop", "cart-x");
    assert_eq!(with(slice.clone()).0, [Kind::Endpoints, Kind::EndpointSlice], "somebody made a slice");
    slice["metadata"]["labels"] = json!({"endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io"});
    assert_eq!(with(slice).0, [Kind::EndpointSlice], "it was made from Endpoints");
}

#[test]
fn an_absence_counts_where_the_dump_was_made_to_look() {
    let keep = |kinds: &[Kind]| {
        let mut items: Vec<Value> = kinds.iter().flat_map(|&kind| of(kind)).collect();
        if kinds.contains(&Kind::Namespace) {
            items.extend(["shop", "monitoring"].map(|name| object(Kind::Namespace, "", name)));
        }
        let folder = Folder::new();
        read(&folder.write("all.json", list(&items).to_string())).unwrap()
    };
    let world =
        keep(&[Kind::ServiceMonitor, Kind::Service, Kind::Namespace, Kind::EndpointSlice, Kind::Secret, Kind::Deployment]);
    for kind in [
        Kind::ServiceMonitor,
        Kind::PodMonitor,
        Kind::Prometheus,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::Namespace,
        Kind::Deployment,
    ] {
        assert_eq!(world.sight.of(kind, None), Seen::Whole, "{kind}");
    }
    for kind in [
        Kind::Pod,
        Kind::Endpoints,
        Kind::Role,
        Kind::ClusterRole,
        Kind::StatefulSet,
        Kind::CustomResourceDefinition,
        Kind::ConfigMap,
    ] {
        assert_eq!(world.sight.of(kind, None), Seen::NotAsked, "{kind}");
    }
    assert!(whole(&world, Kind::Secret, "shop"));
    assert!(!whole(&world, Kind::Secret, "elsewhere") && !whole(&world, Kind::ConfigMap, "shop"));

    let world = keep(&[Kind::Service, Kind::ClusterRole]);
    assert_eq!(world.sight.of(Kind::Prometheus, None), Seen::NotAsked, "nobody looked at monitoring");
    assert_eq!(world.sight.of(Kind::Namespace, None), Seen::NotAsked);
    assert_eq!(world.sight.of(Kind::RoleBinding, None), Seen::Whole);

    let world = keep(&[Kind::ServiceMonitor, Kind::Namespace]);
    for kind in [Kind::Service, Kind::Endpoints, Kind::EndpointSlice, Kind::Pod] {
        assert_eq!(world.sight.of(kind, None), Seen::NotAsked, "every cluster has some: {kind}");
    }
    let one = [object(Kind::Namespace, "", "shop"), object(Kind::Service, "elsewhere", "cart")];
    let folder = Folder::new().with("one.json", list(&one).to_string());
    assert_eq!(folder.read().sight.of(Kind::Namespace, None), Seen::NotAsked, "a namespace without its object");

    let mut endpoints = object(Kind::Endpoints, "shop", "cart");
    endpoints["subsets"] = json!([{ "addresses": [{ "ip": "10.0.0.1", "targetRef": { "kind": "Pod", "name": "a" } }] }]);
    let folder = Folder::new().with("e.yaml", yaml(&endpoints));
    assert_eq!(folder.read().sight.of(Kind::Pod, None), Seen::NotAsked, "addresses of pods, but no pods");
    let empty = json!({ "apiVersion": "apps/v1", "kind": "DeploymentList", "items": [] });
    let folder = Folder::new().with("e.json", empty.to_string()).with("f.yaml", yaml(&empty));
    assert_eq!(folder.read().sight.of(Kind::Deployment, None), Seen::Whole, "an empty list is proof");

    let options = Options {
        assume_whole: vec![Kind::ConfigMap, Kind::Namespace],
        assume_partial: vec![Kind::Service, Kind::Secret],
        pem: None,
    };
    let folder = Folder::new().with("all.yaml", yaml(&list(&[of(Kind::Secret), of(Kind::Service)].concat())));
    let world = snapshot::read(&folder.0, &options).unwrap();
    assert!(whole(&world, Kind::ConfigMap, "anywhere") && whole(&world, Kind::Namespace, ""));
    assert!(!whole(&world, Kind::Service, "shop") && !whole(&world, Kind::Secret, "shop"));
}

#[test]
fn must_gather_is_whole_only_in_namespaces_that_were_inspected() {
    let root = "must-gather.local.1/quay-io-img-sha256-0a";
    let mut monitors = Folder::new()
        .with("must-gather.local.1/timestamp", "2026-01-02 15:04:05.6 +0000 UTC m=+0.01\n2026-01-02 16:04:05 +0000 UTC m=+9\n")
        .with(&format!("{root}/namespaces/shop/shop.yaml"), yaml(&of(Kind::Namespace)[0]))
        .with(&format!("{root}/insights-data/x.yaml"), yaml(&object(Kind::Pod, "shop", "ghost")))
        .with(&format!("{root}/monitoring/prometheus/rules.json"), r#"{"status":"success","data":{"groups":[]}}"#)
        .with(&format!("{root}/event-filter.html"), "<html>");
    for (kind, group) in [
        (Kind::Service, "core"),
        (Kind::Endpoints, "core"),
        (Kind::Pod, "core"),
        (Kind::Secret, "core"),
        (Kind::EndpointSlice, "discovery.k8s.io"),
    ] {
        let path = format!("{root}/namespaces/shop/{group}/{}.yaml", kind.plural());
        monitors = monitors.with(&path, format!("---\n{}", yaml(&typed(kind, &in_namespace(kind, "shop")))));
    }
    let prometheus = object(Kind::Prometheus, "openshift-monitoring", "k8s");
    let gather = monitors
        .with(&format!("{root}/namespaces/shop/core/pods/cart.yaml"), yaml(&in_namespace(Kind::Pod, "shop")[0]))
        .with(
            &format!("{root}/namespaces/other/monitoring.coreos.com/servicemonitors/x.yaml"),
            yaml(&object(Kind::ServiceMonitor, "other", "x")),
        )
        .with(&format!("{root}/namespaces/openshift-monitoring/monitoring.coreos.com/prometheuses/k8s.yaml"), yaml(&prometheus));
    let world = gather.read();
    assert_eq!(messages(&world), [""; 0]);
    assert_eq!(world.observed_at, Some(1_767_366_245));
    assert_eq!((world.pods.len(), world.services.len(), world.monitors.len()), (1, 1, 1));
    for kind in [Kind::Service, Kind::Pod, Kind::Endpoints, Kind::EndpointSlice] {
        assert!(whole(&world, kind, "shop") && !whole(&world, kind, "other"), "{kind}");
    }
    for kind in [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Prometheus] {
        assert_eq!(world.sight.of(kind, None), Seen::Whole, "{kind}");
    }
    for kind in [Kind::Probe, Kind::ScrapeConfig, Kind::PrometheusAgent, Kind::Namespace, Kind::ClusterRole] {
        assert_eq!(world.sight.of(kind, None), Seen::NotAsked, "{kind}");
    }

    // A plain inspection of one namespace asks for its ServiceMonitors only.
    let folder = Folder::new().with(
        "inspect.local.1/namespaces/shop/monitoring.coreos.com/servicemonitors.yaml",
        yaml(&list(&in_namespace(Kind::ServiceMonitor, "shop"))),
    );
    let world = folder.read();
    assert!(whole(&world, Kind::ServiceMonitor, "shop") && !whole(&world, Kind::ServiceMonitor, "other"));
    assert!(!whole(&world, Kind::Prometheus, "shop") && !whole(&world, Kind::Service, "shop"));
}

#[test]
fn support_bundles_are_judged_by_the_namespaces_they_visited() {
    let bundle = |namespaces: Value| {
        let mut folder = Folder::new()
            .with("support-bundle/version.yaml", "kind: SupportBundle\napiVersion: troubleshoot.sh/v1beta2\n")
            .with("support-bundle/cluster-resources/namespaces.json", namespaces.to_string())
            .with("support-bundle/cluster-resources/pods-errors.json", json!({ "shop": "pods is forbidden" }).to_string())
            .with(
                "support-bundle/cluster-resources/clusterroles.json",
                typed(Kind::ClusterRole, &of(Kind::ClusterRole)).to_string(),
            );
        for namespace in ["shop", "monitoring"] {
            for kind in [Kind::Service, Kind::Endpoints, Kind::Pod] {
                let path = format!("support-bundle/cluster-resources/{}/{namespace}.json", kind.plural());
                folder = folder.with(&path, typed(kind, &in_namespace(kind, namespace)).to_string());
            }
        }
        let custom = "support-bundle/cluster-resources/custom-resources/servicemonitors.monitoring.coreos.com/shop";
        let mut bare = in_namespace(Kind::ServiceMonitor, "shop");
        folder = folder.with(&format!("{custom}.yaml"), "twin: [broken");
        bare[0].as_object_mut().unwrap().remove("kind");
        bare[0].as_object_mut().unwrap().remove("apiVersion");
        folder.with(&format!("{custom}.json"), Value::Array(bare).to_string())
    };
    let world =
        bundle(typed(Kind::Namespace, &[object(Kind::Namespace, "", "shop"), object(Kind::Namespace, "", "monitoring")])).read();
    assert_eq!(messages(&world), [""; 0]);
    assert_eq!((world.monitors.len(), world.namespaces.len(), world.services.len()), (1, 2, 2));
    for kind in [Kind::Service, Kind::Endpoints, Kind::ServiceMonitor, Kind::Prometheus, Kind::Namespace, Kind::ClusterRole] {
        assert_eq!(world.sight.of(kind, None), Seen::Whole, "{kind}");
    }
    assert_eq!(world.sight.of(Kind::Pod, Some("shop")), Seen::Failed("pods is forbidden".to_owned()));
    assert!(whole(&world, Kind::Pod, "monitoring") && world.sight.whole(Kind::Pod, None).is_err());
    assert!(!whole(&world, Kind::EndpointSlice, "shop") && !whole(&world, Kind::Role, "shop"));

    // A bare array holds the namespaces that were asked for; one object is the only one that was.
    let bare = json!([{ "metadata": { "name": "shop" } }, { "metadata": { "name": "monitoring" } }]);
    let world = bundle(bare).read();
    assert_eq!(world.namespaces.len(), 2);
    assert!(whole(&world, Kind::ServiceMonitor, "shop") && !whole(&world, Kind::ServiceMonitor, "third"));
    assert_eq!(world.sight.of(Kind::Namespace, None), Seen::NotAsked);
    let world = bundle(json!({ "metadata": { "name": "shop" } })).read();
    assert_eq!((world.namespaces.len(), world.sight.of(Kind::Namespace, None)), (1, Seen::NotAsked));
}

#[test]
fn crust_gather_and_its_archives_are_read_whole() {
    let mut files = vec![
        ("dump/version.yaml".to_owned(), "gitVersion: v1.34.0\n".to_owned()),
        ("dump/namespaces/shop/v1/pod/a/c/current.log".to_owned(), "kind: Pod".to_owned()),
    ];
    for value in cluster() {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let (version, kind, name) = (text("/apiVersion").replace('/', "-"), text("/kind"), text("/metadata/name"));
        let folder = match text("/metadata/namespace").as_str() {
            "" => "cluster".to_owned(),
            namespace => format!("namespaces/{namespace}"),
        };
        // Every other file fills its blocks to the brim, which is where the archive goes wrong.
        let mut content = yaml(&value);
        if files.len() % 2 == 0 {
            let size = content.len().next_multiple_of(512);
            content += &format!("{:#<1$}", "", size - content.len());
        }
        files.push((format!("dump/{folder}/{version}/{kind}/{name}.yaml"), content));
    }
    let mut gone = object(Kind::Pod, "shop", "gone");
    gone["metadata"]["annotations"] = json!({ "crust-gather.io/deleted": "2026-01-01T00:00:00Z" });
    files.push(("dump/namespaces/shop/v1/pod/gone.yaml".to_owned(), yaml(&gone)));
    let mut bytes = Vec::new();
    for (path, content) in &files {
        let mut header = tar::Header::new_gnu();
        header.set_path(path).unwrap();
        header.set_size(content.len() as u64 + 1);
        header.set_mtime(1_700_000_000);
        header.set_cksum();
        bytes.extend(header.as_bytes());
        bytes.extend(content.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend([0; 1024]);
    let folder = Folder::new();
    let world = read(&folder.write("dump.tar.gz", gzip(&bytes))).unwrap();
    assert_eq!(messages(&world), [""; 0]);
    assert_eq!(ids(&world), all_ids());
    assert_eq!(world.sight.of(Kind::Service, None), Seen::Whole);

    // A header that is really broken costs its file, and the certainty about all that is not there.
    bytes[3] ^= 1;
    bytes[1027] ^= 1;
    let world = read(&folder.write("broken.tar", &bytes)).or_else(|_| {
        bytes[3] ^= 1;
        read(&folder.write("broken.tar", &bytes))
    });
    let world = world.unwrap();
    assert!(messages(&world)[0].contains("damaged after dump/version.yaml"), "{:?}", messages(&world));
    assert_eq!(ids(&world), all_ids());
    assert!(matches!(world.sight.of(Kind::Service, None), Seen::Failed(_)));
}

#[test]
fn cluster_info_dumps_count_for_what_they_hold() {
    let pods = typed(Kind::Pod, &in_namespace(Kind::Pod, "shop"));
    let nodes = json!({ "kind": "NodeList", "apiVersion": "v1", "items": [{ "metadata": { "name": "n" } }] });
    let controllers = json!({ "kind": "ReplicationControllerList", "apiVersion": "v1", "items": [] });
    let folder = Folder::new()
        .with("nodes.json", nodes.to_string())
        .with("shop/replication-controllers.json", controllers.to_string())
        .with("shop/pods.json", pods.to_string())
        .with("shop/services.json", typed(Kind::Service, &[]).to_string())
        .with("shop/cart/logs.txt", "kind: Pod");
    let world = folder.read();
    assert_eq!(messages(&world), [""; 0]);
    assert_eq!(world.pods.len(), 1);
    assert!(whole(&world, Kind::Pod, "shop") && whole(&world, Kind::Service, "shop"));
    assert!(!whole(&world, Kind::Pod, "other") && !whole(&world, Kind::ServiceMonitor, "shop"));
    assert!(!whole(&world, Kind::Endpoints, "shop") && !whole(&world, Kind::Namespace, ""));

    let printed = format!(
        "{nodes}\n{pods}\n==== START logs for container a of pod shop/cart ====\n{{ \"half\n==== END logs for container a of pod shop/cart ====\n{controllers}\n"
    );
    let world = read(&folder.write("printed.txt", printed)).unwrap();
    assert_eq!((world.pods.len(), messages(&world)), (1, Vec::new()));
    assert!(!whole(&world, Kind::ServiceMonitor, "shop"));
}

#[test]
fn backups_and_bundles_are_read_once() {
    let pod = object(Kind::Pod, "shop", "cart");
    let folder = Folder::new()
        .with("metadata/version", "1.1.0")
        .with("resources/pods/namespaces/shop/cart.json", pod.to_string())
        .with("resources/pods/v1-preferredversion/namespaces/shop/ghost.json", object(Kind::Pod, "shop", "ghost").to_string())
        .with("resources/services/namespaces/shop/cart.json", object(Kind::Service, "shop", "cart").to_string());
    let world = folder.read();
    assert_eq!((world.pods.len(), world.services.len()), (1, 1));
    assert!(whole(&world, Kind::Service, "other"));

    let folder = Folder::new().with("resources/ns/shop/core_v1_pods.json", list(std::slice::from_ref(&pod)).to_string());
    assert_eq!(folder.read().pods.len(), 1);

    let folder = Folder::new()
        .with("bundle/yamls/namespaced/shop/v1/pods.yaml", yaml(&list(&[pod])))
        .with("bundle/yamls/cluster/v1/namespaces.yaml", yaml(&list(&of(Kind::Namespace))));
    let world = folder.read();
    assert!(whole(&world, Kind::Pod, "shop") && !whole(&world, Kind::Pod, "other") && whole(&world, Kind::Namespace, ""));
}

#[test]
fn a_broken_document_costs_itself_and_certainty_about_its_kinds() {
    let text = format!(
        "{}---\nkind: ConfigMap\nmetadata:\n  name: \"open\n---\n{}",
        yaml(&object(Kind::Service, "shop", "first")),
        yaml(&object(Kind::Service, "shop", "last"))
    );
    let folder = Folder::new().with("sub/some.yaml", &text).with("sub/more.json", "{\"kind\": \"Pod\", }");
    let given = folder.0.display().to_string();
    let world = folder.read();
    assert_eq!(world.services.len(), 2);
    let places: Vec<_> = world.malformed.iter().map(|malformed| (malformed.place.clone(), malformed.position)).collect();
    assert_eq!(places[0], (format!("{given}/sub/more.json"), Some((1, 17))));
    assert_eq!(places[1].0, format!("{given}/sub/some.yaml"));
    let (line, _) = places[1].1.unwrap();
    let start = 2 + text.lines().position(|line| line == "---").unwrap();
    assert!((start..start + 4).contains(&line), "{line}");
    assert_eq!(world.sight.of(Kind::Service, None), Seen::Whole);
    assert!(matches!(world.sight.of(Kind::ConfigMap, None), Seen::Failed(_)));
    assert!(matches!(world.sight.of(Kind::Pod, None), Seen::Failed(_)));

    // In a list, an item costs itself.
    let text =
        yaml(&list(&[object(Kind::Service, "shop", "a"), object(Kind::Pod, "shop", "b"), object(Kind::Service, "shop", "c")]));
    let text = text.replace("name: b", "name: \"b");
    let world = read(&Folder::new().write("list.yaml", &text)).unwrap();
    assert_eq!((world.services.len(), world.malformed.len()), (2, 1));
    let (line, _) = world.malformed[0].position.unwrap();
    assert!(line >= text.lines().position(|line| line.ends_with("\"b")).unwrap(), "{line}");
    assert!(matches!(world.sight.of(Kind::Pod, None), Seen::Failed(_)));

    // An object of the wrong shape is named, and stands where it stands.
    let mut wrong = object(Kind::Service, "shop", "wrong");
    wrong["spec"] = json!({ "ports": "none" });
    let json = serde_json::to_string_pretty(&list(&[object(Kind::Service, "shop", "right"), wrong])).unwrap();
    let folder = Folder::new();
    let world = read(&folder.write("list.json", &json)).unwrap();
    assert_eq!(world.services.len(), 1);
    assert_eq!(world.malformed[0].object.as_deref(), Some("Service shop/wrong"));
    let line = json.lines().enumerate().filter(|(_, line)| *line == "    {").nth(1).unwrap().0 + 1;
    assert_eq!(world.malformed[0].position, Some((line, 5)));
}

#[test]
fn lists_that_were_cut_off_and_error_answers_are_told() {
    let mut cut = typed(Kind::Service, &of(Kind::Service));
    cut["metadata"]["continue"] = "token".into();
    let status = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "pods is forbidden" });
    for write in [Value::to_string as fn(&Value) -> String, yaml] {
        let folder = Folder::new().with("cut.yaml", write(&cut)).with("status.yaml", write(&status));
        let world = folder.read();
        assert_eq!(world.services.len(), 2);
        assert!(matches!(world.sight.of(Kind::Service, None), Seen::Failed(_)));
        let messages = messages(&world);
        assert!(
            messages[0].contains("cut off") && messages[1].contains("error answer") && messages[1].contains("pods is forbidden")
        );
        let alone = folder.write("alone.json", write(&status));
        assert!(error(&alone).contains("pods is forbidden"), "{}", error(&alone));
    }
}

#[test]
fn gzip_data_that_ends_early_gives_what_it_has() {
    let objects = cluster();
    let files: Vec<(String, String)> =
        objects.iter().enumerate().map(|(at, object)| (format!("{at}.yaml"), yaml(object))).collect();
    let packed = gzip(tar(&files));
    let folder = Folder::new();
    let world = read(&folder.write("cut.tar.gz", &packed[..packed.len() * 3 / 4])).unwrap();
    assert!(!ids(&world).is_empty() && ids(&world).len() < all_ids().len());
    assert_eq!(messages(&world), ["the gzip data ends early"]);
    assert!(Kind::all().all(|kind| matches!(world.sight.of(kind, None), Seen::Failed(_))));

    let stream = gzip(objects.iter().map(yaml).collect::<Vec<_>>().join("---\n"));
    let cut = &stream[..stream.len() * 3 / 4];
    let world = read(&folder.write("cut.yaml.gz", cut)).unwrap();
    assert!(ids(&world).is_subset(&all_ids()) && !ids(&world).is_empty());
    let single = gzip(yaml(&list(&objects)));
    let single = folder.write("single.yaml.gz", &single[..single.len() / 2]);
    assert!(error(&single).contains("the gzip data ends early"), "{}", error(&single));

    let tree = Folder::new().with("a.yaml", yaml(&objects[0])).with("b.yaml.gz", cut);
    assert_eq!(messages(&tree.read()), ["the gzip data ends early"]);
}

#[test]
fn a_list_that_stops_in_the_middle_is_told() {
    // kubectl sorts keys, so what is lost first is `kind`, and what is left is YAML.
    let text = yaml(&json!({ "apiVersion": "v1", "items": of(Kind::Service) }));
    let world = read(&Folder::new().write("list.yaml", &text)).unwrap();
    assert_eq!(world.services.len(), 1);
    assert!(messages(&world)[0].contains("cut off"));
    assert!(matches!(world.sight.of(Kind::Pod, None), Seen::Failed(_)));
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let folder = Folder::new();
    let mut header = tar::Header::new_gnu();
    header.set_path("bomb.yaml").unwrap();
    header.set_size(10 << 30);
    header.set_cksum();
    let tar = header.as_bytes().to_vec();
    for (name, bytes) in [("b.tar", tar.clone()), ("b.tgz", gzip(tar))] {
        let error = error(&folder.write(name, bytes));
        assert!(error.contains(&format!("{name}/bomb.yaml")) && error.contains("4 GiB"), "{error}");
    }
    // The size at the end of gzip data is not believed: it may be any four bytes.
    let mut odd = gzip(yaml(&list(&[])));
    let size = odd.len() - 4;
    odd[size..].copy_from_slice(&(2_u32 << 30).to_le_bytes());
    assert!(error(&folder.write("odd.yaml.gz", odd)).contains("the gzip data is damaged"));
}

#[test]
fn nothing_leads_out_of_a_snapshot() {
    let pod = yaml(&object(Kind::Pod, "shop", "cart"));
    let outside = Folder::new().with("secret.yaml", yaml(&object(Kind::Pod, "shop", "outside")));
    let folder = Folder::new().with("in/pod.yaml", &pod).with("in/inner.tar", tar(&[("a.yaml".to_owned(), pod.clone())]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(&folder.0, folder.0.join("in/loop")).unwrap();
        symlink(outside.0.join("secret.yaml"), folder.0.join("in/link.yaml")).unwrap();
        symlink("nowhere", folder.0.join("in/dangling.yaml")).unwrap();
    }
    let world = folder.read();
    assert_eq!((world.pods.len(), messages(&world)), (1, Vec::new()));

    let mut builder = tar::Builder::new(Vec::new());
    for name in ["../../evil.yaml", "/abs.yaml", "fine.yaml"] {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(pod.len() as u64);
        header.set_cksum();
        builder.append(&header, pod.as_bytes()).unwrap();
    }
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "link.yaml", outside.0.join("secret.yaml")).unwrap();
    let world = read(&outside.write("dots.tar", builder.into_inner().unwrap())).unwrap();
    assert_eq!(world.pods.len(), 1);
    assert_eq!(messages(&world), ["../../evil.yaml leads out of the archive and is passed over"]);
    // Archives without times are as old as the archive.
    assert!(world.observed_at.is_some_and(|time| time > 1_700_000_000));
}

#[test]
fn what_is_no_snapshot_is_refused_by_name() {
    let folder = Folder::new();
    let missing = folder.0.join("missing.yaml");
    assert_eq!(error(&missing), format!("{}: no such file or folder", missing.display()));
    let image = folder.write("image.png", [0x89, b'P', b'N', b'G', 0, 0, 1]);
    assert!(error(&image).contains("image.png is neither"), "{}", error(&image));
    let log = folder.write("pod.log", "level=info msg=\"started\"\nlevel=error\n");
    assert!(error(&log).starts_with(&format!("no Kubernetes object in {}", log.display())), "{}", error(&log));
    assert!(error(&folder.0).starts_with("no Kubernetes object in "), "{}", error(&folder.0));
    let broken = Folder::new();
    let file = broken.write("broken.yaml", "kind: [Service\n");
    assert!(error(&file).contains("line "), "{}", error(&file));
    assert!(error(&broken.0).contains("broken.yaml: line "), "{}", error(&broken.0));
    let wrapped = Folder::new().with("bundle.tar.gz", gzip(tar(&[("a.yaml".to_owned(), "kind: List".to_owned())])));
    assert!(error(&wrapped.0).contains("bundle.tar.gz, name it itself"), "{}", error(&wrapped.0));
    let empty = folder.write("empty.yaml", yaml(&list(&[])));
    assert!(read(&empty).is_ok(), "an empty answer is an answer");
}

#[test]
fn hostile_nesting_is_a_message() {
    let folder = Folder::new();
    let good = object(Kind::Pod, "shop", "cart").to_string();
    let lists = |depth: usize| r#"{"apiVersion":"v1","kind":"List","items":["#.repeat(depth) + &"]}".repeat(depth);
    for deep in ["[".repeat(100_000) + &"]".repeat(100_000), lists(20_000)] {
        let world = read(&folder.write("deep.json", format!("{good}\n{deep}"))).unwrap();
        assert_eq!((world.pods.len(), world.malformed.len()), (1, 1));
    }
}

#[test]
fn whatever_breaks_off_or_rots_is_told_and_never_invents_an_object() {
    let objects: Vec<Value> = cluster().into_iter().step_by(5).collect();
    let files: Vec<(String, String)> =
        objects.iter().enumerate().map(|(at, object)| (format!("{at}.yaml"), yaml(object))).collect();
    let archive = tar(&files);
    let documents = objects.iter().map(yaml).collect::<Vec<_>>().join("---\n");
    let forms =
        [gzip(&archive), archive, list(&objects).to_string().into_bytes(), gzip(&documents), yaml(&list(&objects)).into()];
    let folder = Folder::new();
    for (form, bytes) in forms.iter().enumerate() {
        let complete = ids(&read(&folder.write("whole", bytes)).unwrap());
        for at in (0..bytes.len()).step_by(bytes.len() / 40) {
            let mut rotten = bytes.clone();
            rotten[at] ^= 0x15;
            for (name, damaged) in [("cut", &bytes[..at]), ("rotten", &rotten)] {
                let Ok(world) = read(&folder.write(name, damaged)) else { continue };
                // Bytes without a sum that rot inside a name say something else, and nobody can know.
                let cut = name == "cut";
                let seen = ids(&world);
                assert!(!cut || seen.is_subset(&complete), "form {form} {name} at {at}");
                assert!(!cut || seen == complete || !world.malformed.is_empty(), "form {form} {name} at {at}");
            }
        }
    }
}
