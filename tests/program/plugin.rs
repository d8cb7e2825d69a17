//! The real kubectl finds the plugin and runs it.

use std::process::Command;

use super::shop::folder;
use crate::kit::missing;

#[cfg(unix)]
#[test]
fn kubectl_runs_it_as_a_plugin() {
    let there = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
    if !there {
        missing("kubectl_runs_it_as_a_plugin", "kubectl is not on PATH");
        return;
    }
    let bin = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-prom_doctor"), bin.path().join("kubectl-prom_doctor")).unwrap();
    let path = std::env::join_paths(
        [bin.path().to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("kubectl");
        command.args(arguments).env_clear().env("PATH", &path).env("HOME", home.path()).env("LANG", "C.UTF-8");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let example = folder();
    let example = example.to_str().unwrap();
    let (code, stdout, stderr) = run(&["prom-doctor", "audit", "--snapshot", example]);
    // The exit code goes through kubectl, which adds nothing of its own.
    assert_eq!((code, stderr.as_str()), (Some(1), ""));
    assert!(stdout.starts_with("19 monitors: "), "{stdout}");
    assert!(stdout.contains("help: kubectl prom-doctor explain PD0301"), "{stdout}");
    let (code, stdout, _) = run(&["prom-doctor", "--help"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("Usage: kubectl prom-doctor "), "{stdout}");
    let (code, _, stderr) = run(&["prom-doctor", "why", "smon/carts", "--snapshot", example]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("did you mean cart?"), "{stderr}");
    let (_, stdout, _) = run(&["plugin", "list"]);
    assert!(stdout.contains("kubectl-prom_doctor"), "{stdout}");
}
