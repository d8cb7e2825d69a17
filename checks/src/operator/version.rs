//! Versions of operators and servers, as image tags and specs write them.

use std::fmt;

/// A version `major.minor.patch`; what follows is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Major.
    pub major: u32,
    /// Minor.
    pub minor: u32,
    /// Patch.
    pub patch: u32,
}

impl Version {
    /// A version from its parts.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads `v0.54.0`, `2.45`, `3.5.0-rc.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let core = text.split(['-', '+', '@']).next()?;
        let mut parts = core.split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let minor = parts.next()??;
        let patch = parts.next().flatten().unwrap_or(0);
        Some(Self { major, minor, patch })
    }

    /// The version in the tag of an image: `quay.io/x/prometheus-operator:v0.54.0@sha256:…`.
    pub fn of_image(image: &str) -> Option<Self> {
        let image = image.split('@').next()?;
        let (_, tag) = image.rsplit_once(':')?;
        if tag.contains('/') { None } else { Self::parse(tag) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Operator 0.`minor`.0.
pub const fn operator(minor: u32) -> Version {
    Version::new(0, minor, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_specs() {
        assert_eq!(Version::parse("v0.54.0"), Some(Version::new(0, 54, 0)));
        assert_eq!(Version::parse("2.45"), Some(Version::new(2, 45, 0)));
        assert_eq!(Version::parse("latest"), None);
        let image = "registry:5000/x/prometheus-operator:v0.93.1@sha256:00";
        assert_eq!(Version::of_image(image), Some(Version::new(0, 93, 1)));
        assert_eq!(Version::of_image("registry:5000/x/prometheus-operator"), None);
    }
}
