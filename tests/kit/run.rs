//! Runs the program as a user would, in an environment of its own.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
}

/// Runs `prom-doctor` in a folder with these arguments.
///
/// The environment is empty but for `PATH`, a locale that has marks, and a home that holds nothing, so that neither the developer's clusters nor
/// colour settings nor a terminal's width can change what is printed.
pub fn prom_doctor(folder: &Path, arguments: &[&str]) -> Ran {
    prom_doctor_with(folder, arguments, &[], "")
}

/// The same with variables of the environment and standard input.
pub fn prom_doctor_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Ran {
    let home = tempfile::tempdir().expect("a home");
    let mut command = Command::new(env!("CARGO_BIN_EXE_prom-doctor"));
    command.env_clear().env("HOME", home.path()).env("USERPROFILE", home.path()).env("LANG", "C.UTF-8");
    for kept in ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.envs(environment.iter().copied()).current_dir(folder).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // On a thread of its own: the program may print before it has read everything, or read nothing.
    let writer = std::thread::spawn(move || {
        let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
    });
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the input is written");
    Ran {
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        code: output.status.code(),
    }
}
