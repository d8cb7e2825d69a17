//! Applies the patches of a fix to objects, as an API server would.

use prom_doctor_checks::report::{Patch, PatchRef, PatchType};
use serde_json::Value;

fn is_it(object: &Value, reference: &PatchRef) -> bool {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    text("/kind") == reference.kind
        && text("/metadata/name") == reference.name
        && text("/metadata/namespace") == reference.namespace
}

/// Applies patches in order. Panics where a patch does not fit: such a fix is wrong.
pub(crate) fn apply(objects: &mut Vec<Value>, patches: &[Patch]) {
    for patch in patches {
        let reference = &patch.reference;
        let at = objects.iter().position(|object| is_it(object, reference));
        match patch.kind {
            PatchType::Create => {
                assert!(at.is_none(), "{reference:?} is to be created and exists");
                objects.push(patch.body.clone());
            }
            PatchType::Delete => {
                objects.remove(at.unwrap_or_else(|| panic!("{reference:?} is to be deleted and does not exist")));
            }
            PatchType::Merge => {
                let at = at.unwrap_or_else(|| panic!("{reference:?} is to be patched and does not exist"));
                json_patch::merge(&mut objects[at], &patch.body);
            }
            PatchType::Json => {
                let at = at.unwrap_or_else(|| panic!("{reference:?} is to be patched and does not exist"));
                let operations: json_patch::Patch = serde_json::from_value(patch.body.clone()).expect("a JSON patch");
                json_patch::patch(&mut objects[at], &operations).unwrap_or_else(|error| panic!("{reference:?}: {error}"));
            }
        }
    }
}
