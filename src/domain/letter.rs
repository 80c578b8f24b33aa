//! Letters: what is due to whom, as closed values. Words are chosen in `letters`, decisions in `plan`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::document::DocumentKind;
use crate::domain::finding::Reason;
use crate::domain::language::Language;
use crate::domain::money::Cents;

/// The language of correspondence with a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterLanguage {
    #[serde(rename = "fr")]
    French,
    #[serde(rename = "en")]
    English,
}

impl LetterLanguage {
    pub fn code(self) -> &'static str {
        match self {
            LetterLanguage::French => "fr",
            LetterLanguage::English => "en",
        }
    }
}

/// Every kind of letter the program writes (*courrier type*). Kinds addressed to staff begin with `digest`, `batch` or `staff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// First answer: it arrived, what was read, what is missing, how to pay.
    Acknowledgement,
    /// Answer to a supplement: what changed, what is still missing.
    SupplementReceived,
    /// Nothing could be opened: what to do.
    ArchiveProblem,
    FeeReceived,
    FeeShort,
    /// Documents complete and fee credited.
    FileComplete,
    /// Before a deadline: what is still missing.
    Reminder,
    InterviewInvitation,
    DecisionAdmitted,
    DecisionAdmittedSubjectToDegree,
    DecisionWaitingList,
    DecisionRefused,
    RegistrationReminder,
    WithdrawalNoted,
    /// One neutral sentence to a sender whose mail cannot be parsed.
    MailUnreadable,
    /// To the assistant.
    DigestDaily,
    /// To the jury.
    BatchAnnouncement,
}

impl LetterKind {
    pub const ALL: [LetterKind; 17] = [
        LetterKind::Acknowledgement,
        LetterKind::SupplementReceived,
        LetterKind::ArchiveProblem,
        LetterKind::FeeReceived,
        LetterKind::FeeShort,
        LetterKind::FileComplete,
        LetterKind::Reminder,
        LetterKind::InterviewInvitation,
        LetterKind::DecisionAdmitted,
        LetterKind::DecisionAdmittedSubjectToDegree,
        LetterKind::DecisionWaitingList,
        LetterKind::DecisionRefused,
        LetterKind::RegistrationReminder,
        LetterKind::WithdrawalNoted,
        LetterKind::MailUnreadable,
        LetterKind::DigestDaily,
        LetterKind::BatchAnnouncement,
    ];

    pub fn slug(self) -> &'static str {
        match self {
            LetterKind::Acknowledgement => "acknowledgement",
            LetterKind::SupplementReceived => "supplement_received",
            LetterKind::ArchiveProblem => "archive_problem",
            LetterKind::FeeReceived => "fee_received",
            LetterKind::FeeShort => "fee_short",
            LetterKind::FileComplete => "file_complete",
            LetterKind::Reminder => "reminder",
            LetterKind::InterviewInvitation => "interview_invitation",
            LetterKind::DecisionAdmitted => "decision_admitted",
            LetterKind::DecisionAdmittedSubjectToDegree => "decision_admitted_subject_to_degree",
            LetterKind::DecisionWaitingList => "decision_waiting_list",
            LetterKind::DecisionRefused => "decision_refused",
            LetterKind::RegistrationReminder => "registration_reminder",
            LetterKind::WithdrawalNoted => "withdrawal_noted",
            LetterKind::MailUnreadable => "mail_unreadable",
            LetterKind::DigestDaily => "digest_daily",
            LetterKind::BatchAnnouncement => "batch_announcement",
        }
    }

    pub fn from_slug(slug: &str) -> Option<LetterKind> {
        LetterKind::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

/// A letter to a candidate, complete but for its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateLetter {
    pub kind: LetterKind,
    pub language: LetterLanguage,
    pub number: String,
    /// First and last name as letters print them; empty when nobody knows it yet.
    pub candidate_name: String,
    /// Programme title in the letter's language, when it is known for certain.
    pub programme_title: Option<String>,
    pub body: LetterBody,
    /// The first letter carries the GDPR notice (article 13).
    pub with_privacy_notice: bool,
}

/// What the letter has to say, by family of kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterBody {
    /// Acknowledgement, SupplementReceived, ArchiveProblem, FileComplete, Reminder.
    Status(Box<StatusLetter>),
    /// FeeReceived.
    FeeReceived { received: Cents, booked_on: NaiveDate, status: Box<StatusLetter> },
    /// FeeShort.
    FeeShort { received: Cents, still_due: Cents, booked_on: NaiveDate, fee: FeeBlock },
    /// InterviewInvitation.
    Interview { at: NaiveDateTime, place_or_link: String, duration_minutes: u32 },
    /// The four decisions and the registration reminder.
    Decision { jury: JuryLine, register_before: Option<NaiveDate>, comment: Option<String> },
    /// WithdrawalNoted, MailUnreadable.
    Plain,
}

/// The state of a dossier as a candidate is told it. Holds nothing doubtful: doubt never reaches a candidate.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StatusLetter {
    /// The mails this letter answers, oldest first.
    pub mails: Vec<MailReceived>,
    pub missing: Vec<MissingItem>,
    pub missing_translations: Vec<TranslationItem>,
    pub unreadable: Vec<UnreadableItem>,
    pub archive_problems: Vec<ArchiveProblem>,
    /// Links to a file store, which nobody follows.
    pub has_links: bool,
    /// What was recognised with certainty, in the jury's order.
    pub inventory: Vec<InventoryItem>,
    /// Names of other files received that a person still looks at or that are not on the list.
    pub other_files: Vec<String>,
    /// Some pieces are being looked at by a person: the letter then promises no completeness and asks only what is certain.
    pub being_checked: bool,
    pub documents_complete: bool,
    pub complete: bool,
    pub fee: Option<FeeBlock>,
    pub fee_credited: bool,
    /// The jury aimed at.
    pub jury: Option<JuryLine>,
    /// The announced last instant for this candidate, Paris civil time.
    pub deadline: Option<NaiveDateTime>,
    /// No session of this season can be reached any more.
    pub after_last_jury: bool,
    /// The dossier arrived after the last reading of the deadline.
    pub late: bool,
    /// International candidate whose date has passed: the next jury, and visa time is short.
    pub visa_warning: bool,
    /// The announced date of international candidates, while it is ahead and nobody knows whether this is one.
    pub international_date: Option<NaiveDateTime>,
}

impl Default for CandidateLetter {
    fn default() -> CandidateLetter {
        CandidateLetter {
            kind: LetterKind::Acknowledgement,
            language: LetterLanguage::French,
            number: String::new(),
            candidate_name: String::new(),
            programme_title: None,
            body: LetterBody::Plain,
            with_privacy_notice: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailReceived {
    pub arrived_at: DateTime<Utc>,
    /// Files read out of it, archives opened counted by their entries.
    pub n_files: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissingItem {
    pub kind: DocumentKind,
    /// Wanted but not blocking the jury.
    pub not_blocking: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranslationItem {
    pub kind: DocumentKind,
    pub sha256: String,
    /// With its path in folders and archives, as in [`FileFacts`](crate::domain::dossier::FileFacts); letters print its last part.
    pub file_name: String,
    pub language: Language,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnreadableItem {
    pub sha256: String,
    pub file_name: String,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArchiveProblem {
    pub archive_name: String,
    pub reason: Reason,
    pub entry: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InventoryItem {
    pub kind: DocumentKind,
    pub file_name: String,
    /// First and last page, when the file holds more than this document.
    pub pages: Option<(u32, u32)>,
    /// Named when it is neither French nor English, or for a translation its target.
    pub language: Option<Language>,
    pub is_translation: bool,
}

/// How to pay, as printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeeBlock {
    /// The amount asked in this letter (what is still due).
    pub due: Cents,
    /// The ISO 11649 creditor reference, compact: `RF24MS24K7QX2D`.
    pub reference: String,
    /// A proof of payment was seen but no credit yet.
    pub proof_seen: bool,
}

/// A jury as letters name it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JuryLine {
    pub label_fr: String,
    pub label_en: String,
    pub date: Option<NaiveDate>,
    pub cut_off: Option<NaiveDate>,
}

/// What a queued letter claims, kept beside it so that claims can be checked against the truth later.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Says {
    pub missing: Vec<DocumentKind>,
    pub missing_translations: Vec<SaysTranslation>,
    pub unreadable: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaysTranslation {
    pub kind: DocumentKind,
    pub sha256: String,
}
