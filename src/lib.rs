//! The program around `prom-doctor-checks`.
