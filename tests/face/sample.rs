//! Reports made by hand, with every state that a renderer must know.

use prom_doctor_checks::report::{
    App, At, ChainReport, Confidence, Evidence, Finding, Fix, Link, LinkReport, LinkState, Mode, NotChecked, NotJudged,
    OperatorSeen, Patch, PatchRef, PatchType, Reach, Ref, Report, Run, Safety, Severity, Subject, Summary, Targets, Tool,
    Verdict,
};
use prom_doctor_checks::world::UnseenReason;

pub(super) fn reference(kind: &str, namespace: &str, name: &str) -> Ref {
    Ref { kind: kind.into(), namespace: namespace.into(), name: name.into() }
}

fn smon(namespace: &str, name: &str) -> Ref {
    reference("ServiceMonitor", namespace, name)
}

fn server(name: &str) -> Ref {
    reference("Prometheus", "monitoring", name)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn link(link: Link, state: LinkState, detail: &str) -> LinkReport {
    LinkReport {
        link,
        state,
        findings: Vec::new(),
        endpoint: None,
        namespace: None,
        hypothetical: false,
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        why: Vec::new(),
    }
}

fn with(mut link: LinkReport, findings: &[&str]) -> LinkReport {
    link.findings = texts(findings);
    link
}

fn then(mut link: LinkReport) -> LinkReport {
    link.hypothetical = true;
    link
}

fn targets(predicted: usize, if_mended: usize) -> Targets {
    Targets { predicted: Some(predicted), if_mended: Some(if_mended), actual: None, up: None }
}

pub(super) fn finding(id: &str, code: &str, name: &str, severity: Severity, subject: Ref) -> Finding {
    Finding {
        id: id.into(),
        code: code.into(),
        name: name.into(),
        link: Link::of_code(code).expect("a code in a band"),
        severity,
        confidence: Confidence::Certain,
        affects: vec![subject.clone()],
        subject,
        message: String::new(),
        evidence: Vec::new(),
        fixes: Vec::new(),
        location: None,
        related: Vec::new(),
        copy: None,
        fingerprint: format!("{code}-{id}"),
        docs: format!("prom-doctor explain {code}"),
        suppressed: false,
        suppression: None,
    }
}

fn not_selected() -> Finding {
    let cart = smon("shop", "cart");
    Finding {
        message: "no Prometheus selects this ServiceMonitor".into(),
        evidence: vec![Evidence {
            reference: Some(server("k8s")),
            path: "spec.serviceMonitorSelector.matchLabels.release".into(),
            operator: Some("In".into()),
            wanted: texts(&["kube-prometheus-stack"]),
            found: texts(&["prom-stack"]),
            at: Some(At { reference: cart.clone(), path: "metadata.labels.release".into() }),
            note: None,
        }],
        fixes: vec![Fix {
            title: "give the monitor the label that the server asks for".into(),
            safety: Safety::Safe,
            patch: vec![Patch {
                reference: PatchRef {
                    api_version: "monitoring.coreos.com/v1".into(),
                    kind: "ServiceMonitor".into(),
                    namespace: "shop".into(),
                    name: "cart".into(),
                },
                kind: PatchType::Merge,
                body: serde_json::json!({"metadata": {"labels": {"release": "kube-prometheus-stack"}}}),
            }],
            command: "kubectl -n shop label servicemonitors.monitoring.coreos.com cart release=kube-prometheus-stack --overwrite"
                .into(),
            note: Some("managed by Helm release cart: change the chart's values, or the next upgrade reverts it".into()),
        }],
        ..finding("f1", "PD0301", "selector-label-mismatch", Severity::Error, cart)
    }
}

fn no_such_port() -> Finding {
    let api = smon("shop", "api");
    Finding {
        message: "no port of the Service has the name that the endpoint asks for".into(),
        evidence: vec![Evidence {
            reference: Some(api.clone()),
            path: "spec.endpoints[1].port".into(),
            operator: None,
            wanted: texts(&["metrcis"]),
            found: texts(&["http", "metrics"]),
            at: Some(At { reference: reference("Service", "shop", "api"), path: "spec.ports".into() }),
            note: Some("\"metrics\" differs by a slip of the pen".into()),
        }],
        fixes: vec![
            Fix {
                title: "ask for the port that is there".into(),
                safety: Safety::Safe,
                patch: Vec::new(),
                command: r#"kubectl -n shop patch servicemonitors.monitoring.coreos.com api --type json -p '[{"op":"replace","path":"/spec/endpoints/1/port","value":"metrics"}]'"#.into(),
                note: None,
            },
            Fix {
                title: "rename the port of the Service".into(),
                safety: Safety::Unsafe,
                patch: Vec::new(),
                command: "kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: Service\nEOF".into(),
                note: Some("others may use the old name".into()),
            },
        ],
        ..finding("f2", "PD1001", "port-name-missing", Severity::Error, api)
    }
}

fn twice() -> Finding {
    let mut affects: Vec<Ref> = ["web", "api", "cart", "mail", "search"].iter().map(|name| smon("shop", name)).collect();
    affects.push(reference("PodMonitor", "edge", "a-pod-monitor-with-a-very-long-name-that-nobody-should-ever-cut"));
    Finding {
        message: "two Services lead to the same pods: every target is scraped twice".into(),
        affects,
        confidence: Confidence::Likely,
        ..finding("f3", "PD1301", "same-pods-twice", Severity::Warning, smon("shop", "web"))
    }
}

fn remark() -> Finding {
    Finding {
        message: "the Deployment is scaled to 0: no targets are expected".into(),
        ..finding("f4", "PD0907", "scaled-to-zero", Severity::Info, reference("Deployment", "shop", "mail"))
    }
}

/// `why` of a monitor that no server selects.
pub(super) fn cart() -> Subject {
    Subject {
        reference: smon("shop", "cart"),
        verdict: Verdict::Failed,
        cause: Some("f1".into()),
        findings: texts(&["f1"]),
        chains: vec![
            ChainReport {
                server: server("other"),
                verdict: Verdict::NotTaken,
                links: vec![
                    link(Link::Watched, LinkState::Passed, "monitoring/prometheus-operator sees all namespaces"),
                    link(Link::Selected, LinkState::Failed, "its selector is null and chooses nothing"),
                ],
                targets: targets(0, 0),
            },
            ChainReport {
                server: server("k8s"),
                verdict: Verdict::NotTaken,
                links: vec![
                    link(Link::Exists, LinkState::Passed, "monitoring.coreos.com/v1 is served"),
                    link(Link::Watched, LinkState::Passed, "monitoring/prometheus-operator sees all namespaces"),
                    with(link(Link::Selected, LinkState::Failed, "0 of 2 servers; nearest: monitoring/k8s"), &["f1"]),
                    then(link(Link::Accepted, LinkState::Passed, "")),
                    then(link(Link::Generated, LinkState::Skipped, "")),
                    then(LinkReport {
                        why: texts(&[r#"you may not "list rolebindings.rbac.authorization.k8s.io in shop""#]),
                        ..link(Link::Discoverable, LinkState::Unknown, "")
                    }),
                    then(link(Link::Matched, LinkState::Passed, "1 Service: cart")),
                    then(link(Link::Ports, LinkState::Passed, "\"metrics\" → 9090, 3 targets")),
                ],
                targets: targets(0, 3),
            },
        ],
    }
}

fn api() -> Subject {
    Subject {
        reference: smon("shop", "api"),
        verdict: Verdict::Partial,
        cause: Some("f2".into()),
        findings: texts(&["f2"]),
        chains: vec![ChainReport {
            server: server("k8s"),
            verdict: Verdict::Partial,
            links: vec![
                link(Link::Selected, LinkState::Passed, "by monitoring/k8s"),
                link(Link::Matched, LinkState::Passed, "1 Service: api"),
                with(link(Link::Ports, LinkState::Failed, "1 of 2 endpoints finds its port"), &["f2"]),
                LinkReport { endpoint: Some(0), ..link(Link::Ports, LinkState::Passed, "\"http\" → 8080, 3 targets") },
                with(LinkReport { endpoint: Some(1), ..link(Link::Ports, LinkState::Failed, "no port \"metrcis\"") }, &["f2"]),
            ],
            targets: targets(3, 6),
        }],
    }
}

fn plain(namespace: &str, name: &str, verdict: Verdict, findings: &[&str], last: LinkReport, targets: Targets) -> Subject {
    Subject {
        reference: smon(namespace, name),
        verdict,
        cause: None,
        findings: texts(findings),
        chains: vec![ChainReport {
            server: server("k8s"),
            verdict,
            links: vec![link(Link::Selected, LinkState::Passed, "by monitoring/k8s"), last],
            targets,
        }],
    }
}

pub(super) fn report(subjects: Vec<Subject>, findings: Vec<Finding>) -> Report {
    let mut summary = Summary::default();
    for subject in &subjects {
        match subject.verdict {
            Verdict::Ok | Verdict::NotTaken => summary.monitors.ok += 1,
            Verdict::Partial => summary.monitors.partial += 1,
            Verdict::Failed => summary.monitors.failed += 1,
            Verdict::Unknown => summary.monitors.unknown += 1,
        }
    }
    for finding in &findings {
        match finding.severity {
            _ if finding.suppressed => summary.suppressed += 1,
            Severity::Error => summary.findings.error += 1,
            Severity::Warning => summary.findings.warning += 1,
            Severity::Info => summary.findings.info += 1,
        }
    }
    Report {
        api_version: "promdoctor/v1",
        kind: "Report",
        tool: Tool { name: "prom-doctor", version: "0.1.0" },
        run: Run {
            mode: Mode::Snapshot,
            context: Some("shop.tar.gz".into()),
            observed_at: Some("2026-01-02T03:04:05Z".into()),
            duration_ms: 12,
            operators: vec![OperatorSeen { namespace: "monitoring".into(), name: "prometheus-operator".into(), version: None }],
        },
        summary,
        subjects,
        findings,
        not_checked: Vec::new(),
        app: None,
        baseline: None,
        standing: Vec::new(),
    }
}

/// A report for `why servicemonitor/cart`.
pub(super) fn why() -> Report {
    let mut report = report(vec![cart()], vec![not_selected()]);
    report.not_checked = vec![NotChecked {
        link: Link::Discoverable,
        reason: UnseenReason::Forbidden,
        need: "list rolebindings.rbac.authorization.k8s.io in shop".into(),
        affects: vec![smon("shop", "cart")],
    }];
    report.summary.not_checked = 1;
    report
}

/// A report for `why servicemonitor/api`: one of two endpoints has a wrong port.
pub(super) fn why_partial() -> Report {
    report(vec![api()], vec![no_such_port()])
}

/// A report for `audit -A`.
pub(super) fn audit() -> Report {
    let unknown = LinkReport { why: texts(&["no right"]), ..link(Link::Backed, LinkState::Unknown, "") };
    let ports = || link(Link::Ports, LinkState::Passed, "\"metrics\" → 9090");
    let mut pod_monitor = plain("edge", "x", Verdict::Ok, &[], ports(), targets(2, 2));
    pod_monitor.reference = reference("PodMonitor", "edge", "a-pod-monitor-with-a-very-long-name-that-nobody-should-ever-cut");
    let subjects = vec![
        pod_monitor,
        api(),
        cart(),
        plain("shop", "mail", Verdict::Ok, &["f4"], with(ports(), &["f4"]), targets(0, 0)),
        plain(
            "shop",
            "search",
            Verdict::Unknown,
            &[],
            unknown,
            Targets { predicted: None, if_mended: None, actual: None, up: None },
        ),
        plain("shop", "web", Verdict::Ok, &["f3"], with(ports(), &["f3"]), targets(6, 6)),
    ];
    let mut suppressed = finding("f5", "PD1302", "two-monitors-same-target", Severity::Warning, smon("shop", "web"));
    suppressed.suppressed = true;
    let mut report = report(subjects, vec![not_selected(), no_such_port(), twice(), suppressed, remark()]);
    report.not_checked = vec![
        NotChecked {
            link: Link::Backed,
            reason: UnseenReason::Forbidden,
            need: "list pods in shop".into(),
            affects: vec![smon("shop", "search")],
        },
        NotChecked {
            link: Link::Discoverable,
            reason: UnseenReason::NotAsked,
            need: "list clusterroles.rbac.authorization.k8s.io".into(),
            affects: Vec::new(),
        },
        NotChecked {
            link: Link::Generated,
            reason: UnseenReason::NotAsked,
            need: "list clusterroles.rbac.authorization.k8s.io".into(),
            affects: Vec::new(),
        },
    ];
    report.summary.not_checked = 3;
    report.summary.not_judged = NotJudged { probes: 2, scrape_configs: 1, prometheus_rules: 3 };
    report
}

/// A report without a fault.
pub(super) fn well() -> Report {
    let last = link(Link::Ports, LinkState::Passed, "\"metrics\" → 9090, 3 targets");
    report(vec![plain("shop", "web", Verdict::Ok, &[], last, targets(3, 3))], Vec::new())
}

/// A report for `why` with nothing but an unknown link.
pub(super) fn unknown() -> Report {
    let need = "list endpointslices.discovery.k8s.io in shop";
    let last = LinkReport { why: vec![format!("you may not \"{need}\"")], ..link(Link::Backed, LinkState::Unknown, "") };
    let targets = Targets { predicted: None, if_mended: None, actual: None, up: None };
    let mut report = report(vec![plain("shop", "web", Verdict::Unknown, &[], last, targets)], Vec::new());
    report.not_checked = vec![NotChecked {
        link: Link::Backed,
        reason: UnseenReason::Forbidden,
        need: need.into(),
        affects: vec![smon("shop", "web")],
    }];
    report.summary.not_checked = 1;
    report
}

/// A report for `why deployment/web`.
pub(super) fn app() -> Report {
    let service = || Some(reference("Service", "shop", "web"));
    let mut report = report(Vec::new(), Vec::new());
    report.app = Some(App {
        reference: reference("Deployment", "shop", "web"),
        pods: ["a", "b", "c", "d", "e", "f"].iter().map(|end| reference("Pod", "shop", &format!("web-7d9f8-{end}"))).collect(),
        services: vec![reference("Service", "shop", "web")],
        reached: vec![
            Reach { monitor: smon("shop", "web"), service: service(), verdict: Verdict::Ok, targets: 6, differs: Vec::new() },
            Reach {
                monitor: reference("PodMonitor", "edge", "web"),
                service: None,
                verdict: Verdict::Failed,
                targets: 0,
                differs: Vec::new(),
            },
        ],
        near: vec![Reach {
            monitor: smon("shop", "web-old"),
            service: service(),
            verdict: Verdict::Failed,
            targets: 0,
            differs: vec![Evidence {
                reference: Some(smon("shop", "web-old")),
                path: r#"spec.selector.matchLabels["app.kubernetes.io/name"]"#.into(),
                operator: Some("In".into()),
                wanted: texts(&["web-old"]),
                found: texts(&["web"]),
                at: Some(At {
                    reference: reference("Service", "shop", "web"),
                    path: r#"metadata.labels["app.kubernetes.io/name"]"#.into(),
                }),
                note: None,
            }],
        }],
    });
    report
}

/// Many monitors, some of them broken.
pub(super) fn many(number: usize) -> Report {
    let last = || link(Link::Ports, LinkState::Passed, "");
    let subjects = (0..number).map(|at| {
        let (namespace, name) = (format!("team-{:02}", at / 25), format!("service-{at:03}"));
        let mut subject = plain(&namespace, &name, Verdict::Ok, &[], last(), targets(3, 3));
        if at % 50 == 7 {
            subject = Subject { reference: smon(&namespace, &name), ..cart() };
        }
        subject
    });
    report(subjects.collect(), vec![not_selected()])
}

/// A report whose names would rather be commands to a terminal.
pub(super) fn hostile() -> Report {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let mut report = audit();
    for subject in &mut report.subjects {
        subject.reference.name.push_str(evil);
        for link in subject.chains.iter_mut().flat_map(|chain| &mut chain.links) {
            link.detail = Some(evil.into());
            link.why.push(evil.into());
        }
        for chain in &mut subject.chains {
            chain.server.name.push_str(evil);
        }
    }
    for finding in &mut report.findings {
        finding.message.push_str(evil);
        finding.subject.namespace.push_str(evil);
        finding.affects.push(reference(evil, evil, evil));
        for fix in &mut finding.fixes {
            fix.title.push_str(evil);
            fix.command.push_str(evil);
            fix.note = Some(evil.into());
        }
        for evidence in &mut finding.evidence {
            evidence.path.push_str(evil);
            evidence.wanted.push(evil.into());
            evidence.found.push(evil.into());
            evidence.note = Some(evil.into());
        }
    }
    for open in &mut report.not_checked {
        open.need.push_str(evil);
        open.affects.push(reference("Pod", evil, evil));
    }
    let Some(mut app) = app().app else { return report };
    app.reference.name.push_str(evil);
    app.pods.push(reference("Pod", evil, evil));
    app.near[0].differs[0].found.push(evil.into());
    app.near[0].monitor.name.push_str(evil);
    report.app = Some(app);
    report
}
