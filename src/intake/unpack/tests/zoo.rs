//! Odd archives, each with what must come out of it: honest ones that few programs write, and those made to mislead.

use super::*;

/// Where the `number`-th record of the directory (0-based) begins.
fn record(archive: &[u8], number: usize) -> usize {
    archive.windows(4).enumerate().filter(|(_, mark)| *mark == b"PK\x01\x02").map(|(at, _)| at).nth(number).unwrap()
}

fn end(archive: &[u8]) -> usize {
    archive.windows(4).rposition(|mark| mark == b"PK\x05\x06").unwrap()
}

fn two() -> Vec<u8> {
    raw_zip(&[(b"cv.pdf", b"%PDF-1.4 un"), (b"notes.pdf", b"%PDF-1.4 deux")])
}

/// With bytes written over those at a place.
fn changed(mut archive: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    archive[at..at + bytes.len()].copy_from_slice(bytes);
    archive
}

/// With a comment behind the end record.
fn commented(comment: &[u8]) -> Vec<u8> {
    let mut archive = two();
    let at = end(&archive) + 20;
    archive[at..].copy_from_slice(&u16::try_from(comment.len()).unwrap().to_le_bytes());
    archive.extend(comment);
    archive
}

const FAKE_END: &[u8; 22] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const WHOLE: [&str; 2] = ["cv.pdf", "notes.pdf"];

#[test]
fn odd_zips_give_their_files_or_say_why_not() {
    let whole = two();
    let (first, second, last) = (record(&whole, 0), record(&whole, 1), end(&whole));
    let directory = whole[first..].to_vec();
    let local_second = whole.windows(4).rposition(|mark| mark == b"PK\x03\x04").unwrap();
    type Expected<'a> = (&'a str, Vec<u8>, Vec<&'a str>, Vec<(Reason, Option<&'a str>)>);
    let cases: Vec<Expected<'_>> = vec![
        ("as it is", whole.clone(), WHOLE.to_vec(), vec![]),
        ("a program before it", [b"MZ\x90\0".as_slice(), &[7; 900], &whole].concat(), WHOLE.to_vec(), vec![]),
        ("a mail gateway's bytes behind it", [&whole[..], &[0; 300]].concat(), WHOLE.to_vec(), vec![]),
        ("an end record in the comment", commented(&[b"bonjour", &FAKE_END[..], b"fin"].concat()), WHOLE.to_vec(), vec![]),
        ("an end record as the comment", commented(FAKE_END), WHOLE.to_vec(), vec![]),
        (
            "a comment longer than the file",
            changed(commented(b"bonjour"), last + 20, &[200, 0]),
            WHOLE.to_vec(),
            vec![(Reason::ArchiveTruncated, None)],
        ),
        ("the directory's place wrong", changed(whole.clone(), last + 16, &[0xff, 0xff, 1, 0]), WHOLE.to_vec(), vec![]),
        ("more records announced", changed(whole.clone(), last + 10, &[9, 0]), WHOLE.to_vec(), vec![(Reason::ArchiveTruncated, None)]),
        ("no directory", whole[..first].to_vec(), WHOLE.to_vec(), vec![(Reason::ArchiveTruncated, None)]),
        ("a directory cut off", whole[..second + 20].to_vec(), WHOLE.to_vec(), vec![(Reason::ArchiveTruncated, None)]),
        ("only a directory", directory, vec![], vec![(Reason::EntryDamaged, Some("cv.pdf")), (Reason::EntryDamaged, Some("notes.pdf"))]),
        ("a volume of three", changed(whole.clone(), last + 4, &[2, 0, 2, 0]), WHOLE.to_vec(), vec![(Reason::ArchiveSpanned, None)]),
        ("a wrong checksum", changed(whole.clone(), first + 16, &[1, 2, 3, 4]), vec!["notes.pdf"], vec![(Reason::EntryDamaged, Some("cv.pdf"))]),
        (
            "a size beyond the file",
            changed(whole.clone(), first + 20, &[0xff, 0xff, 0xff, 0x7f]),
            vec!["notes.pdf"],
            vec![(Reason::EntryDamaged, Some("cv.pdf"))],
        ),
        (
            "a place beyond the file",
            changed(whole.clone(), second + 42, &[0xf0, 0xff, 0xff, 0xff]),
            vec!["cv.pdf"],
            vec![(Reason::EntryDamaged, Some("notes.pdf"))],
        ),
        (
            "an unknown method",
            changed(changed(whole.clone(), first + 10, &[77, 0]), 8, &[77, 0]),
            vec!["notes.pdf"],
            vec![(Reason::EntryUnsupported, Some("cv.pdf"))],
        ),
        ("strong encryption", changed(whole.clone(), first + 8, &[0x41, 0]), vec!["notes.pdf"], vec![(Reason::EntryUnsupported, Some("cv.pdf"))]),
        (
            "two names for one entry",
            changed(whole.clone(), local_second + 30, b"virus.exe"),
            WHOLE.to_vec(),
            vec![(Reason::EntryNameUnsafe, Some("notes.pdf"))],
        ),
        ("a name that ends early", raw_zip(&[(b"cv.pdf\0.exe", b"x")]), vec!["cv.pdf"], vec![]),
        ("no name", raw_zip(&[(b"", b"x")]), vec!["sans nom"], vec![]),
        ("a name that turns around", raw_zip(&[("a\u{202e}fdp.exe".as_bytes(), b"x")]), vec!["afdp.exe"], vec![]),
        ("a folder that holds bytes", raw_zip(&[(b"d/", b"cache"), (b"cv.pdf", b"x")]), vec!["cv.pdf"], vec![(Reason::EntryUnsupported, Some("d"))]),
        ("folders only", raw_zip(&[(b"d/", b""), (b"e\\", b"")]), vec![], vec![(Reason::ArchiveEmpty, None)]),
        (
            "what programs leave behind",
            raw_zip(&[(b"d/.DS_Store", b"x"), (b"~$cv.docx", b"x"), (b"desktop.ini", b"x")]),
            vec![],
            vec![(Reason::ArchiveEmpty, None)],
        ),
        ("an empty archive", FAKE_END.to_vec(), vec![], vec![(Reason::ArchiveEmpty, None)]),
    ];
    for (what, archive, expected, findings) in cases {
        let (entries, found, _) = open(&archive);
        assert_eq!(names(&entries), expected, "{what}");
        let found: Vec<(Reason, Option<&str>)> = found.iter().map(|(reason, entry)| (*reason, entry.as_deref())).collect();
        assert_eq!(found, findings, "{what}");
    }
}

/// One entry with extra fields in both headers.
fn with_extra(name: &[u8], extra: &[u8]) -> Vec<u8> {
    let plain = raw_zip(&[(name, b"contenu")]);
    let length = u16::try_from(extra.len()).unwrap().to_le_bytes();
    let (first, last) = (record(&plain, 0), end(&plain));
    let mut archive = changed(plain[..30 + name.len()].to_vec(), 28, &length);
    archive.extend(extra);
    archive.extend(&plain[30 + name.len()..first]);
    let start = u32::try_from(archive.len()).unwrap();
    archive.extend(changed(plain[first..last].to_vec(), 30, &length));
    archive.extend(extra);
    let size = u32::try_from(last - first + extra.len()).unwrap();
    archive.extend(changed(changed(plain[last..].to_vec(), 12, &size.to_le_bytes()), 16, &start.to_le_bytes()));
    archive
}

#[test]
fn names_come_from_the_unicode_field_when_it_fits() {
    let raw = "Relev\u{e9}".chars().map(|letter| letter as u8).collect::<Vec<u8>>();
    let mut crc = flate2::Crc::new();
    crc.update(&raw);
    let field = |sum: u32| {
        let name = "Relevé ✓.pdf".as_bytes();
        let length = u16::try_from(name.len() + 5).unwrap();
        [b"\x75\x70".as_slice(), &length.to_le_bytes(), &[1], &sum.to_le_bytes(), name].concat()
    };
    assert_eq!(names(&open(&with_extra(&raw, &field(crc.sum()))).0), ["Relevé ✓.pdf"]);
    assert_eq!(names(&open(&with_extra(&raw, &field(crc.sum() ^ 1))).0), ["Relevé"], "the field belongs to another name");
    for rubbish in [&b"\x75\x70\xff\xff"[..], b"\x01", b"\x01\x00\x08\x00\0\0\0\0\0\0\0\0", b"\x01\x99\x00\x00"] {
        assert_eq!(names(&open(&with_extra(b"cv.pdf", rubbish)).0), ["cv.pdf"], "{rubbish:x?}");
    }
}

#[test]
fn streamed_zips_are_read_with_and_without_their_directory() {
    let mut writer = ZipWriter::new_stream(Vec::new());
    for (name, contents) in [("cv.pdf", "un ".repeat(500)), ("notes.pdf", "deux ".repeat(700))] {
        writer.start_file(name, options()).unwrap();
        writer.write_all(contents.as_bytes()).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let (entries, findings, _) = open(&archive);
    assert_eq!((names(&entries), findings.len()), (WHOLE.to_vec(), 0));
    let cut = &archive[..record(&archive, 0)];
    let (again, findings, _) = open(cut);
    assert_eq!((again, findings), (entries, vec![(Reason::ArchiveTruncated, None)]));
}

#[test]
fn bombs_are_known_before_their_ends() {
    let zeros = vec![0_u8; 48 << 20];
    let noise: Vec<u8> = (0..1_000_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[1] ^ number.to_be_bytes()[3]).collect();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(&zeros).unwrap();
    gz.write_all(&noise).unwrap();
    let (entries, findings, _) = open_with(&gz.finish().unwrap(), "x.gz", &[], &UnpackLimits::default());
    assert_eq!((entries.len(), findings), (0, vec![(Reason::ArchiveBomb, None)]), "what follows the zeros is never reached");
    // An entry whose header is made of another's data.
    let mut quoting = raw_zip(&[(b"a", b"PK\x03\x04 not a header"), (b"b", b"0123456789"), (b"cv.pdf", b"%PDF")]);
    let second = record(&quoting, 1);
    quoting[second + 42] = 31;
    let (entries, findings, _) = open(&quoting);
    assert_eq!(names(&entries), ["cv.pdf"]);
    assert!(findings.contains(&(Reason::EntryDamaged, Some("b".to_owned()))), "{findings:?}");
}

#[test]
fn a_cut_tar_gives_the_entries_before_the_cut() {
    let noise: Vec<u8> = (0..200_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut tar = tar::Builder::new(Vec::new());
    for name in ["cv.pdf", "notes.pdf", "diplome.pdf"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(noise.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, noise.as_slice()).unwrap();
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&tar.into_inner().unwrap()).unwrap();
    let gz = gz.finish().unwrap();
    let (entries, findings, unpacked) = open_with(&gz[..gz.len() / 2], "x.tar.gz", &[], &UnpackLimits::default());
    assert_eq!((names(&entries), unpacked.format.as_str()), (vec!["cv.pdf"], "tar.gz"));
    assert!(findings.contains(&(Reason::ArchiveTruncated, None)), "{findings:?}");
}

#[test]
fn seven_zips_open_with_and_without_password() {
    let files = [("a.txt", "Releve\n"), ("b.txt", "notes de l annee\n")];
    let hexadecimal = |text: &str| -> Vec<u8> {
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    };
    // Written by 7-Zip: LZMA2; PPMd; and AES over data and names.
    let (lzma2, ppmd, locked) = (hexadecimal(LZMA2), hexadecimal(PPMD), hexadecimal(LOCKED));
    let found = |bytes: &[u8], passwords: &[&str]| {
        let (entries, findings, _) = open_with(bytes, "x.7z", passwords, &UnpackLimits::default());
        let entries: Vec<(String, String)> = entries.into_iter().map(|(name, contents)| (name, String::from_utf8(contents).unwrap())).collect();
        (entries, findings)
    };
    let expected = |files: &[(&str, &str)]| files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Vec<_>>();
    for plain in [&lzma2, &ppmd] {
        assert_eq!(found(plain, &["secret"]), (expected(&files), vec![]));
        assert_eq!(found(&plain[..plain.len() - 9], &[]).1, [(Reason::ArchiveTruncated, None)]);
    }
    assert_eq!(found(&locked, &["autre", "secret"]), (expected(&files[..1]), vec![]));
    assert_eq!(found(&locked, &["autre"]), (vec![], vec![(Reason::ArchivePassword, None)]));
}

const LZMA2: &str = "\
    377abcaf271c00046729be927600000000000000200000000000000054576cfb01001752656c6576650a6e6f746573206465206c20616e6e65650a000000813307\
    ae0fcfc7af680febea9cbf363dfe75dbe6364d5223be95a08d4a1a4c5eb1496760a0f62177747492769f538515b597eecf8d16bc12cff768702d3386217d3e07a0\
    227bf5d5ec523b32c7bf073405399cf4402c000017061c01095a00070b01000123030101055d001000000c6e0a01737c6ce50000";
const LOCKED: &str = "\
    377abcaf271c0004d68d9c7a80000000000000002e0000000000000035ae4ce4f432d45c895356e6906daed1dbf2bd3ea8d5fbad4994d4f5f52dfca78f7d1a078b\
    63a64383eade6c16a3b194e166d9ade2807687a025ee467ddadadeb369459e46fc48daf37be99d0ae9d59c83bfdca725e37aabaee44691034e4cdee430c857505f\
    f36a8089cd0796b81dce07529998cecf13b0ff37db1f9e77dd795399ab6f17061001097000070b0100012406f1070112530f4f15675c417de7fa7f46c974b1f862\
    bf0c620a0124440e190000";
const PPMD: &str = "\
    377abcaf271c0004ea71aeac74000000000000002000000000000000d521e1b70052155602e7ddf5da33bd4058d5723d2f7441f0417cf448060000813307ae0fcf\
    926e600febea9e010ee8c4aa4fad5e4d5e8b0b04e9176a3f4e40b1bc6ae16d829ad773a6e9376ab92385fab66625f00202e9a4ad6a7d7cec21bf7cdf6ac423b9af\
    71db46a74f7c76520f4983a213306400000017061901095b00070b01000123030101055d001000000c6e0a01d576758c0000";
