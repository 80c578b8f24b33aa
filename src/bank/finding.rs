//! What can be said against a statement file: a closed list, each with the sentence the assistant reads.

use serde::{Deserialize, Serialize};

use crate::domain::money::Cents;

/// One fault. The slug is stable; the sentence is French and goes to the school's own people only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StatementFault {
    /// Opening balance + movements is not the closing balance; `difference` is what is missing.
    ControlTotalMismatch {
        difference: Cents,
    },
    /// A balance that does not continue the one before it on the same account.
    BalanceGap {
        difference: Cents,
    },
    /// The file gives no balance to check against.
    NoControlTotal,
    /// Nothing this program knows.
    UnknownFormat,
    /// A known kind of file that is no account statement we read.
    OtherFormat {
        name: String,
    },
    Empty,
    /// The file stops before its end.
    Truncated,
    /// A record that does not keep to its layout; `what` is a French phrase.
    MalformedRecord {
        what: String,
    },
    /// The file is not well-formed; `what` is the parser's word.
    Unreadable {
        what: String,
    },
    OtherAccount {
        found: String,
    },
    OtherCurrency {
        found: String,
    },
    /// A movement in another currency than its statement.
    MixedCurrencies {
        found: String,
    },
    /// Intraday reports and notifications announce; only a statement of booked movements decides.
    NotFinal,
    /// Movements the bank has not booked yet; they are left out.
    PendingEntries {
        number: u32,
    },
    /// A batch whose parts do not add up to it, kept whole.
    BatchNotSplit {
        entry_amount: Cents,
    },
    /// No column could be recognised; `header` is what the file calls them.
    ColumnsUnknown {
        header: String,
    },
    /// Columns that were guessed and that no balance proves: a person confirms them once. `columns` is a French list.
    ColumnsToConfirm {
        columns: String,
        number: u32,
        total: Cents,
    },
    /// An opening balance that contradicts the closing balance of the same day in an earlier file.
    BalanceContradiction {
        difference: Cents,
        day: String,
    },
    /// The table is larger than what is read.
    TooLarge,
}

impl StatementFault {
    pub fn slug(&self) -> &'static str {
        match self {
            StatementFault::ControlTotalMismatch { .. } => "control_total_mismatch",
            StatementFault::BalanceGap { .. } => "balance_gap",
            StatementFault::NoControlTotal => "no_control_total",
            StatementFault::UnknownFormat => "unknown_format",
            StatementFault::OtherFormat { .. } => "other_format",
            StatementFault::Empty => "empty",
            StatementFault::Truncated => "truncated",
            StatementFault::MalformedRecord { .. } => "malformed_record",
            StatementFault::Unreadable { .. } => "unreadable",
            StatementFault::OtherAccount { .. } => "other_account",
            StatementFault::OtherCurrency { .. } => "other_currency",
            StatementFault::MixedCurrencies { .. } => "mixed_currencies",
            StatementFault::NotFinal => "not_final",
            StatementFault::PendingEntries { .. } => "pending_entries",
            StatementFault::BatchNotSplit { .. } => "batch_not_split",
            StatementFault::ColumnsUnknown { .. } => "columns_unknown",
            StatementFault::ColumnsToConfirm { .. } => "columns_to_confirm",
            StatementFault::BalanceContradiction { .. } => "balance_contradiction",
            StatementFault::TooLarge => "too_large",
        }
    }

    /// Whether what was read must not be booked. The others are shown beside movements that count.
    pub fn forbids_booking(&self) -> bool {
        match self {
            StatementFault::BalanceGap { .. }
            | StatementFault::NoControlTotal
            | StatementFault::PendingEntries { .. }
            | StatementFault::MixedCurrencies { .. }
            | StatementFault::BatchNotSplit { .. } => false,
            StatementFault::ControlTotalMismatch { .. }
            | StatementFault::UnknownFormat
            | StatementFault::OtherFormat { .. }
            | StatementFault::Empty
            | StatementFault::Truncated
            | StatementFault::MalformedRecord { .. }
            | StatementFault::Unreadable { .. }
            | StatementFault::OtherAccount { .. }
            | StatementFault::OtherCurrency { .. }
            | StatementFault::NotFinal
            | StatementFault::ColumnsUnknown { .. }
            | StatementFault::ColumnsToConfirm { .. }
            | StatementFault::BalanceContradiction { .. }
            | StatementFault::TooLarge => true,
        }
    }

    /// One French sentence for the assistant.
    pub fn french(&self) -> String {
        match self {
            StatementFault::ControlTotalMismatch { difference } => format!(
                "Le solde de départ et les mouvements ne donnent pas le solde d'arrivée\u{a0}: écart de {}. Ce relevé n'est pas comptabilisé.",
                difference.french()
            ),
            StatementFault::BalanceGap { difference } => {
                format!(
                    "Ce relevé ne fait pas suite au précédent\u{a0}: écart de {} entre les soldes, un relevé manque peut-être.",
                    difference.french()
                )
            }
            StatementFault::NoControlTotal => {
                "Ce fichier ne donne pas les soldes\u{a0}: le total des mouvements n'a pas pu être contrôlé.".to_owned()
            }
            StatementFault::UnknownFormat => {
                "Ce fichier n'est pas un relevé de compte dans un format connu (CFONB 120, camt.053, MT940 ou CSV).".to_owned()
            }
            StatementFault::OtherFormat { name } => format!("Ce fichier n'est pas un relevé de compte lisible ici\u{a0}: c'est un fichier {name}."),
            StatementFault::Empty => "Ce fichier ne contient aucun relevé.".to_owned(),
            StatementFault::Truncated => "Ce fichier est incomplet\u{a0}: il s'arrête avant la fin du relevé.".to_owned(),
            StatementFault::MalformedRecord { what } => format!("Un enregistrement ne respecte pas le format\u{a0}: {what}."),
            StatementFault::Unreadable { .. } => "Ce fichier est abîmé et ne peut pas être lu.".to_owned(),
            StatementFault::OtherAccount { found } => format!("Ce relevé est celui d'un autre compte ({found})."),
            StatementFault::OtherCurrency { found } => format!("Ce relevé est tenu dans une autre monnaie ({found})."),
            StatementFault::MixedCurrencies { found } => {
                format!("Un mouvement est dans une autre monnaie que le compte ({found})\u{a0}; il n'est jamais rapproché seul.")
            }
            StatementFault::NotFinal => "Ces mouvements sont annoncés et non définitifs\u{a0}: seul le relevé de fin de journée fait foi.".to_owned(),
            StatementFault::PendingEntries { number: 1 } => "Un mouvement en attente n'a pas été repris.".to_owned(),
            StatementFault::PendingEntries { number } => format!("{number} mouvements en attente n'ont pas été repris."),
            StatementFault::BatchNotSplit { entry_amount } => {
                format!("Une remise groupée de {} n'a pas pu être détaillée\u{a0}: ses parties ne donnent pas son total.", entry_amount.french())
            }
            StatementFault::ColumnsUnknown { header } => format!("Les colonnes de ce tableau n'ont pas été reconnues\u{a0}: {header}."),
            StatementFault::ColumnsToConfirm { columns, number, total } => format!(
                "Colonnes à confirmer une fois ({columns}), car ce fichier ne donne pas de soldes pour les prouver\u{a0}: {number} mouvements, total {}. Rien n'est comptabilisé avant.",
                total.french()
            ),
            StatementFault::BalanceContradiction { difference, day } => format!(
                "Le solde de départ n'est pas le solde d'arrivée du relevé précédent ({day})\u{a0}: écart de {}. Ce relevé n'est pas comptabilisé tant que l'écart n'est pas expliqué par un relevé manquant.",
                difference.french()
            ),
            StatementFault::TooLarge => "Ce fichier est trop volumineux pour un relevé de compte.".to_owned(),
        }
    }
}

/// A fault and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementFinding {
    #[serde(flatten)]
    pub fault: StatementFault,
    /// Index of the statement in the file; `None` concerns the whole file.
    pub statement: Option<usize>,
    /// Line or record in the file, from 1.
    pub line: Option<u32>,
}

impl StatementFinding {
    pub fn of_file(fault: StatementFault) -> StatementFinding {
        StatementFinding { fault, statement: None, line: None }
    }
}
