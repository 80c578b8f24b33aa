//! The daily digest, composed from what the database knows: first what only the assistant can do, then everything else.

mod open_points;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rusqlite::Connection;

use crate::desk;
use crate::domain::calendar;
use crate::domain::digest::{Digest, DigestBatch, DigestDossier, DigestErasure, DigestJury, DigestQuestion, DigestTransfer, MailAccount};
use crate::domain::dossier::{DossierState, Stage};
use crate::domain::finding::Reason;
use crate::domain::mail::MailClass;
use crate::domain::payment::{FeeState, TransferState};
use crate::domain::plan::next_jury;
use crate::domain::rules::Rules;
use crate::store::dossiers::DossierRow;
use crate::store::jury::{self, BatchRow};
use crate::store::mails::MailRow;
use crate::store::outbox::LetterRow;
use crate::store::transfers::{StatementRow, TransferRow};
use crate::store::{dossiers, from_json, hand_answers, instant_text, mails, outbox, settings, transfers};
use crate::tasks::decide;
use crate::tasks::forget::{self, Due};
use crate::tasks::process::MailRecord;
use crate::tasks::receive::MISSING_FOLDERS;
use crate::wording;

/// Everything one digest looks at.
struct Sources {
    dossiers: Vec<(DossierRow, DossierState)>,
    mails: Vec<MailRow>,
    letters: Vec<LetterRow>,
    transfers: Vec<TransferRow>,
    statements: Vec<StatementRow>,
    /// Dossiers whose fee a person has accepted as it is.
    fee_accepted: BTreeSet<i64>,
    /// When a person last wrote by hand to the candidate of a dossier.
    by_hand: BTreeMap<i64, DateTime<Utc>>,
    /// The same for addresses that belong to no dossier, in lower case.
    by_hand_to: BTreeMap<String, DateTime<Utc>>,
    /// The newest batch of each session.
    batches: BTreeMap<String, BatchRow>,
    /// When each statement was last read, by its name.
    imported_at: BTreeMap<String, String>,
}

impl Sources {
    fn read(connection: &Connection, since: DateTime<Utc>, until: DateTime<Utc>) -> anyhow::Result<Sources> {
        let dossiers: Vec<(DossierRow, DossierState)> = desk::states(connection)?.into_values().collect();
        let mut fee_accepted = BTreeSet::new();
        for (row, state) in &dossiers {
            let accepted = |correction: &dossiers::CorrectionRow| correction.subject == "fee" && correction.value == "accepted";
            if state.fee_state != FeeState::Credited && dossiers::corrections(connection, row.dossier_id)?.iter().any(accepted) {
                fee_accepted.insert(row.dossier_id);
            }
        }
        let mut by_hand = BTreeMap::new();
        for (row, _) in &dossiers {
            if let Some(at) = hand_answers::latest(connection, row.dossier_id)? {
                by_hand.insert(row.dossier_id, at);
            }
        }
        let mut by_hand_to = BTreeMap::new();
        for (_, at, facts) in hand_answers::loose_since(connection, since)? {
            let parsed = from_json::<MailRecord>(&facts)?.parsed;
            by_hand_to.extend(parsed.to.iter().chain(&parsed.cc).map(|recipient| (recipient.key(), at)));
        }
        let statements = transfers::statements(connection)?;
        let imported_at = statements.iter().map(|file| (file.name.clone(), file.imported_at.clone())).collect();
        Ok(Sources {
            dossiers,
            mails: mails::arrived_between(connection, since, until)?,
            letters: outbox::all(connection)?,
            transfers: transfers::all(connection)?,
            statements,
            fee_accepted,
            by_hand,
            by_hand_to,
            batches: jury::batches(connection)?.into_iter().map(|batch| (batch.session.clone(), batch)).collect(),
            imported_at,
        })
    }

    /// Whether a statement that holds this movement was read since then.
    fn came_since(&self, row: &TransferRow, since: DateTime<Utc>) -> bool {
        let since = instant_text(since);
        row.sources.iter().filter_map(|(file, _)| self.imported_at.get(file)).any(|imported_at| *imported_at >= since)
    }

    fn fee_is_settled(&self, row: &DossierRow, state: &DossierState) -> bool {
        matches!(state.fee_state, FeeState::Credited | FeeState::Over | FeeState::Double) || self.fee_accepted.contains(&row.dossier_id)
    }
}

/// Composes the digest of a Paris day: it covers the day before, and what waits now. `paused`: the off switch keeps letters from leaving.
pub fn compose(connection: &Connection, rules: &Rules, day: NaiveDate, console_url: Option<String>, paused: bool) -> anyhow::Result<Digest> {
    let since = calendar::start_of_day(day.checked_sub_days(Days::new(1)).unwrap_or(day));
    let until = calendar::start_of_day(day).max(since + TimeDelta::hours(1));
    let sources = Sources::read(connection, since, until)?;
    let open_points = open_points::of(&sources, rules, since);
    let between = |instant: DateTime<Utc>| instant >= since && instant < until;
    let count = |wanted: &dyn Fn(&LetterRow) -> bool| {
        u32::try_from(sources.letters.iter().filter(|letter| letter.dossier_id.is_some() && wanted(letter)).count()).unwrap_or(u32::MAX)
    };
    let fresh = |row: &DossierRow| between(row.opened_at);
    Ok(Digest {
        day,
        to_do: open_points.fresh,
        waiting: open_points.waiting,
        next_jury: next_jury(rules, day).map(|session| DigestJury {
            label: session.label_fr.clone(),
            date: session.date,
            cut_off: session.cut_off_day(),
            n_complete: n_with(&sources, |state| state.stage == Stage::Complete),
            n_nearly: n_incomplete(&sources, |n_lacking| n_lacking == 1),
            n_under_way: n_incomplete(&sources, |n_lacking| n_lacking != 1),
        }),
        batches: batches(connection, rules, since)?,
        to_erase: to_erase(connection, rules, day)?,
        juries_without_date: rules.juries.iter().filter(|session| session.date.is_none()).map(|session| session.label_fr.clone()).collect(),
        new_dossiers: lines(&sources, |row, _| fresh(row)),
        changed_dossiers: lines(&sources, |row, state| !fresh(row) && between(state.last_arrival)),
        newly_complete: lines(&sources, |_, state| {
            state.complete
                && sources.letters.iter().any(|letter| letter.letter_key == format!("{}/complete", state.number) && between(letter.queued_at))
        }),
        questions: questions(&sources),
        transfers_matched: matched(&sources, since),
        letters_sent: count(&|letter| letter.sent_at.is_some_and(between)),
        letters_held: count(&|letter| letter.state == "held"),
        letters_bounced: count(&|letter| letter.bounced.is_some() && letter.queued_at >= since - TimeDelta::days(2)),
        letters_in_doubt: count(&|letter| letter.state == "in_doubt"),
        mails: account(&sources.mails),
        warnings: warnings(connection, &sources, rules, paused)?,
        console_url,
    })
}

/// What was built since then, as the letters name the sessions.
fn batches(connection: &Connection, rules: &Rules, since: DateTime<Utc>) -> anyhow::Result<Vec<DigestBatch>> {
    let since = instant_text(since);
    let label =
        |name: &str| rules.juries.iter().find(|session| session.name == name).map_or_else(|| name.to_owned(), |session| session.label_fr.clone());
    let built = jury::batches(connection)?.into_iter().filter(|batch| batch.built_at >= since);
    Ok(built
        .map(|batch| DigestBatch { label: label(&batch.session), n_candidates: u32::try_from(batch.numbers.len()).unwrap_or(u32::MAX) })
        .collect())
}

/// How long before its day an erasure is announced.
const DAYS_BEFORE_ERASURE: [u64; 2] = [7, 30];

fn to_erase(connection: &Connection, rules: &Rules, day: NaiveDate) -> anyhow::Result<Vec<DigestErasure>> {
    let mut announced = Vec::new();
    for on in DAYS_BEFORE_ERASURE.iter().filter_map(|days| day.checked_add_days(Days::new(*days))) {
        let mut erasure = DigestErasure { on, ..DigestErasure::default() };
        for due in forget::due(connection, rules, on)? {
            match due {
                Due::Dossier { since, .. } if since == on => erasure.n_dossiers += 1,
                Due::IdentityPapers { since, .. } if since == on => erasure.n_identity_papers += 1,
                Due::Dossier { .. } | Due::IdentityPapers { .. } | Due::OtherMails { .. } => {}
            }
        }
        announced.extend(Some(erasure).filter(|erasure| erasure.n_dossiers + erasure.n_identity_papers > 0));
    }
    Ok(announced)
}

fn n_with(sources: &Sources, wanted: impl Fn(&DossierState) -> bool) -> u32 {
    u32::try_from(sources.dossiers.iter().filter(|(_, state)| wanted(state)).count()).unwrap_or(u32::MAX)
}

/// Incomplete dossiers by the number of things between them and the jury.
fn n_incomplete(sources: &Sources, wanted: impl Fn(usize) -> bool) -> u32 {
    let n_lacking = |row: &DossierRow, state: &DossierState| {
        let missing = state.missing.iter().filter(|kind| !state.missing_not_blocking.contains(kind)).count();
        missing + state.missing_translations.len() + state.to_check.len() + usize::from(!sources.fee_is_settled(row, state))
    };
    let incomplete = sources.dossiers.iter().filter(|(_, state)| state.stage == Stage::Incomplete);
    u32::try_from(incomplete.filter(|(row, state)| wanted(n_lacking(row, state))).count()).unwrap_or(u32::MAX)
}

fn lines(sources: &Sources, wanted: impl Fn(&DossierRow, &DossierState) -> bool) -> Vec<DigestDossier> {
    let line = |state: &DossierState| DigestDossier {
        number: state.number.clone(),
        name: state.name.clone(),
        programme: state.programme.clone(),
        note: if state.complete {
            String::from("complet")
        } else if wording::lacking(state).is_empty() {
            String::from("à vérifier")
        } else {
            format!("manque\u{a0}: {}", wording::lacking(state))
        },
    };
    sources.dossiers.iter().filter(|(row, state)| wanted(row, state)).map(|(_, state)| line(state)).collect()
}

/// Questions that wait for an answer.
fn questions(sources: &Sources) -> Vec<DigestQuestion> {
    let answered_by_hand = |mail: &MailRow| {
        let to_dossier = mail.dossier_id.and_then(|dossier_id| sources.by_hand.get(&dossier_id));
        let to_address = mail.from_address.as_ref().and_then(|address| sources.by_hand_to.get(&address.to_lowercase()));
        to_dossier.or(to_address).is_some_and(|at| *at >= mail.arrived_at)
    };
    let state_of = |mail: &MailRow| sources.dossiers.iter().find(|(row, _)| Some(row.dossier_id) == mail.dossier_id).map(|(_, state)| state);
    sources
        .mails
        .iter()
        .filter(|mail| mail.class == Some(MailClass::Question) && !answered_by_hand(mail))
        .map(|mail| {
            let state = state_of(mail);
            DigestQuestion {
                name: state.map(|state| state.name.clone()).filter(|name| !name.is_empty()).unwrap_or_else(|| sender(mail)),
                number: state.map(|state| state.number.clone()),
                subject: mail.subject.clone(),
                state: state.map(|state| match wording::lacking(state) {
                    lacking if lacking.is_empty() => String::from("dossier complet"),
                    lacking => format!("il manque\u{a0}: {lacking}"),
                }),
            }
        })
        .collect()
}

fn sender(mail: &MailRow) -> String {
    mail.from_name.clone().or_else(|| mail.from_address.clone()).unwrap_or_else(|| String::from("expéditeur inconnu"))
}

fn matched(sources: &Sources, since: DateTime<Utc>) -> Vec<DigestTransfer> {
    let recent = |row: &&TransferRow| row.state == TransferState::Matched && sources.came_since(row, since);
    sources
        .transfers
        .iter()
        .filter(recent)
        .map(|row| DigestTransfer {
            amount: row.movement.amount,
            debtor: row.movement.debtor.clone().unwrap_or_default(),
            number: row.dossiers.join(", "),
            name: name_of(sources, row.dossiers.first()),
            why: row.why.first().cloned().unwrap_or_default(),
        })
        .collect()
}

fn name_of(sources: &Sources, number: Option<&String>) -> String {
    let found = sources.dossiers.iter().find(|(row, _)| Some(&row.number) == number);
    found.map(|(_, state)| state.name.clone()).unwrap_or_default()
}

fn account(mails: &[MailRow]) -> MailAccount {
    let n = |wanted: &dyn Fn(&MailRow) -> bool| u32::try_from(mails.iter().filter(|mail| wanted(mail)).count()).unwrap_or(u32::MAX);
    let documents = |mail: &MailRow| mail.class.is_some_and(MailClass::brings_documents);
    MailAccount {
        received: n(&|_| true),
        processed: n(&|mail| mail.state == "processed"),
        applications: n(&|mail| documents(mail) && mail.dossier_id.is_some()),
        questions: n(&|mail| mail.class == Some(MailClass::Question)),
        automatic: n(&|mail| {
            matches!(
                mail.class,
                Some(
                    MailClass::AutomaticReply
                        | MailClass::Bounce
                        | MailClass::List
                        | MailClass::Bulk
                        | MailClass::Report
                        | MailClass::Spam
                        | MailClass::Own
                )
            )
        }),
        for_a_person: n(&|mail| {
            matches!(mail.class, Some(MailClass::Unreadable | MailClass::Staff)) || (documents(mail) && mail.dossier_id.is_none())
        }),
    }
}

/// Parts of the machine that do not work as they should, or were stopped.
fn warnings(connection: &Connection, sources: &Sources, rules: &Rules, paused: bool) -> anyhow::Result<Vec<String>> {
    let mut warnings = Vec::new();
    if let Some((at, actor)) = decide::stopped_by(connection)? {
        let n_waiting = waiting(outbox::n_queued(connection)?, "aucune lettre n'attend");
        let at = calendar::french_date_time(calendar::paris(at));
        warnings.push(format!("L'envoi des lettres a été arrêté dans la console par {actor}, {at}\u{a0}: {n_waiting}."));
    } else if paused {
        let n_waiting = outbox::n_queued(connection)?;
        warnings.push(format!(
            "L'envoi des lettres est arrêté (outgoing.paused = true dans la configuration)\u{a0}: {}.",
            waiting(n_waiting, "aucune lettre n'attend")
        ));
    } else if let n_capped @ 1.. = outbox::n_capped(connection)? {
        warnings.push(format!(
            "Le disjoncteur retient l'envoi (au plus {} lettres par heure, {} par adresse et par jour)\u{a0}: {}. Il reprendra de lui-même\u{a0}; si ce nombre vous étonne, arrêtez l'envoi (outgoing.paused = true) et regardez les lettres.",
            rules.letters.per_hour,
            rules.letters.per_address_and_day,
            waiting(n_capped, "")
        ));
    }
    for folder in settings::setting(connection, MISSING_FOLDERS)?.unwrap_or_default().lines() {
        warnings.push(format!(
            "Le dossier «\u{a0}{folder}\u{a0}» de la configuration n'existe pas dans la boîte (ou n'est pas montré au programme)\u{a0}: il n'est pas lu."
        ));
    }
    let unread = |state: &DossierState| state.to_check.iter().any(|check| check.reason == Reason::PageNotReadNoEngine);
    if let n @ 1.. = n_with(sources, unread) {
        warnings.push(format!(
            "Aucun logiciel de reconnaissance de texte n'est installé\u{a0}: des images de {n}\u{a0}dossier{} n'ont pas pu être lues (voir deploy/install-ocr).",
            if n < 2 { "" } else { "s" }
        ));
    }
    Ok(warnings)
}

fn waiting(count: u32, none: &str) -> String {
    match count {
        0 => none.to_owned(),
        1 => String::from("une lettre attend"),
        count => format!("{count}\u{a0}lettres attendent"),
    }
}
