//! An application: which monitors reach it, and which nearly do.

use prom_doctor_checks::report::{App, Reach, Ref};
use prom_doctor_checks::text;

use super::View;
use super::chain::compared;
use super::text::{Mark, Paint, clean};

/// How many pods and Services are named.
const NAMED: usize = 4;

impl View<'_> {
    /// The application as a whole.
    pub(super) fn app(&self, app: &App) -> String {
        let reached = match (app.reached.len(), app.near.len()) {
            (0, 0) => self.style.paint("no monitor reaches it, none comes near", Paint::Bad),
            (0, near) => {
                let verb = if near == 1 { "does" } else { "do" };
                format!("{}, {near} nearly {verb}", self.style.paint("no monitor reaches it", Paint::Bad))
            }
            (some, _) => self.style.paint(&format!("reached by {}", text::count(some, "monitor")), Paint::Good),
        };
        let name = clean(&app.reference.to_string()).into_owned();
        let mut out = format!("{}   {reached}\n\n", self.style.paint(&name, Paint::Strong));
        out.push_str(&self.named("pods", &app.pods));
        out.push_str(&self.named("Services", &app.services));
        self.list(&mut out, "reached by:", &app.reached);
        self.list(&mut out, "nearly reached by:", &app.near);
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
    }

    fn reach(&self, reach: &Reach) -> String {
        let near = !reach.differs.is_empty() || reach.targets == 0;
        let mark = if near && reach.targets == 0 { Mark::Failed } else { Mark::of_verdict(reach.verdict, false) };
        let mut line = clean(&reach.monitor.to_string()).into_owned();
        line.push_str(&format!("   {}", text::count(reach.targets, "target")));
        if let Some(service) = &reach.service {
            line.push_str(&format!("   through {}", clean(&service.to_string())));
        }
        line.push_str(&format!("   {}", reach.verdict));
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
