//! The table of an audit: a line for each monitor.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, TableStyle, Width};
use prom_doctor_checks::report::{Link, LinkState, Severity, Subject, Targets, Verdict};

use super::View;
use super::policy::cause_in_words;
use super::text::{Mark, Paint, Style, clean, columns};

impl View<'_> {
    /// All monitors, in the order of the report.
    pub(super) fn table(&self, headers: bool) -> String {
        let mut table = plain(self.style, headers.then_some(&["NAMESPACE", "MONITOR", "TARGETS", "VERDICT", "CAUSE"]));
        let mut longest = 0;
        for subject in &self.report.subjects {
            let warned = self.warned(&subject.findings);
            let mark = Mark::of_verdict(subject.verdict, warned);
            let (sign, word) = (mark.text(self.style.ascii), subject.verdict.as_str());
            let verdict = if sign == word { word.to_owned() } else { format!("{sign} {word}") };
            let reason = self.reason(subject);
            longest = reason.split(' ').map(columns).chain([longest]).max().unwrap_or(longest);
            let targets = self.deciding(subject).map(|chain| chain.targets).unwrap_or_default();
            table.add_row([
                Cell::new(clean(&subject.reference.namespace)),
                Cell::new(clean(&short(subject))),
                Cell::new(in_short(targets)),
                painted(self.style, &verdict, mark.paint()),
                Cell::new(clean(&reason)),
            ]);
        }
        self.fit(&mut table, longest);
        lines(table)
    }

    /// Where the table is too wide, checks are kept whole as long as that leaves names of monitors some room, then
    /// their words are; namespaces and monitors are wrapped.
    fn fit(&self, table: &mut Table, longest: usize) {
        const SPACE: usize = 2;
        const MONITOR: usize = 24;
        let Some(width) = self.style.width else { return };
        let natural: Vec<usize> = table.column_max_content_widths().into_iter().map(usize::from).collect();
        let [namespace, monitor, targets, verdict, cause] = natural[..] else { return };
        let room = width.saturating_sub(namespace + targets + verdict + 4 * SPACE);
        if monitor + cause <= room {
            table.set_content_arrangement(ContentArrangement::Disabled);
            return;
        }
        let cause = if room.saturating_sub(cause) >= monitor.min(MONITOR) { cause } else { longest.min(cause) };
        let fixed = |columns: usize| ColumnConstraint::Absolute(Width::Fixed(u16::try_from(columns).unwrap_or(u16::MAX)));
        for (at, columns) in [(2, targets + SPACE), (3, verdict + SPACE), (4, cause)] {
            if let Some(column) = table.column_mut(at) {
                column.set_constraint(fixed(columns));
            }
        }
    }

    /// Code and name of the cause; for an unknown verdict the first link that could not be checked; for a good
    /// one the worst of its findings.
    fn reason(&self, subject: &Subject) -> String {
        let worst =
            || self.live(&subject.findings).filter(|finding| finding.severity <= Severity::Warning).min_by_key(|f| f.severity);
        if let Some(finding) = self.cause(subject) {
            return cause_in_words(finding);
        }
        if subject.verdict == Verdict::Unknown {
            return self.unchecked(subject);
        }
        worst().map(|finding| format!("{} {}", finding.code, finding.name)).unwrap_or_default()
    }

    /// `not checked: backed`: the first link that leaves a verdict open. What a server loaded and scraped is seen
    /// from inside only, so these two are named only where nothing else is open.
    pub(super) fn unchecked(&self, subject: &Subject) -> String {
        let links = || self.deciding(subject).into_iter().flat_map(|chain| &chain.links);
        let mut open = links().filter(|link| link.state == LinkState::Unknown);
        let inside = |link: Link| matches!(link, Link::Loaded | Link::Scraped);
        let first = open.clone().find(|link| !inside(link.link)).or_else(|| open.next());
        first.map_or_else(|| "not all could be checked".to_owned(), |link| format!("not checked: {}", link.link))
    }
}

/// `smon/cart`.
fn short(subject: &Subject) -> String {
    let kind = match subject.reference.kind.as_str() {
        "ServiceMonitor" => "smon",
        "PodMonitor" => "pmon",
        other => other,
    };
    format!("{kind}/{}", subject.reference.name)
}

/// `0/3`, `?/3`.
fn in_short(targets: Targets) -> String {
    let text = |number: Option<usize>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    // Targets that do not answer are none to whoever waits for their samples.
    format!("{}/{}", text(targets.up.or(targets.predicted)), text(targets.if_mended))
}

/// A table without lines, as kubectl prints them.
pub(super) fn plain(style: &Style, headers: Option<&[&str]>) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).force_no_tty();
    if style.colour {
        table.enforce_styling();
        table.style_text_only();
    }
    match style.width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    if let Some(headers) = headers {
        table.set_header(headers.iter().map(|text| painted(style, text, Paint::Strong)));
    }
    table
}

pub(super) fn painted(style: &Style, text: &str, paint: Paint) -> Cell {
    let cell = Cell::new(text);
    if !style.colour {
        return cell;
    }
    match paint {
        Paint::Good => cell.fg(Color::DarkGreen),
        Paint::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Paint::Warn => cell.fg(Color::DarkYellow).add_attribute(Attribute::Bold),
        Paint::Note => cell.fg(Color::DarkBlue).add_attribute(Attribute::Bold),
        Paint::Code => cell.fg(Color::DarkCyan),
        Paint::Strong => cell.add_attribute(Attribute::Bold),
        Paint::Dim => cell.add_attribute(Attribute::Dim),
    }
}

/// The table as text, flush left, two spaces between columns, none at the ends of lines.
pub(super) fn lines(mut table: Table) -> String {
    let last = table.column_iter().count().saturating_sub(1);
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if at < last { 2 } else { 0 }));
    }
    let mut out = String::new();
    for line in table.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
