//! Label selectors as kubectl's `-l` takes them.

use prom_doctor_checks::selector::{Expression, LabelSelector};

/// Reads `app=api,tier!=db,env in (a, b),!legacy`.
pub(super) fn parse(text: &str) -> Result<LabelSelector, String> {
    let mut selector = LabelSelector::default();
    for part in split(text)? {
        match requirement(part)? {
            (key, "=", mut values) => {
                let value = values.pop().unwrap_or_default();
                // A key twice with two values is a contradiction that a map would hide.
                match selector.match_labels.get(&key) {
                    Some(before) if *before != value => selector.match_expressions.push(expression(key, "In", vec![value])),
                    _ => {
                        selector.match_labels.insert(key, value);
                    }
                }
            }
            (key, operator, values) => selector.match_expressions.push(expression(key, operator, values)),
        }
    }
    Ok(selector)
}

fn expression(key: String, operator: &str, values: Vec<String>) -> Expression {
    Expression { key, operator: operator.to_owned(), values }
}

/// At the commas outside of parentheses.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, character) in text.char_indices() {
        match character {
            '(' if inside => return Err("a parenthesis within a parenthesis".to_owned()),
            '(' => inside = true,
            ')' if !inside => return Err("a closing parenthesis without its opening one".to_owned()),
            ')' => inside = false,
            ',' if !inside => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err("a parenthesis is not closed".to_owned());
    }
    parts.push(&text[start..]);
    if parts.len() == 1 && parts[0].trim().is_empty() {
        parts.clear();
    }
    Ok(parts)
}

fn requirement(part: &str) -> Result<(String, &'static str, Vec<String>), String> {
    let part = part.trim();
    let wrong = || format!("{part:?} is no requirement: key, !key, key=value, key!=value, key in (a,b), key notin (a,b)");
    if let Some(list) = part.strip_suffix(')') {
        let (head, list) = list.split_once('(').ok_or_else(wrong)?;
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace).ok_or_else(wrong)?;
        let operator = match operator {
            "in" => "In",
            "notin" => "NotIn",
            _ => return Err(wrong()),
        };
        let values = list.split(',').map(value).collect::<Result<_, _>>()?;
        return Ok((self::key(key)?, operator, values));
    }
    if let Some((left, right)) = part.split_once("!=") {
        return Ok((key(left)?, "NotIn", vec![value(right)?]));
    }
    if let Some((left, right)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok((key(left)?, "=", vec![value(right)?]));
    }
    match part.strip_prefix('!') {
        Some(absent) => Ok((key(absent)?, "DoesNotExist", Vec::new())),
        None => Ok((key(part)?, "Exists", Vec::new())),
    }
}

fn key(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    if fits && !text.is_empty() { Ok(text.to_owned()) } else { Err(format!("{text:?} is no key of a label")) }
}

fn value(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if fits { Ok(text.to_owned()) } else { Err(format!("{text:?} is no value of a label")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms() {
        let selector = parse("a=b, c == d,e!=f,g in (h, i),j notin (k),l,!m/n").unwrap();
        assert_eq!(selector.match_labels.len(), 2);
        let expressions: Vec<_> = selector
            .match_expressions
            .iter()
            .map(|one| format!("{} {} {}", one.key, one.operator, one.values.join("|")))
            .collect();
        assert_eq!(expressions, ["e NotIn f", "g In h|i", "j NotIn k", "l Exists ", "m/n DoesNotExist "]);
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn contradictions_stay() {
        let labels = [("a".to_owned(), "1".to_owned())].into();
        assert!(!parse("a=1,a=2").unwrap().matches(&labels));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for wrong in ["a in b", "a b", "a in (b", "a)", "=x", "a=b=c", "a,,b", "a in ((b))"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
