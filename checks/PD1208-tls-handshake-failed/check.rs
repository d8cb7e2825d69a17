//! A certificate of one side is not accepted by the other (ERR: x509, certificate required).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1208",
    name: "tls-handshake-failed",
    summary: "a target and Prometheus do not agree about a certificate",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in
        failing(view).filter(|failing| matches!(failing.failure(), Failure::Certificate(_) | Failure::ClientCertificate))
    {
        let (what, title, field) = match failing.failure() {
            Failure::Certificate(Certificate::Authority) => (
                "the authority of the certificate is not known to Prometheus",
                "name the authority in tlsConfig.ca (a Secret or ConfigMap in the namespace of the monitor)",
                "tlsConfig.ca",
            ),
            Failure::Certificate(Certificate::Name) => (
                "the certificate is for another name than the address",
                "set tlsConfig.serverName to the name in the certificate",
                "tlsConfig.serverName",
            ),
            Failure::Certificate(Certificate::Time) => {
                ("the certificate is not valid at this time", "renew the certificate of the target", "tlsConfig")
            }
            Failure::ClientCertificate => (
                "the target wants a certificate of whoever asks",
                "name one with tlsConfig.cert and tlsConfig.keySecret",
                "tlsConfig.cert",
            ),
            _ => ("the certificate is not accepted", "see what is wrong with the certificate of the target", "tlsConfig"),
        };
        let monitor = failing.chain.monitor.id();
        let set = failing.spec().tls_config.is_some();
        let finding = failing.finding(&CHECK, out, what);
        finding.says(&monitor, failing.path(field), if set { "does not fit" } else { "not set" });
        finding.fix(Fix::advice(title, kubectl("edit", &monitor)));
        if !matches!(failing.failure(), Failure::ClientCertificate) {
            let fix = if set {
                failing.set("do not check the certificate", "tlsConfig.insecureSkipVerify", true)
            } else {
                failing.set("do not check the certificate", "tlsConfig", json!({"insecureSkipVerify": true}))
            };
            finding.fix(fix.widens("whoever answers there is then believed, and gets the credentials of the endpoint"));
        }
    }
}
