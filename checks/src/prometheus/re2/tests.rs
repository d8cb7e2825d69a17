use proptest::prelude::*;

use super::*;

/// OP-CFG-3: a dot in a port name is a wildcard, `a|b` are two names, and the whole text must match.
#[test]
fn ports_are_patterns() {
    assert_eq!(Pattern::new("http|metrics").matches("metrics"), Some(true));
    assert_eq!(Pattern::new("http|metrics").matches("http-metrics"), Some(false));
    assert_eq!(Pattern::new("a.b").matches("axb"), Some(true));
    assert_eq!(Pattern::new("metrics").matches("http-metrics"), Some(false));
    assert_eq!(Pattern::new(".*").matches(""), Some(true));
    assert!(Pattern::new("http-metrics").is_literal());
}

#[test]
fn go_decides_what_compiles() {
    for source in [r"\Qa\E", "a{,3}", "[[]", "[a&&b]", r"\07", "(?P<n>a)", r"\pL", r"\<a", "", "(.+);true", "(?i)x"] {
        assert_eq!(compiles(source), Compiles::Yes, "{source}");
    }
    for source in ["(", "a)", "[", "*a", "(?=a)x", "[z-a]", "a(?!b)", r"(a)\1", "a**", "x{1001}", "(?x)a", "(a{100}){11}"] {
        assert!(matches!(compiles(source), Compiles::No(_)), "{source}");
    }
    let deep = "(".repeat(100) + &")".repeat(100);
    for source in ["(?<n>a)", r"\p{Letter}", r"\p{Kawi}", deep.as_str()] {
        assert_eq!(compiles(source), Compiles::Unknown, "{source}");
    }
}

/// RX-10: a build of the server has its own edition of Unicode; new letters are not judged, old ones are.
#[test]
fn new_characters_are_not_judged() {
    let letters = Pattern::compile(r"\pL+", None).unwrap();
    assert_eq!(letters.matches("äΩж漢"), Some(true));
    assert_eq!(letters.matches("\u{11f02}"), None);
    assert_eq!(Pattern::compile("(?i)É", None).unwrap().matches("é"), Some(true));
    assert_eq!(Pattern::compile(".", None).unwrap().matches("\u{11f02}"), Some(true));
}

/// RL-5: whether `.` takes a newline is the version's to say.
#[test]
fn newlines_depend_on_the_version() {
    let dot = |version| Pattern::compile("a.b", version).unwrap().matches("a\nb");
    assert_eq!(dot(Some(Version::new(2, 53, 0))), Some(false));
    assert_eq!(dot(Some(Version::new(3, 0, 0))), Some(true));
    assert_eq!(dot(None), None);
}

/// A group that is repeated no time is still a group, which took no part.
#[test]
fn groups_keep_their_numbers() {
    let pattern = Pattern::compile("(a){0}(?P<n>b)(c){0}", None).unwrap();
    let groups = pattern.groups("b").unwrap().unwrap();
    assert_eq!((groups.get(1), groups.get(2), groups.get(3), groups.get(4)), (None, Some("b"), None, None));
    assert_eq!(groups.expand("$1-$n-$3"), "-b-");
}

/// RL-4: a pattern that closes the group it is wrapped in may match a part.
#[test]
fn a_pattern_can_leave_its_anchors() {
    let pattern = Pattern::compile("foo)|(?:bar", None).unwrap();
    assert!(!pattern.groups("fooZ").unwrap().unwrap().spans_all());
    assert!(pattern.groups("foo").unwrap().unwrap().spans_all());
    assert_eq!(pattern.matches("Zfoo"), Some(false));
}

proptest! {
    /// Patterns that are matched without a regex match, and take, what their regex does; newlines of a server whose
    /// version is not known apart, where only the short way sees that they do not matter.
    #[test]
    fn simple_patterns_match_what_their_regexes_do(
        prefix in "[a;]{0,2}", group in r"(\.\*|\.\+|[ab;]{0,2}(\|[ab]{0,2}){0,2})", suffix in "[b;]{0,2}", text in "[ab;\n]{0,6}",
    ) {
        let source = format!("{prefix}({group}){suffix}");
        for version in [None, Some(Version::new(2, 53, 0)), Some(Version::new(3, 5, 0))] {
            let simple = Pattern::compile(&source, version).unwrap();
            prop_assert!(matches!(simple.engine, Engine::Simple(_)), "{}", source);
            let regex = Pattern::regex(&source, version).unwrap();
            let taken = |pattern: &Pattern| pattern.groups(&text).map(|groups| groups.map(|groups| groups.get(1).map(str::to_owned)));
            if version.is_none() && text.contains('\n') {
                continue;
            }
            prop_assert_eq!(simple.matches(&text), regex.matches(&text), "{} {:?}", source, text);
            prop_assert_eq!(taken(&simple), taken(&regex), "{} {:?}", source, text);
        }
    }
}
