//! Random documents, changed at random: what comes out is what should, and the rest is as it was.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::yaml::tests::random::{Printer, string, value};

/// A change, aimed at a place by chance.
#[derive(Debug, Clone)]
struct Aim {
    place: Index,
    kind: u8,
    key: String,
    value: Json,
}

fn aim() -> impl Strategy<Value = Aim> {
    (any::<Index>(), 0u8..4, string(), value()).prop_map(|(place, kind, key, value)| Aim { place, kind, key, value })
}

fn object() -> impl Strategy<Value = Json> {
    object_of(1)
}

/// An object with at least so many keys.
fn object_of(keys: usize) -> impl Strategy<Value = Json> {
    prop::collection::btree_map(string(), value(), keys..5).prop_map(|map| Json::Object(map.into_iter().collect()))
}

fn places(value: &Json, pointer: &str, out: &mut Vec<String>) {
    let step = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Json::Object(map) => map.iter().for_each(|(key, value)| {
            out.push(step(key));
            places(value, &step(key), out);
        }),
        Json::Array(items) => items.iter().enumerate().for_each(|(at, value)| {
            out.push(step(&at.to_string()));
            places(value, &step(&at.to_string()), out);
        }),
        _ => {}
    }
}

/// The operations of a JSON patch that fit a document one after the other.
fn aimed(document: &Json, aims: &[Aim]) -> (Json, Vec<Json>) {
    let (mut target, mut operations) = (document.clone(), Vec::new());
    for Aim { place, kind, key, value } in aims {
        let mut all = Vec::new();
        places(&target, "", &mut all);
        if all.is_empty() {
            break;
        }
        let at = place.get(&all);
        let operation = match (kind, target.pointer(at)) {
            (0, Some(Json::Object(_))) => {
                json!({"op": "add", "path": format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), "value": value})
            }
            (0, Some(Json::Array(_))) => json!({"op": "add", "path": format!("{at}/-"), "value": value}),
            (0, _) => json!({"op": "add", "path": format!("/{}", key.replace('~', "~0").replace('/', "~1")), "value": value}),
            (1, _) => json!({"op": "replace", "path": at, "value": value}),
            (2, _) => json!({"op": "remove", "path": at}),
            _ => json!({"op": "move", "from": at, "path": "/moved"}),
        };
        let one: json_patch::Patch = serde_json::from_value(json!([operation])).unwrap();
        json_patch::patch(&mut target, &one).unwrap();
        operations.push(operation);
    }
    (target, operations)
}

fn read_one(text: &str) -> Json {
    let stream = crate::yaml::parse(text);
    assert!(stream.broken.is_empty(), "{:?} in\n{text}", stream.broken);
    stream.documents[0].to_json().unwrap()
}

proptest! {
    #[test]
    fn what_comes_out_is_what_should(document in object(), choices in vec(any::<u8>(), 1..40), aims in vec(aim(), 1..4)) {
        let text = format!("---{}", Printer::print(&document, &choices));
        let (target, operations) = aimed(&document, &aims);
        prop_assume!(target.as_object().is_some_and(|map| !map.is_empty()));
        let body = Json::Array(operations);
        let edits = patch(&text, 3, "", Change::Json(&body)).map_err(|why| TestCaseError::fail(format!("{why}\n{text}\n{target}")))?;
        let after = edits.apply(&text);
        prop_assert!(same(&read_one(&after), &target), "{}\n{}", text, after);
        // Once made, there is nothing left to do.
        prop_assert!(Pieces::of(&after).rewrite(3, &target).unwrap().is_empty());
    }

    #[test]
    fn any_document_becomes_any_other(document in object(), target in object(), choices in vec(any::<u8>(), 1..40)) {
        let text = format!("a: 1\n---{}---\nb: 1\n", Printer::print(&document, &choices));
        let edits = Pieces::of(&text).rewrite(8, &target).map_err(|why| TestCaseError::fail(format!("{why}\n{text}\n{target}")))?;
        let after = edits.apply(&text);
        let all = crate::yaml::parse(&after);
        prop_assert_eq!(all.documents.len(), 3);
        prop_assert!(same(&all.documents[1].to_json().unwrap(), &target));
        prop_assert!(after.starts_with("a: 1\n---") && after.ends_with("---\nb: 1\n"));
    }

    #[test]
    fn a_scalar_leaves_all_other_lines_alone(document in object(), choices in vec(any::<u8>(), 1..40), place: Index, new in string()) {
        let text = format!("---{}", Printer::print(&document, &choices));
        let mut all = Vec::new();
        places(&document, "", &mut all);
        all.retain(|at| document.pointer(at).is_some_and(|value| !value.is_object() && !value.is_array()));
        prop_assume!(!all.is_empty());
        let body = json!([{"op": "replace", "path": place.get(&all), "value": new}]);
        let edits = patch(&text, 3, "", Change::Json(&body)).map_err(|why| TestCaseError::fail(format!("{why}\n{text}\n{body}")))?;
        prop_assert!(edits.splices().len() <= 1);
        let after = edits.apply(&text);
        let comments = |text: &str| crate::yaml::parse(text).documents[0].comments.iter().map(|comment| comment.text.clone()).collect::<Vec<_>>();
        // The one comment that may go is that behind the `|` of a text in block style.
        prop_assert!(comments(&after).len() + 1 >= comments(&text).len());
        let (old, new): (Vec<&str>, Vec<&str>) = (text.lines().collect(), after.lines().collect());
        let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let back = old[front..].iter().rev().zip(new[front..].iter().rev()).take_while(|(a, b)| a == b).count();
        let touched = edits.splices().iter().map(|splice| 1 + text[splice.range.clone()].matches('\n').count()).sum::<usize>();
        prop_assert!(old.len() - front - back <= touched, "{}\n{}", text, after);
    }

    #[test]
    fn what_is_added_takes_nothing_away(document in object(), choices in vec(any::<u8>(), 1..40), key in string(), new in value()) {
        let text = format!("---{}", Printer::print(&document, &choices));
        prop_assume!(document.get(&key).is_none());
        let mut target = document.clone();
        target[key.as_str()] = new;
        let edits = Pieces::of(&text).rewrite(3, &target).unwrap();
        prop_assert!(edits.splices().iter().all(|splice| splice.range.is_empty()));
    }

    #[test]
    fn what_is_taken_away_adds_nothing(document in object_of(2), choices in vec(any::<u8>(), 1..40), place: Index) {
        let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        let body = json!([{"op": "remove", "path": format!("/{}", place.get(&keys).replace('~', "~0").replace('/', "~1"))}]);
        let text = format!("---{}", Printer::print(&document, &choices));
        let edits = patch(&text, 3, "", Change::Json(&body)).unwrap();
        prop_assert!(edits.splices().iter().all(|splice| splice.text.is_empty()));
    }

    #[test]
    fn changes_made_at_once_are_those_made_one_by_one(document in object(), choices in vec(any::<u8>(), 1..40), a in aim(), b in aim()) {
        let text = format!("---{}", Printer::print(&document, &choices));
        // Only in what has no items before it, whose places would change, and what keeps its name.
        let change = |aim: &Aim| {
            let (_, operations) = aimed(&document, std::slice::from_ref(aim));
            let path = operations.first()?["path"].as_str()?.to_owned();
            let list = path.split('/').any(|step| step == "-" || step.parse::<usize>().is_ok());
            (!list && aim.kind != 3).then_some(Json::Array(operations))
        };
        let (Some(a), Some(b)) = (change(&a), change(&b)) else { return Ok(()) };
        let edits = |body: &Json| patch(&text, 3, "", Change::Json(body)).ok();
        let (Some(first), Some(second)) = (edits(&a), edits(&b)) else { return Ok(()) };
        prop_assume!(!first.is_empty() && !second.is_empty());
        let Some(both) = first.join(&second) else { return Ok(()) };
        let apply = |text: &str, body: &Json| patch(text, 3, "", Change::Json(body)).map(|edits| edits.apply(text));
        let Ok(one_by_one) = apply(&first.apply(&text), &b) else { return Ok(()) };
        prop_assert!(same(&read_one(&both.apply(&text)), &read_one(&one_by_one)), "{}", both.apply(&text));
    }

    #[test]
    fn whole_documents_come_and_go(documents in vec(object(), 1..4), choices in vec(any::<u8>(), 1..40), place: Index, new in object()) {
        let text: String = documents.iter().map(|document| format!("---{}", Printer::print(document, &choices))).collect();
        let json = |text: &str| crate::yaml::parse(text).documents.iter().map(|document| document.to_json().unwrap()).collect::<Vec<_>>();
        if let Ok(edits) = append(&text, &new) {
            prop_assert_eq!(json(&edits.apply(&text)), [documents.as_slice(), &[new]].concat());
        }
        let stream = crate::yaml::parse(&text);
        let gone = place.index(documents.len());
        let edits = remove(&text, stream.documents[gone].root().span().start).unwrap();
        let mut left = documents.clone();
        left.remove(gone);
        prop_assert_eq!(json(&edits.apply(&text)), left);
    }
}
