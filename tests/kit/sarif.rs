//! The official schema of SARIF, from the crate that `tests/sarif/Cargo.toml` names.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The schema, if `cargo fetch --locked --manifest-path tests/sarif/Cargo.toml` has brought it.
pub fn schema() -> Option<Value> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sarif/Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--offline", "--locked", "--format-version=1", "--manifest-path"]).arg(manifest);
    let metadata: Value = serde_json::from_slice(&cargo.output().ok()?.stdout).ok()?;
    let packages = metadata["packages"].as_array()?;
    let crate_manifest = packages.iter().find(|package| package["name"] == "serde-sarif")?["manifest_path"].as_str()?;
    let path: PathBuf = Path::new(crate_manifest).with_file_name("src").join("schema.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    // Only JavaScript takes the lone bracket in this pattern, which is about a field that we do not write.
    for holder in ["run", "toolComponent"] {
        let language = schema["definitions"][holder]["properties"]["language"].as_object_mut()?;
        let pattern = language.remove("pattern");
        assert_eq!(pattern.as_ref().and_then(Value::as_str), Some("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"));
    }
    assert_eq!(schema["title"], "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema");
    Some(schema)
}
