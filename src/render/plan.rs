//! Plans for people: per server which targets come, go, change and double, and why.

use std::collections::BTreeMap;

use prom_doctor_checks::overlay::{Change, ChangeKind, Says};
use prom_doctor_checks::plan::{
    Doubled, JobChange, JobPlan, NotKnown, Plan, PlannedTarget, Relabeled, ServerPlan, VerdictChange,
};
use prom_doctor_checks::report::{Finding, Ref, Severity, Verdict};
use prom_doctor_checks::targets::LabelChange;
use prom_doctor_checks::text::{count, list};

use super::text::{Mark, Paint, clean, columns};
use super::{Detail, Style};

/// So many targets of a sort are shown of a job, so many jobs of a server, and so many of all else.
const TARGETS: usize = 3;
const JOBS: usize = 12;
const OTHERS: usize = 8;

/// A plan.
pub fn plan(plan: &Plan, detail: Detail, style: &Style) -> String {
    let page = Page { plan, wide: detail.wide, style };
    let mut parts = vec![page.findings()];
    if !detail.only_findings {
        parts = vec![page.head(), page.refused()];
        parts.extend(plan.servers.iter().map(|server| page.server(server)));
        parts.extend([page.verdicts(), page.findings(), page.not_known(), page.end()]);
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

struct Page<'a> {
    plan: &'a Plan,
    wide: bool,
    style: &'a Style,
}

impl Page<'_> {
    /// How many of so many are shown.
    fn most(&self, limit: usize, all: usize) -> usize {
        // One line that says "and 1 more" takes as much room as the one that it leaves out.
        if self.wide || all <= limit + 1 { all } else { limit }
    }

    /// The first of several lines, and how many more there are.
    fn some(&self, limit: usize, indent: usize, lines: Vec<String>) -> String {
        let shown = self.most(limit, lines.len());
        let mut out: String = lines.iter().take(shown).map(String::as_str).collect();
        if shown < lines.len() {
            let more = self.style.paint(&format!("and {} more (-o wide shows all)", lines.len() - shown), Paint::Dim);
            out.push_str(&format!("{}{more}\n", " ".repeat(indent)));
        }
        out
    }

    fn sign(&self, sign: char) -> String {
        let paint = match sign {
            '+' => Paint::Good,
            '-' => Paint::Bad,
            '~' | '=' => Paint::Warn,
            _ => Paint::Dim,
        };
        self.style.paint(&sign.to_string(), paint)
    }

    fn arrow(&self) -> &'static str {
        if self.style.ascii { "->" } else { "→" }
    }

    fn line(&self, indent: usize, mark: Mark, text: &str) -> String {
        let head = format!("{}{} ", " ".repeat(indent), self.style.mark(mark));
        self.style.hang(&head, indent + 1 + self.style.mark_width(), text)
    }

    /// What the files do to their objects.
    fn head(&self) -> String {
        let of = |kind: ChangeKind| self.plan.changes.iter().filter(|change| change.kind == kind).count();
        let (added, unseen) = (of(ChangeKind::Added), of(ChangeKind::NotSeen));
        let counts = [
            (added, "new"),
            (unseen, "taken for new (not seen)"),
            (of(ChangeKind::Changed), "changed"),
            (of(ChangeKind::Unchanged), "as in the files already"),
        ];
        let words: Vec<String> =
            counts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
        let words = match words.as_slice() {
            [] if !self.plan.refused.is_empty() => "nothing of it would be taken".to_owned(),
            [] => "no object that matters to targets".to_owned(),
            words => words.join(", "),
        };
        let mut out = self.style.hang("", 0, &clean(&format!("if applied to {}: {words}", self.plan.against)));
        let line = |change: &Change| {
            let sign = match change.kind {
                ChangeKind::Added | ChangeKind::NotSeen => '+',
                ChangeKind::Changed => '~',
                ChangeKind::Unchanged => ' ',
            };
            let mut text = change.object.to_string();
            if !change.fields.is_empty() {
                text.push_str(&format!("   {}", list(&change.fields, if self.wide { usize::MAX } else { TARGETS })));
            }
            let mut line = self.style.hang(&format!("  {} ", self.sign(sign)), 4, &clean(&text));
            if !change.stays.is_empty() {
                let text = match change.stays.len() {
                    1 => "stays: it is not in the files, and nothing says that it came from them",
                    _ => "stay: they are not in the files, and nothing says that they came from them",
                };
                let text = format!("{} {text}", list(&change.stays, 3));
                line.push_str(&self.style.hang("      ", 6, &clean(&text)));
            }
            line
        };
        let is_shown = |change: &&Change| change.kind != ChangeKind::Unchanged || !change.stays.is_empty();
        let changes: Vec<String> = self.plan.changes.iter().filter(is_shown).map(line).collect();
        out.push_str(&self.some(OTHERS, 4, changes));
        out
    }

    fn refused(&self) -> String {
        let line = |refused: &prom_doctor_checks::overlay::Refused| {
            self.line(0, Mark::Failed, &clean(&format!("the API server refuses {}: {}", refused.object, refused.why)))
        };
        self.some(OTHERS, 2, self.plan.refused.iter().map(line).collect())
    }

    fn server(&self, server: &ServerPlan) -> String {
        let mut counts: Vec<(usize, String)> = Vec::new();
        let mut add = |sign: char, number: usize, what: &str| {
            if number > 0 {
                counts.push((2 + columns(what), format!("{} {}", self.sign(sign), what)));
            }
        };
        add('+', server.added, &count(server.added, "target"));
        add('-', server.removed, &if server.added > 0 { server.removed.to_string() } else { count(server.removed, "target") });
        add('~', server.relabeled, &format!("{} relabeled", server.relabeled));
        add('=', server.doubled.len(), &format!("{} doubled", server.doubled.len()));
        let kept = match (counts.is_empty(), server.kept) {
            (true, 0) => "no targets, before and after".to_owned(),
            (true, kept) => format!("{} as they are", count(kept, "target")),
            (false, kept) => format!("{kept} as they are"),
        };
        counts.push((columns(&kept), self.style.paint(&kept, Paint::Dim)));
        let new = if server.new { " (new)" } else { "" };
        let heading = format!("{}{new}", clean(&server.server.to_string()));
        let plain: usize = columns(&heading) + counts.iter().map(|(width, _)| width + 3).sum::<usize>();
        let counts = counts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("   ");
        let gap = if self.style.width.is_none_or(|width| plain <= width) { "   " } else { "\n  " };
        let mut out = format!("{}{gap}{counts}\n", self.style.paint(&heading, Paint::Strong));
        if let Some(why) = &server.not_loaded {
            let text = format!(
                "Prometheus refuses the new configuration and goes on with the old one until it restarts, then has none: {why}"
            );
            out.push_str(&self.line(2, Mark::Failed, &clean(&text)));
        }
        let own = |note: &&prom_doctor_checks::overlay::Note| note.server.as_ref() == Some(&server.server);
        for note in self.plan.notes.iter().filter(own) {
            let mark = if note.says == Says::NoEffect { Mark::Warned } else { Mark::Skipped };
            out.push_str(&self.line(2, mark, &clean(&note.text)));
        }
        if server.moved > 0 {
            let text = format!("{} scraped by another shard than before", count(server.moved, "target"));
            out.push_str(&self.line(2, Mark::Skipped, &text));
        }
        let jobs: Vec<String> = server.jobs.iter().map(|job| self.job(job)).collect();
        let shown = self.most(JOBS, jobs.len());
        for job in jobs.iter().take(shown) {
            out.push('\n');
            out.push_str(job);
        }
        if shown < jobs.len() {
            let rest = &server.jobs[shown..];
            let sum = |of: fn(&JobPlan) -> usize| rest.iter().map(of).sum::<usize>();
            let text = format!(
                "and {} more: + {}, - {}, ~ {} (-o wide shows all)",
                count(rest.len(), "job"),
                sum(|job| job.added.len()),
                sum(|job| job.removed.len()),
                sum(|job| job.relabeled.len())
            );
            out.push_str(&format!("\n  {}\n", self.style.paint(&text, Paint::Dim)));
        }
        out.push_str(&self.doubled(&server.doubled));
        out
    }

    /// What is scraped more often than before, by the jobs that do it.
    fn doubled(&self, all: &[Doubled]) -> String {
        let mut alike: BTreeMap<(&[String], usize, usize), Vec<&Doubled>> = BTreeMap::new();
        for doubled in all {
            alike.entry((&doubled.jobs, doubled.before, doubled.after)).or_default().push(doubled);
        }
        let mut out = String::new();
        for ((jobs, before, after), targets) in alike {
            let text = format!("scraped {after} times, {before} before: by {}", list(jobs, 3));
            out.push('\n');
            out.push_str(&self.style.hang("  ", 4, &clean(&text)));
            let lines = targets.iter().map(|one| self.style.hang(&format!("    {} ", self.sign('=')), 6, &clean(&one.url)));
            out.push_str(&self.some(TARGETS, 6, lines.collect()));
        }
        out
    }

    fn job(&self, job: &JobPlan) -> String {
        let change = match job.change {
            JobChange::Added => "new job, ",
            JobChange::Removed => "no such job any more, ",
            JobChange::Stays => "",
        };
        let because: Vec<String> = job.because.iter().map(Ref::to_string).collect();
        let kept = if job.kept > 0 { format!("; {} as they are", job.kept) } else { String::new() };
        let text = clean(&format!("{change}because of {}{kept}", list(&because, 2))).into_owned();
        let name = clean(&job.job).into_owned();
        let width = 2 + columns(&name) + 3;
        let fits = self.style.width.is_none_or(|all| width + columns(&text) <= all);
        let strong = self.style.paint(&name, Paint::Strong);
        let mut out =
            if fits { format!("  {strong}   {text}\n") } else { format!("  {strong}\n{}", self.style.hang("    ", 4, &text)) };
        if let Some(finding) = self.plan.finding(job.finding.as_deref()) {
            out.push_str(&self.line(4, Mark::Failed, &clean(&format!("{}: {}", finding.code, finding.message))));
        }
        for (sign, targets) in [('-', &job.removed), ('+', &job.added)] {
            out.push_str(&self.some(TARGETS, 6, targets.iter().map(|target| self.target(sign, target)).collect()));
        }
        out.push_str(&self.relabeled(&job.relabeled));
        for doubt in &job.doubts {
            out.push_str(&self.line(4, Mark::Unknown, &clean(doubt)));
        }
        out
    }

    fn target(&self, sign: char, target: &PlannedTarget) -> String {
        let mut out =
            self.style.hang(&format!("    {} ", self.sign(sign)), 6, &clean(&format!("{}   {}", target.url, named(target))));
        if self.wide {
            let labels: Vec<String> = target.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            out.push_str(&self.style.hang("        ", 8, &clean(&labels.join(" "))));
        }
        out
    }

    /// Targets whose labels change, those that change alike together.
    fn relabeled(&self, all: &[Relabeled]) -> String {
        let mut alike: BTreeMap<Vec<String>, Vec<&Relabeled>> = BTreeMap::new();
        for relabeled in all {
            let mut changes: Vec<String> = relabeled.labels.iter().map(|change| self.label(change)).collect();
            if let Some(before) = &relabeled.job_before {
                changes.push(format!("job in the configuration: {before} before"));
            }
            if let Some(before) = &relabeled.url_before {
                changes.push(format!("scraped at {before} before"));
            }
            alike.entry(changes).or_default().push(relabeled);
        }
        let mut out = String::new();
        for (changes, targets) in alike {
            let lines = targets.iter().map(|one| self.style.hang(&format!("    {} ", self.sign('~')), 6, &clean(&one.url)));
            out.push_str(&self.some(TARGETS, 6, lines.collect()));
            for change in changes {
                out.push_str(&self.style.hang("        ", 10, &clean(&change)));
            }
        }
        out
    }

    fn label(&self, change: &LabelChange) -> String {
        let arrow = self.arrow();
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{}: {before:?} {arrow} {after:?}", change.label),
            (None, Some(after)) => format!("{}: {after:?} is new", change.label),
            (Some(before), None) => format!("{}: {before:?} is gone", change.label),
            (None, None) => change.label.clone(),
        }
    }

    fn verdicts(&self) -> String {
        let line = |change: &VerdictChange| {
            let mark = Mark::of_verdict(change.after, false);
            let before = change.before.map_or("not there", Verdict::as_str);
            let code = self.plan.finding(change.cause.as_deref());
            let code = code.map(|finding| format!("   {} {}", finding.code, finding.name)).unwrap_or_default();
            let text = format!("{}   {before} {} {}{code}", change.monitor, self.arrow(), change.after.as_str());
            self.line(2, mark, &clean(&text))
        };
        let lines: Vec<String> = self.plan.verdicts.iter().map(line).collect();
        if lines.is_empty() { String::new() } else { format!("monitors\n{}", self.some(OTHERS, 4, lines)) }
    }

    fn findings(&self) -> String {
        let new = |finding: &Finding| {
            let title = format!("{}[{}]", finding.severity.as_str(), clean(&finding.code));
            let head = format!("{}: ", self.style.paint(&title, finding.severity.into()));
            let mut out = self.style.hang_below(&head, columns(&title) + 2, 2, &clean(&finding.message));
            let arrow = self.style.paint("-->", Paint::Note);
            if let Some(at) = &finding.location {
                out.push_str(&format!("  {arrow} {}:{}:{}\n", clean(&at.file), at.line, at.column));
            }
            out.push_str(&self.style.hang(&format!("  {arrow} "), 6, &clean(&finding.subject.to_string())));
            out
        };
        let shown = |finding: &&Finding| !finding.suppressed && (self.wide || finding.severity < Severity::Info);
        let news: Vec<String> = self.plan.findings.new.iter().filter(shown).map(new).collect();
        let gone = |finding: &Finding| {
            let text = format!("{}: {}   {}", finding.code, finding.message, finding.subject);
            self.line(2, Mark::Passed, &clean(&text))
        };
        // What is no longer wrong with a monitor that is now lost altogether is not mended.
        let lost = |monitor: &Ref| {
            let change = self.plan.verdicts.iter().find(|change| change.monitor == *monitor);
            change.is_some_and(|change| change.after == Verdict::Failed)
        };
        let is_mended = |finding: &&Finding| finding.affects.is_empty() || !finding.affects.iter().all(lost);
        let gone: Vec<String> = self.plan.findings.gone.iter().filter(shown).filter(is_mended).map(gone).collect();
        let mut out = self.some(OTHERS, 2, news);
        if !gone.is_empty() {
            let gap = if out.is_empty() { "" } else { "\n" };
            out.push_str(&format!("{gap}mended\n{}", self.some(OTHERS, 4, gone)));
        }
        out
    }

    fn not_known(&self) -> String {
        let line = |open: &NotKnown| {
            let place: Vec<String> = open.server.iter().map(Ref::to_string).chain(open.of.clone()).collect();
            let gap = if place.is_empty() { "" } else { ": " };
            self.line(2, Mark::Unknown, &clean(&format!("{}{gap}{}", place.join(", "), open.why)))
        };
        let lines: Vec<String> = self.plan.not_known.iter().map(line).collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("not known, so that targets may come and go there which are not listed\n{}", self.some(OTHERS, 4, lines))
    }

    /// What it comes to.
    fn end(&self) -> String {
        let summary = &self.plan.summary;
        let mut bad = Vec::new();
        if summary.removed > 0 {
            bad.push(format!("{} lost", count(summary.removed, "target")));
        }
        if summary.new_errors > 0 {
            bad.push(count(summary.new_errors, "new error"));
        }
        if summary.refused > 0 {
            bad.push(format!("{} refused", count(summary.refused, "object")));
        }
        let mut out = String::new();
        for note in self.plan.notes.iter().filter(|note| note.server.is_none()) {
            out.push_str(&self.style.hang("note: ", 6, &clean(&note.text)));
        }
        let known = if self.plan.is_open() { ", as far as it is known" } else { "" };
        let (text, paint) = match bad.is_empty() {
            true => (format!("no target is lost, no error is new{known}"), Paint::Good),
            false => (format!("{}{known}", bad.join(", ")), Paint::Bad),
        };
        out.push_str(&format!("{}; nothing was applied\n", self.style.paint(&text, paint)));
        out
    }
}

/// What a target stands for: its pod, else the object that it comes from.
fn named(target: &PlannedTarget) -> String {
    match target.labels.get("pod") {
        Some(pod) => format!("pod {pod}"),
        None => target.object.clone(),
    }
}
