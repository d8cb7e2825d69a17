//! What the operating system says when it refuses, in words for people: without the numbers that only programmers read.

use std::io::{self, ErrorKind};

/// Why something could not be read.
pub(crate) fn unread(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::InvalidData if is_text(error) => "it is not UTF-8 text".to_owned(),
        _ => other(error),
    }
}

/// Why something could not be written.
pub(crate) fn unwritten(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such folder".to_owned(),
        ErrorKind::PermissionDenied => "no permission to write there".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => other(error),
    }
}

fn other(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotADirectory => "a part of its path is no folder".to_owned(),
        ErrorKind::StorageFull => "no space is left on the device".to_owned(),
        ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::InvalidFilename => "the name cannot be that of a file".to_owned(),
        ErrorKind::BrokenPipe => "nobody reads it any more".to_owned(),
        _ => without_number(&error.to_string()),
    }
}

/// The text of an error without the number that the system gives it.
pub(crate) fn without_number(text: &str) -> String {
    const START: &str = " (os error ";
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        out.push_str(before);
        match after.split_once(')') {
            Some((number, left)) if number.parse::<i32>().is_ok() => rest = left,
            _ => {
                out.push_str(START);
                rest = after;
            }
        }
    }
    out + rest
}

/// Whether what was read was to be text, and is none.
fn is_text(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().contains("UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_numbers() {
        for number in 1..140 {
            let error = io::Error::from_raw_os_error(number);
            assert!(error.to_string().contains("os error"), "{error}");
            for told in [unread(&error), unwritten(&error)] {
                assert!(!told.is_empty() && !told.contains("os error"), "{told}");
            }
        }
        let given = "it failed (os error 2) at path \"/a (os error x)\"";
        assert_eq!(without_number(given), "it failed at path \"/a (os error x)\"");
        assert_eq!(without_number("cut (os error "), "cut (os error ");
    }

    #[test]
    fn reading_and_writing_fail_in_words_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("a/b");
        assert_eq!(unread(&std::fs::read(&gone).unwrap_err()), "no such file or folder");
        assert_eq!(unwritten(&std::fs::write(&gone, "x").unwrap_err()), "there is no such folder");
        assert_eq!(unread(&std::fs::read(folder.path()).unwrap_err()), "it is a folder");
        let file = folder.path().join("c");
        std::fs::write(&file, b"\xff\xfe").unwrap();
        assert_eq!(unread(&std::fs::read_to_string(&file).unwrap_err()), "it is not UTF-8 text");
        assert_eq!(unread(&std::fs::read(file.join("d")).unwrap_err()), "a part of its path is no folder");
    }
}
