//! The folders beside `src` are the list of checks: the registry is written from them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prom_doctor_checks::registry::CHECKS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn folders() -> Vec<String> {
    let entries = std::fs::read_dir(root()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.len() > 7 && name.starts_with("PD") && name[2..6].chars().all(|c| c.is_ascii_digit()))
        .collect();
    names.sort();
    names
}

#[test]
fn the_registry_lists_the_folders() {
    let module = |folder: &String| folder.to_ascii_lowercase().replace('-', "_");
    let mut text = "//! The checks, in order of their codes.\n\nuse crate::check::Check;\n\n".to_owned();
    for folder in folders() {
        text += &format!("#[path = \"../{folder}/check.rs\"]\nmod {};\n", module(&folder));
    }
    text += "\n/// All checks.\npub const CHECKS: &[&Check] = &[\n";
    for folder in folders() {
        text += &format!("    &{}::CHECK,\n", module(&folder));
    }
    text += "];\n";
    let path = root().join("src/registry.rs");
    if std::fs::read_to_string(&path).unwrap() != text {
        std::fs::write(&path, text).unwrap();
        panic!("the list of checks was out of date and has been written anew: run the tests again");
    }
}

/// Codes that were given out and taken back; they are never given out again.
const RETIRED: &[&str] = &[];

#[test]
fn each_check_is_its_folder_and_each_code_is_used_once() {
    let mut codes = BTreeSet::new();
    for (check, folder) in CHECKS.iter().zip(folders()) {
        assert_eq!(format!("{}-{}", check.code, check.name), folder);
        assert!(codes.insert(check.code), "{} is used twice", check.code);
        assert!(!RETIRED.contains(&check.code), "{} is retired", check.code);
        assert!(check.code[4..6].parse::<u8>().is_ok() && check.code.len() == 6, "{}", check.code);
    }
}

#[test]
fn each_page_has_its_headings_and_each_summary_its_form() {
    for check in CHECKS {
        let page = check.explain;
        assert!(page.starts_with(&format!("# {} {}\n", check.code, check.name)), "{}", check.code);
        for heading in ["## What it means", "## Why the target is missing", "## How to fix it", "## When to ignore it"] {
            assert_eq!(page.matches(heading).count(), 1, "{}: {heading}", check.code);
        }
        assert!(page.lines().all(|line| line.chars().count() <= 120), "{}: a line is too long", check.code);
        let first = check.summary.chars().next().unwrap();
        assert!(!check.summary.ends_with('.') && !first.is_uppercase(), "{}: {}", check.code, check.summary);
        assert!(check.summary.len() <= 90, "{}: {}", check.code, check.summary);
    }
}

/// Nothing in this crate does anything: no files, no network, no clock, no printing.
#[test]
fn nothing_here_touches_the_outside() {
    const FORBIDDEN: &[&str] =
        &["std::fs", "std::env", "std::net", "std::process", "std::thread", "SystemTime", "Instant::", "println!"];
    let mut stack = vec![root().join("src")];
    stack.extend(folders().iter().map(|folder| root().join(folder)));
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            stack.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        // Tests may tell what they did.
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
        if is_test || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in FORBIDDEN {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
    }
}
