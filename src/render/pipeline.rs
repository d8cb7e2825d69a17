//! The steps of servers for people: nine lines, then where it is stuck, what to expect and what to do.

use prom_doctor_checks::pipeline::{Advice, Fact, Pipeline, PipelineList, PipelineState, Step, StepState, span};
use prom_doctor_checks::report::Confidence;
use prom_doctor_checks::text::list;

use super::text::{Mark, Paint, clean, clean_lines, columns};
use super::{Detail, Style};

/// So many differing jobs are named.
const JOBS: usize = 3;
/// Columns of the longest name of a step, and of an age.
const NAME: usize = 10;
const AGE: usize = 7;

/// One server after the other.
pub fn pipelines(answer: &PipelineList, detail: Detail, style: &Style) -> String {
    let page = |pipeline: &Pipeline| Page { pipeline, detail, style }.text();
    answer.servers.iter().map(page).collect::<Vec<_>>().join("\n")
}

struct Page<'a> {
    pipeline: &'a Pipeline,
    detail: Detail,
    style: &'a Style,
}

impl Page<'_> {
    fn text(&self) -> String {
        let mut out = self.head();
        if !self.detail.only_findings {
            self.pipeline.steps.iter().for_each(|step| out.push_str(&self.step(step)));
        }
        let end = self.end();
        if !end.is_empty() {
            out.push('\n');
            out.push_str(&end);
        }
        out
    }

    /// `Prometheus monitoring/k8s   stuck at step 4, written`.
    fn head(&self) -> String {
        let pipeline = self.pipeline;
        let (words, paint) = match (pipeline.state, pipeline.stuck_at()) {
            (_, Some(step)) => {
                let likely = if step.confidence == Confidence::Certain { "" } else { "most likely " };
                (format!("{likely}stuck at step {}, {}", step.number, step.name.as_str()), Paint::Bad)
            }
            (PipelineState::Done, _) => ("nothing is stuck".to_owned(), Paint::Good),
            (PipelineState::Waiting, _) => {
                let step = pipeline.steps.iter().find(|step| step.state == StepState::Waiting);
                let at = step.map(|step| format!(" at step {}, {}", step.number, step.name.as_str())).unwrap_or_default();
                (format!("on its way{at}"), Paint::Note)
            }
            _ => ("nothing is known to be stuck".to_owned(), Paint::Warn),
        };
        let mut name = pipeline.server.to_string();
        if let Some(monitor) = &pipeline.monitor {
            name = format!("{monitor} on {name}");
        }
        format!("{}   {}\n", self.style.paint(&clean(&name), Paint::Strong), self.style.paint(&words, paint))
    }

    fn step(&self, step: &Step) -> String {
        let mark = match step.state {
            StepState::Done if step.warnings.is_empty() => Mark::Passed,
            StepState::Done => Mark::Warned,
            StepState::Waiting => Mark::Waiting,
            StepState::Stuck => Mark::Failed,
            StepState::Unknown => Mark::Unknown,
            StepState::Behind => Mark::Skipped,
        };
        let age = step.age_seconds.map(span).unwrap_or_default();
        let age = self.style.paint(&format!("{age:>AGE$}"), Paint::Dim);
        let head = format!("  {} {} {:<NAME$} {age}   ", self.style.mark(mark), step.number, step.name.as_str());
        let indent = 2 + self.style.mark_width() + 3 + NAME + 1 + AGE + 3;
        let says = match step.state {
            StepState::Behind if step.says.is_empty() => "behind that".to_owned(),
            _ => step.says.clone(),
        };
        let mut out = self.style.hang(&head, indent, &clean(&says));
        let below = |text: &str| self.style.hang(&" ".repeat(indent), indent, text);
        // One reason may leave several steps open: it stands at the first of them.
        let before = step.number.checked_sub(2).and_then(|at| self.pipeline.steps.get(at));
        for why in step.why.iter().filter(|why| before.is_none_or(|before| !before.why.contains(why))) {
            out.push_str(&below(&clean(&format!("because: {why}"))));
        }
        for warning in &step.warnings {
            let sign = if self.style.ascii { "warn" } else { "!" };
            let head = format!("{}{} ", " ".repeat(indent), self.style.paint(sign, Paint::Warn));
            out.push_str(&self.style.hang(&head, indent + columns(sign) + 1, &clean(warning)));
        }
        let telling = matches!(step.state, StepState::Stuck | StepState::Waiting);
        if telling || self.detail.wide {
            out.push_str(&self.evidence(step, indent));
        }
        out
    }

    /// What shows how a step stands, and how jobs differ.
    fn evidence(&self, step: &Step, indent: usize) -> String {
        let mut out = String::new();
        let arrow = self.style.paint("-->", Paint::Note);
        let line = |text: String| {
            let head = format!("{}{arrow} ", " ".repeat(indent));
            self.style.hang(&head, indent + 4, &clean(&text))
        };
        let told = |fact: &&Fact| step.says.contains(&fact.path) && step.says.contains(&fact.value);
        for fact in step.evidence.iter().filter(|fact| !told(fact)) {
            let object = fact.object.as_ref().map(|object| format!("{object} ")).unwrap_or_default();
            out.push_str(&line(format!("{object}{}: {}", fact.path, fact.value)));
        }
        let Some(jobs) = &step.jobs else { return out };
        let most = if self.detail.wide { usize::MAX } else { JOBS };
        for (word, names) in [("missing", &jobs.missing), ("left over", &jobs.extra)] {
            if !names.is_empty() {
                out.push_str(&line(format!("{word}: {}", list(names, most))));
            }
        }
        for job in jobs.different.iter().take(most) {
            out.push_str(&line(format!("different: {}: {}", job.job, list(&job.fields, most))));
        }
        if jobs.different.len() > most {
            out.push_str(&line(format!("and {} more different", jobs.different.len() - most)));
        }
        out
    }

    /// Where it is stuck, what to expect, and what can be done by hand.
    fn end(&self) -> String {
        let mut parts = Vec::new();
        if let Some(step) = self.pipeline.stuck_at() {
            let mut part = if self.detail.only_findings { self.step(step) } else { String::new() };
            part.push_str(&self.advice("what to do", &step.advice));
            parts.push(part);
        }
        if let Some(expect) = &self.pipeline.expect {
            let by = expect.by.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default();
            let text = if expect.within_seconds >= 0 {
                format!("expect: {} within {}{by}", expect.what, span(expect.within_seconds))
            } else {
                format!("expect: {}, which is overdue for {}{by}", expect.what, span(-expect.within_seconds))
            };
            parts.push(self.style.hang("", 8, &clean(&text)));
        }
        let stopped = self.pipeline.next().filter(|step| step.state == StepState::Waiting && matches!(step.number, 5..=7));
        // Where it is known what is wrong, that is to be mended, and nothing to be hurried.
        let open = |step: &Step| matches!(step.number, 5 | 6) && step.confidence != Confidence::Certain;
        let to_hurry = self.pipeline.stuck_at().map_or(stopped.is_some(), open);
        if let Some(reload) = self.pipeline.reload.as_ref().filter(|_| to_hurry || self.detail.wide) {
            let watch = match reload.watch_interval_seconds {
                Some(seconds) => format!("the config-reloader looks every {}", span(seconds)),
                None => "the config-reloader is told at once".to_owned(),
            };
            let usual = if reload.seen { "" } else { " (the usual settings: the pod was not seen)" };
            let text = format!("a reload takes: up to {} for the kubelet, then {watch}{usual}", span(reload.kubelet_seconds));
            let mut part = self.style.hang("", 2, &text);
            part.push_str(&self.advice("by hand, in this order", &reload.by_hand));
            parts.push(part);
        }
        parts.retain(|part| !part.is_empty());
        parts.join("\n")
    }

    fn advice(&self, title: &str, all: &[Advice]) -> String {
        if all.is_empty() {
            return String::new();
        }
        let mut out = format!("{title}:\n");
        for advice in all {
            out.push_str(&self.style.hang(&format!("  {} ", self.style.paint("=", Paint::Note)), 4, &clean(&advice.title)));
            if let Some(command) = &advice.command {
                out.push_str(&format!("      {}\n", self.style.paint(&clean_lines(command), Paint::Code)));
            }
        }
        out
    }
}
