//! What only the assistant can do: letters in trouble, transfers without a dossier, doubts about pieces. One point for each dossier, in
//! sentences with names, and apart from each other what is new and what an earlier digest has already shown.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Sources, name_of, sender};
use crate::domain::calendar;
use crate::domain::digest::DigestTask;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DossierState, Stage, Timeliness, ToCheck};
use crate::domain::finding::Reason;
use crate::domain::mail::MailClass;
use crate::domain::money::Cents;
use crate::domain::payment::{FeeState, TransferState};
use crate::domain::plan::letters::base_name;
use crate::domain::rules::Rules;
use crate::jury::{self, LeftOut};
use crate::store::dossiers::DossierRow;
use crate::store::instant_text;
use crate::store::jury::BatchRow;
use crate::store::mails::MailRow;
use crate::store::outbox::LetterRow;
use crate::store::transfers::StatementRow;
use crate::store::transfers::TransferRow;
use crate::tasks::money::NOT_AUTHENTICATED;
use crate::tasks::process::MailRecord;
use crate::wording;

/// What waits for her.
#[derive(Debug, Default)]
pub(super) struct OpenPoints {
    pub fresh: Vec<DigestTask>,
    pub waiting: Vec<DigestTask>,
}

impl OpenPoints {
    fn add(&mut self, is_fresh: bool, task: DigestTask) {
        if is_fresh { self.fresh.push(task) } else { self.waiting.push(task) }
    }
}

/// A sentence and, where there is one, the question it ends in.
type Point = (String, Option<String>);

/// Most urgent first: letters, money, pieces, then mails and statements that nobody could place.
pub(super) fn of(sources: &Sources, rules: &Rules, since: DateTime<Utc>) -> OpenPoints {
    let mut open = OpenPoints::default();
    for letter in &sources.letters {
        if let Some((is_urgent, task)) = letter_point(sources, letter, since) {
            open.add(is_urgent, task);
        }
    }
    // A transfer that the bank sent back and its return are one matter, told with the transfer.
    for row in sources.transfers.iter().filter(|row| row.state == TransferState::ToReview && !(row.movement.amount.0 < 0 && row.tier == "return")) {
        open.add(sources.came_since(row, since), transfer_point(sources, row));
    }
    for (row, state) in sources.dossiers.iter().filter(|(_, state)| state.stage != Stage::Withdrawn) {
        let points = dossier_points(sources, row, state, rules);
        if points.is_empty() {
            continue;
        }
        let paid_lately =
            || sources.transfers.iter().any(|transfer| transfer.dossiers.contains(&state.number) && sources.came_since(transfer, since));
        open.add(state.last_arrival >= since || paid_lately(), one_task(wording::who(state), points));
    }
    for mail in &sources.mails {
        if let Some(sentence) = mail_point(mail) {
            open.add(true, DigestTask { who: sender(mail), sentence, question: None });
        }
    }
    for file in sources.statements.iter().filter(|file| file.imported_at >= instant_text(since)) {
        if let Some(sentence) = statement_sentence(file) {
            open.add(true, DigestTask { who: String::new(), sentence, question: None });
        }
    }
    for mail in sources.mails.iter().filter(|mail| mail.dossier_id.is_none()) {
        if let Some(sentence) = suspicion(mail) {
            open.add(true, DigestTask { who: sender(mail), sentence, question: None });
        }
    }
    for batch in sources.batches.values().filter(|batch| is_ahead(batch, rules, since)) {
        for absent in jury::left_out(&batch.manifest_json) {
            open.add(batch.built_at >= instant_text(since), absent_point(sources, batch, &absent));
        }
    }
    open
}

/// What a statement file asks of a person: why it does not count, or which statement seems to be missing before it.
fn statement_sentence(file: &StatementRow) -> Option<String> {
    let name = &file.name;
    let said = |wanted: &[&str]| -> Vec<&str> {
        file.findings.iter().filter(|(slug, _)| wanted.is_empty() || wanted.contains(&slug.as_str())).map(|(_, french)| french.as_str()).collect()
    };
    if file.booked {
        let gaps = said(&["balance_gap", "batch_not_split"]);
        return (!gaps.is_empty()).then(|| format!("Le relevé «\u{a0}{name}\u{a0}» est comptabilisé. {}", gaps.join(" ")));
    }
    // Announced movements are no fault: the statement of the day will bring them.
    if file.findings.iter().any(|(slug, _)| slug == "not_final") {
        return None;
    }
    Some(format!("Le relevé «\u{a0}{name}\u{a0}» n'a pas été comptabilisé. {}", said(&[]).join(" ")))
}

/// What is suspect about a mail that no dossier shows: it stands in its record alone.
fn suspicion(mail: &MailRow) -> Option<String> {
    let record: MailRecord = serde_json::from_str(mail.facts_json.as_deref()?).ok()?;
    let quoted = format!("«\u{a0}{}\u{a0}»", mail.subject);
    if record.reasons.iter().any(|reason| reason == NOT_AUTHENTICATED) {
        return Some(format!(
            "Courriel {quoted} au nom d'un expéditeur de relevés, sans que notre serveur confirme d'où il vient\u{a0}: rien n'en a été repris."
        ));
    }
    record.parsed.findings.contains(&Reason::ForeignIban).then(|| {
        format!("Courriel {quoted}\u{a0}: il annonce un autre IBAN de l'école, fraude possible. Ne le suivez pas et prévenez l'agence comptable.")
    })
}

/// A mail that only a person can deal with.
fn mail_point(mail: &MailRow) -> Option<String> {
    let class = mail.class?;
    if mail.state == "left_out" {
        // The subject says which and why.
        return Some(format!("{} n'a pas pu être pris\u{a0}: à lire dans la boîte.", mail.subject));
    }
    if class == MailClass::Unreadable {
        let told = if mail.answered_by.is_some() { " Son expéditeur sait qu'une personne va le regarder." } else { "" };
        let quoted = if mail.subject.is_empty() { String::new() } else { format!(" «\u{a0}{}\u{a0}»", mail.subject) };
        return Some(format!("Un courriel{quoted} est illisible pour le programme\u{a0}: à lire dans la boîte.{told}"));
    }
    // Old mail of the inbox, found at first start, is no news.
    let beside_inbox = !matches!(mail.mailbox.as_str(), "imap/INBOX" | "maildir");
    if mail.backlog && beside_inbox && (class.brings_documents() || class == MailClass::Question) {
        let what = if class.brings_documents() { "ses pièces sont prises, mais rien ne lui est répondu" } else { "une question" };
        return Some(format!(
            "Courriel «\u{a0}{}\u{a0}» trouvé hors de la boîte de réception (indésirables\u{a0}?)\u{a0}: {what}. S'il est honnête, remettez-le dans la boîte de réception\u{a0}: le programme y répondra.",
            mail.subject
        ));
    }
    (class == MailClass::PaymentProof && mail.dossier_id.is_none())
        .then(|| format!("Courriel «\u{a0}{}\u{a0}» que le programme n'a pas su rattacher\u{a0}: à lire dans la boîte.", mail.subject))
}

/// Whether the jury for which a batch was built has not met yet, or has no date.
fn is_ahead(batch: &BatchRow, rules: &Rules, since: DateTime<Utc>) -> bool {
    let session = rules.juries.iter().find(|session| session.name == batch.session);
    session.and_then(|session| session.date).is_none_or(|date| date > calendar::paris(since).date())
}

/// A piece that is not in its dossier for the jury.
fn absent_point(sources: &Sources, batch: &BatchRow, absent: &LeftOut) -> DigestTask {
    let dossier = sources.dossiers.iter().find(|(_, state)| state.number == absent.number);
    let sentence = format!(
        "Lot du jury «\u{a0}{}\u{a0}», «\u{a0}{}\u{a0}», fichier «\u{a0}{}\u{a0}». {}",
        batch.session,
        absent.title_fr,
        absent.file_name,
        absent.hindrance.french(),
    );
    DigestTask {
        who: dossier.map_or_else(|| absent.number.clone(), |(_, state)| wording::who(state)),
        sentence,
        question: Some(String::from("Le joindre à part\u{a0}?")),
    }
}

/// The points of one dossier as one: a single one keeps its question apart, several are a short text.
fn one_task(who: String, points: Vec<Point>) -> DigestTask {
    if let [(sentence, question)] = points.as_slice() {
        return DigestTask { who, sentence: sentence.clone(), question: question.clone() };
    }
    let texts: Vec<String> = points
        .into_iter()
        .map(|(sentence, question)| match question {
            Some(question) => format!("{sentence} {question}"),
            None => sentence,
        })
        .collect();
    DigestTask { who, sentence: texts.join(" "), question: None }
}

/// A letter that did not arrive, or waits; and whether it is to be seen today whatever was shown before.
fn letter_point(sources: &Sources, letter: &LetterRow, since: DateTime<Utc>) -> Option<(bool, DigestTask)> {
    let quoted = format!("«\u{a0}{}\u{a0}»", letter.subject);
    let lately = letter.queued_at >= since - TimeDelta::days(7);
    let bounced = letter.bounced.as_deref().filter(|_| lately);
    let (is_urgent, sentence, question) = match letter.state.as_str() {
        "in_doubt" => (
            true,
            format!("La lettre {quoted} est peut-être partie, peut-être pas\u{a0}: le serveur n'a pas répondu."),
            Some("L'envoyer de nouveau\u{a0}?"),
        ),
        "failed" => (true, format!("La lettre {quoted} n'a pas pu partir."), Some("L'envoyer de nouveau\u{a0}?")),
        "held" => (letter.queued_at >= since, format!("La lettre {quoted} attend votre accord."), Some("L'envoyer\u{a0}?")),
        _ if bounced == Some("hard") => (true, format!("Notre lettre {quoted} est revenue\u{a0}: l'adresse ne fonctionne pas."), None),
        _ if bounced.is_some() => (
            letter.queued_at >= since - TimeDelta::days(2),
            format!("Notre lettre {quoted} n'a pas encore pu être remise (boîte pleine ou serveur absent)."),
            None,
        ),
        _ if letter.failure.as_deref() == Some("some_recipients_refused") && lately => (
            letter.queued_at >= since,
            format!("La lettre {quoted} est partie, mais pas pour tous ses destinataires\u{a0}: vérifiez leurs adresses."),
            None,
        ),
        _ => return None,
    };
    let dossier = sources.dossiers.iter().find(|(row, _)| Some(row.dossier_id) == letter.dossier_id);
    let who = dossier.map_or_else(|| letter.recipients.join(", "), |(_, state)| wording::who(state));
    Some((is_urgent, DigestTask { who, sentence, question: question.map(str::to_owned) }))
}

fn transfer_point(sources: &Sources, row: &TransferRow) -> DigestTask {
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
    let is_debit = movement.amount.0 < 0;
    let what = if is_debit { "Débit (retour d'un virement\u{a0}?)" } else { "Virement" };
    let text =
        if movement.remittance.is_empty() { String::from("sans libellé") } else { format!("libellé «\u{a0}{}\u{a0}»", movement.remittance) };
    let sent_back = row.why.iter().find(|why| why.starts_with("renvoyé"));
    let proposal = match sent_back {
        Some(sent_back) => format!("La banque l'a {sent_back}\u{a0}: la somme n'est plus sur le compte. {proposal}"),
        None => proposal,
    };
    DigestTask {
        who: String::new(),
        sentence: format!(
            "{what} de {} du {}, «\u{a0}{}\u{a0}», {text}. {proposal}",
            Cents(movement.amount.0.abs()).french(),
            calendar::french_date(movement.booking_date),
            movement.debtor.as_deref().unwrap_or("payeur non indiqué"),
        ),
        question: (candidates.len() == 1 && !is_debit && sent_back.is_none()).then(|| String::from("Le lui attribuer\u{a0}?")),
    }
}

fn dossier_points(sources: &Sources, row: &DossierRow, state: &DossierState, rules: &Rules) -> Vec<Point> {
    let mut points = Vec::new();
    if !sources.fee_accepted.contains(&row.dossier_id) {
        points.extend(fee_point(state, rules));
    }
    points.extend(piece_points(state));
    if state.timeliness == Timeliness::GreyZone && state.stage == Stage::Incomplete {
        let sentence = String::from("Dossier reçu entre les deux lectures de la date limite, traité comme étant dans les temps.");
        points.push((sentence, Some(String::from("Confirmer\u{a0}?"))));
    }
    points
}

fn fee_point(state: &DossierState, rules: &Rules) -> Option<Point> {
    let due = rules.fee.cents.french();
    let received = state.fee_credited.french();
    let (sentence, question) = match state.fee_state {
        FeeState::Short if rules.fee.cents.0 - state.fee_credited.0 <= CHARGES_PROBABLE.0 => {
            (format!("{received} reçus au lieu de {due} (frais de banque probables)."), "Considérer comme payé\u{a0}?")
        }
        FeeState::Short => (format!("{received} reçus au lieu de {due}."), "Considérer comme payé\u{a0}?"),
        FeeState::Over => (format!("{received} reçus au lieu de {due}."), "Garder ainsi\u{a0}?"),
        FeeState::Double => (format!("Les frais ont été payés deux fois ({received} en tout)."), "Signaler à l'agence comptable\u{a0}?"),
        FeeState::Returned => (String::from("Le virement des frais a été retourné par la banque."), "Écrire au candidat\u{a0}?"),
        FeeState::NotAsked => {
            (String::from("Aucune voie d'admission ne semble possible\u{a0}; les frais n'ont pas été demandés."), "Les demander\u{a0}?")
        }
        FeeState::Awaited | FeeState::ProofSeen | FeeState::Credited => return None,
    };
    Some((sentence, Some(question.to_owned())))
}

/// Up to here a shortfall is what banks keep of a transfer.
const CHARGES_PROBABLE: Cents = Cents(1_500);

/// Doubts about pieces, file by file: a file that may be three pieces is one question.
fn piece_points(state: &DossierState) -> Vec<Point> {
    // Somebody of whom nothing could be opened has been asked to send it again; there is nothing to look at yet.
    if state.documents.is_empty() && state.unreadable.is_empty() && state.to_check.iter().all(|check| check.sha256.is_none()) {
        return Vec::new();
    }
    let mut points: Vec<Point> = Vec::new();
    let mut seen: Vec<&ToCheck> = Vec::new();
    for check in &state.to_check {
        let same_file = |other: &&ToCheck| is_guess(check) && is_guess(other) && other.file_name == check.file_name;
        let same_question = |other: &&ToCheck| other.reason == check.reason && check.file_name.is_none() && other.file_name.is_none();
        let same_piece = |other: &&ToCheck| other.requirement == check.requirement && other.file_name == check.file_name;
        if seen.iter().any(|other| same_file(other) || same_question(other) || same_piece(other)) {
            continue;
        }
        let together: Vec<&ToCheck> = state.to_check.iter().filter(|other| same_file(other) || same_question(other)).collect();
        seen.push(check);
        points.push(match check.file_name.as_deref() {
            Some(name) if is_guess(check) => guess(base_name(name), &together),
            Some(name) => certain_kind(&base_name(name), check),
            None => no_file(&together),
        });
    }
    points
}

/// Whether the doubt is what the file *is*.
fn is_guess(check: &ToCheck) -> bool {
    check.file_name.is_some() && (check.reason == Reason::KindUncertain || is_unread(check.reason))
}

fn is_unread(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::PageNotRead
            | Reason::PageNotReadNoEngine
            | Reason::PageBlurred
            | Reason::PageTooSmall
            | Reason::FileTooSlow
            | Reason::FileCrashedReader
    )
}

fn guess(name: String, checks: &[&ToCheck]) -> Point {
    let mut kinds: Vec<DocumentKind> = Vec::new();
    for check in checks {
        if !kinds.contains(&check.requirement) {
            kinds.push(check.requirement);
        }
    }
    let theirs: Vec<&str> = kinds.iter().map(|kind| wording::theirs(*kind)).collect();
    let listed = either(&theirs);
    let sentence = if checks.iter().any(|check| is_unread(check.reason)) {
        format!("«\u{a0}{name}\u{a0}» n'a pas pu être lu en entier\u{a0}; c'est peut-être {listed}.")
    } else {
        format!("«\u{a0}{name}\u{a0}» est peut-être {listed}.")
    };
    let question = match kinds.as_slice() {
        [kind] => wording::accept_as_such(*kind),
        _ => "Qu'est-ce\u{a0}?",
    };
    (sentence, Some(question.to_owned()))
}

/// `a, b ou c`.
fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] => format!("{} ou {last}", init.join(", ")),
    }
}

fn certain_kind(name: &str, check: &ToCheck) -> Point {
    let reason = wording::reason(check.reason);
    (format!("{}, «\u{a0}{name}\u{a0}»\u{a0}: {reason}.", wording::kind(check.requirement)), Some(String::from("L'accepter ainsi\u{a0}?")))
}

fn no_file(checks: &[&ToCheck]) -> Point {
    let kinds: Vec<String> = checks.iter().map(|check| wording::small_kind(check.requirement)).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let reason = checks.first().map_or("", |check| wording::reason(check.reason));
    let first = checks.first().map(|check| check.reason);
    let mut letters = reason.chars();
    let capitalised: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    match first {
        Some(Reason::RouteUndetermined | Reason::DegreeInProgressUncertain) => {
            (format!("{capitalised} (de là dépend\u{a0}: {}).", either(&kinds)), None)
        }
        _ => (format!("{capitalised} ({}).", either(&kinds)), None),
    }
}
