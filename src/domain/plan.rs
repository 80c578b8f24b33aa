//! The plan: everything known about one dossier in, what is true now and which letters are due out. Start reading here.
//!
//! Nothing says "when a document arrives, do X". The plan is asked again whenever something changed or a date was reached, it always looks
//! at everything, and asking twice gives the same answer: letters have keys, and a key is queued once.

pub mod letters;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::calendar;
use crate::domain::completeness::{self, Placed, Situation};
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DossierFacts, DossierState, Stage, Timeliness, ToCheck};
use crate::domain::finding::Reason;
use crate::domain::language::Language;
use crate::domain::letter::{CandidateLetter, LetterLanguage};
use crate::domain::payment::FeeState;
use crate::domain::profile::{self, MailHint, Profile};
use crate::domain::route::{self, Piece, Route, RouteInference};
use crate::domain::rules::{JurySession, Rules};

/// What is true of a dossier, and what is to be done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub state: DossierState,
    pub letters: Vec<DueLetter>,
    /// When to ask again although nothing new has come.
    pub review_at: Option<DateTime<Utc>>,
}

/// A letter that is due now and has never been queued.
#[derive(Debug, Clone, PartialEq)]
pub struct DueLetter {
    /// The same occasion always gives the same key.
    pub letter_key: String,
    pub letter: CandidateLetter,
    pub to: String,
    /// The mail it answers, without angle brackets, and that mail's own references.
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// Mails that this letter answers.
    pub answers: Vec<i64>,
    /// It waits for the assistant's click.
    pub held: bool,
}

/// Asks what is true of a dossier at an instant and which letters are due.
pub fn plan(facts: &DossierFacts, rules: &Rules, now: DateTime<Utc>) -> Plan {
    let state = assess(facts, rules, now);
    let (letters, review_at) = letters::due(facts, &state, rules, now);
    Plan { state, letters, review_at }
}

/// What is true of a dossier at an instant.
pub fn assess(facts: &DossierFacts, rules: &Rules, now: DateTime<Utc>) -> DossierState {
    let today = calendar::paris(now).date();
    let corrections = &facts.corrections;
    let placed = completeness::placed_documents(&facts.files, corrections);
    let pieces: Vec<Piece<'_>> = placed.iter().map(piece).collect();
    let hints: Vec<MailHint<'_>> = facts.mails.iter().map(hint).collect();
    let profile = profile::profile(&pieces, &hints, rules);
    let inference = route::infer(&pieces, rules.campaign.training_starts, today, rules.experience.months_required);

    let route = corrections.route.or(inference.route);
    let degree_in_progress = corrections.degree_in_progress.or(inference.degree_in_progress);
    let international = corrections.international.or(profile.international);
    let situation = Situation { route, degree_in_progress: assumed_in_progress(degree_in_progress, &placed), financing: profile.financing };
    let mut checklist = completeness::check(facts, situation, rules);
    checklist.to_check.extend(doubts_about_experience(route, &inference, &placed, facts, rules));
    checklist.to_check.extend(doubts_about_names(&profile, &placed, facts));
    completeness::without_checked(&mut checklist.to_check, corrections);

    let documents_complete = !facts.files.is_empty()
        && checklist.missing.iter().all(|kind| checklist.missing_not_blocking.contains(kind))
        && checklist.missing_translations.is_empty()
        && checklist.to_check.is_empty();
    let fee_credited = corrections.fee_accepted || matches!(facts.fee.state, FeeState::Credited | FeeState::Over | FeeState::Double);
    let complete = documents_complete && fee_credited;
    let first_arrival = facts.mails.first().map_or(now, |mail| mail.arrived_at);
    let fee_state = fee_state(facts, route.is_none() && inference.route_seems_impossible, &placed);
    let everything_here_on = if fee_credited { today } else { credited_at_the_latest(facts, fee_state, rules, today) };
    let (name, person) = naming(facts, &profile);
    DossierState {
        number: facts.number.clone(),
        reference: facts.reference.clone(),
        name,
        person,
        birth_date: profile.birth_date,
        nationality: profile.nationality.clone(),
        addresses: addresses(facts),
        language: corrections.language.unwrap_or_else(|| language(&hints, &placed)),
        programme: corrections.programme.clone().or_else(|| profile.programme.clone()),
        route,
        basis: basis(facts, &profile, &inference),
        degree_in_progress,
        international,
        financing: profile.financing,
        experience_months: inference.experience_months,
        documents: checklist.documents,
        missing: checklist.missing,
        missing_not_blocking: checklist.missing_not_blocking,
        missing_translations: checklist.missing_translations,
        unreadable: checklist.unreadable,
        to_check: checklist.to_check,
        fee_state,
        fee_credited: facts.fee.credited,
        documents_complete,
        complete,
        timeliness: timeliness(first_arrival, international, rules),
        stage: stage(facts, complete),
        jury_session: jury_aimed_at(facts, rules, today, everything_here_on).map(|session| session.name.clone()),
        first_arrival,
        last_arrival: facts.mails.last().map_or(now, |mail| mail.arrived_at),
    }
}

fn piece<'a>(document: &Placed<'a>) -> Piece<'a> {
    Piece {
        kind: document.kind,
        certainty: document.certainty,
        is_translation: document.reading.translation.is_some(),
        facts: &document.reading.facts,
    }
}

fn hint(mail: &crate::domain::dossier::MailFacts) -> MailHint<'_> {
    MailHint {
        from_name: mail.from_name.as_deref(),
        from_address: &mail.from_address,
        subject: &mail.subject,
        own_text: &mail.own_text,
        programmes: &mail.programmes,
    }
}

/// A dossier of which nothing could be read is asked for the degree itself, as the notice does; otherwise not knowing is doubt.
fn assumed_in_progress(known: Option<bool>, placed: &[Placed<'_>]) -> Option<bool> {
    known.or_else(|| placed.is_empty().then_some(false))
}

/// Between the doubtful and the required months a person decides; with fewer a person must see it, and the candidate is told nothing.
fn doubts_about_experience(
    route: Option<Route>,
    inference: &RouteInference,
    placed: &[Placed<'_>],
    facts: &DossierFacts,
    rules: &Rules,
) -> Option<ToCheck> {
    let certificate = placed.iter().find(|document| document.kind == DocumentKind::EmploymentCertificate)?;
    if !route.is_some_and(Route::needs_experience)
        || inference.experience_months >= rules.experience.months_required
        || facts.corrections.requirements.contains_key(&DocumentKind::EmploymentCertificate)
    {
        return None;
    }
    let reason = if inference.experience_months >= rules.experience.months_doubtful_from {
        Reason::ExperienceNearThreshold
    } else if inference.experience_months == 0 {
        Reason::ExperienceUnknown
    } else {
        Reason::ExperienceInsufficient
    };
    Some(ToCheck {
        requirement: DocumentKind::EmploymentCertificate,
        sha256: Some(certificate.file.sha256.clone()),
        file_name: Some(certificate.file.name.clone()),
        reason,
    })
}

/// Pieces that seem to be about somebody else: for the assistant, never for the candidate. One that has looked says so by correcting the line.
fn doubts_about_names(profile: &Profile, placed: &[Placed<'_>], facts: &DossierFacts) -> Vec<ToCheck> {
    let looked_at = |kind: &DocumentKind| facts.corrections.requirements.contains_key(kind);
    let open = profile.name_conflicts.iter().filter(|conflict| !looked_at(&conflict.kind) && facts.corrections.name.is_none());
    open.map(|conflict| {
        let about = placed.iter().find(|document| document.kind == conflict.kind && document.reading.facts.names.contains(&conflict.name));
        ToCheck {
            requirement: conflict.kind,
            sha256: about.map(|document| document.file.sha256.clone()),
            file_name: about.map(|document| document.file.name.clone()),
            reason: Reason::NameDiffers,
        }
    })
    .collect()
}

fn fee_state(facts: &DossierFacts, not_to_be_asked: bool, placed: &[Placed<'_>]) -> FeeState {
    match facts.fee.state {
        FeeState::Awaited if placed.iter().any(|document| document.kind == DocumentKind::PaymentProof) => FeeState::ProofSeen,
        FeeState::Awaited if not_to_be_asked => FeeState::NotAsked,
        state => state,
    }
}

fn naming(facts: &DossierFacts, profile: &Profile) -> (String, Option<crate::domain::person::PersonName>) {
    let person = facts.corrections.name.clone().or_else(|| profile.name.clone());
    let shown = person.as_ref().map(profile::naming::shown);
    (shown.as_ref().map(|name| name.full.clone()).unwrap_or_default(), shown)
}

/// Addresses the candidate writes from, in order of appearance, compared without regard to case.
fn addresses(facts: &DossierFacts) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for mail in facts.mails.iter().filter(|mail| !mail.from_address.is_empty()) {
        if !addresses.iter().any(|known| known.eq_ignore_ascii_case(&mail.from_address)) {
            addresses.push(mail.from_address.clone());
        }
    }
    addresses
}

fn language(hints: &[MailHint<'_>], placed: &[Placed<'_>]) -> LetterLanguage {
    let pieces: Vec<(Piece<'_>, Option<Language>)> =
        placed.iter().map(|document| (piece(document), document.reading.languages.first().copied())).collect();
    if profile::correspondence_language(hints, &pieces, None) == Language::ENGLISH { LetterLanguage::English } else { LetterLanguage::French }
}

fn basis(facts: &DossierFacts, profile: &Profile, inference: &RouteInference) -> Vec<String> {
    let mut basis = if facts.corrections.route.is_some() { vec![String::from("voie fixée par l'assistante")] } else { inference.basis.clone() };
    basis.extend(profile.basis.iter().filter(|(field, _)| field.as_str() == "programme").map(|(_, sentence)| sentence.clone()));
    basis
}

fn timeliness(first_arrival: DateTime<Utc>, international: Option<bool>, rules: &Rules) -> Timeliness {
    let campaign = &rules.campaign;
    let arrived = calendar::paris(first_arrival);
    if arrived > campaign.deadline_last {
        Timeliness::Late
    } else if arrived > campaign.deadline_announced {
        Timeliness::GreyZone
    } else if international == Some(true) && arrived > campaign.international_last {
        Timeliness::AfterInternationalDate
    } else if international == Some(true) && arrived > campaign.international_announced {
        Timeliness::GreyZone
    } else {
        Timeliness::InTime
    }
}

fn stage(facts: &DossierFacts, complete: bool) -> Stage {
    if facts.corrections.withdrawn {
        Stage::Withdrawn
    } else if facts.decision.as_ref().is_some_and(|decision| decision.approved) {
        Stage::Notified
    } else if facts.batched_for.is_some() {
        Stage::Batched
    } else if complete {
        Stage::Complete
    } else {
        Stage::Incomplete
    }
}

/// When a fee that has not come will be on the account at the latest, if it is paid without delay. A transfer whose proof was seen was
/// ordered when that proof came.
fn credited_at_the_latest(facts: &DossierFacts, fee_state: FeeState, rules: &Rules, today: NaiveDate) -> NaiveDate {
    let proof_came_on = facts.mails.last().filter(|_| fee_state == FeeState::ProofSeen).map(|mail| calendar::paris(mail.arrived_at).date());
    calendar::banking_days_after(proof_came_on.unwrap_or(today), rules.fee.transfer_banking_days).max(today)
}

/// The session a dossier is aimed at: the one whose batch holds it, until that jury has met; else the next one that everything can reach.
fn jury_aimed_at<'a>(facts: &DossierFacts, rules: &'a Rules, today: NaiveDate, everything_here_on: NaiveDate) -> Option<&'a JurySession> {
    let batch = facts.batched_for.as_ref().and_then(|name| rules.juries.iter().find(|session| session.name == *name));
    batch.filter(|session| session.date.is_none_or(|date| date >= today)).or_else(|| next_jury(rules, everything_here_on))
}

/// The next session whose cut-off has not passed on that day. A session without a date is taken for one at the beginning of its month, and one
/// without a month is never named: a jury that a letter promises must be able to keep the promise.
pub fn next_jury(rules: &Rules, day: NaiveDate) -> Option<&JurySession> {
    rules
        .juries
        .iter()
        .filter(|session| session.last_day_to_aim_at().is_some_and(|last| last >= day))
        .min_by_key(|session| (session.last_day_to_aim_at(), session.name.clone()))
}
