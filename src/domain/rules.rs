//! The rules of one season (*campagne*), as data. What the school must confirm lives in the rules file, never in code.

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::domain::document::DocumentKind;
use crate::domain::money::Cents;

/// Everything a season fixes. Read from `config/rules/<year>.toml`; civil dates and times are those of Europe/Paris.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// For example `2024-2025`, as the form prints it.
    pub season: String,
    /// Prefix of dossier numbers and of the reference's body, for example `MS24`.
    pub prefix: String,
    pub campaign: Campaign,
    pub fee: FeeRules,
    pub school: School,
    #[serde(rename = "jury")]
    pub juries: Vec<JurySession>,
    #[serde(rename = "programme")]
    pub programmes: Vec<Programme>,
    #[serde(rename = "requirement")]
    pub requirements: Vec<Requirement>,
    pub experience: ExperienceRules,
    pub certainty: CertaintyRules,
    pub letters: LetterRules,
    pub privacy: PrivacyRules,
}

/// The two instants of each deadline: announce the first, judge by the second, list what falls between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    pub opens: NaiveDate,
    pub deadline_announced: NaiveDateTime,
    pub deadline_last: NaiveDateTime,
    pub international_announced: NaiveDateTime,
    pub international_last: NaiveDateTime,
    pub training_starts: NaiveDate,
    /// ISO 3166-1 alpha-3 codes of the states whose nationals are not international candidates.
    pub home_countries: Vec<String>,
    pub registration_days: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRules {
    pub cents: Cents,
    pub iban: String,
    pub bic: String,
    pub beneficiary: String,
    pub bank_name: String,
    /// Banking days from the order of a transfer to its credit: a jury whose cut-off is nearer is promised to nobody who has yet to pay.
    #[serde(default = "default_transfer_banking_days")]
    pub transfer_banking_days: u32,
    /// Match a transfer without reference on full name, exact amount and a sign that it is a fee.
    pub match_by_name: bool,
}

/// Who signs the letters and how to reach them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct School {
    pub name: String,
    pub assistant_name: String,
    pub assistant_title_fr: String,
    pub assistant_title_en: String,
    pub telephone: String,
    /// The address candidates write to.
    pub address: String,
    pub postal_address: String,
    pub data_protection_contact: String,
}

/// One jury session. An unset date shows as "date à confirmer" and is never invented.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JurySession {
    /// Stable name used in commands: `mars`.
    pub name: String,
    /// As letters print it in French: `jury de mars`, and in English: `March jury`.
    pub label_fr: String,
    pub label_en: String,
    pub date: Option<NaiveDate>,
    /// The first day of the month that the session is announced for, while it has no date.
    #[serde(default)]
    pub month: Option<NaiveDate>,
    /// Last day, end of day Paris time, on which a file must be complete. Default: `cut_off_days` before the date.
    pub cut_off: Option<NaiveDate>,
    #[serde(default = "default_cut_off_days")]
    pub cut_off_days: u32,
}

fn default_cut_off_days() -> u32 {
    7
}

fn default_settling_minutes_of_parts() -> u32 {
    120
}

fn default_transfer_banking_days() -> u32 {
    2
}

fn default_registration_reminder_days() -> Vec<u32> {
    vec![5]
}

impl JurySession {
    /// The last civil day for completeness, when the session has a date.
    pub fn cut_off_day(&self) -> Option<NaiveDate> {
        self.cut_off.or_else(|| self.date.and_then(|date| self.cut_off_before(date)))
    }

    /// The last day on which a file may be aimed at this session: its cut-off, or while it has no date the earliest that its month allows.
    /// The latter is for choosing a session and is never printed.
    pub fn last_day_to_aim_at(&self) -> Option<NaiveDate> {
        self.cut_off_day().or_else(|| self.month.and_then(|month| self.cut_off_before(month)))
    }

    fn cut_off_before(&self, day: NaiveDate) -> Option<NaiveDate> {
        day.checked_sub_days(chrono::Days::new(u64::from(self.cut_off_days)))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    pub code: String,
    pub title: String,
    pub title_en: String,
    pub site: String,
    pub tuition_personal_cents: Cents,
    pub tuition_company_cents: Cents,
    /// Other words by which candidates name it.
    pub words: Vec<String>,
}

/// When a requirement applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Always,
    /// Unless the degree is still in progress (then `enrolment_certificate` stands instead).
    DegreeObtained,
    DegreeInProgress,
    /// Routes that need years of professional experience.
    ExperienceRoute,
    /// Derogatory routes (VAPP).
    DerogatoryRoute,
    CompanyFunding,
    Never,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub kind: DocumentKind,
    pub when: Condition,
    /// Other kinds that satisfy it too (an attestation of success for a diploma).
    #[serde(default)]
    pub or: Vec<DocumentKind>,
    /// Wanted but not blocking the jury, always or for the routes listed.
    #[serde(default)]
    pub not_blocking: bool,
    #[serde(default)]
    pub not_blocking_for: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperienceRules {
    pub months_required: u32,
    /// Between this and `months_required`, a person decides.
    pub months_doubtful_from: u32,
}

/// Thresholds on calibrated probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertaintyRules {
    /// From here a document counts as recognised.
    pub clear: f32,
    /// Below `clear` and from here it is doubt, shown to the assistant; below it the file is just "another file".
    pub doubt: f32,
    /// From here a language verdict may ask for a translation.
    pub ask_translation: f32,
}

fn default_silence_hours() -> u32 {
    24
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterRules {
    pub settling_minutes: u32,
    /// The same for a mail that says it is one part of several.
    #[serde(default = "default_settling_minutes_of_parts")]
    pub settling_minutes_of_parts: u32,
    /// How long the program is silent after a person has answered a candidate by hand.
    #[serde(default = "default_silence_hours")]
    pub silence_hours_after_a_person: u32,
    /// Days before a deadline at which an incomplete dossier is reminded.
    pub reminder_days: Vec<u32>,
    /// Days before the end of the registration window at which an admitted candidate is reminded.
    #[serde(default = "default_registration_reminder_days")]
    pub registration_reminder_days: Vec<u32>,
    /// Slugs of letter kinds that wait for the assistant's click.
    pub held: Vec<String>,
    pub per_address_and_day: u32,
    pub per_hour: u32,
    pub legal_notice_fr: String,
    pub legal_notice_en: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyRules {
    pub not_admitted_months: u32,
    pub identity_months: u32,
    pub admitted_months: u32,
    pub logs_months: u32,
}
