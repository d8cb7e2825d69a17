//! One speaks TLS, the other does not (ERR: HTTP response to HTTPS client, 400, malformed response).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1207",
    name: "scheme-mismatch",
    summary: "a port that speaks HTTP is asked in HTTPS, or the other way round",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in
        failing(view).filter(|failing| matches!(failing.failure(), Failure::TlsToPlain | Failure::NotHttp | Failure::Status(400)))
    {
        let (plain, https) = (*failing.failure() == Failure::TlsToPlain, failing.is_https());
        if !plain && https {
            continue;
        }
        let what =
            if plain { "HTTPS is spoken to a port that speaks HTTP" } else { "HTTP is spoken to a port that speaks HTTPS" };
        let credentials = failing.sends_credentials();
        let (scheme, other) = if plain { ("http", "https") } else { ("https", "http") };
        let fix = failing.set(format!("speak {}", scheme.to_ascii_uppercase()), "scheme", scheme);
        let monitor = failing.chain.monitor.id();
        let finding = failing.finding(&CHECK, out, what);
        failing.tell_of_service(view, finding);
        // A status of 400 or a garbled answer is what most servers with TLS give, though not only they.
        finding.likely_if(!plain).says(&monitor, failing.path("scheme"), other);
        finding.fix(match (plain, credentials) {
            (true, true) => fix.widens("the credentials of the endpoint are then sent in clear"),
            (true, false) => fix,
            (false, _) => fix.widens("the certificate has to be one that Prometheus accepts: set tlsConfig"),
        });
    }
}
