//! The README shows what the program prints, and lists the checks that there are: both are written anew by these
//! tests where they are out of date.

use std::fs;
use std::path::Path;
use std::process::Command;

use prom_doctor_checks::registry::CHECKS;

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
    let marker = "<!-- output: ";
    let starts: Vec<usize> = new.match_indices(marker).map(|(at, _)| at).collect();
    assert!(starts.len() >= 2, "the README shows nothing");
    // From the last one on, for each changes where the others stand behind it.
    for start in starts.into_iter().rev() {
        let arguments = new[start + marker.len()..].split(" -->").next().unwrap().to_owned();
        let shown = run(&arguments);
        let block = new[start..].find("```\n").map(|at| start + at + 4).unwrap();
        let end = new[block..].find("```\n").map(|at| block + at).unwrap();
        new.replace_range(block..end, &format!("$ kubectl prom-doctor {arguments}\n\n{}\n", shown.trim_end()));
    }
    rewrite(&path, &text, &new);
}

/// What the program prints.
fn run(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_prom-doctor"))
        .args(arguments.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
