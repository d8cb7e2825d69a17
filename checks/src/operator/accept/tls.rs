//! TLS settings of an endpoint (OP-REJ-T): each part from one source only, a certificate with its key, and every key
//! that is named must exist and parse.

use super::{Examiner, Reason};
use crate::world::{Kind, PemFact, SecretOrConfigMap, TlsConfig};

impl Examiner<'_> {
    pub(super) fn tls(&mut self, tls: &TlsConfig, path: &str) {
        let set = |reference: &SecretOrConfigMap| *reference != SecretOrConfigMap::default();
        let conflict = |examiner: &mut Self, why: &str, field: &str| {
            examiner.reject(Reason::Tls { why: why.to_owned() }, format!("{path}.{field}"));
        };
        if set(&tls.ca) && !tls.ca_file.is_empty() {
            conflict(self, "ca and caFile exclude each other", "caFile");
        }
        if set(&tls.cert) && !tls.cert_file.is_empty() {
            conflict(self, "cert and certFile exclude each other", "certFile");
        }
        if tls.key_secret.is_some() && !tls.key_file.is_empty() {
            conflict(self, "keySecret and keyFile exclude each other", "keyFile");
        }
        let cert = (set(&tls.cert), "cert", !tls.cert_file.is_empty(), "certFile");
        let key = (tls.key_secret.is_some(), "keySecret", !tls.key_file.is_empty(), "keyFile");
        let field =
            |(by_reference, name, _, file): (bool, &'static str, bool, &'static str)| if by_reference { name } else { file };
        match (cert.0 || cert.2, key.0 || key.2) {
            (true, false) => conflict(self, "a client certificate needs its key", field(cert)),
            (false, true) => conflict(self, "a client key needs its certificate", field(key)),
            _ => {}
        }
        if !tls.min_version.is_empty() && !tls.max_version.is_empty() && tls.max_version < tls.min_version {
            conflict(self, &format!("maxVersion {} is below minVersion {}", tls.max_version, tls.min_version), "maxVersion");
        }
        self.certificates(tls, path);
    }

    /// The CA is read from its first block, whatever its label; certificate and key must fit each other.
    fn certificates(&mut self, tls: &TlsConfig, path: &str) {
        let say = |why: &str| Some(why.to_owned());
        let reason = |why: String| Reason::Tls { why };
        if let Some(ca) = self.one_source(&tls.ca, &format!("{path}.ca"), reason) {
            let why = match ca {
                PemFact::None => say("the CA is not PEM text"),
                PemFact::Broken(_) => say("the CA does not parse as a certificate"),
                PemFact::PrivateKey(_) => say("the CA holds a private key, not a certificate"),
                PemFact::Block(label) if !label.contains("CERTIFICATE") => {
                    Some(format!("the CA is a PEM block {label:?}, no certificate"))
                }
                PemFact::Block(_) | PemFact::Certificate(_) => None,
            };
            if let Some(why) = why.filter(|_| !self.masked(&tls.ca)) {
                self.reject(Reason::Tls { why }, format!("{path}.ca"));
            }
        }
        let cert = self.one_source(&tls.cert, &format!("{path}.cert"), reason);
        let key = tls.key_secret.as_ref().and_then(|key| self.key(Kind::Secret, key, &format!("{path}.keySecret")));
        // Only together are they looked at, and whether they are files of the pod nobody knows.
        let (Some(cert), Some(key)) = (cert, key) else { return };
        let key_masked = tls.key_secret.as_ref().is_some_and(|key| self.masked_secret(&key.name));
        if key_masked || self.masked(&tls.cert) {
            return;
        }
        let (why, field) = match (&cert, &key) {
            (PemFact::None, _) => ("the client certificate is not PEM text", "cert"),
            (PemFact::Broken(_), _) => ("the client certificate does not parse", "cert"),
            (PemFact::PrivateKey(_), _) => ("the client certificate is a private key", "cert"),
            (_, PemFact::None) => ("the client key is not PEM text", "keySecret"),
            (_, PemFact::Broken(_)) => ("the client key does not parse", "keySecret"),
            (_, PemFact::Certificate(_)) => ("the client key is a certificate, not a private key", "keySecret"),
            (PemFact::Certificate(cert), PemFact::PrivateKey(key)) if cert != key => {
                ("client certificate and key do not belong together", "keySecret")
            }
            _ => return,
        };
        self.reject(Reason::Tls { why: why.to_owned() }, format!("{path}.{field}"));
    }

    /// Whether the values were cut out of the dump: then their form says nothing.
    fn masked(&self, reference: &SecretOrConfigMap) -> bool {
        reference.secret.as_ref().is_some_and(|key| self.masked_secret(&key.name))
    }

    fn masked_secret(&self, name: &str) -> bool {
        self.world.secrets.get(self.namespace, name).is_some_and(|store| store.masked)
    }
}
