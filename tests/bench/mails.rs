//! Mails to measure with: invented people, born-digital pieces, and as much padding as a photograph or a scan would weigh.

use std::io::{Cursor, Write};

use crate::world::mail;

const SYLLABLES: [&str; 16] = ["ba", "ver", "lin", "mo", "ré", "tan", "dou", "kel", "si", "gar", "no", "pri", "fau", "cha", "ma", "let"];

/// A name that no other number has.
pub fn person(number: usize) -> (String, String) {
    let word = |mut rest: usize| {
        let mut word = String::new();
        for _ in 0..3 {
            word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
            rest /= SYLLABLES.len();
        }
        let mut letters = word.chars();
        letters.next().unwrap().to_uppercase().chain(letters).collect::<String>()
    };
    (word(number * 7 + 3), word(number * 31 + 11))
}

pub fn address(number: usize) -> String {
    format!("candidate-{number}@courriel.example")
}

/// A PDF of one page with these lines as text, and with padding that no page shows (ISO 32000-1, 7.5).
pub fn pdf(lines: &[String], padding: &[u8]) -> Vec<u8> {
    let mut content = String::from("BT /F1 11 Tf 14 TL 60 780 Td\n");
    for line in lines {
        let latin: String = line.chars().map(|letter| if "()\\".contains(letter) { ' ' } else { letter }).collect();
        content.push_str(&format!("({latin}) Tj T*\n"));
    }
    content.push_str("ET\n");
    // WinAnsiEncoding is ISO 8859-1 where it matters.
    let content: Vec<u8> = content.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect();
    let stream = |bytes: &[u8]| [format!("<< /Length {} >>\nstream\n", bytes.len()).as_bytes(), bytes, b"\nendstream"].concat();
    let objects: [Vec<u8>; 6] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>".to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        stream(&content),
        stream(padding),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    places.iter().for_each(|place| file.extend(format!("{place:010} 00000 n \n").bytes()));
    file.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1).bytes());
    file
}

/// What a candidate sends: a letter, a CV, a diploma and a transcript.
pub fn pieces(number: usize, padding_bytes: usize) -> Vec<(String, Vec<u8>)> {
    let (given, family) = person(number);
    let whom = format!("{given} {}", family.to_uppercase());
    let (day, year) = (number % 28 + 1, 1980 + number % 20);
    let mut random = fastrand::Rng::with_seed(number as u64);
    let padding: Vec<u8> = (0..padding_bytes).map(|_| random.u8(..)).collect();
    let paragraph = "Mon parcours et mes projets m'ont conduit à cette formation, dont les enseignements correspondent à ce que je veux faire.";
    let page = |title: &str, more: &[String]| {
        let mut lines = vec![title.to_owned(), String::new(), whom.clone(), format!("Né le {day:02}/05/{year}"), address(number), String::new()];
        lines.extend(more.iter().cloned());
        lines.extend(std::iter::repeat_n(paragraph.to_owned(), 8));
        lines
    };
    let words = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    vec![
        (
            "motivation.pdf".to_owned(),
            pdf(&page("Lettre de motivation", &words(&["Madame, Monsieur,", "Je suis candidat au Mastère Spécialisé."])), &[]),
        ),
        ("cv.pdf".to_owned(), pdf(&page("Curriculum vitae", &words(&["Expérience professionnelle", "Formation", "Compétences", "Langues"])), &[])),
        ("diplome.pdf".to_owned(), pdf(&page("Diplôme de master", &words(&["Université de la Scarpe", "confère le grade de master à"])), &[])),
        ("releve.pdf".to_owned(), pdf(&page("Relevé de notes", &words(&["Semestre 1 : 14,2", "Semestre 2 : 15,1", "ECTS : 60"])), &padding)),
    ]
}

/// An application whose pieces lie in one archive, of about so many bytes as it goes over the wire.
pub fn application(number: usize, size_bytes: usize) -> Vec<u8> {
    // Base64 in lines of 76 makes 78 bytes out of 57.
    let padding_bytes = size_bytes.saturating_sub(20_000) * 57 / 78;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in pieces(number, padding_bytes) {
        // What a scan or a photograph weighs does not deflate: no time is lost on trying.
        archive.start_file(name, zip::write::SimpleFileOptions::default().compression_level(Some(1))).unwrap();
        archive.write_all(&contents).unwrap();
    }
    let archive = archive.finish().unwrap().into_inner();
    let (given, family) = person(number);
    let text = format!("Bonjour,\r\n\r\nVoici mon dossier de candidature.\r\n\r\n{given} {family}\r\n");
    let from = format!("Candidat <{}>", address(number));
    mail(&from, "Candidature", &format!("application-{number}@courriel.example"), "", &text, &[("dossier.zip".to_owned(), archive)])
}
