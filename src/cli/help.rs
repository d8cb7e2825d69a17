//! What the flags that every command takes mean to some of them, in the words of their help.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{Arg, Command, ValueEnum as _};

use crate::render::Format;

/// Commands whose answer is no report.
const DATA: &[&str] = &["wait", "targets", "pipeline", "plan", "config", "explain", "schema", "version"];

/// What some flags mean to commands that read files.
const FILES: &[(&str, &str, &str)] = &[
    (
        "lint",
        "namespace",
        "Namespace of the objects that name none [default: the one that the others suggest; with --against cluster that of the context]",
    ),
    ("lint", "selector", "Judge only the monitors with these labels: app=api,tier!=db,env in (a,b)"),
    ("lint", "prometheus", "Judge for this server only"),
    ("lint", "grace", "With --against: what is younger than this is not judged by what the configuration does not hold yet"),
    ("lint", "fail_on", "Exit with 1 when something of at least this severity was found [default: warning]"),
    ("lint", "strict", "Exit with 3 when something could not be checked"),
    ("plan", "namespace", "Namespace of the objects that name none, as in kubectl apply [default: that of the context]"),
    ("plan", "prometheus", "Plan for this server only"),
    ("plan", "fail_on", "Exit with 1 when a finding of at least this severity is new, or a target is lost [default: error]"),
];

/// What has no meaning to a command, or is refused by it.
const NOT_THERE: &[(&str, &[&str])] =
    &[("lint", &["all_namespaces", "snapshot"]), ("plan", &["all_namespaces", "selector", "report", "write_baseline"])];

/// The program's commands with the flags told as each command takes them.
pub(super) fn tailored(mut command: Command) -> Command {
    let global: Vec<Arg> = command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let names: Vec<String> = command.get_subcommands().map(|own| own.get_name().to_owned()).collect();
    for name in &names {
        let hidden = NOT_THERE.iter().filter(|(of, _)| of == name).flat_map(|(_, ids)| *ids);
        let hidden: Vec<&str> = hidden.copied().collect();
        // All of them, or the order in which help has them would be another.
        for arg in &global {
            let id = arg.get_id().as_str();
            let words = FILES.iter().find(|(of, flag, _)| of == name && *flag == id).map(|(.., words)| *words);
            let arg = arg.clone().hide(arg.is_hide_set() || hidden.contains(&id));
            let arg = if let Some(words) = words { arg.help(words) } else { arg };
            let of_data = id == "output" && DATA.contains(&name.as_str());
            let arg = if of_data { arg.value_parser(DataFormats) } else { arg };
            command = command.mut_subcommand(name, |own| own.arg(arg));
        }
    }
    command
}

/// Takes every format, for a better complaint than that there is no such, and tells of those that data can be written in.
#[derive(Clone, Debug)]
struct DataFormats;

impl TypedValueParser for DataFormats {
    type Value = Format;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Format, clap::Error> {
        EnumValueParser::<Format>::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let shown = Format::value_variants().iter().filter(|format| format.data().is_some() && **format != Format::JsonV1);
        let words = |format: &Format| match format {
            Format::Wide => "For people, with all there is to tell",
            Format::Json => "JSON",
            Format::Yaml => "YAML",
            _ => "For people",
        };
        Some(Box::new(shown.filter_map(move |format| Some(format.to_possible_value()?.help(words(format))))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::CommandFactory as _;

    fn help(name: &str) -> String {
        let mut command = tailored(Cli::command());
        command.build();
        command.find_subcommand_mut(name).unwrap().render_long_help().to_string()
    }

    #[test]
    fn flags_are_those_that_there_are() {
        let command = Cli::command();
        let all: Vec<_> = command.get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().to_string()).collect();
        let named = FILES.iter().map(|(name, id, _)| (*name, *id));
        let hidden = NOT_THERE.iter().flat_map(|(name, ids)| ids.iter().map(|id| (*name, *id)));
        for (name, id) in named.chain(hidden) {
            assert!(command.find_subcommand(name).is_some() && all.iter().any(|known| known == id), "{name} {id}");
        }
        assert!(DATA.iter().all(|name| command.find_subcommand(name).is_some()));
    }

    #[test]
    fn help_names_no_format_that_is_refused() {
        for name in DATA {
            let help = help(name);
            assert!(help.contains("- json:") && !help.contains("sarif") && !help.contains("- short:"), "{name}\n{help}");
        }
        assert!(help("lint").contains("sarif") && help("audit").contains("sarif"));
    }

    #[test]
    fn a_namespace_is_that_of_objects_to_commands_that_read_files() {
        for name in ["lint", "plan"] {
            let help = help(name);
            assert!(help.contains("objects that name none") && !help.contains("--all-namespaces"), "{name}\n{help}");
        }
        assert!(help("audit").contains("Ask about the monitors of this namespace"));
    }

    #[test]
    fn the_flags_still_come_through() {
        let matches = tailored(Cli::command()).try_get_matches_from(["p", "lint", "-n", "shop", "-f", "a"]).unwrap();
        assert_eq!(matches.get_one::<String>("namespace").map(String::as_str), Some("shop"));
        let matches = tailored(Cli::command()).try_get_matches_from(["p", "-o", "json", "plan", "-f", "a"]).unwrap();
        assert_eq!(matches.get_one::<Format>("output"), Some(&Format::Json));
    }
}
