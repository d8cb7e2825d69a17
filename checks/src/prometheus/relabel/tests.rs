use proptest::prelude::*;

use super::*;

/// The last step of a trace is what applying the rules comes to.
pub(crate) fn ends_alike(relabeling: &Relabeling, labels: &Labels) {
    let steps = relabeling.trace(labels);
    for pair in steps.windows(2) {
        assert_eq!(pair[0].after, pair[1].before);
    }
    let last = steps.last();
    match relabeling.apply(labels) {
        Outcome::Kept(kept) => {
            assert_eq!(kept, last.map_or_else(|| clean(labels), |step| step.after.clone()));
            assert_eq!(steps.len(), relabeling.rules.len());
        }
        Outcome::Dropped { rule } => {
            let last = last.unwrap();
            assert_eq!((last.rule, &last.verdict), (rule, &Effect::Dropped));
        }
        Outcome::Unknown { rule, why } => {
            let last = last.unwrap();
            assert_eq!((last.rule, &last.verdict), (rule, &Effect::Unknown(why)));
        }
    }
}

fn set(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn rule(action: &str, sources: &[&str], regex: &str) -> Rule {
    let source_labels = sources.iter().map(|name| (*name).to_owned()).collect();
    Rule { action: action.to_owned(), source_labels, regex: Some(regex.to_owned()), ..Rule::default() }
}

const OLD: Version = Version::new(2, 42, 0);
const NEW: Version = Version::new(3, 14, 0);

/// RL-17: which of two labels wins is chance since 2.43, and the last in order before.
#[test]
fn colliding_names_are_ambiguous() {
    let rules = [rule("labelmap", &[], "x_(?:a|b)_(.+)")];
    let labels = set(&[("x_a_n", "1"), ("x_b_n", "2")]);
    assert!(matches!(apply(&rules, &labels, NEW), Outcome::Unknown { rule: 0, why } if why.contains("ambiguous")));
    let Outcome::Kept(kept) = apply(&rules, &labels, OLD) else { panic!() };
    assert_eq!(kept["n"], "2");
    let same = set(&[("x_a_n", "1"), ("x_b_n", "1")]);
    assert!(matches!(apply(&rules, &same, NEW), Outcome::Kept(_)));
}

/// A rule that Prometheus would not load is never run.
#[test]
fn refused_rules_are_not_run() {
    let rules = [rule("keep", &["a"], "("), rule("drop", &[], ".*")];
    assert!(matches!(apply(&rules, &set(&[]), NEW), Outcome::Unknown { rule: 0, why } if why.contains("missing closing )")));
    let legacy = Semantics { version: Some(Version::new(3, 7, 0)), legacy_names: true, no_default_port: false };
    assert!(problem(&rule("labelmap", &[], "x_(.+)"), legacy).is_some());
    assert!(problem(&rule("labelmap", &[], "x_(.+)"), NEW).is_none());
    assert!(matches!(problem(&rule("keep", &["a-b"], "x"), None), Some(Problem::CannotJudge(_))));
    assert!(matches!(problem(&rule("hashmod", &["a"], "x"), None), Some(Problem::Refused(_))));
    assert!(problem(&rule("keep", &["a"], "x"), None).is_none());
}

/// RL-7: the legacy scheme of a job reaches relabeling since 3.7.
#[test]
fn the_legacy_scheme_counts_for_rules_since_3_7() {
    let by_value = Rule { target_label: "${1}".to_owned(), ..rule("replace", &["a"], "(.*)") };
    let mapped = Rule { replacement: Some("a b $1".to_owned()), ..rule("labelmap", &[], "(.*)") };
    let plain = Rule { target_label: "x.y".to_owned(), ..rule("hashmod", &["a"], "(.*)") };
    let plain = Rule { modulus: 2, ..plain };
    for (minor, patch, counts) in [(0, 0, false), (5, 3, false), (6, 0, false), (7, 2, true), (14, 0, true)] {
        let version = Some(Version::new(3, minor, patch));
        let legacy = Semantics { version, legacy_names: true, no_default_port: false };
        let kept = apply(std::slice::from_ref(&by_value), &set(&[("a", "x y")]), legacy);
        let Outcome::Kept(kept) = kept else { panic!("{kept:?}") };
        assert_eq!(kept.contains_key("x y"), !counts, "3.{minor}");
        assert_eq!(problem(&plain, legacy).is_some(), counts, "3.{minor}");
        // 3.0 and 3.1 took templates only, in either scheme.
        assert_eq!(problem(&mapped, legacy).is_some(), counts || minor < 2, "3.{minor}");
    }
}

/// A trace tells which labels changed, and what the rule looked at.
#[test]
fn a_trace_names_the_changes() {
    let copy = Rule { target_label: "b".to_owned(), ..rule("replace", &["a", "none"], "(.*);") };
    let steps = trace(&[copy, rule("keep", &["b"], "other")], &set(&[("a", "v")]), NEW);
    let change = Change { label: "b".to_owned(), before: None, after: Some("v".to_owned()) };
    assert_eq!((&steps[0].input, &steps[0].verdict), (&"v;".to_owned(), &Effect::Changed(vec![change])));
    assert_eq!((&steps[1].input, &steps[1].verdict), (&"v".to_owned(), &Effect::Dropped));
}

fn any_labels() -> impl Strategy<Value = Labels> {
    proptest::collection::btree_map("[a-d]|x_[a-d]|__meta_[ab]", "[a-cA-C0-2;\n]{0,4}", 0..6)
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let action = prop_oneof![
        Just("replace"),
        Just("keep"),
        Just("drop"),
        Just("keepequal"),
        Just("dropequal"),
        Just("hashmod"),
        Just("labelmap"),
        Just("labeldrop"),
        Just("labelkeep"),
        Just("lowercase"),
        Just("uppercase"),
    ];
    let regex =
        prop_oneof![Just("(.*)"), Just("(.+)"), Just("[a-c]+"), Just("x_(.)"), Just("(?i)a(.)?"), Just("("), Just(r"\pL(.*)")];
    let sources = proptest::collection::vec("[a-d]", 0..3);
    (action, regex, sources, "[a-d]", 0u64..4).prop_map(|(action, regex, sources, target, modulus)| {
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let mut rule = rule(action, &sources, regex);
        match action {
            "replace" | "hashmod" | "lowercase" | "uppercase" => (rule.target_label, rule.modulus) = (target, modulus),
            "keepequal" | "dropequal" => (rule.target_label, rule.regex) = (target, None),
            "labeldrop" | "labelkeep" => rule.source_labels.clear(),
            _ => {}
        }
        rule
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))] // patterns compile slowly without optimization

    /// Of `keep` and `drop` with one pattern, exactly one keeps a target.
    #[test]
    fn keep_and_drop_are_complements(labels in any_labels(), regex in "[a-c.]{0,3}[*+]?", old in any::<bool>()) {
        let version = if old { OLD } else { NEW };
        let kept = |action| match apply(&[rule(action, &["a", "b"], &regex)], &labels, version) {
            Outcome::Kept(kept) => { assert_eq!(kept, clean(&labels)); Some(true) }
            Outcome::Dropped { .. } => Some(false),
            Outcome::Unknown { .. } => None,
        };
        prop_assert_eq!(kept("keep"), kept("drop").map(|kept| !kept));
    }

    /// With defaults, `replace` copies.
    #[test]
    fn replace_copies(labels in any_labels()) {
        let copy = Rule { source_labels: vec!["a".to_owned()], target_label: "copy".to_owned(), ..Rule::default() };
        let Outcome::Kept(kept) = apply(&[copy], &labels, NEW) else { panic!() };
        prop_assert_eq!(kept.get("copy"), labels.get("a").filter(|value| !value.is_empty()));
    }

    /// `labeldrop` and `labelkeep` with one pattern part the labels between them.
    #[test]
    fn labeldrop_and_labelkeep_part_the_labels(labels in any_labels()) {
        let left = |action| match apply(&[rule(action, &[], "x_.*|a")], &labels, NEW) {
            Outcome::Kept(kept) => kept,
            other => panic!("{other:?}"),
        };
        let (mut one, two) = (left("labeldrop"), left("labelkeep"));
        prop_assert!(one.keys().all(|name| !two.contains_key(name)));
        one.extend(two);
        prop_assert_eq!(one, clean(&labels));
    }

    /// A hash is below its modulus, and the shards part the targets.
    #[test]
    fn every_target_is_in_one_shard(address in "[a-z0-9.:]{0,12}", shards in 1u64..9) {
        let hash = Rule { target_label: "__tmp_hash".to_owned(), modulus: shards, ..rule("hashmod", &["__address__"], "(.*)") };
        let kept = (0..shards).filter(|shard| {
            let rules = [hash.clone(), rule("keep", &["__tmp_hash"], &shard.to_string())];
            matches!(apply(&rules, &set(&[("__address__", &address)]), NEW), Outcome::Kept(_))
        });
        prop_assert_eq!(kept.count(), 1);
    }

    /// A trace ends as the rules are applied, and no label is ever empty.
    #[test]
    fn traces_end_alike(rules in proptest::collection::vec(any_rule(), 0..6), labels in any_labels(), version in 0..3) {
        let version = [Some(OLD), Some(NEW), None][version as usize];
        let relabeling = Relabeling::new(&rules, version);
        ends_alike(&relabeling, &labels);
        prop_assert!(relabeling.trace(&labels).iter().all(|step| step.after.values().all(|value| !value.is_empty())));
    }

    /// Without a version, what is answered is the answer of each version.
    #[test]
    fn no_version_is_every_version(rules in proptest::collection::vec(any_rule(), 0..5), labels in any_labels()) {
        match apply(&rules, &labels, None) {
            Outcome::Unknown { .. } => {}
            known => for version in ALL {
                prop_assert_eq!(&apply(&rules, &labels, version), &known);
            },
        }
    }
}
