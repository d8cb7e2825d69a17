//! Manifests in files: what they hold, judged before anything is applied, with every finding at its place in the text.
//!
//! A bundle is what is deployed together: the files of a folder, or what a chart renders to.

mod against;
mod bundle;
mod copies;
mod cover;
mod doubled;
mod guess;
mod kustomize;
mod lint;
mod locate;
mod merge;
mod sent;
mod text;

pub(crate) use self::against::operator_of;
pub use self::against::{Standing, apply, lint_against};
pub use self::bundle::{Bundle, Item, Origin, Part, Reading};
pub(crate) use self::copies::{Among, judged as judged_alone, overwritten, refused};
pub(crate) use self::cover::is_credential;
pub use self::kustomize::KUSTOMIZATIONS;
pub use self::lint::{Settings, lint};
pub use self::locate::locate;
pub(crate) use self::sent::standing;
pub use self::text::File;
