//! The dossier: everything known about one candidate's application, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::document::{DocumentKind, FileReading, Financing};
use crate::domain::finding::Reason;
use crate::domain::language::Language;
use crate::domain::letter::{ArchiveProblem, LetterKind, LetterLanguage};
use crate::domain::mail::MailClass;
use crate::domain::money::Cents;
use crate::domain::payment::FeeState;
use crate::domain::person::PersonName;
use crate::domain::route::Route;

/// Everything known about a dossier, oldest first. The plan looks at nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct DossierFacts {
    pub number: String,
    /// ISO 11649, compact.
    pub reference: String,
    pub mails: Vec<MailFacts>,
    pub files: Vec<FileFacts>,
    pub fee: FeeFacts,
    pub letters: Vec<LetterFacts>,
    pub corrections: Corrections,
    pub decision: Option<DecisionFacts>,
    /// The session whose frozen batch holds this dossier.
    pub batched_for: Option<String>,
    /// When a person of the school last wrote to this candidate by hand.
    pub answered_by_hand_at: Option<DateTime<Utc>>,
}

/// A mail of the candidate's.
#[derive(Debug, Clone, PartialEq)]
pub struct MailFacts {
    pub mail_id: i64,
    /// Without angle brackets.
    pub message_id: Option<String>,
    pub references: Vec<String>,
    pub arrived_at: DateTime<Utc>,
    pub class: MailClass,
    /// An automatic letter may answer it, and none has.
    pub awaits_answer: bool,
    pub from_name: Option<String>,
    pub from_address: String,
    pub subject: String,
    pub own_text: String,
    /// Programme codes that subject and text name.
    pub programmes: Vec<String>,
    pub has_links: bool,
    /// It announces another IBAN for the school: fraud is possible.
    pub names_foreign_iban: bool,
    pub archive_problems: Vec<ArchiveProblem>,
    /// Its subject, its words or its files' names say that more mails belong to it.
    pub is_part: bool,
    pub n_files: u32,
}

/// A file of the candidate's.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFacts {
    pub mail_id: i64,
    pub name: String,
    pub sha256: String,
    pub reading: FileReading,
}

/// What the account says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeFacts {
    pub state: FeeState,
    pub credited: Cents,
    /// Booking day of the latest credit.
    pub booked_on: Option<NaiveDate>,
}

impl Default for FeeFacts {
    fn default() -> FeeFacts {
        FeeFacts { state: FeeState::Awaited, credited: Cents(0), booked_on: None }
    }
}

/// A letter that was queued for this dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterFacts {
    pub letter_key: String,
    pub kind: LetterKind,
    pub queued_at: DateTime<Utc>,
    pub cancelled: bool,
    /// It came back for good.
    pub bounced_hard: bool,
}

/// What a person decided; it wins over everything inferred.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections {
    /// By SHA-256 and first page.
    pub kinds: BTreeMap<(String, u32), DocumentKind>,
    pub requirements: BTreeMap<DocumentKind, RequirementWord>,
    /// Documents, by SHA-256 and first page, that need no translation.
    pub translations_waived: BTreeSet<(String, u32)>,
    /// Doubts that a person has looked at and found well: the reason, and the SHA-256 it is about or nothing.
    pub checked: BTreeSet<(String, String)>,
    pub route: Option<Route>,
    pub programme: Option<String>,
    pub degree_in_progress: Option<bool>,
    pub international: Option<bool>,
    pub name: Option<PersonName>,
    pub language: Option<LetterLanguage>,
    pub fee_accepted: bool,
    pub withdrawn: bool,
    /// The administrative registration is done.
    pub registered: bool,
    /// Something is contested: nothing is purged meanwhile.
    pub disputed: bool,
    pub interview: Option<InterviewFacts>,
    /// The assistant took this dossier's letters into her own hands.
    pub letters_off: bool,
}

/// An interview that a person fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterviewFacts {
    /// Paris civil time.
    pub at: NaiveDateTime,
    pub minutes: u32,
    pub place_or_link: String,
    /// When somebody fixed it: what is fixed anew is proposed anew.
    pub fixed_at: DateTime<Utc>,
}

impl InterviewFacts {
    /// `2024-03-18T14:30 30 https://visio.example.org/salle-12`, as a correction keeps it.
    pub fn parse(text: &str, fixed_at: DateTime<Utc>) -> Option<InterviewFacts> {
        let mut words = text.splitn(3, ' ');
        let at = NaiveDateTime::parse_from_str(words.next()?, "%Y-%m-%dT%H:%M").ok()?;
        Some(InterviewFacts { at, minutes: words.next()?.parse().ok()?, place_or_link: words.next()?.to_owned(), fixed_at })
    }

    pub fn written(&self) -> String {
        format!("{} {} {}", self.at.format("%Y-%m-%dT%H:%M"), self.minutes, self.place_or_link)
    }
}

/// The assistant's word on one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementWord {
    Present,
    Missing,
    Waived,
}

/// A decision of the jury, approved by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionFacts {
    pub session: String,
    pub kind: LetterKind,
    pub comment: Option<String>,
    pub approved: bool,
}

/// How the first submission stands to the deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timeliness {
    InTime,
    /// Between the announced and the last instant: treated as in time, confirmed by the assistant.
    GreyZone,
    /// An international candidate after the international date: the next jury, and visa time is short.
    AfterInternationalDate,
    Late,
}

/// Where a dossier stands (*étape*); mostly derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Incomplete,
    Complete,
    Batched,
    Notified,
    Withdrawn,
}

/// How one document counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    Accepted,
    /// A person must look.
    Uncertain,
    /// Not on the checklist: kept and shown.
    Kept,
}

/// One document of the dossier as the checklist sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentState {
    pub kind: DocumentKind,
    pub pages: Vec<u32>,
    /// Number of pages of the whole file.
    pub file_pages: u32,
    pub sha256: String,
    pub file_name: String,
    pub media_type: String,
    pub languages: Vec<Language>,
    pub is_translation: bool,
    pub sworn: Option<bool>,
    /// SHA-256 of the file that holds the original.
    pub translation_of: Option<String>,
    pub status: DocumentStatus,
    pub certainty: f32,
    pub evidence: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissingTranslation {
    pub kind: DocumentKind,
    pub sha256: String,
    pub file_name: String,
    pub language: Language,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableFile {
    pub sha256: String,
    pub file_name: String,
    pub reason: Reason,
    /// What its name speaks of.
    pub name_hint: Option<DocumentKind>,
}

/// Something a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToCheck {
    pub requirement: DocumentKind,
    pub sha256: Option<String>,
    pub file_name: Option<String>,
    pub reason: Reason,
}

/// What is true of a dossier now. Derived, recomputed, never edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DossierState {
    pub number: String,
    pub reference: String,
    /// As letters print it: first and last name; empty while nobody knows.
    pub name: String,
    pub person: Option<PersonName>,
    pub birth_date: Option<NaiveDate>,
    pub nationality: Option<String>,
    pub addresses: Vec<String>,
    pub language: LetterLanguage,
    pub programme: Option<String>,
    pub route: Option<Route>,
    /// Why route, programme and the rest were inferred so, in French.
    pub basis: Vec<String>,
    pub degree_in_progress: Option<bool>,
    pub international: Option<bool>,
    pub financing: Option<Financing>,
    pub experience_months: u32,
    pub documents: Vec<DocumentState>,
    pub missing: Vec<DocumentKind>,
    /// Of `missing`, those that do not keep the dossier from the jury.
    pub missing_not_blocking: Vec<DocumentKind>,
    pub missing_translations: Vec<MissingTranslation>,
    pub unreadable: Vec<UnreadableFile>,
    pub to_check: Vec<ToCheck>,
    pub fee_state: FeeState,
    pub fee_credited: Cents,
    pub documents_complete: bool,
    pub complete: bool,
    pub timeliness: Timeliness,
    pub stage: Stage,
    pub jury_session: Option<String>,
    pub first_arrival: DateTime<Utc>,
    pub last_arrival: DateTime<Utc>,
}
