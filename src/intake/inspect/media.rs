//! What a file is, told by its first bytes and by the names inside its container; never by its own name.

use super::container;

/// The families of files that are told apart here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Empty,
    Pdf,
    Jpeg,
    Png,
    Tiff,
    Gif,
    Bmp,
    WebP,
    /// HEIC and AVIF: both are ISO 14496-12 containers.
    Heic,
    Docx,
    Odt,
    Xlsx,
    Ods,
    Pptx,
    Odp,
    /// Apple Pages, Numbers, Keynote.
    IWork,
    /// An OLE compound file: old Word, Excel, PowerPoint, or an encrypted new one.
    Ole,
    EncryptedOffice,
    Rtf,
    Html,
    Text,
    Executable,
    Archive,
    DamagedZip,
    Unknown,
}

impl Media {
    /// The registered name, or the customary one where none is registered.
    pub fn media_type(self) -> &'static str {
        match self {
            Media::Empty => "application/x-empty",
            Media::Pdf => "application/pdf",
            Media::Jpeg => "image/jpeg",
            Media::Png => "image/png",
            Media::Tiff => "image/tiff",
            Media::Gif => "image/gif",
            Media::Bmp => "image/bmp",
            Media::WebP => "image/webp",
            Media::Heic => "image/heic",
            Media::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Media::Odt => "application/vnd.oasis.opendocument.text",
            Media::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Media::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Media::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Media::Odp => "application/vnd.oasis.opendocument.presentation",
            Media::IWork => "application/vnd.apple.pages",
            Media::Ole => "application/msword",
            Media::EncryptedOffice => "application/encrypted",
            Media::Rtf => "application/rtf",
            Media::Html => "text/html",
            Media::Text => "text/plain",
            Media::Executable => "application/x-executable",
            Media::Archive => "application/zip",
            Media::DamagedZip | Media::Unknown => "application/octet-stream",
        }
    }
}

/// How far into a file the `%PDF-` mark may stand: readers agree on 1,024 bytes.
const PDF_MARK_WITHIN_BYTES: usize = 1_024;

/// Says what the bytes are.
pub fn sniff(bytes: &[u8]) -> Media {
    if bytes.is_empty() {
        return Media::Empty;
    }
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    let at = |position: usize, mark: &[u8]| bytes.get(position..).is_some_and(|rest| rest.starts_with(mark));
    if starts(b"\xff\xd8\xff") {
        return Media::Jpeg;
    }
    if starts(b"\x89PNG\r\n\x1a\n") {
        return Media::Png;
    }
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        return Media::Tiff;
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Media::Gif;
    }
    if starts(b"BM") && at(6, b"\0\0\0\0") {
        return Media::Bmp;
    }
    if starts(b"RIFF") && at(8, b"WEBP") {
        return Media::WebP;
    }
    if at(4, b"ftyp") {
        return if is_still_picture_brand(bytes) { Media::Heic } else { Media::Unknown };
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Media::Ole;
    }
    if starts(b"{\\rtf") {
        return Media::Rtf;
    }
    if is_executable(bytes) {
        return Media::Executable;
    }
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        return container::kind_of_zip(bytes);
    }
    if starts(b"7z\xbc\xaf\x27\x1c") || starts(b"Rar!\x1a\x07") || starts(b"\x1f\x8b") {
        return Media::Archive;
    }
    if find(bytes.get(..PDF_MARK_WITHIN_BYTES).unwrap_or(bytes), b"%PDF-").is_some() {
        return Media::Pdf;
    }
    sniff_text(bytes)
}

fn is_still_picture_brand(bytes: &[u8]) -> bool {
    const BRANDS: [&[u8]; 9] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"];
    bytes.get(8..64.min(bytes.len())).unwrap_or_default().chunks_exact(4).any(|brand| BRANDS.contains(&brand))
}

/// Windows, Linux and macOS programs, and shell scripts.
fn is_executable(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] = [b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!"];
    // A text may begin with the letters MZ; a program has zero bytes soon after.
    let dos_program = bytes.starts_with(b"MZ") && bytes.get(..64).is_some_and(|head| head.contains(&0));
    dos_program || MARKS.iter().any(|mark| bytes.starts_with(mark))
}

fn sniff_text(bytes: &[u8]) -> Media {
    let head = bytes.get(..4_096).unwrap_or(bytes);
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let controls = head.iter().filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)).count();
    if !utf16 && controls * 50 > head.len() {
        return Media::Unknown;
    }
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with("<!doctype html") || start.starts_with("<html") || (start.starts_with('<') && text.contains("<body")) {
        Media::Html
    } else {
        Media::Text
    }
}

/// The position of the first occurrence.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len().max(1)).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_first_bytes() {
        let table: [(&[u8], Media); 14] = [
            (b"", Media::Empty),
            (b"\n\n%PDF-1.4\n", Media::Pdf),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Media::Jpeg),
            (b"II*\0\x08\0\0\0", Media::Tiff),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Media::Heic),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", Media::Unknown),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Media::WebP),
            (b"{\\rtf1\\ansi}", Media::Rtf),
            (b"Bonjour,\r\nvoici ma lettre.", Media::Text),
            (b"Mzab est une r\xe9gion.", Media::Text),
            (b"\xff\xfeB\0o\0n\0", Media::Text),
            (b"<!DOCTYPE html><html><body>x", Media::Html),
            (b"\x7fELF\x02\x01\x01", Media::Executable),
            (b"\x00\x01\x02\x03\x04\x05\x06\x07", Media::Unknown),
        ];
        for (bytes, expected) in table {
            assert_eq!(sniff(bytes), expected, "{bytes:?}");
        }
    }
}
