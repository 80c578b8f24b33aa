//! Mail to the school's own people: the assistant's daily digest and the announcement of a jury's batch. French only.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::calendar::french_date;
use crate::domain::digest::{Digest, DigestBatch, DigestDossier, DigestErasure, DigestJury, DigestQuestion, DigestTask, MailAccount};
use crate::letters::typography::{french_spaces, printable};
use crate::letters::wording::{French, listed};

const NAME_LENGTH_MAX: usize = 80;
const SENTENCE_LENGTH_MAX: usize = 600;

/// A jury's files, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchAnnouncement {
    /// As letters print it: `jury de mars`.
    pub session_label: String,
    /// The day of the session, when somebody has fixed it.
    pub date: Option<NaiveDate>,
    pub n_candidates: u32,
    pub delivery: BatchDelivery,
    /// Set for a complement to a batch already sent: the day it was made.
    pub addendum: Option<NaiveDate>,
}

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchDelivery {
    /// In this mail, in this order.
    Attached { file_names: Vec<String> },
    /// In a shared folder, named as its readers see it.
    Folder { path: String, file_names: Vec<String> },
}

#[derive(Serialize)]
pub(crate) struct BatchContext {
    session: String,
    /// With a capital, for subjects.
    session_capitalised: String,
    date: String,
    dossiers: String,
    n_dossiers: u32,
    addendum: String,
    folder: String,
    attached: bool,
    files: Vec<String>,
}

impl BatchContext {
    pub(crate) fn of(announcement: &BatchAnnouncement) -> BatchContext {
        let (folder, files) = match &announcement.delivery {
            BatchDelivery::Attached { file_names } => (String::new(), file_names),
            BatchDelivery::Folder { path, file_names } => (printable(path, SENTENCE_LENGTH_MAX), file_names),
        };
        BatchContext {
            session_capitalised: crate::letters::typography::capitalised(&announcement.session_label),
            session: announcement.session_label.clone(),
            date: announcement.date.map(french_date).unwrap_or_default(),
            dossiers: counted(announcement.n_candidates, "dossier", "dossiers"),
            n_dossiers: announcement.n_candidates,
            addendum: announcement.addendum.map(french_date).unwrap_or_default(),
            attached: matches!(announcement.delivery, BatchDelivery::Attached { .. }),
            folder,
            files: files.iter().map(|name| printable(name, 120)).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct DigestContext {
    day: String,
    /// `3 choses à voir, tout le reste est fait`.
    state: String,
    to_do: Vec<TaskContext>,
    waiting: Vec<TaskContext>,
    waiting_title: String,
    warnings: Vec<String>,
    next_jury: String,
    batches: Vec<String>,
    to_erase: Vec<String>,
    juries_without_date: String,
    /// `5 nouveaux dossiers, 3 compléments, 2 dossiers devenus complets`.
    movements: String,
    new_dossiers: Vec<String>,
    changed_dossiers: Vec<String>,
    newly_complete: Vec<String>,
    questions_title: String,
    questions: Vec<String>,
    transfers: Vec<String>,
    letters: String,
    mails: String,
    console_url: String,
}

#[derive(Serialize)]
struct TaskContext {
    who: String,
    sentence: String,
    question: String,
}

impl DigestContext {
    pub(crate) fn of(digest: &Digest) -> DigestContext {
        DigestContext {
            day: french_date(digest.day),
            state: state(digest),
            to_do: digest.to_do.iter().map(task).collect(),
            waiting: digest.waiting.iter().map(task).collect(),
            waiting_title: counted(length(&digest.waiting), "point déjà signalé attend", "points déjà signalés attendent"),
            warnings: digest.warnings.iter().map(|warning| sentence(warning)).collect(),
            next_jury: digest.next_jury.as_ref().map(next_jury).map(|line| french_spaces(&line)).unwrap_or_default(),
            batches: digest.batches.iter().map(|built| french_spaces(&batch(built))).collect(),
            to_erase: digest.to_erase.iter().map(|erasure| french_spaces(&to_erase(erasure))).collect(),
            juries_without_date: listed(&digest.juries_without_date, French),
            movements: movements(digest),
            new_dossiers: digest.new_dossiers.iter().map(dossier).collect(),
            changed_dossiers: digest.changed_dossiers.iter().map(dossier).collect(),
            newly_complete: digest.newly_complete.iter().map(dossier).collect(),
            questions_title: counted(length(&digest.questions), "question vous attend", "questions vous attendent"),
            questions: digest.questions.iter().map(question).collect(),
            transfers: digest
                .transfers_matched
                .iter()
                .map(|transfer| {
                    let debtor = printable(&transfer.debtor, NAME_LENGTH_MAX);
                    let for_whom = who(&transfer.name, Some(&transfer.number));
                    format!("{} de {debtor}, pour {for_whom}, {}", transfer.amount.french(), sentence(&transfer.why))
                })
                .collect(),
            letters: letters(digest),
            mails: french_spaces(&mails(&digest.mails)),
            console_url: digest.console_url.clone().unwrap_or_default(),
        }
    }
}

fn length<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn task(task: &DigestTask) -> TaskContext {
    TaskContext {
        who: printable(&task.who, NAME_LENGTH_MAX).trim_end_matches('.').to_owned(),
        sentence: sentence(&task.sentence),
        question: sentence(task.question.as_deref().unwrap_or_default()),
    }
}

/// A French sentence from the plan, typeset.
fn sentence(text: &str) -> String {
    french_spaces(&printable(text, SENTENCE_LENGTH_MAX))
}

fn state(digest: &Digest) -> String {
    let waiting = match digest.waiting.len() {
        0 => String::from("tout le reste est fait"),
        n => format!("{n}\u{a0}en attente"),
    };
    match (digest.to_do.len(), digest.waiting.len(), digest.warnings.is_empty()) {
        (0, 0, true) => String::from("rien à voir, tout est fait"),
        (0, 0, false) => String::from("un point technique à signaler"),
        (0, ..) => format!("rien de nouveau à voir, {waiting}"),
        (1, ..) => format!("une chose à voir, {waiting}"),
        (n, ..) => format!("{n}\u{a0}choses à voir, {waiting}"),
    }
}

/// `18 dossiers`, `1 dossier`.
fn counted(count: u32, one: &str, several: &str) -> String {
    format!("{count}\u{a0}{}", if count < 2 { one } else { several })
}

fn next_jury(jury: &DigestJury) -> String {
    let when = match (jury.cut_off, jury.date) {
        (Some(cut_off), _) => format!(" (clôture le {})", french_date(cut_off)),
        (None, Some(date)) => format!(" (le {})", french_date(date)),
        (None, None) => String::from(" (date à confirmer)"),
    };
    format!(
        "D'ici le {}{when} : {}, {} presque (il ne manque qu'une chose), {} en cours.",
        jury.label,
        counted(jury.n_complete, "dossier complet", "dossiers complets"),
        jury.n_nearly,
        jury.n_under_way
    )
}

fn batch(batch: &DigestBatch) -> String {
    let label = crate::letters::typography::capitalised(&batch.label);
    match batch.n_candidates {
        0 => format!("{label} : aucun dossier n'était complet à la clôture, et rien n'a été envoyé au jury."),
        n => format!("{label} : le lot est constitué, avec {}.", counted(n, "dossier", "dossiers")),
    }
}

fn to_erase(erasure: &DigestErasure) -> String {
    let mut parts = Vec::new();
    if erasure.n_dossiers > 0 {
        parts.push(counted(erasure.n_dossiers, "dossier entier", "dossiers entiers"));
    }
    if erasure.n_identity_papers > 0 {
        parts.push(format!("les pièces d'identité et de paiement de {}", counted(erasure.n_identity_papers, "dossier", "dossiers")));
    }
    format!("À effacer à partir du {} (fin de la durée de conservation) : {}.", french_date(erasure.on), parts.join(", "))
}

fn movements(digest: &Digest) -> String {
    let count = |dossiers: &[DigestDossier]| length(dossiers);
    let parts = [
        (count(&digest.new_dossiers), "nouveau dossier", "nouveaux dossiers"),
        (count(&digest.changed_dossiers), "complément", "compléments"),
        (count(&digest.newly_complete), "dossier devenu complet", "dossiers devenus complets"),
    ];
    let named: Vec<String> = parts.iter().filter(|(n, ..)| *n > 0).map(|(n, one, several)| counted(*n, one, several)).collect();
    named.join(", ")
}

/// `Léa Meunier (MS24-0006)`, or the number alone.
fn who(name: &str, number: Option<&str>) -> String {
    let name = printable(name, NAME_LENGTH_MAX);
    match number.filter(|number| !number.is_empty()) {
        Some(number) if name.is_empty() => number.to_owned(),
        Some(number) => format!("{name} ({number})"),
        None if name.is_empty() => String::from("Expéditeur sans nom"),
        None => name,
    }
}

fn dossier(dossier: &DigestDossier) -> String {
    let mut line = who(&dossier.name, Some(&dossier.number));
    if let Some(programme) = dossier.programme.as_deref().filter(|programme| !programme.is_empty()) {
        line.push_str(", ");
        line.push_str(&printable(programme, NAME_LENGTH_MAX));
    }
    if !dossier.note.is_empty() {
        line.push_str("\u{a0}: ");
        line.push_str(&sentence(&dossier.note));
    }
    line
}

fn question(question: &DigestQuestion) -> String {
    let subject = french_spaces(&printable(&question.subject, NAME_LENGTH_MAX));
    let subject = if subject.is_empty() { String::from("sans objet") } else { format!("«\u{a0}{subject}\u{a0}»") };
    let state = question.state.as_deref().filter(|state| !state.is_empty()).map(|state| format!("\u{a0}; {}", sentence(state)));
    format!("{}\u{a0}: {subject}{}", who(&question.name, question.number.as_deref()), state.unwrap_or_default())
}

fn letters(digest: &Digest) -> String {
    let mut parts = Vec::new();
    if digest.letters_sent > 0 {
        parts.push(counted(digest.letters_sent, "partie", "parties"));
    }
    if digest.letters_held > 0 {
        parts.push(format!("{} en attente de votre accord", digest.letters_held));
    }
    if digest.letters_bounced > 0 {
        parts.push(format!("{} sans avoir été remise{}", counted(digest.letters_bounced, "revenue", "revenues"), plural(digest.letters_bounced)));
    }
    if digest.letters_in_doubt > 0 {
        parts.push(format!("{} dont le départ reste à vérifier", digest.letters_in_doubt));
    }
    parts.join(", ")
}

fn plural(count: u32) -> &'static str {
    if count < 2 { "" } else { "s" }
}

/// The account of the mails: every one received is named again as what it became.
fn mails(account: &MailAccount) -> String {
    if account.received == 0 && account.processed == 0 {
        return String::from("Aucun courriel n'est arrivé depuis le dernier récapitulatif.");
    }
    let mut kinds = Vec::new();
    if account.applications > 0 {
        kinds.push(counted(account.applications, "candidature ou complément", "candidatures et compléments"));
    }
    if account.questions > 0 {
        kinds.push(counted(account.questions, "question", "questions"));
    }
    if account.automatic > 0 {
        kinds.push(counted(account.automatic, "automatique laissé sans réponse", "automatiques laissés sans réponse"));
    }
    if account.for_a_person > 0 {
        kinds.push(counted(account.for_a_person, "laissé à votre lecture", "laissés à votre lecture"));
    }
    let detail = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let received = counted(account.received, "courriel reçu", "courriels reçus");
    let processed = counted(account.processed, "traité", "traités");
    match account.received.checked_sub(account.processed) {
        Some(0) => format!("Rien n'a été perdu : {received}, {processed}{detail}."),
        Some(1) => format!("{received}, {processed}{detail} ; le dernier est en attente."),
        Some(waiting) => format!("{received}, {processed}{detail} ; {waiting} sont en attente."),
        None => format!("{received} et {processed}{detail}, dont des courriels reçus plus tôt."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_says_when_something_waits() {
        let account = MailAccount { received: 14, processed: 14, applications: 8, questions: 2, automatic: 4, for_a_person: 0 };
        assert_eq!(
            mails(&account),
            "Rien n'a été perdu : 14\u{a0}courriels reçus, 14\u{a0}traités (8\u{a0}candidatures et compléments, 2\u{a0}questions, \
             4\u{a0}automatiques laissés sans réponse)."
        );
        assert!(mails(&MailAccount { processed: 12, ..account }).ends_with("2 sont en attente."));
        assert!(mails(&MailAccount::default()).starts_with("Aucun courriel"));
    }
}
