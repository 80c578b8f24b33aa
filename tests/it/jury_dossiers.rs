//! Candidates' dossiers for the jury, put together in the sandbox worker from files that try to stop it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

use guichet::domain::document::DocumentKind;
use guichet::domain::person::PersonName;
use guichet::intake::unpack::UnpackLimits;
use guichet::jury::sheet::{self, Page, SANS};
use guichet::jury::{BatchCandidate, BatchPiece, Dossier, Hindrance};
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

fn piece(kind: DocumentKind, media_type: &str, sha256: &str) -> BatchPiece {
    BatchPiece {
        kind,
        title_fr: kind.slug().to_owned(),
        file_name: format!("{sha256}.bin"),
        media_type: media_type.to_owned(),
        sha256: sha256.to_owned(),
        pages: None,
        note: None,
        hindrance: None,
    }
}

fn dossier(pieces: Vec<BatchPiece>) -> Dossier {
    Dossier {
        heading_fr: "Jury de mars – date à confirmer".to_owned(),
        season: "2024-2025".to_owned(),
        candidate: BatchCandidate {
            number: "MS24-0042".to_owned(),
            name: PersonName::new("Awa", "Ndiaye"),
            programme_code: "CYB".to_owned(),
            programme_title: "Cybersécurité".to_owned(),
            route_fr: "diplôme d'ingénieur".to_owned(),
            degree_in_progress: false,
            nationality: None,
            international: false,
            financing_fr: None,
            experience_months: 0,
            arrived_on: chrono::NaiveDate::from_ymd_opt(2024, 2, 1).unwrap(),
            notes: vec![],
            pieces,
        },
    }
}

fn honest_pdf(text: &str) -> Vec<u8> {
    let mut page = Page { width: 595.0, height: 842.0, marks: Vec::new() };
    page.text(40.0, 60.0, SANS, 12.0, text);
    sheet::pdf(&[page]).unwrap()
}

/// A PDF of one page with this content stream and an annotation, so that the page is drawn and not merged.
fn drawn_pdf(content: &str, media_box: &str) -> Vec<u8> {
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    deflated.write_all(content.as_bytes()).unwrap();
    let deflated = deflated.finish().unwrap();
    let mut bytes = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[{media_box}]/Annots[]/Contents 4 0 R>>endobj\n\
         4 0 obj<</Length {}/Filter/FlateDecode>>stream\n",
        deflated.len()
    )
    .into_bytes();
    bytes.extend(deflated);
    bytes.extend(b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n");
    bytes
}

/// A picture that takes far more memory than the worker of this test has.
fn huge_png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(9_000, 8_000).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn build(sandbox: &Sandbox, dossier: Dossier, files: &BTreeMap<&str, Vec<u8>>) -> (Vec<(u32, Hindrance)>, usize) {
    let mut into: File = tempfile::tempfile().unwrap();
    into.write_all(&[7; 10_000]).unwrap();
    let left_out = sandbox.jury_dossier(dossier, &mut |sha256| files.get(sha256).cloned(), &mut into).unwrap();
    let mut bytes = Vec::new();
    std::io::Seek::rewind(&mut into).unwrap();
    into.read_to_end(&mut bytes).unwrap();
    let pdf = krilla::pdf::Pdf::new(bytes).unwrap();
    (left_out, pdf.pages().len())
}

#[test]
fn a_piece_that_kills_the_worker_is_a_page_and_the_rest_counts() {
    let sandbox = sandbox(300, 60);
    let files = BTreeMap::from([("a", honest_pdf("un")), ("bomb", huge_png()), ("b", honest_pdf("deux"))]);
    let pieces = vec![
        piece(DocumentKind::Cv, "application/pdf", "a"),
        piece(DocumentKind::Transcript, "image/png", "bomb"),
        piece(DocumentKind::Diploma, "application/pdf", "b"),
        piece(DocumentKind::Diploma, "application/pdf", "lost"),
    ];
    let (left_out, pages) = build(&sandbox, dossier(pieces), &files);
    assert_eq!(left_out, [(1, Hindrance::Crashed), (3, Hindrance::Lost)]);
    assert_eq!(pages, 5, "the cover, two pieces and two sentences");
    // The next dossier finds a worker that is well.
    let (left_out, pages) = build(&sandbox, dossier(vec![piece(DocumentKind::Cv, "application/pdf", "a")]), &files);
    assert_eq!((left_out.len(), pages), (0, 2));
}

#[test]
fn a_piece_that_never_ends_is_a_page_and_the_rest_counts() {
    let sandbox = sandbox(1024, 1);
    let slow = drawn_pdf(&"0 0 m 3000 3000 l 0 3000 l h f\n".repeat(2_000_000), "0 0 3000 3000");
    let files = BTreeMap::from([("a", honest_pdf("un")), ("slow", slow)]);
    let pieces = vec![
        piece(DocumentKind::Cv, "application/pdf", "slow"),
        piece(DocumentKind::Diploma, "application/pdf", "slow"),
        piece(DocumentKind::Transcript, "application/pdf", "a"),
    ];
    let begun = std::time::Instant::now();
    let (left_out, pages) = build(&sandbox, dossier(pieces), &files);
    assert_eq!(left_out, [(0, Hindrance::TooSlow), (1, Hindrance::TooSlow)]);
    assert_eq!(pages, 4);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn files_beyond_the_workers_memory_are_left_out_before_they_are_opened() {
    let sandbox = sandbox(300, 60);
    let files = BTreeMap::from([("large", vec![b' '; 80 << 20]), ("a", honest_pdf("un"))]);
    let pieces = vec![piece(DocumentKind::Cv, "application/pdf", "large"), piece(DocumentKind::Diploma, "application/pdf", "a")];
    let (left_out, pages) = build(&sandbox, dossier(pieces), &files);
    assert_eq!((left_out, pages), (vec![(0, Hindrance::TooLarge)], 3));
}

/// A PDF that is as large as the noise in it.
fn large_pdf(seed: u64) -> Vec<u8> {
    const SIDE: usize = 2_200;
    let mut random = fastrand::Rng::with_seed(seed);
    let head = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>endobj\n\
         4 0 obj<</Length 31>>stream\nq 595 0 0 842 0 0 cm /I Do Q    \nendstream endobj\n\
         5 0 obj<</Type/XObject/Subtype/Image/Width {SIDE}/Height {SIDE}/BitsPerComponent 8/ColorSpace/DeviceRGB/Length {}>>stream\n",
        SIDE * SIDE * 3
    );
    let noise: Vec<u8> = (0..SIDE * SIDE * 3).map(|_| random.u8(..)).collect();
    [head.as_bytes(), &noise, b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n"].concat()
}

#[test]
fn the_daemon_holds_one_file_at_a_time() {
    const PEAK_MIB_MAX: u64 = 100;
    if std::env::var_os("GUICHET_TEST_MEASURES").is_none() {
        // The peak of a process is that of all tests in it, so this one measures in a process of its own.
        let name = "jury_dossiers::the_daemon_holds_one_file_at_a_time";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact", "--test-threads=1"])
            .env("GUICHET_TEST_MEASURES", "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        return;
    }
    let sandbox = sandbox(1024, 60);
    // As the blobs are: on the disk until one is asked for.
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..4).map(|number| number.to_string()).collect();
    for (seed, name) in (0..).zip(&names) {
        std::fs::write(folder.path().join(name), large_pdf(seed)).unwrap();
    }
    for _ in 0..4 {
        let pieces = names.iter().map(|name| piece(DocumentKind::Transcript, "application/pdf", name)).collect();
        let mut into = tempfile::tempfile().unwrap();
        let left_out = sandbox.jury_dossier(dossier(pieces), &mut |name| std::fs::read(folder.path().join(name)).ok(), &mut into).unwrap();
        assert_eq!(left_out, []);
        assert!(into.metadata().unwrap().len() > 55 << 20);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10;
    assert!(peak < PEAK_MIB_MAX, "four dossiers of 58 MiB took {peak} MiB here");
}
