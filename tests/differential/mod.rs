//! Discovery, relabeling and targets held to real servers of Prometheus, on clusters and jobs that are drawn by chance.
//!
//! `PROM_DOCTOR_TEST_PROMETHEUS` names the programs, separated as in `PATH`; without it those that `.ci/prometheus` put
//! under `target/` are taken. `PROM_DOCTOR_TEST_CLUSTERS` says how many clusters, `PROM_DOCTOR_TEST_SEED` with which number
//! they begin: cluster 17 is made again by seed 17 and one cluster.

mod compare;
mod delivery;
mod failures;
mod generate;
mod jobs;
mod line;
mod loaded;
mod prometheus;
#[path = "../../checks/tests/kit/random.rs"]
mod random;
mod rules;
mod selectors;
mod server;

use std::collections::BTreeMap;
use std::fmt;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::prometheus::relabel::Semantics;
use serde_json::json;

use self::compare::{Predicted, Tally};
use self::generate::Cluster;
use self::jobs::Job;
use self::prometheus::Prometheus;
use self::server::{Served, Server};
use crate::kit::missing;

const PROGRAMS: &str = "PROM_DOCTOR_TEST_PROMETHEUS";
const CLUSTERS: &str = "PROM_DOCTOR_TEST_CLUSTERS";
const SEED: &str = "PROM_DOCTOR_TEST_SEED";

/// Clusters of one server at most.
const AT_ONCE: u64 = 200;
/// Watches of a cluster, hardly ever more in the mean of many. Each is a connection, so an open file.
const WATCHES: u64 = 25;
/// How long nothing must change for the server to have settled on something else than what was predicted. It hands on
/// what it found every five seconds.
const QUIET: Duration = Duration::from_secs(30);
/// How much later than the rest, lists are answered that Prometheus should see after the workloads.
const WORKLOADS_FIRST: Duration = Duration::from_secs(4);
/// How long it may take in all.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn targets_are_those_of_prometheus() {
    let programs = programs();
    let versions: Vec<Version> = programs.iter().map(|program| prometheus::version(program)).collect();
    for major in [2, 3] {
        if !versions.iter().any(|version| version.major == major) {
            missing(
                "targets_are_those_of_prometheus",
                &format!("no Prometheus {major}.x: run .ci/prometheus, or set {PROGRAMS}"),
            );
        }
    }
    let (seed, clusters) = (number(SEED, 1), number(CLUSTERS, 200));
    let mut peers = Vec::new();
    for (program, version) in programs.iter().zip(versions) {
        peers.push(Peer { program, version, no_default_port: false, clusters });
        if (Version::new(2, 38, 0)..Version::new(3, 0, 0)).contains(&version) {
            peers.push(Peer { program, version, no_default_port: true, clusters: clusters.div_ceil(4) });
        }
    }
    let at_once = at_once(peers.len());
    thread::scope(|scope| {
        peers.iter().for_each(|peer| drop(scope.spawn(move || peer.hold(seed, at_once))));
    });
}

/// A server to be held to.
struct Peer<'p> {
    program: &'p Path,
    version: Version,
    /// Whether it runs with the feature of this name.
    no_default_port: bool,
    /// On how many clusters.
    clusters: u64,
}

fn programs() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os(PROGRAMS).filter(|named| !named.is_empty()) {
        return std::env::split_paths(&named).collect();
    }
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prometheus");
    let suites = std::fs::read_dir(unpacked).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        suites.map(|suite| suite.path().join("usr/bin/prometheus")).filter(|path| path.exists()).collect();
    found.sort();
    found
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// How many clusters a server may have with the files that this process may open for all of them.
fn at_once(servers: usize) -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    files.map_or(AT_ONCE, |files: u64| (files.saturating_sub(100) / servers.max(1) as u64 / WATCHES).clamp(1, AT_ONCE))
}

impl Peer<'_> {
    /// Holds the predictions for it to what it says.
    fn hold(&self, seed: u64, at_once: u64) {
        let end = seed + self.clusters;
        let begin = Instant::now();
        let (mut tally, mut differences) = (Tally::default(), Vec::new());
        let mut first = seed;
        while first < end && differences.is_empty() {
            let next = (first + at_once).min(end);
            tally.add(self.round(first..next, &mut differences));
            first = next;
        }
        let Tally { clusters, jobs, active, duplicates, dropped, invalid, labels, doubtful } = tally;
        say(&format!(
            "{self}, {clusters} clusters from seed {seed}: {jobs} jobs compared ({doubtful} left out as open), {active} \
         active targets, {duplicates} duplicates, {dropped} dropped, {invalid} invalid, {labels} labels, in {} s",
            begin.elapsed().as_secs()
        ));
        let shown = differences.iter().take(12).cloned().collect::<Vec<_>>().join("\n\n");
        assert!(differences.is_empty(), "{} differences from {self}:\n{shown}", differences.len());
        assert!(doubtful * 10 <= jobs, "{doubtful} of {jobs} jobs could not be predicted");
        // A few clusters prove little, and are drawn to look at one difference.
        assert!(
            clusters < 20 || jobs >= 5 * clusters && active >= 2 * jobs && dropped >= 2 * jobs && invalid >= clusters,
            "hardly anything was compared"
        );
    }

    /// Some clusters, all served at once to one server.
    fn round(&self, seeds: std::ops::Range<u64>, differences: &mut Vec<String>) -> Tally {
        let semantics = Semantics { version: Some(self.version), no_default_port: self.no_default_port, legacy_names: false };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut all: Vec<Job> = Vec::new();
        let mut served = BTreeMap::new();
        for seed in seeds {
            let cluster = Cluster::generate(seed);
            let jobs::Jobs { jobs, selectors } = jobs::jobs(&cluster, semantics, port);
            all.extend(jobs);
            let selectors = selectors.into_iter().map(|selector| (selector.text.clone(), selector)).collect();
            served.insert(seed, Served { objects: cluster.objects, selectors });
        }
        let clusters = served.len();
        // Labels of workloads came with 3.11.
        let late = if self.version >= Version::new(3, 11, 0) { WORKLOADS_FIRST } else { Duration::ZERO };
        let server = Server::start(listener, served, late);
        let configs: Vec<_> = all.iter().map(|job| &job.config).collect();
        let prometheus =
            Prometheus::start(self.program, self.feature(), &json!({"global": jobs::global(), "scrape_configs": configs}));
        // Meanwhile the server discovers.
        let predicted: Vec<Predicted> = all.iter().map(Predicted::of).collect();
        settle(&prometheus, &all);
        let mut tally = Tally { clusters, ..Tally::default() };
        let mut open: Vec<(&Job, &Predicted)> = all.iter().zip(&predicted).collect();
        let begin = Instant::now();
        loop {
            let mut found = Vec::new();
            open.retain(|(job, predicted)| match predicted.compare(&prometheus.targets(&job.name)) {
                Ok(compared) => {
                    tally.add(compared);
                    false
                }
                Err(differences) => {
                    let place = format!("seed {}, job {}", job.cluster, job.name);
                    found.extend(differences.iter().map(|what| format!("{place}: {what}\n  {}", job.config)));
                    true
                }
            });
            // What was discovered may not have reached all jobs yet.
            if open.is_empty() || begin.elapsed() >= QUIET {
                differences.extend(found);
                break;
            }
            thread::sleep(Duration::from_secs(3));
        }
        let violations = server.violations();
        assert!(violations.is_empty(), "{violations:?}\n{}", prometheus.tail());
        assert!(server.watches() >= all.len() / 2, "the clusters were not watched");
        tally
    }

    /// What it is started with.
    fn feature(&self) -> Option<&'static str> {
        self.no_default_port.then_some("no-default-scrape-port")
    }
}

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prometheus {}", self.version)?;
        self.feature().map_or(Ok(()), |feature| write!(f, " with {feature}"))
    }
}

/// Waits until a server has discovered as much as was predicted, or has come to rest with something else.
fn settle(prometheus: &Prometheus, jobs: &[Job]) {
    let wanted: BTreeMap<&str, usize> = jobs.iter().map(|job| (&*job.name, job.discovered.len())).collect();
    let begin = Instant::now();
    let (mut before, mut since) = (BTreeMap::new(), Instant::now());
    loop {
        let found = prometheus.discovered();
        let fits = |(job, wanted): (&&str, &usize)| found.get(*job).copied().unwrap_or(0) == *wanted;
        let all = wanted.iter().all(fits);
        if found != before {
            (before, since) = (found, Instant::now());
        }
        // Once more than the server takes to hand on what it found: more may come than was predicted.
        let rest = if all { Duration::from_secs(6) } else { QUIET };
        if since.elapsed() >= rest || begin.elapsed() >= PATIENCE {
            return;
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// Prints on the real standard error: what is printed by macros, `cargo test` keeps to itself.
fn say(what: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{what}");
}
