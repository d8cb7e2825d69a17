use super::read;
use crate::operator::version::Version;
use crate::prometheus::re2::{Pattern, Refused};

#[test]
fn the_dialect_is_that_of_go() {
    let rows = read(include_str!("regex.yaml"), "regex_dialect");
    let (mut exact, mut refused) = (0, Vec::new());
    for row in &rows {
        let (regex, value) = (row["regex"].as_str().unwrap(), row["value"].as_str().unwrap());
        for version in [None, Some(Version::new(3, 14, 0))] {
            let expected = row["go"].as_bool();
            match Pattern::compile(regex, version) {
                Err(Refused::GoRejects(_)) => assert_eq!(expected, None, "{regex}"),
                Err(Refused::CannotJudge(_)) => refused.push((regex, version)),
                Ok(pattern) => match pattern.matches(value) {
                    None => refused.push((regex, version)),
                    found => assert_eq!(found, expected, "{regex} on {value:?}"),
                },
            }
        }
        exact += usize::from(!refused.iter().any(|(other, version)| *other == regex && version.is_some()));
    }
    assert_eq!((rows.len(), exact), (171, 171));
}

#[test]
fn templates_are_those_of_go() {
    let rows = read(include_str!("regex.yaml"), "template_expansion");
    let pattern = Pattern::compile("(?P<n>a)(b)?(?P<x>c)|(?P<x>d)", Some(Version::new(3, 14, 0))).unwrap();
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap();
        let groups = pattern.groups(text("value")).unwrap().unwrap();
        assert_eq!(groups.expand(text("template")), text("result"), "{row}");
    }
    assert_eq!(rows.len(), 58);
}
