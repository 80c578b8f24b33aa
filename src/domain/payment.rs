//! Money in: statements, movements, and what a transfer is to the procedure. Words are those of ISO 20022.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::money::Cents;

/// One statement of one account, as read from a file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Statement {
    /// IBAN, or bank, branch and account number as the file gives them.
    pub account: String,
    pub currency: String,
    pub opening_balance: Option<Cents>,
    pub closing_balance: Option<Cents>,
    pub opening_date: Option<NaiveDate>,
    pub closing_date: Option<NaiveDate>,
    pub entries: Vec<Movement>,
}

/// One movement on the account (*écriture*); credits are positive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// Position among all movements of the file, from 0.
    pub entry: u32,
    pub booking_date: NaiveDate,
    pub value_date: Option<NaiveDate>,
    pub amount: Cents,
    pub currency: String,
    /// Payer of a credit, payee of a debit.
    pub debtor: Option<String>,
    pub ultimate_debtor: Option<String>,
    pub debtor_iban: Option<String>,
    /// All free text, joined by one space.
    pub remittance: String,
    pub end_to_end_id: Option<String>,
    /// ISO 11649 or other structured creditor reference.
    pub structured_reference: Option<String>,
    /// The bank's own reference of the movement; not unique.
    pub bank_reference: Option<String>,
    /// Bank transaction code: CFONB's two characters, the type in `:61:`, or Domain/Family/SubFamily.
    pub operation: Option<String>,
    pub is_return: bool,
    /// Amount ordered in another currency, as printed.
    pub original_amount: Option<String>,
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Attributed beyond reasonable doubt, or by a person.
    Matched,
    /// May be a fee; a person decides, with ranked candidates before her.
    ToReview,
    /// Another receipt of the school, or a debit.
    Unrelated,
    /// A fee that was sent back, and the movement that sent it back.
    Returned,
}

impl TransferState {
    pub const ALL: [TransferState; 4] = [TransferState::Matched, TransferState::ToReview, TransferState::Unrelated, TransferState::Returned];

    pub fn from_slug(slug: &str) -> Option<TransferState> {
        TransferState::ALL.into_iter().find(|state| state.slug() == slug)
    }

    pub fn slug(self) -> &'static str {
        match self {
            TransferState::Matched => "matched",
            TransferState::ToReview => "to_review",
            TransferState::Unrelated => "unrelated",
            TransferState::Returned => "returned",
        }
    }
}

/// The state of a dossier's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeState {
    /// Not asked for: no admission route seems possible, a person is told first.
    NotAsked,
    Awaited,
    /// A proof of payment was seen, nothing credited.
    ProofSeen,
    Short,
    /// Credited in full.
    Credited,
    Over,
    Double,
    /// Came and was sent back.
    Returned,
}

impl FeeState {
    pub fn slug(self) -> &'static str {
        match self {
            FeeState::NotAsked => "not_asked",
            FeeState::Awaited => "awaited",
            FeeState::ProofSeen => "proof_seen",
            FeeState::Short => "short",
            FeeState::Credited => "credited",
            FeeState::Over => "over",
            FeeState::Double => "double",
            FeeState::Returned => "returned",
        }
    }
}
