//! Which column of a table is what, from its header.

use crate::bank::csv::CsvColumns;
use crate::folding::fold;

/// Indices of the columns found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub date: usize,
    pub value_date: Option<usize>,
    pub amount: Option<usize>,
    /// `D` or `C` beside an unsigned amount.
    pub sign: Option<usize>,
    pub debit: Option<usize>,
    pub credit: Option<usize>,
    pub name: Option<usize>,
    pub texts: Vec<usize>,
    pub bank_reference: Option<usize>,
    pub end_to_end_id: Option<usize>,
    pub currency: Option<usize>,
    /// The other party's account.
    pub iban: Option<usize>,
    /// Our own account.
    pub account: Option<usize>,
    pub operation: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Date,
    ValueDate,
    Amount,
    Sign,
    Debit,
    Credit,
    Name,
    Text,
    BankReference,
    EndToEnd,
    Currency,
    Iban,
    Account,
    Operation,
}

/// Folded header words, first hit wins; more telling ones stand first.
const WORDS: [(Role, &[&str]); 14] = [
    (Role::ValueDate, &["DATE DE VALEUR", "DATE VALEUR", "VALUE DATE", "VALEUR", "VALUTA", "VALUTADATUM", "WERTSTELLUNG"]),
    (
        Role::Date,
        &[
            "DATE D OPERATION",
            "DATE OPERATION",
            "DATE DOPERATION",
            "DATE COMPTABLE",
            "DATE DE COMPTABILISATION",
            "BOOKING DATE",
            "DATE",
            "DATE OPE",
            "JOUR",
            "BUCHUNGSTAG",
            "BUCHUNGSDATUM",
            "COMPLETED DATE",
            "TRANSACTION DATE",
        ],
    ),
    (Role::Sign, &["SENS", "D C", "DC", "CREDIT DEBIT", "DEBIT CREDIT", "SIGNE", "TYPE DE MOUVEMENT"]),
    (Role::Debit, &["DEBIT", "DEBITS", "MONTANT DEBIT", "DEBIT EUR", "DEBIT EUROS", "DEBIT AMOUNT", "SORTIE", "DEPENSE", "MONTANT AU DEBIT", "SOLL"]),
    (
        Role::Credit,
        &["CREDIT", "CREDITS", "MONTANT CREDIT", "CREDIT EUR", "CREDIT EUROS", "CREDIT AMOUNT", "ENTREE", "RECETTE", "MONTANT AU CREDIT", "HABEN"],
    ),
    (
        Role::Amount,
        &[
            "MONTANT",
            "MONTANT EUR",
            "MONTANT EN EUROS",
            "MONTANT DE L OPERATION",
            "MONTANT OPERATION",
            "MONTANT DE LOPERATION",
            "AMOUNT",
            "AMOUNT EUR",
            "BETRAG",
            "SOMME",
            "IMPORTE",
            "MONTANT NET",
        ],
    ),
    (
        Role::Iban,
        &[
            "IBAN CONTREPARTIE",
            "COMPTE CONTREPARTIE",
            "IBAN DU TIERS",
            "IBAN EMETTEUR",
            "IBAN DONNEUR D ORDRE",
            "COUNTERPARTY IBAN",
            "IBAN TIERS",
            "COMPTE TIERS",
        ],
    ),
    (Role::Account, &["COMPTE", "NUMERO DE COMPTE", "N COMPTE", "NO COMPTE", "IBAN", "ACCOUNT", "ACCOUNT NUMBER", "AUFTRAGSKONTO"]),
    (
        Role::Name,
        &[
            "CONTREPARTIE",
            "TIERS",
            "NOM",
            "EMETTEUR",
            "DONNEUR D ORDRE",
            "DONNEUR DORDRE",
            "PAYEUR",
            "COUNTERPARTY",
            "NAME",
            "PAYER",
            "DEBITEUR",
            "NOM DU TIERS",
            "NOM CONTREPARTIE",
            "NOM EMETTEUR",
            "NOM DE LA CONTREPARTIE",
            "BENEFICIAIRE EMETTEUR",
            "AUFTRAGGEBER",
            "COUNTERPARTY NAME",
            "PAYEE",
            "NOM DU DONNEUR D ORDRE",
        ],
    ),
    (Role::EndToEnd, &["END TO END", "END TO END ID", "REFERENCE DE BOUT EN BOUT", "REF BOUT EN BOUT", "E2E"]),
    (
        Role::BankReference,
        &[
            "REFERENCE",
            "REF",
            "N PIECE",
            "NO PIECE",
            "NUMERO DE PIECE",
            "PIECE",
            "REFERENCE BANQUE",
            "BANK REFERENCE",
            "REFERENCE OPERATION",
            "N OPERATION",
            "NUMERO D OPERATION",
            "ID",
            "REFERENCE BANCAIRE",
            "TRANSACTION ID",
            "N D OPERATION",
            "NUMERO",
            "N ECRITURE",
        ],
    ),
    (
        Role::Text,
        &[
            "LIBELLE",
            "DETAIL",
            "DETAILS",
            "LIBELLE OPERATION",
            "LIBELLE DE L OPERATION",
            "MOTIF",
            "COMMUNICATION",
            "DESCRIPTION",
            "INTITULE",
            "NATURE",
            "INFORMATIONS COMPLEMENTAIRES",
            "INFORMATION COMPLEMENTAIRE",
            "LIBELLE COMPLEMENTAIRE",
            "LIBELLE SIMPLIFIE",
            "REMITTANCE",
            "PURPOSE",
            "VERWENDUNGSZWECK",
            "MESSAGE",
            "COMMENTAIRE",
            "OBJET",
            "REMITTANCE INFORMATION",
            "LIBELLE COURT",
            "LIBELLE LONG",
            "PAYMENT REFERENCE",
        ],
    ),
    (Role::Currency, &["DEVISE", "MONNAIE", "CURRENCY", "WAHRUNG", "CCY"]),
    (Role::Operation, &["CODE OPERATION", "TYPE D OPERATION", "TYPE OPERATION", "CODE", "TYPE", "OPERATION"]),
];

impl Columns {
    /// The columns, when this row is a header: it must give a date and an amount.
    pub fn recognise(cells: &[String], names: &CsvColumns) -> Option<Columns> {
        let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
        let roles: Vec<Option<Role>> = folded.iter().map(|cell| role(cell)).collect();
        let named = |name: &Option<String>| name.as_deref().map(|name| folded.iter().position(|cell| *cell == fold(name)));
        let guessed = |wanted: Role| roles.iter().position(|role| *role == Some(wanted));
        let pick = |name: &Option<String>, wanted: Role| match named(name) {
            Some(found) => found,
            None => guessed(wanted),
        };
        let value_date = pick(&names.value_date, Role::ValueDate);
        let date = pick(&names.date, Role::Date).or(value_date)?;
        let amount = pick(&names.amount, Role::Amount);
        let (debit, credit) = (pick(&names.debit, Role::Debit), pick(&names.credit, Role::Credit));
        if amount.is_none() && credit.is_none() {
            return None;
        }
        let texts = if names.text.is_empty() {
            roles.iter().enumerate().filter(|(_, role)| **role == Some(Role::Text)).map(|(column, _)| column).collect()
        } else {
            names.text.iter().filter_map(|name| folded.iter().position(|cell| *cell == fold(name))).collect()
        };
        Some(Columns {
            date,
            value_date,
            // With a pair of columns a third amount would be a balance or a repetition.
            amount: if debit.is_some() && credit.is_some() { None } else { amount },
            sign: guessed(Role::Sign),
            debit,
            credit,
            name: pick(&names.name, Role::Name),
            texts,
            bank_reference: pick(&names.bank_reference, Role::BankReference),
            end_to_end_id: guessed(Role::EndToEnd),
            currency: pick(&names.currency, Role::Currency),
            iban: pick(&names.iban, Role::Iban),
            account: guessed(Role::Account),
            operation: guessed(Role::Operation),
        })
    }
}

impl Columns {
    /// Each used column as the header prints it, with what it was taken for, from left to right.
    pub fn meanings(&self, cells: &[String]) -> Vec<(String, String)> {
        let single = [
            (Some(self.date), "date d'opération"),
            (self.value_date.filter(|column| *column != self.date), "date de valeur"),
            (self.amount, "montant signé"),
            (self.sign, "sens"),
            (self.debit, "débit"),
            (self.credit, "crédit"),
            (self.name, "payeur ou bénéficiaire"),
            (self.bank_reference, "référence de la banque"),
            (self.end_to_end_id, "référence de bout en bout"),
            (self.currency, "devise"),
            (self.iban, "compte du tiers"),
            (self.account, "notre compte"),
            (self.operation, "code d'opération"),
        ];
        let mut used: Vec<(usize, &str)> = single.into_iter().filter_map(|(column, meaning)| Some((column?, meaning))).collect();
        used.extend(self.texts.iter().map(|column| (*column, "libellé")));
        used.sort_unstable();
        used.into_iter().filter_map(|(column, meaning)| Some((cells.get(column)?.clone(), meaning.to_owned()))).collect()
    }

    /// The columns by their names, so that the same header is read the same way again.
    pub fn named(&self, cells: &[String], given: &CsvColumns) -> CsvColumns {
        let name = |column: Option<usize>| column.and_then(|column| cells.get(column)).cloned();
        CsvColumns {
            delimiter: given.delimiter,
            date: name(Some(self.date)),
            value_date: name(self.value_date),
            amount: name(self.amount),
            debit: name(self.debit),
            credit: name(self.credit),
            name: name(self.name),
            text: self.texts.iter().filter_map(|column| cells.get(*column)).cloned().collect(),
            bank_reference: name(self.bank_reference),
            currency: name(self.currency),
            iban: name(self.iban),
        }
    }
}

/// A header cell's role: its whole words first, then its first word (`Libellé (31 car.)`).
fn role(cell: &str) -> Option<Role> {
    if cell.is_empty() || cell.contains("SOLDE") || cell.contains("BALANCE") {
        return None;
    }
    let exact = WORDS.iter().find(|(_, words)| words.contains(&cell)).map(|(role, _)| *role);
    exact.or_else(|| {
        WORDS
            .iter()
            .flat_map(|(role, words)| words.iter().map(move |word| (*role, *word)))
            .filter(|(_, word)| word.len() >= 4 && cell.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')) && cell.len() <= word.len() + 24)
            .max_by_key(|(_, word)| word.len())
            .map(|(role, _)| role)
    })
}
