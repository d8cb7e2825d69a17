//! What prometheus-operator makes of its objects.

pub mod accept;
pub mod crds;
pub mod fields;
pub mod find;
pub mod pods;
pub mod scope;
pub mod scrape_config;
pub mod shard;
pub mod version;
