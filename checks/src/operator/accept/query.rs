//! Selectors that are written as text, as Kubernetes' API takes them in a query: by labels and by fields.

use crate::selector::{Expression, LabelSelector};

/// Why Kubernetes refuses a label selector; `None` where it does not.
pub(super) fn bad_labels(text: &str) -> Option<String> {
    match read(text) {
        Err(why) => Some(why),
        Ok(selector) => selector.invalid().map(|(_, why)| why),
    }
}

/// Why Kubernetes refuses a field selector; `None` where it does not: fields joined by commas, each with `=`, `==` or
/// `!=` and a value, in which a `\` must stand before `,`, `=` and `\`.
pub(super) fn bad_fields(text: &str) -> Option<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match c {
            ',' if !escaped => terms.push(String::new()),
            c => terms.last_mut()?.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    terms.iter().filter(|term| !term.is_empty()).find_map(|term| {
        let Some(at) = term.find('=') else {
            return Some(format!("{term:?} says of no field what it must be"));
        };
        let value = term[at + 1..].strip_prefix('=').unwrap_or(&term[at + 1..]);
        let mut rest = value.chars();
        while let Some(c) = rest.next() {
            match c {
                '=' => return Some(format!("{term:?} has an `=` in its value: write `\\=`")),
                '\\' if !matches!(rest.next(), Some('\\' | ',' | '=')) => {
                    return Some(format!("{term:?} has a `\\` that stands before nothing it could"));
                }
                _ => {}
            }
        }
        None
    })
}

/// A word, or one of the signs of the language.
fn tokens(text: &str) -> Vec<&str> {
    let sign = |c: char| "=!(),><".contains(c);
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if rest.starts_with("==") || rest.starts_with("!=") {
            2
        } else if sign(first) {
            1
        } else {
            rest.find(|c: char| sign(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        out.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    out
}

fn is_word(token: &str) -> bool {
    !matches!(token, "=" | "==" | "!=" | "!" | "(" | ")" | "," | ">" | "<")
}

fn read(text: &str) -> Result<LabelSelector, String> {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, at: 0 };
    let mut selector = LabelSelector::default();
    while reader.peek().is_some() {
        selector.match_expressions.extend(reader.requirement()?);
        match reader.next() {
            None => break,
            Some(",") if reader.peek().is_some_and(|next| is_word(next) || next == "!") => {}
            Some(",") => return Err("a `,` is not followed by a requirement".to_owned()),
            Some(other) => return Err(format!("{other:?} stands where a `,` or the end should")),
        }
    }
    Ok(selector)
}

struct Reader<'t> {
    tokens: &'t [&'t str],
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'t str> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn word(&mut self, what: &str) -> Result<&'t str, String> {
        self.next().filter(|token| is_word(token)).ok_or_else(|| format!("{what} is missing"))
    }

    /// A requirement; `None` for one that only compares numbers, where that is fine.
    fn requirement(&mut self) -> Result<Option<Expression>, String> {
        let absent = self.peek() == Some("!");
        if absent {
            self.at += 1;
        }
        let key = self.word("the key of a label")?.to_owned();
        let expression = |operator: &str, values: Vec<String>| {
            Ok(Some(Expression { key: key.clone(), operator: operator.to_owned(), values }))
        };
        if absent {
            return expression("DoesNotExist", Vec::new());
        }
        match self.peek() {
            None | Some(",") => expression("Exists", Vec::new()),
            Some("=" | "==") => expression("In", vec![self.value()]),
            Some("!=") => expression("NotIn", vec![self.value()]),
            Some("in") => expression("In", self.values()?),
            Some("notin") => expression("NotIn", self.values()?),
            Some(">" | "<") => {
                let value = self.value();
                // The key is looked at, too.
                let of_numbers = value.parse::<i64>().is_ok();
                if of_numbers { expression("Exists", Vec::new()) } else { Err(format!("{value:?} is no number to compare with")) }
            }
            Some(other) => Err(format!("{other:?} stands where =, !=, in or notin should")),
        }
    }

    /// The value behind a sign; nothing is a value, too.
    fn value(&mut self) -> String {
        self.at += 1;
        let value = self.peek().filter(|token| is_word(token));
        self.at += usize::from(value.is_some());
        value.unwrap_or_default().to_owned()
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        self.at += 1;
        if self.next() != Some("(") {
            return Err("a `(` is missing before the values".to_owned());
        }
        let mut values = Vec::new();
        loop {
            match self.next() {
                Some(")") => break,
                Some(",") => {}
                Some(word) if is_word(word) => values.push(word.to_owned()),
                _ => return Err("a `)` is missing after the values".to_owned()),
            }
        }
        // Between the parentheses nothing is a value, too.
        if values.is_empty() {
            values.push(String::new());
        }
        Ok(values)
    }
}
