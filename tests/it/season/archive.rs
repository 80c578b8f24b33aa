//! Archives as the world sends them: a small ZIP writer (PKWARE APPNOTE) that leaves names and flags as told, and Outlook's `winmail.dat` (MS-OXTNEF).

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// How the names of an archive are written down.
#[derive(Clone, Copy, PartialEq)]
pub enum Names {
    /// UTF-8 with the language flag set.
    Utf8,
    /// Windows Explorer of western Europe: code page 850, no flag.
    Cp850,
    /// macOS: decomposed UTF-8, no flag.
    Decomposed,
}

fn name_bytes(name: &str, names: Names) -> Vec<u8> {
    use unicode_normalization::UnicodeNormalization;
    match names {
        Names::Utf8 => name.as_bytes().to_vec(),
        Names::Cp850 => name.chars().map(cp850).collect(),
        Names::Decomposed => name.nfd().collect::<String>().into_bytes(),
    }
}

/// The accented letters of French in code page 850.
fn cp850(letter: char) -> u8 {
    match letter {
        'é' => 0x82,
        'à' => 0x85,
        'ç' => 0x87,
        'ê' => 0x88,
        'ë' => 0x89,
        'è' => 0x8a,
        'î' => 0x8c,
        'ô' => 0x93,
        _ => u8::try_from(letter).unwrap(),
    }
}

/// A ZIP archive of these files, all dated 1 October 2023; with a password, in the traditional PKWARE encryption.
pub fn zip(files: &[(String, Vec<u8>)], names: Names, password: Option<&str>) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, contents) in files {
        let mut checksum = Crc::new();
        checksum.update(contents);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(contents).unwrap();
        let mut packed = encoder.finish().unwrap();
        if let Some(password) = password {
            packed = encrypted(&packed, checksum.sum(), password);
        }
        let name = name_bytes(name, names);
        let flags = u16::from(password.is_some()) | if names == Names::Utf8 { 0x0800 } else { 0 };
        let offset = archive.len() as u32;
        let mut common = Vec::new();
        for half in [20, flags, 8, 0x5000, 0x5741] {
            common.extend_from_slice(&half.to_le_bytes());
        }
        for word in [checksum.sum(), packed.len() as u32, contents.len() as u32] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&0u16.to_le_bytes());
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&common);
        archive.extend_from_slice(&name);
        archive.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&20u16.to_le_bytes());
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(&name);
    }
    let start = archive.len() as u32;
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        archive.extend_from_slice(&(files.len() as u16).to_le_bytes());
    }
    archive.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    archive.extend_from_slice(&start.to_le_bytes());
    archive.extend_from_slice(&0u16.to_le_bytes());
    archive
}

/// The traditional PKWARE stream cipher (APPNOTE 6.1), with a fixed header instead of a random one.
fn encrypted(packed: &[u8], checksum: u32, password: &str) -> Vec<u8> {
    let mut keys = [0x1234_5678u32, 0x2345_6789, 0x3456_7890];
    let step = |keys: &mut [u32; 3], byte: u8| {
        keys[0] = crc_step(keys[0], byte);
        keys[1] = keys[1].wrapping_add(keys[0] & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
        keys[2] = crc_step(keys[2], (keys[1] >> 24) as u8);
    };
    for byte in password.bytes() {
        step(&mut keys, byte);
    }
    let header = [17, 203, 88, 41, 9, 150, 76, 33, 201, 5, 60, (checksum >> 24) as u8];
    header
        .iter()
        .chain(packed)
        .map(|byte| {
            let mixed = (keys[2] | 2) & 0xffff;
            let cover = ((mixed.wrapping_mul(mixed ^ 1)) >> 8) as u8;
            step(&mut keys, *byte);
            byte ^ cover
        })
        .collect()
}

fn crc_step(crc: u32, byte: u8) -> u32 {
    let mut value = (crc ^ u32::from(byte)) & 0xff;
    for _ in 0..8 {
        value = if value & 1 == 1 { (value >> 1) ^ 0xedb8_8320 } else { value >> 1 };
    }
    (crc >> 8) ^ value
}

/// One file wrapped as Outlook's rich text mails do it (MS-OXTNEF): a short name in the code page, the long one as a MAPI property.
pub fn winmail(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut stream = 0x223e_9f78u32.to_le_bytes().to_vec();
    stream.extend_from_slice(&7u16.to_le_bytes());
    let mut attribute = |level: u8, id: u32, data: &[u8]| {
        stream.push(level);
        stream.extend_from_slice(&id.to_le_bytes());
        stream.extend_from_slice(&(data.len() as u32).to_le_bytes());
        stream.extend_from_slice(data);
        let checksum = data.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        stream.extend_from_slice(&checksum.to_le_bytes());
    };
    attribute(1, 0x0008_9006, &0x0001_0000u32.to_le_bytes());
    attribute(1, 0x0006_9007, &[0xe4, 4, 0, 0, 0, 0, 0, 0]);
    attribute(1, 0x0007_8008, b"IPM.Microsoft Mail.Note\0");
    attribute(2, 0x0006_9002, &[1, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    let short = encoding_rs::WINDOWS_1252.encode(name).0.into_owned();
    attribute(2, 0x0001_8010, &[short.as_slice(), b"\0"].concat());
    attribute(2, 0x0006_800f, contents);
    let mut long: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let length = long.len() as u32;
    long.resize(long.len().next_multiple_of(4), 0);
    let mut properties = Vec::new();
    for word in [1, 0x3707_001f, 1, length] {
        properties.extend_from_slice(&u32::to_le_bytes(word));
    }
    properties.extend_from_slice(&long);
    attribute(2, 0x0006_9005, &properties);
    stream
}
