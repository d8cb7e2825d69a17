//! Writing to a real cluster, and taking away what was written.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use http::{Method, Request};
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedContext};
use kube::{Client, Config};
use prom_doctor_checks::world::Kind;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::world::Names;

/// A cluster that can be written to.
pub(super) struct Cluster {
    runtime: Runtime,
    client: Client,
    kubeconfig: Kubeconfig,
}

/// What the API server answered instead of an object.
type Refusal = (u16, String);

impl Cluster {
    /// Connects, and writes the kubeconfig as `admin` into a folder, certificates and all.
    pub(super) fn connect(kubeconfig: &Path, folder: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut config = Kubeconfig::read_from(kubeconfig)
            .unwrap_or_else(|error| panic!("the kubeconfig {} cannot be read: {error}", kubeconfig.display()));
        let client = runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(config.clone(), &KubeConfigOptions::default()).await.unwrap();
            Client::try_from(config).unwrap()
        });
        // No namespace of the context may decide what is asked.
        for context in &mut config.contexts {
            if let Some(context) = &mut context.context {
                context.namespace = Some("default".to_owned());
            }
        }
        let cluster = Self { runtime, client, kubeconfig: config };
        cluster.write(&cluster.kubeconfig, &folder.join("admin"));
        cluster
    }

    fn write(&self, kubeconfig: &Kubeconfig, path: &Path) {
        std::fs::write(path, serde_yaml::to_string(kubeconfig).unwrap()).unwrap();
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refusal> {
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json").body(bytes).unwrap();
        self.runtime.block_on(self.client.request::<Value>(request)).map_err(|error| match error {
            kube::Error::Api(status) => (status.code, status.message.clone()),
            other => (0, other.to_string()),
        })
    }

    pub(super) fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.send(Method::GET, path, None)
    }

    /// Fails where the kinds of prometheus-operator are not served.
    pub(super) fn demand_crds(&self) {
        for (version, plurals) in [
            ("v1", &["servicemonitors", "podmonitors", "probes", "prometheusrules", "prometheuses"][..]),
            ("v1alpha1", &["scrapeconfigs", "prometheusagents"]),
        ] {
            let served = match self.get(&format!("/apis/monitoring.coreos.com/{version}")) {
                Ok(served) => served["resources"].as_array().cloned().unwrap_or_default(),
                Err((404, _)) => Vec::new(),
                Err((code, message)) => panic!("the cluster cannot be read ({code}): {message}"),
            };
            for plural in plurals {
                assert!(
                    served.iter().any(|resource| resource["name"] == *plural),
                    "the cluster does not serve {plural} in monitoring.coreos.com/{version}: the live suite needs the CRDs of \
                     prometheus-operator, which are in the bundle.yaml of its releases"
                );
            }
        }
    }

    /// All objects of some kinds, separated by commas, in the order and form in which `kubectl get` prints them.
    pub(super) fn list_all(&self, kinds: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for word in kinds.split(',') {
            let kind = Kind::named(word).unwrap_or_else(|| panic!("no kind {word}"));
            let mut list = self.get(&format!("{}/{}", root(&kind.api_version()), kind.plural())).unwrap();
            for mut item in list["items"].as_array_mut().into_iter().flat_map(std::mem::take) {
                item["apiVersion"] = kind.api_version().into();
                item["kind"] = kind.name().into();
                all.push(item);
            }
        }
        all
    }

    /// Writes the kubeconfig of a ServiceAccount with a token of its own. There must be no client certificate in it:
    /// an API server takes that first.
    pub(super) fn kubeconfig_of_account(&self, namespace: &str, name: &str, path: &Path) {
        let ask = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}});
        let place = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let answer = self.send(Method::POST, &place, Some(&ask)).unwrap();
        let token = answer["status"]["token"].as_str().unwrap().to_owned();
        let mut config = self.kubeconfig.clone();
        let current = config.current_context.clone().unwrap();
        let of_current = |named: &&mut NamedContext| named.name == current;
        let context = config.contexts.iter_mut().find(of_current).and_then(|named| named.context.as_mut()).unwrap();
        context.user = Some(name.to_owned());
        context.namespace = Some(namespace.to_owned());
        let who = AuthInfo { token: Some(token.into()), ..AuthInfo::default() };
        config.auth_infos = vec![NamedAuthInfo { name: name.to_owned(), auth_info: Some(who), other: Default::default() }];
        self.write(&config, path);
    }
}

/// `/api/v1` or `/apis/apps/v1`.
fn root(api_version: &str) -> String {
    if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") }
}

/// The path under which an object is made.
fn collection(object: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (word(&object["apiVersion"]), word(&object["kind"]));
    let plural = match Kind::of_manifest(&version, &kind) {
        Some(kind) => kind.plural().to_owned(),
        None => format!("{}s", kind.to_lowercase()),
    };
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{}/namespaces/{namespace}/{plural}", root(&version)),
        None => format!("{}/{plural}", root(&version)),
    }
}

/// What a test made; it goes away with the value.
pub(super) struct Made<'c> {
    cluster: &'c Cluster,
    paths: RefCell<Vec<String>>,
    /// Whether nobody but us writes: no controllers run.
    pub(super) quiet: bool,
}

impl<'c> Made<'c> {
    /// Finds out, in a namespace of its own, whether controllers run: one of them gives each namespace a ConfigMap.
    pub(super) fn new(cluster: &'c Cluster, names: &Names) -> Self {
        let mut made = Self { cluster, paths: RefCell::default(), quiet: true };
        let probe = format!("{}-probe", names.mark);
        made.create(&mut [json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": probe}})]);
        let sign = format!("/api/v1/namespaces/{probe}/configmaps/kube-root-ca.crt");
        let until = Instant::now() + Duration::from_secs(3);
        while made.quiet && Instant::now() < until {
            made.quiet = cluster.get(&sign).is_err();
            std::thread::sleep(Duration::from_millis(100));
        }
        made
    }

    /// Makes objects, with their status. What controllers make of Services is left to them where they run.
    pub(super) fn create(&self, objects: &mut [Value]) {
        for object in objects {
            let kind = object["kind"].as_str().unwrap_or_default().to_owned();
            if !self.quiet && (kind == "Endpoints" || kind == "EndpointSlice") {
                continue;
            }
            let collection = collection(object);
            let path = format!("{collection}/{}", object["metadata"]["name"].as_str().unwrap());
            let made = self.post(&collection, object);
            let mut made = made.unwrap_or_else(|(code, message)| panic!("{path} cannot be made ({code}): {message}"));
            self.paths.borrow_mut().push(path.clone());
            if let Some(status) = object.get("status") {
                made["status"] = status.clone();
                let written = self.cluster.send(Method::PUT, &format!("{path}/status"), Some(&made));
                written.unwrap_or_else(|(code, message)| panic!("the status of {path} cannot be written ({code}): {message}"));
            }
        }
        if !self.quiet {
            // Controllers take a moment to follow.
            std::thread::sleep(Duration::from_secs(5));
        }
    }

    fn finish(&self, namespace: &str) {
        if let Ok(mut object) = self.cluster.get(namespace) {
            object["spec"]["finalizers"] = json!([]);
            let _ = self.cluster.send(Method::PUT, &format!("{namespace}/finalize"), Some(&object));
        }
    }

    /// A pod is refused until its namespace has a ServiceAccount, which a controller makes.
    fn post(&self, collection: &str, object: &Value) -> Result<Value, Refusal> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match self.cluster.send(Method::POST, collection, Some(object)) {
                Err((403, message)) if message.contains("serviceaccount") && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(200));
                }
                answer => return answer,
            }
        }
    }
}

/// `/api/v1/namespaces/shop`.
fn is_namespace(path: &str) -> bool {
    path.strip_prefix("/api/v1/namespaces/").is_some_and(|name| !name.contains('/'))
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        let paths = self.paths.take();
        let mut left = Vec::new();
        // The last first: namespaces come after what is in them, because without controllers nobody empties them.
        for path in paths.iter().rev() {
            let how =
                json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "propagationPolicy": "Background"});
            match self.cluster.send(Method::DELETE, path, Some(&how)) {
                Ok(_) | Err((404, _)) => {}
                Err((code, message)) => left.push(format!("{path} ({code}): {message}")),
            }
        }
        if self.quiet {
            // Without controllers nobody ends a namespace that is empty.
            paths.iter().filter(|path| is_namespace(path)).for_each(|path| self.finish(path));
        }
        // With them it takes its time.
        let gone = paths.iter().filter(|path| self.quiet || !is_namespace(path));
        left.extend(gone.filter(|path| self.cluster.get(path).is_ok()).map(|path| format!("{path} is still there")));
        if !left.is_empty() {
            let text = format!("not taken away:\n{}", left.join("\n"));
            // A second panic would hide the first, and end the process.
            if std::thread::panicking() { crate::kit::skipped("to clean up", &text) } else { panic!("{text}") }
        }
    }
}
