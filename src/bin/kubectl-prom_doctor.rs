//! `prom-doctor` under the name by which kubectl finds it as a plugin.

fn main() -> std::process::ExitCode {
    prom_doctor::main()
}
