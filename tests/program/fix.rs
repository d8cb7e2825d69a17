//! `lint --fix` and `lint --diff`: what is written, what is said, and that nothing else happens.

use std::fs;
use std::path::Path;

use super::shop::no_panic;
use crate::kit::run::{Ran, prom_doctor, prom_doctor_with};

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec:
  selector: {app: cart}
  ports:
    - {name: http, port: 80, targetPort: 8080}
";

const MONITOR: &str = "\
# What the cart counts.
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    matchLabels:
      app: cart
  endpoints:
    # once is enough
    - port: \"8080\" # of the container
      interval: 30s
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("service.yaml"), SERVICE).unwrap();
    fs::write(folder.path().join("monitor.yaml"), MONITOR).unwrap();
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Ran {
    let ran = prom_doctor(folder, &[&["lint"], arguments].concat());
    no_panic(&ran);
    ran
}

fn monitor(folder: &Path) -> String {
    fs::read_to_string(folder.join("monitor.yaml")).unwrap()
}

#[test]
fn a_file_is_fixed_and_keeps_its_author() {
    let folder = folder();
    let ran = lint(folder.path(), &["-f", ".", "--fix"]);
    assert_eq!(monitor(folder.path()), MONITOR.replace("\"8080\"", "\"http\""), "{ran:?}");
    assert!(ran.stdout.contains("fixed monitor.yaml:13 PD1002: ask for port \"http\"\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("fixed 1 finding in 1 file\n"), "{}", ran.stdout);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(folder.path().join("service.yaml")).unwrap(), SERVICE);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside the files");
    let again = lint(folder.path(), &["-f", ".", "--fix"]);
    assert!(again.stdout.ends_with("nothing to fix\n"), "{}", again.stdout);
    assert_eq!(again.code, Some(0));
}

#[test]
fn a_difference_is_shown_and_nothing_written() {
    let folder = folder();
    for arguments in [&["-f", ".", "--diff"][..], &["-f", ".", "--fix", "--diff"]] {
        let ran = lint(folder.path(), arguments);
        let expected = "--- monitor.yaml\n+++ monitor.yaml\n@@ -10,5 +10,5 @@\n       app: cart\n   endpoints:\n     # once is enough\n\
            -    - port: \"8080\" # of the container\n+    - port: \"http\" # of the container\n       interval: 30s\n";
        assert_eq!(ran.stdout, expected);
        assert!(ran.stderr.ends_with("would fix 1 finding in 1 file\n"), "{}", ran.stderr);
        assert_eq!(ran.code, Some(1));
        assert_eq!(monitor(folder.path()), MONITOR);
    }
    assert_eq!(lint(folder.path(), &["-f", ".", "--diff", "--exit-zero"]).code, Some(0));
    lint(folder.path(), &["-f", ".", "--fix"]);
    let none = lint(folder.path(), &["-f", ".", "--diff"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    let painted = lint(folder.path(), &["-f", ".", "--diff", "--color", "always"]);
    assert_eq!(painted.stdout, "");
}

#[test]
fn colour_is_the_users_choice() {
    let folder = folder();
    let painted = lint(folder.path(), &["-f", ".", "--diff", "--color", "always"]);
    assert!(painted.stdout.contains("\u{1b}[32m+    - port: \"http\""), "{:?}", painted.stdout);
}

#[test]
fn what_is_piped_comes_out_fixed() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{SERVICE}---\n{MONITOR}");
    let ran = prom_doctor_with(folder.path(), &["lint", "-f", "-", "--fix"], &[], &text);
    assert_eq!(ran.stdout, text.replace("\"8080\"", "\"http\""));
    assert!(ran.stderr.contains("fixed standard input:21 PD1002"), "{}", ran.stderr);
    // What comes out of a chart is mended in the chart.
    let text = text.replace("# What", "# Source: cart/templates/monitor.yaml\n# What");
    let ran = prom_doctor_with(folder.path(), &["lint", "-f", "-", "--fix"], &[], &text);
    assert_eq!(ran.stdout, text);
    let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("it was rendered from cart/templates/monitor.yaml: edit the chart"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_file_that_is_called_as_the_pipe_is_a_file() {
    let folder = folder();
    fs::rename(folder.path().join("monitor.yaml"), folder.path().join("standard input")).unwrap();
    let ran = lint(folder.path(), &["-f", "standard input,service.yaml", "--fix"]);
    assert!(ran.stdout.contains("fixed ./standard input:"), "{ran:?}");
    let mended = fs::read_to_string(folder.path().join("standard input")).unwrap();
    assert!(mended != MONITOR && !ran.stdout.contains(&mended), "{mended}");
}

#[test]
fn unsafe_fixes_are_made_only_where_they_are_asked_for() {
    let folder = folder();
    let selector = "matchExpressions: [{key: app, operator: Exists, values: [cart]}]";
    let text = MONITOR.replace("matchLabels:\n      app: cart", selector).replace("\"8080\"", "http");
    fs::write(folder.path().join("monitor.yaml"), &text).unwrap();
    let ran = lint(folder.path(), &["-f", ".", "--fix"]);
    assert!(ran.stdout.ends_with("nothing to fix; 1 with --unsafe-fixes\n"), "{}", ran.stdout);
    assert_eq!(monitor(folder.path()), text);
    let ran = lint(folder.path(), &["-f", ".", "--fix", "--unsafe-fixes"]);
    assert!(!ran.stdout.contains("--unsafe-fixes"), "{}", ran.stdout);
    assert_eq!(monitor(folder.path()), text.replace(", values: [cart]", ""));
    let alone = lint(folder.path(), &["-f", ".", "--unsafe-fixes"]);
    assert_eq!(alone.code, Some(2));
    let baseline = lint(folder.path(), &["-f", ".", "--fix", "--write-baseline", "b.json"]);
    assert_eq!(baseline.code, Some(2));
}

#[test]
fn what_programs_read_stays_what_it_is() {
    let folder = folder();
    let ran = lint(folder.path(), &["-f", ".", "--fix", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["code"] != "PD1002"));
    assert!(ran.stderr.ends_with("fixed 1 finding in 1 file\n"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn links_lead_to_the_file_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    fs::rename(folder.path().join("monitor.yaml"), real.join("monitor.yaml")).unwrap();
    fs::set_permissions(real.join("monitor.yaml"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink(real.join("monitor.yaml"), folder.path().join("monitor.yaml")).unwrap();
    lint(folder.path(), &["-f", ".", "--fix"]);
    assert!(fs::symlink_metadata(folder.path().join("monitor.yaml")).unwrap().is_symlink());
    assert!(fs::read_to_string(real.join("monitor.yaml")).unwrap().contains("\"http\""));
    assert_eq!(fs::metadata(real.join("monitor.yaml")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn other_encodings_are_left_alone() {
    let folder = folder();
    let mut wide = vec![0xff, 0xfe];
    wide.extend(MONITOR.encode_utf16().flat_map(u16::to_le_bytes));
    fs::write(folder.path().join("monitor.yaml"), &wide).unwrap();
    let ran = lint(folder.path(), &["-f", ".", "--fix"]);
    assert_eq!(fs::read(folder.path().join("monitor.yaml")).unwrap(), wide);
    assert!(ran.stderr.contains("is UTF-16"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(3));
}
