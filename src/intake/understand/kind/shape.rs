//! What a page is by its build rather than its words: tables of marks, machine-readable zones, the lines of a CV, letters, forms, payments.
//!
//! These signs hold across languages and survive bad OCR, since they rest on figures, rows and punctuation. None of them decides alone,
//! but for a machine-readable zone.

use crate::domain::document::DocumentKind;
use crate::intake::understand::UnderstandingContext;
use crate::intake::understand::kind::lexicon::FoldedPage;
use crate::intake::understand::kind::{Origin, Sign};

/// Lines looked at on one page, and bytes beyond which a line is no line of a document.
const LINES_MAX: usize = 400;
const LINE_BYTES_MAX: usize = 2_000;

/// The signs that the build of a page gives.
pub fn signs(text: &str, page: &FoldedPage, context: &UnderstandingContext<'_>) -> Vec<Sign> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty() && line.len() <= LINE_BYTES_MAX).take(LINES_MAX).collect();
    let mut found = Vec::new();
    found.extend(table_of_marks(&lines));
    found.extend(machine_readable_zone(&lines));
    found.extend(course_of_life(&lines));
    found.extend(first_person(page));
    found.extend(form_labels(&lines));
    found.extend(payment(&lines, context));
    found
}

fn sign(kind: DocumentKind, strength: f32, words: String) -> Sign {
    Sign { kind, strength, language: None, is_title: false, origin: Origin::Shape, words }
}

/// Rows that end in several small figures or grades: subjects with credits and marks.
fn table_of_marks(lines: &[&str]) -> Option<Sign> {
    let rows = lines.iter().filter(|line| is_row_of_marks(line)).count();
    let bare_figures = lines.iter().filter(|line| small_figure(line)).count();
    if rows >= 3 {
        let strength = 1.2 + 0.5 * (rows.min(9) - 3) as f32;
        return Some(sign(DocumentKind::Transcript, strength, format!("{rows} lignes de matières avec crédits ou notes")));
    }
    // Some readers give every cell of a table a line of its own.
    (bare_figures >= 8 && bare_figures * 4 > lines.len()).then(|| sign(DocumentKind::Transcript, 2.0, "colonnes de notes".to_owned()))
}

fn is_row_of_marks(line: &str) -> bool {
    if line.len() > 160 || line.contains(['€', '$', '£', '@', '<']) || line.contains("EUR") {
        return false;
    }
    let mut named = false;
    let mut figures = 0;
    for token in line.split_whitespace() {
        if small_figure(token) || (named && is_letter_grade(token)) {
            figures += 1;
        } else if token.chars().filter(|letter| letter.is_alphabetic()).count() >= 2 {
            named = true;
        }
    }
    named && figures >= 2
}

/// A mark or a number of credits: 0 to 100 with at most two decimals, or a fraction such as `14/20`.
fn small_figure(token: &str) -> bool {
    let token = token.trim_matches(['|', '(', ')', ';', ':', '*']);
    let value = match token.split_once('/') {
        Some((mark, "20" | "10" | "100" | "30" | "5" | "4" | "110")) => mark,
        Some(_) => return false,
        None => token,
    };
    let plain = value.len() <= 5
        && value.starts_with(|first: char| first.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    plain && value.replace(',', ".").parse::<f32>().is_ok_and(|number| number <= 100.0)
}

fn is_letter_grade(token: &str) -> bool {
    let letters = token.trim_end_matches(['+', '-', '−']);
    matches!(letters.len(), 1 | 2) && letters.chars().all(|letter| matches!(letter, 'A'..='F' | 'S' | 'P' | 'X'))
}

/// Lines of `<<<` as ICAO 9303 prints them; the second letter `R` marks residence permits of the EU, `V` a visa.
fn machine_readable_zone(lines: &[&str]) -> Option<Sign> {
    let zone: Vec<String> = lines.iter().map(|line| line.replace([' ', '\t'], "").replace('«', "<<")).filter(|line| is_machine_line(line)).collect();
    let Some(first) = zone.first() else {
        // A card read upside down shows its zone mirrored.
        let mirrored = lines.iter().any(|line| line.chars().filter(|letter| *letter == '>').count() >= 8 || line.contains("<<<<<<<<"));
        return mirrored.then(|| sign(DocumentKind::IdentityDocument, 4.0, "zone de lecture optique, mal lue".to_owned()));
    };
    let mut start = first.chars();
    let (document, variant) = (start.next()?, start.next()?);
    let kind = match (document, variant) {
        ('V', _) | ('I' | 'A' | 'C', 'R') | ('R', 'P' | 'E') => DocumentKind::ResidencePermit,
        _ => DocumentKind::IdentityDocument,
    };
    let strength = if zone.len() >= 2 { 7.0 } else { 5.0 };
    let words = format!("zone de lecture optique ({} lignes)", zone.len());
    Some(Sign { origin: Origin::MachineZone, ..sign(kind, strength, words) })
}

fn is_machine_line(line: &str) -> bool {
    let fillers = line.chars().filter(|letter| *letter == '<').count();
    let length = line.chars().count();
    let capitals = line.chars().filter(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || *letter == '<').count();
    (24..=60).contains(&length) && capitals * 10 >= length * 8 && (fillers >= 3 || (fillers >= 1 && length >= 28))
}

/// Several stretches of years, beside an address for mail or telephone near the top.
fn course_of_life(lines: &[&str]) -> Vec<Sign> {
    let stretches = lines.iter().filter(|line| is_stretch_of_time(line)).count();
    let contact = lines.iter().take(9).any(|line| line.contains('@'));
    let mut found = Vec::new();
    if stretches >= 2 {
        let strength = if contact { 2.4 } else { 1.0 } + 0.3 * stretches.min(6) as f32;
        found.push(sign(DocumentKind::Cv, strength, format!("{stretches} périodes datées")));
    } else if contact && stretches == 1 {
        found.push(sign(DocumentKind::Cv, 1.0, "une période datée et une adresse électronique".to_owned()));
    }
    found
}

/// `2018–2020`, `11/2021 – 05/2024`, `since 2019`, `2022 – présent`; an academic year alone (`2022-2023`) is none.
fn is_stretch_of_time(line: &str) -> bool {
    let mut years = Vec::new();
    let mut digits = String::new();
    for letter in line.chars().chain([' ']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if digits.len() == 4 {
            years.extend(digits.parse::<u32>().ok().filter(|year| (1960..=2040).contains(year)));
        }
        digits.clear();
    }
    let lower = line.to_lowercase();
    let open = [
        "présent",
        "present",
        "aujourd",
        "en cours",
        "current",
        "depuis",
        "since",
        "actuel",
        "today",
        "now",
        "heute",
        "seit",
        "actualidad",
        "н.в",
        "至今",
        "bugün",
        "nay",
    ];
    match years.as_slice() {
        [] => false,
        [_] => open.iter().any(|word| lower.contains(word)),
        [first, second, ..] => second >= first && line.chars().count() > 11,
    }
}

/// Much `je`, `mon`, `I`, `my`: somebody writes of themselves.
fn first_person(page: &FoldedPage) -> Option<Sign> {
    const OWN: [&str; 22] = [
        "JE", "JAI", "MON", "MA", "MES", "ME", "MOI", "I", "MY", "IM", "IVE", "ICH", "MEIN", "MEINE", "YO", "MI", "MIO", "MIA", "MINHA", "MEU",
        "MOJA", "JAVAIS",
    ];
    let words = page.words().count();
    let own = page.words().filter(|word| OWN.contains(word)).count();
    if words < 30 || own < 4 {
        return None;
    }
    let share = own as f32 / words as f32;
    let strength = if share >= 0.05 {
        2.2
    } else if share >= 0.025 {
        1.2
    } else {
        return None;
    };
    Some(sign(DocumentKind::MotivationLetter, strength, "écrit à la première personne".to_owned()))
}

/// Lines that begin with what a form asks for.
fn form_labels(lines: &[&str]) -> Option<Sign> {
    const LABELS: [&str; 40] = [
        "nom",
        "prénom",
        "prenom",
        "prénoms",
        "naissance",
        "date de naissance",
        "né(e) le",
        "lieu de naissance",
        "nationalité",
        "adresse",
        "téléphone",
        "tél",
        "e-mail",
        "email",
        "mail",
        "courriel",
        "mél",
        "signature",
        "dernier diplôme",
        "financement",
        "ville",
        "code postal",
        "pays",
        "sexe",
        "surname",
        "last name",
        "first name",
        "given name",
        "date of birth",
        "nationality",
        "address",
        "phone",
        "telephone",
        "mobile",
        "family name",
        "city",
        "country",
        "postcode",
        "funding",
        "programme",
    ];
    let asked = lines.iter().filter(|line| {
        let lower = line.to_lowercase();
        LABELS.iter().any(|label| lower.strip_prefix(label).is_some_and(|rest| !rest.starts_with(char::is_alphabetic)))
    });
    let count = asked.count();
    (count >= 5).then(|| sign(DocumentKind::ApplicationForm, 2.2 + 0.6 * (count.min(11) - 5) as f32, format!("{count} rubriques de formulaire")))
}

/// The school's account on the page, and an amount in a currency.
fn payment(lines: &[&str], context: &UnderstandingContext<'_>) -> Vec<Sign> {
    let mut found = Vec::new();
    let compact: String = lines.iter().flat_map(|line| line.chars()).filter(|letter| letter.is_ascii_alphanumeric()).take(20_000).collect();
    if context.school_iban.len() > 14 && compact.contains(context.school_iban) {
        found.push(sign(DocumentKind::PaymentProof, 2.5, "compte de l’école".to_owned()));
    }
    if lines.iter().any(|line| states_amount(line)) {
        found.push(sign(DocumentKind::PaymentProof, 1.0, "montant en devise".to_owned()));
    }
    found
}

fn states_amount(line: &str) -> bool {
    let currency = ["€", "EUR", "USD", "$", "£", "GBP", "MAD", "XOF", "XAF", "TND", "DZD", "CNY"].iter().any(|currency| line.contains(currency));
    currency && line.chars().any(|letter| letter.is_ascii_digit()) && line.contains([',', '.'])
}

#[cfg(test)]
mod tests {
    use super::{is_machine_line, is_row_of_marks, is_stretch_of_time};

    #[test]
    fn rows_of_marks() {
        for row in ["Algèbre linéaire 3 16,1 acquis", "3201 Thermodynamics 5 A+ pass", "高等数学 4 88", "Fizik I   2   BB   Güz"] {
            assert!(is_row_of_marks(row), "{row}");
        }
        for other in ["Salaire brut 2374,00", "née le 12/04/1985 à Fès", "Total 60,00 EUR 60,00", "2018 2020 Lycée"] {
            assert!(!is_row_of_marks(other), "{other}");
        }
    }

    #[test]
    fn machine_readable_lines() {
        assert!(is_machine_line("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"));
        assert!(is_machine_line("L898902C36UTO7408122F1204159ZE184226B<<<<<10"));
        assert!(!is_machine_line("RELEVE DE NOTES ET RESULTATS"));
    }

    #[test]
    fn stretches_of_time() {
        assert!(is_stretch_of_time("Engineer — Acme (11/2021 – 05/2024)"));
        assert!(is_stretch_of_time("Chef de projet, depuis 2019"));
        assert!(!is_stretch_of_time("2022-2023"));
        assert!(!is_stretch_of_time("Né en 1990"));
    }
}
