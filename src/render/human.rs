//! A report for people: the verdict first, then the way, then the causes with their fixes, the counts last.

use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::report::{Link, Mode, NotChecked, Report, Verdict};
use prom_doctor_checks::text;
use prom_doctor_checks::world::UnseenReason;

use super::text::{Mark, Paint, clean};
use super::{Style, View};
use crate::exit::Asked;

/// How much to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// Every chain, passed links too.
    pub wide: bool,
    /// Only the findings.
    pub only_findings: bool,
    /// No head line above the table.
    pub no_headers: bool,
}

/// A report for people.
pub fn human(report: &Report, asked: Asked, detail: Detail, style: &Style) -> String {
    let view = View::new(report, style);
    let findings = view.findings();
    if detail.only_findings {
        return findings;
    }
    let mut parts = vec![view.top(asked, detail), findings, view.open(asked)];
    parts.push(view.counted());
    parts.push(view.gone());
    parts.push(view.bottom());
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

impl View<'_> {
    pub(super) fn top(&self, asked: Asked, detail: Detail) -> String {
        if let Some(app) = &self.report.app {
            let mut out = self.app(app);
            if detail.wide {
                out.push_str(&self.each());
            }
            return out;
        }
        match (asked, self.report.subjects.as_slice()) {
            (Asked::Monitor, []) => "it could not be judged\n".to_owned(),
            (_, []) => self.nobody(),
            (Asked::Audit | Asked::Lint, _) => {
                let mut out = self.verdicts() + "\n" + &self.table(!detail.no_headers);
                if detail.wide {
                    out.push_str(&self.each());
                }
                out
            }
            (_, subjects) => {
                let whole = |subject| self.verdict_line(subject) + "\n" + &self.ways(subject, detail.wide);
                subjects.iter().map(whole).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// No monitor at all: that is only known where all were seen.
    fn nobody(&self) -> String {
        let open = self.report.not_checked.iter().any(|open| open.link == Link::Exists);
        let seen = if open { "was seen, and not all could be seen" } else { "is there" };
        let hint = if self.report.run.mode == Mode::Live { " (-A asks about all namespaces)" } else { "" };
        format!("no ServiceMonitor and no PodMonitor {seen}{hint}\n")
    }

    /// Every monitor with its chains.
    fn each(&self) -> String {
        let whole = |subject| format!("\n{}{}", self.verdict_line(subject), self.ways(subject, true));
        self.report.subjects.iter().map(whole).collect()
    }

    /// `45 monitors: 3 failed, 1 partial, 41 ok`.
    fn verdicts(&self) -> String {
        let count = |verdict: Verdict| self.report.subjects.iter().filter(|subject| subject.verdict == verdict).count();
        let parts: Vec<String> = [Verdict::Failed, Verdict::Partial, Verdict::Unknown, Verdict::Ok]
            .into_iter()
            .filter(|verdict| count(*verdict) > 0)
            .map(|verdict| {
                let text = format!("{} {verdict}", count(verdict));
                self.style.paint(&text, Mark::of_verdict(verdict, false).paint())
            })
            .collect();
        format!("{}: {}\n", text::count(self.report.subjects.len(), "monitor"), parts.join(", "))
    }

    /// What could not be checked, once for each right or input that is missing. What the chain of a single
    /// monitor already says is not said again.
    pub(super) fn open(&self, asked: Asked) -> String {
        let said: Vec<&str> = if asked == Asked::Monitor {
            let chains = self.report.subjects.iter().filter_map(|subject| self.deciding(subject));
            chains.flat_map(|chain| &chain.links).flat_map(|link| &link.why).map(String::as_str).collect()
        } else {
            Vec::new()
        };
        let mut groups: BTreeMap<(UnseenReason, &str), Vec<&NotChecked>> = BTreeMap::new();
        for open in &self.report.not_checked {
            if !said.iter().any(|why| why.contains(&open.need)) {
                groups.entry((open.reason, open.need.as_str())).or_default().push(open);
            }
        }
        if groups.is_empty() {
            return String::new();
        }
        let mut out = "not checked:\n".to_owned();
        let mark = self.style.mark(Mark::Unknown);
        for ((reason, need), opens) in groups {
            let links: BTreeSet<_> = opens.iter().map(|open| open.link).collect();
            let links = links.iter().map(|link| link.as_str()).collect::<Vec<_>>().join(", ");
            let monitors: BTreeSet<String> = opens.iter().flat_map(|open| &open.affects).map(ToString::to_string).collect();
            // "Concerns all" is written as no monitors at all; then their number says nothing.
            let all = opens.iter().any(|open| open.affects.is_empty());
            let monitors: Vec<String> = monitors.into_iter().collect();
            let affected = if all { String::new() } else { format!(" for {}", text::list(&monitors, 2)) };
            let line = format!("{}   ({links}{affected})", why(reason, need));
            out.push_str(&self.style.hang(&format!("  {mark} "), 3 + self.style.mark_width(), &clean(&line)));
        }
        out
    }

    /// What was seen and has no chain that is followed.
    fn counted(&self) -> String {
        let not_judged = self.report.summary.not_judged;
        let kinds = [
            (not_judged.probes, "Probe"),
            (not_judged.scrape_configs, "ScrapeConfig"),
            (not_judged.prometheus_rules, "PrometheusRule"),
        ];
        let named: Vec<String> =
            kinds.iter().filter(|(number, _)| *number > 0).map(|(number, kind)| text::count(*number, kind)).collect();
        if named.is_empty() {
            return String::new();
        }
        let line = format!("{}: judged by whether a server takes them, not followed further", text::list(&named, 9));
        self.style.hang("", 0, &line)
    }

    /// The last line: counts. All being well is said, not left to silence.
    fn bottom(&self) -> String {
        let summary = &self.report.summary;
        let found = summary.findings;
        let mut parts = self.counts();
        if summary.not_checked > 0 {
            parts.push(format!("{} not checked", text::count(summary.not_checked, "link")));
        }
        let subjects = &self.report.subjects;
        let heard = self.set_aside().is_empty();
        let well = found.error + found.warning == 0 && heard && summary.not_checked == 0 && !subjects.is_empty();
        let well = well && subjects.iter().all(|subject| subject.verdict == Verdict::Ok);
        let mut out = String::new();
        if well {
            let whom = if subjects.len() == 1 { "it".to_owned() } else { format!("any of the {} monitors", subjects.len()) };
            out.push_str(&self.style.paint(&format!("nothing is wrong with {whom}, as far as objects can tell"), Paint::Good));
            out.push('\n');
        }
        out + &parts.join(", ") + "\n"
    }

    /// How many findings there are of each severity, and how many of them are not shown.
    pub(super) fn counts(&self) -> Vec<String> {
        let summary = &self.report.summary;
        let found = summary.findings;
        let mut parts = vec![text::count(found.error, "error"), text::count(found.warning, "warning")];
        for (severity, at) in [(Paint::Bad, 0), (Paint::Warn, 1)] {
            let number = if at == 0 { found.error } else { found.warning };
            if number > 0 {
                parts[at] = self.style.paint(&parts[at], severity);
            }
        }
        if found.info > 0 {
            parts.push(format!("{} info", found.info));
        }
        let total = found.error + found.warning + found.info;
        let shown = self.report.findings.iter().filter(|finding| !finding.suppressed).count();
        if shown < total {
            parts.push(format!("{} not shown", total - shown));
        }
        parts.extend(self.set_aside());
        parts
    }
}

/// A missing right or input in a sentence.
fn why(reason: UnseenReason, need: &str) -> String {
    match reason {
        UnseenReason::Forbidden => format!("you may not \"{need}\""),
        UnseenReason::NotAsked => format!("not in what was read: {need}"),
        UnseenReason::NotInFiles => format!("not in the files: {need}"),
        UnseenReason::Failed => format!("reading failed: {need}"),
        UnseenReason::TooEarly | UnseenReason::NotJudged | UnseenReason::Undecided => need.to_owned(),
    }
}
