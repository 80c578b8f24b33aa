//! Hostile archives, built here.

use std::io::{Cursor, Write};

use zip::unstable::write::FileOptionsExt;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{AesMode, CompressionMethod};

use super::*;

mod zoo;

type Found = (Vec<(String, Vec<u8>)>, Vec<(Reason, Option<String>)>, Unpacked);

fn open_with(bytes: &[u8], name: &str, passwords: &[&str], limits: &UnpackLimits) -> Found {
    let mut entries = Vec::new();
    let passwords: Vec<String> = passwords.iter().map(|password| (*password).to_owned()).collect();
    let unpacked = unpack(bytes, name, &passwords, limits, &mut |entry| entries.push((entry.name, entry.contents)));
    let findings = unpacked.findings.iter().map(|finding| (finding.reason, finding.entry.clone())).collect();
    (entries, findings, unpacked)
}

fn open(bytes: &[u8]) -> Found {
    open_with(bytes, "dossier.zip", &[], &UnpackLimits::default())
}

fn names(entries: &[(String, Vec<u8>)]) -> Vec<&str> {
    entries.iter().map(|(name, _)| name.as_str()).collect()
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        writer.start_file(*name, options()).unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A stored zip with names of any bytes, which no library writes.
fn raw_zip(files: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, contents) in files {
        let mut crc = flate2::Crc::new();
        crc.update(contents);
        let size = u32::try_from(contents.len()).unwrap();
        let mut fields = Vec::new();
        for field in [20_u16, 0, 0, 0, 0x21] {
            fields.extend(field.to_le_bytes());
        }
        for field in [crc.sum(), size, size] {
            fields.extend(field.to_le_bytes());
        }
        fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        fields.extend([0, 0]);
        let offset = u32::try_from(bytes.len()).unwrap();
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        bytes.extend(*name);
        bytes.extend(*contents);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(*name);
    }
    let start = u32::try_from(bytes.len()).unwrap();
    let count = u16::try_from(files.len()).unwrap();
    let length = u32::try_from(directory.len()).unwrap();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn names_are_repaired_cleaned_and_kept_apart() {
    let (entries, findings, unpacked) = open(&raw_zip(&[
        (b"Relev\x82.pdf", b"a"),
        ("De\u{301}claration.pdf".as_bytes(), b"b"),
        (b"../../x.pdf", b"c"),
        (b"C:\\y.pdf", b"d"),
        (b"CV.pdf", b"e"),
        (b"cv.pdf", b"f"),
        (b"cv.pdf", b"g"),
        (b"__MACOSX/._cv.pdf", b"h"),
        (b"Thumbs.db", b"i"),
        (b"dossier\\z.pdf", b"j"),
        (b"vide/", b""),
    ]));
    assert_eq!(names(&entries), ["Relevé.pdf", "Déclaration.pdf", "x.pdf", "y.pdf", "CV.pdf", "cv (2).pdf", "cv (3).pdf", "dossier/z.pdf"]);
    let reasons: Vec<Reason> = findings.iter().map(|(reason, _)| *reason).collect();
    assert_eq!(reasons, [Reason::EntryNameUnsafe, Reason::EntryNameUnsafe, Reason::EntryNameRepeated]);
    assert_eq!((unpacked.format.as_str(), unpacked.n_entries), ("zip", 8));
}

#[test]
fn a_bomb_is_refused_and_what_is_beside_it_kept() {
    let zeros = vec![0_u8; 40 << 20];
    let honest = zip_of(&[("cv.pdf", b"%PDF"), ("zeros.bin", &zeros), ("notes.pdf", b"%PDF")]);
    let (entries, findings, _) = open(&honest);
    assert_eq!(names(&entries), ["cv.pdf", "notes.pdf"]);
    assert_eq!(findings, [(Reason::ArchiveBomb, Some("zeros.bin".to_owned()))]);
    // A bomb whose directory says it is small.
    let mut lying = honest;
    let declared = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == declared {
            lying[at..at + 4].copy_from_slice(&900_u32.to_le_bytes());
        }
    }
    let (entries, findings, _) = open(&lying);
    assert_eq!(names(&entries), ["cv.pdf", "notes.pdf"]);
    assert_eq!(findings, [(Reason::EntryDamaged, Some("zeros.bin".to_owned()))]);
    // A bomb behind a stream that declares nothing.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&zeros).unwrap();
    let (entries, findings, _) = open_with(&gz.finish().unwrap(), "x.gz", &[], &UnpackLimits { ratio_max: 50, ..UnpackLimits::default() });
    assert!(entries.is_empty());
    assert_eq!(findings, [(Reason::ArchiveBomb, None)]);
}

#[test]
fn limits_have_each_their_own_word() {
    let archive = zip_of(&[("a", &[1; 1000]), ("b", &[2; 10]), ("c", &[3; 10])]);
    let limits = UnpackLimits::default();
    let cases = [
        (UnpackLimits { entries_max: 2, ..limits }, vec!["a", "b"], (Reason::ArchiveTooManyEntries, None)),
        (UnpackLimits { entry_bytes_max: 100, ..limits }, vec!["b", "c"], (Reason::EntryTooLarge, Some("a".to_owned()))),
        (UnpackLimits { total_bytes_max: 1_015, ..limits }, vec!["a", "b"], (Reason::ArchiveTooLarge, None)),
    ];
    for (limits, expected, finding) in cases {
        let (entries, findings, _) = open_with(&archive, "x.zip", &[], &limits);
        assert_eq!((names(&entries), findings), (expected, vec![finding]));
    }
}

#[test]
fn archives_in_archives_open_once() {
    let inner = zip_of(&[("cv.pdf", b"%PDF")]);
    let middle = zip_of(&[("inner.zip", &inner), ("lettre.pdf", b"%PDF")]);
    let outer = zip_of(&[("middle.zip", &middle), ("photo.jpg", b"\xff\xd8\xff")]);
    let (entries, findings, _) = open(&outer);
    assert_eq!(names(&entries), ["middle.zip!/lettre.pdf", "photo.jpg"]);
    assert_eq!(findings, [(Reason::ArchiveTooDeep, Some("middle.zip!/inner.zip".to_owned()))]);
}

#[test]
fn documents_that_are_zips_are_left_whole() {
    let docx = zip_of(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")]);
    assert!(is_office_container(&docx) && !looks_like_archive("cv.zip", &docx));
    let (entries, findings, _) = open(&zip_of(&[("cv.docx", &docx)]));
    assert_eq!((names(&entries), findings.len()), (vec!["cv.docx"], 0));
    assert!(!is_office_container(&zip_of(&[("cv/[Content_Types].xml", b"x")])));
    assert!(
        looks_like_archive("dossier.zip", b"noise") && !looks_like_archive("dossier.zip", b"%PDF-1.4") && !looks_like_archive("cv.pdf", b"%PDF-1.4")
    );
}

#[test]
fn passwords_of_the_mail_open_what_they_fit() {
    for aes in [None, Some(AesMode::Aes256)] {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, password) in [("a.txt", "lune-42"), ("b.txt", "autre")] {
            let locked = match aes {
                Some(mode) => options().with_aes_encryption(mode, password),
                None => options().with_deprecated_encryption(password.as_bytes()).unwrap(),
            };
            writer.start_file(name, locked).unwrap();
            writer.write_all(b"contenu").unwrap();
        }
        let archive = writer.finish().unwrap().into_inner();
        let limits = UnpackLimits::default();
        let (entries, findings, _) = open_with(&archive, "x.zip", &["faux", "lune-42"], &limits);
        assert_eq!(names(&entries), ["a.txt"]);
        assert_eq!(findings, [(Reason::EntryPassword, Some("b.txt".to_owned()))]);
        let (entries, findings, _) = open_with(&archive, "x.zip", &["autre", "lune-42"], &limits);
        assert_eq!((names(&entries), findings.len()), (vec!["a.txt", "b.txt"], 0));
        assert_eq!(open_with(&archive, "x.zip", &[], &limits).1, [(Reason::ArchivePassword, None)]);
    }
}

#[test]
fn what_stands_before_the_cut_is_read() {
    let noise: Vec<u8> = (0..40_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let archive = zip_of(&[("a.txt", b"premier"), ("b.bin", &noise)]);
    let (entries, findings, _) = open(&archive[..archive.len() / 2]);
    assert_eq!(names(&entries), ["a.txt"]);
    assert_eq!(findings, [(Reason::ArchiveTruncated, None), (Reason::EntryDamaged, Some("b.bin".to_owned()))]);
    for end in (0..archive.len()).step_by(97) {
        let (entries, findings, _) = open(&archive[..end]);
        assert!(entries.len() <= 2 && !findings.is_empty(), "{end}");
    }
}

#[test]
fn every_flipped_byte_is_survived() {
    let archive = zip_of(&[("a.txt", b"premier"), ("b.txt", b"second")]);
    for at in 0..archive.len() {
        let mut damaged = archive.clone();
        damaged[at] ^= 0xff;
        let (entries, _, _) = open(&damaged);
        assert!(entries.len() <= 3, "{at}");
    }
}

#[test]
fn entries_that_share_their_bytes_are_refused() {
    let mut archive = raw_zip(&[(b"a", b"0123456789"), (b"b", b"0123456789"), (b"c", b"ok")]);
    // The second entry is made to begin inside the first.
    let second = archive.windows(4).enumerate().filter(|(_, mark)| *mark == b"PK\x01\x02").map(|(at, _)| at).nth(1).unwrap();
    archive[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    let (entries, findings, _) = open(&archive);
    assert_eq!(names(&entries), ["a", "c"], "of two entries over the same bytes the first counts");
    assert_eq!(findings, [(Reason::ArchiveOverlapping, None)]);
}

#[test]
fn links_are_told_not_followed() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("lien", "/etc/passwd", options()).unwrap();
    writer.start_file("cv.txt", options()).unwrap();
    let (entries, findings, _) = open(&writer.finish().unwrap().into_inner());
    assert_eq!((names(&entries), findings), (vec!["cv.txt"], vec![(Reason::EntryUnsupported, Some("lien".to_owned()))]));
}

#[test]
fn formats_are_known_by_their_bytes() {
    let mut tar = tar::Builder::new(Vec::new());
    for name in ["cv.txt", "été/notes.txt"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &b"ok"[..]).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&tar).unwrap();
    let tgz = gz.finish().unwrap();
    for (bytes, format) in [(&tar, "tar"), (&tgz, "tar.gz")] {
        let (entries, findings, unpacked) = open_with(bytes, "lying.rar", &[], &UnpackLimits::default());
        assert_eq!((names(&entries), findings.len(), unpacked.format.as_str()), (vec!["cv.txt", "été/notes.txt"], 0, format));
    }
    let zip = zip_of(&[("cv.txt", b"ok")]);
    assert_eq!(open_with(&zip, "lying.rar", &[], &UnpackLimits::default()).2.format, "zip");
    let prefixed = [b"#!/bin/sh\n".as_slice(), &zip].concat();
    assert_eq!(names(&open(&prefixed).0), ["cv.txt"]);
    let cases: [(&[u8], &str, Reason); 5] = [
        (b"Rar!\x1a\x07\x01\x00rest", "x.rar", Reason::ArchiveFormatNotInstalled),
        (b"noise noise noise", "x.zip", Reason::ArchiveUnknownFormat),
        (b"", "x.zip", Reason::ArchiveEmpty),
        (b"noise noise noise", "x.zip.001", Reason::ArchiveSpanned),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "x.7z", Reason::ArchiveTruncated),
    ];
    for (bytes, name, reason) in cases {
        assert_eq!(open_with(bytes, name, &[], &UnpackLimits::default()).1, [(reason, None)], "{name}");
    }
    assert_eq!(open(&zip_of(&[])).1, [(Reason::ArchiveEmpty, None)]);
}
