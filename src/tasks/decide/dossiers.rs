//! Her word on a dossier: what a piece is, what counts as there, which route and programme, who it is; and that two are one person's.

use rusqlite::{Connection, Transaction};

use super::{Effect, Word, refuse};
use crate::desk;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DocumentState, DocumentStatus, InterviewFacts};
use crate::domain::finding::Reason;
use crate::domain::route::Route;
use crate::domain::rules::Rules;
use crate::store::decided;
use crate::store::dossiers::DossierRow;
use crate::store::{dossiers, journal, mails};
use crate::tasks::{Office, lessons, money, process, supervisor};

/// Writes corrections, each a subject and its value; an empty value takes her word on that subject back.
pub fn correct(office: &Office, word: Word<'_>, number: &str, corrections: &[(String, String)]) -> anyhow::Result<Effect> {
    if let Some(problem) = corrections.iter().find_map(|(subject, value)| fault(subject, value, &office.rules)) {
        return refuse(problem);
    }
    let effect = office.store.write(|transaction| {
        let row = dossier(transaction, number)?;
        let known = dossiers::corrections(transaction, row.dossier_id)?;
        let mut effect = Effect::Already;
        for (subject, value) in corrections {
            let before = known.iter().find(|known| known.subject == *subject).map_or("", |known| known.value.as_str());
            if before == value {
                continue;
            }
            write(office, transaction, &row, word, subject, value)?;
            teach(transaction, &row, subject)?;
            effect = Effect::Changed;
        }
        Ok(effect)
    })?;
    settle(office, effect)
}

fn write(office: &Office, transaction: &Transaction<'_>, row: &DossierRow, word: Word<'_>, subject: &str, value: &str) -> anyhow::Result<()> {
    let now = office.clock.now();
    dossiers::correct(transaction, row.dossier_id, now, word.actor, word.why, subject, value)?;
    let value = if value.is_empty() { "(repris)" } else { value };
    journal::append(transaction, now, word.actor, Some(row.dossier_id), "corrected", &format!("{subject} = {value} ({})", word.why))
}

/// Accepts a file for a requirement about which there was a doubt: it is that piece, and the doubt is looked at.
pub fn accept_document(
    office: &Office,
    word: Word<'_>,
    number: &str,
    requirement: DocumentKind,
    sha256: &str,
    reason: Reason,
) -> anyhow::Result<Effect> {
    let mut corrections = vec![(format!("checked:{}:{sha256}", reason.slug()), String::from("seen"))];
    match reason {
        Reason::TranslationUncertain => {
            for page in pages_of(office, number, sha256, Some(requirement))? {
                corrections.push((format!("translation:{sha256}:{page}"), String::from("waived")));
            }
        }
        Reason::KindUncertain | Reason::PageNotRead | Reason::PageNotReadNoEngine => {
            // The page that the program took for it, else the file's only document; with several candidates she names the page herself.
            let likely = pages_of(office, number, sha256, Some(requirement))?;
            let all = pages_of(office, number, sha256, None)?;
            let page = likely.first().or(if all.len() <= 1 { all.first() } else { None });
            match (page, all.is_empty()) {
                (Some(page), _) => corrections.push((format!("kind:{sha256}:{page}"), requirement.slug().to_owned())),
                (None, true) => corrections.push((format!("kind:{sha256}:1"), requirement.slug().to_owned())),
                (None, false) => corrections.push((format!("requirement:{}", requirement.slug()), String::from("present"))),
            }
        }
        _ => {}
    }
    correct(office, word, number, &corrections)
}

/// Takes it as there although no file shows it (seen on paper, or not needed here).
pub fn accept_missing(office: &Office, word: Word<'_>, number: &str, requirement: DocumentKind) -> anyhow::Result<Effect> {
    correct(office, word, number, &[(format!("requirement:{}", requirement.slug()), String::from("waived"))])
}

/// Says that a dossier is no candidate's: it stays, is left out of everything, and gets no letter.
pub fn set_aside(office: &Office, word: Word<'_>, number: &str, aside: bool) -> anyhow::Result<Effect> {
    correct(office, word, number, &[(String::from("not_a_candidate"), if aside { String::from("true") } else { String::new() })])
}

/// First pages of a file's documents, of one kind or of all.
fn pages_of(office: &Office, number: &str, sha256: &str, kind: Option<DocumentKind>) -> anyhow::Result<Vec<u32>> {
    let states = office.store.read(desk::states)?;
    let Some((_, state)) = states.get(number) else { return refuse(format!("Il n'y a pas de dossier {number}.")) };
    let documents = state.documents.iter().filter(|document| document.sha256 == sha256 && kind.is_none_or(|kind| document.kind == kind));
    Ok(documents.map(|document| document.pages.first().copied().unwrap_or(1)).collect())
}

/// Joins a dossier to another of the same person: its mails, letters and transfers count for that one, and it is shown no more.
pub fn join(office: &Office, word: Word<'_>, number: &str, into: &str) -> anyhow::Result<Effect> {
    if number == into {
        return refuse("Un dossier ne se réunit pas à lui-même.");
    }
    let moved = office.store.write(|transaction| {
        let (from, target) = (dossier(transaction, number)?, dossier(transaction, into)?);
        let joined = dossiers::joined(transaction)?;
        if joined.get(number).is_some_and(|known| known == into) {
            return Ok(None);
        }
        if joined.contains_key(into) || joined.contains_key(number) {
            return refuse("L'un des deux dossiers a déjà été réuni à un autre.");
        }
        write(office, transaction, &from, word, "joined_to", into)?;
        journal::append(
            transaction,
            office.clock.now(),
            word.actor,
            Some(target.dossier_id),
            "joined",
            &format!("{number} → {into} ({})", word.why),
        )?;
        let moved = mails::of_dossier(transaction, from.dossier_id)?;
        for mail in &moved {
            decided::decide_mail(transaction, &mail.sha256, word.signed(office), into)?;
        }
        // Her words on the pieces go with them; those on the person stay behind, the target has its own.
        for known in dossiers::corrections(transaction, from.dossier_id)? {
            let about_a_piece = ["kind:", "translation:", "readable:", "checked:"].iter().any(|prefix| known.subject.starts_with(prefix));
            if about_a_piece {
                dossiers::correct(transaction, target.dossier_id, office.clock.now(), &known.actor, &known.why, &known.subject, &known.value)?;
            }
        }
        dossiers::mark_dirty(transaction, target.dossier_id)?;
        Ok(Some(moved))
    })?;
    let Some(moved) = moved else { return Ok(Effect::Already) };
    for mail in &moved {
        process::by_hand::place(office, mail, into)?;
    }
    money::reconcile(office)?;
    supervisor::settle(office)?;
    Ok(Effect::Changed)
}

fn dossier(connection: &Connection, number: &str) -> anyhow::Result<DossierRow> {
    match dossiers::by_number(connection, number)? {
        Some(row) => Ok(row),
        None => refuse(format!("Il n'y a pas de dossier {number}.")),
    }
}

/// A correction of a kind teaches: keeps the make of the document that was just named, and has the doubts of other dossiers looked at in its light.
pub fn teach(transaction: &Transaction<'_>, row: &DossierRow, subject: &str) -> anyhow::Result<()> {
    let mut parts = subject.strip_prefix("kind:").unwrap_or_default().splitn(2, ':');
    let (Some(sha256), Some(page)) = (parts.next(), parts.next().and_then(|page| page.parse().ok())) else { return Ok(()) };
    for mail in mails::of_dossier(transaction, row.dossier_id)? {
        if let Some(file) = mails::files_of_mail(transaction, mail.mail_id)?.iter().find(|file| file.sha256 == sha256) {
            lessons::learn(transaction, file, page)?;
            break;
        }
    }
    for (other, state) in desk::states(transaction)?.into_values() {
        let may_learn = |document: &DocumentState| {
            document.status != DocumentStatus::Accepted
                || document.sha256 == sha256
                || document.evidence.first().is_some_and(|sign| lessons::is_ours(sign))
        };
        if state.documents.iter().any(may_learn) {
            dossiers::mark_dirty(transaction, other.dossier_id)?;
        }
    }
    Ok(())
}

/// What is wrong with a correction, as a sentence.
fn fault(subject: &str, value: &str, rules: &Rules) -> Option<String> {
    let is_hash = |text: &str| text.len() == 64 && text.chars().all(|digit| digit.is_ascii_hexdigit());
    let is_page = |text: &str| text.parse::<u32>().is_ok_and(|page| page > 0);
    let one_of = |words: &[&str]| value.is_empty() || words.contains(&value);
    let is_good = match subject.split(':').collect::<Vec<_>>().as_slice() {
        ["kind", sha256, page] => is_hash(sha256) && is_page(page) && (value.is_empty() || DocumentKind::from_slug(value).is_some()),
        ["translation", sha256, page] => is_hash(sha256) && is_page(page) && one_of(&["waived", "is_translation", "is_original"]),
        ["readable", sha256] => {
            is_hash(sha256) && one_of(&["true", "page_blurred", "page_cut_off", "page_too_small", "file_damaged", "file_password"])
        }
        ["checked", reason, sha256] => Reason::from_slug(reason).is_some() && (sha256.is_empty() || is_hash(sha256)) && one_of(&["seen"]),
        ["requirement", kind] => DocumentKind::from_slug(kind).is_some() && one_of(&["present", "missing", "waived"]),
        ["route"] => value.is_empty() || Route::from_slug(value).is_some(),
        ["programme"] => value.is_empty() || rules.programmes.iter().any(|programme| programme.code == value),
        ["degree_in_progress" | "international" | "withdrawn" | "letters_off" | "not_a_candidate" | "registered" | "dispute"] => {
            one_of(&["true", "false"])
        }
        ["language"] => one_of(&["fr", "en"]),
        ["fee"] => one_of(&["accepted"]),
        ["name"] => value.chars().count() <= 200 && !value.contains(['\n', '\r']),
        ["interview"] => value.is_empty() || InterviewFacts::parse(value, chrono::DateTime::UNIX_EPOCH).is_some(),
        _ => false,
    };
    (!is_good).then(|| format!("«\u{a0}{value}\u{a0}» ne convient pas pour «\u{a0}{subject}\u{a0}»."))
}

fn settle(office: &Office, effect: Effect) -> anyhow::Result<Effect> {
    if effect == Effect::Changed {
        supervisor::settle(office)?;
    }
    Ok(effect)
}
