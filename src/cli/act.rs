//! Commands that act. Each records who, when and why in the journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::{Common, Unusable, see, table};
use crate::desk;
use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::domain::route::Route;
use crate::letters;
use crate::store::{dossiers, instant_text, journal, jury as jury_rows, mails, outbox, transfers};
use crate::tasks::jury;
use crate::tasks::money;
use crate::tasks::{Office, daily, supervisor};

#[derive(Debug, Subcommand)]
pub enum Fee {
    /// Attributes a transfer to one dossier, or to several that share it.
    Match { transfer: i64, numbers: Vec<String> },
    /// Takes an attribution back; that pair is never proposed again by itself.
    Unmatch { transfer: i64 },
    /// Says that a transfer is no application fee.
    Unrelated { transfer: i64 },
    /// Accepts what was credited as the whole fee.
    Accept { number: String },
}

#[derive(Debug, Args)]
pub struct Correct {
    pub number: String,
    /// The kind of a document: a SHA-256 (or its beginning), with `:PAGE` for a file that holds several.
    #[arg(long, num_args = 2, value_names = ["SHA256[:PAGE]", "KIND"])]
    pub kind: Option<Vec<String>>,
    #[arg(long)]
    pub route: Option<String>,
    /// A requirement: present, missing or waived.
    #[arg(long, num_args = 2, value_names = ["KIND", "present|missing|waived"])]
    pub requirement: Option<Vec<String>>,
    #[arg(long)]
    pub programme: Option<String>,
    #[arg(long)]
    pub degree_in_progress: Option<bool>,
    #[arg(long)]
    pub international: Option<bool>,
    /// `Given/Family`.
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long)]
    pub withdrawn: Option<bool>,
    /// The administrative registration is done: no more reminders of it.
    #[arg(long)]
    pub registered: Option<bool>,
    /// Something is contested: nothing of the dossier is purged meanwhile.
    #[arg(long)]
    pub dispute: Option<bool>,
    /// No automatic letters for this dossier any more.
    #[arg(long)]
    pub letters_off: Option<bool>,
    #[arg(long)]
    pub why: String,
}

#[derive(Debug, Subcommand)]
pub enum Letter {
    Approve { key: String },
    Hold { key: String },
    Cancel { key: String },
}

#[derive(Debug, Subcommand)]
pub enum BatchCommand {
    /// Builds a session's batch now.
    Build {
        #[arg(long)]
        session: String,
    },
    /// Lists the batches that were built.
    Show,
}

#[derive(Debug, Subcommand)]
pub enum Decisions {
    /// Reads a decision list and shows what would be sent; nothing leaves.
    Import { file: PathBuf },
    /// Lets the letters of the imported decisions go.
    Send {
        #[arg(long, required = true)]
        approve: bool,
    },
}

/// Who acts: the login of this machine.
pub(crate) fn actor() -> String {
    std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| String::from("operator"))
}

fn refuse(sentence: String) -> anyhow::Error {
    anyhow::Error::new(Unusable(sentence))
}

pub fn fee(common: &Common, command: Fee) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let now = office.clock.now();
    if let Fee::Accept { number } = &command {
        return correct_one(&office, number, &[(String::from("fee"), String::from("accepted"))], "fee accept");
    }
    let rows = office.store.read(transfers::all)?;
    let (transfer, verdict, numbers) = match command {
        Fee::Match { transfer, numbers } if !numbers.is_empty() => (transfer, "match", numbers),
        Fee::Match { .. } => return Err(refuse(String::from("name at least one dossier"))),
        Fee::Unmatch { transfer } => {
            let matched = rows.iter().find(|row| row.transfer_id == transfer).map(|row| row.dossiers.clone()).unwrap_or_default();
            (transfer, "unmatch", matched)
        }
        Fee::Unrelated { transfer } => (transfer, "not_a_fee", Vec::new()),
        Fee::Accept { .. } => return Ok(ExitCode::SUCCESS),
    };
    if !rows.iter().any(|row| row.transfer_id == transfer) {
        return Err(refuse(format!("there is no transfer {transfer}")));
    }
    office.store.write(|transaction| {
        for number in &numbers {
            let Some(row) = dossiers::by_number(transaction, number)? else { bail!(Unusable(format!("there is no dossier {number}"))) };
            journal::append(transaction, now, &actor(), Some(row.dossier_id), &format!("transfer_{verdict}"), &transfer.to_string())?;
            dossiers::mark_dirty(transaction, row.dossier_id)?;
        }
        transfers::decide(transaction, transfer, now, &actor(), verdict, &numbers)
    })?;
    money::reconcile(&office)?;
    supervisor::settle(&office)?;
    Ok(ExitCode::SUCCESS)
}

pub fn correct(common: &Common, correct: Correct) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let mut subjects = Vec::new();
    if let Some([document, kind]) = correct.kind.as_deref() {
        let kind = DocumentKind::from_slug(kind).ok_or_else(|| refuse(format!("\"{kind}\" is no kind of document")))?;
        subjects.push((kind_subject(&office, &correct.number, document)?, kind.slug().to_owned()));
    }
    if let Some(route) = &correct.route {
        Route::from_slug(route).ok_or_else(|| refuse(format!("\"{route}\" is no admission route")))?;
        subjects.push((String::from("route"), route.clone()));
    }
    if let Some([kind, word]) = correct.requirement.as_deref() {
        DocumentKind::from_slug(kind).ok_or_else(|| refuse(format!("\"{kind}\" is no kind of document")))?;
        if !["present", "missing", "waived"].contains(&word.as_str()) {
            return Err(refuse(format!("\"{word}\": say present, missing or waived")));
        }
        subjects.push((format!("requirement:{kind}"), word.clone()));
    }
    if let Some(programme) = &correct.programme {
        if !office.rules.programmes.iter().any(|known| known.code == *programme) {
            return Err(refuse(format!("\"{programme}\" is no programme of the rules")));
        }
        subjects.push((String::from("programme"), programme.clone()));
    }
    let words = [
        ("degree_in_progress", correct.degree_in_progress),
        ("international", correct.international),
        ("withdrawn", correct.withdrawn),
        ("registered", correct.registered),
        ("dispute", correct.dispute),
        ("letters_off", correct.letters_off),
    ];
    subjects.extend(words.into_iter().filter_map(|(subject, word)| Some((subject.to_owned(), word?.to_string()))));
    subjects.extend(correct.name.iter().map(|name| (String::from("name"), name.clone())));
    if subjects.is_empty() {
        return Err(refuse(String::from("nothing to correct: name a kind, a route, a requirement, …")));
    }
    correct_one(&office, &correct.number, &subjects, &correct.why)
}

/// `kind:<whole SHA-256>:<first page>` of the document that a person named by the beginning of its hash.
fn kind_subject(office: &Office, number: &str, document: &str) -> anyhow::Result<String> {
    let (prefix, page) = document.split_once(':').map_or((document, None), |(prefix, page)| (prefix, Some(page)));
    let states = office.store.read(desk::states)?;
    let Some((_, state)) = states.get(number) else { return Err(refuse(format!("there is no dossier {number}"))) };
    let mut hashes: Vec<&str> = state.documents.iter().map(|document| document.sha256.as_str()).filter(|hash| hash.starts_with(prefix)).collect();
    hashes.dedup();
    match hashes.as_slice() {
        [hash] => {
            let page: u32 = page.map_or(Ok(1), str::parse).map_err(|_| refuse(format!("\"{document}\": the page is a number")))?;
            Ok(format!("kind:{hash}:{page}"))
        }
        [] => Err(refuse(format!("no document of {number} begins with {prefix}"))),
        _ => Err(refuse(format!("several documents of {number} begin with {prefix}"))),
    }
}

pub(crate) fn correct_one(office: &Office, number: &str, subjects: &[(String, String)], why: &str) -> anyhow::Result<ExitCode> {
    let now = office.clock.now();
    let actor = actor();
    office.store.write(|transaction| {
        let Some(row) = dossiers::by_number(transaction, number)? else { bail!(Unusable(format!("there is no dossier {number}"))) };
        for (subject, value) in subjects {
            dossiers::correct(transaction, row.dossier_id, now, &actor, why, subject, value)?;
            journal::append(transaction, now, &actor, Some(row.dossier_id), "corrected", &format!("{subject} = {value} ({why})"))?;
        }
        Ok(())
    })?;
    supervisor::settle(office)?;
    Ok(ExitCode::SUCCESS)
}

pub fn letter(common: &Common, command: Letter) -> anyhow::Result<ExitCode> {
    let (key, from, to): (_, &[&str], _) = match &command {
        Letter::Approve { key } => (key, &["held", "in_doubt", "failed"], "queued"),
        Letter::Hold { key } => (key, &["queued"], "held"),
        Letter::Cancel { key } => (key, &["held", "queued", "in_doubt", "failed"], "cancelled"),
    };
    let office = common.office()?;
    let now = office.clock.now();
    let changed = office.store.write(|transaction| {
        let changed = outbox::change_state(transaction, key, from, to)?;
        if changed {
            let dossier_id = outbox::by_key(transaction, key)?.and_then(|letter| letter.dossier_id);
            journal::append(transaction, now, &actor(), dossier_id, &format!("letter_{to}"), key)?;
        }
        Ok(changed)
    })?;
    if !changed {
        return Err(refuse(format!("no letter {key} is in a state that allows it")));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn batch(common: &Common, command: BatchCommand) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    match command {
        BatchCommand::Build { session } => {
            let Some(session) = office.rules.juries.iter().find(|known| known.name == session) else {
                return Err(refuse(format!("the rules know no session \"{session}\"")));
            };
            let today = calendar::paris(office.clock.now()).date();
            let folder = jury::build(&office, session, today)?;
            println!("{}", folder.display());
        }
        BatchCommand::Show => {
            let batches = office.store.read(jury_rows::batches)?;
            if common.json {
                table::json_lines(batches.iter().map(
                    |batch| json!({ "session": batch.session, "built_at": batch.built_at, "folder": batch.folder, "dossiers": batch.numbers }),
                ))?;
            } else {
                let rows: Vec<Vec<String>> =
                    batches.into_iter().map(|batch| vec![batch.session, batch.built_at, batch.numbers.len().to_string(), batch.folder]).collect();
                table::columns(&["session", "constitué", "dossiers", "dossier"], &rows)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn decisions(common: &Common, command: Decisions) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    match command {
        Decisions::Import { file } => {
            let bytes = fs::read(&file).with_context(|| format!("read {}", file.display())).map_err(|error| super::unusable(&error))?;
            let (session, checked) = jury::preview(&office, &bytes)?;
            let rows: Vec<Vec<String>> = checked
                .iter()
                .map(|line| {
                    let verdict = match &line.verdict {
                        Ok(letter) => (*letter).to_owned(),
                        Err(problem) => format!("rien : {problem}"),
                    };
                    vec![line.line.row.to_string(), line.line.number.clone(), line.line.name.clone(), verdict]
                })
                .collect();
            table::columns(&["ligne", "dossier", "nom", "lettre"], &rows)?;
            let n_entered = jury::enter(&office, &session, &checked, &actor())?;
            let n_wrong = checked.iter().filter(|line| line.verdict.is_err()).count();
            println!(
                "\n{n_entered} décision(s) prêtes, {n_wrong} ligne(s) sans effet. Rien n'est parti : « guichet decisions send --approve » envoie les lettres."
            );
            Ok(if n_wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Decisions::Send { approve: _ } => {
            let n_approved = jury::approve(&office, &actor())?;
            supervisor::settle(&office)?;
            println!("{n_approved} lettre(s) de décision en file d'envoi.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub fn digest(common: &Common, date: Option<NaiveDate>, send: bool) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let day = date.unwrap_or_else(|| calendar::paris(office.clock.now()).date());
    let digest = daily::compose(&office, day)?;
    if send {
        daily::write(&office, &digest)?;
    }
    let rendered = letters::render_digest(&office.templates, &digest, &office.rules)?;
    println!("Objet : {}\n\n{}", rendered.subject, rendered.text);
    Ok(ExitCode::SUCCESS)
}

/// Everything held on one person (GDPR art. 15): their mails as they came, their files, our letters, what we believe, the journal.
pub fn export(common: &Common, number: &str) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let Some(row) = office.store.read(|connection| dossiers::by_number(connection, number))? else {
        return Err(refuse(format!("there is no dossier {number}")));
    };
    let folder = PathBuf::from(format!("export-{number}"));
    fs::create_dir(&folder).with_context(|| format!("make the folder {}", folder.display()))?;
    let states = office.store.read(desk::states)?;
    if let Some((_, state)) = states.get(number) {
        fs::write(folder.join("dossier.json"), serde_json::to_string_pretty(&see::dossier_json(state))?).context("write the dossier")?;
    }
    for mail in office.store.read(|connection| mails::of_dossier(connection, row.dossier_id))? {
        // Its time may have come already.
        if !office.blobs.contains(&mail.sha256) {
            continue;
        }
        fs::write(folder.join(format!("mail-{}.eml", mail.mail_id)), office.blobs.get(&mail.sha256)?).context("write a mail")?;
    }
    for letter in office.store.read(|connection| outbox::of_dossier(connection, row.dossier_id))? {
        let bytes = office.store.read(|connection| outbox::message(connection, letter.outbox_id))?;
        fs::write(folder.join(format!("letter-{}.eml", letter.outbox_id)), bytes).context("write a letter")?;
    }
    let history = office.store.read(|connection| journal::of_dossier(connection, row.dossier_id))?;
    let lines: Vec<String> = history.iter().map(|line| format!("{} {} {} {}", line.at, line.actor, line.event, line.detail)).collect();
    fs::write(folder.join("journal.txt"), lines.join("\n")).context("write the journal")?;
    println!("{}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// A copy that can be put back: the database in one consistent file, and every blob.
pub fn backup(common: &Common, dest: &Path) -> anyhow::Result<ExitCode> {
    let (config, store) = common.store()?;
    let data = common.data(&config);
    fs::create_dir_all(dest.join("blobs")).with_context(|| format!("make the folder {}", dest.display()))?;
    let file = dest.join("guichet.sqlite");
    let draft = dest.join("guichet.sqlite.part");
    if draft.exists() {
        fs::remove_file(&draft).context("remove a half-made copy")?;
    }
    store.copy_to(&draft)?;
    let (from, to) = (crate::blobs::Blobs::open(&data.join("blobs"), false)?, crate::blobs::Blobs::open(&dest.join("blobs"), true)?);
    for hash in from.all()? {
        if !to.contains(&hash) {
            to.put(&from.get(&hash)?, crate::blobs::Durability::Synced)?;
        }
    }
    fs::rename(&draft, &file).context("publish the copy")?;
    println!("{}", dest.display());
    Ok(ExitCode::SUCCESS)
}

pub fn restore(common: &Common, from: &Path) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let data = common.data(&config);
    if data.join("guichet.sqlite").exists() {
        return Err(refuse(format!("{} already holds data: restore into an empty folder", data.display())));
    }
    fs::create_dir_all(&data).context("make the data folder")?;
    let (source, target) = (crate::blobs::Blobs::open(&from.join("blobs"), false)?, crate::blobs::Blobs::open(&data.join("blobs"), true)?);
    for hash in source.all()? {
        target.put(&source.get(&hash)?, crate::blobs::Durability::Synced)?;
    }
    fs::copy(from.join("guichet.sqlite"), data.join("guichet.sqlite")).context("put the database back")?;
    println!("{} ({})", data.display(), instant_text(common.clock().now()));
    Ok(ExitCode::SUCCESS)
}
