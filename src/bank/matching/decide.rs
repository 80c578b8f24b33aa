//! The tiers, the vetoes, and what is left to a person.
//!
//! Order of the tiers: references, an e-mail address, two people named for a double amount, one full name. The first that applies decides;
//! a veto turns it into a question, never into another tier's answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::bank::matching::evidence::{Evidence, Index, Purpose};
use crate::bank::matching::names::{Fit, Sureness};
use crate::bank::matching::{Credit, MatchingOptions, Payee, Verdict, words};
use crate::bank::reference::Found;
use crate::domain::money::Cents;
use crate::domain::payment::TransferState;
use crate::folding::fold;

/// What every decision needs to know.
pub struct Question<'a> {
    pub payees: &'a [Payee],
    pub index: &'a Index,
    pub fee: Cents,
    pub options: &'a MatchingOptions,
    /// Payees for whom another transfer was already found; empty in the first round.
    pub accounted: &'a BTreeSet<usize>,
}

impl Question<'_> {
    /// Whether the others who are named here have all paid by transfers of their own, and those chosen have not: then a parent, a twin or a
    /// friend of that name paid for somebody else. Never evidence by itself, it only takes a doubt away from what already names one dossier.
    fn others_have_paid(&self, chosen: &[usize], others: &BTreeSet<usize>) -> bool {
        others.iter().filter(|other| !chosen.contains(other)).all(|other| self.accounted.contains(other))
            && chosen.iter().all(|payee| !self.accounted.contains(payee))
    }
}

/// Decides about one credit alone.
pub fn decide(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Verdict {
    let verdict = attribute(credit, evidence, question).unwrap_or_else(|| leave(credit, evidence, question));
    if verdict.state != TransferState::Matched {
        return verdict;
    }
    let obstacle = if !credit.statement_trusted {
        Some("relevé non contrôlé")
    } else if credit.movement.currency != "EUR" {
        Some("autre monnaie que l'euro")
    } else if credit.movement.is_return || words::says_returned(&fold(&credit.movement.remittance)) {
        Some("retour d'un virement")
    } else {
        None
    };
    match obstacle {
        Some(why) => Verdict::review(why),
        None => verdict,
    }
}

/// `None` when no tier applies.
fn attribute(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    by_reference(credit, evidence, question)
        .or_else(|| by_email(credit, evidence, question))
        .or_else(|| if question.options.match_by_name { by_names(credit, evidence, question) } else { None })
}

/// What speaks against attributing to exactly these payees, whatever speaks for it.
fn contradiction(chosen: &[usize], evidence: &Evidence, question: &Question<'_>) -> Option<String> {
    let purpose = question.index.purpose(evidence, chosen);
    if let Some(word) = purpose.other {
        return Some(format!("le libellé parle d'autre chose («\u{a0}{word}\u{a0}»)"));
    }
    let named = evidence.in_text(Fit::Full);
    if !named.is_empty() && named.is_disjoint(&chosen.iter().copied().collect()) {
        return Some("le libellé nomme un autre candidat".to_owned());
    }
    let payers = evidence.of_payer(Fit::Full);
    if !payers.is_empty() && payers.is_disjoint(&chosen.iter().copied().collect()) && !question.others_have_paid(chosen, &payers) {
        return Some("le payeur porte le nom complet d'un autre candidat".to_owned());
    }
    None
}

/// The payer bears another candidate's family name and nothing of theirs.
fn bears_another_family(chosen: &[usize], evidence: &Evidence) -> bool {
    let others =
        evidence.payer.iter().any(|(payee, found)| found.fit >= Fit::Family && found.sureness <= Sureness::Spelling && !chosen.contains(payee));
    let own = chosen.iter().any(|payee| evidence.payer.contains_key(payee));
    others && !own
}

fn by_reference(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    let strong: Vec<usize> = evidence.references.iter().filter(|(_, how)| *how <= Found::BodyOnly).map(|(payee, _)| *payee).collect();
    match strong.as_slice() {
        [] => by_damaged_reference(credit, evidence, question),
        [only] => Some(one_reference(*only, credit, evidence, question)),
        several => Some(several_references(several, credit, evidence, question)),
    }
}

fn issued_later(payee: usize, credit: &Credit, question: &Question<'_>) -> bool {
    let issued = question.payees.get(payee).and_then(|payee| payee.reference_issued_on);
    issued.is_some_and(|issued| issued > credit.movement.booking_date)
}

/// Whether the family name or the address of this payee stands on the transfer. A reference that nobody could have known yet is odd; beside
/// its candidate's name it is still theirs: dossiers are opened anew, and dates of mails and of banks are not of one clock.
fn is_named(payee: usize, evidence: &Evidence) -> bool {
    evidence.best(payee).is_some_and(|found| found.fit >= Fit::Family && found.sureness <= Sureness::Spelling) || evidence.emails.contains(&payee)
}

fn one_reference(payee: usize, credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Verdict {
    if let Some(grouped) = named_group(credit, evidence, question)
        && grouped.payees.contains(&payee)
    {
        return grouped;
    }
    if let Some(why) = contradiction(&[payee], evidence, question) {
        return Verdict::review(format!("référence exacte, mais {why}"));
    }
    if issued_later(payee, credit, question) && !is_named(payee, evidence) {
        return Verdict::review("référence exacte, mais le virement est antérieur à son envoi");
    }
    if bears_another_family(&[payee], evidence) && text_leans_elsewhere(payee, evidence, question) {
        return Verdict::review("référence exacte, mais le payeur porte le nom d'un autre candidat");
    }
    if credit.movement.amount.0 > question.fee.0.saturating_mul(5) {
        return Verdict::review("référence exacte, mais montant sans rapport avec les frais");
    }
    let tens = credit.movement.amount.0 >= question.fee.0.saturating_mul(2)
        && words::says_several(&credit.movement.remittance, &fold(&credit.movement.remittance));
    if tens {
        return Verdict::review("référence exacte, mais le virement semble payer pour plusieurs");
    }
    Verdict::matched(&[payee], "reference", "référence exacte")
}

/// Parents bear other names, and in a season of few names often another candidate's: beside an exact reference that alone is no sign of a
/// copied one. It is one when the text names somebody else in part, or another programme.
fn text_leans_elsewhere(payee: usize, evidence: &Evidence, question: &Question<'_>) -> bool {
    let names_other = !evidence.text.is_empty() && !evidence.text.contains_key(&payee);
    let programmes = &evidence.programmes;
    names_other || (!programmes.is_empty() && question.index.programme(payee).is_some_and(|own| !programmes.contains(&own)))
}

fn several_references(payees: &[usize], credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Verdict {
    let number = i64::try_from(payees.len()).unwrap_or(i64::MAX);
    if credit.movement.amount.0 != question.fee.0.saturating_mul(number) {
        return Verdict::review("plusieurs références, et un montant qui ne leur correspond pas");
    }
    if let Some(why) = contradiction(payees, evidence, question) {
        return Verdict::review(format!("plusieurs références, mais {why}"));
    }
    if payees.iter().any(|payee| issued_later(*payee, credit, question)) {
        return Verdict::review("référence citée avant son envoi");
    }
    Verdict::matched(payees, "grouped", "plusieurs références exactes, montant correspondant")
}

/// A damaged reference needs a second sign: check digits that agree, the candidate's name, an address; and the exact amount.
fn by_damaged_reference(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    let (payee, how) = match evidence.references.as_slice() {
        [] => return None,
        [(payee, how)] if *how < Found::Ambiguous => (*payee, *how),
        // The whole name may still tell; a person sees the rest.
        _ => {
            return by_names(credit, evidence, question)
                .filter(|verdict| verdict.state == TransferState::Matched)
                .or_else(|| Some(Verdict::review("référence abîmée qui convient à plusieurs dossiers")));
        }
    };
    let exact = credit.movement.amount == question.fee;
    let family = evidence.best(payee).is_some_and(|found| found.fit >= Fit::Family && found.sureness <= Sureness::Spelling);
    let second_sign = family
        || evidence.emails.contains(&payee)
        || evidence.hinted.contains(&payee)
        || (how == Found::Repaired && evidence.heads.contains(&payee) && exact);
    let full = evidence.best(payee).is_some_and(|found| found.fit == Fit::Full && found.sureness <= Sureness::Spelling);
    if let Some(why) = contradiction(&[payee], evidence, question) {
        return Some(Verdict::review(format!("référence abîmée, et {why}")));
    }
    if (issued_later(payee, credit, question) && !full) || (bears_another_family(&[payee], evidence) && !evidence.text.contains_key(&payee)) {
        return Some(Verdict::review("référence abîmée, et un autre candidat possible"));
    }
    let charged = credit.movement.amount.0 > question.fee.0 / 4 && credit.movement.amount.0 < question.fee.0.saturating_mul(2);
    if second_sign && (exact || (full && charged)) {
        let sign = if family { "nom du candidat" } else { "second indice concordant" };
        return Some(Verdict::matched(&[payee], "reference_repaired", format!("référence abîmée, une seule possible, et {sign}")));
    }
    Some(Verdict::review("référence abîmée ou incomplète, sans second indice"))
}

fn by_email(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    let mut owners = evidence.emails.iter();
    let (Some(payee), None) = (owners.next(), owners.next()) else {
        return (!evidence.emails.is_empty()).then(|| Verdict::review("adresse électronique de plusieurs dossiers"));
    };
    if let Some(why) = contradiction(&[*payee], evidence, question) {
        return Some(Verdict::review(format!("adresse électronique du candidat, mais {why}")));
    }
    if bears_another_family(&[*payee], evidence) {
        return Some(Verdict::review("adresse électronique du candidat, mais le payeur porte le nom d'un autre"));
    }
    let charged = credit.movement.amount.0 > question.fee.0 / 4 && credit.movement.amount.0 < question.fee.0.saturating_mul(2);
    let named = evidence.best(*payee).is_some_and(|found| found.fit >= Fit::Family);
    if credit.movement.amount == question.fee || (charged && named) {
        return Some(Verdict::matched(&[*payee], "email", "adresse électronique du candidat dans le libellé"));
    }
    Some(Verdict::review("adresse électronique du candidat, mais montant inattendu"))
}

/// Several people named in full for as many fees. Their given names must be different words, so that `Léa Meunier + Dylan Lecomte`
/// never names a Dylan Meunier.
fn named_group(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    let number = credit.movement.amount.0 / question.fee.0.max(1);
    if number < 2 || credit.movement.amount.0 != question.fee.0.saturating_mul(number) {
        return None;
    }
    let in_text = evidence.in_text(Fit::Full);
    let several = words::says_several(&credit.movement.remittance, &fold(&credit.movement.remittance));
    let mut named = in_text.clone();
    if several {
        named.extend(evidence.of_payer(Fit::Full));
    }
    if i64::try_from(named.len()).ok() != Some(number) {
        return None;
    }
    let mut places: BTreeSet<usize> = BTreeSet::new();
    for found in in_text.iter().filter_map(|payee| evidence.text.get(payee)) {
        if found.sureness > Sureness::Spelling || found.given_places.iter().any(|place| !places.insert(*place)) {
            return None;
        }
    }
    let family_is_given =
        in_text.iter().filter_map(|payee| evidence.text.get(payee)).any(|found| found.family_places.iter().any(|place| places.contains(place)));
    let chosen: Vec<usize> = named.into_iter().collect();
    if family_is_given || contradiction(&chosen, evidence, question).is_some() || !in_window(&chosen, credit, question) {
        return None;
    }
    Some(Verdict::matched(&chosen, "grouped", "plusieurs candidats nommés en entier, montant correspondant"))
}

fn in_window(chosen: &[usize], credit: &Credit, question: &Question<'_>) -> bool {
    let options = question.options;
    chosen.iter().filter_map(|payee| question.payees.get(*payee)).all(|payee| {
        let days = (credit.movement.booking_date - payee.opened_on).num_days();
        (-options.days_before_opening_max..=options.days_after_opening_max).contains(&days)
    })
}

fn by_names(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    if let Some(grouped) = named_group(credit, evidence, question) {
        return Some(grouped);
    }
    let (in_text, of_payer) = (surest(evidence, true), surest(evidence, false));
    let target = if in_text.is_empty() { &of_payer } else { &in_text };
    if target.is_empty() {
        return by_part_of_name(credit, evidence, question);
    }
    if credit.movement.amount.0 > question.fee.0.saturating_mul(4) {
        // Tuition of a candidate who was admitted is not a fee; without a stated purpose a person looks.
        let chosen: Vec<usize> = target.iter().copied().collect();
        let purpose = question.index.purpose(evidence, &chosen);
        return if purpose.other.is_some() { None } else { Some(Verdict::review("nom complet d'un candidat, montant sans rapport avec les frais")) };
    }
    let apart = !in_text.is_empty() && !of_payer.is_empty() && in_text.is_disjoint(&of_payer);
    if apart {
        let chosen: Vec<usize> = in_text.iter().copied().collect();
        let meant = chosen.len() == 1 && question.others_have_paid(&chosen, &of_payer) && speaks_of_fee(&question.index.purpose(evidence, &chosen));
        if !meant {
            return Some(Verdict::review("le payeur et le libellé nomment deux candidats"));
        }
    }
    // Named on both sides: the two readings must agree on one.
    let both: BTreeSet<usize> =
        if apart || in_text.is_empty() || of_payer.is_empty() { target.clone() } else { in_text.intersection(&of_payer).copied().collect() };
    let one = match (both.first(), both.len()) {
        (Some(only), 1) if apart || in_text.len().max(1) == 1 || of_payer.len() == 1 => Some((*only, false)),
        _ => by_programme(&both, credit, evidence, question).map(|payee| (payee, true)),
    };
    match one {
        Some((payee, told_by_programme)) => {
            let verdict = one_name(payee, told_by_programme, credit, evidence, question);
            let own_programme = question.index.programme(payee).is_some_and(|own| evidence.programmes.contains(&own));
            Some(Verdict { rests_on_payer: (in_text.is_empty() || evidence.text_is_payer) && !own_programme, ..verdict })
        }
        None => Some(Verdict::review("plusieurs candidats possibles")),
    }
}

/// Payees named in full, in the surest spelling that occurs: an exact name outweighs a slip, a cut name outweighs nothing.
fn surest(evidence: &Evidence, in_text: bool) -> BTreeSet<usize> {
    let zone = if in_text { &evidence.text } else { &evidence.payer };
    let full: Vec<(usize, Sureness)> =
        zone.iter().filter(|(_, found)| found.fit == Fit::Full).map(|(payee, found)| (*payee, found.sureness)).collect();
    let best = full.iter().map(|(_, sureness)| *sureness).min();
    let kept: BTreeSet<usize> =
        full.into_iter().filter(|(_, sureness)| Some(*sureness) == best || *sureness == Sureness::Cut).map(|(payee, _)| payee).collect();
    let exceeded = |payee: &usize| kept.iter().filter_map(|other| zone.get(other)).any(|other| zone.get(payee).is_some_and(|own| other.exceeds(own)));
    kept.iter().filter(|payee| !exceeded(payee)).copied().collect()
}

/// Among homonyms, the only one who applied to the programme the text names.
fn by_programme(payees: &BTreeSet<usize>, credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<usize> {
    if credit.movement.amount != question.fee
        || evidence.programmes.len() != 1
        || payees.iter().any(|payee| question.index.programme(*payee).is_none())
    {
        return None;
    }
    let mut fitting =
        payees.iter().filter(|payee| question.index.programme(**payee).is_some_and(|programme| evidence.programmes.contains(&programme)));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(*only),
        _ => None,
    }
}

/// One candidate is named in full. The amount, the words around the name and the payer decide whether that is enough.
fn one_name(payee: usize, told_by_programme: bool, credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Verdict {
    let purpose = question.index.purpose(evidence, &[payee]);
    if let Some(doubt) = name_doubt(payee, &purpose, credit, evidence, question) {
        return Verdict::review(format!("nom complet d'un candidat, mais {doubt}"));
    }
    let twice =
        evidence.text.get(&payee).zip(evidence.payer.get(&payee)).is_some_and(|(text, payer)| text.fit == Fit::Full && payer.fit == Fit::Full)
            && !evidence.text_is_payer;
    let sign = speaks_of_fee(&purpose) || evidence.hinted.contains(&payee) || announced(payee, credit, question);
    if credit.movement.amount == question.fee {
        return if told_by_programme {
            Verdict::matched(&[payee], "name_programme", "nom complet, formation et montant, un seul candidat possible")
        } else if sign {
            Verdict::matched(&[payee], "name_fee", "nom complet, montant et objet, un seul candidat possible")
        } else {
            Verdict::matched(&[payee], "name", "nom complet et montant, un seul candidat possible")
        };
    }
    let amount = credit.movement.amount.0;
    let charged = amount > question.fee.0 / 4 && amount < question.fee.0.saturating_mul(2);
    if charged && (sign || twice || evidence.foreign) {
        return Verdict::matched(&[payee], "name_fee", "nom complet et second indice, montant différent des frais");
    }
    Verdict::review("nom complet d'un candidat, mais montant inattendu")
}

fn speaks_of_fee(purpose: &Purpose) -> bool {
    purpose.fee_strong || (purpose.fee_weak && purpose.unexplained.is_empty())
}

fn announced(payee: usize, credit: &Credit, question: &Question<'_>) -> bool {
    let day = question.payees.get(payee).and_then(|payee| payee.announced_payment);
    day.is_some_and(|day| (credit.movement.booking_date - day).num_days().abs() <= 15)
}

/// Why a full name does not settle it.
fn name_doubt(payee: usize, purpose: &Purpose, credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<String> {
    let sign = speaks_of_fee(purpose);
    if let Some(word) = &purpose.other {
        return Some(format!("le libellé parle d'autre chose («\u{a0}{word}\u{a0}»)"));
    }
    if !sign && let Some(word) = purpose.unexplained.first() {
        return Some(format!("le libellé dit autre chose («\u{a0}{}\u{a0}»)", word.to_lowercase()));
    }
    if question.payees.get(payee).is_some_and(|payee| payee.withdrawn) {
        return Some("le dossier est retiré".to_owned());
    }
    if !in_window(&[payee], credit, question) {
        return Some("la date est loin de celle du dossier".to_owned());
    }
    let stated = &evidence.programmes;
    if !stated.is_empty() && question.index.programme(payee).is_some_and(|own| !stated.contains(&own)) {
        return Some("le libellé nomme une autre formation".to_owned());
    }
    if evidence.best(payee).is_some_and(|found| found.sureness > Sureness::Spelling) && !sign {
        return Some("l'orthographe diffère ou le nom est coupé".to_owned());
    }
    if bears_another_family(&[payee], evidence) && !sign {
        return Some("le payeur porte le nom d'un autre candidat".to_owned());
    }
    let others_in_text = evidence.text.iter().any(|(other, found)| {
        let own = evidence.text.get(&payee);
        *other != payee
            && found.fit >= Fit::Family
            && !found.family_places.iter().all(|place| own.is_some_and(|own| own.family_places.contains(place) || own.given_places.contains(place)))
    });
    if others_in_text && !evidence.text_is_payer && names_someone_else(payee, evidence) {
        return Some("le libellé porte aussi le nom d'un autre candidat".to_owned());
    }
    payer_doubt(payee, sign, evidence)
}

/// A family name of another candidate in the text that is no word of the payer's or of this candidate's.
fn names_someone_else(payee: usize, evidence: &Evidence) -> bool {
    let own = evidence.text.get(&payee);
    evidence.text.iter().any(|(other, found)| {
        *other != payee
            && found.fit >= Fit::Family
            && found.sureness <= Sureness::Spelling
            && found.family_places.iter().any(|place| {
                let word = evidence.text_zone.words.get(*place);
                let of_payer = word.is_some_and(|word| evidence.payer_zones.iter().any(|zone| zone.words.contains(word)));
                !of_payer && !own.is_some_and(|own| own.family_places.contains(place) || own.given_places.contains(place))
            })
    })
}

/// The payer's own words: an organisation, or a longer name that others of the family could bear.
fn payer_doubt(payee: usize, sign: bool, evidence: &Evidence) -> Option<String> {
    let rests_on_payer = evidence.text.get(&payee).is_none_or(|found| found.fit < Fit::Full);
    if sign || !rests_on_payer {
        return None;
    }
    if evidence.organisation {
        return Some("le payeur est un organisme".to_owned());
    }
    let found = evidence.payer.get(&payee)?;
    let own = found.family_places.union(&found.given_places).count();
    let zone = evidence.payer_zones.iter().find(|zone| zone.words.len() >= own)?;
    let surplus = zone
        .words
        .iter()
        .filter(|word| word.len() >= 2 && words::kind(word) >= words::WordKind::Silent && !matches!(word.as_str(), "OU" | "EL"))
        .count()
        .saturating_sub(own);
    let shared_family = evidence
        .payer
        .iter()
        .any(|(other, other_found)| *other != payee && other_found.fit >= Fit::Family && other_found.family_places == found.family_places);
    if surplus >= 2 || (surplus == 1 && shared_family) {
        return Some("le payeur porte d'autres noms encore".to_owned());
    }
    None
}

/// A given name and a part of a compound family name settle it only with the candidate's own programme.
fn by_part_of_name(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Option<Verdict> {
    let near: BTreeSet<usize> = evidence.in_text(Fit::Near).union(&evidence.of_payer(Fit::Near)).copied().collect();
    let (Some(payee), 1) = (near.first().copied(), near.len()) else { return None };
    let own = question.index.programme(payee).is_some_and(|programme| evidence.programmes.len() == 1 && evidence.programmes.contains(&programme));
    let purpose = question.index.purpose(evidence, &[payee]);
    let exact = credit.movement.amount == question.fee;
    if own && exact && name_doubt(payee, &purpose, credit, evidence, question).is_none() {
        return Some(Verdict::matched(&[payee], "name_programme", "prénom, partie du nom, formation et montant, un seul candidat possible"));
    }
    None
}

/// Nothing settled it: a question when anything speaks for a fee, else another receipt of the school.
fn leave(credit: &Credit, evidence: &Evidence, question: &Question<'_>) -> Verdict {
    let purpose = question.index.purpose(evidence, &[]);
    let amount = credit.movement.amount.0;
    let fee = question.fee.0;
    let named = evidence.text.values().chain(evidence.payer.values()).map(|found| found.fit).max();
    let near_name = named.is_some_and(|fit| fit >= Fit::FamilyInitial);
    let whole_name = named == Some(Fit::Full);
    let several_fees = amount % fee.max(1) == 0 && amount / fee.max(1) <= 4;
    let in_band = (amount >= fee / 2 && amount <= fee.saturating_mul(3) / 2) || several_fees;
    if let Some(word) = &purpose.other {
        // The name of a candidate beside another purpose: only a person knows which of the two is wrong.
        let doubtful = whole_name && amount <= fee.saturating_mul(4) || !evidence.emails.is_empty() || (in_band && (purpose.fee_strong || near_name));
        return if doubtful {
            Verdict::review(format!("le libellé parle d'autre chose («\u{a0}{word}\u{a0}»)"))
        } else {
            Verdict::other(format!("autre objet\u{a0}: {word}"))
        };
    }
    if in_band {
        return Verdict::review(if amount == fee {
            "montant des frais, sans indice suffisant"
        } else {
            "montant voisin des frais, sans indice suffisant"
        });
    }
    if whole_name
        || !evidence.emails.is_empty()
        || (purpose.fee_strong && amount <= fee.saturating_mul(10))
        || (near_name && amount <= fee.saturating_mul(4))
    {
        return Verdict::review("un indice de frais de dossier, montant inattendu");
    }
    if amount < fee && (evidence.in_text(Fit::Family).len() + evidence.of_payer(Fit::Family).len() > 0 || purpose.fee_weak) {
        return Verdict::review("petit montant, peut-être une partie des frais");
    }
    Verdict::other("montant et libellé sans rapport avec les frais")
}

/// Several payments in one name may be a namesake's, or a parent's who paid for somebody else of the family.
///
/// A payment by the bare name and amount of somebody already paid for is asked about. So is every payment that rests on the payer's name
/// alone while another payer paid for the same dossier and somebody of that family still waits for a payment.
/// `questions` are transfers left to a person that name a payee in full: transfer, payer, payee.
pub fn settle_repetitions(
    credits: &[&Credit],
    verdicts: &mut BTreeMap<i64, Verdict>,
    index: &Index,
    questions: &[(i64, String, usize)],
    fee: Cents,
    mut again: impl FnMut(i64, &Credit),
) {
    let mut claims: BTreeMap<usize, Vec<(i64, String, bool)>> = BTreeMap::new();
    for credit in credits {
        let Some(verdict) = verdicts.get(&credit.id).filter(|verdict| verdict.state == TransferState::Matched) else { continue };
        let payer = fold(credit.movement.debtor.as_deref().unwrap_or_default());
        for payee in &verdict.payees {
            claims.entry(*payee).or_default().push((credit.id, payer.clone(), verdict.rests_on_payer));
        }
    }
    let paid: BTreeSet<usize> = claims.keys().copied().collect();
    for (id, payer, payee) in questions {
        claims.entry(*payee).or_default().push((*id, payer.clone(), false));
    }
    let mut doubtful: BTreeSet<i64> = BTreeSet::new();
    for (payee, claims) in claims.iter().filter(|(_, claims)| claims.len() > 1) {
        let payers: BTreeSet<&String> = claims.iter().map(|(_, payer, _)| payer).collect();
        if payers.len() > 1 && index.names.relatives(*payee).iter().any(|relative| !paid.contains(relative)) {
            doubtful.extend(claims.iter().filter(|(_, _, rests_on_payer)| *rests_on_payer).map(|(id, _, _)| *id));
        }
    }
    let mut settled: BTreeSet<usize> = BTreeSet::new();
    for credit in credits {
        let Some(verdict) = verdicts.get_mut(&credit.id).filter(|verdict| verdict.state == TransferState::Matched) else { continue };
        if doubtful.contains(&credit.id) {
            *verdict = Verdict::review("nom complet, mais un autre virement paie déjà ce dossier et un parent pourrait payer pour un autre");
            again(credit.id, credit);
        } else if verdict.tier == "name" && verdict.payees.iter().any(|payee| settled.contains(payee)) {
            *verdict = Verdict::review("nom complet et montant, mais ce dossier est déjà payé");
            again(credit.id, credit);
        } else if credit.movement.amount >= fee {
            settled.extend(verdict.payees.iter().copied());
        }
    }
}

/// Transfers to review that name somebody in full and could be a fee, for [`settle_repetitions`].
pub fn open_questions(credits: &[&Credit], reviewed: &BTreeMap<i64, Evidence>, index: &Index, fee: Cents) -> Vec<(i64, String, usize)> {
    let mut questions = Vec::new();
    for credit in credits.iter().filter(|credit| credit.movement.amount.0 <= fee.0.saturating_mul(2)) {
        let Some(evidence) = reviewed.get(&credit.id) else { continue };
        for payee in evidence.in_text(Fit::Full).union(&evidence.of_payer(Fit::Full)) {
            let purpose = index.purpose(evidence, &[*payee]);
            if purpose.other.is_none() && purpose.unexplained.is_empty() {
                questions.push((credit.id, fold(credit.movement.debtor.as_deref().unwrap_or_default()), *payee));
            }
        }
    }
    questions
}
