//! Inputs to begin with: the mails and statements of the fixtures, what is attached to them, and small samples built here.

use std::io::{Cursor, Write};

use guichet::intake::unpack::{UnpackLimits, looks_like_archive, unpack};
use guichet::intake::{inspect, mail};

use crate::project;

fn files_in(folder: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(project().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

pub fn mails() -> Vec<Vec<u8>> {
    let mut mails: Vec<Vec<u8>> = files_in("fixtures/season/mails");
    // A mutation in a megabyte of base64 tells little: the files' data is cut short, their headers stay.
    for bytes in &mut mails {
        *bytes = with_short_files(bytes);
    }
    mails
}

/// Of each run of base64 lines, the first few.
fn with_short_files(bytes: &[u8]) -> Vec<u8> {
    const LINES_KEPT: usize = 12;
    let mut kept = Vec::new();
    let mut n_lines = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let is_data = line.len() > 60 && line.trim_ascii().iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        n_lines = if is_data { n_lines + 1 } else { 0 };
        if n_lines <= LINES_KEPT {
            kept.extend_from_slice(line);
        }
    }
    kept
}

fn attachments() -> Vec<(String, Vec<u8>)> {
    let mails = files_in("fixtures/season/mails");
    let parsed = mails.iter().filter_map(|bytes| mail::parse(bytes).ok());
    parsed.flat_map(|mail| mail.attachments).map(|attachment| (attachment.name, attachment.contents)).collect()
}

pub fn archives() -> Vec<Vec<u8>> {
    const SIZE_MAX: usize = 60_000;
    let mut seeds = vec![built_zip(false), built_zip(true), built_tar(), gzipped(&built_tar())];
    seeds.push(nested(&seeds));
    let sent = attachments().into_iter().filter(|(name, bytes)| looks_like_archive(name, bytes)).map(|(_, bytes)| bytes);
    seeds.extend(sent.filter(|bytes| bytes.len() < SIZE_MAX));
    seeds.extend(SEVEN_ZIPS.iter().map(|text| hexadecimal(text)));
    seeds
}

fn built_zip(is_locked: bool) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let methods = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated, zip::CompressionMethod::Bzip2, zip::CompressionMethod::Zstd];
    for (number, method) in methods.into_iter().enumerate() {
        let mut options = zip::write::SimpleFileOptions::default().compression_method(method).large_file(number == 1);
        if is_locked {
            options = options.with_aes_encryption(zip::AesMode::Aes128, "secret");
        }
        writer.start_file(format!("dossier/pièce {number}.txt"), options).unwrap();
        writer.write_all("Relevé de notes\n".repeat(number + 3).as_bytes()).unwrap();
    }
    writer.add_directory("vide/", zip::write::SimpleFileOptions::default()).unwrap();
    writer.set_comment("un commentaire").unwrap();
    writer.finish().unwrap().into_inner()
}

fn built_tar() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for name in ["cv.txt", "été/notes.txt"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &b"ok"[..]).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn nested(inner: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (number, bytes) in inner.iter().enumerate() {
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(format!("{number}.zip"), stored).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Small 7z archives, which nothing here can write: LZMA2 over two files, one with an encrypted header (password `secret`), PPMd.
const SEVEN_ZIPS: [&str; 3] = [
    "377abcaf271c00046729be927600000000000000200000000000000054576cfb01001752656c6576650a6e6f746573206465206c20616e6e65650a000000813307\
     ae0fcfc7af680febea9cbf363dfe75dbe6364d5223be95a08d4a1a4c5eb1496760a0f62177747492769f538515b597eecf8d16bc12cff768702d3386217d3e07a0\
     227bf5d5ec523b32c7bf073405399cf4402c000017061c01095a00070b01000123030101055d001000000c6e0a01737c6ce50000",
    "377abcaf271c0004d68d9c7a80000000000000002e0000000000000035ae4ce4f432d45c895356e6906daed1dbf2bd3ea8d5fbad4994d4f5f52dfca78f7d1a078b\
     63a64383eade6c16a3b194e166d9ade2807687a025ee467ddadadeb369459e46fc48daf37be99d0ae9d59c83bfdca725e37aabaee44691034e4cdee430c857505f\
     f36a8089cd0796b81dce07529998cecf13b0ff37db1f9e77dd795399ab6f17061001097000070b0100012406f1070112530f4f15675c417de7fa7f46c974b1f862\
     bf0c620a0124440e190000",
    "377abcaf271c0004ea71aeac74000000000000002000000000000000d521e1b70052155602e7ddf5da33bd4058d5723d2f7441f0417cf448060000813307ae0fcf\
     926e600febea9e010ee8c4aa4fad5e4d5e8b0b04e9176a3f4e40b1bc6ae16d829ad773a6e9376ab92385fab66625f00202e9a4ad6a7d7cec21bf7cdf6ac423b9af\
     71db46a74f7c76520f4983a213306400000017061901095b00070b01000123030101055d001000000c6e0a01d576758c0000",
];

fn hexadecimal(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

pub fn pdfs() -> Vec<Vec<u8>> {
    const SIZE_MAX: usize = 40_000;
    let mut files = attachments();
    for (name, bytes) in files.clone() {
        if looks_like_archive(&name, &bytes) {
            unpack(&bytes, &name, &[], &UnpackLimits::default(), &mut |entry| files.push((entry.name, entry.contents)));
        }
    }
    let mut seeds: Vec<Vec<u8>> = files.into_iter().map(|(_, bytes)| bytes).filter(|bytes| bytes.len() < SIZE_MAX).collect();
    seeds.retain(|bytes| bytes.starts_with(b"%PDF"));
    seeds.truncate(10);
    seeds.extend(small_pdfs());
    seeds.retain(|bytes| inspect::open(bytes).page_count() > 0);
    seeds
}

/// Plain files in which every byte is structure.
fn small_pdfs() -> Vec<Vec<u8>> {
    let content = "BT /F1 12 Tf 72 700 Td (Diplome de Master) Tj 0 -20 Td [(No) -300 (tes)] TJ T* <0041> Tj ET q 1 0 0 1 0 0 cm /I Do Q";
    let plain = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Rotate 90/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</I 6 0 R>>>>>>endobj\n\
         4 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n\
         5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 7 0 R/Widths[500 600]/FirstChar 65/LastChar 66>>endobj\n\
         6 0 obj<</Type/XObject/Subtype/Image/Width 4 /Height 4/BitsPerComponent 8/ColorSpace/DeviceGray/Length 16>>stream\n0123456789abcdef\nendstream endobj\n\
         7 0 obj<</Length 82>>stream\n1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <41> <0058> endbfchar\nendstream endobj\n\
         trailer<</Root 1 0 R/Size 8>>\n",
        content.len()
    );
    vec![plain.into_bytes()]
}

pub fn statements() -> Vec<Vec<u8>> {
    let mut seeds = files_in("fixtures/season/statements");
    let heads: Vec<Vec<u8>> = seeds.iter().map(|bytes| bytes[..bytes.len().min(3_000)].to_vec()).collect();
    seeds.extend(heads);
    seeds
}

pub fn zones() -> Vec<Vec<u8>> {
    [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n",
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6\n",
        "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<92C001\n8806923102858CORINNE<<<<<<<6512068F6\n",
        "Passeport\nNom ERIKSSON «« ANNA K MARIA\nP<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<\nL898902C3 6UTO74O8122F1204159ZE184226B<<<<<10",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
