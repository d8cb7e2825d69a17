//! Why a scrape failed: the text that Prometheus keeps as a target's last error, read by a table.
//!
//! The texts are those of Go's network and TLS libraries and of Prometheus' own scrape loop; they were the same from
//! 2.42 to 3.5 wherever nothing else is said here. They embed the URL and, for resets, a port that changes with every
//! connection: both are taken off before errors are grouped.

use crate::text::without_credentials;

/// What kind of failure it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Nothing listens at the address.
    Refused,
    /// No answer within the timeout; `body`: headers came, the rest was too slow.
    Timeout {
        /// Whether an answer had begun.
        body: bool,
    },
    /// The network does not lead there.
    Unreachable,
    /// The host has no address.
    NotResolved,
    /// The address cannot be one.
    BadAddress,
    /// The proxy of the job does not answer.
    Proxy,
    /// 401: credentials are missing, wrong, or not understood.
    Unauthorized,
    /// 403: whoever asks may not.
    Forbidden,
    /// A file with credentials cannot be read in the pod of Prometheus.
    CredentialsFile,
    /// 404: there is nothing at that path.
    NotFound,
    /// Any other status than 200.
    Status(u16),
    /// HTTPS was spoken to a port that speaks HTTP.
    TlsToPlain,
    /// The certificate of the target is not accepted.
    Certificate(Certificate),
    /// The target wants a certificate of whoever asks.
    ClientCertificate,
    /// The connection was taken and closed without an answer.
    Closed,
    /// What answers does not speak HTTP.
    NotHttp,
    /// The scheme is neither http nor https.
    Scheme,
    /// Redirects without end.
    Redirects,
    /// What came is not in a format that Prometheus reads.
    NotMetrics,
    /// What came does not say in which format it is; Prometheus 3 then refuses it.
    NoContentType,
    /// A sample without a valid name.
    SampleName,
    /// A limit of the job was exceeded.
    Limit(Limit),
    /// None of these.
    Other,
}

/// Why a certificate is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certificate {
    /// Its authority is not known to Prometheus.
    Authority,
    /// It is for another name.
    Name,
    /// It is not valid at this time.
    Time,
    /// Something else.
    Other,
}

/// The limits of a scrape job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Targets of the job: all of its targets fail.
    Targets,
    /// Samples of one scrape.
    Samples,
    /// Bytes of one answer.
    BodySize,
    /// Buckets of native histograms.
    Buckets,
    /// Labels of one sample.
    Labels,
    /// Length of the names of labels.
    LabelNames,
    /// Length of the values of labels.
    LabelValues,
}

impl Limit {
    /// The field of a monitor that sets it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Targets => "targetLimit",
            Self::Samples => "sampleLimit",
            Self::BodySize => "bodySizeLimit",
            Self::Buckets => "nativeHistogramBucketLimit",
            Self::Labels => "labelLimit",
            Self::LabelNames => "labelNameLengthLimit",
            Self::LabelValues => "labelValueLengthLimit",
        }
    }
}

/// Texts and what they mean, in the order in which they are looked for: some contain others.
const TABLE: &[(&str, Failure)] = &[
    ("target_limit exceeded", Failure::Limit(Limit::Targets)),
    ("sample limit exceeded", Failure::Limit(Limit::Samples)),
    ("body size limit exceeded", Failure::Limit(Limit::BodySize)),
    ("histogram bucket limit exceeded", Failure::Limit(Limit::Buckets)),
    ("label_limit exceeded", Failure::Limit(Limit::Labels)),
    ("label_name_length_limit exceeded", Failure::Limit(Limit::LabelNames)),
    ("label_value_length_limit exceeded", Failure::Limit(Limit::LabelValues)),
    ("proxyconnect tcp:", Failure::Proxy),
    ("unable to read ", Failure::CredentialsFile),
    ("http: server gave HTTP response to HTTPS client", Failure::TlsToPlain),
    ("tls: first record does not look like a TLS handshake", Failure::TlsToPlain),
    ("certificate signed by unknown authority", Failure::Certificate(Certificate::Authority)),
    ("certificate is not trusted", Failure::Certificate(Certificate::Authority)),
    ("doesn't contain any IP SANs", Failure::Certificate(Certificate::Name)),
    ("is not valid for any names", Failure::Certificate(Certificate::Name)),
    ("certificate is valid for", Failure::Certificate(Certificate::Name)),
    ("certificate relies on legacy Common Name field", Failure::Certificate(Certificate::Name)),
    ("has expired or is not yet valid", Failure::Certificate(Certificate::Time)),
    ("tls: certificate required", Failure::ClientCertificate),
    ("tls: bad certificate", Failure::ClientCertificate),
    ("tls: unknown certificate", Failure::ClientCertificate),
    ("x509:", Failure::Certificate(Certificate::Other)),
    ("connect: connection refused", Failure::Refused),
    ("no such host", Failure::NotResolved),
    ("server misbehaving", Failure::NotResolved),
    ("no route to host", Failure::Unreachable),
    ("network is unreachable", Failure::Unreachable),
    ("i/o timeout", Failure::Unreachable),
    ("connection reset by peer", Failure::Closed),
    ("broken pipe", Failure::Closed),
    ("no fallback_scrape_protocol specified for target", Failure::NotMetrics),
    ("no fallback_scrape_protocol for target", Failure::NotMetrics),
    ("is not a valid start token", Failure::NotMetrics),
    ("strconv.ParseFloat: parsing", Failure::NotMetrics),
    (" while parsing: ", Failure::NotMetrics),
    ("data does not end with # EOF", Failure::NotMetrics),
    ("missing metric name (__name__ label)", Failure::SampleName),
    ("invalid metric name or label names", Failure::SampleName),
    ("unsupported protocol scheme", Failure::Scheme),
    ("malformed HTTP response", Failure::NotHttp),
    ("stopped after 10 redirects", Failure::Redirects),
    ("invalid port", Failure::BadAddress),
    ("invalid URL escape", Failure::BadAddress),
    ("too many colons in address", Failure::BadAddress),
];

impl Failure {
    /// Reads a last error; `None` for an empty one.
    pub fn parse(error: &str) -> Option<Self> {
        if error.is_empty() {
            return None;
        }
        if let Some(rest) = error.split("server returned HTTP status ").nth(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            return Some(match digits.parse() {
                Ok(401) => Self::Unauthorized,
                Ok(403) => Self::Forbidden,
                Ok(404) => Self::NotFound,
                Ok(status) => Self::Status(status),
                Err(_) => Self::Other,
            });
        }
        // Without the URL the headers had come, and only the body was late.
        if error.contains("context deadline exceeded") || error.contains("Client.Timeout") {
            return Some(Self::Timeout { body: !error.contains("Get \"") });
        }
        if error.contains("non-compliant scrape target sending blank Content-Type") {
            return Some(Self::NoContentType);
        }
        let found = TABLE.iter().find(|(text, _)| error.contains(text)).map(|(_, failure)| failure.clone());
        Some(match found {
            Some(failure) => failure,
            None if error.ends_with(": EOF") || error == "EOF" || error.ends_with("unexpected EOF") => Self::Closed,
            None => Self::Other,
        })
    }
}

impl Failure {
    /// What it means, in a few words; `None` where only the error itself tells.
    pub fn words(&self) -> Option<String> {
        let words = match self {
            Self::Refused => "nothing listens at the address",
            Self::Timeout { body: false } => "no answer within the scrape timeout",
            Self::Timeout { body: true } => "the answer is not complete within the scrape timeout",
            Self::Unreachable => "the address leads nowhere: a pod that is gone, or a NetworkPolicy",
            Self::NotResolved => "the host has no address",
            Self::BadAddress => "that can be no address",
            Self::Proxy => "the proxy of the job does not answer",
            Self::Unauthorized => "credentials are missing or refused",
            Self::Forbidden => "whoever asks may not read the metrics",
            Self::CredentialsFile => "the file with the credentials is not in the pod of Prometheus",
            Self::NotFound => "there is nothing at the path",
            Self::Status(status) => return Some(format!("the answer has status {status}, only 200 counts")),
            Self::TlsToPlain => "HTTPS is spoken to a port that speaks HTTP",
            Self::Certificate(Certificate::Authority) => "Prometheus does not know the authority of the certificate",
            Self::Certificate(Certificate::Name) => "the certificate is for another name",
            Self::Certificate(Certificate::Time) => "the certificate is not valid at this time",
            Self::Certificate(Certificate::Other) => "the certificate is not taken",
            Self::ClientCertificate => "the target wants a client certificate",
            Self::Closed => "the connection is taken and closed without an answer: HTTPS only, or a mesh",
            Self::NotHttp => "what answers does not speak HTTP, perhaps HTTPS",
            Self::Scheme => "the scheme is neither http nor https",
            Self::Redirects => "the answers redirect without end",
            Self::NotMetrics => "the answer is not in a format of metrics",
            Self::NoContentType => "the answer does not say its format, which Prometheus 3 refuses",
            Self::SampleName => "a sample is left without a valid name",
            Self::Limit(limit) => return Some(format!("{} is exceeded", limit.field())),
            Self::Other => return None,
        };
        Some(words.to_owned())
    }
}

/// A last error as it may be shown and grouped: without the URL in front, ports of connections and credentials.
pub fn shown(error: &str) -> String {
    let mut text = error;
    if let Some(rest) = text.strip_prefix("Get \"")
        && let Some((_, rest)) = rest.split_once("\": ")
    {
        text = rest;
    }
    for verb in ["read tcp", "write tcp"] {
        if let Some(rest) = text.strip_prefix(verb) {
            text = rest.split_once(": ").map_or(rest, |(_, rest)| rest);
        }
    }
    without_credentials(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_real_servers_are_read() {
        let all = [
            ("Get \"http://10.0.0.9:8080/metrics\": dial tcp 10.0.0.9:8080: connect: connection refused", Failure::Refused),
            ("Get \"http://10.0.0.9:8080/metrics\": context deadline exceeded", Failure::Timeout { body: false }),
            ("context deadline exceeded", Failure::Timeout { body: true }),
            ("Get \"http://a:80/metrics\": dial tcp: lookup a on 10.96.0.10:53: no such host", Failure::NotResolved),
            ("server returned HTTP status 401 Unauthorized", Failure::Unauthorized),
            ("server returned HTTP status 403 Forbidden", Failure::Forbidden),
            ("server returned HTTP status 404 Not Found", Failure::NotFound),
            ("server returned HTTP status 503 Service Unavailable", Failure::Status(503)),
            ("Get \"https://1.2.3.4:8443/metrics\": http: server gave HTTP response to HTTPS client", Failure::TlsToPlain),
            (
                "Get \"https://1.2.3.4:8443/metrics\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
                Failure::Certificate(Certificate::Authority),
            ),
            (
                "Get \"https://1.2.3.4:8443/metrics\": x509: cannot validate certificate for 1.2.3.4 because it doesn't contain any IP SANs",
                Failure::Certificate(Certificate::Name),
            ),
            (
                "Get \"https://h/metrics\": x509: certificate has expired or is not yet valid: current time",
                Failure::Certificate(Certificate::Time),
            ),
            ("Get \"https://h/metrics\": remote error: tls: certificate required", Failure::ClientCertificate),
            ("Get \"http://h/metrics\": read tcp 10.0.0.1:4711->10.0.0.2:80: read: connection reset by peer", Failure::Closed),
            ("Get \"http://h/metrics\": EOF", Failure::Closed),
            ("Get \"http://h/metrics\": proxyconnect tcp: dial tcp 10.0.0.3:3128: connect: connection refused", Failure::Proxy),
            ("unable to read authorization credentials file /etc/token: no such file", Failure::CredentialsFile),
            (
                "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target",
                Failure::NotMetrics,
            ),
            (
                "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target",
                Failure::NoContentType,
            ),
            ("expected a valid start token, got \"<\" (\"INVALID\") while parsing: \"<\"", Failure::NotMetrics),
            ("\"INVALID\" is not a valid start token", Failure::NotMetrics),
            ("sample limit exceeded", Failure::Limit(Limit::Samples)),
            ("target_limit exceeded (number of targets: 3, limit: 1)", Failure::Limit(Limit::Targets)),
            ("body size limit exceeded", Failure::Limit(Limit::BodySize)),
            ("label_limit exceeded (metric: up, number of labels: 4, limit: 3)", Failure::Limit(Limit::Labels)),
            ("Get \"http://h/metrics\": dial tcp 10.0.0.2:80: connect: no route to host", Failure::Unreachable),
            ("Get \"http://h/metrics\": dial tcp 10.0.0.2:80: i/o timeout", Failure::Unreachable),
            (
                "Get \"http://h/metrics\": net/http: HTTP/1.x transport connection broken: malformed HTTP response \"x\"",
                Failure::NotHttp,
            ),
            ("Get \"http://h/metrics\": stopped after 10 redirects", Failure::Redirects),
            ("something new", Failure::Other),
        ];
        for (text, failure) in all {
            assert_eq!(Failure::parse(text), Some(failure), "{text}");
        }
        assert_eq!(Failure::parse(""), None);
    }

    #[test]
    fn what_changes_with_each_connection_is_taken_off() {
        assert_eq!(
            shown("Get \"http://h:1/metrics\": read tcp 10.0.0.1:4711->10.0.0.2:80: read: connection reset by peer"),
            "read: connection reset by peer"
        );
        assert_eq!(shown("Get \"http://h:1/m\": read tcp: read: connection reset by peer"), "read: connection reset by peer");
        assert_eq!(shown("server returned HTTP status 404 Not Found"), "server returned HTTP status 404 Not Found");
        assert_eq!(shown("parse \"http://u:p@h:x\": invalid port"), "parse \"http://<redacted>@h:x\": invalid port");
    }
}
