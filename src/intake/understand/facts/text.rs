//! Pages seen as lines of cells, and the labels that forms, cards and certificates put before, beside or above a value.
//!
//! No layout is assumed: a value stands after its label in the same cell, in the next cell, or on the line below.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::domain::document::PageText;
use crate::folding;

/// What a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    FamilyName,
    UsualName,
    GivenName,
    FullName,
    BirthDate,
    Nationality,
    Address,
    Country,
    Email,
    Programme,
    LastDegree,
    PreparedDegree,
    Financing,
    Signature,
    AcademicYear,
    Expiry,
    Issue,
    /// Any other label: known only so that it ends a value.
    Other,
}

/// Labels, folded, by field. A longer label wins over a shorter one it begins with.
#[rustfmt::skip]
const LABELS: &[(Field, &[&str])] = &[
    (Field::FamilyName, &["NOM", "NOMS", "NOM S", "NOM DE FAMILLE", "NOM DE NAISSANCE", "NOM PATRONYMIQUE", "NOM DU CANDIDAT", "SURNAME", "SURNAMES", "SURNAME S", "FAMILY NAME", "LAST NAME", "BIRTH NAME", "APELLIDOS", "APELLIDO", "COGNOME", "NACHNAME", "FAMILIENNAME", "APELIDO", "SOYADI", "NAZWISKO", "FAMILIIA"]),
    (Field::UsualName, &["NOM DUSAGE", "NOM D USAGE", "NOM USUEL", "NOM MARITAL", "NOM DEPOUSE", "NOM D EPOUSE", "MARRIED NAME", "USUAL NAME", "NAME IN USE"]),
    (Field::GivenName, &["PRENOM", "PRENOMS", "PRENOM S", "GIVEN NAME", "GIVEN NAMES", "GIVEN NAME S", "FIRST NAME", "FIRST NAMES", "FIRST NAME S", "FORENAME", "FORENAMES", "FORENAME S", "NOMBRE", "NOMBRES", "NOME", "VORNAME", "VORNAMEN", "IMIE", "IMIONA", "PRENUME", "ADI"]),
    (Field::FullName, &["NOM ET PRENOM", "NOM ET PRENOMS", "NOM PRENOM", "NOM PRENOMS", "NOM PRENOM S", "NOM ET PRENOM S", "PRENOM ET NOM", "PRENOM NOM", "PRENOMS ET NOM", "PRENOM S ET NOM", "NOM COMPLET", "FULL NAME", "NAME", "NAME OF APPLICANT", "APPLICANT NAME", "NAME OF STUDENT", "STUDENT NAME", "NAME OF CANDIDATE", "CANDIDAT", "CANDIDATE", "APPLICANT", "CANDIDAT E", "ETUDIANT", "ETUDIANT E", "STUDENT", "NAME VORNAME", "NAME AND SURNAME", "SURNAME AND NAME", "FIRST AND LAST NAME", "NOM ET PRENOM DU CANDIDAT", "NOM DE LETUDIANT", "NOM DE LETUDIANTE", "NOM DE L ETUDIANT", "NOM DE LELEVE", "NOM DE L ELEVE", "ELEVE", "LETUDIANT", "NOM ET PRENOM DE LETUDIANT", "NOM ETUDIANT", "NAME OF THE STUDENT", "ESTUDIANTE", "ALUMNO", "ALUMNA", "NOMBRE DEL ALUMNO", "ALUNO", "ALUNA", "ESTUDANTE", "NOME DO ALUNO", "STUDENTE", "OGRENCININ ADI SOYADI", "XING MING", "SINH VIEN", "NUME SI PRENUME", "NUMELE SI PRENUMELE", "FAMILIIA IMIA OTCHESTVO", "IMIE I NAZWISKO", "NOMBRE Y APELLIDOS", "APELLIDOS Y NOMBRE", "NOME E COGNOME", "COGNOME E NOME", "NOME COMPLETO", "HO VA TEN", "HO TEN", "AD SOYAD", "ADI SOYADI", "FIO"]),
    (Field::BirthDate, &["DATE DE NAISSANCE", "DATE ET LIEU DE NAISSANCE", "DATE LIEU DE NAISSANCE", "NE E LE", "NE LE", "NEE LE", "NE E", "NE", "NAISSANCE", "DATE NAISSANCE", "DATE OF BIRTH", "DATE AND PLACE OF BIRTH", "BIRTH DATE", "BIRTHDATE", "BIRTH", "BORN", "BORN ON", "DOB", "D O B", "GEBURTSDATUM", "GEBOREN AM", "GEBURTSTAG", "FECHA DE NACIMIENTO", "NACIMIENTO", "DATA DI NASCITA", "DATA DE NASCIMENTO", "NATO A IL", "DATA NASTERII", "DOGUM TARIHI", "NGAY SINH", "DATA URODZENIA", "DATA ROZHDENIIA"]),
    (Field::Nationality, &["NATIONALITE", "NATIONALITES", "NATIONALITE S", "NATIONALITY", "NATIONALITIES", "CITIZENSHIP", "CITIZEN OF", "NATIONAL OF", "STAATSANGEHORIGKEIT", "NACIONALIDAD", "CITTADINANZA", "NACIONALIDADE", "UYRUGU", "CETATENIE", "GRAZHDANSTVO", "QUOC TICH"]),
    (Field::Address, &["ADRESSE", "ADRESSE POSTALE", "ADRESSE COMPLETE", "ADRESSE PERSONNELLE", "ADRESSE ACTUELLE", "DOMICILE", "ADDRESS", "POSTAL ADDRESS", "HOME ADDRESS", "MAILING ADDRESS", "CURRENT ADDRESS", "PERMANENT ADDRESS", "ANSCHRIFT", "DIRECCION", "INDIRIZZO", "MORADA"]),
    (Field::Country, &["PAYS", "PAYS DE RESIDENCE", "COUNTRY", "COUNTRY OF RESIDENCE", "RESIDENCE", "CODE POSTAL VILLE PAYS", "VILLE ET PAYS", "VILLE PAYS", "CITY COUNTRY", "LAND"]),
    (Field::Email, &["E MAIL", "EMAIL", "MAIL", "COURRIEL", "ADRESSE E MAIL", "ADRESSE EMAIL", "ADRESSE MAIL", "ADRESSE ELECTRONIQUE", "EMAIL ADDRESS", "E MAIL ADDRESS", "MEL"]),
    (Field::Programme, &["MASTERE DEMANDE", "MASTERE SPECIALISE DEMANDE", "MASTERE SPECIALISE", "MASTERE SPECIALISE CHOISI", "MASTERE CHOISI", "MASTERE VISE", "MASTERE SPECIALISE VISE", "FORMATION VISEE", "FORMATION DEMANDEE", "FORMATION SOUHAITEE", "FORMATION CHOISIE", "FORMATION", "PROGRAMME", "PROGRAMME DEMANDE", "PROGRAMME CHOISI", "PROGRAMME VISE", "PROGRAMME APPLIED FOR", "PROGRAM APPLIED FOR", "PROGRAMME OF STUDY", "PROGRAMME CHOSEN", "CHOSEN PROGRAMME", "COURSE APPLIED FOR", "DEGREE APPLIED FOR", "PROGRAMME REQUESTED", "CANDIDATURE AU", "CANDIDATE AU", "CHOIX DE FORMATION", "CHOIX DU MASTERE", "INTITULE DU MASTERE", "MS DEMANDE", "MS VISE"]),
    (Field::LastDegree, &["DERNIER DIPLOME", "DERNIER DIPLOME OBTENU", "DERNIER DIPLOME OU EN COURS", "DERNIER DIPLOME OBTENU OU EN COURS", "DERNIER DIPLOME PREPARE", "DIPLOME", "DIPLOME OBTENU", "DIPLOME LE PLUS ELEVE", "DIPLOME LE PLUS ELEVE OBTENU", "PLUS HAUT DIPLOME", "PLUS HAUT DIPLOME OBTENU", "DIPLOME EN COURS", "DIPLOME D ACCES", "NIVEAU D ETUDES", "NIVEAU DETUDES", "FORMATION INITIALE", "LAST DEGREE", "LAST DEGREE OBTAINED", "LATEST DEGREE", "LATEST DIPLOMA", "LAST DIPLOMA", "HIGHEST DEGREE", "HIGHEST DEGREE OBTAINED", "HIGHEST QUALIFICATION", "HIGHEST DIPLOMA", "MOST RECENT DEGREE", "DEGREE", "DEGREE OBTAINED", "CURRENT DEGREE", "DIPLOMA", "QUALIFICATION", "LEVEL OF STUDIES", "TITRE DU DIPLOME", "INTITULE DU DIPLOME", "DIPLOMES OBTENUS"]),
    (Field::PreparedDegree, &["DIPLOME PREPARE", "DIPLOMES PREPARES", "FORMATION SUIVIE", "CURSUS", "PROGRAMME D ETUDES", "DEGREE PREPARED", "DEGREE PROGRAMME", "DEGREE PROGRAM", "AWARD", "QUALIFICATION AWARDED", "ANNEE D ETUDES", "PARCOURS", "NIVEAU"]),
    (Field::Financing, &["FINANCEMENT", "MODE DE FINANCEMENT", "TYPE DE FINANCEMENT", "FINANCEMENT ENVISAGE", "FINANCEMENT DE LA FORMATION", "FINANCEMENT DES ETUDES", "FUNDING", "FINANCING", "SOURCE OF FUNDING", "FUNDING SOURCE", "MODE OF FUNDING", "PRISE EN CHARGE", "TUITION PAID BY", "FINANCED BY"]),
    (Field::Signature, &["SIGNATURE", "SIGNATURE DU CANDIDAT", "SIGNATURE DE LA CANDIDATE", "DATE ET SIGNATURE", "DATE SIGNATURE", "SIGNED", "DATE AND SIGNATURE", "APPLICANTS SIGNATURE", "SIGNATURE OF APPLICANT", "SIGNATURE OF THE APPLICANT", "FAIT A", "FAIT LE", "SIGNE LE", "SIGNE A"]),
    (Field::AcademicYear, &["ANNEE UNIVERSITAIRE", "ANNEE SCOLAIRE", "ANNEE ACADEMIQUE", "ACADEMIC YEAR", "SCHOOL YEAR", "ANNEE", "SEMESTER", "SEMESTRE", "YEAR"]),
    (Field::Expiry, &["DATE D EXPIRATION", "DATE DEXPIRATION", "EXPIRE LE", "EXPIRATION", "VALABLE JUSQU AU", "VALABLE JUSQUAU", "VALIDE JUSQUAU", "DATE OF EXPIRY", "DATE OF EXPIRATION", "EXPIRY", "EXPIRY DATE", "EXPIRES", "VALID UNTIL", "GULTIG BIS", "FECHA DE CADUCIDAD", "DATA DI SCADENZA", "SCADENZA", "VALIDADE", "DATE DE FIN DE VALIDITE", "FIN DE VALIDITE"]),
    (Field::Issue, &["DATE DE DELIVRANCE", "DELIVRE LE", "DELIVRANCE", "DATE OF ISSUE", "ISSUE", "ISSUED ON", "ISSUED", "DATE D EMISSION"]),
    (Field::Other, &["SEXE", "SEX", "GENDER", "CIVILITE", "TITLE", "TELEPHONE", "TEL", "PORTABLE", "MOBILE", "PHONE", "PHONE NUMBER", "TELEPHONE NUMBER", "LIEU DE NAISSANCE", "PLACE OF BIRTH", "BIRTHPLACE", "NE A", "VILLE", "CITY", "TOWN", "CODE POSTAL", "POSTCODE", "ZIP CODE", "POSTAL CODE", "NUMERO INE", "INE", "ETABLISSEMENT", "INSTITUTION", "UNIVERSITY", "UNIVERSITE", "SCHOOL", "ECOLE", "SPECIALITE", "SITE", "CAMPUS", "DATE", "LIEU", "NUMERO", "NO", "N", "PASSPORT NO", "DOCUMENT NO", "EMPLOYEUR", "EMPLOYER", "PROFESSION", "SITUATION ACTUELLE", "SITUATION", "CURRENT SITUATION", "SESSION", "MENTION", "AUTHORITY", "AUTORITE", "TYPE", "CODE", "PERSONAL NO", "MATR NR", "MATR NO", "N MATR", "NUMERO ETUDIANT", "STUDENT NUMBER", "STUDENT ID", "NUMERO D ETUDIANT", "STUDIENGANG", "FILIERE", "ETAT CIVIL", "EXPERIENCE PROFESSIONNELLE", "WORK EXPERIENCE", "MOTIVATION", "LANGUES", "LANGUAGES", "NAME OF INSTITUTION", "NAME OF UNIVERSITY", "NOM DE L ETABLISSEMENT", "NOM DE LETABLISSEMENT", "NAME OF THE INSTITUTION", "NOM DE L ENTREPRISE", "NOM DU PERE", "NOM DE LA MERE", "FATHERS NAME", "MOTHERS NAME", "DATE D OBTENTION", "DATE DOBTENTION", "ANNEE D OBTENTION", "ANNEE DOBTENTION", "YEAR OBTAINED", "YEAR OF GRADUATION", "TAILLE", "HEIGHT"]),
];

/// [`LABELS`] by label.
static LABEL_FIELDS: LazyLock<BTreeMap<&'static str, Field>> =
    LazyLock::new(|| LABELS.iter().flat_map(|(field, labels)| labels.iter().map(|label| (*label, *field))).collect());

/// The words that labels begin with: most words of a text begin none.
static FIRST_WORDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| LABEL_FIELDS.keys().filter_map(|label| label.split(' ').next()).collect());

type LabelsByBeginning = BTreeMap<(char, usize), Vec<(&'static str, Field)>>;

/// Labels that are long enough to be known with a wrong letter, by their first letter and their number of words.
static LONG_LABELS: LazyLock<LabelsByBeginning> = LazyLock::new(|| {
    let mut long = LabelsByBeginning::new();
    for (label, field) in LABEL_FIELDS.iter().filter(|(label, field)| label.len() >= MISREAD_LABEL_BYTES_MIN && **field != Field::Other) {
        if let Some(initial) = label.chars().next() {
            long.entry((initial, label.split(' ').count())).or_default().push((label, *field));
        }
    }
    long
});

/// A shorter word with a letter changed is another word.
const MISREAD_LABEL_BYTES_MIN: usize = 7;

/// One cell of a line: the text between two wide gaps.
#[derive(Debug, Clone)]
pub struct Cell {
    pub raw: String,
}

/// One printed line.
#[derive(Debug, Clone)]
pub struct Line {
    pub raw: String,
    pub folded: String,
    pub cells: Vec<Cell>,
}

/// Limits against hostile text: what a person fills in or signs is never longer.
const LINES_MAX: usize = 4_000;
const LINE_CHARS_MAX: usize = 1_000;

/// The lines that hold anything, over all pages, at most [`LINES_MAX`], each cut at [`LINE_CHARS_MAX`].
pub fn lines(pages: &[&PageText]) -> Vec<Line> {
    pages.iter().flat_map(|page| page.text.lines()).filter(|line| !line.trim().is_empty()).take(LINES_MAX).map(line).collect()
}

fn line(raw: &str) -> Line {
    let raw: String = raw.chars().take(LINE_CHARS_MAX).collect();
    let spaced = raw.replace(['\t', '|', '│', '¦'], "  ");
    let cells = spaced.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(|cell| Cell { raw: cell.to_owned() }).collect();
    Line { raw: raw.trim().to_owned(), folded: folding::fold(&raw), cells }
}

/// All text joined by spaces, folded; for sentences that wrap.
pub fn folded(lines: &[Line]) -> String {
    lines.iter().map(|line| line.folded.as_str()).collect::<Vec<_>>().join(" ")
}

/// All text, line by line.
pub fn joined(lines: &[Line]) -> String {
    lines.iter().map(|line| line.raw.as_str()).collect::<Vec<_>>().join("\n")
}

/// Every label with the value that belongs to it, in reading order. Empty values are kept: an empty form is recognised by them.
pub fn labelled(lines: &[Line]) -> Vec<(Field, String)> {
    let mut values = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for (column, cell) in line.cells.iter().enumerate() {
            for (field, value) in split_labels(&cell.raw) {
                let value = if value.is_empty() { beside_or_below(lines, at, column) } else { value };
                if field != Field::Other {
                    values.push((field, value));
                }
            }
        }
    }
    values
}

/// The value of a label that stands alone in its cell: the next cell, else the cell below.
fn beside_or_below(lines: &[Line], at: usize, column: usize) -> String {
    let Some(line) = lines.get(at) else { return String::new() };
    if let Some(beside) = line.cells.get(column + 1)
        && starts_with_label(&beside.raw).is_none()
    {
        return cleaned(&beside.raw);
    }
    let Some(below) = lines.get(at + 1) else { return String::new() };
    let same_shape = below.cells.len() == line.cells.len();
    let cell = if same_shape { below.cells.get(column) } else { below.cells.first().filter(|_| line.cells.len() == 1) };
    cell.filter(|cell| starts_with_label(&cell.raw).is_none()).map(|cell| cleaned(&cell.raw)).unwrap_or_default()
}

/// `label: value` pairs of one cell. A further label counts only when a colon follows it.
fn split_labels(cell: &str) -> Vec<(Field, String)> {
    let words: Vec<&str> = cell.split_whitespace().collect();
    let Some((field, first)) = label_at(&words) else { return later_labels(&words) };
    let mut pairs = Vec::new();
    let (mut field, mut start) = (field, first);
    let mut at = start;
    while at < words.len() {
        let rest = words.get(at..).unwrap_or_default();
        match label_at(rest).filter(|(_, length)| ends_with_colon(words.get(at..at + length))) {
            Some((next, length)) => {
                pairs.push((field, cleaned(&words.get(start..at).unwrap_or_default().join(" "))));
                (field, start) = (next, at + length);
                at = start;
            }
            None => at += 1,
        }
    }
    pairs.push((field, cleaned(&words.get(start..).unwrap_or_default().join(" "))));
    pairs
}

/// Labels with a colon inside a cell that begins with something else.
fn later_labels(words: &[&str]) -> Vec<(Field, String)> {
    let first = (1..words.len())
        .find(|at| label_at(words.get(*at..).unwrap_or_default()).is_some_and(|(_, length)| ends_with_colon(words.get(*at..*at + length))));
    first.map(|at| split_labels(&words.get(at..).unwrap_or_default().join(" "))).unwrap_or_default()
}

fn ends_with_colon(words: Option<&[&str]>) -> bool {
    words.and_then(|words| words.last()).is_some_and(|word| word.ends_with([':', '：']))
}

fn starts_with_label(cell: &str) -> Option<Field> {
    let words: Vec<&str> = cell.split_whitespace().collect();
    label_at(&words).map(|(field, _)| field)
}

/// The longest label at the beginning of the words, and how many words it takes with its numbering, twin in another language and colon.
fn label_at(words: &[&str]) -> Option<(Field, usize)> {
    // A number or a bullet may stand before a label: "1. Surname", "• Nom".
    let numbered = words.first().is_some_and(|word| word.len() <= 4 && word.chars().all(|letter| !letter.is_alphabetic()));
    let skipped = usize::from(numbered);
    let (field, mut length) = label_here(words.get(skipped..)?)?;
    length += skipped;
    for _ in 0..3 {
        if ends_with_colon(words.get(..length)) {
            break;
        }
        let rest = words.get(length..).unwrap_or_default();
        let lone_sign =
            rest.first().is_some_and(|word| !word.is_empty() && word.chars().all(|letter| matches!(letter, '/' | ':' | '：' | '-' | '–' | '*')));
        let twin = label_here(rest).filter(|(twin, _)| {
            *twin == field
                && (words.get(length - 1).is_some_and(|word| word.ends_with('/')) || rest.first().is_some_and(|word| word.starts_with(['/', '('])))
        });
        match (lone_sign, twin) {
            (true, _) => length += 1,
            (false, Some((_, more))) => length += more,
            (false, None) => break,
        }
    }
    // "Student Affairs Office" is no label with a value: such words need a colon or a cell of their own.
    let bare = folding::fold(&words.get(skipped..length)?.join(" "));
    let needs_colon = matches!(
        bare.as_str(),
        "STUDENT"
            | "ETUDIANT"
            | "ETUDIANTE"
            | "ELEVE"
            | "CANDIDAT"
            | "CANDIDATE"
            | "APPLICANT"
            | "ALUMNO"
            | "ALUMNA"
            | "ALUNO"
            | "ALUNA"
            | "ESTUDIANTE"
            | "ESTUDANTE"
            | "STUDENTE"
    );
    let stands_alone = length == words.len() || ends_with_colon(words.get(..length));
    (!needs_colon || stands_alone).then_some((field, length))
}

fn label_here(words: &[&str]) -> Option<(Field, usize)> {
    let mut folded = String::new();
    let mut best = None;
    for (count, word) in words.iter().enumerate().take(7) {
        // A hyphenated value ("NOM-DIEU") is no label followed by a value.
        let piece = folding::fold(word);
        if !folded.is_empty() && !piece.is_empty() {
            folded.push(' ');
        }
        let begins_here = folded.is_empty() && !piece.is_empty();
        folded.push_str(&piece);
        if begins_here && !piece.split(' ').next().is_some_and(|word| FIRST_WORDS.contains(word)) {
            break;
        }
        if let Some(field) = field_of(&folded) {
            best = Some((field, count + 1));
        }
        if word.ends_with([':', '：']) {
            break;
        }
    }
    best.or_else(|| misread_label(words))
}

/// A label in which OCR has spoilt a letter or two: long labels only, of one to four words.
fn misread_label(words: &[&str]) -> Option<(Field, usize)> {
    let first = words.first().filter(|word| word.chars().count() >= 4)?;
    let initial = folding::fold(first).chars().next()?;
    (1..=4.min(words.len())).rev().find_map(|count| {
        let labels = LONG_LABELS.get(&(initial, count))?;
        let folded = folding::fold(&words.get(..count)?.join(" "));
        let allowed = if folded.len() >= 10 { 2 } else { 1 };
        let near = |label: &str| label.len().abs_diff(folded.len()) <= allowed && strsim::levenshtein(label, &folded) <= allowed;
        labels.iter().find(|(label, _)| near(label)).map(|(_, field)| (*field, count))
    })
}

fn field_of(folded: &str) -> Option<Field> {
    let exact = |text: &str| LABEL_FIELDS.get(text).copied();
    exact(folded).or_else(|| {
        // "Nom/Surname", "Prénoms/Given names": two labels of one field in one word run.
        let words: Vec<&str> = folded.split(' ').collect();
        (1..words.len().min(6)).find_map(|cut| {
            let (left, right) = words.split_at(cut);
            let field = exact(&left.join(" "))?;
            (exact(&right.join(" "))? == field).then_some(field)
        })
    })
}

/// A value without the dots and lines that forms print for writing on.
fn cleaned(value: &str) -> String {
    let kept: Vec<&str> = value
        .split_whitespace()
        .filter(|word| !(word.chars().count() >= 2 && word.chars().all(|letter| matches!(letter, '.' | '_' | '…' | '-' | '·'))))
        .collect();
    kept.join(" ").trim_matches(|letter: char| matches!(letter, ':' | '：' | '.' | '_' | '…' | '*' | ' ' | '\u{a0}' | '«' | '»')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Field, &str)]) {
        let lines: Vec<Line> = text.lines().filter(|line| !line.trim().is_empty()).map(line).collect();
        let found = labelled(&lines);
        let found: Vec<(Field, &str)> = found.iter().map(|(field, value)| (*field, value.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_are_found_beside_below_and_after_a_colon() {
        check("Nom          Morel\nPrénom Jeanne", &[(Field::FamilyName, "Morel"), (Field::GivenName, "Jeanne")]);
        check("Nom de naissance : MOREL  Prénom(s) : Jeanne", &[(Field::FamilyName, "MOREL"), (Field::GivenName, "Jeanne")]);
        check("Nom : MOREL Prénom : Jeanne", &[(Field::FamilyName, "MOREL"), (Field::GivenName, "Jeanne")]);
        check("1. Surname\nMOREL\n2. Given names\nJEANNE", &[(Field::FamilyName, "MOREL"), (Field::GivenName, "JEANNE")]);
        check("Nom/Surname\nMOREL", &[(Field::FamilyName, "MOREL")]);
        check("Nom    Prénom\nMorel    Jeanne", &[(Field::FamilyName, "Morel"), (Field::GivenName, "Jeanne")]);
        check("Nom : ..........\nPrénom : ……………", &[(Field::FamilyName, ""), (Field::GivenName, "")]);
        check("Né(e) le : 04/03/1999 à Lille", &[(Field::BirthDate, "04/03/1999 à Lille")]);
        check("Date of birth / Date de naissance : 4 March 1999", &[(Field::BirthDate, "4 March 1999")]);
    }
}
