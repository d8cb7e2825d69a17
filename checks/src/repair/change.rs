//! From a fix to the places in files that it changes.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::Options;
use super::safety;
use crate::files::{Bundle, Item};
use crate::path::Step;
use crate::report::{Finding, Fix, Patch, PatchType, Ref, Safety};
use crate::yaml::edit::{self, Edits, Pieces};

/// What a fix does to files.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// By the place of the file in the bundle.
    pub(super) edits: BTreeMap<usize, Edits>,
    /// Whether it only mends what the finding says.
    pub(super) safety: Safety,
}

/// Why a fix cannot be made in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// It is about something else.
    Elsewhere,
    /// It is about what is there, but.
    But(String),
}

impl From<edit::Refused> for Why {
    fn from(refused: edit::Refused) -> Self {
        Self::But(refused.to_string())
    }
}

/// Files that are about to be changed in many places: each is cut into its documents once, when the first change asks.
pub(super) struct Cut<'b> {
    pub(super) bundle: &'b Bundle,
    pieces: Vec<OnceCell<Pieces<'b>>>,
}

impl<'b> Cut<'b> {
    pub(super) fn new(bundle: &'b Bundle) -> Self {
        Self { bundle, pieces: bundle.files.iter().map(|_| OnceCell::new()).collect() }
    }

    fn pieces(&self, file: usize) -> &Pieces<'b> {
        self.pieces[file].get_or_init(|| Pieces::of(&self.bundle.files[file].text))
    }
}

/// What a fix of a finding does to the files.
pub(super) fn change(cut: &Cut<'_>, finding: &Finding, fix: &Fix, options: &Options) -> Result<Change, Why> {
    if fix.patch.is_empty() {
        return Err(Why::Elsewhere);
    }
    let bundle = cut.bundle;
    let mut out = Change { edits: BTreeMap::new(), safety: fix.safety };
    for patch in &fix.patch {
        let (file, edits, safety) = match patch.kind {
            PatchType::Create => create(bundle, finding, patch, options)?,
            PatchType::Delete => delete(cut, finding, patch, options)?,
            PatchType::Merge => changed(cut, finding, patch, edit::Change::Merge(&patch.body), options)?,
            PatchType::Json => changed(cut, finding, patch, edit::Change::Json(&patch.body), options)?,
        };
        out.safety = out.safety.max(safety);
        let both = match out.edits.remove(&file) {
            Some(before) => before.join(&edits).ok_or_else(|| Why::But("it changes one place twice".to_owned()))?,
            None => edits,
        };
        out.edits.insert(file, both);
    }
    if out.edits.values().all(Edits::is_empty) { Err(Why::But("it would change nothing".to_owned())) } else { Ok(out) }
}

type Made = (usize, Edits, Safety);

fn changed(cut: &Cut<'_>, finding: &Finding, patch: &Patch, change: edit::Change<'_>, options: &Options) -> Result<Made, Why> {
    let bundle = cut.bundle;
    let item = item(bundle, finding, patch, options)?;
    let part = &bundle.parts[item.origin.part];
    let below = pointer(&item.origin.path);
    let before = part.document.to_json().map_err(|broken| Why::But(broken.message))?;
    let mut after = before.clone();
    edit::make(&mut after, &below, change)?;
    let edits = cut.pieces(part.file).rewrite(part.document.root().span().start, &after)?;
    let none = Value::Null;
    let own = |document: &Value| document.pointer(&below).unwrap_or(&none).clone();
    let safety = if patch.reference.api_version.starts_with("monitoring.coreos.com/") {
        safety::of(&own(&before), &own(&after))
    } else {
        // Others than monitoring live by it.
        Safety::Unsafe
    };
    Ok((part.file, edits, safety))
}

/// A new object goes into the file of the finding.
fn create(bundle: &Bundle, finding: &Finding, patch: &Patch, options: &Options) -> Result<Made, Why> {
    let home = bundle.item(&finding.subject, finding.copy).ok_or(Why::Elsewhere)?;
    let reference = reference(patch);
    if bundle.items_of(&reference).next().is_some() {
        return Err(Why::But(format!("{reference} is there already")));
    }
    editable(bundle, home, options)?;
    let mut body = patch.body.clone();
    // The others have no namespace either: it comes with the command that applies them.
    if home.homeless
        && reference.namespace == bundle.namespace
        && let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.shift_remove("namespace");
    }
    let file = bundle.parts[home.origin.part].file;
    Ok((file, edit::append(&bundle.files[file].text, &body)?, Safety::Unsafe))
}

fn delete(cut: &Cut<'_>, finding: &Finding, patch: &Patch, options: &Options) -> Result<Made, Why> {
    let bundle = cut.bundle;
    let item = item(bundle, finding, patch, options)?;
    let part = &bundle.parts[item.origin.part];
    let text = &bundle.files[part.file].text;
    let at = part.document.root().span().start;
    let edits = if item.origin.path.is_empty() {
        edit::remove(text, at)?
    } else {
        let operation = serde_json::json!([{"op": "remove", "path": pointer(&item.origin.path)}]);
        cut.pieces(part.file).patch(at, "", edit::Change::Json(&operation))?
    };
    Ok((part.file, edits, Safety::Unsafe))
}

fn reference(patch: &Patch) -> Ref {
    let to = &patch.reference;
    Ref { kind: to.kind.clone(), namespace: to.namespace.clone(), name: to.name.clone() }
}

/// The place where the object of a patch is written: of several copies the one that the finding is about.
fn item<'b>(bundle: &'b Bundle, finding: &Finding, patch: &Patch, options: &Options) -> Result<&'b Item, Why> {
    let reference = reference(patch);
    let item = bundle.item(&reference, finding.copy).ok_or(Why::Elsewhere)?;
    if reference != finding.subject && bundle.items_of(&reference).count() > 1 {
        return Err(Why::But(format!("{reference} is written more than once")));
    }
    editable(bundle, item, options)?;
    Ok(item)
}

/// Refuses what somebody else writes.
fn editable(bundle: &Bundle, item: &Item, options: &Options) -> Result<(), Why> {
    let part = &bundle.parts[item.origin.part];
    let passes = options.passing.as_deref() == Some(bundle.files[part.file].name.as_str());
    if part.document.joined_to.is_some() || part.document.runs_on {
        return Err(Why::But("no `---` parts it from another object: write that first".to_owned()));
    }
    match part.document.source.as_deref().filter(|_| passes) {
        Some(template) => Err(Why::But(format!("it was rendered from {template}: edit the chart"))),
        None => Ok(()),
    }
}

fn pointer(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Step::Index(index) => format!("/{index}"),
    };
    path.iter().map(step).collect()
}
