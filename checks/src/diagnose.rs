//! From a world to a report.

use crate::report::{Report, Run, Summary, Tool};
use crate::wants::Question;
use crate::world::World;

/// Judges what a world holds.
pub fn diagnose(world: &World, question: &Question, run: Run) -> Report {
    let _ = (world, question);
    Report {
        api_version: "promdoctor/v1",
        kind: "Report",
        tool: Tool { name: "prom-doctor", version: env!("CARGO_PKG_VERSION") },
        run,
        summary: Summary::default(),
        subjects: Vec::new(),
        findings: Vec::new(),
        not_checked: Vec::new(),
        app: None,
    }
}
