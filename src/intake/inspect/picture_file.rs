//! Picture files as documents of one page, or of several for a TIFF.

use image::RgbImage;

use super::binarise::to_gray;
use super::decode::{DecodeError, decode};
use super::look::{self, Look};
use super::media::Media;
use super::prepare::{self, Origin};
use super::{Content, Opened, OpenedPage, PAGES_MAX, empty_page};
use crate::domain::finding::{FileFinding, Reason};

/// A picture file and where its pages begin.
pub struct PictureFile {
    bytes: Vec<u8>,
    media: Media,
    /// Offsets of the image file directories of a TIFF; a single 0 for every other format.
    directories: Vec<u32>,
    /// Set for the small preview inside another file.
    preview: bool,
}

/// Opens a picture: the first page must decode for the file to be readable.
pub fn open(bytes: &[u8], media: Media) -> Opened {
    let directories = if media == Media::Tiff { tiff_directories(bytes) } else { vec![0] };
    let too_many = directories.len() > PAGES_MAX as usize;
    let file = PictureFile { bytes: bytes.to_vec(), media, directories: directories.into_iter().take(PAGES_MAX as usize).collect(), preview: false };
    match file.decode_page(1) {
        Err(error) => Opened::unreadable(media.media_type(), reason_for(error, bytes, media)),
        Ok(_) => {
            let opened = Opened { media_type: media.media_type(), readable: true, findings: Vec::new(), content: Content::Picture(Box::new(file)) };
            if too_many { opened.with_finding(Reason::FileTooManyPages) } else { opened }
        }
    }
}

/// The preview picture inside a file that nothing here reads otherwise.
pub fn open_preview(bytes: &[u8], media: Media, media_type: &'static str) -> Opened {
    let mut opened = open(bytes, media);
    opened.media_type = media_type;
    if let Content::Picture(file) = &mut opened.content {
        file.preview = true;
    }
    opened.with_finding(Reason::FilePreviewOnly)
}

fn reason_for(error: DecodeError, bytes: &[u8], media: Media) -> Reason {
    let ends: &[u8] = match media {
        Media::Jpeg => b"\xff\xd9",
        Media::Png => b"IEND",
        _ => b"",
    };
    let tail = bytes.get(bytes.len().saturating_sub(4_096)..).unwrap_or(bytes);
    match error {
        DecodeError::TooLarge => Reason::FileTooLarge,
        DecodeError::Damaged if !ends.is_empty() && super::media::find(tail, ends).is_none() => Reason::FileTruncated,
        DecodeError::Damaged => Reason::FileDamaged,
    }
}

impl PictureFile {
    /// 1 for all but multi-page TIFF files.
    pub fn page_count(&self) -> u32 {
        u32::try_from(self.directories.len()).unwrap_or(PAGES_MAX)
    }

    /// Looks at the page of that 1-based number and prepares it for reading.
    pub fn page(&self, number: u32) -> OpenedPage {
        let mut opened = empty_page(number);
        let Ok((picture, (width, height))) = self.decode_page(number) else {
            opened.page.unread = true;
            opened.findings.push(FileFinding { reason: Reason::PageNotRead, page: Some(number) });
            return opened;
        };
        (opened.page.width, opened.page.height) = (width, height);
        let origin = if self.preview || is_flat(self.media) { Origin::Drawn } else { Origin::Photographed };
        let gray = to_gray(&picture);
        let look = Look::of(&picture, &gray, origin);
        opened.page.ink = look.ink;
        opened.page.portrait = look.portrait;
        look::add_findings(&look, origin, number, &mut opened.findings);
        if look.worth_reading() {
            opened.picture = Some(prepare::prepare(gray, &look));
        }
        opened
    }

    fn decode_page(&self, number: u32) -> Result<(RgbImage, (u32, u32)), DecodeError> {
        match (number, self.directories.get(number.saturating_sub(1) as usize)) {
            (_, None) => Err(DecodeError::Damaged),
            (1, _) => decode(&self.bytes, self.media),
            (_, Some(&offset)) => {
                // The decoder reads the first directory only: point it at this one.
                let mut moved = self.bytes.clone();
                let big_endian = moved.starts_with(b"MM");
                let pointer = if big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() };
                if let Some(slot) = moved.get_mut(4..8) {
                    slot.copy_from_slice(&pointer);
                }
                decode(&moved, self.media)
            }
        }
    }
}

/// Formats that scanners and screens write, not cameras.
fn is_flat(media: Media) -> bool {
    matches!(media, Media::Tiff | Media::Gif | Media::Bmp | Media::Png)
}

/// Follows the chain of image file directories (TIFF 6.0 §2). BigTIFF files count as one page.
fn tiff_directories(bytes: &[u8]) -> Vec<u32> {
    let big_endian = bytes.starts_with(b"MM");
    let number = |position: usize, length: usize| -> Option<u32> {
        let raw = bytes.get(position..position.checked_add(length)?)?;
        let fold = |value: u32, &byte: &u8| (value << 8) | u32::from(byte);
        Some(if big_endian { raw.iter().fold(0, fold) } else { raw.iter().rev().fold(0, fold) })
    };
    let classic = number(2, 2) == Some(42);
    let mut directories: Vec<u32> = Vec::new();
    let mut next = if classic { number(4, 4).unwrap_or(0) } else { 0 };
    while next != 0 && directories.len() <= PAGES_MAX as usize && !directories.contains(&next) {
        let Some(entries) = number(next as usize, 2) else { break };
        directories.push(next);
        next = number(next as usize + 2 + entries as usize * 12, 4).unwrap_or(0);
    }
    if directories.is_empty() { vec![0] } else { directories }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_directories_that_turns_in_circles_ends() {
        let mut tiff = b"II*\0\x08\0\0\0".to_vec();
        tiff.extend([0, 0, 8, 0, 0, 0]);
        assert_eq!(tiff_directories(&tiff), vec![8]);
    }
}
