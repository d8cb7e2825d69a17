//! Go's reading of a pattern, step by step as its `regexp/syntax` does it, errors included.

use super::Refused;
use super::node::{Node, Repeat};

/// What was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    /// Names of the groups; the first is the whole match.
    pub(super) names: Vec<Option<String>>,
    /// Whether what matches depends on the edition of Unicode.
    pub(super) unicode: bool,
}

/// The flags of Go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) fold: bool,
    pub(super) lines: bool,
    pub(super) dot_all: bool,
    pub(super) lazy: bool,
}

/// Deeper groups are not judged: Go has limits of its own, and so has the crate.
const MAX_DEPTH: usize = 60;
/// Go's limit is at 3.3 million instructions.
const MAX_SIZE: u64 = 2_000_000;

/// A group that is open.
struct Frame {
    alternatives: Vec<Node>,
    items: Vec<Node>,
    capture: bool,
    /// The flags to go back to.
    flags: Flags,
}

impl Frame {
    fn new(capture: bool, flags: Flags) -> Self {
        Self { alternatives: Vec::new(), items: Vec::new(), capture, flags }
    }

    fn bar(&mut self) {
        let items = std::mem::take(&mut self.items);
        self.alternatives.push(Node::Cat(items));
    }

    fn close(mut self) -> Node {
        self.bar();
        if self.alternatives.len() == 1 { self.alternatives.remove(0) } else { Node::Alt(self.alternatives) }
    }
}

/// The parser.
pub(super) struct Parser<'s> {
    whole: &'s str,
    pub(super) rest: &'s str,
    pub(super) flags: Flags,
    pub(super) unicode: bool,
    /// Whether `(?<name>…)` is known; `None` where that is not known.
    angle_names: Option<bool>,
    root: Frame,
    open: Vec<Frame>,
    names: Vec<Option<String>>,
}

/// An error of Go with the text it is about.
pub(super) fn reject(what: &str, text: &str) -> Refused {
    Refused::GoRejects(format!("{what}: `{text}`"))
}

/// Reads a pattern, anchors and all.
pub(super) fn parse(whole: &str, angle_names: Option<bool>) -> Result<Parsed, Refused> {
    let flags = Flags::default();
    let mut parser = Parser {
        whole,
        rest: whole,
        flags,
        unicode: false,
        angle_names,
        root: Frame::new(false, flags),
        open: Vec::new(),
        names: vec![None],
    };
    parser.run()?;
    let Parser { root, open, names, unicode, .. } = parser;
    if !open.is_empty() {
        return Err(reject("missing closing )", whole));
    }
    let node = root.close();
    if node.size() > MAX_SIZE {
        return Err(Refused::CannotJudge("the pattern may be too large".to_owned()));
    }
    Ok(Parsed { node, names, unicode })
}

impl<'s> Parser<'s> {
    fn frame(&mut self) -> &mut Frame {
        self.open.last_mut().unwrap_or(&mut self.root)
    }

    fn push(&mut self, node: Node) {
        self.frame().items.push(node);
    }

    pub(super) fn literal(&mut self, code: u32) {
        let fold = self.flags.fold;
        self.unicode |= fold && code > 0x7f;
        self.push(Node::Char { code, fold });
    }

    /// What was read between an earlier rest and the present one.
    pub(super) fn since(&self, before: &'s str) -> &'s str {
        &before[..before.len() - self.rest.len()]
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn run(&mut self) -> Result<(), Refused> {
        // The text from the repetition on that was read just before; Go allows none on top of another.
        let mut last: Option<&'s str> = None;
        while let Some(c) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeated = None;
            match c {
                '(' if before.starts_with("(?") => self.perl_group()?,
                '(' => {
                    self.names.push(None);
                    self.rest = &before[1..];
                    self.open_group(true, self.flags)?;
                }
                '|' => {
                    self.frame().bar();
                    self.rest = &before[1..];
                }
                ')' => self.close_group()?,
                '^' => self.assertion(if self.flags.lines { "(?m:^)" } else { r"\A" }, 1),
                '$' => self.assertion(if self.flags.lines { "(?m:$)" } else { r"\z" }, 1),
                '.' => {
                    self.rest = &before[1..];
                    let dot = if self.flags.dot_all { "(?s:.)" } else { r"[^\n]" };
                    self.push(Node::Set(dot.to_owned()));
                }
                '[' => {
                    let set = self.class()?;
                    self.push(Node::Set(set));
                }
                '*' | '+' | '?' => {
                    self.rest = &before[1..];
                    let (min, max) = match c {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(before, (min, max), false, last)?;
                    repeated = Some(before);
                }
                '{' => match braces(before) {
                    None => {
                        self.rest = &before[1..];
                        self.literal('{' as u32);
                    }
                    Some((counts, rest)) => {
                        self.rest = rest;
                        let counts = counts.ok_or_else(|| reject("invalid repeat count", self.since(before)))?;
                        self.repeat(before, counts, true, last)?;
                        repeated = Some(before);
                    }
                },
                '\\' => self.backslash()?,
                c => {
                    self.rest = &before[c.len_utf8()..];
                    self.literal(c as u32);
                }
            }
            last = repeated;
        }
        Ok(())
    }

    fn assertion(&mut self, text: &'static str, length: usize) {
        self.rest = &self.rest[length..];
        self.push(Node::Assert(text));
    }

    fn repeat(
        &mut self,
        before: &'s str,
        (min, max): (u32, Option<u32>),
        counted: bool,
        last: Option<&'s str>,
    ) -> Result<(), Refused> {
        let mut greedy = !self.flags.lazy;
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            greedy = !greedy;
        }
        if let Some(last) = last {
            return Err(reject("invalid nested repetition operator", self.since(last)));
        }
        let text = self.since(before);
        let Some(inner) = self.frame().items.pop() else {
            return Err(reject("missing argument to repetition operator", text));
        };
        let stacked = if let Node::Repeat(below) = &inner { below.stacked + 1 } else { 0 };
        if stacked > MAX_DEPTH {
            return Err(too_deep());
        }
        let node = Node::Repeat(Box::new(Repeat { inner, min, max, greedy, counted, stacked }));
        if counted && (min >= 2 || max.is_some_and(|max| max >= 2)) && !node.counts_fit(1000) {
            return Err(reject("invalid repeat count", text));
        }
        self.push(node);
        Ok(())
    }

    fn open_group(&mut self, capture: bool, flags: Flags) -> Result<(), Refused> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.open.push(Frame::new(capture, flags));
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), Refused> {
        let Some(frame) = self.open.pop() else {
            return Err(reject("unexpected )", self.whole));
        };
        self.rest = &self.rest[1..];
        self.flags = frame.flags;
        let capture = frame.capture;
        let inner = Box::new(frame.close());
        self.push(Node::Group { inner, capture });
        Ok(())
    }

    /// Everything that begins with `(?`.
    fn perl_group(&mut self) -> Result<(), Refused> {
        let before = self.rest;
        let named = |start: &str| before.strip_prefix(start).filter(|rest| !rest.is_empty());
        let angle = named("(?<");
        if let Some(name) = named("(?P<").or(angle) {
            return self.named_group(name, angle.is_some());
        }
        self.rest = &before[2..];
        let (mut flags, mut on, mut saw) = (self.flags, true, false);
        while let Some(c) = self.next() {
            let flag = match c {
                'i' => &mut flags.fold,
                'm' => &mut flags.lines,
                's' => &mut flags.dot_all,
                'U' => &mut flags.lazy,
                '-' if on => {
                    (on, saw) = (false, false);
                    continue;
                }
                ':' | ')' if on || saw => {
                    if c == ':' {
                        self.open_group(false, self.flags)?;
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            };
            (*flag, saw) = (on, true);
        }
        Err(reject("invalid or unsupported Perl syntax", self.since(before)))
    }

    fn named_group(&mut self, after: &'s str, angle: bool) -> Result<(), Refused> {
        let before = self.rest;
        if angle && self.angle_names == Some(false) {
            return Err(reject("invalid or unsupported Perl syntax", "(?<"));
        }
        let Some((name, rest)) = after.split_once('>') else {
            return Err(reject("invalid named capture", before));
        };
        self.rest = rest;
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return Err(reject("invalid named capture", self.since(before)));
        }
        if angle && self.angle_names.is_none() {
            return Err(Refused::CannotJudge("(?<name>…) is known to newer servers only".to_owned()));
        }
        self.names.push(Some(name.to_owned()));
        self.open_group(true, self.flags)
    }

    fn backslash(&mut self) -> Result<(), Refused> {
        let before = self.rest;
        match before[1..].chars().next() {
            Some('A') => self.assertion(r"\A", 2),
            Some('z') => self.assertion(r"\z", 2),
            Some('b') => self.assertion(r"(?-u:\b)", 2),
            Some('B') => self.assertion(r"(?-u:\B)", 2),
            Some('C') => return Err(reject("invalid escape sequence", r"\C")),
            Some('Q') => {
                let quoted = &before[2..];
                let (text, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                self.rest = rest;
                text.chars().for_each(|c| self.literal(c as u32));
            }
            _ => match self.class_escape()? {
                Some(set) => self.push(Node::Set(set)),
                None => {
                    let code = self.escape()?;
                    self.literal(code);
                }
            },
        }
        Ok(())
    }

    /// A character after a backslash.
    pub(super) fn escape(&mut self) -> Result<u32, Refused> {
        let before = self.rest;
        self.rest = &before[1..];
        let Some(c) = self.next() else {
            return Err(reject_trailing());
        };
        let octal = |text: &str| text.starts_with(|c| ('0'..='7').contains(&c));
        let code = match c {
            '0'..='7' if c == '0' || octal(self.rest) => {
                let mut code = c as u32 - '0' as u32;
                for _ in 1..3 {
                    if octal(self.rest) {
                        code = code * 8 + self.next().map_or(0, |c| c as u32 - '0' as u32);
                    }
                }
                Some(code)
            }
            'x' => self.hex()?,
            'a' => Some(7),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c as u32),
            _ => None,
        };
        code.ok_or_else(|| reject("invalid escape sequence", self.since(before)))
    }

    fn hex(&mut self) -> Result<Option<u32>, Refused> {
        let Some(c) = self.next() else { return Ok(None) };
        if c != '{' {
            let high = c.to_digit(16);
            let low = self.next().and_then(|c| c.to_digit(16));
            return Ok(high.zip(low).map(|(high, low)| high * 16 + low));
        }
        let (mut code, mut digits) = (0u32, 0);
        loop {
            match self.next() {
                Some('}') => return Ok((digits > 0).then_some(code)),
                Some(c) => {
                    let Some(digit) = c.to_digit(16) else { return Ok(None) };
                    code = code * 16 + digit;
                    if code > 0x10_ffff {
                        return Ok(None);
                    }
                    digits += 1;
                }
                None => return Ok(None),
            }
        }
    }
}

fn too_deep() -> Refused {
    Refused::CannotJudge("the pattern is nested very deeply".to_owned())
}

fn reject_trailing() -> Refused {
    reject("trailing backslash at end of expression", "")
}

/// Least and most repetitions.
type Counts = (u32, Option<u32>);

/// A repetition in braces and what follows; the outer `None` means that the brace is plain text, the inner one that
/// the counts are refused.
fn braces(text: &str) -> Option<(Option<Counts>, &str)> {
    let (min, rest) = count(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => count(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    let rest = rest.strip_prefix('}')?;
    let fits = min <= 1000 && max.is_none_or(|max| max <= 1000 && min <= max);
    Some((fits.then_some((min, max)), rest))
}

/// A number without leading zeros; too large ones are cut off far above the limit.
fn count(text: &str) -> Option<(u32, &str)> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}
