//! How wide to write.

use std::io::IsTerminal as _;

/// Columns of standard output: what `COLUMNS` says, else those of the terminal; `None` for a pipe of which nobody says how
/// wide it ends up: its lines are for programs and stay whole.
pub fn of_stdout() -> Option<usize> {
    let terminal = std::io::stdout().is_terminal();
    let size = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    choose(terminal, size, std::env::var("COLUMNS").ok().as_deref())
}

/// `COLUMNS` first: who sets it means it. Fewer than 40 columns are no use to anybody.
fn choose(terminal: bool, size: Option<usize>, columns: Option<&str>) -> Option<usize> {
    let columns = columns.and_then(|text| text.trim().parse().ok()).filter(|columns| *columns > 0);
    // Shells keep `COLUMNS` to themselves: where it is exported, somebody asks for it.
    columns.or_else(|| terminal.then(|| size.unwrap_or(80))).map(|columns| columns.max(40))
}

/// Whether the terminal cannot be expected to show `✓`: a locale that is not UTF-8.
pub fn plain_locale(env: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    // The first of these that is set decides, as in C libraries; none means the C locale.
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    if cfg!(windows) && locale.is_none() {
        return false;
    }
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    !(locale.contains("utf-8") || locale.contains("utf8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths() {
        assert_eq!(choose(false, Some(80), None), None);
        assert_eq!(choose(false, None, Some("100")), Some(100));
        assert_eq!(choose(true, Some(120), None), Some(120));
        assert_eq!(choose(true, Some(120), Some("100")), Some(100));
        assert_eq!(choose(true, None, Some("x")), Some(80));
        assert_eq!(choose(true, Some(10), None), Some(40));
    }

    #[test]
    fn locales() {
        let with = |pairs: &'static [(&str, &str)]| {
            plain_locale(move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(!with(&[("LANG", "de_DE.UTF-8")]));
        assert!(!with(&[("LC_ALL", "C.utf8"), ("LANG", "C")]));
        assert!(with(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(cfg!(windows) || with(&[]));
    }
}
