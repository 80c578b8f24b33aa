//! A mail that a person gave to a dossier, or to nobody: taken up again under her word, which every later reading finds and obeys.

use anyhow::Context;
use rusqlite::Connection;

use super::{Opening, open_mail, open_mail_as, read_files, write_mail};
use crate::bank::reference;
use crate::domain::mail::MailClass;
use crate::store::mails::MailRow;
use crate::store::{dossiers, journal, mails};
use crate::tasks::Office;

/// How the dossier of such a mail was found.
const BASIS: &str = "person";

/// Gives a mail to the dossier of that number, which is opened when it does not exist; to nobody when the number is empty.
pub fn place(office: &Office, mail: &MailRow, number: &str) -> anyhow::Result<()> {
    let mut opened = open_mail(office, &mail.sha256)?;
    let class = opened.classification.class;
    let may_answer = opened.classification.may_answer;
    if number.is_empty() {
        opened.files.clear();
        opened.classification.may_answer = false;
        if class.brings_documents() || class == MailClass::Question {
            opened.classification.class = MailClass::Bulk;
        }
    } else if !class.brings_documents() && class != MailClass::Unreadable {
        opened = open_mail_as(office, &mail.sha256, &Opening { class: Some(MailClass::Application), ..Opening::default() })?;
        opened.classification.may_answer = may_answer;
        if opened.files.is_empty() && opened.record.archive_problems.is_empty() {
            opened.classification.class = MailClass::Question;
        }
    }
    let files = read_files(office, mail.mail_id, &opened)?;
    office.store.write_derived(|transaction| {
        let dossier_id = match number {
            "" => None,
            number => Some(match dossiers::by_number(transaction, number)? {
                Some(row) => {
                    if opened.classification.class == MailClass::Application && !mails::of_dossier(transaction, row.dossier_id)?.is_empty() {
                        opened.classification.class = MailClass::Supplement;
                    }
                    joined_to(transaction, row.dossier_id)?
                }
                None => open_dossier(office, transaction, mail, number)?,
            }),
        };
        mails::forget_files(transaction, mail.mail_id)?;
        if let Some(before) = mail.dossier_id {
            dossiers::mark_dirty(transaction, before)?;
        }
        write_mail(transaction, office, mail, &opened, "processed", dossier_id.map(|dossier_id| (dossier_id, BASIS)), &files)
    })
}

/// Opens a dossier under a number that a person's word gave out.
pub fn open_dossier(office: &Office, transaction: &rusqlite::Transaction<'_>, mail: &MailRow, number: &str) -> anyhow::Result<i64> {
    let ordinal: u32 = number.rsplit('-').next().and_then(|digits| digits.parse().ok()).context("a dossier's number")?;
    let taken = dossiers::all(transaction)?.into_iter().map(|row| row.reference).collect();
    let reference = reference::issue(&office.rules.prefix, &office.secret, u64::from(ordinal), &taken);
    let dossier_id = dossiers::open(transaction, number, reference.as_str(), mail.arrived_at)?;
    journal::append(transaction, office.clock.now(), journal::PROGRAM, Some(dossier_id), "dossier_opened", BASIS)?;
    Ok(dossier_id)
}

/// The dossier that counts for this one: another, when a person joined them.
pub fn joined_to(connection: &Connection, dossier_id: i64) -> anyhow::Result<i64> {
    let joined = dossiers::joined(connection)?;
    let Some(mut number) = dossiers::by_id(connection, dossier_id)?.map(|row| row.number) else { return Ok(dossier_id) };
    // Each step leads to an earlier decision's target; their number bounds the walk.
    for _ in 0..joined.len() {
        let Some(next) = joined.get(&number) else { break };
        number.clone_from(next);
    }
    Ok(dossiers::by_number(connection, &number)?.map_or(dossier_id, |row| row.dossier_id))
}
