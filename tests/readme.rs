//! The README shows what the program prints, and lists the checks that there are: both are written anew by these
//! tests where they are out of date.

use std::fs;
use std::path::Path;
use std::process::Command;

use prom_doctor_checks::registry::CHECKS;
use serde_json::json;

use crate::program::running::{prometheus, with_pod};
use crate::program::shop::{Shop, folder};

fn readme() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn rewrite(path: &Path, old: &str, new: &str) {
    if old != new {
        fs::write(path, new).unwrap();
        panic!("the README was out of date and has been written anew: look at the difference and run the test again");
    }
}

#[test]
fn the_readme_lists_the_checks_and_shows_real_output() {
    let (path, text) = readme();
    let (before, rest) = text.split_once("<!-- checks -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /checks -->").unwrap();
    let mut table = "| code | name | severity | says |\n|---|---|---|---|\n".to_owned();
    for check in CHECKS {
        table += &format!("| {} | {} | {} | {} |\n", check.code, check.name, check.severity.as_str(), check.summary);
    }
    let mut new = format!("{before}<!-- checks -->\n{table}<!-- /checks -->{after}");
    let markers = ["<!-- output: ", "<!-- live: "];
    let all = markers.iter().flat_map(|marker| new.match_indices(marker).map(|(at, _)| (at, *marker)));
    let mut starts: Vec<(usize, &str)> = all.collect();
    starts.sort_unstable();
    assert!(starts.len() >= 3, "the README shows nothing");
    // From the last one on, for each changes where the others stand behind it.
    for (start, marker) in starts.into_iter().rev() {
        let arguments = new[start + marker.len()..].split(" -->").next().unwrap().to_owned();
        let shown = if marker == markers[0] { run(&arguments, &[]) } else { live(&arguments) };
        let block = new[start..].find("```\n").map(|at| start + at + 4).unwrap();
        let end = new[block..].find("```\n").map(|at| block + at).unwrap();
        new.replace_range(block..end, &format!("$ kubectl prom-doctor {arguments}\n\n{}\n", shown.trim_end()));
    }
    rewrite(&path, &text, &new);
}

/// What the program prints.
fn run(arguments: &str, environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_prom-doctor"))
        .args(arguments.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "100")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What it prints of the example cluster while that runs, with a Prometheus that says what the one of the example said.
fn live(arguments: &str) -> String {
    let targets = fs::read(folder().join("prometheus-targets.json")).unwrap();
    let shop = Shop::of(with_pod(json!({})));
    let port = prometheus(&serde_json::from_slice(&targets).unwrap(), None);
    shop.server.stand_in("monitoring", "prometheus-k8s-0", port);
    let kubeconfig = shop.server.kubeconfig();
    run(arguments, &[("KUBECONFIG", kubeconfig.to_str().unwrap())])
}
