//! When a dump was made, as it says itself.

use jiff::Timestamp;

/// Reads the time of a `timestamp` or `collected.timestamp` file. The first line is the beginning of the
/// gathering: counted from there, no object looks older than it was when it was read.
pub(super) fn recorded(text: &str) -> Option<i64> {
    let line = text.lines().map(|line| line.trim().trim_matches(['"', '\''])).find(|line| !line.is_empty())?;
    line.parse::<Timestamp>().ok().or_else(|| go(line)).map(Timestamp::as_second)
}

/// Go prints `2026-01-02 15:04:05.678 +0100 CET m=+0.01`.
fn go(line: &str) -> Option<Timestamp> {
    let mut words = line.split_whitespace();
    let (date, time, offset) = (words.next()?, words.next()?, words.next()?);
    format!("{date}T{time}{offset}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_go_and_everybody_else_write_them() {
        assert_eq!(
            recorded("2026-01-02 15:04:05.678901 +0100 CET m=+0.012\n2026-01-02 16:00:00 +0000 UTC\n"),
            Some(1_767_362_645)
        );
        assert_eq!(recorded("\"2026-01-02T14:04:05Z\"\n"), Some(1_767_362_645));
        assert_eq!(recorded("'2026-01-02T14:04:05.5+00:00'"), Some(1_767_362_645));
        assert_eq!(recorded("yesterday"), None);
    }
}
