//! What the tests stand on.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part, and may use all of it")]

pub mod apiserver;
pub mod run;
