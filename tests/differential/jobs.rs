//! Scrape jobs over a cluster: all roles, namespaces, selectors, metadata of other objects, static targets, settings.

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::prometheus::config::{KubernetesSd, Rule};
use prom_doctor_checks::prometheus::discovery::{Group, Viewpoint, discover};
use prom_doctor_checks::prometheus::relabel::{Labels, Semantics};
use prom_doctor_checks::prometheus::target::{JobSettings, TargetMaker};
use prom_doctor_checks::world::World;
use serde_json::{Value, json};

use super::generate::{Cluster, NAMESPACES};
use super::random::Random;
use super::rules::rules;
use super::selectors::Selector;

const ROLES: &[&str] = &["pod", "service", "endpoints", "endpointslice", "ingress", "node"];

/// The section that all jobs share.
pub(super) fn global() -> Value {
    // Nothing is worth a scrape here, and those that come all the same go to a proxy that refuses them.
    json!({"scrape_interval": "1h", "scrape_timeout": "10s"})
}

/// A job.
pub(super) struct Job {
    pub(super) name: String,
    /// The seed of its cluster.
    pub(super) cluster: u64,
    /// As it is written into the configuration.
    pub(super) config: Value,
    /// What it discovers, as predicted.
    pub(super) discovered: Vec<Labels>,
    /// Why its targets cannot be predicted, if they cannot.
    pub(super) doubt: Option<String>,
    pub(super) maker: TargetMaker,
}

/// The jobs of a cluster.
pub(super) struct Jobs {
    pub(super) jobs: Vec<Job>,
    /// The selectors that they send.
    pub(super) selectors: Vec<Selector>,
}

/// Draws the jobs of a cluster for a server, and predicts what they discover.
pub(super) fn jobs(cluster: &Cluster, semantics: Semantics, port: u16) -> Jobs {
    let version = semantics.version.unwrap();
    let random = &mut Random::new(cluster.seed ^ u64::from(version.major) << 32 ^ u64::from(version.minor) << 40);
    let world = cluster.world();
    let mut selectors = Vec::new();
    let mut entries = Vec::new();
    let mut jobs = Vec::new();
    for role in ROLES.iter().copied().chain(random.some(&["pod", "endpoints", "endpointslice"], 50)) {
        entries.push(entry(random, role, version, &mut selectors));
        let mut of_job = vec![entries[entries.len() - 1].clone()];
        // Several entries in one job, some of them known from other jobs, or the same one twice.
        if random.percent(20) {
            of_job.push(random.of(&entries).clone());
        }
        jobs.push(job(random, cluster, &world, semantics, port, jobs.len(), &of_job));
    }
    if random.percent(50) {
        jobs.push(job(random, cluster, &world, semantics, port, jobs.len(), &[]));
    }
    Jobs { jobs, selectors }
}

/// An entry of `kubernetes_sd_configs`, without the address of the API server.
fn entry(random: &mut Random, role: &str, version: Version, selectors: &mut Vec<Selector>) -> Value {
    let since = |major, minor| version >= Version::new(major, minor, 0);
    let mut entry = json!({"role": role});
    if random.percent(35) {
        entry["namespaces"] = json!({"names": random.some(NAMESPACES, 50)});
    }
    let selectable: &[&str] = match role {
        "endpoints" => &["pod", "service", "endpoints"],
        "endpointslice" => &["pod", "service", "endpointslice"],
        "pod" if since(3, 11) => &["pod", "node"],
        role => &[role],
    };
    let mut of_entry = Vec::new();
    for role in random.some(selectable, 12) {
        let mut selector = json!({"role": role});
        let (label, field) = random.pick(&[(true, false), (true, false), (false, true), (true, true)]);
        for (key, drawn) in
            [("label", label.then(|| Selector::labels(random))), ("field", field.then(|| Selector::fields(random, role)))]
        {
            if let Some(drawn) = drawn {
                selector[key] = drawn.text.clone().into();
                selectors.push(drawn);
            }
        }
        of_entry.push(selector);
    }
    if !of_entry.is_empty() {
        entry["selectors"] = of_entry.into();
    }
    let known = [
        ("node", true),
        ("namespace", since(3, 6)),
        ("deployment", since(3, 11)),
        ("job", since(3, 11)),
        ("cronjob", since(3, 11)),
    ];
    for (key, _) in known.into_iter().filter(|(_, known)| *known) {
        if random.percent(35) {
            entry["attach_metadata"][key] = true.into();
        }
    }
    entry
}

fn job(
    random: &mut Random,
    cluster: &Cluster,
    world: &World,
    semantics: Semantics,
    port: u16,
    at: usize,
    entries: &[Value],
) -> Job {
    let version = semantics.version;
    let seed = cluster.seed;
    let role = entries.first().map_or("static", |entry| entry["role"].as_str().unwrap());
    let name = format!("{seed}/{at}/{role}");
    let mut config = json!({"job_name": name, "proxy_url": format!("http://127.0.0.1:{port}")});
    let legacy_names = settings(random, semantics, &mut config);
    let mut discovered = Vec::new();
    let mut doubt = None;
    for (at, entry) in entries.iter().enumerate().filter(|(at, entry)| !entries[..*at].contains(entry)) {
        let found = discover(world, &KubernetesSd::read(entry), Viewpoint { version, namespace: "monitoring" });
        assert!(
            found.refused.is_empty() && found.unknown.is_empty(),
            "{seed} {at} {entry}: {:?} {:?}",
            found.refused,
            found.unknown
        );
        let doubtful = found.groups.iter().flat_map(|group| &group.doubts).next();
        doubt = doubt.or(doubtful.map(|(label, doubt)| format!("{label}: {doubt:?}")));
        discovered.extend(found.groups.iter().flat_map(Group::discovered));
    }
    if !entries.is_empty() {
        let api_server = |entry: &Value| {
            let mut entry = entry.clone();
            entry["api_server"] = format!("http://127.0.0.1:{port}/c/{seed}/").into();
            entry
        };
        config["kubernetes_sd_configs"] = entries.iter().map(api_server).collect();
    }
    if entries.is_empty() || random.percent(5) {
        let (targets, labels) = static_targets(random);
        config["static_configs"] = json!([{"targets": targets, "labels": labels}]);
        discovered.extend(targets.iter().map(|target| {
            let address = [("__address__".to_owned(), (*target).to_owned())];
            let labels = labels.as_object().unwrap().iter();
            labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).chain(address).collect::<Labels>()
        }));
    }
    let semantics = Semantics { legacy_names, ..semantics };
    let settings = JobSettings::read(&config, &global());
    let bare = TargetMaker::new(settings.clone(), &[], semantics);
    let material: Vec<Labels> = discovered.iter().map(|labels| bare.discovered(labels)).collect();
    let rules = rules(random, &material, semantics);
    let maker = TargetMaker::new(settings, &rules.iter().map(Rule::read).collect::<Vec<_>>(), semantics);
    if !rules.is_empty() {
        config["relabel_configs"] = rules.into();
    }
    Job { name, cluster: seed, config, discovered, doubt, maker }
}

/// Draws settings, and says whether the job allows only names of the old form.
fn settings(random: &mut Random, semantics: Semantics, config: &mut Value) -> bool {
    if random.percent(20) {
        config["scrape_interval"] = random.pick(&["90m", "36h", "7d", "1d1ms", "20m"]).into();
    }
    if random.percent(20) {
        config["scrape_timeout"] = random.pick(&["1500ms", "1m", "19m"]).into();
    }
    if random.percent(20) {
        config["metrics_path"] = random.pick(&["/stats", "/a b/ü", "x/y", "/%41", "/a;b=c,d@e"]).into();
    }
    if random.percent(20) {
        config["scheme"] = "https".into();
    }
    if random.percent(20) {
        let all: &[Value] = &[
            json!({"module": ["http_2xx"], "target": ["x"]}),
            json!({"module": ["a", "b c"], "empty": [""], "ä&": ["=?/ü"]}),
            json!({"none": [], "target": ["~*'()!"]}),
        ];
        config["params"] = random.of(all).clone();
    }
    if random.percent(10) {
        config["honor_labels"] = true.into();
    }
    let since = |major, minor| semantics.version >= Some(Version::new(major, minor, 0));
    if since(3, 13) && random.percent(20) {
        config["always_scrape_classic_histograms"] = random.percent(50).into();
        config["scrape_native_histograms"] = random.percent(50).into();
        config["convert_classic_histograms_to_nhcb"] = random.percent(50).into();
    }
    let legacy = since(3, 4) && random.percent(15);
    if legacy {
        config["metric_name_validation_scheme"] = "legacy".into();
        config["metric_name_escaping_scheme"] = "underscores".into();
    }
    legacy
}

fn static_targets(random: &mut Random) -> (Vec<&'static str>, Value) {
    const TARGETS: &[&str] = &["10.3.0.1:9100", "10.3.0.1", "db.example.org", "[fd00:3::1]", "fd00:3::1", "10.3.0.1:9100", "h:x"];
    let labels = random
        .of(&[json!({}), json!({"env": "prod", "instance": "i"}), json!({"__param_module": "own", "job": "", "x": ""})])
        .clone();
    (random.some(TARGETS, 40), labels)
}
