//! TLS settings of an endpoint (OP-REJ-T).

use super::{Examiner, Reason};
use crate::world::{Kind, PemFact, SecretOrConfigMap, TlsConfig};

impl Examiner<'_> {
    pub(super) fn tls(&mut self, tls: &TlsConfig, path: &str) {
        let set = |reference: &SecretOrConfigMap| reference.secret.is_some() || reference.config_map.is_some();
        let conflict = |examiner: &mut Self, why: &str, field: &str| {
            examiner.reject(Reason::Tls { why: why.to_owned() }, format!("{path}.{field}"));
        };
        if set(&tls.ca) && !tls.ca_file.is_empty() {
            conflict(self, "ca and caFile exclude each other", "ca");
        }
        if set(&tls.cert) && !tls.cert_file.is_empty() {
            conflict(self, "cert and certFile exclude each other", "cert");
        }
        if tls.key_secret.is_some() && !tls.key_file.is_empty() {
            conflict(self, "keySecret and keyFile exclude each other", "keySecret");
        }
        let (cert, key) = (set(&tls.cert) || !tls.cert_file.is_empty(), tls.key_secret.is_some() || !tls.key_file.is_empty());
        if cert && !key {
            conflict(self, "a client certificate needs its key", "cert");
        }
        if key && !cert {
            conflict(self, "a client key needs its certificate", "keySecret");
        }
        if !tls.min_version.is_empty() && !tls.max_version.is_empty() && tls.max_version < tls.min_version {
            conflict(self, "maxVersion is below minVersion", "maxVersion");
        }
        self.certificates(tls, path);
    }

    fn certificates(&mut self, tls: &TlsConfig, path: &str) {
        if let Some(ca) = self.secret_or_config_map(&tls.ca, &format!("{path}.ca"), false) {
            let why = match ca {
                PemFact::None => Some("the CA is not PEM text"),
                PemFact::Broken(_) => Some("the CA does not parse as a certificate"),
                PemFact::Block(label) if label != "CERTIFICATE" => Some("the CA holds no certificate"),
                PemFact::PrivateKey(_) => Some("the CA holds a private key, not a certificate"),
                PemFact::Block(_) | PemFact::Certificate(_) => None,
            };
            if let Some(why) = why.filter(|_| !self.masked(&tls.ca)) {
                self.reject(Reason::Tls { why: why.to_owned() }, format!("{path}.ca"));
            }
        }
        let cert = self.secret_or_config_map(&tls.cert, &format!("{path}.cert"), false);
        let key = tls.key_secret.as_ref().and_then(|key| self.key(Kind::Secret, key, &format!("{path}.keySecret")));
        if let (Some(PemFact::Certificate(cert)), Some(PemFact::PrivateKey(key))) = (&cert, &key)
            && cert != key
        {
            let why = "certificate and key do not belong together".to_owned();
            self.reject(Reason::Tls { why }, format!("{path}.keySecret"));
        }
    }

    /// Whether the values were cut out of the dump: then their form says nothing.
    fn masked(&self, reference: &SecretOrConfigMap) -> bool {
        let namespace = &self.monitor.metadata.namespace;
        reference.secret.as_ref().and_then(|key| self.world.secrets.get(namespace, &key.name)).is_some_and(|store| store.masked)
    }
}
