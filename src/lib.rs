//! The program around `prom-doctor-checks`: it reads clusters and files and shows what was found.

pub mod cli;
pub mod collect;
pub mod error;
pub mod exit;
pub mod files;
mod out;
pub mod render;
pub mod snapshot;
mod system;
pub mod write;

/// Runs the program on the arguments of the process.
pub fn main() -> std::process::ExitCode {
    cli::main(std::env::args_os().collect(), &mut out::Out::stdout(), &mut out::Out::stderr()).into()
}

pub use self::out::Out;
