//! The worker that opens hostile files: what it cannot do, and what becomes of a file that stops it.

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
        ocr_models: PathBuf::new(),
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
    let sandbox = sandbox(300, 30);
    let mut huge = Cursor::new(Vec::new());
    image::RgbImage::new(9_000, 7_500).write_to(&mut huge, image::ImageFormat::Png).unwrap();
    let reading = sandbox.read_document(&huge.into_inner(), "huge");
    let reasons: Vec<Reason> = reading.findings.iter().map(|finding| finding.reason).collect();
    // A reader that refuses by itself what it cannot afford is as good.
    assert!(reasons.contains(&Reason::FileCrashedReader) || reasons.contains(&Reason::FileTooLarge), "{reasons:?}");
    let reading = sandbox.read_document("Curriculum vitæ\n".as_bytes(), "next");
    assert!(reading.readable && reading.pages[0].text.contains("Curriculum"));
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
