//! The work of a day: the batch of a jury whose cut-off has passed, then the digest.

use std::fs;

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use rusqlite::Transaction;

use crate::desk;
use crate::domain::digest::Digest;
use crate::domain::mail::MailAddress;
use crate::letters::{self, Attachment, AutoSubmitted, Envelope};
use crate::store::outbox::NewLetter;
use crate::store::{journal, outbox};
use crate::tasks::{Office, digest, jury};

/// Does what the day asks for. Doing it twice changes nothing: batches and digests have keys.
pub async fn step(office: &Office, day: NaiveDate) -> anyhow::Result<()> {
    desk::review(office)?;
    jury::build_due(office, day)?;
    let digest = compose(office, day)?;
    if worth_writing(&digest) {
        write(office, &digest)?;
    }
    Ok(())
}

pub fn compose(office: &Office, day: NaiveDate) -> anyhow::Result<Digest> {
    let listen = &office.config.console.listen;
    let console_url = (!listen.is_empty()).then(|| format!("http://{listen}/"));
    office.store.read(|connection| digest::compose(connection, &office.rules, day, console_url, office.config.outgoing.paused))
}

/// On working days always, so that silence means trouble; at the week's end only with news.
fn worth_writing(digest: &Digest) -> bool {
    let news = digest.mails.received > 0 || digest.letters_sent > 0 || !digest.new_dossiers.is_empty() || !digest.transfers_matched.is_empty();
    news || !matches!(digest.day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Keeps a copy of the digest and queues it to the school's people.
pub fn write(office: &Office, digest: &Digest) -> anyhow::Result<()> {
    let rendered = letters::render_digest(&office.templates, digest, &office.rules)?;
    let folder = office.config.path(&office.config.digest.folder);
    fs::create_dir_all(&folder).context("make the folder of digests")?;
    fs::write(folder.join(format!("{}.txt", digest.day)), format!("{}\n\n{}", rendered.subject, rendered.text)).context("keep the digest")?;
    fs::write(folder.join(format!("{}.html", digest.day)), &rendered.html).context("keep the digest")?;
    if office.config.digest.to.is_empty() {
        return Ok(());
    }
    queue_to_staff(office, &format!("digest/{}", digest.day), "digest_daily", &office.config.digest.to, &rendered, &[])
}

/// Queues a letter to the school's own people.
pub fn queue_to_staff(
    office: &Office,
    letter_key: &str,
    kind: &str,
    recipients: &[String],
    rendered: &letters::RenderedLetter,
    attachments: &[Attachment],
) -> anyhow::Result<()> {
    let letter = staff_letter(office, letter_key, kind, recipients, rendered, attachments)?;
    office.store.write(|transaction| letter.queue(transaction))
}

/// A letter to the school's own people, written and not queued yet: its caller queues it in the transaction of what it tells of.
pub struct StaffLetter {
    letter_key: String,
    kind: String,
    recipients: Vec<String>,
    message_id: String,
    subject: String,
    message: Vec<u8>,
    queued_at: DateTime<Utc>,
}

/// Writes a letter to the school's own people.
pub fn staff_letter(
    office: &Office,
    letter_key: &str,
    kind: &str,
    recipients: &[String],
    rendered: &letters::RenderedLetter,
    attachments: &[Attachment],
) -> anyhow::Result<StaffLetter> {
    let now = office.clock.now();
    let message_id = office.message_id(letter_key);
    let envelope = Envelope {
        from: office.from_address(),
        to: recipients.iter().map(|address| MailAddress { name: None, address: address.clone() }).collect(),
        message_id: message_id.clone(),
        date: now,
        in_reply_to: None,
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Generated,
        number: String::new(),
    };
    Ok(StaffLetter {
        letter_key: letter_key.to_owned(),
        kind: kind.to_owned(),
        recipients: recipients.to_vec(),
        message: letters::to_mime(rendered, &envelope, attachments)?,
        message_id,
        subject: rendered.subject.clone(),
        queued_at: now,
    })
}

impl StaffLetter {
    /// A letter whose key is known is not queued again.
    pub fn queue(&self, transaction: &Transaction<'_>) -> anyhow::Result<()> {
        let letter = NewLetter {
            letter_key: &self.letter_key,
            dossier_id: None,
            kind: &self.kind,
            language: "fr",
            held: false,
            recipients: &self.recipients,
            in_reply_to: None,
            message_id: &self.message_id,
            subject: &self.subject,
            message: &self.message,
            says_json: None,
            queued_at: self.queued_at,
        };
        if outbox::queue(transaction, &letter)? {
            journal::append(transaction, self.queued_at, journal::PROGRAM, None, "letter_queued", &self.letter_key)?;
        }
        Ok(())
    }
}
