//! The assistant's daily digest (*récapitulatif quotidien*), as a value.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::money::Cents;

/// Everything one digest says. French only; it goes to the school's own people.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Digest {
    pub day: NaiveDate,
    /// What only she can do and is new since the last digest, most urgent first; one for each dossier.
    pub to_do: Vec<DigestTask>,
    /// What an earlier digest has shown and is still open, in the same order.
    pub waiting: Vec<DigestTask>,
    /// The next jury with a date, and how its files stand.
    pub next_jury: Option<DigestJury>,
    /// Batches that were built since the last digest.
    pub batches: Vec<DigestBatch>,
    /// What is to be erased some days from now.
    pub to_erase: Vec<DigestErasure>,
    /// Juries whose date nobody has set yet, as labels.
    pub juries_without_date: Vec<String>,
    pub new_dossiers: Vec<DigestDossier>,
    pub changed_dossiers: Vec<DigestDossier>,
    pub newly_complete: Vec<DigestDossier>,
    pub questions: Vec<DigestQuestion>,
    pub transfers_matched: Vec<DigestTransfer>,
    pub letters_sent: u32,
    pub letters_held: u32,
    pub letters_bounced: u32,
    pub letters_in_doubt: u32,
    pub mails: MailAccount,
    /// Parts of the machine that do not work as they should, as sentences in French.
    pub warnings: Vec<String>,
    /// The console's address, when it listens.
    pub console_url: Option<String>,
}

/// One thing to decide, in one or two French sentences with names and, where there is one, the question.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DigestTask {
    /// `Karim Haddad (MS24-0031)`, or empty.
    pub who: String,
    pub sentence: String,
    pub question: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DigestJury {
    pub label: String,
    pub date: Option<NaiveDate>,
    pub cut_off: Option<NaiveDate>,
    pub n_complete: u32,
    /// One piece short.
    pub n_nearly: u32,
    pub n_under_way: u32,
}

/// A batch that was built; of an empty one the jury heard nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DigestBatch {
    /// As letters print the session: `jury de mars`.
    pub label: String,
    pub n_candidates: u32,
}

/// Dossiers whose time of keeping ends on a day that is seven or thirty days ahead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DigestErasure {
    pub on: NaiveDate,
    pub n_dossiers: u32,
    /// Dossiers of which only the identity papers and proofs of payment go.
    pub n_identity_papers: u32,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DigestDossier {
    pub number: String,
    pub name: String,
    pub programme: Option<String>,
    /// A short French phrase: what came, or what is missing.
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DigestQuestion {
    pub name: String,
    pub number: Option<String>,
    pub subject: String,
    /// The state of the dossier in a phrase, when there is one.
    pub state: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DigestTransfer {
    pub amount: Cents,
    pub debtor: String,
    pub number: String,
    pub name: String,
    /// Why, in French: `référence exacte`.
    pub why: String,
}

/// The proof that no mail was lost: what came since the last digest, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailAccount {
    pub received: u32,
    pub processed: u32,
    pub applications: u32,
    pub questions: u32,
    pub automatic: u32,
    /// Left for a person: unreadable, in doubt.
    pub for_a_person: u32,
}
