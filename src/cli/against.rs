//! What files are laid over: a cluster, or a snapshot of one.

use std::path::PathBuf;

use super::gather::Gathered;
use super::global::Global;
use crate::error::Error;

/// What files are laid over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Against {
    /// The cluster of the kubeconfig.
    Cluster,
    /// A dump of a cluster.
    Snapshot(PathBuf),
}

impl Against {
    /// Reads the value of the flag. A folder that is called `cluster` is `./cluster`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("cluster, or the path of a snapshot".to_owned()),
            "cluster" => Ok(Self::Cluster),
            path => Ok(Self::Snapshot(PathBuf::from(path))),
        }
    }

    /// What it is, in words.
    pub(super) fn words(&self, gathered: &Gathered) -> String {
        match (self, gathered.context()) {
            (Self::Snapshot(path), _) => format!("the snapshot {}", path.display()),
            (Self::Cluster, Some(context)) => format!("the cluster of context {context}"),
            (Self::Cluster, None) => "the cluster".to_owned(),
        }
    }

    /// What is meant where the flag is left out: the snapshot that is named otherwise, else the cluster.
    pub(super) fn or_usual(given: Option<&Self>, global: &Global) -> Result<Self, Error> {
        match (given, &global.snapshot) {
            (Some(_), Some(_)) => Err(Error::usage(
                "--against says what the files are laid over, and so does --snapshot",
                "leave out one of them".to_owned(),
            )),
            (Some(given), None) => Ok(given.clone()),
            (None, Some(path)) => Ok(Self::Snapshot(path.clone())),
            (None, None) => Ok(Self::Cluster),
        }
    }
}
