//! Her word on a mail: whose it is. It is read again under that word, now and whenever mails are read again.

use super::{Effect, Word, refuse};
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
        return refuse("Ce courriel ne peut pas être rattaché : son contenu n'est pas là, ou c'est un doublon.");
    }
    let before = match mail.dossier_id {
        Some(dossier_id) => office.store.read(|connection| dossiers::by_id(connection, dossier_id))?.map(|row| row.number).unwrap_or_default(),
        None => String::new(),
    };
    let said = office.store.read(|connection| decided::mail_decision(connection, &mail.sha256))?.map(|word| word.number);
    let number = match target {
        MailTarget::Nobody => String::new(),
        // Asked twice, the dossier that the first click opened is the one.
        MailTarget::NewDossier => match &said {
            Some(said) if !said.is_empty() && *said == before && is_alone(office, &mail, said)? => said.clone(),
            _ => format!("{}-{:04}", office.rules.prefix, office.store.read(dossiers::n_opened)? + 1),
        },
        MailTarget::Dossier(number) => {
            if office.store.read(|connection| dossiers::by_number(connection, number))?.is_none() {
                return refuse(format!("Il n'y a pas de dossier {number}."));
            }
            number.clone()
        }
    };
    if said.as_ref() == Some(&number) && before == number {
        return Ok((Effect::Already, number));
    }
    let signed = word.signed(office);
    office.store.write(|transaction| {
        decided::decide_mail(transaction, &mail.sha256, signed, &number)?;
        let detail = format!(
            "{mail_id} {}→ {}",
            if before.is_empty() { String::new() } else { format!("{before} ") },
            if number.is_empty() { "personne" } else { &number }
        );
        let detail = if word.why.is_empty() { detail } else { format!("{detail} ({})", word.why) };
        journal::append(transaction, signed.at, word.actor, mail.dossier_id, "mail_given", &detail)
    })?;
    process::by_hand::place(office, &mail, &number)?;
    money::reconcile(office)?;
    supervisor::settle(office)?;
    Ok((Effect::Changed, number))
}

fn is_alone(office: &Office, mail: &mails::MailRow, number: &str) -> anyhow::Result<bool> {
    office.store.read(|connection| {
        let Some(dossier) = dossiers::by_number(connection, number)? else { return Ok(false) };
        Ok(mails::of_dossier(connection, dossier.dossier_id)?.iter().all(|other| other.mail_id == mail.mail_id))
    })
}
