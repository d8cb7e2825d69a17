//! Classes of characters: ASCII for `\d \w \s` and the names of POSIX, `[` and `&&` plain text inside brackets.

use super::Refused;
use super::node::{NEVER, push};
use super::parse::{Parser, reject};
use super::unicode::{Property, property};

type Ranges = &'static [(u32, u32)];

const DIGIT: Ranges = &[(0x30, 0x39)];
const SPACE: Ranges = &[(9, 10), (12, 13), (32, 32)];
const WORD: Ranges = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// The classes of POSIX.
const POSIX: &[(&str, Ranges)] = &[
    ("alnum", &[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)]),
    ("alpha", &[(0x41, 0x5a), (0x61, 0x7a)]),
    ("ascii", &[(0, 0x7f)]),
    ("blank", &[(9, 9), (32, 32)]),
    ("cntrl", &[(0, 0x1f), (0x7f, 0x7f)]),
    ("digit", DIGIT),
    ("graph", &[(0x21, 0x7e)]),
    ("lower", &[(0x61, 0x7a)]),
    ("print", &[(0x20, 0x7e)]),
    ("punct", &[(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)]),
    ("space", &[(9, 13), (32, 32)]),
    ("upper", &[(0x41, 0x5a)]),
    ("word", WORD),
    ("xdigit", &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)]),
];

/// The inside of a class, as the crate writes it.
#[derive(Default)]
struct Items(String);

impl Items {
    /// A range without the surrogates, which are in no text.
    fn range(&mut self, low: u32, high: u32) {
        for (low, high) in [(low, high.min(0xd7ff)), (low.max(0xe000), high)] {
            if low <= high {
                push(&mut self.0, format_args!("\\x{{{low:X}}}-\\x{{{high:X}}}"));
            }
        }
    }

    fn ranges(&mut self, ranges: &[(u32, u32)], negated: bool) {
        let mut from = 0;
        for &(low, high) in ranges {
            if !negated {
                self.range(low, high);
            } else if from < low {
                self.range(from, low - 1);
            }
            from = high + 1;
        }
        if negated {
            self.range(from, 0x10_ffff);
        }
    }

    fn finish(self, negated: bool, fold: bool) -> String {
        match (self.0.as_str(), negated) {
            ("", false) => NEVER.to_owned(),
            ("", true) => "(?s:.)".to_owned(),
            (inside, _) => {
                let set = format!("[{}{inside}]", if negated { "^" } else { "" });
                if fold { format!("(?i:{set})") } else { set }
            }
        }
    }
}

/// Ranges with both cases of their letters, the long s and the Kelvin sign, sorted.
fn folded(ranges: Ranges) -> Vec<(u32, u32)> {
    let has = |code: u32| ranges.iter().any(|&(low, high)| (low..=high).contains(&code));
    let other = |code: u32| char::from_u32(code).filter(char::is_ascii_alphabetic).map(|c| c as u32 ^ 0x20);
    let mut all: Vec<u32> = (0..0x80).filter(|&code| has(code) || other(code).is_some_and(has)).collect();
    all.extend((has(0x53) || has(0x73)).then_some(0x17f));
    all.extend((has(0x4b) || has(0x6b)).then_some(0x212a));
    all.into_iter().map(|code| (code, code)).collect()
}

impl<'s> Parser<'s> {
    fn group(&self, items: &mut Items, ranges: Ranges, negated: bool) {
        if self.flags.fold {
            items.ranges(&folded(ranges), negated);
        } else {
            items.ranges(ranges, negated);
        }
    }

    /// `\d` and the like, `\p{…}`; `None` where it is another escape.
    pub(super) fn class_escape(&mut self) -> Result<Option<String>, Refused> {
        let mut items = Items::default();
        let found = self.class_escape_into(&mut items)?;
        Ok(found.then(|| items.finish(false, self.flags.fold)))
    }

    fn class_escape_into(&mut self, items: &mut Items) -> Result<bool, Refused> {
        let Some(c) = self.rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) else { return Ok(false) };
        let ranges = match c.to_ascii_lowercase() {
            'd' => DIGIT,
            's' => SPACE,
            'w' => WORD,
            'p' => return self.property(items, c == 'P').map(|()| true),
            _ => return Ok(false),
        };
        self.rest = &self.rest[2..];
        self.group(items, ranges, c.is_ascii_uppercase());
        Ok(true)
    }

    fn property(&mut self, items: &mut Items, mut negated: bool) -> Result<(), Refused> {
        let before = self.rest;
        self.rest = &before[2..];
        let mut name = match self.next() {
            // Go takes the missing character for an empty one, which is no class.
            None => return Err(reject("invalid character class range", before)),
            Some('{') => {
                let Some((name, rest)) = self.rest.split_once('}') else {
                    return Err(reject("invalid character class range", before));
                };
                self.rest = rest;
                name
            }
            Some(_) => &self.since(before)[2..],
        };
        if let Some(rest) = name.strip_prefix('^') {
            (name, negated) = (rest, !negated);
        }
        self.unicode = true;
        match property(name) {
            Property::Any if negated => {}
            Property::Any => items.range(0, 0x10_ffff),
            Property::Known(text) => {
                push(&mut items.0, format_args!("\\{}{{{text}}}", if negated { 'P' } else { 'p' }));
            }
            Property::Unsure => {
                return Err(Refused::CannotJudge(format!("\\p{{{name}}} is known to some servers only")));
            }
            Property::Unknown => return Err(reject("invalid character class range", self.since(before))),
        }
        Ok(())
    }

    /// A class in brackets.
    pub(super) fn class(&mut self) -> Result<String, Refused> {
        let whole = self.rest;
        self.rest = &whole[1..];
        let negated = self.rest.starts_with('^');
        if negated {
            self.rest = &self.rest[1..];
        }
        let mut items = Items::default();
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if self.posix(&mut items)? || self.class_escape_into(&mut items)? {
                continue;
            }
            let before = self.rest;
            let low = self.class_char(whole)?;
            let mut high = low;
            if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.rest = &self.rest[1..];
                high = self.class_char(whole)?;
                if high < low {
                    return Err(reject("invalid character class range", self.since(before)));
                }
            }
            self.unicode |= self.flags.fold && high > 0x7f;
            items.range(low, high);
        }
        self.rest = &self.rest[1..];
        Ok(items.finish(negated, self.flags.fold))
    }

    fn posix(&mut self, items: &mut Items) -> Result<bool, Refused> {
        let Some(end) = self.rest.strip_prefix("[:").and_then(|rest| rest.find(":]")) else { return Ok(false) };
        let before = self.rest;
        let name = &before[2..2 + end];
        self.rest = &before[end + 4..];
        let (plain, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
        let Some((_, ranges)) = POSIX.iter().find(|(name, _)| *name == plain) else {
            return Err(reject("invalid character class range", self.since(before)));
        };
        self.group(items, ranges, negated);
        Ok(true)
    }

    fn class_char(&mut self, whole: &str) -> Result<u32, Refused> {
        if self.rest.starts_with('\\') {
            return self.escape();
        }
        self.next().map(|c| c as u32).ok_or_else(|| reject("missing closing ]", whole))
    }
}
