//! Commands that act. Each records who, when and why in the journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::{Common, Unusable, see, table};
use crate::desk;
use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::letters;
use crate::store::{decided, dossiers, instant_text, journal, jury as jury_rows, mails, outbox};
use crate::tasks::decide::{self, Effect, MailTarget, Refusal, Share, Word};
use crate::tasks::jury;
use crate::tasks::{Office, daily, supervisor};

#[derive(Debug, Subcommand)]
pub enum Fee {
    /// Attributes a transfer to one dossier, or to several that share it: evenly, or as NUMBER=AMOUNT says.
    Match {
        transfer: i64,
        #[arg(value_name = "NUMBER[=AMOUNT]", required = true)]
        shares: Vec<String>,
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Takes your own word on a transfer back; an attribution of the program's is refused, and never made again by itself.
    Unmatch {
        transfer: i64,
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Says that a transfer is no application fee.
    #[command(alias = "unrelated")]
    Reject {
        transfer: i64,
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Accepts what was credited as the whole fee.
    Accept {
        number: String,
        #[arg(long, default_value = "")]
        why: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Gives a mail to a dossier, to a new one, or to nobody; prints the dossier's number.
    Give {
        mail: i64,
        #[arg(long, value_name = "NUMBER")]
        dossier: Option<String>,
        /// To a dossier that is opened for it.
        #[arg(long)]
        new: bool,
        /// It is no candidate's.
        #[arg(long)]
        nobody: bool,
        #[arg(long)]
        why: String,
    },
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
    /// It is no candidate: left out of everything, no letters.
    #[arg(long)]
    pub not_a_candidate: Option<bool>,
    /// A document, and whether it needs a translation or is one.
    #[arg(long, num_args = 2, value_names = ["SHA256[:PAGE]", "waived|is_translation|is_original"])]
    pub translation: Option<Vec<String>>,
    /// A file, and whether a person can read it: true, or why not.
    #[arg(long, num_args = 2, value_names = ["SHA256", "true|page_blurred|page_cut_off|page_too_small|file_damaged|file_password"])]
    pub readable: Option<Vec<String>>,
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
    /// Lets a letter go that was held, failed or is in doubt.
    Approve { key: String },
    /// Keeps a letter until it is approved.
    Hold { key: String },
    /// Drops a letter for good.
    Cancel { key: String },
    /// Stops all sending; letters are still written and wait.
    Stop {
        #[arg(long)]
        why: String,
    },
    /// Lets letters leave again.
    Resume {
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Lets the letters go that the hourly breaker holds back.
    ResetBreaker {
        #[arg(long, default_value = "")]
        why: String,
    },
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
    let actor = actor();
    let done = match &command {
        Fee::Match { transfer, shares, why } => {
            let shares = shares.iter().map(|share| parse_share(share)).collect::<anyhow::Result<Vec<Share>>>()?;
            decide::attribute(&office, Word { actor: &actor, why }, *transfer, &shares)
        }
        Fee::Unmatch { transfer, why } => {
            let word = Word { actor: &actor, why };
            let hers = office.store.read(|connection| decided::transfer_decision(connection, *transfer))?;
            match hers.is_some_and(|hers| hers.verdict != "unmatch") {
                true => decide::take_back(&office, word, *transfer),
                false => decide::detach(&office, word, *transfer),
            }
        }
        Fee::Reject { transfer, why } => decide::reject(&office, Word { actor: &actor, why }, *transfer),
        Fee::Accept { number, why } => {
            decide::correct(&office, Word { actor: &actor, why }, number, &[(String::from("fee"), String::from("accepted"))])
        }
    };
    ended(done)
}

/// `MS24-0042`, or `MS24-0042=60,00` for a part of a shared transfer.
fn parse_share(text: &str) -> anyhow::Result<Share> {
    match text.split_once('=') {
        None => Ok(Share { number: text.to_owned(), amount: None }),
        Some((number, amount)) => match crate::bank::amount::written(amount) {
            Some(amount) => Ok(Share { number: number.to_owned(), amount: Some(amount) }),
            None => Err(refuse(format!("\"{amount}\" is no amount such as 60,00"))),
        },
    }
}

/// A gesture that cannot be made is a mistake in the arguments.
fn ended(done: anyhow::Result<Effect>) -> anyhow::Result<ExitCode> {
    match done {
        Ok(Effect::Changed) => Ok(ExitCode::SUCCESS),
        Ok(Effect::Already) => {
            println!("Rien à changer\u{a0}: c'était déjà ainsi.");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.is::<Refusal>() => Err(refuse(format!("{error}"))),
        Err(error) => Err(error),
    }
}

pub fn correct(common: &Common, correct: Correct) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let mut subjects = Vec::new();
    if let Some([document, kind]) = correct.kind.as_deref() {
        let kind = DocumentKind::from_slug(kind).ok_or_else(|| refuse(format!("\"{kind}\" is no kind of document")))?;
        subjects.push((kind_subject(&office, &correct.number, document)?, kind.slug().to_owned()));
    }
    subjects.extend(correct.route.iter().map(|route| (String::from("route"), route.clone())));
    if let Some([kind, word]) = correct.requirement.as_deref() {
        subjects.push((format!("requirement:{kind}"), word.clone()));
    }
    subjects.extend(correct.programme.iter().map(|programme| (String::from("programme"), programme.clone())));
    if let Some([document, word]) = correct.translation.as_deref() {
        let subject = kind_subject(&office, &correct.number, document)?.replacen("kind:", "translation:", 1);
        subjects.push((subject, word.clone()));
    }
    if let Some([document, word]) = correct.readable.as_deref() {
        let subject = kind_subject(&office, &correct.number, document)?;
        let sha256 = subject.split(':').nth(1).unwrap_or_default();
        subjects.push((format!("readable:{sha256}"), word.clone()));
    }
    let words = [
        ("degree_in_progress", correct.degree_in_progress),
        ("international", correct.international),
        ("withdrawn", correct.withdrawn),
        ("registered", correct.registered),
        ("dispute", correct.dispute),
        ("letters_off", correct.letters_off),
        ("not_a_candidate", correct.not_a_candidate),
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

/// What other commands decide about a dossier.
pub(crate) fn correct_one(office: &Office, number: &str, subjects: &[(String, String)], why: &str) -> anyhow::Result<ExitCode> {
    ended(decide::correct(office, Word { actor: &actor(), why }, number, subjects))
}

pub fn letter(common: &Common, command: Letter) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let actor = actor();
    let word = |why| Word { actor: &actor, why };
    ended(match &command {
        Letter::Approve { key } => decide::approve(&office, word(""), key),
        Letter::Hold { key } => decide::hold(&office, word(""), key),
        Letter::Cancel { key } => decide::cancel(&office, word(""), key),
        Letter::Stop { why } => decide::stop_sending(&office, word(why)),
        Letter::Resume { why } => decide::resume_sending(&office, word(why)),
        Letter::ResetBreaker { why } => decide::reset_breaker(&office, word(why)),
    })
}

/// Whose a mail is.
pub fn mail(common: &Common, command: MailCommand) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let actor = actor();
    let MailCommand::Give { mail, dossier, new, nobody, why } = command;
    let target = match (dossier, new, nobody) {
        (Some(number), false, false) => MailTarget::Dossier(number),
        (None, true, false) => MailTarget::NewDossier,
        (None, false, true) => MailTarget::Nobody,
        _ => return Err(refuse(String::from("say one of --dossier NUMBER, --new, --nobody"))),
    };
    ended(decide::give(&office, Word { actor: &actor, why: &why }, mail, &target).map(|(effect, number)| {
        println!("{number}");
        effect
    }))
}

/// Two dossiers that are one person's.
pub fn join(common: &Common, number: &str, into: &str, why: &str) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    ended(decide::join(&office, Word { actor: &actor(), why }, number, into))
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
            let folder = |batch: &jury_rows::BatchRow| office.config.path(&batch.folder).to_string_lossy().into_owned();
            if common.json {
                table::json_lines(batches.iter().map(
                    |batch| json!({ "session": batch.session, "built_at": batch.built_at, "folder": folder(batch), "dossiers": batch.numbers }),
                ))?;
            } else {
                let row =
                    |batch: &jury_rows::BatchRow| vec![batch.session.clone(), batch.built_at.clone(), batch.numbers.len().to_string(), folder(batch)];
                let rows: Vec<Vec<String>> = batches.iter().map(row).collect();
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
            println!("{n_approved} décision(s) approuvée(s)\u{a0}: leurs lettres partent au prochain passage.");
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
