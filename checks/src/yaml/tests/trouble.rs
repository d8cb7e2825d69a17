//! What people are told when something is wrong.

use super::*;

#[test]
fn templates_are_to_be_rendered_first() {
    let texts = [
        ("name: {{ .Release.Name }}", 7),
        ("name: {{ .Release.Name }}-x", 7),
        ("name: app-{{ .Release.Name }}", 7),
        ("name: {{ \"a\" | quote }}", 7),
        ("name: {{ printf \"%s-%s\" .a .b | quote }}", 7),
        ("name: \"{{ .Values.x | default \"foo\" }}\"", 8),
        ("image: {{ .repo }}:{{ .tag }}", 8),
        ("list: [{{ .x }}, b]", 8),
        ("{{- if .Values.x }}\nkind: X\n{{- end }}", 1),
        ("{{/* about this */}}\nkind: X", 1),
        ("{{- define \"x\" -}}\na: b\n{{- end -}}", 1),
        ("{{ toYaml .Values.x }}", 1),
        ("- {{ . | quote }}\n- x", 3),
        ("{{ .key }}: value", 1),
        ("a: {{", 4),
    ];
    for (text, column) in texts {
        let broken = broken(text);
        assert!(broken.template, "{text}: {broken:?}");
        assert_eq!((broken.line, broken.column), (1, column), "{text}");
        assert!(broken.message.contains("render the chart first"));
    }
    let inside = "metadata:\n  labels:\n    {{- include \"x.labels\" . | nindent 4 }}\n  name: x\n";
    let broken = broken(inside);
    assert_eq!((broken.line, broken.column, &inside[broken.span], broken.template), (3, 5, "{{", true));
}

#[test]
fn a_template_spares_its_neighbours() {
    let stream = parse("a: 1\n---\n{{- if .Values.x }}\nb: 2\n{{- end }}\n---\nc: 3\n");
    assert_eq!(stream.documents.len(), 2);
    assert_eq!(stream.broken.iter().map(|broken| (broken.line, broken.template)).collect::<Vec<_>>(), [(3, true)]);
}

#[test]
fn braces_in_texts_are_no_template() {
    let texts = [
        "summary: Pod {{ $labels.pod }} is down",
        "summary: '{{ $labels.pod }}'",
        "summary: \"{{ .Values.x }}\"",
        "a: |\n  {{ .Values.x }}\n",
        "a: >-\n  {{ $value }}\n  x",
        "# {{ .Values.x }}\na: b",
        "a: b # {{ .Values.x }}",
        "a: {b: {}}",
        "[{a: {}}]",
    ];
    for text in texts {
        assert!(read(text).is_ok(), "{text}");
    }
    // Something else is wrong here.
    for text in [
        "summary: Pod {{ $labels.pod }} is down\nx: [1",
        "summary: \"{{ $labels.pod }} is down\nx: y\n",
        "a: |\n  {{ $x }}\nb: c: d\n",
    ] {
        assert!(!broken(text).template, "{text}");
    }
}

#[test]
fn tabs_are_named_and_shown() {
    let texts = [
        "a:\n\tb: 1\n",
        "a:\n  b: 1\n\tc: 2\n",
        "a: b\n\tc: d\n",
        "a:\n  - x\n \t - y\n",
        "\ta: 1\n",
        "a: |\n  x\n\ty\n",
        "a:\n\t- b\n",
    ];
    for text in texts {
        let broken = broken(text);
        assert_eq!(broken.message, "a tab indents this line: YAML allows only spaces", "{text:?}");
        let tab = text.find('\t').unwrap();
        assert!(broken.span.contains(&tab), "{text:?}: {broken:?}");
        assert_eq!(broken.line, 1 + text[..tab].matches('\n').count());
        assert_eq!(broken.column, 1);
    }
}

#[test]
fn common_mistakes_are_said_plainly() {
    let texts = [
        ("a: b: c\n", 1, 5, "`:` cannot begin a value here: quote the text that contains it, or check the indentation"),
        ("a: \"b\nc: d\n", 1, 4, "a quote is opened here and never closed"),
        ("a: {b: c\n", 1, 4, "`{` is never closed"),
        ("a: @b\n", 1, 4, "`@` cannot begin a value: quote it"),
        ("a: \u{7}\n", 1, 4, "the control character U+0007 is not allowed"),
        ("a: b\nc\n", 2, 1, "`:` is missing after this key"),
        ("a: - b\n", 1, 4, "a list item (`- `) cannot begin here"),
        ("a: 'it's'\n", 1, 8, "text follows the closing quote: a `'` between single quotes is written twice"),
        ("a: \"\\q\"\n", 1, 4, "found unknown escape character"),
        ("a:\n  b: c\n d: e\n", 3, 2, "a key is expected here: check the indentation, and the quotes of the value before"),
        ("é: 1\nä: *x\n", 2, 4, "this alias has no anchor above it in the same document"),
        ("x: 1\n~: 2\n", 2, 1, "`~` is null, which cannot be a key: quote it"),
        ("a: .inf\n", 1, 4, "infinity and NaN do not exist in JSON"),
        ("a: !!int x\n", 1, 10, "the value is not what its tag `!!int` says"),
        ("{a: 1}: 2\n", 1, 1, "a mapping or list cannot be a key"),
        ("a: {<<: 1}\n", 1, 9, "`<<` takes a mapping, or a list of mappings"),
        ("a: &a [*a]\n", 1, 8, "this alias points to something that contains it"),
    ];
    for (text, line, column, message) in texts {
        let broken = broken(text);
        assert_eq!((broken.line, broken.column, broken.message.as_str()), (line, column, message), "{text:?}");
        assert!(!broken.template);
    }
}

#[test]
fn files_that_were_joined_in_the_middle_of_a_line_are_named() {
    for text in ["a: {b: 1}apiVersion: v1\nkind: A\n", "a: 80apiVersion: v1\nkind: A\n"] {
        let broken = &crate::yaml::parse(text).broken[0];
        assert!(broken.message.starts_with("a document begins here in the middle of a line"), "{}", broken.message);
        assert_eq!(&text[broken.span.clone()], "apiVersion");
    }
}
