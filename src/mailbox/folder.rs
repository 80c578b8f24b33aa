//! Mails at rest in files: a folder of `.eml`, an mbox. Read-only, in an order that depends on names alone.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How deep folders may lie in one another. Deeper ones are an error, so that a loop of mounts or links ends.
const FOLDER_DEPTH_MAX: usize = 32;

/// All `*.eml` files below a folder, sorted by path. Symbolic links to folders are not followed.
pub fn scan_eml_folder(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![(path.to_owned(), 0_usize)];
    while let Some((folder, depth)) = waiting.pop() {
        if depth > FOLDER_DEPTH_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "folders are nested too deeply"));
        }
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                waiting.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml")) && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where each mail of an mbox lies, without its `From ` line and without the empty line that ends it.
///
/// A mail begins at a `From ` line that is first in the file or follows an empty line and has the shape that mail programs
/// write, with a year in it (RFC 4155): a sentence of a letter that begins with "From " is left alone. Lines quoted by a `>`
/// (mboxo, mboxrd) stay as they are: the bytes are the file's.
pub fn split_mbox(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut mails = Vec::new();
    let mut current: Option<usize> = None;
    let mut position = 0;
    let mut after_empty_line = true;
    let mut empty_line_at = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let next = position + line.len();
        if after_empty_line && is_separator(line) {
            if let Some(start) = current {
                mails.push(start..empty_line_at.unwrap_or(position).max(start));
            }
            current = Some(next);
        }
        after_empty_line = matches!(line, b"\n" | b"\r\n");
        empty_line_at = after_empty_line.then_some(position);
        position = next;
    }
    if let Some(start) = current {
        mails.push(start..empty_line_at.unwrap_or(position).max(start));
    }
    mails
}

/// `From sender day-of-week month day time year`, of which only the time and the year are demanded.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words = || rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    let is_time = |word: &[u8]| word.len() >= 4 && word.contains(&b':') && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b':');
    words().any(is_year) && words().any(is_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mbox: &str, expected: &[&str]) {
        let found: Vec<_> = split_mbox(mbox.as_bytes()).into_iter().map(|range| mbox.get(range).unwrap()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_mbox_is_split_at_its_from_lines_only() {
        let from = "From a@b.example Mon Jan  8 10:00:00 2024\n";
        check("", &[]);
        check("no separator at all\n", &[]);
        check(&format!("{from}Subject: a\n\nbody\n\n{from}Subject: b\n\nbody\n\n"), &["Subject: a\n\nbody\n", "Subject: b\n\nbody\n"]);
        check(&format!("{from}Subject: a\n\nbody"), &["Subject: a\n\nbody"]);
        check(
            &format!("{from}Subject: a\n\nFrom here on all is well.\n\n>{from}"),
            &[&format!("Subject: a\n\nFrom here on all is well.\n\n>{from}")],
        );
        check(&format!("{from}Subject: a\n\nquoted next line\n{from}\n"), &[&format!("Subject: a\n\nquoted next line\n{from}")]);
        check(&format!("{from}{from}"), &[from]);
        check(&from.replace('\n', "\r\n"), &[""]);
    }

    #[test]
    fn only_eml_files_are_taken_in_the_order_of_their_paths() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        for name in ["b/2.eml", "a.EML", "c.txt", "z.eml"] {
            std::fs::write(dir.path().join(name), b"x").unwrap();
        }
        let names: Vec<_> = scan_eml_folder(dir.path()).unwrap().iter().map(|path| path.strip_prefix(dir.path()).unwrap().to_owned()).collect();
        assert_eq!(names, [Path::new("a.EML"), Path::new("b/2.eml"), Path::new("z.eml")]);
    }
}
