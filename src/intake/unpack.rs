//! (being written)

use serde::{Deserialize, Serialize};

use crate::domain::finding::ArchiveFinding;

/// Limits, counted while inflating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnpackLimits {
    pub total_bytes_max: u64,
    pub entry_bytes_max: u64,
    pub entries_max: u32,
    /// Inflated ÷ packed, judged over what was inflated so far, beyond a first allowance of a few MiB.
    pub ratio_max: u32,
    /// 1: an archive; 2: an archive in an archive.
    pub depth_max: u32,
    pub seconds_max: u32,
}

impl Default for UnpackLimits {
    fn default() -> UnpackLimits {
        UnpackLimits { total_bytes_max: 512 << 20, entry_bytes_max: 128 << 20, entries_max: 2_000, ratio_max: 200, depth_max: 2, seconds_max: 60 }
    }
}

/// One file out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackedEntry {
    /// The path as the candidate would recognise it, `inner.zip!/name` for nested ones. Never used as a path on disk.
    pub name: String,
    pub contents: Vec<u8>,
}

/// What became of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unpacked {
    /// `zip`, `7z`, `tar.gz`, `tar`, `gz`, `rar`, …; empty when unknown.
    pub format: String,
    pub n_entries: u32,
    pub findings: Vec<ArchiveFinding>,
}

/// Unpacks an archive of any known format, handing each honest file to `sink` as it comes.
///
/// `passwords` are tried on encrypted entries. What cannot be had is a finding; everything else still comes out.
pub fn unpack(_bytes: &[u8], _archive_name: &str, _passwords: &[String], _limits: &UnpackLimits, _sink: &mut dyn FnMut(UnpackedEntry)) -> Unpacked {
    Unpacked::default()
}
