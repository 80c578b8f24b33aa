//! Mails: those that belong to no dossier although a person wrote them, and those of a dossier.

use serde::Serialize;

use crate::console::view;
use crate::domain::mail::MailClass;
use crate::domain::plan::letters::base_name;
use crate::store::decided;
use crate::store::from_json;
use crate::store::mails::{self, MailRow};
use crate::tasks::Office;
use crate::tasks::process::MailRecord;
use crate::wording;

#[derive(Debug, Serialize)]
pub struct MailView {
    pub id: i64,
    pub at: String,
    pub class: String,
    pub from: String,
    pub subject: String,
    /// The beginning of what its author wrote.
    pub text: String,
    pub files: Vec<(String, String)>,
    /// What could not be opened, and links in the place of files.
    pub problems: Vec<String>,
    pub may_be_given: bool,
    pub decided: Option<String>,
}

/// A person wrote it, and it is in no dossier.
pub fn waits(mail: &MailRow) -> bool {
    let by_a_person = matches!(
        mail.class,
        Some(MailClass::Application | MailClass::Supplement | MailClass::PaymentProof | MailClass::Question | MailClass::Unreadable)
    );
    mail.dossier_id.is_none() && matches!(mail.state.as_str(), "processed" | "left_out") && by_a_person
}

fn problems(record: &MailRecord) -> Vec<String> {
    let archive = |problem: &crate::domain::letter::ArchiveProblem| {
        format!("«\u{a0}{}\u{a0}»\u{a0}: {}.", problem.archive_name, wording::reason(problem.reason))
    };
    let mut problems: Vec<String> = record.archive_problems.iter().map(archive).collect();
    if !record.parsed.file_store_links.is_empty() {
        problems.push(String::from("Un lien remplace des fichiers\u{a0}: le programme ne l'ouvre jamais."));
    }
    problems
}

const TEXT_SHOWN_MAX: usize = 1200;

pub fn view(connection: &rusqlite::Connection, mail: &MailRow) -> anyhow::Result<MailView> {
    let record: Option<MailRecord> = mail.facts_json.as_deref().map(from_json).transpose()?;
    let mut files: Vec<(String, String)> =
        mails::files_of_mail(connection, mail.mail_id)?.into_iter().map(|file| (base_name(&file.name), file.sha256)).collect();
    if files.is_empty() {
        files = record.iter().flat_map(|record| &record.attachments).map(|file| (file.name.clone(), String::new())).collect();
    }
    let problems = record.as_ref().map(problems).unwrap_or_default();
    let text = record.map(|record| record.parsed.own_text).unwrap_or_default();
    let word = decided::mail_decision(connection, &mail.sha256)?;
    Ok(MailView {
        id: mail.mail_id,
        at: view::moment(mail.arrived_at),
        class: mail.class.map_or("—", wording::mail_class).to_owned(),
        from: match (&mail.from_name, &mail.from_address) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (_, address) => address.clone().unwrap_or_default(),
        },
        subject: if mail.subject.is_empty() { String::from("(sans objet)") } else { mail.subject.clone() },
        text: text.chars().take(TEXT_SHOWN_MAX).collect::<String>().trim().to_owned(),
        files,
        problems,
        may_be_given: mail.state == "processed" && !mail.sha256.is_empty(),
        decided: word.map(|word| format!("{} par {}", if word.number.is_empty() { "écarté" } else { "rattaché" }, word.actor)),
    })
}

/// Mails that wait for a dossier, the latest first; and those she has set aside.
pub fn without_dossier(office: &Office) -> anyhow::Result<(Vec<MailView>, Vec<MailView>)> {
    office.store.read(|connection| {
        let (mut waiting, mut aside) = (Vec::new(), Vec::new());
        for mail in mails::all(connection)?.iter().rev().filter(|mail| mail.dossier_id.is_none()) {
            if waits(mail) {
                waiting.push(view(connection, mail)?);
            } else if !mail.sha256.is_empty() && decided::mail_decision(connection, &mail.sha256)?.is_some() {
                aside.push(view(connection, mail)?);
            }
        }
        Ok((waiting, aside))
    })
}
