//! Objects that follow each other without `---` between them: to YAML they are one document whose keys repeat, and of
//! each key only the last one counts. What was meant are several.

use super::block;
use super::broken::Broken;
use super::build;
use super::document::{Comment, Document};
use super::node::{Kind, Node};
use super::split::Chunk;

/// The documents that were meant by the one of a chunk; it alone where it is one, or where its pieces are none.
pub(super) fn parts(chunk: &Chunk<'_>, whole: Document) -> Vec<Document> {
    let cuts = cuts(chunk, whole.root());
    if cuts.is_empty() {
        return vec![whole];
    }
    match read(chunk, &whole, &cuts) {
        Ok(Some(parts)) => parts,
        _ => vec![whole],
    }
}

/// Where further objects begin, in bytes of the chunk.
fn cuts(chunk: &Chunk<'_>, root: Node<'_>) -> Vec<usize> {
    let mut objects: Vec<(usize, Vec<&str>)> = vec![(0, Vec::new())];
    for key in root.entries().map(|entry| entry.key) {
        let Some(name) = key.scalar().map(|scalar| scalar.text) else { continue };
        let Some((_, names)) = objects.last_mut() else { continue };
        if !["apiVersion", "kind"].contains(&name) || !names.contains(&name) {
            names.push(name);
            continue;
        }
        let at = key.span().start.saturating_sub(chunk.offset);
        let line = chunk.text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        if !chunk.text[line..at].trim_start_matches(' ').is_empty() {
            return Vec::new();
        }
        objects.push((line, vec![name]));
    }
    // A key that is merely repeated makes no object.
    let is_object = |(_, names): &(usize, Vec<&str>)| ["apiVersion", "kind", "metadata"].iter().all(|key| names.contains(key));
    if objects.len() == 1 || !objects.iter().all(is_object) {
        return Vec::new();
    }
    objects.into_iter().skip(1).map(|(at, _)| at).collect()
}

fn read(chunk: &Chunk<'_>, whole: &Document, cuts: &[usize]) -> Result<Option<Vec<Document>>, Broken> {
    let before = |comment: &&Comment| comment.span.start < chunk.offset;
    let mut above: Vec<Comment> = whole.comments.iter().filter(before).cloned().collect();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([chunk.text.len()]);
    let mut parts: Vec<Document> = Vec::new();
    for (start, end) in starts.zip(ends) {
        let line = chunk.line + block::breaks(&chunk.text[..start]);
        let piece = Chunk { text: &chunk.text[start..end], offset: chunk.offset + start, line };
        let Some(mut part) = build::document(&piece, &mut above)? else { return Ok(None) };
        if part.root().kind() != Kind::Mapping {
            return Ok(None);
        }
        if let Some(last) = parts.last_mut() {
            part.joined_to = Some(name(last.root()));
            part.source = part.source.take().or_else(|| last.source.clone());
            last.runs_on = true;
        }
        parts.push(part);
    }
    Ok(Some(parts))
}

/// An object in words.
fn name(root: Node<'_>) -> String {
    let text = |node: Option<Node<'_>>| node.and_then(|node| node.as_str()).unwrap_or_default().to_owned();
    let name = root.get("metadata").and_then(|metadata| metadata.get("name"));
    format!("{} {}", text(root.get("kind")), text(name)).trim().to_owned()
}
