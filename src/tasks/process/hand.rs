//! Answers that people of the school write by hand: seen in the Sent folder or as a copy, tied to the dossiers they answer.
//!
//! The program then keeps silent for a while on those dossiers. A mail between colleagues answers nobody, whatever thread it stands in.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::known::Known;
use super::{MailRecord, OpenedMail};
use crate::config::Config;
use crate::domain::mail::{MailAddress, MailClass};
use crate::store::from_json;
use crate::store::mails::{MailRow, SENT_MARK};
use crate::tasks::Office;

/// A mail by hand of which it is not known yet whom it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseAnswer {
    pub mail_id: i64,
    pub at: DateTime<Utc>,
    threads: Vec<String>,
    recipients: Vec<String>,
}

impl LooseAnswer {
    pub fn read(mail_id: i64, at: DateTime<Utc>, facts_json: &str) -> anyhow::Result<LooseAnswer> {
        #[derive(Deserialize)]
        struct Kept {
            parsed: Addressed,
        }
        #[derive(Deserialize)]
        struct Addressed {
            to: Vec<MailAddress>,
            cc: Vec<MailAddress>,
            in_reply_to: Vec<String>,
            references: Vec<String>,
        }
        let Kept { parsed } = from_json(facts_json)?;
        let recipients = parsed.to.iter().chain(&parsed.cc).map(MailAddress::key).collect();
        Ok(LooseAnswer { mail_id, at, threads: parsed.in_reply_to.into_iter().chain(parsed.references).collect(), recipients })
    }

    fn of(mail: &MailRow, record: &MailRecord) -> LooseAnswer {
        let parsed = &record.parsed;
        LooseAnswer {
            mail_id: mail.mail_id,
            at: mail.arrived_at,
            threads: parsed.in_reply_to.iter().chain(&parsed.references).cloned().collect(),
            recipients: parsed.to.iter().chain(&parsed.cc).map(MailAddress::key).collect(),
        }
    }

    /// Whether it was written to somebody outside the school.
    fn leaves_the_school(&self, office: &Office) -> bool {
        self.recipients.iter().any(|recipient| recipient.contains('@') && !is_staff(office, recipient))
    }

    /// Whether it answers this mail, or at least its sender.
    pub fn answers(&self, office: &Office, message_id: Option<&String>, from_address: &str) -> bool {
        let to_sender = !from_address.is_empty() && self.recipients.iter().any(|recipient| recipient.eq_ignore_ascii_case(from_address));
        to_sender || (message_id.is_some_and(|message_id| self.threads.contains(message_id)) && self.leaves_the_school(office))
    }

    /// The dossiers it answers: by its recipients, and by its thread when it was written to somebody outside.
    fn dossiers(&self, office: &Office, known: &Known) -> BTreeSet<i64> {
        let mut answered = known.at_addresses(self.recipients.iter());
        if self.leaves_the_school(office) {
            answered.extend(known.in_threads(self.threads.iter()));
        }
        answered
    }
}

fn is_staff(office: &Office, address: &str) -> bool {
    let listed = |entry: &str| {
        let entry = entry.trim().to_lowercase();
        if entry.starts_with('@') { address.ends_with(&entry) } else { address == entry }
    };
    listed(&office.rules.school.address) || office.config.mailbox.staff.iter().any(|entry| listed(entry))
}

/// Whether a mail was found in the Sent folder.
fn was_sent(mail: &MailRow) -> bool {
    mail.mailbox.starts_with(SENT_MARK)
}

/// What lies in the Sent folder was written by the school, whatever it looks like; what the program or a machine wrote keeps its class.
pub fn settle_class(mail: &MailRow, opened: &mut OpenedMail) {
    let class = opened.classification.class;
    let by_machine = matches!(class, MailClass::Own | MailClass::AutomaticReply | MailClass::Bounce | MailClass::Report);
    if was_sent(mail) && !by_machine {
        opened.classification.class = MailClass::Staff;
        opened.classification.reasons = vec![String::from("sent_folder")];
        opened.record.reasons.clone_from(&opened.classification.reasons);
    }
    if was_sent(mail) {
        opened.classification.may_answer = false;
        opened.files.clear();
        opened.record.archive_problems.clear();
    }
}

/// The dossiers that a mail of the school's own people answers; empty for all other mails.
pub fn dossiers_answered(office: &Office, mail: &MailRow, opened: &OpenedMail, known: &mut Known) -> BTreeSet<i64> {
    if opened.classification.class != MailClass::Staff {
        return BTreeSet::new();
    }
    let answer = LooseAnswer::of(mail, &opened.record);
    let answered = answer.dossiers(office, known);
    if answered.is_empty() && answer.leaves_the_school(office) {
        known.loose_answers.push(answer);
    }
    answered
}

/// The name under which a folder's mails are kept, the Sent folder under its mark.
pub fn mailbox_name(config: &Config, kind: &str, folder: &str) -> String {
    let mark = if config.sent_folder() == Some(folder) { SENT_MARK } else { "" };
    format!("{mark}{kind}/{folder}")
}
