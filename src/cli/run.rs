//! Commands that do the work: the daemon, one round of it, a rehearsal, the demonstration, the check of the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::progress::ProgressLine;
use crate::cli::{Common, Unusable, table};
use crate::config::{Config, DEFAULT_RULES, MailboxKind, OutgoingKind};
use crate::console;
use crate::desk;
use crate::domain::dossier::{DossierState, Stage};
use crate::domain::payment::TransferState;
use crate::mailbox::ImapMailbox;
use crate::rehearse::{self, Rehearsal};
use crate::smtp::{SmtpSession, Transport};
use crate::store::{jury as jury_rows, mails, outbox, transfers};
use crate::tasks::reading::Progress;
use crate::tasks::replay::{self, Replayed};
use crate::tasks::{Office, OfficeOptions, pulse, receive, send, supervisor};
use crate::wording;

#[derive(Debug, Args)]
pub struct Demo {
    /// Where everything is put (default: a new folder under the system's temporary one).
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Ends after the summary.
    #[arg(long)]
    no_console: bool,
}

#[derive(Debug, Args)]
pub struct Rehearse {
    /// A folder of *.eml, a Maildir, or an mbox.
    #[arg(long, value_name = "DIR")]
    mails: PathBuf,
    #[arg(long, value_name = "DIR")]
    statements: PathBuf,
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Lets held letters go too.
    #[arg(long)]
    approve_all: bool,
}

/// Rehearses, and tells a person who waits how far reading is.
async fn rehearse_visibly(rehearsal: &Rehearsal) -> anyhow::Result<Office> {
    let latest = Arc::new(Mutex::new(None::<Progress>));
    let seen = Arc::clone(&latest);
    let line = ProgressLine::show(move || match *seen.lock().unwrap_or_else(PoisonError::into_inner) {
        None => String::from("préparation"),
        Some(progress) if progress.n_mails_opened < progress.n_mails => {
            format!("lecture : {} courriels sur {} ouverts, {} fichiers lus", progress.n_mails_opened, progress.n_mails, progress.n_files_read)
        }
        Some(progress) => format!("{} fichiers lus, la saison est rejouée", progress.n_files_read),
    });
    let office = rehearse::rehearse(rehearsal, &|progress| *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress)).await;
    drop(line);
    office
}

pub async fn rehearse(common: &Common, arguments: Rehearse) -> anyhow::Result<ExitCode> {
    let mut config = common.config()?;
    if let Some(rules) = &arguments.rules {
        config.rules.file = Some(std::path::absolute(rules).context("find the rules")?);
    }
    config.rules().map_err(|error| super::unusable(&error))?;
    if !arguments.mails.exists() {
        return Err(anyhow::Error::new(Unusable(format!("there are no mails at {}", arguments.mails.display()))));
    }
    let rehearsal = Rehearsal {
        mails: arguments.mails,
        statements: arguments.statements,
        into: arguments.into,
        from: arguments.from,
        to: arguments.to,
        approve_all: arguments.approve_all,
        config,
    };
    let office = rehearse_visibly(&rehearsal).await?;
    summary(&office, &rehearsal.into)?;
    Ok(ExitCode::SUCCESS)
}

/// One screen: what came, what was understood, what was written, what waits for a person, where to look.
fn summary(office: &Office, into: &Path) -> anyhow::Result<()> {
    let (mails, states, letters, transfers, batches) = office.store.read(|connection| {
        Ok((
            mails::all(connection)?,
            desk::states(connection)?,
            outbox::all(connection)?,
            transfers::all(connection)?,
            jury_rows::batches(connection)?,
        ))
    })?;
    let states: Vec<&DossierState> = states.values().map(|(_, state)| state).collect();
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in &mails {
        *classes.entry(mail.class.map_or("doublon", wording::mail_class)).or_default() += 1;
    }
    let listed: Vec<String> = classes.iter().map(|(class, count)| wording::counted(*count, class)).collect();
    println!("\nReçu       {} : {}", wording::counted(mails.len(), "courriel"), listed.join(", "));
    let n = |wanted: &dyn Fn(&DossierState) -> bool| states.iter().filter(|state| wanted(state)).count();
    println!(
        "Compris    {} : {} ou déjà au jury, {}",
        wording::counted(states.len(), "dossier"),
        wording::counted(n(&|state| matches!(state.stage, Stage::Complete | Stage::Batched | Stage::Notified)), "complet"),
        wording::counted(n(&|state| state.stage == Stage::Incomplete), "incomplet"),
    );
    let of = |state: TransferState| transfers.iter().filter(|row| row.state == state).count();
    println!(
        "Argent     {} : {} à un dossier, {} à vérifier, {}",
        wording::counted(transfers.len(), "mouvement"),
        wording::counted(of(TransferState::Matched), "attribué"),
        of(TransferState::ToReview),
        wording::counted(of(TransferState::Returned), "retourné")
    );
    let sent: Vec<_> = letters.iter().filter(|letter| letter.state == "sent").collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in &sent {
        *kinds.entry(letter.kind.as_str()).or_default() += 1;
    }
    let listed: Vec<String> = kinds.iter().map(|(kind, count)| wording::counted(*count, wording::letter_kind(kind))).collect();
    println!("Écrit      {} : {}", wording::counted(sent.len(), "lettre"), listed.join(", "));
    let held = letters.iter().filter(|letter| letter.state == "held").count();
    println!(
        "Attend     {} dans {}, {}, {}",
        wording::counted(states.iter().map(|state| state.to_check.len()).sum::<usize>(), "point à vérifier"),
        wording::counted(n(&|state| !state.to_check.is_empty()), "dossier"),
        wording::counted(of(TransferState::ToReview), "virement"),
        wording::counted(held, "lettre retenue"),
    );
    note_on_reading(office, &states)?;
    let into = std::path::absolute(into).unwrap_or_else(|_| into.to_owned());
    println!("\nOù regarder");
    println!("  lettres         {}", into.join("letters/new").display());
    println!("  récapitulatifs  {}", into.join("digests").display());
    for batch in &batches {
        println!("  lot du jury     {}", office.config.path(&batch.folder).display());
    }
    println!("  tableau         guichet --data {} dossiers", into.join("data").display());
    Ok(())
}

/// Without an engine, pictures stay with the assistant: which, and what would read them.
fn note_on_reading(office: &Office, states: &[&DossierState]) -> anyhow::Result<()> {
    let report = office.sandbox()?.report();
    if let Some(engine) = &report.ocr_engine {
        println!("Lecture    {engine} ({})", report.ocr_languages.join(", "));
        if let Some(second) = &report.second_ocr_engine {
            println!("           puis {second} où le premier doute");
        }
        return Ok(());
    }
    let unread: usize = office.store.read(|connection| {
        let mut unread = 0;
        for mail in mails::all(connection)? {
            unread += mails::files_of_mail(connection, mail.mail_id)?
                .iter()
                .filter(|file| file.reading.findings.iter().any(|finding| finding.reason == crate::domain::finding::Reason::PageNotReadNoEngine))
                .count();
        }
        Ok(unread)
    })?;
    println!(
        "Lecture    aucun logiciel de reconnaissance de texte : {unread} images de {} dossiers sont laissées à l'assistante.\n           « apt-get install tesseract-ocr tesseract-ocr-fra » les ferait lire.",
        states.len()
    );
    Ok(())
}

pub async fn demo(common: &Common, demo: Demo) -> anyhow::Result<ExitCode> {
    let season =
        fixtures().ok_or_else(|| Unusable(String::from("the folder fixtures/season is not here: run the demonstration from the source tree")))?;
    let into = match demo.dir {
        Some(dir) => dir,
        None => std::env::temp_dir().join(format!("guichet-demo-{}", std::process::id())),
    };
    let mut config = common.config()?;
    config.rules.file = Some(season.join("../rules/2024.toml"));
    config.digest.to = vec![String::from("assistante@example.org")];
    config.jury.to = vec![String::from("jury@example.org")];
    println!("Une saison de candidatures inventées, rejouée avec le code du service (octobre 2023 à juin 2024).");
    println!("  courriels  {}", season.join("mails").display());
    println!("  relevés    {}", season.join("statements").display());
    println!("  résultat   {}", into.display());
    let rehearsal = Rehearsal {
        mails: season.join("mails"),
        statements: season.join("statements"),
        into: into.clone(),
        from: None,
        to: None,
        approve_all: false,
        config,
    };
    let office = rehearse_visibly(&rehearsal).await?;
    summary(&office, &into)?;
    if demo.no_console || office.config.console.listen.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let stop = stop_signal(office.stop.clone())?;
    let listener = console::listen(&office.config).await?;
    println!("  console         http://{}/   (Ctrl-C pour finir)", listener.local_addr().context("the console's address")?);
    console::serve(Arc::new(office), listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// The season that comes with the sources: beside the current folder, or where the program was built.
fn fixtures() -> Option<PathBuf> {
    let places = [PathBuf::from("fixtures/season"), PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/season")];
    places.into_iter().find(|place| place.join("mails").is_dir()).and_then(|place| std::path::absolute(place).ok())
}

pub async fn once(common: &Common) -> anyhow::Result<ExitCode> {
    let office = Arc::new(common.office()?);
    let n_in_doubt = send::recover(&office)?;
    let line = ProgressLine::show(mails_line(&office));
    supervisor::once(&office).await?;
    supervisor::work(&office).await?;
    drop(line);
    Ok(if n_in_doubt > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// How many mails were received since now and how many wait, as the database knows it.
fn mails_line(office: &Arc<Office>) -> impl Fn() -> String + Send + 'static {
    let office = Arc::clone(office);
    // Nothing can be counted: nothing is shown, and the work itself says what is wrong.
    let count = move || office.store.read(mails::counts_by_state).unwrap_or_default();
    let n_before: u32 = count().values().sum();
    move || {
        let counts = count();
        let n_waiting = counts.get("received").copied().unwrap_or_default();
        format!("{} courriels reçus, {n_waiting} à traiter", counts.values().sum::<u32>().saturating_sub(n_before))
    }
}

pub async fn daemon(common: &Common) -> anyhow::Result<ExitCode> {
    let office = Arc::new(common.office()?);
    let report = office.sandbox()?.report();
    tracing::info!(
        landlock = report.confinement.landlock,
        seccomp = report.confinement.seccomp,
        rlimits = report.confinement.rlimits,
        ocr = report.ocr_engine.as_deref().unwrap_or("none"),
        second_ocr = report.second_ocr_engine.as_deref().unwrap_or("none"),
        "guichet is at work"
    );
    let leaks: Vec<&str> = report.confinement.leaks.iter().map(|leak| leak.slug()).collect();
    if leaks.is_empty() {
        tracing::info!("a worker tried to open files, sockets, programs, threads and memory beyond its share: nothing got through");
    } else {
        tracing::warn!(leaks = leaks.join(" "), "hostile files are opened by a worker that is not fully confined on this kernel");
    }
    let stop = stop_signal(office.stop.clone())?;
    let console = match office.config.console.listen.as_str() {
        "" => None,
        _ => {
            let listener = console::listen(&office.config).await?;
            Some(tokio::spawn(console::serve(Arc::clone(&office), listener, stop.clone())))
        }
    };
    notify(&[sd_notify::NotifyState::Ready]);
    let heartbeat = tokio::spawn(heartbeat(stop.clone()));
    supervisor::run(Arc::clone(&office), stop.clone()).await?;
    notify(&[sd_notify::NotifyState::Stopping]);
    heartbeat.await.context("the heartbeat")?;
    if let Some(console) = console {
        console.await.context("the console")??;
    }
    tracing::info!("guichet has stopped");
    Ok(ExitCode::SUCCESS)
}

/// Tells systemd that we live, several times in each watchdog interval, as long as the work itself says so.
async fn heartbeat(stop: CancellationToken) {
    while !stop.is_cancelled() {
        if pulse::is_alive() {
            notify(&[sd_notify::NotifyState::Watchdog]);
        } else {
            tracing::error!("nothing has moved for {} s: the watchdog is no longer fed", pulse::silence().as_secs());
        }
        tokio::select! { () = tokio::time::sleep(Duration::from_secs(20)) => {}, () = stop.cancelled() => {} }
    }
}

/// Outside systemd there is nobody to tell.
fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd was not told: {error}");
    }
}

/// Cancelled at SIGTERM or Ctrl-C; the mail, dossier or letter under way is finished first.
fn stop_signal(stop: CancellationToken) -> anyhow::Result<CancellationToken> {
    let cancel = stop.clone();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).context("listen for Ctrl-C")?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        cancel.cancel();
    });
    Ok(stop)
}

pub async fn check_config(common: &Common, connect: bool) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let mut mistakes = super::all_mistakes(&config);
    let effective = toml::to_string(&config).context("print the configuration")?;
    println!("# Effective configuration\n{effective}");
    match config.rules() {
        Ok(rules) => {
            let source =
                config.rules.file.as_ref().map_or_else(|| String::from("inside the program"), |file| config.path(file).display().to_string());
            println!("# Rules: {source}, season {}, {} programmes, {} requirements", rules.season, rules.programmes.len(), rules.requirements.len());
            for jury in rules.juries.iter().filter(|jury| jury.date.is_none()) {
                println!("#   {}: no date set", jury.label_fr);
            }
            if config.rules.file.is_none() {
                let open = DEFAULT_RULES.lines().filter(|line| line.contains("À VALIDER PAR L'ÉCOLE")).count();
                println!("#   {open} assumptions to be confirmed by the school (À VALIDER PAR L'ÉCOLE)");
            }
        }
        Err(error) => tracing::debug!("{error:#}"),
    }
    let report = crate::tasks::office::start_sandbox(&config)?.report();
    println!("# Text recognition: {}", report.ocr_engine.as_deref().unwrap_or("none (deploy/install-ocr)"));
    println!("#   second engine: {}", report.second_ocr_engine.as_deref().unwrap_or("none (deploy/install-ocr --second-engine)"));
    if connect && mistakes.is_empty() {
        mistakes.extend(try_connections(common, &config).await?);
    }
    for mistake in &mistakes {
        println!("ERROR {mistake}");
    }
    if mistakes.is_empty() {
        println!("OK");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(2))
}

async fn try_connections(common: &Common, config: &Config) -> anyhow::Result<Vec<String>> {
    let mut failures = Vec::new();
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let office = Office::open(OfficeOptions { config: config.clone(), data: folder.path().to_owned(), clock: common.clock(), rehearsal: true })?;
    if config.mailbox.kind == MailboxKind::Imap {
        for folder in receive::folders(&config.mailbox) {
            let tried = async {
                let mut mailbox = ImapMailbox::connect(receive::imap_settings(&office, &folder).await?).await?;
                let state = mailbox.examine(&folder).await?;
                mailbox.logout().await;
                anyhow::Ok(state.exists)
            };
            match tried.await {
                Ok(exists) => println!("IMAP {folder}: OK, {exists} mails"),
                Err(error) => failures.push(format!("mailbox ({folder}): {error:#}")),
            }
        }
    }
    if config.outgoing.kind == OutgoingKind::Smtp
        && let Transport::Smtp(settings) = send::transport(&office).await?
    {
        match SmtpSession::open(&settings).await {
            Ok(session) => {
                session.quit().await;
                println!("SMTP: OK");
            }
            Err(error) => failures.push(format!("outgoing: {error:#}")),
        }
    }
    Ok(failures)
}

/// Rebuilds everything derived, and shows which dossiers come out otherwise and which letters would be due.
pub fn replay(common: &Common, into: &Path) -> anyhow::Result<ExitCode> {
    let (config, store) = common.store()?;
    let data = common.data(&config);
    let line = ProgressLine::show(|| String::from("tout est relu"));
    let replayed = replay::replay(config, common.clock(), &data, into, &store);
    drop(line);
    let Replayed { differences, new_letters } = replayed?;
    if common.json {
        let lines = differences.iter().map(
            |difference| json!({ "dossier": difference.number, "what": difference.what, "before": difference.before, "after": difference.after }),
        );
        table::json_lines(lines.chain(new_letters.iter().map(|key| json!({ "new_letter": key }))))?;
    } else {
        let rows: Vec<Vec<String>> = differences
            .iter()
            .map(|difference| vec![difference.number.clone(), difference.what.clone(), difference.before.clone(), difference.after.clone()])
            .collect();
        table::columns(&["dossier", "quoi", "avant", "après"], &rows)?;
        for key in &new_letters {
            println!("lettre qui serait due : {key}");
        }
    }
    Ok(if differences.is_empty() && new_letters.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
