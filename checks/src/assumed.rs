//! Findings about what is only assumed, told of what it follows from: not of a pod that nobody has seen but of the
//! template in the files, not of Endpoints but of their Service.

use crate::controllers::is_stand_in;
use crate::draft::Draft;
use crate::report::{At, Ref};
use crate::world::{Kind, ObjectId, World};

/// Moves everything that a finding says of assumed objects to their makers. Changes to what does not exist are no fixes.
pub(crate) fn tell_of_makers(world: &World, draft: &mut Draft) {
    if world.assumed.is_empty() {
        return;
    }
    if let Some(maker) = maker(world, &draft.subject) {
        draft.subject = maker.into();
    }
    retell(world, &mut draft.message);
    for evidence in &mut draft.evidence {
        let found = evidence.reference.as_ref().and_then(|reference| maker(world, reference));
        if let Some((reference, maker)) = evidence.reference.as_mut().zip(found) {
            evidence.path = path(reference, maker, &evidence.path);
            *reference = maker.into();
        }
        if let Some(At { reference, path: at }) = &mut evidence.at
            && let Some(maker) = maker(world, reference)
        {
            *at = path(reference, maker, at);
            *reference = maker.into();
        }
        evidence.note.iter_mut().chain(&mut evidence.found).for_each(|text| retell(world, text));
    }
    let of_assumed = |id: Option<ObjectId>| id.is_some_and(|id| world.assumed.contains_key(&id));
    draft.fixes.retain(|fix| !fix.patch.iter().any(|patch| of_assumed(patch.reference.id())));
    for fix in &mut draft.fixes {
        let texts = [&mut fix.title, &mut fix.command].into_iter().chain(&mut fix.note);
        texts.for_each(|text| retell(world, text));
    }
}

/// What to call an object in a message: a pod that is only assumed is one of its workload's.
pub(crate) fn name_in_words(world: &World, id: &ObjectId) -> String {
    match world.assumed.get(id) {
        Some(maker) => format!("a pod of {} {}", maker.kind, maker.name),
        None => id.name.clone(),
    }
}

fn maker<'w>(world: &'w World, reference: &Ref) -> Option<&'w ObjectId> {
    let kind = Kind::all().find(|kind| kind.name() == reference.kind)?;
    world.assumed.get(&ObjectId::new(kind, &reference.namespace, &reference.name))
}

/// Where in its maker a field of an assumed object is written.
fn path(assumed: &Ref, maker: &ObjectId, path: &str) -> String {
    match (assumed.kind.as_str(), maker.kind) {
        ("Pod", Kind::CronJob) => format!("spec.jobTemplate.spec.template.{path}"),
        ("Pod", _) => format!("spec.template.{path}"),
        _ if path.starts_with("metadata") => path.to_owned(),
        _ => "spec.ports".to_owned(),
    }
}

/// Puts the makers of assumed pods into a text, where it names one as `Pod shop/cart-0` or in a command, and takes out
/// the addresses that stand in for theirs.
fn retell(world: &World, text: &mut String) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-./".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        // In a URL it stands between slashes.
        let from = word.len() - word.trim_start_matches('/').len();
        let address = word[from..].split('/').next().unwrap_or_default();
        let pod = word.split_once('/').and_then(|(namespace, name)| {
            out.ends_with("Pod ").then(|| world.assumed.get(&ObjectId::new(Kind::Pod, namespace, name)))?
        });
        let before = || [" pod ", " pods "].iter().find_map(|end| out.strip_suffix(end));
        let shown = || before().and_then(|before| before.split_once(" -n ")).map(|(_, rest)| rest);
        let named = shown().and_then(|rest| {
            let namespace = rest.split(' ').next()?;
            world.assumed.get(&ObjectId::new(Kind::Pod, namespace, word))
        });
        if let Some(maker) = pod {
            out.truncate(out.len() - "Pod ".len());
            out.push_str(&format!("a pod of {} {}", maker.kind, maker.name));
            changed = true;
        } else if let Some(maker) = named {
            out.truncate(out.trim_end_matches(' ').rfind(' ').map_or(0, |at| at + 1));
            out.push_str(&format!("{} {}", maker.kind.name().to_ascii_lowercase(), maker.name));
            changed = true;
        } else if is_stand_in(address) {
            out.push_str(&word[..from]);
            out.push_str("ADDRESS");
            out.push_str(&word[from + address.len()..]);
            changed = true;
        } else {
            out.push_str(word);
        }
        let next = more.find(is_word).unwrap_or(more.len());
        out.push_str(&more[..next]);
        rest = &more[next..];
    }
    if changed {
        *text = out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_tell_of_makers() {
        let mut world = World::default();
        let maker = ObjectId::new(Kind::Deployment, "shop", "cart");
        world.assumed.insert(ObjectId::new(Kind::Pod, "shop", "cart-0"), maker);
        for (text, told) in [
            ("ask for what Pod shop/cart-0 has", "ask for what a pod of Deployment cart has"),
            ("Service shop/cart-0 and Pod pay/cart-0", "Service shop/cart-0 and Pod pay/cart-0"),
            ("kubectl -n shop get pod cart-0 -o yaml", "kubectl -n shop get deployment cart -o yaml"),
            ("kubectl -n shop get pods cart-0 -o yaml", "kubectl -n shop get deployment cart -o yaml"),
            ("kubectl -n pay get pod cart-0 -o yaml", "kubectl -n pay get pod cart-0 -o yaml"),
            ("one, for instance http://198.19.3.178:8080/metrics", "one, for instance http://ADDRESS:8080/metrics"),
            ("http://198.19.3.178/metrics", "http://ADDRESS/metrics"),
            ("10.0.0.1 and v198.18.0.1", "10.0.0.1 and v198.18.0.1"),
        ] {
            let mut text = text.to_owned();
            retell(&world, &mut text);
            assert_eq!(text, told);
        }
    }
}
