//! Content-addressed files: raw mails, attachments, entries of archives. The SHA-256 is the name; a name given by a candidate never is.
//!
//! A blob is durable before anybody hears of it: a draft in a folder of its own, fsync, rename, fsync of the folder. Writing what exists is
//! free. Drafts that a killed process left are thrown away at the next start.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// The folder of all blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
    durable: bool,
}

/// Whether a blob's bytes must survive a power cut at once, or can be made again from a durable one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Raw mails and statements: nothing else holds them.
    Synced,
    /// Files taken out of a raw mail: they can be taken out again.
    Derived,
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

impl Blobs {
    /// Opens the folder, making it when it is not there. A rehearsal, which can be run again, does without the fsyncs.
    pub fn open(folder: &Path, durable: bool) -> anyhow::Result<Blobs> {
        fs::create_dir_all(folder.join(DRAFTS)).with_context(|| format!("make the blob folder {}", folder.display()))?;
        Ok(Blobs { folder: folder.to_owned(), durable })
    }

    /// Throws away what a process that was killed left half written. Only for the one process that works in this folder.
    pub fn throw_away_drafts(&self) -> anyhow::Result<usize> {
        let mut n_thrown_away = 0;
        for draft in fs::read_dir(self.folder.join(DRAFTS)).context("look for drafts of blobs")? {
            fs::remove_file(draft.context("look for drafts of blobs")?.path()).context("throw away a draft")?;
            n_thrown_away += 1;
        }
        Ok(n_thrown_away)
    }

    /// The bytes under a name that nobody looks for.
    fn draft(&self, bytes: &[u8]) -> anyhow::Result<tempfile::NamedTempFile> {
        let mut draft = tempfile::NamedTempFile::new_in(self.folder.join(DRAFTS)).context("make a draft of a blob")?;
        draft.write_all(bytes).context("write a blob")?;
        Ok(draft)
    }

    /// Where the blob of that hash lies or would lie.
    pub fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(sha256.get(..2).unwrap_or("xx")).join(sha256)
    }

    /// Keeps the bytes and gives their SHA-256.
    pub fn put(&self, bytes: &[u8], durability: Durability) -> anyhow::Result<String> {
        let sha256 = sha256_hex(bytes);
        let path = self.path(&sha256);
        if is_whole(&path, bytes) {
            return Ok(sha256);
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).context("make a blob folder")?;
        let draft = self.draft(bytes)?;
        let sync = self.durable && durability == Durability::Synced;
        if sync {
            draft.as_file().sync_all().context("fsync a blob")?;
        }
        publish(draft, &path)?;
        if sync {
            fs::File::open(folder).and_then(|folder| folder.sync_all()).context("fsync a blob folder")?;
        }
        Ok(sha256)
    }

    /// Keeps several contents and gives their SHA-256 in the same order, each as durable as [`put`](Self::put) makes it, with the waits
    /// for the disk shared: all are written under temporary names, then flushed together, and only then do they get their names.
    pub fn put_all(&self, contents: &[&[u8]]) -> anyhow::Result<Vec<String>> {
        let mut waiting = Vec::new();
        let mut hashes = Vec::with_capacity(contents.len());
        for bytes in contents {
            let sha256 = sha256_hex(bytes);
            let path = self.path(&sha256);
            if !is_whole(&path, bytes) {
                fs::create_dir_all(path.parent().unwrap_or(&self.folder)).context("make a blob folder")?;
                waiting.push((self.draft(bytes)?, path));
            }
            hashes.push(sha256);
        }
        if self.durable {
            let files: Vec<&fs::File> = waiting.iter().map(|(draft, _)| draft.as_file()).collect();
            flush_together(&files).context("fsync blobs")?;
        }
        let mut folders = std::collections::BTreeSet::new();
        for (draft, path) in waiting {
            publish(draft, &path)?;
            folders.extend(path.parent().map(Path::to_owned));
        }
        if self.durable {
            // A folder that was just made is an entry of the one above.
            folders.insert(self.folder.clone());
            let folders = folders.iter().map(fs::File::open).collect::<Result<Vec<_>, _>>().context("open blob folders")?;
            flush_together(&folders.iter().collect::<Vec<_>>()).context("fsync blob folders")?;
        }
        Ok(hashes)
    }

    /// Waits until everything that was put is on the disk, the derived contents too.
    pub fn flush(&self) -> anyhow::Result<()> {
        if self.durable {
            let folder = fs::File::open(&self.folder).context("open the blob folder")?;
            rustix::fs::syncfs(folder).context("flush the blobs")?;
        }
        Ok(())
    }

    /// The bytes of a blob.
    pub fn get(&self, sha256: &str) -> anyhow::Result<Vec<u8>> {
        fs::read(self.path(sha256)).with_context(|| format!("read blob {sha256}"))
    }

    /// Removes a blob; gives whether it was there.
    pub fn remove(&self, sha256: &str) -> anyhow::Result<bool> {
        match fs::remove_file(self.path(sha256)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("remove blob {sha256}")),
        }
    }

    pub fn contains(&self, sha256: &str) -> bool {
        self.path(sha256).is_file()
    }

    /// Every hash in the folder, sorted.
    pub fn all(&self) -> anyhow::Result<Vec<String>> {
        let mut hashes = Vec::new();
        for shelf in fs::read_dir(&self.folder).context("list the blob folder")? {
            let shelf = shelf.context("list the blob folder")?;
            if !shelf.path().is_dir() {
                continue;
            }
            for blob in fs::read_dir(shelf.path()).context("list a blob shelf")? {
                let name = blob.context("list a blob shelf")?.file_name().to_string_lossy().into_owned();
                if name.len() == 64 {
                    hashes.push(name);
                }
            }
        }
        hashes.sort();
        Ok(hashes)
    }
}

/// Where blobs are written before they have their names.
const DRAFTS: &str = "drafts";

/// Whether the blob is there and whole: a crash of the machine may leave a derived one cut short.
fn is_whole(path: &Path, bytes: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() == bytes.len() as u64)
}

/// Gives a draft its name. A draft that cannot have it is removed.
fn publish(draft: tempfile::NamedTempFile, path: &Path) -> anyhow::Result<()> {
    fs::rename(draft.path(), path).context("rename a blob")?;
    draft.keep().context("keep a blob")?;
    Ok(())
}

/// fsyncs asked for at the same time share the disk's own flushes: journaling filesystems commit them as one group.
const FLUSHES_AT_ONCE: usize = 8;

fn flush_together(files: &[&fs::File]) -> std::io::Result<()> {
    if let [file] = files {
        return file.sync_all();
    }
    std::thread::scope(|scope| {
        let share = files.len().div_ceil(FLUSHES_AT_ONCE).max(1);
        let flushers: Vec<_> = files.chunks(share).map(|files| scope.spawn(move || files.iter().try_for_each(|file| file.sync_all()))).collect();
        flushers.into_iter().try_for_each(|flusher| flusher.join().map_err(|_| std::io::Error::other("a flush panicked"))?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_found_under_its_own_hash_and_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), true).unwrap();
        let hash = blobs.put(b"abc", Durability::Synced).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(blobs.put(b"abc", Durability::Derived).unwrap(), hash);
        assert_eq!(blobs.get(&hash).unwrap(), b"abc");
        assert_eq!(blobs.all().unwrap(), vec![hash]);
    }

    #[test]
    fn drafts_of_a_killed_process_are_thrown_away_and_blobs_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), true).unwrap();
        let hash = blobs.put(b"abc", Durability::Synced).unwrap();
        fs::write(folder.path().join(DRAFTS).join(".tmp1"), b"ab").unwrap();
        assert_eq!(blobs.throw_away_drafts().unwrap(), 1);
        assert_eq!(blobs.all().unwrap(), vec![hash]);
    }

    #[test]
    fn several_contents_are_kept_at_once_and_the_same_one_twice() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), true).unwrap();
        let contents: Vec<Vec<u8>> = (0..50_u8).map(|byte| vec![byte; 10]).chain([vec![3; 10]]).collect();
        let hashes = blobs.put_all(&contents.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        assert_eq!((hashes.len(), blobs.all().unwrap().len()), (51, 50));
        assert_eq!(hashes[3], hashes[50]);
        for (hash, bytes) in hashes.iter().zip(&contents) {
            assert_eq!(blobs.get(hash).unwrap(), *bytes);
        }
        assert!(blobs.put_all(&[]).unwrap().is_empty());
    }
}
