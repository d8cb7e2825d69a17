//! The `prom-doctor` binary.
fn main() {}
