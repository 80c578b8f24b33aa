//! Maildir, read and written (<https://cr.yp.to/proto/maildir.html>).
//!
//! Reading is listing: nothing is moved from `new` to `cur`, no flag is set. Writing is durable before it is visible: the file
//! is flushed under `tmp`, then renamed into `new`, then the folder itself is flushed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

/// A mail found in a Maildir.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaildirEntry {
    /// The name without its flags (the part before `:`): it stays the same when a person reads or marks the mail.
    pub file_name: String,
    pub path: PathBuf,
    /// The file's modification time, which deliveries set and readers keep.
    pub arrived_at: DateTime<Utc>,
}

/// Lists `new` and `cur`, in the order of arrival and then of names. A mail that a reader moves from `new` to `cur` meanwhile
/// is seen once or at the next look, never lost: `new` is listed first, and a second sight of a name is dropped.
pub fn scan_maildir(path: &Path) -> io::Result<Vec<MaildirEntry>> {
    let mut entries = std::collections::BTreeMap::new();
    for folder in ["new", "cur"] {
        for entry in fs::read_dir(path.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let metadata = match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_file() => metadata,
                Ok(_) => continue,
                // It was moved between the listing and the look; it is in `cur` now or at the next scan.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let file_name = name.split(':').next().unwrap_or_default().to_owned();
            let arrived_at = DateTime::<Utc>::from(metadata.modified()?);
            entries.insert(file_name.clone(), MaildirEntry { file_name, path: entry.path(), arrived_at });
        }
    }
    let mut entries: Vec<_> = entries.into_values().collect();
    entries.sort_by(|one, other| (one.arrived_at, &one.file_name).cmp(&(other.arrived_at, &other.file_name)));
    Ok(entries)
}

/// Puts a mail into `new/unique_name`, creating the Maildir when it is not there. Delivering the same name and bytes again
/// changes nothing, so that a caller who does not know whether it was done may simply do it again.
///
/// The name comes from the program, never from a mail: anything but letters, digits, `.`, `-`, `_`, `=`, `,` is refused.
pub fn deliver_maildir(path: &Path, unique_name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || ".-_=,".contains(character);
    if unique_name.is_empty() || unique_name.starts_with('.') || !unique_name.chars().all(allowed) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a name for a file of a Maildir"));
    }
    for folder in ["tmp", "new", "cur"] {
        fs::create_dir_all(path.join(folder))?;
    }
    let waiting = path.join("tmp").join(unique_name);
    let delivered = path.join("new").join(unique_name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&waiting)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&waiting, &delivered)?;
    File::open(path.join("new"))?.sync_all()?;
    Ok(delivered)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_delivered_mail_is_found_and_delivering_it_again_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        deliver_maildir(dir.path(), "1.guichet", b"Subject: a\r\n\r\n").unwrap();
        deliver_maildir(dir.path(), "1.guichet", b"Subject: a\r\n\r\n").unwrap();
        let entries = scan_maildir(dir.path()).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(fs::read(&entries[0].path).unwrap(), b"Subject: a\r\n\r\n");
        assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn the_order_is_that_of_arrival_and_flags_are_no_part_of_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let young = deliver_maildir(dir.path(), "a", b"young").unwrap();
        let old = deliver_maildir(dir.path(), "b", b"old").unwrap();
        let day = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * days);
        File::options().append(true).open(&young).unwrap().set_modified(day(20)).unwrap();
        File::options().append(true).open(&old).unwrap().set_modified(day(10)).unwrap();
        fs::rename(&old, dir.path().join("cur/b:2,RS")).unwrap();
        fs::create_dir(dir.path().join("cur/not-a-mail")).unwrap();
        let names: Vec<_> = scan_maildir(dir.path()).unwrap().into_iter().map(|entry| entry.file_name).collect();
        assert_eq!(names, ["b", "a"]);
    }

    #[test]
    fn a_name_cannot_leave_the_maildir() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", ".hidden", "../x", "a/b", "a:2,S", "a\0b"] {
            assert!(deliver_maildir(dir.path(), name, b"x").is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_is_not_a_maildir_is_an_error_and_not_an_empty_mailbox() {
        let dir = tempfile::tempdir().unwrap();
        assert!(scan_maildir(dir.path()).is_err());
    }
}
