use super::segment;
use crate::domain::document::DocumentKind::{self, *};
use crate::domain::document::{DocumentReading, PageText, RawReading, TextSource};
use crate::intake::understand::UnderstandingContext;

fn page(number: u32, text: &str) -> PageText {
    PageText {
        number,
        text: text.to_owned(),
        source: TextSource::Layer,
        quality: 1.0,
        width: 595,
        height: 842,
        ink: 0.05,
        portrait: 0.0,
        unread: false,
    }
}

fn file(pages: Vec<PageText>) -> RawReading {
    RawReading { sha256: "0".repeat(64), media_type: "application/pdf".to_owned(), pages, readable: true, findings: Vec::new() }
}

fn read(pages: Vec<PageText>, file_name: &str) -> Vec<DocumentReading> {
    let context = UnderstandingContext { file_name, programmes: &[], season: "2024-2025", school_iban: "FR7610071590000000102433444" };
    segment(&file(pages), &context)
}

#[track_caller]
fn check(texts: &[&str], expected: &[(DocumentKind, &[u32], &[&str], bool)]) {
    let pages = texts.iter().zip(1..).map(|(text, number)| page(number, text)).collect();
    let found = read(pages, "dossier.pdf");
    let summary: Vec<_> = found
        .iter()
        .map(|document| {
            let languages: Vec<&str> = document.languages.iter().map(|language| language.code()).collect();
            (document.kind, document.pages.clone(), languages, document.translation.is_some())
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(kind, pages, languages, translation)| (*kind, pages.to_vec(), languages.to_vec(), *translation)).collect();
    assert_eq!(summary, expected, "{found:#?}");
}

const GERMAN_TRANSCRIPT: &str = "Hochschule Musterstadt\nNotenspiegel\nName der Studentin: Anna Beispiel\nStudiengang Maschinenbau\nMathematik für Ingenieure 5 1,7 bestanden\nTechnische Mechanik 5 2,3 bestanden\nWerkstoffkunde und Chemie 4 1,0 bestanden\nDas Prüfungsamt bestätigt die Richtigkeit der Angaben";
const ITS_TRANSLATION: &str = "Traduction certifiée conforme de l’allemand\nRelevé de notes\nNom de l’étudiante : Anna Beispiel\nFilière génie mécanique\nMathématiques pour ingénieurs 5 1,7 validé\nMécanique technique 5 2,3 validé\nScience des matériaux et chimie 4 1,0 validé\nLe service des examens confirme l’exactitude des données\nTraducteur assermenté";
const LETTER: &str = "Anna Beispiel\nMadame, Monsieur,\nJe vous adresse ma candidature à votre formation. Mon parcours et mes stages m’ont donné le goût de la recherche, et je souhaite intégrer votre école.\nJe vous prie d’agréer, Madame, Monsieur, mes salutations distinguées.\nPage 1/2";
const LETTER_CONTINUED: &str = "Mes études m’ont appris à travailler en équipe et à tenir mes engagements dans la durée.\nPage 2/2";

#[test]
fn an_original_and_its_translation_are_two_documents() {
    check(&[GERMAN_TRANSCRIPT, ITS_TRANSLATION], &[(Transcript, &[1], &["de"], false), (Transcript, &[2], &["fr"], true)]);
}

#[test]
fn one_file_holding_everything_is_cut() {
    check(
        &[LETTER, LETTER_CONTINUED, GERMAN_TRANSCRIPT, ITS_TRANSLATION, ""],
        &[(MotivationLetter, &[1, 2], &["fr"], false), (Transcript, &[3], &["de"], false), (Transcript, &[4, 5], &["fr"], true)],
    );
}

#[test]
fn portraits_blank_and_unread_pages() {
    let portrait = PageText { portrait: 0.9, source: TextSource::None, ..page(1, "") };
    assert_eq!(read(vec![portrait], "IMG_0001.jpg").first().map(|document| document.kind), Some(Photo));
    let unread = PageText { unread: true, ink: 0.1, ..page(1, "") };
    let guessed = read(vec![unread], "Passeport de Rose.pdf");
    assert!(guessed.iter().all(|document| document.kind == IdentityDocument && document.certainty < 0.6), "{guessed:?}");
    let blank = PageText { ink: 0.0, ..page(1, "") };
    assert_eq!(read(vec![blank], "x.pdf").first().map(|document| document.kind), Some(Other));
    assert!(read(Vec::new(), "x.pdf").is_empty());
}

#[test]
fn garbage_and_huge_files_are_survived() {
    let noise: String = (0..200_000_u32).filter_map(|n| char::from_u32(n.wrapping_mul(2_654_435_761) % 0x11_0000)).collect();
    let pages = (1..=400).map(|number| page(number, if number == 7 { &noise } else { "x <<<< 12 ,,, ﷽" })).collect();
    let found = read(pages, "…/….pdf");
    assert_eq!(found.iter().map(|document| document.pages.len()).sum::<usize>(), 400);
}

#[test]
fn the_same_pages_give_the_same_answer() {
    let pages = || vec![page(1, GERMAN_TRANSCRIPT), page(2, ITS_TRANSLATION)];
    assert_eq!(read(pages(), "a.pdf"), read(pages(), "a.pdf"));
}
