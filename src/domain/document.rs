//! Supporting documents: what kinds there are and what a reader found in one file.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::finding::FileFinding;
use crate::domain::language::Language;
use crate::domain::person::PersonName;

/// The nature of a document (*nature de la pièce*), as listed in the rules of the procedure.
///
/// The slugs are a contract: they stand in the database, in the rules file and in every `--json` output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    ApplicationForm,
    Cv,
    MotivationLetter,
    IdentityDocument,
    Photo,
    Diploma,
    SuccessAttestation,
    EnrolmentCertificate,
    Transcript,
    EmploymentCertificate,
    VappFile,
    FundingCommitment,
    PaymentProof,
    LanguageCertificate,
    RecommendationLetter,
    ResidencePermit,
    Other,
}

impl DocumentKind {
    /// Every kind, in the order in which a dossier is laid out for the jury.
    pub const ALL: [DocumentKind; 17] = [
        DocumentKind::ApplicationForm,
        DocumentKind::Cv,
        DocumentKind::MotivationLetter,
        DocumentKind::IdentityDocument,
        DocumentKind::Photo,
        DocumentKind::Diploma,
        DocumentKind::SuccessAttestation,
        DocumentKind::EnrolmentCertificate,
        DocumentKind::Transcript,
        DocumentKind::EmploymentCertificate,
        DocumentKind::VappFile,
        DocumentKind::FundingCommitment,
        DocumentKind::PaymentProof,
        DocumentKind::LanguageCertificate,
        DocumentKind::RecommendationLetter,
        DocumentKind::ResidencePermit,
        DocumentKind::Other,
    ];

    /// The stable machine name, for example `application_form`.
    pub fn slug(self) -> &'static str {
        match self {
            DocumentKind::ApplicationForm => "application_form",
            DocumentKind::Cv => "cv",
            DocumentKind::MotivationLetter => "motivation_letter",
            DocumentKind::IdentityDocument => "identity_document",
            DocumentKind::Photo => "photo",
            DocumentKind::Diploma => "diploma",
            DocumentKind::SuccessAttestation => "success_attestation",
            DocumentKind::EnrolmentCertificate => "enrolment_certificate",
            DocumentKind::Transcript => "transcript",
            DocumentKind::EmploymentCertificate => "employment_certificate",
            DocumentKind::VappFile => "vapp_file",
            DocumentKind::FundingCommitment => "funding_commitment",
            DocumentKind::PaymentProof => "payment_proof",
            DocumentKind::LanguageCertificate => "language_certificate",
            DocumentKind::RecommendationLetter => "recommendation_letter",
            DocumentKind::ResidencePermit => "residence_permit",
            DocumentKind::Other => "other",
        }
    }

    /// The kind of that slug, if there is one.
    pub fn from_slug(slug: &str) -> Option<DocumentKind> {
        DocumentKind::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// Whether a document of this kind in a language that the school does not read must come with a translation.
    pub fn needs_translation(self) -> bool {
        matches!(
            self,
            DocumentKind::Diploma
                | DocumentKind::SuccessAttestation
                | DocumentKind::EnrolmentCertificate
                | DocumentKind::Transcript
                | DocumentKind::EmploymentCertificate
        )
    }
}

/// Where the text of a page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// The file itself holds the text (PDF text layer, office file, plain text).
    Layer,
    /// Read from the picture by an OCR engine.
    Ocr,
    /// No text: a blank page, a portrait, a page nobody read, or no engine installed.
    None,
}

/// What one page looks like and says, before anybody asks what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageText {
    /// 1-based page number in the file.
    pub number: u32,
    /// The text in reading order, lines separated by `\n`.
    pub text: String,
    pub source: TextSource,
    /// How far the text can be trusted, 0 to 1: 1 for a clean text layer, the engine's mean word confidence for OCR, 0 for none.
    pub quality: f32,
    /// Width and height in points (PDF) or pixels (pictures); 0 when unknown (office files).
    pub width: u32,
    pub height: u32,
    /// Share of the page's area that is inked (darker than paper), 0 to 1.
    pub ink: f32,
    /// Likelihood, 0 to 1, that the page is mostly one photographic portrait (continuous tones, hardly any text).
    pub portrait: f32,
    /// Whether the page was a picture that should have been read but was not (no OCR engine, time-out, engine crash).
    pub unread: bool,
    /// The language of a script that was recognised on the page but that no installed language pack can read.
    #[serde(default)]
    pub unread_script: Option<Language>,
}

/// What a file yields when it is opened: the costly, cacheable half of reading. Depends on the bytes alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawReading {
    /// Lower-case hexadecimal SHA-256 of the file.
    pub sha256: String,
    /// By content, never by name, for example `application/pdf`.
    pub media_type: String,
    pub pages: Vec<PageText>,
    /// False when nothing could be opened: empty, truncated, encrypted, of a format that nothing here reads.
    pub readable: bool,
    pub findings: Vec<FileFinding>,
}

/// A translation, and into what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    pub target: Language,
    /// By a sworn translator (*traducteur assermenté*): `None` when nothing tells.
    pub sworn: Option<bool>,
}

/// One document recognised in a file: a run of pages with one nature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentReading {
    pub kind: DocumentKind,
    /// 1-based page numbers in the file, ascending and contiguous. Files without pages (docx, txt) use `[1]`.
    pub pages: Vec<u32>,
    /// The languages the document is written in, the main one first; empty when it has too little text to tell.
    pub languages: Vec<Language>,
    /// Set when this document is itself a translation of another.
    pub translation: Option<Translation>,
    /// Calibrated probability, 0 to 1, that `kind` is right.
    pub certainty: f32,
    /// The next best kind and its probability, when there is one worth naming.
    pub runner_up: Option<(DocumentKind, f32)>,
    /// Calibrated probability, 0 to 1, that `languages` and `translation` are right.
    pub language_certainty: f32,
    /// The words and signs that decided, for a person to read.
    pub evidence: Vec<String>,
    pub facts: DocumentFacts,
}

/// The level of a degree in the European sense: years after the baccalauréat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DegreeLevel {
    BelowBac3,
    Bac3,
    Bac4,
    Bac5,
    Doctorate,
}

/// The family of a degree, as far as the admission routes tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DegreeFamily {
    /// *Diplôme d'ingénieur* habilitated by the CTI.
    CtiEngineer,
    /// A French national master (M2, DEA, DESS).
    FrenchMaster,
    /// A title registered at RNCP level 7 that is neither of the above.
    Rncp7,
    /// French M1 or maîtrise.
    FrenchM1,
    /// French licence, licence professionnelle, bachelor, BUT.
    FrenchBachelor,
    /// Any degree of a foreign institution; its level stands in `DegreeFact::level`.
    Foreign,
    Unknown,
}

/// A degree that a document proves or mentions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DegreeFact {
    pub family: DegreeFamily,
    pub level: Option<DegreeLevel>,
    /// ISO 3166-1 alpha-3 of the awarding institution's country, when it can be told.
    pub country: Option<String>,
    /// The title as printed, shortened to 200 characters.
    pub title: String,
    /// Whether it is still being prepared according to this document.
    pub in_progress: bool,
    pub awarded_on: Option<NaiveDate>,
}

/// A stretch of work that a document proves or mentions. Ends are inclusive; an open end means "to this day".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmploymentPeriod {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    /// Internships and apprenticeships do not count as experience.
    pub internship: bool,
}

/// How the studies are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Financing {
    Personal,
    Jobseeker,
    Company,
}

/// What the application form says beyond the facts every document may hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FormFacts {
    /// `Some(false)` when the form is recognisably empty.
    pub filled: Option<bool>,
    pub signed: Option<bool>,
    /// The season printed on it, for example `2024-2025`, when one is.
    pub season: Option<String>,
    pub financing: Option<Financing>,
    /// The words in which the last degree is stated.
    pub last_degree: Option<String>,
}

/// Facts read out of one document. Everything is optional: absence means "not seen", never "not so".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DocumentFacts {
    /// Whom the document is about, as printed (Latin and native script may both occur).
    pub names: Vec<PersonName>,
    pub birth_date: Option<NaiveDate>,
    /// ISO 3166-1 alpha-3 codes, of nationality.
    pub nationality: Option<String>,
    /// ISO 3166-1 alpha-3, from the address.
    pub residence_country: Option<String>,
    pub expires_on: Option<NaiveDate>,
    /// True when the identity facts come from a machine-readable zone whose check digits hold.
    pub mrz_checked: bool,
    pub issued_on: Option<NaiveDate>,
    pub emails: Vec<String>,
    /// Programme codes of the catalogue that the text names, best first.
    pub programmes: Vec<String>,
    pub degrees: Vec<DegreeFact>,
    /// Academic years covered, by the year they begin in (2022 for 2022-2023).
    pub academic_years: Vec<i32>,
    pub employment: Vec<EmploymentPeriod>,
    pub financing: Option<Financing>,
    pub form: Option<FormFacts>,
    /// An IBAN that the text presents as the school's but that is not the school's: a sign of fraud.
    pub foreign_iban_for_school: bool,
}

/// The understood half of reading: what documents a file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileReading {
    pub sha256: String,
    pub media_type: String,
    /// Number of pages, 1 for files without pages.
    pub pages: u32,
    pub readable: bool,
    pub findings: Vec<FileFinding>,
    pub documents: Vec<DocumentReading>,
    /// What the file's name speaks of: no evidence beside a page that speaks for itself, and a doubt where a page hardly does.
    pub name_hint: Option<DocumentKind>,
}
