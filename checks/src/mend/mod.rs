//! Fixes that more than one check proposes: rights for a service account, selectors that fit an object, and a
//! monitor of the other kind.

mod rights;
mod selector;
mod swap;

pub use self::rights::{also_allowed, grant, resources};
pub use self::selector::{fit_selector, is_plausible, label, place};
pub use self::swap::{as_pod_monitor, service_for};
