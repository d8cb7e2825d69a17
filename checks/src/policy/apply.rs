//! From what was found to what a project wants to hear.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::baseline::Baseline;
use super::choice::{Choice, Choices};
use super::comment::comments;
use super::reach::Reach;
use super::suppression::{ANNOTATION, Suppression, annotation_path, annotations};
use crate::check::Check;
use crate::diagnose::{fingerprint, written};
use crate::files::{Bundle, File};
use crate::registry::CHECKS;
use crate::report::{BaselineUse, Evidence, Finding, Ref, Report, Severity, SeverityCounts, Suppressed, SuppressedBy};
use crate::text::{self, count};
use crate::wants::Question;
use crate::world::{Kind, World};

/// What a project wants.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which checks count.
    pub choices: Choices,
    /// How bad findings are, by the code of their check.
    pub severity: BTreeMap<String, Severity>,
    /// What the configuration lets be.
    pub suppressions: Vec<Suppression>,
    /// Whether anything is let be: by configuration, comments and annotations.
    pub suppress: bool,
    /// What was known before.
    pub baseline: Option<Baseline>,
    /// The day on which this runs.
    pub today: Date,
}

/// What a run was about: nothing may be said of what it was not.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whether all monitors were asked about, at all servers.
    pub about_all: bool,
    /// Whether only one server was asked about.
    pub of_one_server: bool,
}

impl From<&Question> for Asked {
    fn from(question: &Question) -> Self {
        let narrowed = question.namespace.is_some() || question.about.is_some() || question.selector.is_some();
        Self { about_all: !narrowed && question.server.is_none(), of_one_server: question.server.is_some() }
    }
}

/// Sets aside what a project does not want to hear, and tells of wishes that are of no use any more. `bundle` are
/// the files that were read, if any: for their comments, and for the places of annotations.
pub fn apply(report: &mut Report, world: &World, asked: Asked, settings: &Settings, bundle: Option<&Bundle>) {
    let files: &[File] = bundle.map_or(&[], |bundle| &bundle.files);
    for finding in report.findings.iter_mut().chain(&mut report.standing) {
        weigh(finding, settings);
    }
    if settings.suppress {
        let mut all: Vec<Suppression> = files.iter().flat_map(comments).collect();
        all.extend(annotations(world, bundle));
        all.extend(settings.suppressions.iter().cloned());
        suppress(report, world, asked, settings, files, &all);
    }
    if let Some(baseline) = &settings.baseline {
        let used = compare(report, world, asked, settings, files, baseline);
        report.baseline = Some(used);
    }
    put_in_order(report);
}

/// The severity that the project gives it, and whether it counts at all.
fn weigh(finding: &mut Finding, settings: &Settings) {
    if let Some(severity) = settings.severity.get(&finding.code) {
        finding.severity = *severity;
    }
    if !settings.choices.take(&finding.code) {
        set_aside(finding, Suppressed { by: SuppressedBy::Selection, reason: None, until: None, at: None });
    }
}

fn set_aside(finding: &mut Finding, why: Suppressed) {
    finding.suppressed = true;
    finding.suppression.get_or_insert(why);
}

fn suppress(report: &mut Report, world: &World, asked: Asked, settings: &Settings, files: &[File], all: &[Suppression]) {
    let mut hits: Vec<BTreeMap<&Choice, usize>> = vec![BTreeMap::new(); all.len()];
    let all_findings = report.findings.iter_mut().chain(&mut report.standing);
    for finding in all_findings.filter(|finding| !finding.suppressed) {
        let mut first = None;
        for (suppression, hits) in all.iter().zip(&mut hits).filter(|(suppression, _)| suppression.takes(finding)) {
            for choice in suppression.checks.iter().filter(|choice| choice.takes(&finding.code)) {
                *hits.entry(choice).or_default() += 1;
            }
            if first.is_none() && !suppression.is_expired(settings.today) {
                first = Some(suppression);
            }
        }
        if let Some(suppression) = first {
            set_aside(finding, why(suppression));
        }
    }
    let reach = Reach { report, world, asked, choices: &settings.choices, files };
    let mut own = Vec::new();
    for (suppression, hits) in all.iter().zip(&hits) {
        tell(suppression, hits, &reach, settings.today, &mut own);
    }
    unlike(&mut own);
    for finding in &mut own {
        weigh(finding, settings);
        // Only what is said outright lets these be, or a wish for "PD" would hide that it is of no use.
        let named = |one: &&Suppression| one.checks.iter().any(|choice| choice.as_str() == finding.code) && one.takes(finding);
        if let Some(suppression) = all.iter().find(|one| named(one) && !one.is_expired(settings.today)) {
            set_aside(finding, why(suppression));
        }
    }
    report.findings.append(&mut own);
}

fn why(suppression: &Suppression) -> Suppressed {
    Suppressed {
        by: suppression.by,
        reason: suppression.reason.clone(),
        until: suppression.until.map(|day| day.to_string()),
        at: suppression.at.clone(),
    }
}

/// What is to be said of a suppression itself.
fn tell(suppression: &Suppression, hits: &BTreeMap<&Choice, usize>, reach: &Reach<'_>, today: Date, out: &mut Vec<Finding>) {
    if let Some(problem) = &suppression.problem {
        let message = match suppression.by {
            SuppressedBy::Annotation => format!("the annotation {ANNOTATION} suppresses nothing: {problem}"),
            _ => format!("this comment suppresses nothing: {problem}"),
        };
        // Somebody wanted something and does not get it.
        out.extend(finding("unused-suppression", suppression, message, Some(Severity::Warning), problem));
        return;
    }
    let all: Vec<&Choice> = suppression.checks.iter().collect();
    if let Some(until) = suppression.until.filter(|_| suppression.is_expired(today)) {
        let found: usize = hits.values().sum();
        let now = match found {
            0 => "nothing of it is found now".to_owned(),
            1 => "1 finding shows again".to_owned(),
            _ => format!("{} show again", count(found, "finding")),
        };
        let message = format!("{} expired on {until}, and {now}", suppression.what(&all));
        out.extend(finding("expired-suppression", suppression, message, None, &codes(&all).join(" ")));
        return;
    }
    let unused: Vec<&Choice> =
        all.into_iter().filter(|choice| !hits.contains_key(choice) && reach.covers(suppression, choice)).collect();
    if !unused.is_empty() {
        let codes = codes(&unused);
        let were = if codes.len() == 1 { "was" } else { "were" };
        let message = format!(
            "{} suppresses nothing: {} {were} looked for and not found",
            suppression.what(&unused),
            text::list(&codes, 3)
        );
        out.extend(finding("unused-suppression", suppression, message, None, &codes.join(" ")));
    }
}

fn codes(choices: &[&Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.to_string()).collect()
}

fn check(name: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.name == name)
}

fn finding(name: &str, suppression: &Suppression, message: String, severity: Option<Severity>, key: &str) -> Option<Finding> {
    let check = check(name)?;
    let subject = suppression.subject();
    let evidence = (suppression.by == SuppressedBy::Annotation).then(|| Evidence {
        reference: Some(subject.clone()),
        path: annotation_path(),
        ..Evidence::default()
    });
    let reason = suppression.reason.as_ref().map(|reason| Evidence { note: Some(reason.clone()), ..Evidence::default() });
    let key = format!("{key}\n{}", suppression.key());
    let told = written(check, subject, &key, message);
    Some(Finding {
        severity: severity.unwrap_or(check.severity),
        evidence: evidence.into_iter().chain(reason).collect(),
        location: suppression.at.clone(),
        ..told
    })
}

/// Two comments in a file may say the same; their positions would tell them apart until the next edit.
fn unlike(findings: &mut [Finding]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        let times = seen.entry(finding.fingerprint.clone()).or_default();
        *times += 1;
        if *times > 1 {
            finding.fingerprint = fingerprint(&finding.code, &finding.subject, &format!("{}\n{times}", finding.fingerprint));
        }
    }
}

/// Sets aside what was known before, and tells what is there no more.
fn compare(
    report: &mut Report,
    world: &World,
    asked: Asked,
    settings: &Settings,
    files: &[File],
    baseline: &Baseline,
) -> BaselineUse {
    let known: BTreeSet<&str> = baseline.known.iter().map(|known| known.fingerprint.as_str()).collect();
    let mut found = BTreeSet::new();
    let all = report.findings.iter_mut().chain(&mut report.standing);
    for finding in all.filter(|finding| known.contains(finding.fingerprint.as_str())) {
        found.insert(finding.fingerprint.clone());
        set_aside(finding, Suppressed { by: SuppressedBy::Baseline, reason: None, until: None, at: None });
    }
    let reach = Reach { report, world, asked, choices: &settings.choices, files };
    let is_gone = |code: &str, subject: &Ref| {
        reach.covers_object(code, subject) || asked.about_all && settings.choices.take(code) && is_absent(world, subject)
    };
    let gone = baseline.known.iter().filter(|known| !found.contains(&known.fingerprint) && is_gone(&known.code, &known.subject));
    BaselineUse { file: baseline.file.clone(), gone: gone.cloned().collect() }
}

/// Whether an object is surely not there.
fn is_absent(world: &World, subject: &Ref) -> bool {
    let Some(kind) = Kind::all().find(|kind| kind.name() == subject.kind) else { return false };
    let namespace = Some(subject.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let mut there = false;
    world.each_object(&mut |other, meta| there |= other == kind && Ref::from(meta.id(kind)) == *subject);
    !there && !kind.fetched_by_name() && world.sight.whole(kind, namespace).is_ok()
}

/// Findings in the order of the report, with the numbers that follow from it, and the counts.
fn put_in_order(report: &mut Report) {
    // What was merged and sorted before keeps its order among its like.
    report.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (at, finding) in report.findings.iter_mut().enumerate() {
        let id = format!("f{}", at + 1);
        ids.insert(std::mem::replace(&mut finding.id, id.clone()), id);
    }
    let place = |id: &String| id[1..].parse::<usize>().unwrap_or(usize::MAX);
    let renumber = |list: &mut Vec<String>| {
        for id in list.iter_mut() {
            if let Some(new) = ids.get(id) {
                id.clone_from(new);
            }
        }
        list.sort_by_key(place);
    };
    for subject in &mut report.subjects {
        renumber(&mut subject.findings);
        if let Some(new) = subject.cause.as_ref().and_then(|id| ids.get(id)) {
            subject.cause = Some(new.clone());
        }
        subject.chains.iter_mut().flat_map(|chain| &mut chain.links).for_each(|link| renumber(&mut link.findings));
    }
    let by = |wanted: &[SuppressedBy]| {
        let why = report.findings.iter().filter_map(|finding| finding.suppression.as_ref());
        why.filter(|why| wanted.contains(&why.by)).count()
    };
    let summary = &mut report.summary;
    summary.findings = SeverityCounts::of(&report.findings);
    summary.standing = SeverityCounts::of(&report.standing);
    summary.suppressed = by(&[SuppressedBy::Comment, SuppressedBy::Annotation, SuppressedBy::Configuration]);
    summary.in_baseline = by(&[SuppressedBy::Baseline]);
    summary.not_selected = by(&[SuppressedBy::Selection]);
}

fn order(finding: &Finding) -> (Severity, &str, &str, &str, &str) {
    let subject = &finding.subject;
    (finding.severity, &finding.code, &subject.namespace, &subject.kind, &subject.name)
}
