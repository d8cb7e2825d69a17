//! What `.prom-doctor.yaml` may say.

use std::collections::BTreeMap;

use super::choice::Choice;
use super::suppression::Suppression;
use crate::report::Severity;

/// The JSON Schema of the file, for editors.
pub const SCHEMA: &str = include_str!("schema.json");

/// What a configuration file says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Checks that count; `None` where the file says nothing, which means all.
    pub select: Option<Vec<Choice>>,
    /// Checks that do not count.
    pub ignore: Option<Vec<Choice>>,
    /// How bad the findings of a check are, by its code.
    pub severity: BTreeMap<String, Severity>,
    /// From which severity on a run fails.
    pub fail_on: Option<FailOn>,
    /// The operator whose rules files are held to.
    pub operator_version: Option<String>,
    /// What is known and has been let be.
    pub suppressions: Vec<Suppression>,
}

/// From which severity on a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// From this one on.
    At(Severity),
    /// Never.
    Never,
}

/// Keys of the file.
pub(super) const KEYS: &[&str] = &["select", "ignore", "severity", "fail-on", "operator-version", "suppressions"];

/// Keys of a suppression.
pub(super) const SUPPRESSION_KEYS: &[&str] = &["check", "kind", "namespace", "name", "path", "file", "reason", "until"];

/// The file as editors are told of it. The reader beside this module gives messages with positions, which no derived
/// one can; a test holds both to the same keys and values.
#[cfg(test)]
pub(super) mod form {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// The configuration of prom-doctor, `.prom-doctor.yaml`.
    #[derive(Deserialize, JsonSchema, Serialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    pub(in crate::policy) struct ConfigFile {
        /// Checks that count, by code, name or the beginning of a code; all where it is left out.
        select: Option<OneOrSeveral>,
        /// Checks that do not count. Where a check is both selected and ignored the longer word decides.
        ignore: Option<OneOrSeveral>,
        /// How bad the findings of a check are, by its code or name.
        severity: Option<BTreeMap<String, Severity>>,
        /// From which severity on findings lead to exit code 1.
        fail_on: Option<FailOn>,
        /// The version of prometheus-operator that manifests are held to: 0.93 or v0.93.1.
        operator_version: Option<Version>,
        /// What is known and has been let be.
        suppressions: Option<Vec<Suppression>>,
    }

    /// One finding or several that are known and have been let be.
    #[derive(Deserialize, JsonSchema, Serialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Suppression {
        /// Which checks, by code, name or the beginning of a code.
        check: OneOrSeveral,
        /// Kind of the object; may hold `*`.
        kind: Option<String>,
        /// Namespace of the object; may hold `*`.
        namespace: Option<String>,
        /// Name of the object; may hold `*`.
        name: Option<String>,
        /// The field, or one above it: `spec.endpoints[0]`.
        path: Option<String>,
        /// The file; `*` stays in a folder, `**` does not, and the pattern may begin in any folder.
        file: Option<String>,
        /// Why.
        reason: String,
        /// The last day on which it holds: 2027-01-31.
        #[schemars(extend("format" = "date"))]
        until: Option<String>,
    }

    #[derive(Deserialize, JsonSchema, Serialize)]
    #[serde(untagged)]
    enum OneOrSeveral {
        One(String),
        Several(Vec<String>),
    }

    /// YAML takes 0.93 for a number.
    #[derive(Deserialize, JsonSchema, Serialize)]
    #[serde(untagged)]
    enum Version {
        Text(String),
        Number(f64),
    }

    #[derive(Deserialize, JsonSchema, Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Severity {
        Error,
        Warning,
        Info,
    }

    #[derive(Deserialize, JsonSchema, Serialize)]
    #[serde(rename_all = "lowercase")]
    enum FailOn {
        Error,
        Warning,
        Info,
        Never,
    }
}
