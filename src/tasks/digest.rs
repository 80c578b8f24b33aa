//! The daily digest, composed from what the database knows: first what only the assistant can do, then everything else.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rusqlite::Connection;

use crate::desk;
use crate::domain::calendar;
use crate::domain::digest::{Digest, DigestDossier, DigestJury, DigestQuestion, DigestTask, DigestTransfer, MailAccount};
use crate::domain::dossier::{DossierState, Stage, Timeliness};
use crate::domain::mail::MailClass;
use crate::domain::payment::{FeeState, TransferState};
use crate::domain::plan::next_jury;
use crate::domain::rules::Rules;
use crate::store::dossiers::DossierRow;
use crate::store::mails::MailRow;
use crate::store::outbox::LetterRow;
use crate::store::transfers::TransferRow;
use crate::store::{mails, outbox, transfers};
use crate::wording;

/// Everything one digest looks at.
struct Sources {
    dossiers: Vec<(DossierRow, DossierState)>,
    mails: Vec<MailRow>,
    letters: Vec<LetterRow>,
    transfers: Vec<TransferRow>,
    statements: Vec<(String, String, String, bool, String)>,
}

/// Composes the digest of a Paris day: it covers the day before, and what waits now.
pub fn compose(connection: &Connection, rules: &Rules, day: NaiveDate, now: DateTime<Utc>, console_url: Option<String>) -> anyhow::Result<Digest> {
    let since = calendar::start_of_day(day.checked_sub_days(Days::new(1)).unwrap_or(day));
    let until = calendar::start_of_day(day).max(since + TimeDelta::hours(1));
    let sources = Sources {
        dossiers: desk::states(connection)?.into_values().collect(),
        mails: mails::arrived_between(connection, since, until)?,
        letters: outbox::all(connection)?,
        transfers: transfers::all(connection)?,
        statements: transfers::statements(connection)?,
    };
    let between = |instant: DateTime<Utc>| instant >= since && instant < until;
    let count = |wanted: &dyn Fn(&LetterRow) -> bool| {
        u32::try_from(sources.letters.iter().filter(|letter| letter.dossier_id.is_some() && wanted(letter)).count()).unwrap_or(u32::MAX)
    };
    let fresh = |row: &DossierRow| between(row.opened_at);
    Ok(Digest {
        day,
        to_do: to_do(&sources, rules, since),
        next_jury: next_jury(rules, day).map(|session| DigestJury {
            label: session.label_fr.clone(),
            date: session.date,
            cut_off: session.cut_off_day(),
            n_complete: n_with(&sources, |state| state.stage == Stage::Complete),
            n_nearly: n_with(&sources, |state| state.stage == Stage::Incomplete && n_lacking(state) == 1),
            n_under_way: n_with(&sources, |state| state.stage == Stage::Incomplete && n_lacking(state) != 1),
        }),
        juries_without_date: rules.juries.iter().filter(|session| session.date.is_none()).map(|session| session.label_fr.clone()).collect(),
        new_dossiers: lines(&sources, |row, _| fresh(row)),
        changed_dossiers: lines(&sources, |row, state| !fresh(row) && between(state.last_arrival)),
        newly_complete: lines(&sources, |_, state| {
            state.complete && sources.letters.iter().any(|letter| letter.letter_key == format!("{}/complete", state.number) && between(letter.queued_at))
        }),
        questions: questions(&sources),
        transfers_matched: matched(&sources, day),
        letters_sent: count(&|letter| letter.sent_at.is_some_and(between)),
        letters_held: count(&|letter| letter.state == "held"),
        letters_bounced: count(&|letter| letter.bounced.is_some() && letter.queued_at >= since - TimeDelta::days(2)),
        letters_in_doubt: count(&|letter| letter.state == "in_doubt"),
        mails: account(&sources.mails),
        warnings: warnings(now, rules),
        console_url,
    })
}

fn n_with(sources: &Sources, wanted: impl Fn(&DossierState) -> bool) -> u32 {
    u32::try_from(sources.dossiers.iter().filter(|(_, state)| wanted(state)).count()).unwrap_or(u32::MAX)
}

fn n_lacking(state: &DossierState) -> usize {
    let fee = !matches!(state.fee_state, FeeState::Credited | FeeState::Over | FeeState::Double);
    state.missing.len() - state.missing_not_blocking.len() + state.missing_translations.len() + state.to_check.len() + usize::from(fee)
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

fn questions(sources: &Sources) -> Vec<DigestQuestion> {
    let state_of = |mail: &MailRow| sources.dossiers.iter().find(|(row, _)| Some(row.dossier_id) == mail.dossier_id).map(|(_, state)| state);
    sources
        .mails
        .iter()
        .filter(|mail| mail.class == Some(MailClass::Question))
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

fn matched(sources: &Sources, day: NaiveDate) -> Vec<DigestTransfer> {
    let recent = |row: &&TransferRow| row.state == TransferState::Matched && (day - row.movement.booking_date).num_days() <= 2;
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

/// What only she can do, most urgent first: money, letters, doubts about pieces, late arrivals.
fn to_do(sources: &Sources, rules: &Rules, since: DateTime<Utc>) -> Vec<DigestTask> {
    let mut tasks = Vec::new();
    for letter in sources.letters.iter().filter(|letter| letter.state == "in_doubt" || letter.state == "failed") {
        let sentence = if letter.state == "in_doubt" {
            format!("La lettre «\u{a0}{}\u{a0}» est peut-être partie, peut-être pas\u{a0}: le serveur n'a pas répondu.", letter.subject)
        } else {
            format!("La lettre «\u{a0}{}\u{a0}» n'a pas pu partir.", letter.subject)
        };
        tasks.push(DigestTask { who: letter.recipients.join(", "), sentence, question: Some(String::from("L'envoyer de nouveau\u{a0}?")) });
    }
    for letter in sources.letters.iter().filter(|letter| letter.bounced.as_deref() == Some("hard") && letter.queued_at >= since - TimeDelta::days(7)) {
        let sentence = format!("Notre lettre «\u{a0}{}\u{a0}» est revenue\u{a0}: l'adresse ne fonctionne pas.", letter.subject);
        tasks.push(DigestTask { who: letter.recipients.join(", "), sentence, question: None });
    }
    tasks.extend(sources.transfers.iter().filter(|row| row.state == TransferState::ToReview).map(|row| review_task(sources, row)));
    for (_, state) in &sources.dossiers {
        if state.stage == Stage::Withdrawn {
            continue;
        }
        tasks.extend(fee_task(state, rules));
        for check in &state.to_check {
            let question = check.sha256.as_ref().map(|_| format!("L'accepter comme {}\u{a0}?", wording::kind(check.requirement).to_lowercase()));
            tasks.push(DigestTask { who: wording::who(state), sentence: format!("{}.", wording::to_check(check)), question });
        }
        if state.timeliness == Timeliness::GreyZone && state.stage == Stage::Incomplete {
            let sentence = String::from("Dossier reçu entre les deux lectures de la date limite, traité comme étant dans les temps.");
            tasks.push(DigestTask { who: wording::who(state), sentence, question: Some(String::from("Confirmer\u{a0}?")) });
        }
    }
    for letter in sources.letters.iter().filter(|letter| letter.state == "held") {
        let sentence = format!("La lettre «\u{a0}{}\u{a0}» attend votre accord.", letter.subject);
        tasks.push(DigestTask { who: String::new(), sentence, question: Some(String::from("L'envoyer\u{a0}?")) });
    }
    let orphan = |mail: &&MailRow| {
        mail.class == Some(MailClass::Unreadable) || (mail.class == Some(MailClass::PaymentProof) && mail.dossier_id.is_none())
    };
    for mail in sources.mails.iter().filter(orphan) {
        let sentence = format!("Courriel «\u{a0}{}\u{a0}» que le programme n'a pas su rattacher\u{a0}: à lire dans la boîte.", mail.subject);
        tasks.push(DigestTask { who: sender(mail), sentence, question: None });
    }
    for (name, _, imported_at, booked, _) in &sources.statements {
        if !booked && *imported_at >= crate::store::instant_text(since) {
            let sentence = format!("Le relevé «\u{a0}{name}\u{a0}» n'a pas été comptabilisé\u{a0}: ses totaux ne s'accordent pas ou son format est inconnu.");
            tasks.push(DigestTask { who: String::new(), sentence, question: None });
        }
    }
    tasks
}

fn review_task(sources: &Sources, row: &TransferRow) -> DigestTask {
    let movement = &row.movement;
    let candidates: Vec<String> = row
        .dossiers
        .iter()
        .map(|number| match name_of(sources, Some(number)) {
            name if name.is_empty() => number.clone(),
            name => format!("{name} ({number})"),
        })
        .collect();
    let proposal = match candidates.as_slice() {
        [] => String::from("Aucun candidat reconnu."),
        [one] => format!("Sans doute {one}."),
        several => format!("Candidats possibles\u{a0}: {}.", several.join(", ")),
    };
    DigestTask {
        who: String::new(),
        sentence: format!(
            "Virement de {} du {}, «\u{a0}{}\u{a0}», libellé «\u{a0}{}\u{a0}». {proposal}",
            movement.amount.french(),
            calendar::french_date(movement.booking_date),
            movement.debtor.as_deref().unwrap_or("payeur non indiqué"),
            movement.remittance,
        ),
        question: (candidates.len() == 1).then(|| String::from("Le lui attribuer\u{a0}?")),
    }
}

fn fee_task(state: &DossierState, rules: &Rules) -> Option<DigestTask> {
    let due = rules.fee.cents.french();
    let received = state.fee_credited.french();
    let (sentence, question) = match state.fee_state {
        FeeState::Short => (format!("{received} reçus au lieu de {due} (frais de banque probables)."), "Considérer comme payé\u{a0}?"),
        FeeState::Over => (format!("{received} reçus au lieu de {due}."), "Garder ainsi\u{a0}?"),
        FeeState::Double => (format!("Les frais ont été payés deux fois ({received} en tout)."), "Signaler à l'agence comptable\u{a0}?"),
        FeeState::Returned => (String::from("Le virement des frais a été retourné par la banque."), "Écrire au candidat\u{a0}?"),
        FeeState::NotAsked => (String::from("Aucune voie d'admission ne semble possible\u{a0}; les frais n'ont pas été demandés."), "Les demander\u{a0}?"),
        FeeState::Awaited | FeeState::ProofSeen | FeeState::Credited => return None,
    };
    Some(DigestTask { who: wording::who(state), sentence, question: Some(question.to_owned()) })
}

/// Dates that nobody has set although they come near.
fn warnings(now: DateTime<Utc>, rules: &Rules) -> Vec<String> {
    let unset = rules.juries.iter().filter(|session| session.date.is_none()).count();
    let today = calendar::paris(now).date();
    if unset > 0 && today >= rules.campaign.opens {
        return vec![format!("{unset} jury(s) sans date dans le fichier de règles\u{a0}: les lettres disent «\u{a0}date à confirmer\u{a0}».")];
    }
    Vec::new()
}
