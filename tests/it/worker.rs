//! The worker that opens hostile files: what it cannot do, and what becomes of a file that stops it.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::process::Command;

use guichet::domain::finding::Reason;
use guichet::intake::unpack::UnpackLimits;
use guichet::sandbox::{OcrMode, Sandbox, SandboxOptions};

use crate::world::PROGRAM;

fn sandbox(memory_mib: u64, seconds_max: u32) -> Sandbox {
    Sandbox::start(SandboxOptions {
        workers: 1,
        ocr: OcrMode::Off,
        program: PathBuf::from(PROGRAM),
        seconds_max,
        memory_bytes_max: memory_mib << 20,
        unpack_limits: UnpackLimits::default(),
    })
    .unwrap()
}

#[test]
fn a_worker_tries_its_fences_and_they_hold() {
    let confinement = sandbox(1024, 10).report().confinement;
    // A kernel without landlock leaves the work to seccomp, which refuses the same calls.
    assert!(confinement.seccomp && confinement.rlimits, "{confinement:?}");
    assert_eq!(confinement.leaks, [], "a worker reached something: {confinement:?}");
}

#[test]
fn a_file_that_stops_the_worker_is_a_finding_and_the_next_is_read() {
    let sandbox = sandbox(300, 1);
    let mut huge = Cursor::new(Vec::new());
    image::RgbImage::new(9_000, 7_500).write_to(&mut huge, image::ImageFormat::Png).unwrap();
    // The memory of one is refused, the time of the other is over.
    for (what, bytes, reason) in [("memory", huge.into_inner(), Reason::FileCrashedReader), ("time", slow_pdf(), Reason::FileTooSlow)] {
        let reading = sandbox.read_document(&bytes, what);
        let reasons: BTreeSet<Reason> = reading.findings.iter().map(|finding| finding.reason).collect();
        // A reader that refuses by itself what it cannot afford is as good.
        assert!(reasons.contains(&reason) || reasons.contains(&Reason::FileTooLarge), "{what}: {reasons:?}");
        let reading = sandbox.read_document("Curriculum vitæ\n".as_bytes(), "next");
        assert!(reading.readable && reading.pages[0].text.contains("Curriculum"), "after {what}");
    }
}

/// A page of many millions of letters.
fn slow_pdf() -> Vec<u8> {
    let mut content = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    content.write_all(b"BT /F1 12 Tf 72 700 Td\n").unwrap();
    content.write_all("(abc) Tj\n".repeat(6_000_000).as_bytes()).unwrap();
    let content = content.finish().unwrap();
    let head = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n\
         4 0 obj<</Length {}/Filter/FlateDecode>>stream\n",
        content.len()
    );
    [head.as_bytes(), &content, b"\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n"]
        .concat()
}

#[test]
fn a_program_for_foreign_formats_sees_its_folder_alone() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("cv.txt", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(b"Curriculum").unwrap();
    let archive = folder.path().join("archive");
    std::fs::write(&archive, writer.finish().unwrap().into_inner()).unwrap();
    std::fs::write(other.path().join("secret"), "secret").unwrap();
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        let output = Command::new(PROGRAM).arg("sandbox-program").arg(folder.path()).arg(program).arg("--").args(arguments).output().unwrap();
        (output.status.success(), output.stdout)
    };
    let (may_read_own, contents) = run("/bin/cat", &[archive.as_os_str()]);
    assert!(may_read_own && contents.starts_with(b"PK"));
    if sandbox(1024, 10).report().confinement.landlock {
        assert!(!run("/bin/cat", &[other.path().join("secret").as_os_str()]).0, "it reads another folder");
        assert!(!run("/bin/cp", &[archive.as_os_str(), other.path().join("copy").as_os_str()]).0, "it writes to another folder");
    }
    assert!(run("/bin/cp", &[archive.as_os_str(), folder.path().join("copy").as_os_str()]).0);
    if std::path::Path::new("/usr/bin/bsdtar").exists() {
        let mut source = std::ffi::OsString::from("@");
        source.push(&archive);
        let (ended_well, tar) = run("/usr/bin/bsdtar", &["--format=pax".as_ref(), "-cf".as_ref(), "-".as_ref(), &source]);
        assert!(ended_well && tar.windows(10).any(|part| part == b"Curriculum"));
    }
}
