//! One decision about colour for each stream. colored, comfy-table and miette read the environment in three
//! different ways (colored looks at stdout only and ignores `TERM=dumb`, miette at stderr and ignores
//! `CLICOLOR=0`), so none of them is left to decide.

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// As the environment and the stream say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether a stream gets colours. The order is that of intent: the flag, then the variables by which people ask
/// for none or for some, then what the terminal can do.
pub fn decide(choice: Choice, terminal: bool, env: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let forced = |name: &str| set(name).is_some_and(|value| value != "0");
    match choice {
        Choice::Always => true,
        Choice::Never => false,
        Choice::Auto if set("NO_COLOR").is_some() => false,
        Choice::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        Choice::Auto if set("TERM").as_deref() == Some("dumb") => false,
        Choice::Auto => terminal,
    }
}

/// Tells the libraries that write to standard output what was decided.
pub fn push(colour: bool) {
    colored::control::set_override(colour);
    crossterm::style::force_color_output(colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix() {
        type Env = &'static [(&'static str, &'static str)];
        const N: Env = &[];
        let rows: [(Choice, bool, Env, bool); 14] = [
            (Choice::Auto, false, N, false),
            (Choice::Auto, true, N, true),
            (Choice::Always, false, &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
            (Choice::Never, true, &[("CLICOLOR_FORCE", "1")], false),
            (Choice::Auto, true, &[("NO_COLOR", "1")], false),
            (Choice::Auto, true, &[("NO_COLOR", "")], true),
            (Choice::Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Choice::Auto, false, &[("FORCE_COLOR", "1")], true),
            (Choice::Auto, false, &[("FORCE_COLOR", "0")], false),
            (Choice::Auto, false, &[("CLICOLOR_FORCE", "")], false),
            (Choice::Auto, false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (Choice::Auto, true, &[("TERM", "dumb")], false),
            (Choice::Auto, false, &[("TERM", "dumb"), ("FORCE_COLOR", "1")], true),
            (Choice::Auto, true, &[("TERM", "xterm-256color")], true),
        ];
        for (choice, terminal, env, expected) in rows {
            let read = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(decide(choice, terminal, read), expected, "{choice:?} terminal={terminal} {env:?}");
        }
    }
}
