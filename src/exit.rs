//! Exit codes: the same in every output format, and untouched by what is shown.

use prom_doctor_checks::report::{Link, Report, Severity, Verdict};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// No finding at or above the threshold.
    Clean,
    /// At least one.
    Findings,
    /// Wrong usage.
    Usage,
    /// No answer: nothing to read, object not found, not enough rights.
    NoAnswer,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::NoAnswer => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What was asked; only a question about one object can go unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `audit`: unknowns are listed.
    Audit,
    /// `why` of a monitor: an unknown verdict is no answer.
    Monitor,
    /// `why` of an application: no answer where nothing reaches it and something is unknown.
    App,
    /// `lint`: files know little of the cluster, so unknowns are the rule.
    Lint,
}

/// What counts as a failure.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// The mildest severity that fails; `None` for never.
    pub fail_on: Option<Severity>,
    /// Whether what was not checked fails.
    pub strict: bool,
}

/// The exit code of a report.
pub fn of_report(report: &Report, asked: Asked, policy: Policy) -> Exit {
    // Severities are ordered from the worst on.
    let counts = |severity: Severity| policy.fail_on.is_some_and(|least| severity <= least);
    if report.findings.iter().any(|finding| !finding.suppressed && counts(finding.severity)) {
        return Exit::Findings;
    }
    let unknown = report.subjects.iter().any(|subject| subject.verdict == Verdict::Unknown);
    let unanswered = match asked {
        Asked::Audit | Asked::Lint => false,
        // A monitor that is there and cannot be read is no subject, and no answer either.
        Asked::Monitor => unknown || report.subjects.is_empty(),
        Asked::App => report.app.as_ref().is_some_and(|app| {
            let monitors = || app.reached.iter().chain(&app.near);
            // That no monitor reaches it is an answer only where all of them were seen and judged.
            let open = monitors().any(|reach| reach.verdict == Verdict::Unknown)
                || report.not_checked.iter().any(|open| open.link == Link::Exists);
            open && !monitors().any(|reach| reach.targets > 0)
        }),
    };
    if unanswered || policy.strict && (unknown || !report.not_checked.is_empty()) {
        return Exit::NoAnswer;
    }
    Exit::Clean
}
