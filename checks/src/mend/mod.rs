//! Fixes that more than one check proposes: rights for a service account, selectors that fit an object, ports to ask
//! for, a monitor of the other kind, another sync.

mod ports;
mod rights;
mod selector;
mod swap;
mod sync;

pub use self::ports::{ask_for, ask_or_drop, declare, declared, declared_behind, look_in};
pub use self::rights::{also_allowed, grant, resources};
pub use self::selector::{asked, fit_selector, is_plausible, label, look, move_monitor, place};
pub use self::swap::{as_pod_monitor, create, service_for};
pub use self::sync::{log, sync_again};

/// A message, or a shorter one where it would be too long for one line.
pub fn short(message: String, otherwise: impl FnOnce() -> String) -> String {
    if message.chars().count() <= 200 { message } else { otherwise() }
}
