//! What the CustomResourceDefinitions of the operator's versions say, in a form of our own.
//!
//! `facts.txt` is written by `cargo run -p prom-doctor-checks --example schema-facts` (see CONTRIBUTING). Its lines:
//!
//! ```text
//! minors 44 93                 the operator's versions 0.44 to 0.93 are told apart
//! kind Probe v1 #193           a kind, the version of its API, its root object, the operator's versions that serve it
//! e ["a","b"]                  an enumeration; `p` a pattern, `d` a default, `k` the keys of a list, numbered from 0
//! # port:s path~58-:s@-57|sd1@58-   an object, numbered from 0: its fields and what they hold
//! ```
//!
//! A field is `name`, then `!` if required, `~` if there is a default, `@` if not in all versions, each with a range of
//! minor versions unless it is always so. What it holds is one type, or several by turns, each with its range:
//!
//! | notation | type |
//! |---|---|
//! | `s` `t` `y` `i` `n` `b` `q` | string, time, bytes, integer, number, boolean, integer or string |
//! | … `>1` `<9` `l1` `L9` `e0` `p0` `d0` | … with least and most value and length, enumeration, pattern, default |
//! | `*` `o` | anything; any object |
//! | `{s}` `[s]` `#0` | map, list, object |
//! | … `u` `m0` `l1` `L9` | list without repetitions, list whose items differ in the keys, least and most length |
//!
//! An object that begins with `*` keeps fields that it does not know. Objects that look the same are told once, so the
//! whole is small; only those are read that a manifest uses.

use std::sync::OnceLock;

use regex::Regex;

/// A set of minor versions, the oldest in the lowest bit.
pub(super) type Mask = u64;

const TEXT: &str = include_str!("facts.txt");

/// The facts, their objects still unread.
pub(super) struct Facts {
    first: u32,
    pub(super) last: u32,
    pub(super) kinds: Vec<Served>,
    enums: Vec<&'static str>,
    patterns: Vec<(&'static str, OnceLock<Option<Regex>>)>,
    defaults: Vec<&'static str>,
    keys: Vec<&'static str>,
    objects: Vec<(&'static str, OnceLock<Object>)>,
}

/// A kind in one version of its API.
pub(super) struct Served {
    pub(super) kind: &'static str,
    pub(super) version: &'static str,
    pub(super) root: usize,
    pub(super) present: Mask,
}

/// An object.
#[derive(Default)]
pub(super) struct Object {
    open: Mask,
    /// Sorted by name.
    fields: Vec<Field>,
}

/// A field of an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) present: Mask,
    pub(super) required: Mask,
    pub(super) defaulted: Mask,
    pub(super) holds: Holds,
}

/// A type per set of versions.
pub(super) struct Holds(Vec<(Mask, Type)>);

/// What a field holds.
pub(super) enum Type {
    /// Anything.
    Any,
    /// An object of any fields.
    AnyObject,
    /// A string, number or boolean.
    Scalar(Scalar),
    /// A list.
    List(Box<List>),
    /// An object whose keys are free.
    Map(Holds),
    /// An object, by number.
    Object(usize),
}

/// A list.
pub(super) struct List {
    pub(super) items: Holds,
    /// In which versions it must not repeat itself.
    pub(super) set: Mask,
    keys: Vec<(Mask, usize)>,
    least: Vec<(Mask, usize)>,
    most: Vec<(Mask, usize)>,
}

/// What a scalar may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A string, or a time or bytes in one.
    Text,
    /// A point in time.
    Time,
    /// Bytes in base64.
    Bytes,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A whole number or a string.
    IntOrString,
}

/// A scalar and its limits.
pub(super) struct Scalar {
    pub(super) sort: Sort,
    pub(super) least: Option<i64>,
    pub(super) most: Option<i64>,
    pub(super) shortest: Option<usize>,
    pub(super) longest: Option<usize>,
    one_of: Option<usize>,
    pattern: Option<usize>,
    default: Option<usize>,
}

/// The facts.
pub(super) fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| Facts::index(TEXT))
}

impl Facts {
    fn index(text: &'static str) -> Self {
        let mut facts = Self {
            first: 0,
            last: 0,
            kinds: Vec::new(),
            enums: Vec::new(),
            patterns: Vec::new(),
            defaults: Vec::new(),
            keys: Vec::new(),
            objects: Vec::new(),
        };
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "#" => facts.objects.push((rest, OnceLock::new())),
                "e" => facts.enums.push(rest),
                "p" => facts.patterns.push((rest, OnceLock::new())),
                "d" => facts.defaults.push(rest),
                "k" => facts.keys.push(rest),
                "minors" => {
                    let mut ends = rest.split(' ').filter_map(|end| end.parse().ok());
                    (facts.first, facts.last) = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
                }
                "kind" => {
                    let mut words = rest.split(' ');
                    let mut next = || words.next().unwrap_or_default();
                    let (kind, version, root, range) = (next(), next(), next(), next());
                    let root = root.trim_start_matches('#').parse().unwrap_or(usize::MAX);
                    let present = if range.is_empty() { Mask::MAX } else { Reader { rest: range, first: facts.first }.range() };
                    facts.kinds.push(Served { kind, version, root, present });
                }
                _ => {}
            }
        }
        facts
    }

    /// The one bit of a minor version; versions that are not known count as the nearest that is.
    pub(super) fn bit(&self, minor: u32) -> Mask {
        1 << (minor.clamp(self.first, self.last) - self.first)
    }

    /// The first minor version of a set from another on; the last one before it.
    pub(super) fn since_and_until(&self, present: Mask, bit: Mask) -> (Option<u32>, Option<u32>) {
        let all = (bit - 1) | bit;
        let known = Mask::MAX >> (Mask::BITS - 1 - (self.last - self.first));
        let (later, earlier) = (present & known & !all, present & (bit - 1));
        let since = (later != 0).then(|| self.first + later.trailing_zeros());
        let until = (earlier != 0).then(|| self.first + earlier.ilog2());
        (since, until)
    }

    /// An object, read on first use.
    pub(super) fn object(&self, at: usize) -> &Object {
        static NONE: Object = Object { open: 0, fields: Vec::new() };
        let Some((line, object)) = self.objects.get(at) else { return &NONE };
        object.get_or_init(|| Object::read(line, self.first))
    }

    /// The values of an enumeration.
    pub(super) fn one_of(&self, scalar: &Scalar) -> Option<Vec<String>> {
        serde_json::from_str(self.enums.get(scalar.one_of?)?).ok()
    }

    /// The pattern that a text must match.
    pub(super) fn pattern(&self, scalar: &Scalar) -> Option<&Regex> {
        let (text, pattern) = self.patterns.get(scalar.pattern?)?;
        // These signs mean ASCII to Go.
        let go = |text: String| text.replace(r"\w", "[0-9A-Za-z_]").replace(r"\d", "[0-9]").replace(r"\s", r"[\t\n\f\r ]");
        let compile = || Regex::new(&go(serde_json::from_str(text).ok()?)).ok();
        pattern.get_or_init(compile).as_ref()
    }

    /// The value that a field has if it is left out.
    pub(super) fn default(&self, scalar: &Scalar) -> Option<serde_json::Value> {
        serde_json::from_str(self.defaults.get(scalar.default?)?).ok()
    }

    /// The keys by which the items of a list differ.
    pub(super) fn keys(&self, list: &List, bit: Mask) -> Option<Vec<String>> {
        serde_json::from_str(self.keys.get(at(&list.keys, bit)?)?).ok()
    }
}

/// What holds in a version.
fn at(all: &[(Mask, usize)], bit: Mask) -> Option<usize> {
    all.iter().find(|(mask, _)| mask & bit != 0).map(|(_, value)| *value)
}

impl List {
    /// The least number of items.
    pub(super) fn least(&self, bit: Mask) -> Option<usize> {
        at(&self.least, bit)
    }

    /// The greatest number of items.
    pub(super) fn most(&self, bit: Mask) -> Option<usize> {
        at(&self.most, bit)
    }
}

impl Holds {
    /// The type in a version.
    pub(super) fn at(&self, bit: Mask) -> Option<&Type> {
        self.0.iter().find(|(mask, _)| mask & bit != 0).map(|(_, kind)| kind)
    }
}

impl Object {
    fn read(line: &'static str, first: u32) -> Self {
        let mut object = Self::default();
        for token in line.split(' ').filter(|token| !token.is_empty()) {
            let mut reader = Reader { rest: token, first };
            if reader.takes('*') {
                object.open = if reader.takes('@') { reader.range() } else { Mask::MAX };
            } else {
                object.fields.push(reader.field());
            }
        }
        object
    }

    /// A field, in whichever version.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &self.fields[at])
    }

    /// The fields of a version.
    pub(super) fn fields(&self, bit: Mask) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.present & bit != 0)
    }

    /// Whether it keeps fields that it does not know.
    pub(super) fn is_open(&self, bit: Mask) -> bool {
        self.open & bit != 0
    }
}

/// Reads a token from left to right. The file is written by a program of ours and every token of it is read by a test,
/// so what is odd is skipped.
struct Reader {
    rest: &'static str,
    first: u32,
}

impl Reader {
    fn takes(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> &'static str {
        let (word, rest) = self.rest.split_at(self.rest.find(stop).unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn number(&mut self) -> Option<usize> {
        self.until(|c| !c.is_ascii_digit()).parse().ok()
    }

    fn range(&mut self) -> Mask {
        let mut mask = 0;
        loop {
            let from = self.number().unwrap_or(0);
            self.takes('-');
            let to = self.number().unwrap_or(usize::MAX);
            for bit in 0..Mask::BITS {
                let minor = (self.first + bit) as usize;
                if from <= minor && minor <= to {
                    mask |= 1 << bit;
                }
            }
            if !self.takes(',') {
                return mask;
            }
        }
    }

    /// The range behind a sign, all if there is none.
    fn ranged(&mut self) -> Mask {
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') { self.range() } else { Mask::MAX }
    }

    fn field(&mut self) -> Field {
        let name = self.until(|c| "!~@:".contains(c));
        let required = if self.takes('!') { self.ranged() } else { 0 };
        let defaulted = if self.takes('~') { self.ranged() } else { 0 };
        let present = if self.takes('@') { self.range() } else { Mask::MAX };
        self.takes(':');
        Field { name, present, required, defaulted, holds: self.holds() }
    }

    fn holds(&mut self) -> Holds {
        let mut all = Vec::new();
        loop {
            let kind = self.kind();
            let mask = if self.takes('@') { self.range() } else { Mask::MAX };
            all.push((mask, kind));
            if !self.takes('|') {
                return Holds(all);
            }
        }
    }

    fn kind(&mut self) -> Type {
        let Some(sign) = self.rest.chars().next() else { return Type::Any };
        self.rest = &self.rest[sign.len_utf8()..];
        let sort = match sign {
            '#' => return Type::Object(self.number().unwrap_or(usize::MAX)),
            '{' => {
                let items = self.holds();
                self.takes('}');
                return Type::Map(items);
            }
            '[' => return Type::List(Box::new(self.list())),
            'o' => return Type::AnyObject,
            's' => Sort::Text,
            't' => Sort::Time,
            'y' => Sort::Bytes,
            'i' => Sort::Integer,
            'n' => Sort::Number,
            'b' => Sort::Boolean,
            'q' => Sort::IntOrString,
            _ => return Type::Any,
        };
        Type::Scalar(self.scalar(sort))
    }

    fn list(&mut self) -> List {
        let items = self.holds();
        self.takes(']');
        let mut list = List { items, set: 0, keys: Vec::new(), least: Vec::new(), most: Vec::new() };
        while let Some(sign) = self.rest.chars().next().filter(|sign| "umlL".contains(*sign)) {
            self.takes(sign);
            let value = self.number().unwrap_or(0);
            let mask = if self.takes('^') { self.range() } else { Mask::MAX };
            match sign {
                'm' => list.keys.push((mask, value)),
                'l' => list.least.push((mask, value)),
                'L' => list.most.push((mask, value)),
                _ => list.set = mask,
            }
        }
        list
    }

    fn scalar(&mut self, sort: Sort) -> Scalar {
        let mut scalar =
            Scalar { sort, least: None, most: None, shortest: None, longest: None, one_of: None, pattern: None, default: None };
        while let Some(sign) = self.rest.chars().next().filter(|sign| "><lLepd".contains(*sign)) {
            self.takes(sign);
            let negative = self.takes('-');
            let value = self.number();
            let limit = value.and_then(|value| i64::try_from(value).ok()).map(|value| if negative { -value } else { value });
            match sign {
                '>' => scalar.least = limit,
                '<' => scalar.most = limit,
                'l' => scalar.shortest = value,
                'L' => scalar.longest = value,
                'e' => scalar.one_of = value,
                'p' => scalar.pattern = value,
                _ => scalar.default = value,
            }
        }
        scalar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_read_to_its_end_and_points_to_what_is_there() {
        let facts = facts();
        assert!(facts.objects.len() > 250 && facts.kinds.len() > 10);
        let line = |token: &str| TEXT.lines().any(|line| line.contains(token));
        assert!(line("endpoints!:"), "the facts know what a ServiceMonitor requires");
        let mut patterns = 0;
        for at in 0..facts.objects.len() {
            let (line, _) = &facts.objects[at];
            for token in line.split(' ').filter(|token| !token.is_empty() && !token.starts_with('*')) {
                let mut reader = Reader { rest: token, first: facts.first };
                let field = reader.field();
                assert!(reader.rest.is_empty(), "{token}: {:?} is left over", reader.rest);
                assert!(facts.object(at).field(field.name).is_some(), "{token} is found by its name");
                field.holds.0.iter().for_each(|(_, kind)| patterns += check(facts, kind, token));
            }
        }
        assert!(patterns > 100, "only {patterns} patterns");
    }

    fn check(facts: &Facts, kind: &Type, token: &str) -> usize {
        match kind {
            Type::Any | Type::AnyObject => 0,
            Type::Map(items) => items.0.iter().map(|(_, kind)| check(facts, kind, token)).sum(),
            Type::List(list) => {
                assert!(list.keys.iter().all(|(mask, _)| facts.keys(list, *mask).is_some()), "{token}");
                list.items.0.iter().map(|(_, kind)| check(facts, kind, token)).sum()
            }
            Type::Object(at) => {
                assert!(*at < facts.objects.len(), "{token}");
                0
            }
            Type::Scalar(scalar) => {
                assert_eq!(scalar.one_of.is_some(), facts.one_of(scalar).is_some(), "{token}");
                assert_eq!(scalar.default.is_some(), facts.default(scalar).is_some(), "{token}");
                assert_eq!(scalar.pattern.is_some(), facts.pattern(scalar).is_some(), "{token}");
                usize::from(scalar.pattern.is_some())
            }
        }
    }

    #[test]
    fn an_object_is_read_only_when_it_is_used() {
        let facts = Facts::index(TEXT);
        let unread = |facts: &Facts| facts.objects.iter().filter(|(_, object)| object.get().is_none()).count();
        assert_eq!(unread(&facts), facts.objects.len());
        facts.object(facts.kinds[0].root);
        assert_eq!(unread(&facts), facts.objects.len() - 1);
    }

    #[test]
    fn versions_before_and_after() {
        let facts = facts();
        let present = facts.bit(50) | facts.bit(51);
        assert_eq!(facts.since_and_until(present, facts.bit(49)), (Some(50), None));
        assert_eq!(facts.since_and_until(present, facts.bit(52)), (None, Some(51)));
        assert_eq!(facts.since_and_until(Mask::MAX & !facts.bit(93), facts.bit(93)), (None, Some(92)));
        assert_eq!(facts.bit(10), facts.bit(44));
    }
}
