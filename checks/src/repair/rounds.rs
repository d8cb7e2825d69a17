//! Round by round.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Cut, Why, change};
use super::{Applied, NotApplied, Options, Repaired};
use crate::files::Bundle;
use crate::report::{Finding, Link, Ref, Report, Safety, Severity};
use crate::yaml::edit::Edits;

/// More rounds than any file needs whose fixes come to rest.
const ROUNDS: usize = 100;

/// The names and texts of files.
type Files = Vec<(String, String)>;

/// Files as they were read, and what is found in them.
type Judged = (Bundle, Report);

/// A fix that is to be made in this round.
struct Candidate<'r> {
    finding: &'r Finding,
    title: &'r str,
    change: Change,
}

impl Candidate<'_> {
    /// Whether a finding was there all along. What is only spelt or placed right is read at last, with whatever else is
    /// wrong with it; and an object that gets its name right is found under another one.
    fn reveals(&self, other: &Finding) -> bool {
        let Self { finding, change, .. } = self;
        if finding.link != Link::Manifest || change.safety != Safety::Safe {
            return false;
        }
        let named = ["metadata.name", "metadata.namespace", "apiVersion", "kind"];
        let renames = finding.evidence.first().is_some_and(|evidence| named.contains(&evidence.path.as_str()));
        let is_own = |reference: &Ref| *reference == finding.subject || (renames && reference.kind == finding.subject.kind);
        is_own(&other.subject) || other.affects.iter().any(is_own)
    }
}

/// What was tried: the finding and the fix.
type Tried = BTreeMap<(String, String), NotApplied>;

/// Repairs files. `judge` reads and judges them, with all that the user wants of a judgement.
///
/// # Errors
/// Those of the judge.
pub fn repair<E>(files: Files, options: &Options, mut judge: impl FnMut(Files) -> Result<Judged, E>) -> Result<Repaired, E> {
    let mut files = files;
    let (mut bundle, mut report) = judge(files.clone())?;
    let mut applied = Vec::new();
    let mut tried = Tried::new();
    for _ in 0..ROUNDS {
        let mut chosen = candidates(&bundle, &report, options, false, &mut tried);
        // What is safe goes first: with it done, something safe may mend what only something unsafe could before.
        if chosen.is_empty() && options.unsafe_too {
            chosen = candidates(&bundle, &report, options, true, &mut tried);
        }
        if chosen.is_empty() {
            break;
        }
        let Round { files: after, made, judged } = round(&files, &report, &chosen, &mut judge, &mut tried)?;
        applied.extend(made.into_iter().map(|at| done(&chosen[at], &bundle)));
        if let Some(judged) = judged {
            files = after;
            (bundle, report) = judged;
        }
    }
    let there = fingerprints(&report);
    let refused =
        tried.into_iter().filter(|((finding, _), _)| there.contains_key(finding.as_str())).map(|(_, told)| told).collect();
    let more = if options.unsafe_too { 0 } else { with_unsafe(&bundle, &report, options) };
    Ok(Repaired { files, applied, refused, more, bundle, report })
}

/// What a round left.
struct Round {
    files: Files,
    /// Which of the candidates were made.
    made: Vec<usize>,
    /// What is found now; `None` where nothing was made.
    judged: Option<Judged>,
}

/// For each finding the first fix that may be made and was not tried, as far as none touches what another one touches:
/// those wait for the next round.
fn candidates<'r>(
    bundle: &Bundle,
    report: &'r Report,
    options: &Options,
    unsafe_too: bool,
    tried: &mut Tried,
) -> Vec<Candidate<'r>> {
    let mut out: Vec<Candidate<'r>> = Vec::new();
    let mut taken: BTreeMap<usize, Edits> = BTreeMap::new();
    let cut = Cut::new(bundle);
    for finding in report.findings.iter().filter(|finding| !finding.suppressed) {
        let Some((title, change)) = first(&cut, finding, options, unsafe_too, tried) else { continue };
        let join = |(file, edits): (&usize, &Edits)| {
            let both = taken.get(file).map_or_else(|| Some(edits.clone()), |before| before.join(edits));
            both.map(|both| (*file, both))
        };
        let joined: Option<Vec<(usize, Edits)>> = change.edits.iter().map(join).collect();
        if let Some(joined) = joined {
            taken.extend(joined);
            out.push(Candidate { finding, title, change });
        }
    }
    out
}

/// The first fix of a finding that may be made: a safe one, where there is one.
fn first<'r>(
    cut: &Cut<'_>,
    finding: &'r Finding,
    options: &Options,
    unsafe_too: bool,
    tried: &mut Tried,
) -> Option<(&'r str, Change)> {
    let mut second = None;
    for fix in &finding.fixes {
        let key = (finding.fingerprint.clone(), fix.title.clone());
        if tried.contains_key(&key) {
            continue;
        }
        match change(cut, finding, fix, options) {
            Ok(change) if change.safety == Safety::Safe => return Some((&fix.title, change)),
            Ok(change) => second = second.or(Some((fix.title.as_str(), change))),
            Err(Why::Elsewhere) => {}
            Err(Why::But(why)) => {
                tried.insert(key, not(finding, &fix.title, why));
            }
        }
    }
    second.filter(|_| unsafe_too)
}

/// Makes the fixes of a round together; where that is not well, half of them and half of what is left, until those stand
/// alone that are not: judging is what takes time, and most fixes are well.
fn round<E>(
    files: &Files,
    before: &Report,
    candidates: &[Candidate<'_>],
    judge: &mut impl FnMut(Files) -> Result<Judged, E>,
    tried: &mut Tried,
) -> Result<Round, E> {
    let mut out = Round { files: files.clone(), made: Vec::new(), judged: None };
    let whole = 0..candidates.len();
    let mut waiting = vec![whole];
    while let Some(next) = waiting.pop() {
        let chosen: Vec<usize> = out.made.iter().copied().chain(next.clone()).collect();
        let after = with(files, candidates, &chosen);
        let judged = judge(after.clone())?;
        match wrong(before, &judged.1, candidates, &chosen) {
            None => out = Round { files: after, made: chosen, judged: Some(judged) },
            Some(_) if next.len() > 1 => {
                let middle = next.start + next.len() / 2;
                waiting.extend([middle..next.end, next.start..middle]);
            }
            Some(why) => {
                let Candidate { finding, title, .. } = &candidates[next.start];
                let key = (finding.fingerprint.clone(), (*title).to_owned());
                tried.insert(key, not(finding, title, why));
            }
        }
    }
    Ok(out)
}

/// The files with some of the candidates made.
fn with(files: &Files, candidates: &[Candidate<'_>], chosen: &[usize]) -> Files {
    let mut all: BTreeMap<usize, Edits> = BTreeMap::new();
    for (file, edits) in chosen.iter().flat_map(|at| &candidates[*at].change.edits) {
        let before = all.remove(file).unwrap_or_default();
        // They were chosen so that they fit.
        all.insert(*file, before.join(edits).unwrap_or(before));
    }
    let text = |(at, (name, text)): (usize, &(String, String))| {
        let new = all.get(&at).map_or_else(|| text.clone(), |edits| edits.apply(text));
        (name.clone(), new)
    };
    files.iter().enumerate().map(text).collect()
}

/// What is wrong with a judgement after some fixes were made; `None` where all is well.
fn wrong(before: &Report, after: &Report, candidates: &[Candidate<'_>], chosen: &[usize]) -> Option<String> {
    let (old, new) = (fingerprints(before), fingerprints(after));
    for at in chosen {
        let fingerprint = candidates[*at].finding.fingerprint.as_str();
        if new.get(fingerprint).is_some_and(|left| Some(left) >= old.get(fingerprint)) {
            return Some("the finding would still be there".to_owned());
        }
    }
    let revealed = |finding: &Finding| chosen.iter().any(|at| candidates[*at].reveals(finding));
    let is_error = |finding: &Finding| finding.severity == Severity::Error && !finding.suppressed;
    let raised = after.news(before).find(|finding| is_error(finding) && !revealed(finding))?;
    Some(format!("it would raise {}: {}", raised.code, raised.message))
}

/// How often each finding is there.
fn fingerprints(report: &Report) -> BTreeMap<&str, usize> {
    let mut out = BTreeMap::new();
    for finding in &report.findings {
        *out.entry(finding.fingerprint.as_str()).or_default() += 1;
    }
    out
}

/// How many findings could be fixed that were not, because nobody asked for it.
fn with_unsafe(bundle: &Bundle, report: &Report, options: &Options) -> usize {
    let findings = report.findings.iter().filter(|finding| !finding.suppressed);
    let cut = Cut::new(bundle);
    let fixable = |finding: &&Finding| {
        let may = |fix| change(&cut, finding, fix, options).is_ok_and(|change| change.safety == Safety::Unsafe);
        finding.fixes.iter().any(may)
    };
    findings.filter(fixable).count()
}

fn done(candidate: &Candidate<'_>, bundle: &Bundle) -> Applied {
    let Candidate { finding, title, change } = candidate;
    let files: BTreeSet<&str> = change.edits.keys().map(|file| bundle.files[*file].name.as_str()).collect();
    Applied {
        code: finding.code.clone(),
        fingerprint: finding.fingerprint.clone(),
        place: finding.location.clone(),
        title: (*title).to_owned(),
        files: files.into_iter().map(str::to_owned).collect(),
    }
}

fn not(finding: &Finding, title: &str, why: String) -> NotApplied {
    NotApplied { code: finding.code.clone(), place: finding.location.clone(), title: title.to_owned(), why }
}
