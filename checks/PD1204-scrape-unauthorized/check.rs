//! The target wants other credentials, or any (ERR: 401, 403, credentials file).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1204",
    name: "scrape-unauthorized",
    summary: "a target refuses the credentials of a scrape, or their absence",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view)
        .filter(|failing| matches!(failing.failure(), Failure::Unauthorized | Failure::Forbidden | Failure::CredentialsFile))
    {
        report(&failing, out);
    }
}

const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

fn report(failing: &Failing<'_>, out: &mut Out) {
    let server = failing.chain.server;
    let (monitor, sends) = (failing.chain.monitor.id(), failing.sends_credentials());
    let what = match (failing.failure(), sends) {
        (Failure::CredentialsFile, _) => "the file with the credentials is not in the pod of Prometheus",
        (Failure::Unauthorized, true) => "401: the credentials are refused, or the target does not authenticate tokens",
        (Failure::Unauthorized, false) => "401: the target wants credentials, such as a token, and the monitor sends none",
        (_, true) => "403: whoever the credentials name may not read the metrics",
        (_, false) => "403: the target wants to know who asks, and the monitor sends no token",
    };
    let account = format!("system:serviceaccount:{}:{}", server.metadata.namespace, server.service_account());
    let finding = failing.finding(&CHECK, out, what);
    let field = |name: &str| failing.path(name);
    if *failing.failure() == Failure::CredentialsFile {
        finding.says(&monitor, field("bearerTokenFile"), failing.spec().bearer_token_file.clone());
        let title = "mount what holds the file with spec.secrets of the server, or name the Secret in the monitor instead";
        finding.fix(Fix::advice(title, kubectl("edit", &server.id())));
        return;
    }
    if sends {
        let kubelet = failing.port() == Some(10250) && *failing.failure() == Failure::Unauthorized;
        let title = if kubelet {
            "kubelets authenticate tokens only with --authentication-token-webhook and --authorization-mode=Webhook"
        } else {
            "give the account of Prometheus the right to get that path: a ClusterRole with nonResourceURLs, and a binding"
        };
        finding.fix(Fix::advice(title, format!("kubectl auth can-i get /metrics --as={account}")));
        return;
    }
    finding.says(&monitor, field("authorization"), "not set");
    let denied = server.spec.arbitrary_fs_access.deny;
    if failing.is_https() && !denied {
        let fix = failing.set("send the token of Prometheus' service account", "bearerTokenFile", TOKEN);
        finding.fix(fix.widens(format!(
            "whoever answers there gets the token of {account}, which must also have the right to get the path"
        )));
    } else {
        let title = "send credentials: authorization with a Secret that holds them";
        finding.fix(Fix::advice(title, kubectl("edit", &monitor)));
    }
}
