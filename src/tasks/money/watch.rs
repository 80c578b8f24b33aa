//! The watched folder: whole files are read and moved aside, to `done/`, or to `refused/` with the reason beside them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::store::journal;
use crate::tasks::Office;
use crate::tasks::money::import;

/// A file that did not change for so long is complete.
const SETTLED_SECONDS: i64 = 3;
/// What some programs call a file they are still writing.
const UNFINISHED: [&str; 6] = ["part", "tmp", "filepart", "crdownload", "download", "swp"];
/// No statement is larger; a file beyond it is refused unread.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Takes in whole statement files from the watched folder. Gives how many.
pub fn watch_folder(office: &Office) -> anyhow::Result<usize> {
    let folder = office.config.path(&office.config.statements.folder);
    if !folder.is_dir() {
        return Ok(0);
    }
    let entries: Vec<_> = fs::read_dir(&folder).context("look into the statements folder")?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| is_statement(path)).collect();
    paths.sort();
    let mut n_read = 0;
    for path in settled(paths, office) {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        let size = fs::metadata(&path).context("look at a statement")?.len();
        let why = if size > FILE_BYTES_MAX {
            vec![crate::bank::StatementFault::TooLarge.french()]
        } else {
            let bytes = fs::read(&path).context("read a statement")?;
            // Still growing: it is looked at again.
            if fs::metadata(&path).context("look at a statement")?.len() != u64::try_from(bytes.len()).unwrap_or(u64::MAX) {
                continue;
            }
            import(office, &bytes, &name, journal::PROGRAM)?.refusal()
        };
        move_aside(&folder, &path, &name, &why)?;
        n_read += 1;
    }
    Ok(n_read)
}

/// A plain file that no program is writing and no desktop has hidden.
fn is_statement(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    path.is_file() && !name.starts_with(['.', '~']) && !UNFINISHED.contains(&extension.as_str())
}

/// Names in `done/` and `refused/` are never taken twice: an older file of that name stays what it is.
fn move_aside(folder: &Path, path: &Path, name: &str, why: &[String]) -> anyhow::Result<()> {
    let aside = folder.join(if why.is_empty() { "done" } else { "refused" });
    fs::create_dir_all(&aside).context("make the folder for read statements")?;
    let free = |number: u32| -> PathBuf { if number == 0 { aside.join(name) } else { aside.join(format!("{number}-{name}")) } };
    let target = (0..10_000).map(free).find(|target| !target.exists()).context("a free name for a read statement")?;
    if !why.is_empty() {
        let mut reason = target.clone().into_os_string();
        reason.push(".txt");
        fs::write(reason, format!("{}\n", why.join("\n"))).context("write why a statement was refused")?;
    }
    fs::rename(path, &target).context("move a statement aside")
}

/// Those of the files that are complete. One still being written is left alone: neither its size nor its dates may have changed for some
/// seconds, which are waited for when a file has only just come. The change of the inode counts too, for a copy may bring an old date with
/// it. Under a fixed clock ages mean nothing.
fn settled(paths: Vec<PathBuf>, office: &Office) -> Vec<PathBuf> {
    let seen = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.len(), metadata.mtime().max(metadata.ctime())));
    if matches!(office.clock, crate::clock::Clock::Simulated(_)) {
        return paths;
    }
    let now = office.clock.now().timestamp();
    let is_fresh = |changed: i64| (-60..SETTLED_SECONDS).contains(&(now - changed));
    let before: Vec<(PathBuf, (u64, i64))> = paths.into_iter().filter_map(|path| seen(&path).map(|seen| (path, seen))).collect();
    if before.iter().any(|(_, (_, changed))| is_fresh(*changed)) {
        std::thread::sleep(std::time::Duration::from_secs(SETTLED_SECONDS.unsigned_abs()));
    }
    before.into_iter().filter(|(path, before)| seen(path) == Some(*before)).map(|(path, _)| path).collect()
}
