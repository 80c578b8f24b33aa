//! Which dossier a transfer pays for: tiers of evidence with vetoes, and a person for everything else.
//!
//! Pure and without order: the same movements, dossiers and decisions give the same outcomes in whatever order they come. A transfer is
//! attributed only when nothing speaks against it and its evidence fits one dossier alone; that nobody else is left is never evidence.
//! To attribute is not to accept: any amount may be attributed, only the exact one pays the fee by itself.

mod account;
mod decide;
mod evidence;
mod names;
mod rank;
mod returns;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::money::Cents;
use crate::domain::payment::{Movement, TransferState};
use crate::domain::person::PersonName;

pub use account::{FeeAccount, fee_account, fee_accounts};

/// A dossier that may be paid for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Payee {
    /// Its number: `MS24-0042`.
    pub dossier: String,
    /// Its reference, compact.
    pub reference: String,
    /// A reference seen before it was issued is somebody's mistake.
    pub reference_issued_on: Option<NaiveDate>,
    /// The candidate's name in every spelling the pieces give.
    pub names: Vec<PersonName>,
    pub emails: Vec<String>,
    /// Words by which the candidate's programme is known.
    pub programme_words: Vec<String>,
    pub opened_on: NaiveDate,
    pub withdrawn: bool,
    /// Day of the transfer on a proof of payment that was sent. Raises a proposal, never credits.
    pub announced_payment: Option<NaiveDate>,
    /// Names of payers the candidate announced.
    pub payer_hints: Vec<String>,
}

/// A movement as the store knows it: debits too, for returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Credit {
    pub id: i64,
    pub movement: Movement,
    /// Whether its statement adds up; a movement of one that does not is never attributed.
    pub statement_trusted: bool,
}

/// The assistant's word, which wins for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decided {
    Match { transfer: i64, dossiers: Vec<String> },
    NotAFee { transfer: i64 },
    Rejected { transfer: i64, dossier: String },
}

/// What may be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchingOptions {
    /// Attribute by full name where no reference was quoted.
    pub match_by_name: bool,
    /// A payment by name may be older than the dossier by this much.
    pub days_before_opening_max: i64,
    /// A payment by name may be younger than the dossier by this much.
    pub days_after_opening_max: i64,
    /// A debit of the same amount and name within this many days sends a fee back.
    pub days_to_return_max: i64,
}

impl Default for MatchingOptions {
    fn default() -> MatchingOptions {
        MatchingOptions { match_by_name: true, days_before_opening_max: 60, days_after_opening_max: 330, days_to_return_max: 90 }
    }
}

/// What a transfer is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub transfer: i64,
    pub state: TransferState,
    /// The dossiers it was attributed to; for one to review the proposals, the likeliest first: three, and the equals of the third.
    pub dossiers: Vec<String>,
    /// French reasons.
    pub why: Vec<String>,
    /// The rule that decided: `reference`, `reference_repaired`, `email`, `name`, `name_programme`, `grouped`, `complement`, `return`,
    /// `person`, `review`, `other`, `debit`.
    pub tier: &'static str,
    /// The credit that this debit sends back.
    pub of_return: Option<i64>,
}

/// A decision in progress: payees by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub state: TransferState,
    pub payees: Vec<usize>,
    pub why: Vec<String>,
    pub tier: &'static str,
    pub of_return: Option<i64>,
    /// Nothing but the payer's own name says for whom it is.
    pub rests_on_payer: bool,
}

impl Verdict {
    fn new(state: TransferState, tier: &'static str, why: impl Into<String>) -> Verdict {
        Verdict { state, payees: Vec::new(), why: vec![why.into()], tier, of_return: None, rests_on_payer: false }
    }

    fn review(why: impl Into<String>) -> Verdict {
        Verdict::new(TransferState::ToReview, "review", why)
    }

    fn other(why: impl Into<String>) -> Verdict {
        Verdict::new(TransferState::Unrelated, "other", why)
    }

    fn matched(payees: &[usize], tier: &'static str, why: impl Into<String>) -> Verdict {
        Verdict { payees: payees.to_vec(), ..Verdict::new(TransferState::Matched, tier, why) }
    }
}

/// Says of every movement what it is to the procedure; one outcome each, in order of transfer.
///
/// `fee` is what one dossier costs; `programme_vocabulary` the words of all programmes, those without candidates too.
pub fn match_transfers(
    credits: &[Credit],
    payees: &[Payee],
    decided: &[Decided],
    fee: Cents,
    programme_vocabulary: &[String],
    options: &MatchingOptions,
) -> Vec<Outcome> {
    let mut payees: Vec<Payee> = payees.to_vec();
    payees.sort_by(|one, other| one.dossier.cmp(&other.dossier));
    payees.dedup_by(|one, other| one.dossier == other.dossier);
    let mut credits: Vec<&Credit> = credits.iter().collect();
    credits.sort_by_key(|credit| (credit.movement.booking_date, credit.id));
    let index = evidence::Index::new(&payees, programme_vocabulary);
    let words = PersonsWord::new(decided, &payees);
    let nobody = BTreeSet::new();
    let question = decide::Question { payees: &payees, index: &index, fee, options, accounted: &nobody };
    let mut verdicts: BTreeMap<i64, Verdict> = BTreeMap::new();
    let mut reviewed: BTreeMap<i64, evidence::Evidence> = BTreeMap::new();
    for credit in &credits {
        if let Some(verdict) = words.verdict(credit.id) {
            verdicts.insert(credit.id, verdict);
            continue;
        }
        if credit.movement.amount.0 <= 0 {
            verdicts.insert(credit.id, Verdict::new(TransferState::Unrelated, "debit", "débit"));
            continue;
        }
        let evidence = index.read(&credit.movement, fee);
        let verdict = words.temper(credit.id, decide::decide(credit, &evidence, &question));
        if verdict.state == TransferState::ToReview {
            reviewed.insert(credit.id, evidence);
        }
        verdicts.insert(credit.id, verdict);
    }
    let accounted = paid_for(&verdicts);
    let second = decide::Question { accounted: &accounted, ..question };
    look_again(&credits, &mut verdicts, &mut reviewed, &words, &second);
    let questions = decide::open_questions(&credits, &reviewed, &index, fee);
    decide::settle_repetitions(&credits, &mut verdicts, &index, &questions, fee, |id, credit| {
        reviewed.insert(id, index.read(&credit.movement, fee));
    });
    account::settle_complements(&credits, &mut verdicts, fee);
    returns::settle_returns(&credits, &mut verdicts, options);
    let paid = paid_for(&verdicts);
    for credit in &credits {
        let Some(verdict) = verdicts.get_mut(&credit.id) else { continue };
        if verdict.state == TransferState::ToReview
            && let Some(evidence) = reviewed.get(&credit.id)
        {
            verdict.payees = rank::proposals(credit, evidence, &payees, &index, &paid, words.rejected(credit.id));
            verdict.why.extend(rank::explanation(&verdict.payees, evidence, &payees));
        }
    }
    returns::offer_the_same(&mut verdicts);
    verdicts.into_iter().map(|(transfer, verdict)| outcome(transfer, verdict, &payees)).collect()
}

/// Payees some transfer is attributed to.
fn paid_for(verdicts: &BTreeMap<i64, Verdict>) -> BTreeSet<usize> {
    verdicts.values().filter(|verdict| verdict.state == TransferState::Matched).flat_map(|verdict| verdict.payees.iter().copied()).collect()
}

/// The second round: transfers left to a person because somebody else was named on them, now that it is known who has paid otherwise. All
/// are judged by what the first round found, so their order does not count; two that would claim one dossier both stay questions.
fn look_again(
    credits: &[&Credit],
    verdicts: &mut BTreeMap<i64, Verdict>,
    reviewed: &mut BTreeMap<i64, evidence::Evidence>,
    words: &PersonsWord,
    question: &decide::Question<'_>,
) {
    let mut found: Vec<(i64, Verdict)> = Vec::new();
    let mut claimed: BTreeMap<usize, u32> = BTreeMap::new();
    for credit in credits {
        let Some(evidence) = reviewed.get(&credit.id) else { continue };
        let verdict = words.temper(credit.id, decide::decide(credit, evidence, question));
        if verdict.state == TransferState::Matched {
            verdict.payees.iter().for_each(|payee| *claimed.entry(*payee).or_insert(0) += 1);
            found.push((credit.id, verdict));
        }
    }
    for (id, verdict) in found {
        if verdict.payees.iter().all(|payee| claimed.get(payee) == Some(&1)) {
            reviewed.remove(&id);
            verdicts.insert(id, verdict);
        }
    }
}

fn outcome(transfer: i64, verdict: Verdict, payees: &[Payee]) -> Outcome {
    let dossiers = verdict.payees.iter().filter_map(|payee| payees.get(*payee)).map(|payee| payee.dossier.clone()).collect();
    Outcome { transfer, state: verdict.state, dossiers, why: verdict.why, tier: verdict.tier, of_return: verdict.of_return }
}

/// What a person said, by transfer. Of several words about one transfer the last in the list counts, rejections add up.
struct PersonsWord {
    verdicts: BTreeMap<i64, Verdict>,
    rejected: BTreeMap<i64, BTreeSet<usize>>,
    nobody: BTreeSet<usize>,
}

impl PersonsWord {
    fn new(decided: &[Decided], payees: &[Payee]) -> PersonsWord {
        let position = |dossier: &String| payees.binary_search_by(|payee| payee.dossier.cmp(dossier)).ok();
        let mut words = PersonsWord { verdicts: BTreeMap::new(), rejected: BTreeMap::new(), nobody: BTreeSet::new() };
        for word in decided {
            match word {
                Decided::Match { transfer, dossiers } => {
                    let chosen: Vec<usize> = dossiers.iter().filter_map(position).collect();
                    words.verdicts.insert(*transfer, Verdict::matched(&chosen, "person", "rapproché par l'assistante"));
                }
                Decided::NotAFee { transfer } => {
                    words
                        .verdicts
                        .insert(*transfer, Verdict::new(TransferState::Unrelated, "person", "écarté par l'assistante\u{a0}: autre recette"));
                }
                Decided::Rejected { transfer, dossier } => words.rejected.entry(*transfer).or_default().extend(position(dossier)),
            }
        }
        words
    }

    fn verdict(&self, transfer: i64) -> Option<Verdict> {
        self.verdicts.get(&transfer).cloned()
    }

    fn rejected(&self, transfer: i64) -> &BTreeSet<usize> {
        self.rejected.get(&transfer).unwrap_or(&self.nobody)
    }

    /// After a rejection no other dossier wins by being left over.
    fn temper(&self, transfer: i64, verdict: Verdict) -> Verdict {
        match self.rejected.get(&transfer) {
            Some(_) if verdict.state == TransferState::Matched => Verdict::review("un rapprochement a été refusé par l'assistante"),
            _ => verdict,
        }
    }
}

#[cfg(test)]
mod tests;
