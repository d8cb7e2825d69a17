//! Prometheus' durations: `30s`, `1h30m`, `1d12h`; units from large to small, each once.

/// Milliseconds of a duration; `None` where Prometheus would not read it.
pub fn millis(text: &str) -> Option<u64> {
    const UNITS: &[(&str, u64)] = &[
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    if text == "0" {
        return Some(0);
    }
    let (mut rest, mut total, mut from) = (text, 0u64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|&end| end > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let at = UNITS.iter().position(|(name, _)| *name == &rest[..unit]).filter(|&at| at >= from)?;
        total = total.checked_add(number.checked_mul(UNITS[at].1)?)?;
        (rest, from) = (&rest[unit..], at + 1);
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_prometheus_reads_them() {
        for (text, wanted) in [
            ("30s", Some(30_000)),
            ("1h30m", Some(5_400_000)),
            ("1d12h", Some(129_600_000)),
            ("100ms", Some(100)),
            ("0", Some(0)),
            ("", None),
            ("30", None),
            ("1.5s", None),
            ("30s1m", None),
            ("1m1m", None),
            ("-1s", None),
            ("s", None),
        ] {
            assert_eq!(millis(text), wanted, "{text}");
        }
    }
}
