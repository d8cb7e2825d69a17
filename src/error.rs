//! What can keep the program from an answer, told to people: what happened, and what to do about it.

use miette::Diagnostic;
use thiserror::Error;

use crate::exit::Exit;
use crate::render::text::{Style, clean_lines};
use crate::system::unwritten;

/// Why there is no answer.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// Wrong usage.
    #[error("{message}")]
    #[diagnostic(code(prom_doctor::usage))]
    Usage {
        /// What is wrong.
        message: String,
        /// What would be right.
        #[help]
        help: Option<String>,
    },
    /// The object or namespace is not there.
    #[error("{message}")]
    #[diagnostic(code(prom_doctor::not_found))]
    NotFound {
        /// What is not there.
        message: String,
        /// What is.
        #[help]
        help: Option<String>,
    },
    /// Nothing could be read, or not what the question needs.
    #[error("{message}")]
    #[diagnostic(code(prom_doctor::no_answer))]
    NoAnswer {
        /// What could not be read.
        message: String,
        /// How it could.
        #[help]
        help: Option<String>,
    },
    /// The answer could not be written.
    #[error("the output cannot be written: {}", unwritten(.0))]
    #[diagnostic(code(prom_doctor::output))]
    Output(std::io::Error),
    /// The answer could not be put into JSON or YAML.
    #[error("the output cannot be written: {0}")]
    #[diagnostic(code(prom_doctor::output))]
    Encode(#[from] serde_json::Error),
    /// Ctrl-C.
    #[error("interrupted")]
    #[diagnostic(code(prom_doctor::interrupted))]
    Interrupted,
}

// Not as its source: what the system says would be told a second time.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl Error {
    /// Wrong usage.
    pub fn usage(message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }

    /// Something is not there.
    pub fn not_found(message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self::NotFound { message: message.into(), help: help.into() }
    }

    /// Something could not be read.
    pub fn no_answer(message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self::NoAnswer { message: message.into(), help: help.into() }
    }

    /// The exit code that it leads to.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } => Exit::Usage,
            Self::Interrupted => Exit::Interrupted,
            _ => Exit::NoAnswer,
        }
    }
}

/// An error as text for standard error. Nothing is left for miette to guess.
pub fn render(error: &dyn Diagnostic, style: &Style) -> String {
    use miette::{GraphicalReportHandler, GraphicalTheme, NarratableReportHandler, ThemeCharacters, ThemeStyles};
    let mut out = String::new();
    // Screen readers ask for sentences instead of drawings.
    let plain = std::env::var_os("NO_GRAPHICS").is_some_and(|value| !value.is_empty() && value != "0");
    let written = if plain {
        NarratableReportHandler::new().render_report(&mut out, error)
    } else {
        let characters = if style.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() };
        let styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
        GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_links(false)
            // Long names are to be copied: the terminal wraps, miette would cut them at their dashes.
            .with_wrap_lines(false)
            .render_report(&mut out, error)
    };
    if written.is_err() || out.is_empty() {
        out = format!("error: {error}\n");
    }
    // miette's own colours are escapes too; what comes from elsewhere was cleaned where it was put in.
    if style.colour { out } else { clean_lines(&out) }
}
