//! Sizes, as Prometheus reads them: `10MB`, `1.5GiB`, `1GB512MB`; units are powers of 1024.

/// Whether a text is a size. A number without a unit is none, but for 0.
pub(super) fn is_size(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    // All units of a size are of one way to write them.
    let mut ways = [true, true];
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let digits = &rest[..number];
        rest = &rest[number..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let Ok(number) = digits.parse::<f64>() else {
            return false;
        };
        let mut bytes = 1.0;
        let mut of_way = |units: [&str; 7]| {
            let at = units.iter().position(|name| *name == &rest[..unit]);
            at.into_iter().for_each(|at| bytes = units[..at].iter().fold(1.0, |bytes, _| bytes * 1024.0));
            at.is_some()
        };
        ways[0] &= of_way(["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]);
        ways[1] &= of_way(["B", "KB", "MB", "GB", "TB", "PB", "EB"]);
        total += number * bytes;
        rest = &rest[unit..];
    }
    !text.trim_start_matches(['-', '+']).is_empty() && ways.contains(&true) && total <= MOST
}

/// What fits into 63 bits.
const MOST: f64 = 9_223_372_036_854_775_807.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for size in ["0", "1B", "10MB", "1.5GiB", "1GB512MB", "+1KB", "-1KB", ".5MB", "5.MB", "7EiB"] {
            assert!(is_size(size), "{size}");
        }
        for other in ["", "10", "10kB", "10M", "MB", ".MB", "1GB512MiB", "1.2.3MB", "10 MB", "10mb", "-", "20EB"] {
            assert!(!is_size(other), "{other}");
        }
    }
}
