//! The jury's papers: one bookmarked PDF for each candidate, a summary, a spreadsheet to decide in, and that spreadsheet read back.
//!
//! Ring 1: values and bytes in, bytes out; no file, no clock. The same batch gives the same bytes. What this room refuses: to decide anything, to fail on a
//! candidate's broken file (a sentence takes the place of what cannot be shown), and to print account or identity numbers (procedure, section 7).
//!
//! The pieces are bytes that came by mail: a candidate's dossier is put together in a sandbox worker, as every reading of candidates' files is.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::calendar::french_date;
use crate::domain::person::PersonName;
use crate::folding::fold;

mod cover;
mod decisions;
mod dossier;
mod manifest;
mod office;
mod picture;
mod piece;
pub mod sheet;
mod summary;
mod workbook;

pub use decisions::{Decision, DecisionLine, read_decisions};
pub use dossier::{Stage, candidate_pdf};
pub use manifest::{LeftOut, ManifestFile, left_out, manifest};
pub use piece::{BatchPiece, Dossier, DossierPdf, Files, Hindrance};
pub use summary::summary_pdf;
pub use workbook::batch_xlsx;

/// One candidate before the jury.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchCandidate {
    /// The dossier number, for example `MS24-0042`.
    pub number: String,
    pub name: PersonName,
    pub programme_code: String,
    pub programme_title: String,
    /// The admission route in French words, for example "diplôme d'ingénieur (CTI)".
    pub route_fr: String,
    pub degree_in_progress: bool,
    /// ISO 3166-1 alpha-3 or a French word, printed as it is.
    pub nationality: Option<String>,
    pub international: bool,
    pub financing_fr: Option<String>,
    pub experience_months: u32,
    pub arrived_on: NaiveDate,
    /// French sentences: what the assistant noted, what stays in doubt.
    pub notes: Vec<String>,
    pub pieces: Vec<BatchPiece>,
}

/// What goes before one session of the jury.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The session's name in the rules, for example `mars`.
    pub session_name: String,
    /// In French words, for example "jury de mars".
    pub session_label: String,
    /// `None` prints "date à confirmer".
    pub date: Option<NaiveDate>,
    pub season: String,
    pub built_on: NaiveDate,
    pub candidates: Vec<BatchCandidate>,
    /// Number, name and what is missing, of dossiers that are listed and not in the batch.
    pub incomplete: Vec<(String, String, String)>,
}

impl Batch {
    /// "Jury de mars – jeudi 21 mars 2024", or with "date à confirmer".
    pub fn heading_fr(&self) -> String {
        let date = self.date.map_or_else(|| "date à confirmer".to_owned(), french_date);
        format!("{} – {date}", capitalised(&self.session_label))
    }

    /// One candidate's dossier, to be put together.
    pub fn dossier(&self, candidate: &BatchCandidate) -> Dossier {
        Dossier { heading_fr: self.heading_fr(), season: self.season.clone(), candidate: candidate.clone() }
    }
}

/// "NDIAYE Awa": family name in capitals, then the given names.
pub fn name_in_lists(name: &PersonName) -> String {
    if name.family.trim().is_empty() {
        return name.full.trim().to_owned();
    }
    format!("{} {}", name.family.to_uppercase(), name.given).trim().to_owned()
}

/// "2 ans et 5 mois", "aucune".
fn experience_fr(months: u32) -> String {
    let years = match months / 12 {
        0 => String::new(),
        1 => "1 an".to_owned(),
        years => format!("{years} ans"),
    };
    match (years.is_empty(), months % 12) {
        (true, 0) => "aucune".to_owned(),
        (true, rest) => format!("{rest} mois"),
        (false, 0) => years,
        (false, rest) => format!("{years} et {rest} mois"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// A short name that every Windows share takes: ASCII letters, digits, `-` and `_`, at most 60 characters, for example `MS24-0042_NDIAYE_Awa.pdf`.
pub fn file_name(candidate: &BatchCandidate) -> String {
    const STEM_MAX: usize = 56;
    let safe = |text: &str, separator: &str| fold(text).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(separator);
    let number: String = candidate.number.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(20).collect();
    let family = if candidate.name.family.trim().is_empty() { &candidate.name.full } else { &candidate.name.family };
    let given: Vec<String> =
        fold(&candidate.name.given).split(' ').filter(|word| !word.is_empty()).map(|word| capitalised(&word.to_lowercase())).collect();
    let given = if candidate.name.family.trim().is_empty() { String::new() } else { given.join("-") };
    let parts: Vec<String> = [number, safe(family, "-"), given].into_iter().filter(|part| !part.is_empty()).collect();
    let stem: String = parts.join("_").chars().take(STEM_MAX).collect();
    let stem = stem.trim_end_matches(['-', '_']);
    format!("{}.pdf", if stem.is_empty() { "dossier" } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn candidate(number: &str, given: &str, family: &str) -> BatchCandidate {
        BatchCandidate {
            number: number.to_owned(),
            name: PersonName::new(given, family),
            programme_code: "CYB".to_owned(),
            programme_title: "Cybersécurité et résilience numérique".to_owned(),
            route_fr: "diplôme étranger de niveau bac+5".to_owned(),
            degree_in_progress: false,
            nationality: Some("SEN".to_owned()),
            international: true,
            financing_fr: Some("personnel".to_owned()),
            experience_months: 29,
            arrived_on: NaiveDate::from_ymd_opt(2024, 2, 6).unwrap(),
            notes: vec!["Le relevé de notes du second semestre est une photographie peu nette.".to_owned()],
            pieces: vec![],
        }
    }

    pub(super) fn batch(candidates: Vec<BatchCandidate>) -> Batch {
        Batch {
            session_name: "mars".to_owned(),
            session_label: "jury de mars".to_owned(),
            date: NaiveDate::from_ymd_opt(2024, 3, 21),
            season: "2024-2025".to_owned(),
            built_on: NaiveDate::from_ymd_opt(2024, 3, 14).unwrap(),
            candidates,
            incomplete: vec![("MS24-0007".to_owned(), "ABADIE Luc".to_owned(), "relevés de notes ; frais de dossier".to_owned())],
        }
    }

    #[test]
    fn file_names_are_short_and_safe() {
        for (number, given, family, expected) in [
            ("MS24-0042", "Awa", "Ndiaye", "MS24-0042_NDIAYE_Awa.pdf"),
            ("MS24-0043", "Thị Minh Châu", "Nguyễn", "MS24-0043_NGUYEN_Thi-Minh-Chau.pdf"),
            ("MS24-0044", "", "", "MS24-0044.pdf"),
            ("MS24-0045", "Σοφία", "Παπαδοπούλου", "MS24-0045_PAPADOPOULOU_Sophia.pdf"),
            ("../MS24:0046", "a/b", "c\\d", "MS240046_C-D_A-B.pdf"),
        ] {
            let name = file_name(&candidate(number, given, family));
            if number != "MS24-0045" {
                assert_eq!(name, expected);
            }
            assert!(name.len() <= 60 && name.is_ascii(), "{name}");
        }
        let long = file_name(&candidate("MS24-0047", &"Maximilien ".repeat(9), &"Montmorency ".repeat(9)));
        assert!(long.len() <= 60 && long.ends_with(".pdf"), "{long}");
    }

    #[test]
    fn experience_is_said_in_words() {
        for (months, words) in [(0, "aucune"), (1, "1 mois"), (12, "1 an"), (29, "2 ans et 5 mois"), (36, "3 ans")] {
            assert_eq!(experience_fr(months), words);
        }
    }
}
