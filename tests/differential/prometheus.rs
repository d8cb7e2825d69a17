//! A real Prometheus of the machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use prom_doctor_checks::operator::version::Version;
use serde_json::Value;

/// How long a server may take to read its configuration and be ready.
const STARTS_WITHIN: Duration = Duration::from_secs(90);

/// The version that a program says it has.
pub(super) fn version(program: &Path) -> Version {
    let output = Command::new(program).arg("--version").output().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let version = text.split_once("version ").and_then(|(_, rest)| Version::parse(rest.split_whitespace().next()?));
    version.unwrap_or_else(|| panic!("{} says of its version: {text}", program.display()))
}

/// A running server. It is stopped with the value.
pub(super) struct Prometheus {
    child: Child,
    port: u16,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Starts a server with a configuration, and perhaps with a feature, and waits until it has read it.
    pub(super) fn start(program: &Path, feature: Option<&str>, config: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        // JSON is YAML.
        std::fs::write(&file, serde_json::to_string_pretty(config).unwrap()).unwrap();
        let feature: Vec<String> = feature.map(|feature| format!("--enable-feature={feature}")).into_iter().collect();
        Self::run(program, &file, &feature, folder)
    }

    /// Starts a server with a configuration that somebody else writes, and that it reads again when it is told so.
    pub(super) fn serve(program: &Path, file: &Path) -> Self {
        Self::run(program, file, &["--web.enable-lifecycle".to_owned()], tempfile::tempdir().unwrap())
    }

    fn run(program: &Path, file: &Path, more: &[String], folder: tempfile::TempDir) -> Self {
        let log = folder.path().join("log");
        let output = File::create(&log).unwrap();
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--scrape.discovery-reload-interval=1s"]);
        command.args(more);
        // Without the environment: it may name a proxy.
        command.env_clear().current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(output.try_clone().unwrap()).stderr(output);
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut started = Self { child, port: 0, log, _folder: folder };
        started.wait();
        started
    }

    /// The port on which it answers.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    fn wait(&mut self) {
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < STARTS_WITHIN, "Prometheus does not get ready:\n{}", self.tail());
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("Prometheus ended with {status}:\n{}", self.tail());
            }
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let listening = log.lines().find(|line| line.contains("Listening on"));
            let port = listening.and_then(|line| line.split_once("address=127.0.0.1:")?.1.split(' ').next()?.parse().ok());
            self.port = port.unwrap_or(0);
            if self.port != 0 && self.ask("/-/ready").is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The end of what it logged.
    pub(super) fn tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// The body of what a path answers, if it answers well.
    fn ask(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        // HTTP/1.0 has no chunks: the body is what comes until the end.
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.split(' ').nth(1).is_some_and(|status| status == "200").then(|| body.to_owned())
    }

    /// What it says of the configuration that it has loaded.
    pub(super) fn status_config(&self) -> String {
        self.ask("/api/v1/status/config").unwrap_or_else(|| panic!("no answer:\n{}", self.tail()))
    }

    /// How many targets were discovered, by job. Jobs of which nothing is known yet are not in it.
    pub(super) fn discovered(&self) -> BTreeMap<String, usize> {
        let metrics = self.ask("/metrics").unwrap_or_default();
        let count = |line: &str| {
            let rest = line.strip_prefix("prometheus_sd_discovered_targets{")?;
            let (labels, value) = rest.split_once("} ")?;
            let job = labels.split_once("config=\"")?.1.split('"').next()?;
            labels.contains("name=\"scrape\"").then(|| Some((job.to_owned(), value.trim().parse().ok()?)))?
        };
        metrics.lines().filter_map(count).collect()
    }

    /// The targets of a job: active ones and dropped ones.
    pub(super) fn targets(&self, job: &str) -> Targets {
        let path = format!("/api/v1/targets?state=any&scrapePool={}", job.replace('/', "%2F"));
        let answer = self.ask(&path).unwrap_or_else(|| panic!("no answer to {path}:\n{}", self.tail()));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let list = |key: &str| answer["data"][key].as_array().cloned().unwrap_or_default();
        Targets { active: list("activeTargets"), dropped: list("droppedTargets") }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It has nothing worth saving.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a server says of a job.
pub(super) struct Targets {
    pub(super) active: Vec<Value>,
    pub(super) dropped: Vec<Value>,
}
