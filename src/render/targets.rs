//! Lists of targets for people.

use std::collections::BTreeMap;

use prom_doctor_checks::pipeline::span;
use prom_doctor_checks::report::{At, Link};
use prom_doctor_checks::targets::{
    JobSource, JobTargets, LiveHealth, LiveRow, RuleReport, StepEffect, TargetList, TargetRow, TargetState, Trace,
};
use prom_doctor_checks::text::count;

use super::Style;
use super::rule::{chooses, effect, seen, words};
use super::text::{Mark, Paint, clean};

/// The targets of jobs, one job after the other.
pub fn targets(list: &TargetList, style: &Style) -> String {
    if list.jobs.is_empty() {
        return "no job of what was asked about is known\n".to_owned();
    }
    let one = |job: &JobTargets| Page { job, style }.text();
    list.jobs.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// One job.
struct Page<'a> {
    job: &'a JobTargets,
    style: &'a Style,
}

impl Page<'_> {
    fn text(&self) -> String {
        let mut out = self.head();
        match &self.job.trace {
            Some(trace) => out.push_str(&self.trace(trace)),
            None => {
                out.push_str(&self.active());
                out.push_str(&self.others());
                out.push_str(&self.drops());
                out.push_str(&self.odd());
            }
        }
        for note in &self.job.notes {
            out.push_str(&self.line(Mark::Unknown, &clean(note)));
        }
        for why in self.job.live.iter().flat_map(|live| &live.missing) {
            out.push_str(&self.line(Mark::Unknown, &clean(&format!("not asked of the running Prometheus: {why}"))));
        }
        for what in self.job.live.iter().flat_map(|live| &live.differs) {
            out.push_str(&self.line(Mark::Warned, &clean(what)));
        }
        out
    }

    /// What only the running server has.
    fn others(&self) -> String {
        let others = self.job.live.iter().flat_map(|live| &live.others);
        others.map(|row| self.scraped(&format!("{}   only in Prometheus", row.url), row)).collect()
    }

    /// A target with what the running server says of it.
    fn scraped(&self, head: &str, row: &LiveRow) -> String {
        let (mark, word) = match row.health {
            LiveHealth::Up => (Mark::Passed, "up"),
            LiveHealth::Down => (Mark::Failed, "down"),
            LiveHealth::Pending => (Mark::Unknown, "not scraped yet"),
        };
        let ago = row.age_seconds.map(|age| format!(", scraped {} ago", span(age))).unwrap_or_default();
        let mut out = self.line(mark, &clean(&format!("{head}   {word}{ago}")));
        let why = match (&row.cause, &row.error) {
            (Some(cause), Some(error)) => format!("{cause}: {error}"),
            (cause, error) => cause.as_ref().or(error.as_ref()).cloned().unwrap_or_default(),
        };
        let indent = 5 + self.style.mark_width();
        if !why.is_empty() {
            out.push_str(&self.style.hang(&" ".repeat(indent), indent, &clean(&why)));
        }
        out
    }

    /// `; in Prometheus 3, 2 up, 1 down`.
    fn in_prometheus(&self) -> String {
        let Some(live) = self.job.live.as_ref().filter(|live| live.exists == Some(true)) else { return String::new() };
        let all = [(live.up, "up"), (live.down, "down"), (live.pending, "not scraped yet")];
        let all: Vec<String> =
            all.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
        if all.is_empty() { "; none in Prometheus".to_owned() } else { format!("; in Prometheus {}", all.join(", ")) }
    }

    /// `serviceMonitor/shop/cart/0   2 targets, 3 dropped`, and where that comes from.
    fn head(&self) -> String {
        let job = self.job;
        // Before the configuration is there, what it would yield is not there either.
        let would = job.broken.is_some_and(|link| link < Link::Discoverable);
        let active = count(job.active, "target");
        let mut counts = vec![if would { format!("would have {active}") } else { active }];
        let others = [(job.dropped, "dropped"), (job.invalid, "invalid"), (job.unknown, "not known")];
        counts.extend(others.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")));
        let paint = if job.active > 0 && job.broken.is_none() { Paint::Good } else { Paint::Bad };
        let name = self.style.paint(&clean(&job.job), Paint::Strong);
        let mut out = format!("{name}   {}{}\n", self.style.paint(&counts.join(", "), paint), self.in_prometheus());
        let source = match job.source {
            JobSource::Secret => "as the job lies in its Secret",
            JobSource::Predicted => "as the operator would write the job",
        };
        out.push_str(&self.style.hang("  ", 2, &format!("on {}, {source}", clean(&job.server.to_string()))));
        if let Some(link) = job.broken {
            let monitor = job.monitor.as_ref().map(|monitor| {
                format!(" ({} why {}/{} -n {})", self.style.program, monitor.kind.to_lowercase(), monitor.name, monitor.namespace)
            });
            let text = format!("its way breaks at the link `{link}`{}", clean(&monitor.unwrap_or_default()));
            out.push_str(&self.line(Mark::Failed, &text));
        }
        out
    }

    fn line(&self, mark: Mark, text: &str) -> String {
        let head = format!("  {} ", self.style.mark(mark));
        self.style.hang(&head, 3 + self.style.mark_width(), text)
    }

    /// The targets, what all of them have in common said once.
    fn active(&self) -> String {
        let active: Vec<&TargetRow> = self.job.targets.iter().filter(|row| row.state == TargetState::Active).collect();
        let Some(first) = active.first() else { return String::new() };
        let common: BTreeMap<&String, &String> = first
            .labels
            .iter()
            .filter(|(name, value)| active.len() > 1 && active.iter().all(|row| row.labels.get(*name) == Some(value)))
            .collect();
        let mut out = String::new();
        if !common.is_empty() {
            let labels = common.iter().map(|(name, value)| label(name, value)).collect::<Vec<_>>().join(" ");
            out.push_str(&self.style.hang("  all: ", 7, &clean(&labels)));
        }
        for row in active {
            let mut url = clean(row.url.as_deref().unwrap_or_default()).into_owned();
            match row.shards.as_slice() {
                [] => {}
                [shard] => url.push_str(&format!("   shard {shard}")),
                several => url.push_str(&format!("   on {} shards", several.len())),
            }
            match (&row.live, &self.job.live) {
                (Some(live), _) => out.push_str(&self.scraped(&url, live)),
                (None, Some(job)) if job.exists.is_some() => {
                    out.push_str(&self.line(Mark::Warned, &format!("{url}   not in Prometheus")));
                }
                _ => out.push_str(&self.line(Mark::Passed, &url)),
            }
            let own = row.labels.iter().filter(|(name, _)| !common.contains_key(name));
            let own = own.map(|(name, value)| label(name, value)).collect::<Vec<_>>().join(" ");
            let indent = 5 + self.style.mark_width();
            if !own.is_empty() {
                out.push_str(&self.style.hang(&" ".repeat(indent), indent, &clean(&own)));
            }
        }
        out
    }

    /// What is dropped, by the rule that does it.
    fn drops(&self) -> String {
        let mut out = String::new();
        for drops in &self.job.drops {
            let text = format!("{} dropped: {}", drops.count, clean(&words(&drops.rule)));
            out.push_str(&self.line(Mark::Skipped, &text));
            let indent = 5 + self.style.mark_width();
            if let Some(field) = &drops.rule.field {
                out.push_str(&self.style.hang(&" ".repeat(indent), indent, &format!("from {}", place(field))));
            }
            let is_of = |row: &&TargetRow| {
                row.rule.as_ref().map(|rule| rule.index) == Some(drops.rule.index) && row.state == TargetState::Dropped
            };
            for row in self.job.targets.iter().filter(is_of) {
                let value = row.value.as_deref().map(|value| seen(&drops.rule, value)).unwrap_or_default();
                let text = format!("{}   {}   {value}", row.address, row.object);
                out.push_str(&self.style.hang(&" ".repeat(indent), indent + 2, &clean(&text)));
            }
        }
        out
    }

    /// What is neither scraped nor dropped.
    fn odd(&self) -> String {
        let odd = |row: &&TargetRow| matches!(row.state, TargetState::Invalid | TargetState::Unknown);
        let line = |row: &TargetRow| {
            let (mark, word) =
                if row.state == TargetState::Invalid { (Mark::Failed, "no valid target") } else { (Mark::Unknown, "not known") };
            let text = format!("{}   {}   {word}: {}", row.address, row.object, row.why.as_deref().unwrap_or_default());
            self.line(mark, &clean(&text))
        };
        self.job.targets.iter().filter(odd).map(line).collect()
    }

    /// A target's way through the rules.
    fn trace(&self, trace: &Trace) -> String {
        let target = &trace.target;
        let mut out = self.style.hang("  ", 2, &clean(&format!("{}   from {}", target.address, target.object)));
        if trace.others > 0 {
            let text = format!("({} more; --trace=TEXT chooses by address, pod or object)", trace.others);
            out.push_str(&self.style.hang("  ", 2, &self.style.paint(&text, Paint::Dim)));
        }
        out.push('\n');
        for step in &trace.steps {
            let mark = match step.effect {
                StepEffect::Dropped => Mark::Failed,
                StepEffect::Unknown => Mark::Unknown,
                StepEffect::None if !chooses(&step.rule) => Mark::Skipped,
                StepEffect::Changed | StepEffect::None => Mark::Passed,
            };
            let number = format!("{:>3} ", step.rule.index + 1);
            let head = format!("  {}{number}", self.style.mark(mark));
            let indent = 2 + self.style.mark_width() + number.len();
            out.push_str(&self.style.hang(&head, indent, &clean(&words(&step.rule))));
            let mut below = clean(&effect(step)).into_owned();
            if let Some(field) = &step.rule.field {
                below.push_str(&format!("   (from {})", place(field)));
            }
            out.push_str(&self.style.hang(&" ".repeat(indent + 2), indent + 2, &below));
        }
        out.push('\n');
        out.push_str(&self.end(trace));
        out
    }

    /// What comes of the target, and what to change.
    fn end(&self, trace: &Trace) -> String {
        let target = &trace.target;
        match target.state {
            TargetState::Active => {
                let labels = target.labels.iter().map(|(name, value)| label(name, value)).collect::<Vec<_>>().join(" ");
                let mut out = self.line(Mark::Passed, &clean(&format!("scraped: {}", target.url.as_deref().unwrap_or_default())));
                let indent = 5 + self.style.mark_width();
                out.push_str(&self.style.hang(&" ".repeat(indent), indent, &clean(&labels)));
                out
            }
            TargetState::Dropped => {
                let by = |rule: &RuleReport| match &rule.field {
                    Some(field) => format!("dropped by rule {}; the field behind it is {}", rule.index + 1, place(field)),
                    None => format!("dropped by rule {}", rule.index + 1),
                };
                self.line(Mark::Failed, &target.rule.as_ref().map_or_else(|| "dropped".to_owned(), by))
            }
            TargetState::Invalid | TargetState::Unknown => {
                let mark = if target.state == TargetState::Invalid { Mark::Failed } else { Mark::Unknown };
                let word = if target.state == TargetState::Invalid { "no valid target" } else { "not known" };
                self.line(mark, &clean(&format!("{word}: {}", target.why.as_deref().unwrap_or_default())))
            }
        }
    }
}

/// `pod="cart-1"`.
fn label(name: &str, value: &str) -> String {
    format!("{name}={value:?}")
}

/// `spec.endpoints[0].port of ServiceMonitor shop/cart`.
fn place(field: &At) -> String {
    clean(&format!("{} of {}", field.path, field.reference)).into_owned()
}
