//! Input that nobody wants to get: each is named in one sentence, with the right exit code, and what can still be
//! diagnosed is.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::shop::{codes_of, encode, find, folder, list, no_panic, objects, report, verdicts};
use crate::kit::run::{Ran, prom_doctor, prom_doctor_with};

/// A folder with the example as one file, `shop.yaml`.
fn with_dump() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.yaml"), list(&objects())).unwrap();
    folder
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// An explained failure: exit code, and standard error with all of these.
fn fails(ran: &Ran, code: i32, said: &[&str]) {
    no_panic(ran);
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert_eq!(ran.stdout, "", "an answer where there is none");
    for part in said {
        assert!(ran.stderr.contains(part), "{part:?} is not in {}", ran.stderr);
    }
}

fn snapshot(folder: &Path, name: &str) -> Ran {
    prom_doctor(folder, &["audit", "--snapshot", name])
}

#[test]
fn a_file_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    fails(&snapshot(folder.path(), "nowhere.yaml"), 3, &["nowhere.yaml: no such file or folder"]);
}

#[test]
fn a_binary_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(env!("CARGO_BIN_EXE_prom-doctor"), folder.path().join("program")).unwrap();
    fails(&snapshot(folder.path(), "program"), 3, &["program is neither YAML or JSON text nor a tar or gzip archive"]);
    fs::write(folder.path().join("notes"), "buy milk\n").unwrap();
    fails(&snapshot(folder.path(), "notes"), 3, &["no Kubernetes object in notes"]);
    fs::write(folder.path().join("empty.yaml"), "").unwrap();
    fails(&snapshot(folder.path(), "empty.yaml"), 3, &["no Kubernetes object in empty.yaml"]);
    fs::create_dir(folder.path().join("nothing")).unwrap();
    fails(&snapshot(folder.path(), "nothing"), 3, &["no Kubernetes object in nothing"]);
}

#[test]
fn a_cut_gzip_keeps_what_came_before_the_cut() {
    let folder = with_dump();
    let documents: String = objects().iter().map(|object| format!("---\n{}", serde_yaml::to_string(object).unwrap())).collect();
    let whole = gzip(documents.as_bytes());
    fs::write(folder.path().join("cut.yaml.gz"), &whole[..whole.len() * 3 / 4]).unwrap();
    let ran = prom_doctor(folder.path(), &["audit", "-o", "json", "--snapshot", "cut.yaml.gz"]);
    no_panic(&ran);
    let found = report(&ran);
    assert_eq!(codes_of(&found, "cut.yaml.gz"), ["PD0001"], "{found:#}");
    assert!(ran.stdout.contains("the gzip data ends early"));
    let cart = verdicts(&found).into_iter().find(|line| line.starts_with("shop/cart "));
    assert!(cart.is_some(), "what came before the cut is lost: {:?}", verdicts(&found));
    // What follows from an absence is not known any more.
    assert!(found["summary"]["monitors"]["unknown"].as_u64().unwrap() > 0, "{found:#}");

    fs::write(folder.path().join("head.gz"), &whole[..20]).unwrap();
    fails(&snapshot(folder.path(), "head.gz"), 3, &["no Kubernetes object in head.gz", "the gzip data ends early"]);
    let mut damaged = whole;
    damaged[60..90].fill(0x55);
    fs::write(folder.path().join("damaged.gz"), damaged).unwrap();
    fails(&snapshot(folder.path(), "damaged.gz"), 3, &["damaged.gz", "the gzip data is damaged"]);
}

#[test]
fn a_broken_document_among_good_ones() {
    let folder = with_dump();
    let good = fs::read_to_string(folder.path().join("shop.yaml")).unwrap();
    let lines = good.lines().count();
    fs::write(
        folder.path().join("shop.yaml"),
        good + "---\nkind: Service\nmetadata: {name: [broken\n---\nkind: {{ .Values.x }}\n",
    )
    .unwrap();
    let ran = prom_doctor(folder.path(), &["audit", "-o", "json", "--snapshot", "shop.yaml"]);
    no_panic(&ran);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let found = report(&ran);
    let malformed: Vec<&Value> = found["findings"].as_array().unwrap().iter().filter(|one| one["code"] == "PD0001").collect();
    assert!(!malformed.is_empty(), "{found:#}");
    let place = malformed[0]["evidence"][0]["note"].as_str().unwrap();
    let line: usize = place.split(':').nth(1).unwrap().parse().unwrap();
    assert!(place.starts_with("shop.yaml:") && line > lines, "{place}");
    // The rest is judged as ever.
    assert_eq!(codes_of(&found, "cart"), ["PD0301"]);
    assert_eq!(codes_of(&found, "catalog"), ["PD1001"]);
}

#[test]
fn an_object_of_the_wrong_shape() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = objects();
    find(&mut all, "ServiceMonitor", "web")["spec"]["endpoints"] = "none".into();
    fs::write(folder.path().join("shop.yaml"), list(&all)).unwrap();
    let ran = prom_doctor(folder.path(), &["audit", "-o", "json", "--snapshot", "shop.yaml"]);
    let found = report(&ran);
    assert!(codes_of(&found, "web").contains(&"PD0001".to_owned()), "{found:#}");
    assert_eq!(codes_of(&found, "cart"), ["PD0301"]);
    let why = prom_doctor(folder.path(), &["why", "smon/web", "--snapshot", "shop.yaml"]);
    no_panic(&why);
    assert_eq!(why.code, Some(3), "{why:?}");
    assert!(format!("{}{}", why.stdout, why.stderr).contains("shop.yaml"), "{why:?}");
}

/// The example with another value as the generated configuration.
fn with_payload(value: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut all = objects();
    find(&mut all, "Secret", "prometheus-k8s")["data"] = json!({"prometheus.yaml.gz": value});
    fs::write(folder.path().join("shop.yaml"), list(&all)).unwrap();
    folder
}

#[test]
fn a_configuration_that_cannot_be_unpacked() {
    let base64 = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let config = gzip(&b"scrape_configs: []\n".repeat(500));
    // Zeros to 100 MiB fit into a Secret, and into no Prometheus.
    let bomb = gzip(&vec![0; 100 << 20]);
    let payloads = [
        (encode("scrape_configs: []\n"), "is not gzip"),
        (base64(&config[..config.len() / 2]), "gzip data is damaged"),
        (base64(&gzip(b"scrape_configs: [")), "it is not YAML"),
        (base64(&bomb), "unpacks to more than 64 MiB"),
        ("&&& no base64 &&&".to_owned(), "empty"),
    ];
    for (payload, said) in payloads {
        let folder = with_payload(&payload);
        let config = prom_doctor(folder.path(), &["config", "--snapshot", "shop.yaml"]);
        fails(&config, 3, &["Secret monitoring/prometheus-k8s of Prometheus monitoring/k8s", said]);
        let audit = prom_doctor(folder.path(), &["audit", "-o", "json", "--snapshot", "shop.yaml"]);
        no_panic(&audit);
        assert_eq!(audit.code, Some(1), "{said}");
        let found = report(&audit);
        assert!(codes_of(&found, "cart").contains(&"PD0301".to_owned()), "{said}");
        // A monitor whose jobs nobody can see is not fine.
        assert!(!verdicts(&found).contains(&"shop/frontend ok".to_owned()), "{said}: {:?}", verdicts(&found));
    }
}

/// Zeros, 5 GiB of them in 5 MiB: one stretch of compressed data, flushed to whole bytes, is repeated.
fn bomb() -> Vec<u8> {
    const STRETCH: usize = 16 << 20;
    let mut compress = flate2::Compress::new(flate2::Compression::fast(), false);
    let mut stretch = Vec::with_capacity(STRETCH / 100);
    let zeros = vec![0; STRETCH];
    compress.compress_vec(&zeros, &mut stretch, flate2::FlushCompress::Full).unwrap();
    assert_eq!(compress.total_in() as usize, STRETCH);
    let count = (5 << 30) / STRETCH;
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    (0..count).for_each(|_| bomb.extend_from_slice(&stretch));
    // A last, empty block, a checksum that nobody gets as far as to compare, and the size modulo 4 GiB.
    bomb.extend_from_slice(&[1, 0, 0, 0xff, 0xff, 0, 0, 0, 0]);
    bomb.extend_from_slice(&((count * STRETCH) as u32).to_le_bytes());
    bomb
}

#[cfg(unix)]
#[test]
fn a_gzip_bomb_is_refused_within_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bomb.gz"), bomb()).unwrap();
    let started = std::time::Instant::now();
    // The shell bounds the address space to 300 MB: less than what the bomb unpacks to before it is refused.
    let limited = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 300000 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_prom-doctor")])
        .args(["audit", "--snapshot", "bomb.gz"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: limited.status.code(), stdout: text(limited.stdout), stderr: text(limited.stderr) };
    fails(&ran, 3, &["bomb.gz unpacks to more than 512 MiB"]);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn an_unknown_type_or_name() {
    let folder = with_dump();
    let ask = |arguments: &[&str]| prom_doctor(folder.path(), &[arguments, &["--snapshot", "shop.yaml"]].concat());
    fails(&ask(&["why", "servicemonitr/cart"]), 2, &["unknown type \"servicemonitr\"", "did you mean servicemonitors?"]);
    fails(&ask(&["why", "smon/carts"]), 3, &["there is no ServiceMonitor carts", "did you mean cart?"]);
    fails(&ask(&["why", "smon/carts", "-n", "shop"]), 3, &["there is no ServiceMonitor carts in namespace shop"]);
    fails(&ask(&["why", "smon/cart", "-n", "stock"]), 3, &["in namespace stock", "servicemonitor/cart -n shop"]);
    fails(&ask(&["why", "deploy/zzz", "-n", "stock"]), 3, &["there is no Deployment zzz in namespace stock"]);
    fails(&ask(&["config", "prometheus/k8"]), 3, &["there is no Prometheus k8", "did you mean k8s?"]);
    fails(&ask(&["explain", "PD9998"]), 2, &["there is no check \"PD9998\""]);
}

#[test]
fn an_unknown_namespace() {
    let folder = with_dump();
    let ask = |arguments: &[&str]| prom_doctor(folder.path(), &[arguments, &["--snapshot", "shop.yaml"]].concat());
    fails(&ask(&["-n", "shopp"]), 3, &["there is no namespace \"shopp\"", "did you mean shop?"]);
    fails(&ask(&["why", "smon/cart", "-n", "shopp"]), 3, &["shopp", "shop"]);
    let live = super::shop::Shop::new();
    fails(&live.live(&["-n", "shopp"]), 3, &["there is no namespace \"shopp\"", "did you mean shop?"]);
    fails(&live.live(&["why", "svc/cart", "-n", "shopp"]), 3, &["there is no namespace \"shopp\"", "did you mean shop?"]);
}

#[test]
fn an_unknown_flag_value() {
    let folder = with_dump();
    let ask = |arguments: &[&str]| prom_doctor(folder.path(), &[arguments, &["--snapshot", "shop.yaml"]].concat());
    fails(&ask(&["-o", "xml"]), 2, &["xml", "json"]);
    fails(&ask(&["--fail-on", "warnings"]), 2, &["warnings", "warning"]);
    fails(&ask(&["--grace", "soon"]), 2, &["soon", "a duration looks like"]);
    fails(&ask(&["-l", "a in b"]), 2, &["a in b"]);
    fails(&ask(&["--chunk-size", "few"]), 2, &["few", "--chunk-size"]);
    fails(&ask(&["--max-concurrency", "0"]), 2, &["--max-concurrency"]);
    fails(&ask(&["--fial-on", "error"]), 2, &["--fial-on", "--fail-on"]);
}

#[test]
fn flags_that_contradict_each_other() {
    let folder = with_dump();
    let ask = |arguments: &[&str]| prom_doctor(folder.path(), &[arguments, &["--snapshot", "shop.yaml"]].concat());
    fails(&ask(&["--exit-zero", "--fail-on", "warning"]), 2, &["--exit-zero", "--fail-on"]);
    fails(
        &ask(&["--assume-whole", "pods", "--assume-partial", "pods"]),
        2,
        &["Pod cannot be whole and partial at the same time"],
    );
    // Whoever names a cluster and a file would not notice which of them answered.
    for flag in
        [&["--context", "prod"][..], &["--kubeconfig", "config"], &["--server", "https://x"], &["--as", "me"], &["--token", "t"]]
    {
        fails(&ask(flag), 2, &["--snapshot", flag[0]]);
    }
    let live = |arguments: &[&str]| prom_doctor(folder.path(), arguments);
    fails(&live(&["--assume-whole", "pods"]), 2, &["--snapshot"]);
    fails(&live(&["why", "smon/cart", "-A"]), 2, &["-A"]);
}

#[test]
fn standard_input_is_a_snapshot_too() {
    let folder = with_dump();
    let text = fs::read_to_string(folder.path().join("shop.yaml")).unwrap();
    let ran = prom_doctor_with(folder.path(), &["audit", "--snapshot", "-"], &[], &text);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("19 monitors: "), "{}", ran.stdout);
    fails(&prom_doctor_with(folder.path(), &["audit", "--snapshot", "-"], &[], "\0\0\0"), 3, &["standard input"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = folder();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_prom-doctor"))
        .args(["audit", "-o", "wide", "--snapshot", "."])
        .current_dir(folder)
        .env_clear()
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap().as_str()), (Some(1), ""));
}

#[test]
fn what_the_system_refuses_is_told_without_its_numbers() {
    let shop = "examples/clusters/shop";
    let runs: &[(&[&str], &str)] = &[
        (&["audit", "--kubeconfig", "/nonexistent"], "the kubeconfig /nonexistent cannot be read: no such file or folder"),
        (&["audit", "--snapshot", "/nonexistent"], "/nonexistent: no such file or folder"),
        (&["lint", "-f", "/nonexistent"], "/nonexistent: no such file or folder"),
        (&["lint", "-f", "examples/manifests/cart.yaml", "--against", "/nonexistent"], "/nonexistent: no such file or folder"),
        (&["audit", "--server", "http://127.0.0.1:1", "--certificate-authority", "/nonexistent"], "/nonexistent: no such file"),
        (
            &["audit", "--server", "https://127.0.0.1:1", "--client-certificate", "/nonexistent", "--client-key", "/nonexistent"],
            "the client certificate cannot be used: /nonexistent: no such file or folder",
        ),
        (&["audit", "--snapshot", shop, "--baseline", "/nonexistent"], "the baseline /nonexistent cannot be read: no such file"),
        (&["audit", "--snapshot", shop, "--baseline", "/"], "the baseline / cannot be read: it is a folder"),
        (&["audit", "--snapshot", shop, "--config", "/nonexistent"], "cannot be read: no such file or folder"),
        (&["audit", "--snapshot", shop, "--report", "json=/nonexistent/a"], "/nonexistent/a: there is no such folder"),
        (&["audit", "--snapshot", shop, "--write-baseline", "/nonexistent/a"], "cannot be written: there is no such folder"),
    ];
    for (args, told) in runs {
        let ran = prom_doctor(Path::new(env!("CARGO_MANIFEST_DIR")), args);
        no_panic(&ran);
        let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{args:?}: {said}");
        assert!(!said.contains("os error") && matches!(ran.code, Some(2 | 3)), "{args:?}: {ran:?}");
    }
}
