//! The second OCR engine: that its networks run in a confined worker and are used where the first engine is unsure.
//!
//! The first tests bring networks of their own, a few bytes each, so they hold whether or not the real ones are installed.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use guichet::intake::unpack::UnpackLimits;
use guichet::sandbox::{OcrMode, Sandbox, SandboxOptions};

use crate::world::PROGRAM;

/// A field of a protocol buffer that holds bytes.
fn bytes_field(number: u8, contents: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = contents.len();
    while length > 127 {
        field.push(length as u8 | 128);
        length >>= 7;
    }
    field.push(length as u8);
    [field, contents.to_vec()].concat()
}

/// A field of a protocol buffer that holds a number below 128.
fn number_field(number: u8, value: u8) -> Vec<u8> {
    if number < 16 { vec![number << 3, value] } else { vec![(number << 3) | 128, number >> 4, value] }
}

struct Node {
    operator: &'static str,
    input: &'static str,
    output: &'static str,
    attributes: Vec<Vec<u8>>,
}

fn numbers(name: &str, values: &[u8]) -> Vec<u8> {
    let values = values.iter().flat_map(|&value| number_field(8, value));
    [bytes_field(1, name.as_bytes()), values.collect(), number_field(20, 7)].concat()
}

fn number(name: &str, value: u8) -> Vec<u8> {
    [bytes_field(1, name.as_bytes()), number_field(3, value), number_field(20, 2)].concat()
}

/// A network from the picture `x` to `y`, in ONNX.
fn network(nodes: Vec<Node>, characters: Option<&str>) -> Vec<u8> {
    let mut graph = Vec::new();
    for node in nodes {
        let mut contents = [bytes_field(1, node.input.as_bytes()), bytes_field(2, node.output.as_bytes())].concat();
        contents.extend(bytes_field(4, node.operator.as_bytes()));
        node.attributes.iter().for_each(|attribute| contents.extend(bytes_field(5, attribute)));
        graph.extend(bytes_field(1, &contents));
    }
    graph.extend(bytes_field(2, b"test"));
    graph.extend(bytes_field(11, &bytes_field(1, b"x")));
    graph.extend(bytes_field(12, &bytes_field(1, b"y")));
    let mut model = [number_field(1, 7), bytes_field(7, &graph), bytes_field(8, &number_field(2, 13))].concat();
    if let Some(characters) = characters {
        model.extend(bytes_field(14, &[bytes_field(1, b"character"), bytes_field(2, characters.as_bytes())].concat()));
    }
    model
}

/// Takes what is dark for print.
fn finder() -> Vec<u8> {
    let mean = Node { operator: "ReduceMean", input: "x", output: "gray", attributes: vec![numbers("axes", &[1]), number("keepdims", 1)] };
    let dark = Node { operator: "Neg", input: "gray", output: "y", attributes: Vec::new() };
    network(vec![mean, dark], None)
}

/// Takes whatever is dark for one and the same letter.
fn reader(letter: &str) -> Vec<u8> {
    let mean = Node { operator: "ReduceMean", input: "x", output: "gray", attributes: vec![numbers("axes", &[1]), number("keepdims", 0)] };
    let turn = Node { operator: "Transpose", input: "gray", output: "columns", attributes: vec![numbers("perm", &[0, 2, 1])] };
    let dark = Node { operator: "Neg", input: "columns", output: "y", attributes: Vec::new() };
    network(vec![mean, turn, dark], Some(&vec![letter; 46].join("\n")))
}

fn installed(finder: &[u8], reader: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("find-lines.onnx"), finder).unwrap();
    std::fs::write(folder.path().join("read-line.onnx"), reader).unwrap();
    folder
}

fn sandbox(models: &Path) -> Sandbox {
    Sandbox::start(SandboxOptions {
        workers: 1,
        ocr: OcrMode::Auto,
        ocr_models: models.to_owned(),
        program: PathBuf::from(PROGRAM),
        // Other tests may have both cores at the same time.
        seconds_max: 240,
        memory_bytes_max: 1 << 30,
        unpack_limits: UnpackLimits::default(),
    })
    .unwrap()
}

/// A page of dashes in place of words, which no engine that knows letters can be sure of.
fn page_of_dashes() -> Vec<u8> {
    let page = image::GrayImage::from_fn(1_240, 1_754, |x, y| {
        let (column, line) = (x % 130, y % 60);
        let is_dash = (150..1_100).contains(&x) && (150..1_500).contains(&y) && column < 90 && (20..34).contains(&line);
        image::Luma([if is_dash { 10 } else { 250 }])
    });
    let mut file = Cursor::new(Vec::new());
    page.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

fn text_of(sandbox: &Sandbox, file: &[u8]) -> String {
    sandbox.read_document(file, "page").pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_that_the_first_engine_doubts_is_read_by_the_second() {
    let folder = installed(&finder(), &reader("Q"));
    let (with, without) = (sandbox(folder.path()), sandbox(Path::new("/nonexistent")));
    assert_eq!(without.report().second_ocr_engine, None);
    let page = page_of_dashes();
    let letters = |text: &str| text.chars().filter(|letter| *letter == 'Q').count();
    let (first, second) = (text_of(&with, &page), text_of(&with, &page));
    // Some 22 lines of print; how many letters each gives hangs on the width that the networks see it in.
    assert!(letters(&first) > 40, "{first}");
    assert_eq!(first, second);
    assert_eq!(letters(&text_of(&without, &page)), 0);
}

#[test]
fn the_second_engine_is_named_after_its_networks_and_absent_when_they_are_none() {
    let name = |reader: &[u8]| sandbox(installed(&finder(), reader).path()).report().second_ocr_engine;
    assert!(name(&reader("Q")).is_some());
    assert_ne!(name(&reader("Q")), name(&reader("R")));
    assert_eq!(name(b"not a network"), None);
    assert_eq!(name(&network(Vec::new(), None)), None);
}

/// The real networks, where they are installed: a page of print that was blurred and covered with noise.
#[test]
fn the_installed_networks_read_what_is_printed() {
    // Where tests/run puts them.
    let folder = &crate::world::project().join("target/ocr-models");
    if !folder.join("read-line.onnx").exists() {
        eprintln!("the second engine is not installed: its reading was not checked (deploy/install-ocr --second-engine target/ocr-models)");
        return;
    }
    let sandbox = sandbox(folder);
    assert!(sandbox.report().second_ocr_engine.is_some_and(|name| name.starts_with("pp-ocr ")));
    let page = crate::season::bad_scan(&[
        "UNIVERSITE DE NANTES - RELEVE DE NOTES",
        "Nous certifions que la personne nommée ci-dessous",
        "a suivi les enseignements de la licence de mécanique",
        "Thermodynamique 14,50 / 20",
        "Fait à Nantes, le 7 juillet 2023",
    ]);
    let (first, second) = (text_of(&sandbox, &page), text_of(&sandbox, &page));
    assert_eq!(first, second);
    let read =
        ["personne", "nommée", "suivi", "licence", "mécanique", "Thermodynamique", "Nantes"].iter().filter(|word| first.contains(**word)).count();
    assert!(read >= 5, "{first}");
}
