//! The desk: loads the facts of a dossier, asks the plan, applies the answer, in one transaction. The only caller of `plan`.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};

use crate::bank::qr::{self, TransferOrder};
use crate::domain::document::{DocumentFacts, DocumentKind, DocumentReading, Translation};
use crate::domain::dossier::{
    Corrections, DecisionFacts, DossierFacts, DossierState, FeeFacts, FileFacts, InterviewFacts, LetterFacts, MailFacts, RequirementWord,
};
use crate::domain::finding::{FileFinding, Reason};
use crate::domain::language::Language;
use crate::domain::letter::{CandidateLetter, FeeBlock, LetterBody, LetterKind, LetterLanguage};
use crate::domain::mail::MailAddress;
use crate::domain::person::PersonName;
use crate::domain::plan::{self, DueLetter, Plan};
use crate::domain::route::Route;
use crate::domain::rules::Rules;
use crate::intake::class::parts::is_part;
use crate::intake::understand::facts::programmes_named;
use crate::jury::Decision;
use crate::letters::{self, Attachment, AutoSubmitted, Envelope};
use crate::store::dossiers::{CorrectionRow, DossierRow};
use crate::store::outbox::NewLetter;
use crate::store::{dossiers, from_json, hand_answers, journal, jury, mails, outbox, parse_instant, to_json};
use crate::tasks::Office;
use crate::tasks::lessons::{self, Lessons};
use crate::tasks::money;
use crate::tasks::process::MailRecord;

/// Asks the plan about every dossier that changed or whose date has come, and applies it, until the program is to stop. Gives how many
/// there were.
pub fn review(office: &Office) -> anyhow::Result<usize> {
    let now = office.clock.now();
    let due = office.store.read(|connection| dossiers::due(connection, now))?;
    if due.is_empty() {
        return Ok(0);
    }
    let told = office.store.read(|connection| {
        Ok(Told { fees: money::fees(connection, &office.rules)?, lessons: lessons::load(connection)?, joined: dossiers::joined(connection)? })
    })?;
    for rows in due.chunks(REVIEWED_AT_ONCE) {
        if office.stop.is_cancelled() {
            break;
        }
        match review_together(office, rows, &told, now) {
            // One whose plan cannot be applied takes none of the others with it.
            Err(_) if rows.len() > 1 => rows.iter().try_for_each(|row| review_together(office, std::slice::from_ref(row), &told, now))?,
            outcome => outcome?,
        }
    }
    Ok(due.len())
}

/// Plans that are applied in one transaction: each commit waits for the disk.
const REVIEWED_AT_ONCE: usize = 16;

/// What holds for all dossiers of a review.
struct Told {
    fees: BTreeMap<String, FeeFacts>,
    lessons: Lessons,
    /// Dossiers that a person joined to another, which then counts for both.
    joined: BTreeMap<String, String>,
}

fn review_together(office: &Office, rows: &[DossierRow], told: &Told, now: DateTime<Utc>) -> anyhow::Result<()> {
    office.store.write_derived(|transaction| {
        rows.iter().try_for_each(|row| {
            if told.joined.contains_key(&row.number) {
                return dossiers::forget_state(transaction, row.dossier_id);
            }
            let fee = told.fees.get(&row.number).cloned().unwrap_or_default();
            load(transaction, row, fee, &told.lessons, &office.rules)
                .and_then(|facts| apply(office, transaction, row, &plan::plan(&facts, &office.rules, now), now))
                .with_context(|| format!("review dossier {}", row.number))
        })
    })
}

/// What would change and which letters would leave, with nothing done.
pub fn dry_run(office: &Office) -> anyhow::Result<Vec<(DossierRow, Plan)>> {
    let now = office.clock.now();
    office.store.read(|connection| {
        let fees = money::fees(connection, &office.rules)?;
        let lessons = lessons::load(connection)?;
        let joined = dossiers::joined(connection)?;
        let rows = dossiers::all(connection)?;
        rows.into_iter()
            .filter(|row| !joined.contains_key(&row.number))
            .map(|row| {
                let facts = load(connection, &row, fees.get(&row.number).cloned().unwrap_or_default(), &lessons, &office.rules)?;
                let plan = plan::plan(&facts, &office.rules, now);
                Ok((row, plan))
            })
            .collect()
    })
}

/// Everything known about one dossier.
pub fn load(connection: &Connection, row: &DossierRow, fee: FeeFacts, lessons: &Lessons, rules: &Rules) -> anyhow::Result<DossierFacts> {
    let words = dossiers::corrections(connection, row.dossier_id)?;
    let mut facts = DossierFacts {
        number: row.number.clone(),
        reference: row.reference.clone(),
        mails: Vec::new(),
        files: Vec::new(),
        fee,
        letters: letters_of(connection, row.dossier_id)?,
        corrections: corrections(&words),
        decision: decision_of(connection, row.dossier_id)?,
        batched_for: batched_for(connection, row)?,
        answered_by_hand_at: hand_answers::latest(connection, row.dossier_id)?,
    };
    for mail in mails::of_dossier(connection, row.dossier_id)? {
        let (Some(class), Some(record)) = (mail.class, &mail.facts_json) else { continue };
        let record: MailRecord = from_json(record)?;
        let files = mails::files_of_mail(connection, mail.mail_id)?;
        let text = format!("{}\n{}", mail.subject, record.parsed.own_text);
        facts.mails.push(MailFacts {
            mail_id: mail.mail_id,
            message_id: mail.message_id,
            references: record.parsed.references,
            arrived_at: mail.arrived_at,
            class,
            awaits_answer: mail.may_answer && mail.answered_by.is_none(),
            from_name: mail.from_name,
            from_address: mail.from_address.unwrap_or_default(),
            subject: mail.subject,
            own_text: record.parsed.own_text,
            programmes: programmes_named(&text, &rules.programmes),
            has_links: !record.parsed.file_store_links.is_empty(),
            names_foreign_iban: record.parsed.findings.contains(&Reason::ForeignIban),
            is_part: is_part(&text, record.attachments.iter().map(|attachment| attachment.name.as_str())),
            archive_problems: record.archive_problems,
            n_files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        });
        facts.files.extend(files.into_iter().map(|file| FileFacts {
            mail_id: file.mail_id,
            name: file.name,
            sha256: file.sha256,
            reading: file.reading,
        }));
    }
    for file in &mut facts.files {
        lessons.apply(connection, &row.number, file, rules.certainty.clear)?;
        apply_words_on_files(file, &words);
    }
    Ok(facts)
}

/// What a person said of a file wins over what was read in it: that it can be read, or cannot, and what it holds.
fn apply_words_on_files(file: &mut FileFacts, words: &[CorrectionRow]) {
    for word in words {
        match word.subject.split(':').collect::<Vec<_>>().as_slice() {
            ["readable", sha256] if *sha256 == file.sha256 => match Reason::from_slug(&word.value) {
                Some(reason) => {
                    file.reading.readable = false;
                    file.reading.findings = vec![FileFinding { reason, page: None }];
                    file.reading.documents.clear();
                }
                None if word.value == "true" => file.reading.readable = true,
                None => {}
            },
            ["kind", sha256, page] if *sha256 == file.sha256 && !word.value.is_empty() => {
                let (Some(kind), Ok(page)) = (DocumentKind::from_slug(&word.value), page.parse::<u32>()) else { continue };
                let is_known = file.reading.documents.iter().any(|document| document.pages.first().copied().unwrap_or(1) == page);
                if !is_known {
                    file.reading.readable = true;
                    file.reading.documents.push(named_by_hand(kind, page));
                }
            }
            ["translation", sha256, page] if *sha256 == file.sha256 => {
                let page = page.parse::<u32>().unwrap_or(1);
                let here = |document: &&mut DocumentReading| document.pages.first().copied().unwrap_or(1) == page;
                let Some(document) = file.reading.documents.iter_mut().find(here) else { continue };
                match word.value.as_str() {
                    "is_translation" if document.translation.is_none() => {
                        document.translation = Some(Translation { target: Language::FRENCH, sworn: None });
                    }
                    "is_original" => document.translation = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// A document that the program did not see, and a person did.
fn named_by_hand(kind: DocumentKind, page: u32) -> DocumentReading {
    DocumentReading {
        kind,
        pages: vec![page],
        languages: Vec::new(),
        translation: None,
        certainty: 1.0,
        runner_up: None,
        language_certainty: 1.0,
        evidence: vec![String::from("désigné par une personne")],
        facts: DocumentFacts::default(),
    }
}

fn letters_of(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<LetterFacts>> {
    let rows = outbox::of_dossier(connection, dossier_id)?;
    Ok(rows
        .into_iter()
        .filter_map(|letter| {
            Some(LetterFacts {
                kind: LetterKind::from_slug(&letter.kind)?,
                letter_key: letter.letter_key,
                queued_at: letter.queued_at,
                cancelled: letter.state == "cancelled",
                bounced_hard: letter.bounced.as_deref() == Some("hard"),
            })
        })
        .collect())
}

fn decision_of(connection: &Connection, dossier_id: i64) -> anyhow::Result<Option<DecisionFacts>> {
    let decisions = jury::decisions(connection)?;
    Ok(decisions.into_iter().rev().find(|decision| decision.dossier_id == dossier_id).and_then(|decision| {
        Some(DecisionFacts {
            session: decision.session,
            kind: LetterKind::from_slug(&format!("decision_{}", decision.decision))?,
            comment: decision.comment,
            approved: decision.approved_at.is_some(),
        })
    }))
}

/// The session whose batch holds a dossier, unless that jury put it off: then it is free for the next one.
fn batched_for(connection: &Connection, row: &DossierRow) -> anyhow::Result<Option<String>> {
    let newest = jury::batches(connection)?.into_iter().rev().find(|batch| batch.numbers.contains(&row.number)).map(|batch| batch.session);
    let Some(session) = newest else { return Ok(None) };
    let put_off = jury::decisions(connection)?.into_iter().any(|decision| {
        decision.dossier_id == row.dossier_id
            && decision.session == session
            && decision.approved_at.is_some()
            && decision.decision == Decision::Deferred.slug()
    });
    Ok((!put_off).then_some(session))
}

/// What a person decided, as the plan takes it. Subjects are those that `guichet correct` writes.
pub fn corrections(rows: &[CorrectionRow]) -> Corrections {
    let mut corrections = Corrections::default();
    for row in rows {
        let yes = row.value == "true";
        match row.subject.split(':').collect::<Vec<_>>().as_slice() {
            ["kind", sha256, page] => {
                if let (Some(kind), Ok(page)) = (DocumentKind::from_slug(&row.value), page.parse()) {
                    corrections.kinds.insert(((*sha256).to_owned(), page), kind);
                }
            }
            ["requirement", kind] => {
                let word = match row.value.as_str() {
                    "present" => Some(RequirementWord::Present),
                    "missing" => Some(RequirementWord::Missing),
                    "waived" => Some(RequirementWord::Waived),
                    _ => None,
                };
                if let (Some(kind), Some(word)) = (DocumentKind::from_slug(kind), word) {
                    corrections.requirements.insert(kind, word);
                }
            }
            ["translation", sha256, page] => {
                if let (Ok(page), "waived") = (page.parse(), row.value.as_str()) {
                    corrections.translations_waived.insert(((*sha256).to_owned(), page));
                }
            }
            ["checked", reason, sha256] if row.value == "seen" => {
                corrections.checked.insert(((*reason).to_owned(), (*sha256).to_owned()));
            }
            ["route"] => corrections.route = Route::from_slug(&row.value),
            // An empty value is a word taken back.
            ["programme"] => corrections.programme = Some(row.value.clone()).filter(|code| !code.is_empty()),
            ["degree_in_progress"] => corrections.degree_in_progress = (!row.value.is_empty()).then_some(yes),
            ["international"] => corrections.international = (!row.value.is_empty()).then_some(yes),
            ["language" | "name"] if row.value.is_empty() => {}
            ["language"] => {
                corrections.language = Some(if row.value == "en" { LetterLanguage::English } else { LetterLanguage::French });
            }
            ["name"] => {
                let (given, family) = row.value.split_once('/').unwrap_or(("", &row.value));
                corrections.name = Some(PersonName::new(given, family));
            }
            ["fee"] => corrections.fee_accepted = row.value == "accepted",
            ["withdrawn"] => corrections.withdrawn |= yes,
            ["not_a_candidate"] => {
                corrections.withdrawn |= yes;
                corrections.letters_off |= yes;
            }
            ["dispute"] => corrections.disputed = yes,
            ["registered"] => corrections.registered = yes,
            ["interview"] => {
                corrections.interview = parse_instant(&row.at).ok().and_then(|fixed_at| InterviewFacts::parse(&row.value, fixed_at));
            }
            ["letters_off"] => corrections.letters_off |= yes,
            _ => {}
        }
    }
    corrections
}

/// Keeps the state, queues the letters, marks the mails they answer, writes the journal.
fn apply(office: &Office, transaction: &Transaction<'_>, row: &DossierRow, plan: &Plan, now: DateTime<Utc>) -> anyhow::Result<()> {
    journal_changes(transaction, row, &plan.state, now)?;
    for due in &plan.letters {
        queue_letter(office, transaction, row.dossier_id, due, now)?;
    }
    // A letter that was just queued may make another one due tomorrow: the plan is asked again right away, once.
    let review_at = if plan.letters.is_empty() { plan.review_at } else { Some(now) };
    dossiers::keep_state(transaction, row.dossier_id, &to_json(&plan.state)?, review_at)
}

fn journal_changes(transaction: &Transaction<'_>, row: &DossierRow, state: &DossierState, now: DateTime<Utc>) -> anyhow::Result<()> {
    let before: Option<DossierState> = row.state_json.as_deref().map(from_json).transpose()?;
    let was_complete = before.as_ref().is_some_and(|before| before.complete);
    let fee_before = before.as_ref().map(|before| before.fee_state);
    let mut events: Vec<(&str, String)> = Vec::new();
    if state.complete && !was_complete {
        events.push(("dossier_complete", String::new()));
    }
    if !state.complete && was_complete {
        events.push(("dossier_incomplete_again", String::new()));
    }
    if fee_before.is_some_and(|fee_before| fee_before != state.fee_state) {
        events.push(("fee_state", state.fee_state.slug().to_owned()));
    }
    if before.as_ref().is_none_or(|before| before.missing != state.missing) {
        let missing: Vec<&str> = state.missing.iter().map(|kind| kind.slug()).collect();
        events.push(("missing", missing.join(" ")));
    }
    for (event, detail) in events {
        journal::append(transaction, now, journal::PROGRAM, Some(row.dossier_id), event, &detail)?;
    }
    Ok(())
}

/// Words, bytes and Message-ID are fixed here, once and for all.
fn queue_letter(office: &Office, transaction: &Transaction<'_>, dossier_id: i64, due: &DueLetter, now: DateTime<Utc>) -> anyhow::Result<()> {
    let rules = &office.rules;
    let qr_png = match fee_block(&due.letter) {
        Some(fee) => {
            let order = TransferOrder {
                beneficiary: &rules.fee.beneficiary,
                iban: &rules.fee.iban,
                bic: &rules.fee.bic,
                amount: fee.due,
                reference: &fee.reference,
            };
            Some(qr::png(&order).context("the payment code")?)
        }
        None => None,
    };
    let rendered = letters::render(&office.templates, &due.letter, rules, qr_png.as_deref())?;
    let message_id = office.message_id(&due.letter_key);
    let mut references = due.references.clone();
    references.extend(due.in_reply_to.clone());
    let envelope = Envelope {
        from: office.from_address(),
        to: vec![MailAddress { name: Some(due.letter.candidate_name.clone()).filter(|name| !name.is_empty()), address: due.to.clone() }],
        message_id: message_id.clone(),
        date: now,
        in_reply_to: due.in_reply_to.clone(),
        references,
        auto_submitted: if due.answers.is_empty() { AutoSubmitted::Generated } else { AutoSubmitted::Replied },
        number: due.letter.number.clone(),
    };
    let appointment = letters::interview_ics(&due.letter, rules, now).map(|text| Attachment {
        name: letters::calendar_file::FILE_NAME.to_owned(),
        media_type: letters::calendar_file::MEDIA_TYPE.to_owned(),
        bytes: text.into_bytes(),
    });
    let message = letters::to_mime(&rendered, &envelope, appointment.as_slice())?;
    let says = letters::says(&due.letter).map(|says| to_json(&says)).transpose()?;
    let recipients = [due.to.clone()];
    let letter = NewLetter {
        letter_key: &due.letter_key,
        dossier_id: Some(dossier_id),
        kind: due.letter.kind.slug(),
        language: due.letter.language.code(),
        held: due.held,
        recipients: &recipients,
        in_reply_to: due.in_reply_to.as_deref(),
        message_id: &message_id,
        subject: &rendered.subject,
        message: &message,
        says_json: says.as_deref(),
        queued_at: now,
    };
    if outbox::queue(transaction, &letter)? {
        let event = if due.held { "letter_held" } else { "letter_queued" };
        journal::append(transaction, now, journal::PROGRAM, Some(dossier_id), event, &due.letter_key)?;
        tracing::info!(letter.kind = due.letter.kind.slug(), dossier.number = %due.letter.number, "letter queued for dossier {}", due.letter.number);
    }
    for mail_id in &due.answers {
        mails::mark_answered(transaction, *mail_id, &due.letter_key)?;
    }
    Ok(())
}

fn fee_block(letter: &CandidateLetter) -> Option<&FeeBlock> {
    match &letter.body {
        LetterBody::Status(status) => status.fee.as_ref(),
        LetterBody::FeeShort { fee, .. } => Some(fee),
        LetterBody::FeeReceived { .. } | LetterBody::Interview { .. } | LetterBody::Decision { .. } | LetterBody::Plain => None,
    }
}

/// The last plan's view of every dossier.
pub fn states(connection: &Connection) -> anyhow::Result<BTreeMap<String, (DossierRow, DossierState)>> {
    let mut states = BTreeMap::new();
    for row in dossiers::all(connection)? {
        if let Some(state) = row.state_json.as_deref().map(from_json::<DossierState>).transpose()? {
            states.insert(row.number.clone(), (row, state));
        }
    }
    Ok(states)
}
