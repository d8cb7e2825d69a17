//! The `prom-doctor` binary.

fn main() -> std::process::ExitCode {
    prom_doctor::main()
}
