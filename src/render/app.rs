//! An application: which monitors reach it, and which nearly do.

use prom_doctor_checks::report::{App, Reach, Ref, Verdict};
use prom_doctor_checks::text;

use super::View;
use super::chain::compared;
use super::text::{Mark, Paint, clean};

/// How many pods and Services are named.
const NAMED: usize = 4;

impl View<'_> {
    /// The application as a whole.
    pub(super) fn app(&self, app: &App) -> String {
        let yielding = app.reached.iter().filter(|reach| reach.targets > 0).count();
        let reached = match (yielding, app.reached.len(), app.near.len()) {
            (0, 0, 0) => self.style.paint("no monitor reaches it, none comes near", Paint::Bad),
            (0, 0, 1) => self.style.paint("no monitor reaches it, one comes near", Paint::Bad),
            (0, 0, near) => self.style.paint(&format!("no monitor reaches it, {near} come near"), Paint::Bad),
            (0, some, _) if app.reached.iter().any(|reach| reach.verdict == Verdict::Unknown) => {
                let text = format!("chosen by {}; whether it is scraped is not known", text::count(some, "monitor"));
                self.style.paint(&text, Mark::Unknown.paint())
            }
            (0, some, _) => {
                let text = format!("chosen by {}, but without a target", text::count(some, "monitor"));
                self.style.paint(&text, Paint::Bad)
            }
            (some, ..) => self.style.paint(&format!("reached by {}", text::count(some, "monitor")), Paint::Good),
        };
        let name = clean(&app.reference.to_string()).into_owned();
        let mut out = format!("{}   {reached}\n\n", self.style.paint(&name, Paint::Strong));
        out.push_str(&self.named("pods", &app.pods));
        out.push_str(&self.named("Services", &app.services));
        self.list(&mut out, "monitors that choose it:", &app.reached);
        self.list(&mut out, "monitors that nearly do:", &app.near);
        out
    }

    fn named(&self, what: &str, references: &[Ref]) -> String {
        let names: Vec<&str> = references.iter().map(|reference| reference.name.as_str()).collect();
        self.style.hang(&format!("  {what:<8}  "), 12, &clean(&text::list(&names, NAMED)))
    }

    fn list(&self, out: &mut String, title: &str, monitors: &[Reach]) {
        if monitors.is_empty() {
            return;
        }
        out.push_str(&format!("\n{title}\n"));
        for reach in monitors {
            out.push_str(&self.reach(reach));
        }
        // What breaks the way of a monitor is its own question.
        if let Some(broken) = monitors.iter().find(|reach| reach.differs.is_empty() && reach.verdict != Verdict::Ok) {
            let Ref { kind, namespace, name } = &broken.monitor;
            let command = format!("{} why {}/{name} -n {namespace}", self.style.program, kind.to_lowercase());
            out.push_str(&format!("  {} help: {}\n", self.style.paint("=", Paint::Note), clean(&command)));
        }
    }

    fn reach(&self, reach: &Reach) -> String {
        let near = !reach.differs.is_empty();
        let mark = if near { Mark::Failed } else { Mark::of_verdict(reach.verdict, false) };
        let mut line = clean(&reach.monitor.to_string()).into_owned();
        if !near {
            let open = reach.verdict == Verdict::Unknown && reach.targets == 0;
            let targets = if open { "targets not known".to_owned() } else { text::count(reach.targets, "target") };
            line.push_str(&format!("   {}   {targets}", reach.verdict));
        }
        if let Some(service) = &reach.service {
            let word = if near { "nearest:" } else { "through" };
            line.push_str(&format!("   {word} {}", clean(&service.to_string())));
        }
        let indent = 3 + self.style.mark_width();
        let mut out = self.style.hang(&format!("  {} ", self.style.mark(mark)), indent, &line);
        for evidence in &reach.differs {
            for (word, text) in compared(evidence) {
                let (reference, path) = match (word, &evidence.at) {
                    ("has", Some(at)) => (Some(&at.reference), at.path.as_str()),
                    ("wants", _) => (evidence.reference.as_ref(), evidence.path.as_str()),
                    _ => (None, ""),
                };
                let place = reference.map(|reference| format!("   in {reference}  {path}")).unwrap_or_default();
                let paint = if word == "wants" { Paint::Good } else { Paint::Bad };
                let head = format!("{}{}   ", " ".repeat(indent), self.style.paint(&format!("{word:<5}"), paint));
                out.push_str(&self.style.hang(&head, indent + 8, &format!("{text}{}", clean(&place))));
            }
        }
        out
    }
}
