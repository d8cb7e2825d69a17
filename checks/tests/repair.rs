//! Fixes made in files: what was declared fixed is not found again, nothing else breaks, and the text stays its author's.

use std::collections::BTreeSet;
use std::convert::Infallible;

use prom_doctor_checks::files::{Bundle, Reading, Settings, lint};
use prom_doctor_checks::registry::CHECKS;
use prom_doctor_checks::repair::{NotApplied, Options, Repaired, repair};
use prom_doctor_checks::report::{Mode, Report, Run, Severity};
use prom_doctor_checks::yaml;

use serde_json::Value;

use crate::pages::blocks;
use crate::refusals::others;

type Files = Vec<(String, String)>;

fn judge(files: Files) -> (Bundle, Report) {
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let bundle = Bundle::read(files, &Reading::default());
    let report = lint(&bundle, &Settings::default(), run);
    (bundle, report)
}

fn mend(text: &str, unsafe_too: bool) -> Repaired {
    let options = Options { unsafe_too, ..Options::default() };
    run(vec![("a.yaml".to_owned(), text.to_owned())], &options, judge)
}

fn run(files: Files, options: &Options, mut judge: impl FnMut(Files) -> (Bundle, Report)) -> Repaired {
    let Ok(repaired) = repair(files, options, |files| Ok::<_, Infallible>(judge(files)));
    repaired
}

fn errors(report: &Report) -> BTreeSet<&str> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.fingerprint.as_str()).collect()
}

/// The broken worlds of all pages, as files.
fn broken() -> impl Iterator<Item = (&'static str, String)> {
    CHECKS.iter().flat_map(|check| {
        let worlds = blocks(check.explain).into_iter().filter(|(name, _)| name.starts_with("broken"));
        worlds.map(|(_, text)| (check.code, text))
    })
}

/// The documents of a text, each with its own text.
fn pieces(text: &str) -> Vec<&str> {
    text.split("\n---\n").collect()
}

/// The number of a port has a name once the selector chooses the Service that names it: no number is written again.
#[test]
fn what_is_safe_goes_before_what_is_not() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop, labels: {app: api}}\nspec:\n  \
        selector: {app: api}\n  ports: [{name: metrics, port: 9090}]\n---\napiVersion: monitoring.coreos.com/v1\nkind: \
        ServiceMonitor\nmetadata: {name: api, namespace: shop}\nspec:\n  selector:\n    matchLabel: {app: api}\n  \
        endpoints:\n    - port: 9090\n";
    for unsafe_too in [false, true] {
        let after = &mend(text, unsafe_too).files[0].1;
        assert_eq!(after, &text.replace("matchLabel:", "matchLabels:").replace("- port: 9090", "- port: metrics"));
    }
}

#[test]
fn what_was_declared_fixed_is_not_found_again() {
    let (fixed, _) = all_is_fixed(broken());
    assert!(fixed[0] >= SAFE && fixed[1] >= ALL, "only {fixed:?} fixes were made");
}

/// What real operators refused, with the server and the Secrets that it names, as files.
#[test]
fn what_was_refused_of_probes_and_scrape_configs_is_fixed_in_files() {
    let text = |objects: &Vec<Value>| objects.iter().map(|object| serde_yaml::to_string(object).unwrap()).collect::<Vec<_>>();
    let files = others().into_iter().map(|(name, objects)| (name, text(&objects).join("---\n")));
    let (fixed, undid) = all_is_fixed(files);
    assert_eq!(undid, [""; 0], "nothing is offered that does not come out");
    assert!(fixed[0] >= 20 && fixed[1] >= 100, "only {fixed:?} fixes were made");
}

/// Mends each text, and holds the outcome to what was declared; how many fixes were made without and with unsafe
/// ones, and those that had to be undone.
fn all_is_fixed<N: std::fmt::Display>(texts: impl Iterator<Item = (N, String)>) -> ([usize; 2], Vec<String>) {
    let (mut fixed, mut undid) = ([0, 0], Vec::new());
    for (code, text) in texts {
        let before = judge(vec![("a.yaml".to_owned(), text.clone())]).1;
        for unsafe_too in [false, true] {
            let mended = mend(&text, unsafe_too);
            let (_, report) = judge(mended.files.clone());
            let after = &mended.files[0].1;
            fixed[usize::from(unsafe_too)] += mended.applied.len();
            for applied in &mended.applied {
                let again = report.findings.iter().any(|finding| finding.fingerprint == applied.fingerprint);
                assert!(!again, "page {code}: {applied:?} is still found in\n{after}");
            }
            let new: Vec<&str> = errors(&report).difference(&errors(&before)).copied().collect();
            let told = |print: &&str| report.findings.iter().find(|finding| finding.fingerprint == **print);
            let new: Vec<_> =
                new.iter().filter_map(told).map(|finding| format!("{} {}", finding.code, finding.message)).collect();
            assert!(new.is_empty(), "page {code}: new errors {new:?} after {:?} in\n{after}", mended.applied);
            // Nothing is left to do.
            let again = mend(after, unsafe_too);
            assert!(again.applied.is_empty(), "page {code}: {:?} was left in\n{after}", again.applied);
            assert_eq!(again.files, mended.files);
            assert_eq!(mended.applied.is_empty(), *after == text);
            let undone = |refused: &&NotApplied| refused.why.starts_with("it would") || refused.why.starts_with("the finding");
            let told = |refused: &NotApplied| format!("{code}: {} {:?}: {}", refused.code, refused.title, refused.why);
            undid.extend(mended.refused.iter().filter(undone).map(told));
        }
    }
    (fixed, undid)
}

#[test]
fn one_fix_that_is_not_well_does_not_cost_a_judgement_for_each_that_is() {
    let monitor = |at: usize| {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: m{at}, namespace: shop}}\n\
             spec: {{selector: {{matchLabel: {{app: m{at}}}}}, endpoints: [{{port: web}}]}}\n"
        )
    };
    let text = (0..64).map(monitor).collect::<Vec<_>>().join("---\n");
    let (mut judged, mut sample) = (0, None);
    let mended = run(vec![("a.yaml".to_owned(), text)], &Options::default(), |files| {
        judged += 1;
        let breaks = files[0].1.contains("matchLabels: {app: m41}");
        let (bundle, mut report) = judge(files);
        let raised = sample.get_or_insert_with(|| report.findings[0].clone());
        if breaks {
            let mut raised = raised.clone();
            (raised.severity, raised.fingerprint) = (Severity::Error, "raised".to_owned());
            raised.subject.name = "another".to_owned();
            raised.affects.clear();
            report.findings.push(raised);
        }
        (bundle, report)
    });
    assert_eq!(mended.applied.len(), 63, "{:?}", mended.refused);
    assert!(mended.refused.iter().any(|left| left.why.starts_with("it would raise")), "{:?}", mended.refused);
    assert!(judged <= 20, "{judged} judgements");
}

/// So many of the pages' findings are fixed in files: without and with unsafe fixes.
const SAFE: usize = 25;
const ALL: usize = 60;

#[test]
fn safe_fixes_keep_all_comments_and_leave_other_documents_alone() {
    for (code, text) in broken() {
        let mended = mend(&text, false);
        let after = &mended.files[0].1;
        let comments = |text: &str| -> Vec<(usize, String)> {
            let stream = yaml::parse(text);
            let comments = stream.documents.iter().flat_map(|document| &document.comments);
            comments.map(|comment| (comment.line, comment.text.clone())).collect()
        };
        let left: Vec<String> = comments(after).into_iter().map(|(_, comment)| comment).collect();
        for (line, comment) in comments(&text) {
            // A field that goes takes along what was said about it on its line.
            let spoken_of = text.lines().nth(line - 1).and_then(|line| line.split('#').next()).unwrap_or_default().trim();
            let gone = !spoken_of.is_empty() && !after.contains(spoken_of);
            assert!(gone || left.contains(&comment), "page {code}: {comment:?} is lost\n{text}\n{after}");
        }
        let changed = pieces(&text).iter().zip(pieces(after)).filter(|(a, b)| *a != b).count();
        let asked: BTreeSet<_> =
            mended.applied.iter().filter_map(|applied| applied.place.as_ref()).map(|place| place.line).collect();
        assert_eq!(pieces(&text).len(), pieces(after).len());
        assert!(changed <= asked.len().max(mended.applied.len()), "page {code}");
    }
}

const UNNAMED: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: cart
  labels: {app: cart}
spec:
  selector: {app: cart}
  ports:
    - name: http
      port: 80
      targetPort: 8080
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cart}
spec:
  selector:
    matchLabels: {app: cart}
  endpoints:
    - port: \"8080\" # the port of the container
      interval: 30s
";

#[test]
fn a_port_number_becomes_its_name() {
    let mended = mend(UNNAMED, false);
    assert_eq!(mended.applied.len(), 1, "{:#?}", mended.report.findings);
    assert_eq!(mended.files[0].1, UNNAMED.replace("\"8080\"", "\"http\""));
    assert_eq!(mended.applied[0].place.as_ref().map(|place| place.line), Some(20));
}

#[test]
fn what_a_chart_rendered_is_changed_in_the_chart() {
    let text = UNNAMED.replace("apiVersion: monitoring", "# Source: cart/templates/monitor.yaml\napiVersion: monitoring");
    let options = Options { passing: Some("-".to_owned()), ..Options::default() };
    let mended = run(vec![("-".to_owned(), text.clone())], &options, judge);
    assert_eq!(mended.files[0].1, text);
    assert_eq!(mended.refused.len(), 1);
    assert_eq!(mended.refused[0].why, "it was rendered from cart/templates/monitor.yaml: edit the chart");
    // The same text in a file of its own may be changed.
    assert_eq!(mend(&text, false).applied.len(), 1);
}

#[test]
fn what_cannot_be_changed_is_told() {
    let text = UNNAMED
        .replace("port: \"8080\" #", "port: *port #")
        .replace("metadata: {name: cart}", "metadata: {name: cart, annotations: {port: &port \"8080\"}}");
    let mended = mend(&text, false);
    assert_eq!(mended.files[0].1, text);
    let why: Vec<&str> = mended.refused.iter().map(|refused| refused.why.as_str()).collect();
    assert_eq!(why, ["line 20: the value is an alias (`*`), which other places share"]);
}

#[test]
fn what_was_let_be_stays() {
    let quiet = |files: Files| {
        let (bundle, mut report) = judge(files);
        report.findings.iter_mut().for_each(|finding| finding.suppressed = true);
        (bundle, report)
    };
    let mended = run(vec![("a.yaml".to_owned(), UNNAMED.to_owned())], &Options::default(), quiet);
    assert!(mended.applied.is_empty());
    assert_eq!(mended.files[0].1, UNNAMED);
}

#[test]
fn a_fix_that_breaks_something_is_undone() {
    // Whatever changes, a judge that is never content finds a new error.
    let never = |files: Files| {
        let changed = files[0].1 != UNNAMED;
        let (bundle, mut report) = judge(files);
        if let Some(mut finding) = judge(vec![("a.yaml".to_owned(), UNNAMED.to_owned())]).1.findings.into_iter().find(|_| changed)
        {
            finding.fingerprint = "another".to_owned();
            finding.severity = Severity::Error;
            report.findings.push(finding);
        }
        (bundle, report)
    };
    let mended = run(vec![("a.yaml".to_owned(), UNNAMED.to_owned())], &Options::default(), never);
    assert!(mended.applied.is_empty());
    assert_eq!(mended.files[0].1, UNNAMED);
}

#[test]
fn a_safe_fix_of_a_field_may_reveal_what_was_wrong_all_along() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: app, namespace: shop, labels: {ok: true}}\nspec:\n  selector: {matchLabels: {app: app}}\n  endpoints:\n  - port: web\n    intervl: 10s\n    scrapeTimeout: 50s\n";
    let mended = mend(text, false);
    assert!(mended.refused.is_empty(), "{:?}", mended.refused);
    assert!(mended.files[0].1.contains("ok: \"true\"") && mended.files[0].1.contains("interval: 10s"), "{}", mended.files[0].1);
}

#[test]
fn what_is_fixed_inside_of_a_misspelt_list_was_told_before() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata:\n  name: a\nspec:\n  selector:\n    matchLabels: {a: b}\n  endpoint:\n  - port: web\n    intervall: 5s # often\n    honorLabels: \"true\"\n    interval: 7\n";
    let before = judge(vec![("a.yaml".to_owned(), text.to_owned())]).1;
    let mended = mend(text, false);
    let after = text.replace("endpoint:", "endpoints:").replace("\"true\"", "true");
    assert_eq!(mended.files[0].1, after);
    let told: BTreeSet<&str> = before.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let left = mended.report.findings.iter().filter(|finding| !told.contains(finding.fingerprint.as_str()));
    assert_eq!(left.count(), 0, "{:#?}", mended.report.findings);
}

/// Most bare numbers are seconds; which they are only their author knows.
#[test]
fn the_unit_of_a_duration_is_guessed_only_where_asked() {
    for written in ["30", "\"30\""] {
        let text = format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: a}}\nspec:\n  \
            selector: {{matchLabels: {{a: b}}}}\n  endpoints:\n    - port: web\n      interval: {written} # often\n"
        );
        assert_eq!(mend(&text, false).files[0].1, text);
        let mended = mend(&text, true);
        let (title, after) = (&mended.applied[0].title, &mended.files[0].1);
        assert_eq!(title, "write 30s, if seconds are meant");
        assert_eq!(after, &text.replace(&format!("{written} #"), &format!("{} #", written.replace("30", "30s"))));
    }
}
