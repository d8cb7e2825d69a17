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

/// Milliseconds of a duration, or what Prometheus says of it; the words are those of 2.53 and later.
pub fn parse(text: &str) -> Result<u64, String> {
    /// What fits into nanoseconds of 63 bits.
    const MOST: u64 = i64::MAX as u64 / 1_000_000;
    match millis(text) {
        Some(millis) if millis <= MOST => Ok(millis),
        Some(_) => Err("duration out of range".to_owned()),
        None if text.is_empty() => Err("empty duration string".to_owned()),
        None => Err(unknown_unit(text)
            .map(|unit| format!("unknown unit {unit:?} in duration {text:?}"))
            .unwrap_or_else(|| format!("not a valid duration string: {text:?}"))),
    }
}

/// The first unit that there is not, if nothing else is wrong before it.
fn unknown_unit(text: &str) -> Option<&str> {
    let mut rest = text;
    while rest.starts_with(|c: char| c.is_ascii_digit()) {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let (unit, next) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
        if !unit.is_empty() && !["y", "w", "d", "h", "m", "s", "ms"].contains(&unit) {
            return Some(unit);
        }
        rest = next;
    }
    None
}

/// A duration as Prometheus writes it: `1m30s`; years and weeks only where they fit exactly (TC-5).
pub fn format(millis: u64) -> String {
    const UNITS: &[(&str, u64, bool)] = &[
        ("y", 365 * 86_400_000, true),
        ("w", 7 * 86_400_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1000, false),
        ("ms", 1, false),
    ];
    if millis == 0 {
        return "0s".to_owned();
    }
    let (mut rest, mut out) = (millis, String::new());
    for &(unit, size, exact) in UNITS {
        if rest >= size && (!exact || rest % size == 0) {
            out += &format!("{}{unit}", rest / size);
            rest %= size;
        }
    }
    out
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

    /// TC-5.
    #[test]
    fn durations_as_prometheus_writes_them() {
        for (given, wanted) in [
            ("60s", "1m"),
            ("90s", "1m30s"),
            ("36h", "1d12h"),
            ("7d", "1w"),
            ("8d", "8d"),
            ("1500ms", "1s500ms"),
            ("365d", "1y"),
            ("0", "0s"),
        ] {
            assert_eq!(format(millis(given).unwrap()), wanted, "{given}");
        }
        assert_eq!(parse("5 s").unwrap_err(), r#"unknown unit " s" in duration "5 s""#);
        assert_eq!(parse("300y").unwrap_err(), "duration out of range");
        assert_eq!(parse("1s1m").unwrap_err(), r#"not a valid duration string: "1s1m""#);
    }
}
