//! A replay: everything derived is made again, in a new data folder, from the raw mails, the raw statements and the decided facts.
//!
//! What people decided is taken over as they signed it, in the order in which they did: mails that arrived before a word about a mail are
//! read before it, so that dossiers are opened in the same order and get the same numbers.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};

use crate::blobs::Blobs;
use crate::desk;
use crate::store::decided::{self, MailDecisionRow, Signed};
use crate::store::mails::MailRow;
use crate::store::{Store, dossiers, journal, jury, mails, parse_instant, settings, transfers};
use crate::tasks::{Office, decide, money, process, receive, supervisor};

/// Takes the installation's secret over, so that references and Message-IDs come out the same. Before the office is opened.
pub fn take_secret_over(from: &Store, into: &Store) -> anyhow::Result<()> {
    match from.read(|connection| settings::setting(connection, "secret"))? {
        Some(secret) => into.write(|transaction| settings::set_setting(transaction, "secret", &secret)),
        None => Ok(()),
    }
}

/// Makes everything again.
pub fn rebuild(office: &Office, from: &Store, blobs: &Blobs) -> anyhow::Result<()> {
    let mut waiting: Vec<MailRow> =
        from.read(mails::all)?.into_iter().filter(|mail| !matches!(mail.state.as_str(), "duplicate" | "left_out")).collect();
    waiting.sort_by_key(|mail| (mail.arrived_at, mail.mail_id));
    let mut waiting = waiting.into_iter().peekable();
    for word in from.read(decided::mail_decisions)? {
        let at = parse_instant(&word.at)?;
        while let Some(mail) = waiting.next_if(|mail| mail.arrived_at <= at) {
            keep(office, blobs, &mail)?;
        }
        read_and_review(office)?;
        give_again(office, &word, at)?;
    }
    for mail in waiting {
        keep(office, blobs, &mail)?;
    }
    read_and_review(office)?;
    corrections(office, from)?;
    jury_decisions(office, from)?;
    statements(office, from, blobs)?;
    supervisor::settle(office)
}

fn keep(office: &Office, blobs: &Blobs, mail: &MailRow) -> anyhow::Result<()> {
    receive::keep_loose(office, &mail.mailbox, mail.uid, mail.arrived_at, blobs.get(&mail.sha256)?).map(|_| ())
}

fn read_and_review(office: &Office) -> anyhow::Result<()> {
    process::step(office)?;
    desk::review(office).map(|_| ())
}

fn give_again(office: &Office, word: &MailDecisionRow, at: DateTime<Utc>) -> anyhow::Result<()> {
    let signed = Signed { at, actor: &word.actor, why: &word.why };
    office.store.write(|transaction| decided::decide_mail(transaction, &word.sha256, signed, &word.number))?;
    for mail in office.store.read(|connection| mails::by_sha256(connection, &word.sha256))?.iter().filter(|mail| mail.state == "processed") {
        process::by_hand::place(office, mail, &word.number)?;
    }
    desk::review(office).map(|_| ())
}

/// Corrections go with the dossier's number.
fn corrections(office: &Office, from: &Store) -> anyhow::Result<()> {
    for row in from.read(dossiers::all)? {
        let words = from.read(|connection| dossiers::corrections(connection, row.dossier_id))?;
        office.store.write(|transaction| {
            let Some(mine) = dossiers::by_number(transaction, &row.number)? else { return Ok(()) };
            for word in &words {
                dossiers::correct(transaction, mine.dossier_id, parse_instant(&word.at)?, &word.actor, &word.why, &word.subject, &word.value)?;
                decide::teach(transaction, &mine, &word.subject)?;
            }
            Ok(())
        })?;
    }
    desk::review(office).map(|_| ())
}

fn jury_decisions(office: &Office, from: &Store) -> anyhow::Result<()> {
    let numbers: BTreeMap<i64, String> = from.read(dossiers::all)?.into_iter().map(|row| (row.dossier_id, row.number)).collect();
    for decision in from.read(jury::decisions)? {
        let Some(number) = numbers.get(&decision.dossier_id) else { continue };
        let (entered_at, actor) = from.read(|connection| jury::entered(connection, decision.decision_id))?;
        office.store.write(|transaction| {
            let Some(mine) = dossiers::by_number(transaction, number)? else { return Ok(()) };
            let at = parse_instant(&entered_at)?;
            let mine = jury::DecisionRow { dossier_id: mine.dossier_id, ..decision.clone() };
            jury::enter_decision(transaction, &mine, at, &actor)?;
            let entered = jury::decisions(transaction)?.into_iter().map(|row| row.decision_id).max().context("the decision just entered")?;
            match &decision.approved_at {
                Some(approved_at) => jury::approve_decision(transaction, entered, parse_instant(approved_at)?),
                None => Ok(()),
            }
        })?;
    }
    Ok(())
}

/// Statements are read again in their order, then her words on their movements, which are known by the file and the place where they stand.
fn statements(office: &Office, from: &Store, blobs: &Blobs) -> anyhow::Result<()> {
    for (sha256, name) in from.read(transfers::statement_blobs)? {
        money::import(office, &blobs.get(&sha256)?, &name, journal::PROGRAM)?;
    }
    let places = |store: &Store| -> anyhow::Result<BTreeMap<(String, u32), i64>> {
        let rows = store.read(transfers::all)?;
        Ok(rows.into_iter().flat_map(|row| row.sources.into_iter().map(move |source| (source, row.transfer_id))).collect())
    };
    let mine = places(&office.store)?;
    let same: BTreeMap<i64, i64> = places(from)?.into_iter().filter_map(|(place, old)| Some((old, *mine.get(&place)?))).collect();
    for word in from.read(decided::transfer_decisions)? {
        let Some(transfer_id) = same.get(&word.transfer_id) else { continue };
        let signed = Signed { at: parse_instant(&word.at)?, actor: &word.actor, why: &word.why };
        office.store.write(|transaction| {
            decided::decide_transfer(transaction, *transfer_id, signed, &word.verdict, &word.dossiers, word.shares.as_deref())
        })?;
    }
    money::reconcile(office).map(|_| ())
}
