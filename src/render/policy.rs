//! What is set aside, and what the baseline knows for nothing.

use prom_doctor_checks::report::{Finding, SuppressedBy};
use prom_doctor_checks::text;

use super::View;
use super::text::clean;

/// How many findings that are gone are named.
const NAMED: usize = 3;

impl View<'_> {
    /// Counts of what is not shown because nobody wants to hear of it.
    pub(super) fn set_aside(&self) -> Vec<String> {
        let summary = &self.report.summary;
        let parts = [
            (summary.suppressed, "suppressed"),
            (summary.in_baseline, "in the baseline"),
            (summary.not_selected, "of checks that are not selected"),
        ];
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, words)| format!("{number} {words}")).collect()
    }

    /// Entries of the baseline that are found no more.
    pub(super) fn gone(&self) -> String {
        let Some(baseline) = self.report.baseline.as_ref().filter(|baseline| !baseline.gone.is_empty()) else {
            return String::new();
        };
        let names: Vec<String> = baseline.gone.iter().map(|known| format!("{} of {}", known.code, known.subject)).collect();
        let number = text::count(names.len(), "finding");
        let line = format!("mended since the baseline {}: {number}: {}", baseline.file, text::list(&names, NAMED));
        self.style.hang("", 0, &clean(&line))
    }
}

/// Code and name of what decides a verdict. That somebody let it be does not bring the target back.
pub(super) fn cause_in_words(cause: &Finding) -> String {
    let aside = match &cause.suppression {
        None if cause.suppressed => " (suppressed)",
        None => "",
        Some(why) => match why.by {
            SuppressedBy::Baseline => " (in the baseline)",
            SuppressedBy::Selection => " (not selected)",
            SuppressedBy::Comment | SuppressedBy::Annotation | SuppressedBy::Configuration => " (suppressed)",
        },
    };
    format!("{} {}{aside}", cause.code, cause.name)
}
