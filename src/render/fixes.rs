//! What was fixed in files, and what was not.

use std::collections::BTreeSet;

use prom_doctor_checks::repair::Repaired;
use prom_doctor_checks::report::Position;
use prom_doctor_checks::text::count;

use super::text::{Paint, Style, clean, columns};

/// Whether the fixes were made, or only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// The files were written.
    Fixed,
    /// They were not.
    WouldFix,
}

/// A line for each fix that was made or refused, and one that counts them.
pub fn fixes(repaired: &Repaired, did: Did, style: &Style) -> String {
    let done = if did == Did::Fixed { "fixed" } else { "would fix" };
    let mut out = String::new();
    for fix in &repaired.applied {
        out += &line(style, done, Paint::Good, fix.place.as_ref(), &format!("{}: {}", fix.code, fix.title));
    }
    for fix in &repaired.refused {
        let text = format!("{}: {}: {}", fix.code, fix.title, fix.why);
        out += &line(style, "not fixed", Paint::Warn, fix.place.as_ref(), &text);
    }
    let files: BTreeSet<&String> = repaired.applied.iter().flat_map(|fix| &fix.files).collect();
    let mut sum = if repaired.applied.is_empty() {
        "nothing to fix".to_owned()
    } else {
        format!("{done} {} in {}", count(repaired.applied.len(), "finding"), count(files.len(), "file"))
    };
    if repaired.more > 0 {
        let more = if repaired.applied.is_empty() { "" } else { " more" };
        sum.push_str(&format!("; {}{more} with --unsafe-fixes", repaired.more));
    }
    out + &style.hang("", 0, &sum)
}

fn line(style: &Style, word: &str, paint: Paint, place: Option<&Position>, text: &str) -> String {
    let head = format!("{} ", style.paint(word, paint));
    let place = place.map(|at| format!("{}:{} ", clean(&at.file), at.line)).unwrap_or_default();
    style.hang_below(&head, columns(word) + 1, 2, &format!("{place}{}", clean(text)))
}
