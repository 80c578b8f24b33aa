//! What a document states about its holder: names, dates, nationality, degrees, work, the choices of a form.
//!
//! Absence means "not seen", never "not so": nothing here concludes from what a text lacks. Every reader takes any layout and language it
//! can and leaves the rest alone; which of several pieces is believed is decided in [`crate::domain::profile`] and [`crate::domain::route`].

pub mod countries;
pub mod dates;
pub mod degree;
pub mod employment;
pub mod form;
pub mod identity;
pub mod mrz;
pub mod names;
pub mod programme;
pub mod text;

pub use programme::programmes_named;

use crate::domain::document::{DocumentFacts, DocumentKind, DocumentReading, PageText};
use crate::folding;
use crate::intake::understand::UnderstandingContext;
use crate::intake::understand::facts::text::{Field, Line};

/// Reads the facts that a document of this kind states.
pub fn extract(document: &DocumentReading, pages: &[&PageText], context: &UnderstandingContext<'_>) -> DocumentFacts {
    let lines = text::lines(pages);
    if lines.is_empty() {
        return DocumentFacts::default();
    }
    let labelled = text::labelled(&lines);
    let season_starts = context.season.get(..4).and_then(|year| year.parse().ok()).unwrap_or(9999);
    let mut facts = DocumentFacts { foreign_iban_for_school: announces_foreign_iban(document.kind, &lines, context), ..DocumentFacts::default() };
    match document.kind {
        DocumentKind::PaymentProof | DocumentKind::Photo | DocumentKind::Other => return facts,
        DocumentKind::IdentityDocument | DocumentKind::ResidencePermit => {
            identity::read(&mut facts, &lines, &labelled, season_starts);
            return facts;
        }
        _ => {}
    }
    facts.names = names::of_document(document.kind, &lines, &labelled);
    facts.birth_date = identity::birth_date(&lines, &labelled);
    match document.kind {
        DocumentKind::ApplicationForm => application_form(&mut facts, &lines, &labelled, context, season_starts),
        DocumentKind::Cv => {
            facts.emails = names::emails(&lines);
            facts.nationality = stated_nationality(&labelled);
            facts.residence_country = lines.iter().take(8).find_map(|line| countries::of_address(&line.raw)).map(str::to_owned);
            facts.degrees = degree::listed(&lines, season_starts);
            facts.employment = employment::listed(&lines, &degree::education_lines(&lines));
        }
        DocumentKind::VappFile => {
            facts.programmes = programme::programmes_named(&text::joined(&lines), context.programmes);
            facts.degrees = degree::listed(&lines, season_starts);
            facts.employment = employment::listed(&lines, &degree::education_lines(&lines));
        }
        DocumentKind::MotivationLetter | DocumentKind::RecommendationLetter => {
            facts.emails = names::emails(&lines);
            facts.programmes = programme::programmes_named(&text::joined(&lines), context.programmes);
        }
        DocumentKind::Diploma | DocumentKind::SuccessAttestation | DocumentKind::EnrolmentCertificate => {
            facts.degrees = degree::awarded(document, &lines, facts.birth_date);
            facts.academic_years = form::academic_years(&text::joined(&lines));
        }
        DocumentKind::Transcript => {
            facts.degrees = degree::prepared(document, &lines, &labelled);
            facts.academic_years = form::academic_years(&text::joined(&lines));
        }
        DocumentKind::EmploymentCertificate => facts.employment = employment::certified(&lines),
        DocumentKind::FundingCommitment => {
            facts.financing = funding(&lines);
            facts.programmes = programme::programmes_named(&text::joined(&lines), context.programmes);
        }
        _ => {}
    }
    facts
}

fn application_form(facts: &mut DocumentFacts, lines: &[Line], labelled: &[(Field, String)], context: &UnderstandingContext<'_>, season_starts: i32) {
    facts.nationality = stated_nationality(labelled);
    facts.residence_country = identity::residence(labelled);
    facts.emails = names::emails(lines);
    facts.programmes = form::programmes(lines, labelled, context);
    let form = form::facts(lines, labelled);
    facts.financing = form.financing;
    facts.degrees = form.last_degree.iter().filter_map(|words| degree::stated(words, season_starts)).collect();
    facts.form = Some(form);
}

fn stated_nationality(labelled: &[(Field, String)]) -> Option<String> {
    labelled.iter().filter(|(field, _)| *field == Field::Nationality).find_map(|(_, value)| countries::nationality(value)).map(str::to_owned)
}

/// Who commits to pay: the public employment service, or else an employer.
fn funding(lines: &[Line]) -> Option<crate::domain::document::Financing> {
    use crate::domain::document::Financing;
    let folded = text::folded(lines);
    let names = |wordings: &[&str]| wordings.iter().any(|wording| folded.contains(wording));
    if names(&["POLE EMPLOI", "FRANCE TRAVAIL", "DEMANDEUR DEMPLOI", "DEMANDEUSE DEMPLOI", "CONSEIL REGIONAL"]) {
        return Some(Financing::Jobseeker);
    }
    let employer =
        names(&["ENTREPRISE", "SOCIETE", "EMPLOYEUR", "SALARIE", "COMPANY", "EMPLOYER", "EMPLOYEE", "OPCO", "TRANSITIONS PRO", "SARL", "SIRET"]);
    employer.then_some(Financing::Company)
}

/// A text that announces new bank details and prints a valid IBAN other than the school's: the usual shape of an invoice fraud.
fn announces_foreign_iban(kind: DocumentKind, lines: &[Line], context: &UnderstandingContext<'_>) -> bool {
    if kind == DocumentKind::PaymentProof {
        return false;
    }
    foreign_iban_announced(&text::joined(lines), context.school_iban)
}

/// Whether a text (a document's or a mail's) announces bank details for the school that are not the school's.
pub fn foreign_iban_announced(text: &str, school_iban: &str) -> bool {
    let folded = folding::fold(text);
    let change = [
        "NOUVEL IBAN",
        "NOUVEAU RIB",
        "NOUVEAU COMPTE",
        "NOUVELLES COORDONNEES BANCAIRES",
        "CHANGEMENT DE COORDONNEES",
        "CHANGEMENT DE RIB",
        "CHANGEMENT DIBAN",
        "CHANGEMENT D IBAN",
        "COORDONNEES BANCAIRES ONT CHANGE",
        "IBAN A CHANGE",
        "NEW IBAN",
        "NEW BANK DETAILS",
        "NEW BANK ACCOUNT",
        "BANK DETAILS HAVE CHANGED",
        "CHANGED OUR BANK",
        "UPDATED BANK",
        "CHANGE OF BANK",
        "IBAN HAS CHANGED",
        "NE PLUS UTILISER",
        "NO LONGER USE",
    ];
    change.iter().any(|wording| folded.contains(wording)) && ibans(text).iter().any(|iban| iban != school_iban)
}

/// Valid IBANs (ISO 13616, check modulo 97) of a text, compact.
fn ibans(text: &str) -> Vec<String> {
    let compact: Vec<char> =
        text.chars().filter(|letter| letter.is_ascii_alphanumeric()).map(|letter| letter.to_ascii_uppercase()).take(20_000).collect();
    let mut found = Vec::new();
    for start in compact.windows(4).enumerate().filter(|(_, head)| matches!(head, [a, b, c, d] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit())).map(|(at, _)| at) {
        let Some(length) = compact.get(start..start + 2).and_then(iban_length) else { continue };
        if let Some(iban) = compact.get(start..start + length).filter(|iban| modulo_97_holds(iban)) {
            found.push(iban.iter().collect());
        }
    }
    found
}

/// Lengths of the SWIFT registry for the countries frauds come through.
fn iban_length(country: &[char]) -> Option<usize> {
    let code: String = country.iter().collect();
    Some(match code.as_str() {
        "BE" => 16,
        "DK" | "FI" | "NL" => 18,
        "AT" | "LU" | "LT" | "EE" => 20,
        "CH" | "HR" | "LV" | "LI" => 21,
        "DE" | "GB" | "IE" | "BG" | "GE" | "BH" | "ME" | "RS" => 22,
        "AE" | "IL" => 23,
        "ES" | "SE" | "CZ" | "SK" | "RO" | "TN" | "SA" | "PK" | "MD" => 24,
        "PT" | "NO" => {
            if code == "NO" {
                15
            } else {
                25
            }
        }
        "TR" | "IS" => 26,
        "FR" | "IT" | "GR" | "MC" | "SM" | "MR" => 27,
        "PL" | "HU" | "CY" | "LB" | "AL" | "AZ" | "MA" => 28,
        "UA" | "QA" | "JO" | "KW" | "EG" => 29,
        "MT" | "MU" => 31,
        _ => return None,
    })
}

fn modulo_97_holds(iban: &[char]) -> bool {
    let (head, body) = iban.split_at(4.min(iban.len()));
    let remainder = body
        .iter()
        .chain(head)
        .filter_map(|letter| letter.to_digit(36))
        .fold(0_u32, |rest, value| if value >= 10 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_iban_for_the_school_is_noticed() {
        let school = "FR7610071590000000102433444";
        assert!(foreign_iban_announced("Attention : nouvel IBAN de l'école DE89 3704 0044 0532 0130 00", school));
        assert!(!foreign_iban_announced("Attention : nouvel IBAN FR76 1007 1590 0000 0010 2433 444", school));
        assert!(!foreign_iban_announced("Mon IBAN : DE89 3704 0044 0532 0130 00", school));
    }

    fn reading(kind: DocumentKind) -> DocumentReading {
        DocumentReading {
            kind,
            pages: vec![1],
            languages: vec![crate::domain::language::Language::FRENCH],
            translation: None,
            certainty: 0.9,
            runner_up: None,
            language_certainty: 0.9,
            evidence: Vec::new(),
            facts: DocumentFacts::default(),
        }
    }

    fn read(kind: DocumentKind, text: &str) -> DocumentFacts {
        use crate::domain::document::TextSource;
        let page = PageText {
            number: 1,
            text: text.to_owned(),
            source: TextSource::Layer,
            quality: 1.0,
            width: 0,
            height: 0,
            ink: 0.0,
            portrait: 0.0,
            unread: false,
            unread_script: None,
        };
        let context = UnderstandingContext { file_name: "", programmes: &[], season: "2024-2025", school_iban: "FR7610071590000000102433444" };
        extract(&reading(kind), &[&page], &context)
    }

    #[test]
    fn an_english_form_of_another_layout_is_read() {
        let facts = read(
            DocumentKind::ApplicationForm,
            "Application form 2024-2025\nFamily name\nOKAFOR\nGiven names\nChidi Emeka\nDate of birth\n4 March 1999\nNationality\nNigerian\nCurrent address\n12 Marina Road, Lagos, Nigeria\nHighest degree obtained\nBachelor of Engineering (2021)\nFunding\n[ ] Company  [x] Self-funded\nSignature: C. Okafor, 12/02/2024",
        );
        assert_eq!(facts.names.first().map(|name| name.full.as_str()), Some("Chidi Emeka OKAFOR"));
        assert_eq!(facts.birth_date, chrono::NaiveDate::from_ymd_opt(1999, 3, 4));
        assert_eq!((facts.nationality.as_deref(), facts.residence_country.as_deref()), (Some("NGA"), Some("NGA")));
        assert_eq!(facts.financing, Some(crate::domain::document::Financing::Personal));
        assert_eq!(facts.degrees.first().and_then(|degree| degree.level), Some(crate::domain::document::DegreeLevel::Bac3));
        let form = facts.form.unwrap_or_default();
        assert_eq!((form.filled, form.signed, form.season.as_deref()), (Some(true), Some(true), Some("2024-2025")));
    }

    #[test]
    fn an_empty_form_is_recognised() {
        let facts = read(
            DocumentKind::ApplicationForm,
            "Fiche de candidature\nNom : ............\nPrénom : ............\nDate de naissance : ....../....../......\nNationalité : ............\nSignature :",
        );
        let form = facts.form.unwrap_or_default();
        assert_eq!((form.filled, form.signed), (Some(false), None));
        assert!(facts.names.is_empty());
    }

    #[test]
    fn a_french_engineering_diploma_is_one() {
        use crate::domain::document::{DegreeFamily, DegreeLevel};
        let facts = read(
            DocumentKind::Diploma,
            "République française\nÉcole nationale d'ingénieurs du Test\nDiplôme d'ingénieur\nvu l'habilitation de la Commission des titres d'ingénieur\ndécerné à Mme MOREL Jeanne, née le 4 mars 1999 à Rabat\nFait à Lille, le 5 juillet 2022",
        );
        let degree = facts.degrees.first().expect("a degree");
        assert_eq!((degree.family, degree.level, degree.country.as_deref()), (DegreeFamily::CtiEngineer, Some(DegreeLevel::Bac5), Some("FRA")));
        assert_eq!(degree.awarded_on, chrono::NaiveDate::from_ymd_opt(2022, 7, 5));
        assert_eq!(facts.names.first().map(|name| (name.given.as_str(), name.family.as_str())), Some(("Jeanne", "MOREL")));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_makes_extraction_panic(text in "(?s)[\\PC\n<0-9A-Z/:.☒«年]{0,300}") {
            for kind in DocumentKind::ALL {
                read(kind, &text);
            }
        }
    }
}
