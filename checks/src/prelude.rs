//! What every check imports.

pub use serde_json::json;

pub use crate::chain::*;
pub use crate::check::Check;
pub use crate::draft::{Draft, Out};
pub use crate::failing::{Failing, failing};
pub use crate::mend;
pub use crate::prometheus::failure::{Certificate, Failure, Limit};
pub use crate::report::{Confidence, Evidence, Fix, Link, PatchRef, Ref, Severity, Verdict, kubectl};
pub use crate::text::{count, either, list, nearest, plural, short};
pub use crate::view::{Troubled, View};
pub use crate::world::{IntOrString, Kind, ObjectId};
