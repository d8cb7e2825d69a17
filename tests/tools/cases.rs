//! Runs trouble cases and prints what was expected and what was found, before and after the repair:
//! `cargo run --example cases -- FOLDER…`.
#![allow(clippy::print_stdout, clippy::exit, reason = "a command for developers")]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "the kit is shared with the tests")]

#[path = "kit.rs"]
mod kit;

use std::path::Path;

use kit::cases::Case;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let cases: Vec<Case> = folders.iter().flat_map(|folder| Case::all(Path::new(folder))).collect();
    let (mut right, mut clean) = (0, 0);
    for case in &cases {
        let outcome = case.run();
        let expected = case.about.pointer("/expect/link").and_then(|link| link.as_str()).unwrap_or("none");
        let object = case.about.pointer("/expect/object");
        let name = |key: &str| object.and_then(|object| object.get(key)).and_then(|text| text.as_str()).unwrap_or("-");
        println!("{} {}", if outcome.right { "ok   " } else { "WRONG" }, case.name());
        println!("      expected {expected}: {} {}/{}", name("kind"), name("namespace"), name("name"));
        println!("      found    {}", if outcome.found.is_empty() { "nothing".to_owned() } else { outcome.found.join("; ") });
        for (title, list) in [
            ("false alarm", &outcome.false_alarms),
            ("after fix", &outcome.after_fix),
            ("own fix", &outcome.after_own),
            ("targets", &outcome.counts),
        ] {
            list.iter().for_each(|line| println!("      {title}: {line}"));
        }
        println!("      own fixes tried: {}", outcome.tried);
        right += usize::from(outcome.right);
        clean += usize::from(outcome.false_alarms.is_empty() && outcome.after_fix.is_empty() && outcome.after_own.is_empty());
    }
    println!("{right} of {} cases right, {clean} without a false alarm or a fix that fails", cases.len());
    std::process::exit(i32::from(right != cases.len() || clean != cases.len()));
}
