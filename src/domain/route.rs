//! The admission route (*voie d'admission*, notice 1.1): which line of the notice a candidate's degrees and years of work fall under.
//!
//! The route is inferred from the pieces and shown with its evidence; it refuses to guess. *Undetermined* sends the file to a person, a
//! wrong route would ask a candidate for pieces that the school does not want. The last word is the assistant's.

mod by_level;
mod evidence;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::document::{DegreeLevel, DocumentFacts, DocumentKind};
use by_level::{bac3_route, bac4_route, bac5_route, vapp_route};
use evidence::{Circumstances, Claim};

pub use evidence::experience_months;

/// The routes of notice 1.1, in its order. The slugs are a contract: database, rules and `--json` output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Route {
    /// *Diplôme d'ingénieur habilité par la CTI.*
    #[serde(rename = "cti_engineer")]
    CtiEngineer,
    /// *Diplômes universitaires de niveau Master M2.*
    #[serde(rename = "master_m2")]
    MasterM2,
    /// *Diplôme RNCP niveau 7.*
    #[serde(rename = "rncp7")]
    Rncp7,
    /// *M1 ou maîtrise et trois années d'expérience professionnelle.*
    #[serde(rename = "m1_plus_3y_experience")]
    M1Plus3yExperience,
    /// *Diplômes étrangers de niveau équivalent (bac+5).*
    #[serde(rename = "foreign_bac5")]
    ForeignBac5,
    /// *Bac+4 sans expérience professionnelle*, by derogation.
    #[serde(rename = "derogatory_bac4")]
    DerogatoryBac4,
    /// *Bac+3 avec 3 ans d'expérience*, by derogation.
    #[serde(rename = "derogatory_bac3_3y")]
    DerogatoryBac3Plus3y,
}

impl Route {
    /// Every route, in the notice's order.
    pub const ALL: [Route; 7] = [
        Route::CtiEngineer,
        Route::MasterM2,
        Route::Rncp7,
        Route::M1Plus3yExperience,
        Route::ForeignBac5,
        Route::DerogatoryBac4,
        Route::DerogatoryBac3Plus3y,
    ];

    /// The stable machine name, for example `derogatory_bac3_3y`.
    pub fn slug(self) -> &'static str {
        match self {
            Route::CtiEngineer => "cti_engineer",
            Route::MasterM2 => "master_m2",
            Route::Rncp7 => "rncp7",
            Route::M1Plus3yExperience => "m1_plus_3y_experience",
            Route::ForeignBac5 => "foreign_bac5",
            Route::DerogatoryBac4 => "derogatory_bac4",
            Route::DerogatoryBac3Plus3y => "derogatory_bac3_3y",
        }
    }

    /// The route of that slug, if there is one.
    pub fn from_slug(slug: &str) -> Option<Route> {
        Route::ALL.into_iter().find(|route| route.slug() == slug)
    }

    /// Whether the route asks for three years of professional experience.
    pub fn needs_experience(self) -> bool {
        matches!(self, Route::M1Plus3yExperience | Route::DerogatoryBac3Plus3y)
    }

    /// Whether the route is open *à titre dérogatoire* only, with a VAPP file.
    pub fn is_derogatory(self) -> bool {
        matches!(self, Route::DerogatoryBac4 | Route::DerogatoryBac3Plus3y)
    }
}

/// One document of a dossier, as far as its facts are trusted.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub kind: DocumentKind,
    /// Calibrated probability, 0 to 1, that `kind` is right.
    pub certainty: f32,
    pub is_translation: bool,
    pub facts: &'a DocumentFacts,
}

/// What the pieces say about the route.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RouteInference {
    /// `None` when a person must decide.
    pub route: Option<Route>,
    /// Short French phrases that carry the evidence, for the assistant.
    pub basis: Vec<String>,
    /// Whether the degree that opens the route is still being prepared; `None` when nothing tells.
    pub degree_in_progress: Option<bool>,
    /// Months of work proved by employment certificates, to the start of training; overlaps once, internships out.
    pub experience_months: u32,
    /// No line of the notice seems to fit: the fee is not asked for before the assistant has looked.
    pub route_seems_impossible: bool,
}

/// Pieces recognised with less than this are not listened to.
const CERTAINTY_LISTENED_TO: f32 = 0.35;

/// Infers the route. Work that begins after `today` is a plan and is left out; all other work counts up to `training_starts`.
pub fn infer(pieces: &[Piece<'_>], training_starts: NaiveDate, today: NaiveDate, experience_required_months: u32) -> RouteInference {
    let heard: Vec<Piece<'_>> = pieces.iter().copied().filter(|piece| piece.certainty >= CERTAINTY_LISTENED_TO).collect();
    let claims = evidence::claims(&heard);
    let circumstances = evidence::circumstances(&heard, training_starts, today, experience_required_months);
    let mut inference = RouteInference { experience_months: circumstances.proved_months, ..RouteInference::default() };
    let top = claims.iter().filter_map(|claim| claim.degree.level).max();
    inference.degree_in_progress = evidence::in_progress(&heard, &claims, top, training_starts);
    describe(&mut inference.basis, &claims, top, &circumstances);
    match top {
        Some(DegreeLevel::Bac5 | DegreeLevel::Doctorate) => inference.route = bac5_route(&claims, &circumstances, &mut inference.basis),
        Some(DegreeLevel::Bac4) => inference.route = bac4_route(&circumstances, &mut inference.basis),
        Some(DegreeLevel::Bac3) => bac3_route(&claims, &circumstances, &mut inference),
        Some(DegreeLevel::BelowBac3) => inference.route_seems_impossible = !circumstances.vapp && inference.degree_in_progress != Some(true),
        None => inference.route = vapp_route(&circumstances, &mut inference.basis),
    }
    inference
}

fn describe(basis: &mut Vec<String>, claims: &[Claim<'_>], top: Option<DegreeLevel>, circumstances: &Circumstances<'_>) {
    let mut heard: Vec<&Claim<'_>> = claims.iter().filter(|claim| claim.degree.level.is_some() && claim.degree.level == top).collect();
    heard.sort_by_key(|claim| std::cmp::Reverse(claim.weight));
    let mut kinds = BTreeSet::new();
    for claim in heard.into_iter().filter(|claim| kinds.insert(claim.kind)).take(3) {
        basis.push(format!("{}\u{a0}: «\u{a0}{}\u{a0}»", french_kind(claim.kind), claim.degree.title));
    }
    if circumstances.proved_months > 0 {
        basis.push(format!("{} mois d'emploi attestés", circumstances.proved_months));
    } else if circumstances.told_months > 0 {
        basis.push(format!("{} mois d'emploi déclarés, non attestés", circumstances.told_months));
    }
    if circumstances.vapp {
        basis.push("dossier VAPP présent".to_owned());
    }
}

/// What the assistant calls the piece that a degree was read on.
fn french_kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Diploma => "diplôme",
        DocumentKind::SuccessAttestation => "attestation de réussite",
        DocumentKind::ApplicationForm => "formulaire",
        DocumentKind::EnrolmentCertificate => "certificat de scolarité",
        DocumentKind::Transcript => "relevé de notes",
        DocumentKind::VappFile => "dossier VAPP",
        DocumentKind::Cv => "CV",
        _ => "autre pièce",
    }
}
