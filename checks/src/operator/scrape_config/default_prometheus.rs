//! The Prometheus that an operator writes for where the server names no version (OP-REJ-6).

use crate::operator::version::Version;

/// Minor of the operator, and the Prometheus that it and the later ones up to the next row take for their own.
const DEFAULTS: &[(u32, Version)] = &[
    (44, Version::new(2, 23, 0)),
    (45, Version::new(2, 24, 0)),
    (46, Version::new(2, 24, 1)),
    (47, Version::new(2, 26, 0)),
    (49, Version::new(2, 28, 1)),
    (50, Version::new(2, 29, 1)),
    (51, Version::new(2, 30, 0)),
    (52, Version::new(2, 31, 0)),
    (53, Version::new(2, 32, 0)),
    (54, Version::new(2, 32, 1)),
    (55, Version::new(2, 33, 5)),
    (56, Version::new(2, 35, 0)),
    (57, Version::new(2, 36, 0)),
    (58, Version::new(2, 37, 0)),
    (59, Version::new(2, 38, 0)),
    (60, Version::new(2, 39, 0)),
    (61, Version::new(2, 40, 1)),
    (62, Version::new(2, 41, 0)),
    (63, Version::new(2, 42, 0)),
    (64, Version::new(2, 43, 0)),
    (66, Version::new(2, 44, 0)),
    (67, Version::new(2, 45, 0)),
    (68, Version::new(2, 47, 0)),
    (69, Version::new(2, 47, 2)),
    (70, Version::new(2, 48, 0)),
    (71, Version::new(2, 48, 1)),
    (72, Version::new(2, 50, 0)),
    (73, Version::new(2, 51, 1)),
    (74, Version::new(2, 52, 0)),
    (75, Version::new(2, 53, 0)),
    (76, Version::new(2, 54, 0)),
    (77, Version::new(2, 54, 1)),
    (78, Version::new(2, 55, 0)),
    (79, Version::new(3, 0, 1)),
    (80, Version::new(3, 1, 0)),
    (81, Version::new(3, 2, 1)),
    (83, Version::new(3, 4, 0)),
    (84, Version::new(3, 4, 2)),
    (85, Version::new(3, 5, 0)),
    (86, Version::new(3, 6, 0)),
    (87, Version::new(3, 7, 3)),
    (88, Version::new(3, 9, 1)),
    (90, Version::new(3, 10, 0)),
    (91, Version::new(3, 11, 3)),
    (92, Version::new(3, 12, 0)),
    (93, Version::new(3, 13, 1)),
];

/// The Prometheus that an operator writes for where `spec.version` is empty; `None` below 0.44. For operators newer than
/// 0.93 it is that of 0.93, which is right in all that jobs depend on until Prometheus adds to them.
pub fn default_prometheus(operator: Version) -> Option<Version> {
    let known = DEFAULTS.iter().rev().find(|(minor, _)| operator >= Version::new(0, *minor, 0));
    known.map(|(_, version)| *version)
}
