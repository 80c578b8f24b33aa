//! Her word on a mail: whose it is. It is read again under that word, now and whenever mails are read again.

use rusqlite::{Connection, Transaction};

use super::{Effect, Word, refuse};
use crate::store::mails::MailRow;
use crate::store::{decided, dossiers, journal, mails};
use crate::tasks::{Office, money, process, supervisor};

/// Where a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTarget {
    Dossier(String),
    NewDossier,
    /// No candidate's.
    Nobody,
}

/// Gives a mail to a dossier, to a new one, or to nobody. Gives the dossier's number, empty for nobody.
pub fn give(office: &Office, word: Word<'_>, mail_id: i64, target: &MailTarget) -> anyhow::Result<(Effect, String)> {
    let Some(mail) = office.store.read(|connection| mails::by_id(connection, mail_id))? else {
        return refuse(format!("Il n'y a pas de courriel {mail_id}."));
    };
    if mail.state != "processed" || mail.sha256.is_empty() {
        return refuse("Ce courriel ne peut pas être rattaché\u{a0}: son contenu n'est pas là, ou c'est un doublon.");
    }
    // The number is drawn, and its dossier opened, in the transaction that says whose the mail is.
    let (effect, number) = office.store.write(|transaction| decide(office, transaction, word, &mail, target))?;
    if effect == Effect::Changed {
        process::by_hand::place(office, &mail, &number)?;
        money::reconcile(office)?;
        supervisor::settle(office)?;
    }
    Ok((effect, number))
}

fn decide(office: &Office, transaction: &Transaction<'_>, word: Word<'_>, mail: &MailRow, target: &MailTarget) -> anyhow::Result<(Effect, String)> {
    let before = match mail.dossier_id {
        Some(dossier_id) => dossiers::by_id(transaction, dossier_id)?.map(|row| row.number).unwrap_or_default(),
        None => String::new(),
    };
    let said = decided::mail_decision(transaction, &mail.sha256)?.map(|word| word.number);
    let number = match target {
        MailTarget::Nobody => String::new(),
        MailTarget::Dossier(number) if dossiers::by_number(transaction, number)?.is_none() => {
            return refuse(format!("Il n'y a pas de dossier {number}."));
        }
        MailTarget::Dossier(number) => number.clone(),
        // Asked twice, the dossier that the first click opened is the one.
        MailTarget::NewDossier => match &said {
            Some(said) if !said.is_empty() && *said == before && is_alone(transaction, mail, said)? => said.clone(),
            _ => {
                let number = format!("{}-{:04}", office.rules.prefix, dossiers::n_opened(transaction)? + 1);
                process::by_hand::open_dossier(office, transaction, mail, &number)?;
                number
            }
        },
    };
    if said.as_ref() == Some(&number) && before == number {
        return Ok((Effect::Already, number));
    }
    let signed = word.signed(office);
    decided::decide_mail(transaction, &mail.sha256, signed, &number)?;
    let to = if number.is_empty() { "personne" } else { &number };
    let why = if word.why.is_empty() { String::new() } else { format!(" ({})", word.why) };
    journal::append(transaction, signed.at, word.actor, mail.dossier_id, "mail_given", format!("{} {before} → {to}{why}", mail.mail_id).as_str())?;
    Ok((Effect::Changed, number))
}

fn is_alone(connection: &Connection, mail: &MailRow, number: &str) -> anyhow::Result<bool> {
    let Some(dossier) = dossiers::by_number(connection, number)? else { return Ok(false) };
    Ok(mails::of_dossier(connection, dossier.dossier_id)?.iter().all(|other| other.mail_id == mail.mail_id))
}
