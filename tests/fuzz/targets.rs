//! What is fuzzed, and what each reader promises whatever it is given.

use guichet::bank::{self, CsvColumns};
use guichet::intake::class::{ClassContext, classify};
use guichet::intake::understand::facts::mrz;
use guichet::intake::unpack::{UnpackLimits, unpack};
use guichet::intake::{inspect, mail, tnef};

use crate::seeds;

/// One reader.
pub struct Target {
    pub name: &'static str,
    /// Reads an input and checks what is promised of the result; a broken promise is a panic.
    pub read: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words of the format, which chance would not find.
    pub tokens: &'static [&'static [u8]],
    pub size_bytes_max: usize,
    pub mutations_in_tests: usize,
    /// What one input may take, in the long run.
    pub seconds_max: u64,
    pub memory_mib_max: u64,
}

pub const TARGETS: [Target; 5] = [
    Target {
        name: "mail",
        read: read_mail,
        seeds: seeds::mails,
        tokens: &[
            b"\r\n\r\n",
            b"\r\n--",
            b"Content-Type: multipart/mixed; boundary=\"x\"\r\n",
            b"Content-Type: message/rfc822\r\n",
            b"Content-Type: application/ms-tnef; name=winmail.dat\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"=?utf-8?Q?",
            b"=?iso-2022-jp?B?",
            b"filename*0*=utf-8''",
            b"\x78\x9f\x3e\x22",
            b"begin 644 x\n",
        ],
        size_bytes_max: 64 << 10,
        mutations_in_tests: 300,
        seconds_max: 10,
        memory_mib_max: 300,
    },
    Target {
        name: "archive",
        read: read_archive,
        seeds: seeds::archives,
        tokens: &[
            b"PK\x01\x02",
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"PK\x06\x06",
            b"PK\x06\x07",
            b"PK\x07\x08",
            b"\x01\x00\x10\x00",
            b"\x75\x70\x0a\x00\x01",
            b"\x01\x99\x07\x00\x02\x00AE",
            b"../",
            b"7z\xbc\xaf\x27\x1c",
            b"ustar",
            b"\x1f\x8b\x08",
            b"\xfd7zXZ\0",
            b"\x28\xb5\x2f\xfd",
            b"BZh91AY&SY",
        ],
        size_bytes_max: 128 << 10,
        mutations_in_tests: 400,
        seconds_max: 10,
        memory_mib_max: 300,
    },
    Target {
        name: "pdf",
        read: read_pdf,
        seeds: seeds::pdfs,
        tokens: &[
            b" obj<<",
            b"endobj\n",
            b"stream\n",
            b"endstream",
            b"/Kids[",
            b"/Count 99999999",
            b"/Parent ",
            b"/Contents ",
            b"/ToUnicode ",
            b"/Filter[/FlateDecode/LZWDecode/ASCII85Decode]",
            b"/Subtype/Type3",
            b"/Subtype/Type0/Encoding/Identity-H/DescendantFonts[",
            b"/Encrypt ",
            b" 0 R",
            b"BT ",
            b" Tf ",
            b" TJ ",
            b" Do ",
            b" q ",
            b" Q ",
            b"BI /W 9 /H 9 ID ",
            b"/Type/ObjStm",
            b"/Type/XRef",
        ],
        size_bytes_max: 64 << 10,
        mutations_in_tests: 60,
        seconds_max: 30,
        memory_mib_max: 1024,
    },
    Target {
        name: "statement",
        read: read_statement,
        seeds: seeds::statements,
        tokens: &[
            b":60F:",
            b":61:",
            b":86:",
            b":62F:",
            b"<Ntry>",
            b"</Ntry>",
            b"<Amt Ccy=\"EUR\">",
            b"<CdtDbtInd>DBIT</CdtDbtInd>",
            b"01",
            b"04",
            b"05",
            b"07",
            b"99999999999999",
            b"-0,01",
            b"\xef\xbb\xbf",
            b"<!DOCTYPE x [<!ENTITY a \"b\">]>",
            b"&a;",
            b";;",
            b"\"",
        ],
        size_bytes_max: 64 << 10,
        mutations_in_tests: 400,
        seconds_max: 10,
        memory_mib_max: 300,
    },
    Target {
        name: "mrz",
        read: read_zone,
        seeds: seeds::zones,
        tokens: &[b"P<", b"IDFRA", b"<<", b"\n", b"FRA", b"D<<", b"O", b"K", "«".as_bytes(), "é".as_bytes()],
        size_bytes_max: 4 << 10,
        mutations_in_tests: 3_000,
        seconds_max: 5,
        memory_mib_max: 200,
    },
];

fn read_mail(bytes: &[u8]) {
    // The message, and the file that some mail programs put everything into.
    tnef_promises(bytes);
    let Ok(parsed) = mail::parse(bytes) else { return };
    for attachment in &parsed.attachments {
        assert!(!attachment.name.chars().any(char::is_control), "a control character in a file's name");
    }
    let own = ["ms@ecole.example".to_owned()];
    let context = ClassContext { own_addresses: &own, staff_addresses: &[], own_message_id_domain: "guichet.ecole.example", vouched_for: false };
    let once = classify(&parsed, &context);
    assert_eq!(once, classify(&parsed, &context));
    assert_eq!(Ok(parsed), mail::parse(bytes), "the same bytes give the same mail");
}

fn tnef_promises(bytes: &[u8]) {
    let total: usize = tnef::read(bytes).attachments.iter().map(|attachment| attachment.contents.len()).sum();
    assert!(total <= bytes.len().saturating_mul(2), "more came out than went in");
}

const ARCHIVE_LIMITS: UnpackLimits =
    UnpackLimits { total_bytes_max: 64 << 20, entry_bytes_max: 32 << 20, entries_max: 500, ratio_max: 200, depth_max: 2, seconds_max: 8 };

fn read_archive(bytes: &[u8]) {
    let passwords = ["secret".to_owned()];
    let (mut n_entries, mut total) = (0, 0);
    let mut names = std::collections::BTreeSet::new();
    let unpacked = unpack(bytes, "dossier.zip", &passwords, &ARCHIVE_LIMITS, &mut |entry| {
        n_entries += 1;
        total += entry.contents.len() as u64;
        let parts: Vec<&str> = entry.name.split('/').collect();
        assert!(!parts.iter().any(|part| part.is_empty() || *part == ".." || *part == "."), "an unsafe name came through: {:?}", entry.name);
        assert!(!entry.name.chars().any(|letter| letter.is_control() || letter == '\\'), "{:?}", entry.name);
        assert!(names.insert(entry.name.to_lowercase()), "two files of one name");
    });
    assert_eq!(unpacked.n_entries, n_entries);
    assert!(n_entries <= ARCHIVE_LIMITS.entries_max && total <= ARCHIVE_LIMITS.total_bytes_max);
    assert!(n_entries > 0 || !unpacked.findings.is_empty(), "nothing came out, and nothing is said of it");
}

fn read_pdf(bytes: &[u8]) {
    const PAGES_MAX: u32 = 3;
    let opened = inspect::open(bytes);
    assert!(opened.readable || !opened.findings.is_empty(), "unreadable, and nothing is said of it");
    for number in 1..=opened.page_count().min(PAGES_MAX) {
        let page = opened.page(number);
        assert_eq!(page.page.number, number);
        if let Some(picture) = &page.picture {
            assert_eq!(picture.pixels.len(), picture.width as usize * picture.height as usize);
        }
    }
}

fn read_statement(bytes: &[u8]) {
    let reading = bank::read_statement(bytes, "releve.txt", &CsvColumns::default());
    assert!(!reading.statements.is_empty() || !reading.findings.is_empty(), "nothing was read, and nothing is said of it");
    for (index, statement) in reading.statements.iter().enumerate() {
        let sum: i128 = statement.entries.iter().map(|movement| i128::from(movement.amount.0)).sum();
        if let (Some(opening), Some(closing), true) = (statement.opening_balance, statement.closing_balance, reading.trusted(index)) {
            assert_eq!(i128::from(opening.0) + sum, i128::from(closing.0), "a statement is trusted that does not add up");
        }
    }
}

fn read_zone(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let found = mrz::find(&lines, 2008);
    assert_eq!(found, mrz::find(&lines, 2008));
    if let Some(found) = found.filter(|found| found.checked) {
        assert!(found.birth_date.is_some(), "checked, and no birth date");
    }
}
