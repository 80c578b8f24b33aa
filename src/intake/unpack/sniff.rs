//! What a file is, by its bytes.

use super::central;

/// The archive formats that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveFormat {
    Zip,
    SevenZip,
    Rar,
    Tar,
    /// gz, or a tar within.
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    /// Known for an archive that nothing here opens (cab, arj, lzh, ace, disk images).
    Other,
}

impl ArchiveFormat {
    pub fn slug(self) -> &'static str {
        match self {
            ArchiveFormat::Zip => "zip",
            ArchiveFormat::SevenZip => "7z",
            ArchiveFormat::Rar => "rar",
            ArchiveFormat::Tar => "tar",
            ArchiveFormat::Gzip => "gz",
            ArchiveFormat::Bzip2 => "bz2",
            ArchiveFormat::Xz => "xz",
            ArchiveFormat::Zstd => "zst",
            ArchiveFormat::Other => "other",
        }
    }
}

const SEVEN_ZIP: &[u8] = b"7z\xbc\xaf\x27\x1c";
const RAR: &[u8] = b"Rar!\x1a\x07";
/// How far into a program a self-extractor's archive is looked for.
const PREFIX_BYTES_MAX: usize = 4 << 20;

/// The archive format of these bytes; `None` when they are no archive. Office documents, being zips, are [`ArchiveFormat::Zip`] here.
pub fn sniff(bytes: &[u8]) -> Option<ArchiveFormat> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08") || starts(b"PK00PK\x03\x04") {
        return Some(ArchiveFormat::Zip);
    }
    if starts(SEVEN_ZIP) {
        return Some(ArchiveFormat::SevenZip);
    }
    if starts(RAR) || starts(b"RE~^") {
        return Some(ArchiveFormat::Rar);
    }
    if starts(b"\x1f\x8b\x08") {
        return Some(ArchiveFormat::Gzip);
    }
    if starts(b"BZh") && bytes.get(4..10) == Some(b"1AY&SY") {
        return Some(ArchiveFormat::Bzip2);
    }
    if starts(b"\xfd7zXZ\0") {
        return Some(ArchiveFormat::Xz);
    }
    if starts(b"\x28\xb5\x2f\xfd") {
        return Some(ArchiveFormat::Zstd);
    }
    if is_tar(bytes) {
        return Some(ArchiveFormat::Tar);
    }
    if starts(b"MSCF\0\0\0\0")
        || starts(b"\x60\xea") && bytes.len() > 40
        || bytes.get(7..14) == Some(b"**ACE**")
        || bytes.get(2..5) == Some(b"-lh") && bytes.get(6) == Some(&b'-')
        || starts(b"\x1f\x9d")
    {
        return Some(ArchiveFormat::Other);
    }
    if starts(b"MZ") || starts(b"\x7fELF") {
        return inside_a_program(bytes);
    }
    None
}

/// Self-extractors: a program with an archive behind it.
fn inside_a_program(bytes: &[u8]) -> Option<ArchiveFormat> {
    let window = bytes.get(..bytes.len().min(PREFIX_BYTES_MAX)).unwrap_or(bytes);
    if central::end_record(bytes).is_some() {
        return Some(ArchiveFormat::Zip);
    }
    if find(window, SEVEN_ZIP).is_some() {
        return Some(ArchiveFormat::SevenZip);
    }
    find(window, RAR).map(|_| ArchiveFormat::Rar)
}

/// For a file whose name claims an archive, something may stand before a zip, or its head be lost.
pub fn sniff_leniently(bytes: &[u8], name: &str) -> Option<ArchiveFormat> {
    sniff(bytes).or_else(|| {
        let claims_zip = has_archive_name(name);
        (claims_zip
            && (central::end_record(bytes).is_some()
                || find(bytes.get(..bytes.len().min(PREFIX_BYTES_MAX)).unwrap_or(bytes), b"PK\x03\x04").is_some()))
        .then_some(ArchiveFormat::Zip)
    })
}

pub fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let first = *mark.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        let position = from + at;
        if bytes.get(position..)?.starts_with(mark) {
            return Some(position);
        }
        from = position + 1;
    }
    None
}

/// A tar header's own checksum (POSIX.1-1988), which old tars without `ustar` have too.
fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..512) else { return false };
    let Some(field) = header.get(148..156) else { return false };
    let digits: String = field.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
    let Ok(declared) = u32::from_str_radix(&digits, 8) else { return false };
    let sum: u32 = header.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
    declared == sum && header.first().is_some_and(|byte| *byte != 0)
}

pub fn is_tar_start(bytes: &[u8]) -> bool {
    is_tar(bytes)
}

/// Zips that are documents: Office Open XML, OpenDocument, iWork, EPUB, Java.
pub fn is_office_container(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"PK\x03\x04") {
        return false;
    }
    // OpenDocument and EPUB: the first entry is called `mimetype` and is stored.
    if bytes.get(30..38) == Some(b"mimetype")
        && bytes.get(38..).is_some_and(|after| {
            after.starts_with(b"application/") || find(after.get(..200.min(after.len())).unwrap_or(after), b"application/").is_some()
        })
    {
        return true;
    }
    const ENTRIES_LOOKED_AT: usize = 5_000;
    let names = central::entry_names(bytes, ENTRIES_LOOKED_AT);
    names.iter().any(|name| {
        matches!(
            *name,
            b"[Content_Types].xml"
                | b"META-INF/MANIFEST.MF"
                | b"META-INF/container.xml"
                | b"Index/Document.iwa"
                | b"Index.zip"
                | b"index.apxl"
                | b"QuickLook/Thumbnail.jpg"
                | b"AndroidManifest.xml"
                | b"FixedDocumentSequence.fdseq"
                | b"Metadata/BuildVersionHistory.plist"
        )
    })
}

/// Whether a file should be handed to [`super::unpack`]: by its bytes, or, when they are nothing known, by its name.
///
/// `dossier.zip` that is really a PDF is a loose file; `cv.docx` is a document; `dossier.zip` full of noise is a broken archive.
pub fn looks_like_archive(name: &str, bytes: &[u8]) -> bool {
    if sniff(bytes).is_some() {
        return !is_office_container(bytes) && !has_document_name(name);
    }
    has_archive_name(name) && !is_known_document(bytes)
}

fn extension(name: &str) -> String {
    name.trim().rsplit(['/', '\\']).next().unwrap_or_default().rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
}

pub fn has_archive_name(name: &str) -> bool {
    matches!(
        extension(name).as_str(),
        "zip" | "zipx" | "7z" | "rar" | "tar" | "gz" | "tgz" | "bz2" | "tbz" | "tbz2" | "xz" | "txz" | "zst" | "cab" | "arj" | "lzh" | "ace" | "z"
    ) || is_part_of_many(name)
}

/// `x.z01`, `x.001`, `x.r00`, `x.part2.rar`: one volume of several.
pub fn is_part_of_many(name: &str) -> bool {
    let extension = extension(name);
    let numbered =
        |start: &str| extension.strip_prefix(start).is_some_and(|digits| digits.len() >= 2 && digits.bytes().all(|digit| digit.is_ascii_digit()));
    numbered("z") || numbered("r") || (extension.len() == 3 && numbered(""))
}

/// Documents whose damaged container no longer shows what it is; they are the document reader's to name.
pub fn has_document_name(name: &str) -> bool {
    matches!(
        extension(name).as_str(),
        "docx"
            | "docm"
            | "dotx"
            | "xlsx"
            | "xlsm"
            | "pptx"
            | "ppsx"
            | "odt"
            | "ods"
            | "odp"
            | "odg"
            | "ott"
            | "pages"
            | "numbers"
            | "key"
            | "epub"
            | "jar"
            | "apk"
            | "oxps"
            | "xps"
            | "svgz"
            | "vsdx"
    )
}

fn is_known_document(bytes: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"RIFF", b"BM"];
    let is_html = bytes.get(..bytes.len().min(64)).is_some_and(|start| {
        let start = start.trim_ascii_start().to_ascii_lowercase();
        start.starts_with(b"<!doctype") || start.starts_with(b"<html") || start.starts_with(b"<?xml")
    });
    is_html
        || STARTS.iter().any(|start| bytes.starts_with(start))
        || bytes.get(4..8) == Some(b"ftyp")
        || bytes.get(..1024.min(bytes.len())).is_some_and(|head| find(head, b"%PDF-").is_some())
}
