//! What a Secret or ConfigMap says, as facts: which keys there are and what they are good for. Values are
//! read once, here, and dropped.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde::Deserialize;

use super::meta::{Meta, nullable};
use crate::prometheus::config::{GeneratedConfig, decode_config};

/// Key of the generated configuration in its Secret (OP-NAME-1: gzipped since operator 0.28).
pub const CONFIG_KEY: &str = "prometheus.yaml.gz";
/// Key of the generated configuration before operator 0.28.
pub const OLD_CONFIG_KEY: &str = "prometheus.yaml";

/// Facts about a Secret or ConfigMap. There is no value in it.
#[derive(Clone, Debug, Default)]
pub struct KeyStore {
    /// Metadata.
    pub metadata: Meta,
    /// Its keys.
    pub keys: BTreeMap<String, KeyFact>,
    /// The generated configuration, where this Secret carries one, credentials redacted.
    pub config: Option<GeneratedConfig>,
    /// Whether the values were cut out before we saw them (`oc adm inspect` does that).
    pub masked: bool,
}

/// What is known of the value of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFact {
    /// Bytes of the value.
    pub size: usize,
    /// What the value is as PEM text.
    pub pem: PemFact,
    /// Whether the value is a YAML list; `None` where nobody needed to know.
    pub yaml_list: Option<bool>,
}

/// What a value is as PEM text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PemFact {
    /// No PEM text.
    #[default]
    None,
    /// A PEM block of this label, for instance `CERTIFICATE`; whether its content parses was not tried.
    Block(String),
    /// A certificate that parses, with a fingerprint of its public key.
    Certificate(String),
    /// A private key that parses, with a fingerprint of its public key.
    PrivateKey(String),
    /// A PEM block whose content does not parse.
    Broken(String),
}

/// Reads PEM text more closely than this crate can; the shell, which has a TLS library, supplies it.
pub type PemReader = fn(&[u8]) -> PemFact;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStore {
    metadata: Meta,
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    data: BTreeMap<String, Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    string_data: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    binary_data: BTreeMap<String, String>,
}

impl KeyStore {
    /// Reads a Secret (`data` in base64, `stringData` in clear) or ConfigMap (`data` in clear) into facts.
    pub(super) fn read<'de, D>(is_secret: bool, pem: Option<PemReader>, deserializer: D) -> Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        let raw = RawStore::deserialize(deserializer)?;
        let mut store = Self { metadata: raw.metadata, ..Self::default() };
        let telling = |key: &String| key == super::LAST_APPLIED || key == super::HELM_RELEASE;
        store.metadata.dropped_annotations = store.metadata.annotations.keys().filter(|key| telling(key)).cloned().collect();
        store.metadata.annotations.clear();
        // Release payloads of Helm are big and of no use here.
        let skip_content = raw.kind == "helm.sh/release.v1";
        let base64 = base64::engine::general_purpose::STANDARD;
        let decode = |text: &String| base64.decode(text.split_whitespace().collect::<String>()).unwrap_or_default();
        let clear =
            raw.data.iter().filter(|_| !is_secret).map(|(key, text)| (key, text.clone().unwrap_or_default().into_bytes()));
        let encoded =
            raw.data.iter().filter(|_| is_secret).map(|(key, text)| (key, text.as_ref().map(decode).unwrap_or_default()));
        let binary = raw.binary_data.iter().map(|(key, text)| (key, decode(text)));
        let strings = raw.string_data.iter().map(|(key, text)| (key, text.clone().into_bytes()));
        for (key, value) in clear.chain(encoded).chain(binary).chain(strings) {
            if is_masked(&value) {
                store.masked = true;
            }
            let fact = if skip_content { KeyFact { size: value.len(), ..KeyFact::default() } } else { KeyFact::of(&value, pem) };
            if is_secret && (key == CONFIG_KEY || key == OLD_CONFIG_KEY) && store.config.is_none() {
                store.config = Some(decode_config(&value, key == CONFIG_KEY));
            }
            store.keys.insert(key.clone(), fact);
        }
        Ok(store)
    }
}

impl KeyFact {
    fn of(value: &[u8], pem: Option<PemReader>) -> Self {
        let label = pem_label(value);
        let pem = match (label, pem) {
            (None, _) => PemFact::None,
            (Some(_), Some(read)) => read(value),
            (Some(label), None) => PemFact::Block(label),
        };
        Self { size: value.len(), pem, yaml_list: yaml_list(value) }
    }
}

/// `oc adm inspect` replaces values by their size.
fn is_masked(value: &[u8]) -> bool {
    value.len() < 40 && value.ends_with(b" bytes long")
}

/// The label of the first PEM block.
fn pem_label(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, _) = rest.split_once("-----")?;
    Some(label.to_owned())
}

/// Whether a value that could be scrape configurations is a YAML list. Only texts that look like YAML are parsed.
fn yaml_list(value: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(value).ok()?;
    let first =
        text.lines().map(str::trim_end).find(|line| !line.trim_start().is_empty() && !line.trim_start().starts_with('#'))?;
    if !(first.starts_with('-') || first.trim_start().starts_with(['-', '[']) || first.contains(':')) {
        return Some(false);
    }
    let stream = crate::yaml::parse(text);
    match stream.documents.first() {
        None => (!stream.broken.is_empty()).then_some(false),
        Some(document) => Some(stream.broken.is_empty() && document.to_json().is_ok_and(|value| value.is_array())),
    }
}
