//! Bytes to text.

use std::borrow::Cow;

/// The text that bytes are: UTF-8 or, with its mark, UTF-16 (PowerShell redirects into that). Anything else
/// comes back as it was. Bytes of zero at the end are cut off: archives of crust-gather pad every file with one.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).ok_or(bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).ok_or(bytes),
        _ => utf8(bytes),
    }
}

fn utf8(mut bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let text = String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)?;
    if text.contains('\0') { Err(text.into_bytes()) } else { Ok(text) }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    let text = text.trim_end_matches('\0');
    (!text.contains('\0')).then(|| text.to_owned())
}

const LOGS_BEGIN: &str = "==== START logs for container";
const LOGS_END: &str = "==== END logs for container";
const WARNING: &str = "Warning: ";

/// Blanks what kubectl writes between objects: warnings above them (where standard error was redirected too)
/// and the logs of `cluster-info dump`. Lines keep their numbers.
pub(super) fn without_noise(text: &str) -> Cow<'_, str> {
    let warned = text.trim_start().starts_with(WARNING);
    let logs = text.contains(LOGS_BEGIN);
    if !warned && !logs {
        return Cow::Borrowed(text);
    }
    let (mut above, mut inside) = (true, false);
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        above &= line.trim().is_empty() || line.starts_with(WARNING);
        inside |= logs && line.starts_with(LOGS_BEGIN);
        if above || inside {
            clean.push('\n');
        } else {
            clean.push_str(line);
        }
        inside &= !line.starts_with(LOGS_END);
    }
    Cow::Owned(clean)
}

/// Cuts a text that broke off back to its last whole YAML document: half a document may well be one that
/// reads, and says something else.
pub(super) fn whole_documents(text: &str) -> &str {
    text.rfind("\n---").map_or("", |at| &text[..=at])
}

/// Whether a text of unknown purpose looks like a manifest.
pub(super) fn looks_like_manifest(text: &str) -> bool {
    let key = |line: &str| {
        let line = line.strip_prefix("- ").unwrap_or(line);
        line.starts_with("apiVersion:") || line.starts_with("kind:")
    };
    text.trim_start().starts_with(['{', '[']) || text.lines().take(200).any(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf8_or_marked_utf16() {
        let utf16 = |text: &str, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<_>>()
        };
        let wanted = Ok("kind: Ä😀\n".to_owned());
        assert_eq!(decode("kind: Ä😀\n".into()), wanted);
        assert_eq!(decode("\u{feff}kind: Ä😀\n\0\0".into()), wanted);
        assert_eq!(decode(utf16("kind: Ä😀\n", [0xff, 0xfe], u16::to_le_bytes)), wanted);
        assert_eq!(decode(utf16("kind: Ä😀\n", [0xfe, 0xff], u16::to_be_bytes)), wanted);
        assert!(decode(vec![b'a', 0, b'b']).is_err());
        assert_eq!(decode(vec![0x80, 0x81]), Err(vec![0x80, 0x81]));
    }

    #[test]
    fn warnings_and_logs_are_blanked_and_lines_stay() {
        let text = "Warning: v1 Endpoints is deprecated\n{}\n==== START logs for container a of pod b ====\n{\n==== END logs for container a of pod b ====\n{}\n";
        assert_eq!(without_noise(text), "\n{}\n\n\n\n{}\n");
        assert!(matches!(without_noise("Note: x\n"), Cow::Borrowed(_)));
    }
}
