//! A chain, link by link.

use prom_doctor_checks::path::{self, Step};
use prom_doctor_checks::report::{ChainReport, Evidence, Finding, LinkReport, LinkState, Severity, Subject, Targets, Verdict};

use super::View;
use super::policy::cause_in_words;
use super::text::{Mark, Paint, clean, columns};

/// Columns of the longest name of a link (`discoverable`).
const LINK: usize = 12;

impl View<'_> {
    /// The line that says it all: `ServiceMonitor shop/cart   0 of 3 targets   cause: PD0301 selector-…`.
    pub(super) fn verdict_line(&self, subject: &Subject) -> String {
        let targets = self.deciding(subject).map(|chain| chain.targets).unwrap_or_default();
        let mut parts = vec![self.style.paint(&clean(&subject.reference.to_string()), Paint::Strong)];
        let mark = Mark::of_verdict(subject.verdict, false).paint();
        match (subject.verdict, self.cause(subject)) {
            (Verdict::Failed, Some(_)) => {}
            (verdict, _) => parts.push(self.style.paint(verdict.as_str(), mark)),
        }
        parts.push(targets_in_words(targets));
        if let Some(cause) = self.cause(subject) {
            let name = cause_in_words(cause);
            parts.push(format!("cause: {}", self.style.paint(&clean(&name), cause.severity.into())));
        } else if subject.verdict == Verdict::Unknown {
            parts.push(self.unchecked(subject));
        }
        parts.join("   ") + "\n"
    }

    /// The way of a monitor: through the server that decides in full, through the others in a line each; with
    /// `all`, through every server in full.
    pub(super) fn ways(&self, subject: &Subject, all: bool) -> String {
        let Some(deciding) = self.deciding(subject) else { return String::new() };
        let several = subject.chains.len() > 1;
        let mut out = String::new();
        if several {
            // Its verdict is that of the monitor, or the server is the one that came nearest.
            out.push_str(&format!("  through {}\n", clean(&deciding.server.to_string())));
        }
        out.push_str(&self.links(deciding));
        let others = subject.chains.iter().filter(|chain| !std::ptr::eq(*chain, deciding));
        for (at, chain) in others.enumerate() {
            if all {
                out.push('\n');
                out.push_str(&self.in_a_line(chain));
                out.push_str(&self.links(chain));
            } else {
                if at == 0 {
                    out.push('\n');
                }
                out.push_str(&self.in_a_line(chain));
            }
        }
        out
    }

    /// `- Prometheus monitoring/other   not taken (selected)`.
    fn in_a_line(&self, chain: &ChainReport) -> String {
        let mark = Mark::of_verdict(chain.verdict, false);
        let broken =
            chain.links.iter().find(|link| matches!(link.state, LinkState::Failed | LinkState::Unknown) && is_whole(link));
        let verdict = match (chain.verdict, broken) {
            (Verdict::NotTaken, Some(link)) => format!("not taken ({})", link.link),
            (Verdict::NotTaken, None) => "not taken".to_owned(),
            (Verdict::Ok, _) => format!("ok, {}", targets_in_words(chain.targets)),
            (verdict, Some(link)) => format!("{verdict} at {}, {}", link.link, targets_in_words(chain.targets)),
            (verdict, None) => format!("{verdict}, {}", targets_in_words(chain.targets)),
        };
        let head = format!("  {} ", self.style.mark(mark));
        let text = format!("{}   {verdict}", clean(&chain.server.to_string()));
        self.style.hang(&head, 3 + self.style.mark_width(), &text)
    }

    fn links(&self, chain: &ChainReport) -> String {
        let mut out = String::new();
        let mut hypothetical = false;
        for link in &chain.links {
            if link.hypothetical && !hypothetical {
                hypothetical = true;
                out.push_str(&format!("    {}\n", self.style.paint("if that were mended:", Paint::Dim)));
            }
            out.push_str(&self.link(link, chain));
        }
        out
    }

    fn link(&self, link: &LinkReport, chain: &ChainReport) -> String {
        let whole = is_whole(link);
        let label = match (link.endpoint, &link.namespace) {
            (None, None) => link.link.as_str().to_owned(),
            (Some(endpoint), None) => format!("endpoint {endpoint}"),
            (None, Some(namespace)) => format!("in {}", clean(namespace)),
            (Some(endpoint), Some(namespace)) => format!("endpoint {endpoint} in {}", clean(namespace)),
        };
        // Parts of a link stand two columns further in, their texts below those of the link.
        let (indent, room) = if whole { (2, LINK) } else { (4, LINK - 2) };
        let column = 2 + self.style.mark_width() + 1 + LINK + 2;
        let mark = Mark::of_link(link.state, self.warned(&link.findings));
        let mut head = format!("{}{} ", " ".repeat(indent), self.style.mark(mark));
        let pad = room.saturating_sub(columns(&label));
        head.push_str(&match mark {
            Mark::Failed => self.style.paint(&label, Paint::Strong),
            Mark::Skipped => self.style.paint(&label, Paint::Dim),
            _ => label,
        });
        head.push_str(&" ".repeat(pad + 2));
        let findings: Vec<&Finding> = self.live(&link.findings).collect();
        let mut out = self.style.hang(&head, column, &self.says(link, &findings));
        // What a link says as a whole need not be said again for each of its parts.
        let told = |id: &String| {
            let mut others = chain.links.iter().filter(|other| other.link == link.link && !is_whole(other));
            whole && others.any(|other| other.findings.contains(id))
        };
        if link.state == LinkState::Failed {
            let pad = " ".repeat(column);
            for finding in findings.iter().filter(|finding| !told(&finding.id) && finding.severity == Severity::Error) {
                for evidence in &finding.evidence {
                    for (word, text) in compared(evidence) {
                        let paint = if word == "wants" { Paint::Good } else { Paint::Bad };
                        let head = format!("{pad}{}   ", self.style.paint(&format!("{word:<5}"), paint));
                        out.push_str(&self.style.hang(&head, column + 8, &text));
                    }
                }
            }
        }
        out
    }

    /// What stands behind a link: what was seen, else the message of what was found, else why nothing is known.
    fn says(&self, link: &LinkReport, findings: &[&Finding]) -> String {
        let detail = link.detail.as_deref().map(clean);
        if link.state == LinkState::Unknown {
            let why = link.why.iter().map(|why| clean(why)).collect::<Vec<_>>().join("; ");
            return match (detail, why.is_empty()) {
                (None, true) => "not checked".to_owned(),
                (None, false) => format!("not checked: {why}"),
                (Some(detail), true) => detail.into_owned(),
                (Some(detail), false) if detail.contains(&why) => detail.into_owned(),
                (Some(detail), false) => format!("{detail}; not checked: {why}"),
            };
        }
        match (detail, link.state, findings.first()) {
            (Some(detail), ..) => detail.into_owned(),
            (None, LinkState::Skipped, _) => "does not apply".to_owned(),
            (None, _, Some(finding)) => clean(&finding.message).into_owned(),
            (None, ..) => String::new(),
        }
    }
}

fn is_whole(link: &LinkReport) -> bool {
    link.endpoint.is_none() && link.namespace.is_none()
}

/// `0 of 3 targets`, `3 targets`, `targets not known`.
fn targets_in_words(targets: Targets) -> String {
    let noun = |number: usize| if number == 1 { "target" } else { "targets" };
    let mut text = match (targets.predicted, targets.if_mended) {
        (Some(now), Some(then)) if now != then => format!("{now} of {then} {}", noun(then)),
        (Some(now), _) => format!("{now} {}", noun(now)),
        (None, Some(then)) => format!("? of {then} {}", noun(then)),
        (None, None) => "targets not known".to_owned(),
    };
    if let (Some(actual), up) = (targets.actual, targets.up.unwrap_or_default()) {
        // What Prometheus has is said where it is not what was expected.
        if targets.predicted == Some(actual) {
            text.push_str(&format!(", {up} up"));
        } else {
            text.push_str(&format!(" ({actual} in Prometheus, {up} up)"));
        }
    }
    text
}

/// The last key of a path, and whether it stands for itself (an expression of a selector does not).
pub(super) fn last_key(text: &str) -> Option<String> {
    let steps = path::parse(text).ok()?;
    let keys = steps.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.clone()),
        Step::Index(_) => None,
    });
    keys.filter(|key| key != "matchExpressions")
}

/// What is asked for and what is there, as lines for people: `wants`, `has`, and a remark.
pub(super) fn compared(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let other = evidence.at.as_ref().and_then(|at| last_key(&at.path));
    let own = last_key(&evidence.path);
    let key = if evidence.operator.is_some() { other.clone().or(own) } else { own.or_else(|| other.clone()) };
    let key = key.map(|key| clean(&key).into_owned());
    let values = |values: &[String]| values.iter().map(|value| show(value)).collect::<Vec<_>>().join(", ");
    let with = |key: Option<&str>, relation: &str, value: &str| match key {
        Some(key) => format!("{key} {relation} {value}"),
        None => value.to_owned(),
    };
    let named = key.as_deref();
    let wanted = values(&evidence.wanted);
    let wants = match (evidence.operator.as_deref(), evidence.wanted.len()) {
        (Some("Exists"), _) => Some(with(named, "with", "any value")),
        (Some("DoesNotExist"), _) => Some(format!("no {}", named.unwrap_or("such label"))),
        (Some("NotIn"), _) => Some(with(named, "not in", &format!("({wanted})"))),
        (_, 0) => None,
        (_, 1) => Some(with(named, "=", &wanted)),
        (_, _) => Some(with(named, "in", &format!("({wanted})"))),
    };
    let there = other.map(|key| clean(&key).into_owned()).or(key);
    let has = match (evidence.found.as_slice(), &wants) {
        ([], None) => None,
        ([], Some(_)) => Some(there.as_deref().map_or_else(|| "nothing".to_owned(), |key| format!("no {key}"))),
        (found, _) => Some(with(there.as_deref(), "=", &values(found))),
    };
    let note = evidence.note.as_deref().map(|note| ("note", clean(note).into_owned()));
    let lines = wants.map(|text| ("wants", text)).into_iter().chain(has.map(|text| ("has", text)));
    lines.chain(note).collect()
}

/// Where that stands which a line of [`compared`] speaks of: `   in Service shop/cart  spec.ports`.
pub(super) fn stands(word: &str, evidence: &Evidence) -> String {
    let (reference, path) = match (word, &evidence.at) {
        ("wants", _) => (evidence.reference.as_ref(), evidence.path.as_str()),
        ("has", Some(at)) => (Some(&at.reference), at.path.as_str()),
        ("has", None) if evidence.wanted.is_empty() => (evidence.reference.as_ref(), evidence.path.as_str()),
        _ => (None, ""),
    };
    reference.map(|reference| format!("   in {reference}  {path}")).unwrap_or_default()
}

/// A value, in quotes where it would not be seen or would run into its neighbours.
fn show(value: &str) -> String {
    let plain = !value.is_empty() && !value.starts_with(' ') && !value.ends_with(' ') && !value.contains(", ");
    if plain { clean(value).into_owned() } else { format!("\"{}\"", clean(value)) }
}

#[cfg(test)]
mod tests {
    use prom_doctor_checks::report::{At, Ref};

    use super::*;

    fn label(operator: Option<&str>, wanted: &[&str], found: &[&str]) -> Vec<(&'static str, String)> {
        let reference = Ref { kind: "Prometheus".into(), namespace: "monitoring".into(), name: "k8s".into() };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        compared(&Evidence {
            reference: Some(reference.clone()),
            path: "spec.serviceMonitorSelector.matchExpressions[0]".into(),
            operator: operator.map(str::to_owned),
            wanted: texts(wanted),
            found: texts(found),
            at: Some(At { reference, path: r#"metadata.labels["app.kubernetes.io/name"]"#.into() }),
            note: None,
        })
    }

    #[test]
    fn each_operator_has_its_words() {
        let words = |operator, wanted: &[&str], found: &[&str]| {
            let lines = label(operator, wanted, found);
            lines.iter().map(|(_, text)| text.replace("app.kubernetes.io/name", "K")).collect::<Vec<_>>()
        };
        assert_eq!(words(Some("In"), &["a"], &["b"]), ["K = a", "K = b"]);
        assert_eq!(words(Some("In"), &["a", "c"], &[]), ["K in (a, c)", "no K"]);
        assert_eq!(words(Some("NotIn"), &["a"], &["a"]), ["K not in (a)", "K = a"]);
        assert_eq!(words(Some("Exists"), &[], &[]), ["K with any value", "no K"]);
        assert_eq!(words(Some("DoesNotExist"), &[], &["a"]), ["no K", "K = a"]);
        assert_eq!(words(None, &["a "], &[""]), ["K = \"a \"", "K = \"\""]);
    }
}
