//! Zip containers of office files: which kind they are, and their parts, with limits counted while inflating.

use std::io::{Cursor, Read};

use super::media::Media;

/// What one part of an office file may inflate to: the text of a book of several thousand pages.
pub const PART_BYTES_MAX: u64 = 48 << 20;
/// Parts beyond this number are not looked at.
const PARTS_MAX: usize = 4_000;

/// A zip container, opened.
pub struct Container<'a> {
    archive: zip::ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Container<'a> {
    /// Opens the container by its central directory.
    pub fn open(bytes: &'a [u8]) -> Option<Container<'a>> {
        zip::ZipArchive::new(Cursor::new(bytes)).ok().map(|archive| Container { archive })
    }

    /// The names of the parts, in the order of the directory.
    pub fn names(&self) -> Vec<String> {
        self.archive.file_names().take(PARTS_MAX).filter_map(|name| name.ok().map(|name| name.into_owned())).collect()
    }

    /// The contents of a part, if it is there, not encrypted, sound and within [`PART_BYTES_MAX`].
    pub fn part(&mut self, name: &str) -> Option<Vec<u8>> {
        let file = self.archive.by_name(name).ok()?;
        let mut contents = Vec::new();
        let read = file.take(PART_BYTES_MAX).read_to_end(&mut contents).ok()? as u64;
        (read < PART_BYTES_MAX).then_some(contents)
    }
}

/// What a file is that begins like a zip.
pub fn kind_of_zip(bytes: &[u8]) -> Media {
    let Some(mut container) = Container::open(bytes) else { return Media::DamagedZip };
    let names = container.names();
    let has = |name: &str| names.iter().any(|other| other == name);
    let under = |folder: &str| names.iter().any(|other| other.starts_with(folder));
    if let Some(declared) = container.part("mimetype") {
        let declared = String::from_utf8_lossy(&declared);
        for (mark, media) in [("opendocument.text", Media::Odt), ("opendocument.spreadsheet", Media::Ods), ("opendocument.presentation", Media::Odp)]
        {
            if declared.contains(mark) {
                return media;
            }
        }
    }
    if has("[Content_Types].xml") {
        for (folder, media) in [("word/", Media::Docx), ("xl/", Media::Xlsx), ("ppt/", Media::Pptx)] {
            if under(folder) {
                return media;
            }
        }
    }
    if under("Index/") || has("Index.zip") || has("index.xml") || has("QuickLook/Preview.pdf") || has("QuickLook/Thumbnail.jpg") {
        return Media::IWork;
    }
    Media::Archive
}
