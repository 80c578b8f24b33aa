//! The command line: one command, one question or one act. Tables for people by default, one JSON object a line with `--json`.
//!
//! Exit status: 0 done, 1 a check failed or something needs a person, 2 unusable arguments or configuration.

mod act;
mod bank;
mod explain;
mod forget;
mod interview;
mod progress;
mod run;
mod see;
mod table;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::Config;
use crate::letters::Templates;
use crate::sandbox;
use crate::tasks::{Office, OfficeOptions};

/// Reads the applications that arrive by e-mail, tracks what each dossier lacks, matches the fees and writes the letters.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, about)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
struct Common {
    /// The configuration file (default: built-in values, from the current folder).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of database and blobs.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Fixes the clock.
    #[arg(long, global = true, value_name = "RFC3339")]
    now: Option<DateTime<FixedOffset>>,
    /// One JSON object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what a mail, archive, document or statement is; touches no database.
    #[command(subcommand)]
    Explain(explain::Explain),
    /// A whole season on made-up dossiers, then the console on the result.
    Demo(run::Demo),
    /// The daemon.
    Run,
    /// Fetches, processes and sends everything there is, then exits.
    Once,
    /// A past season over again on a simulated clock; nothing leaves the machine.
    Rehearse(run::Rehearse),
    /// Reads configuration and rules, prints the effective values, finds every mistake.
    CheckConfig {
        /// Also tries IMAP and SMTP.
        #[arg(long)]
        connect: bool,
    },
    /// What would change and which letters would leave.
    Plan {
        #[arg(long, required = true)]
        dry_run: bool,
    },
    /// Every mail accounted for, every blob's hash, the database's integrity, the outbox.
    Verify,
    /// Rebuilds everything derived into a new data folder and shows the differences.
    Replay {
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
    /// All mails.
    Mails,
    /// All dossiers.
    Dossiers,
    /// All transfers.
    Transfers,
    /// All letters.
    Letters,
    /// A dossier's journal.
    History { number: String },
    /// Bank statements.
    #[command(subcommand)]
    Bank(bank::Bank),
    /// Attributes a transfer, or takes an attribution back.
    #[command(subcommand)]
    Fee(act::Fee),
    /// Corrects what the program understood of a dossier.
    Correct(act::Correct),
    /// Gives a mail to a dossier, to a new one, or to nobody.
    #[command(subcommand)]
    Mail(act::MailCommand),
    /// Joins a dossier to another of the same person.
    Join {
        number: String,
        into: String,
        #[arg(long)]
        why: String,
    },
    /// Approves, holds or cancels a letter; stops all sending and resumes it.
    #[command(subcommand)]
    Letter(act::Letter),
    /// Jury batches.
    #[command(subcommand)]
    Batch(act::BatchCommand),
    /// Decisions of the jury.
    #[command(subcommand)]
    Decisions(act::Decisions),
    /// The assistant's digest of a day.
    Digest {
        #[arg(long, value_name = "DAY")]
        date: Option<NaiveDate>,
        /// Also queues it to the assistant.
        #[arg(long)]
        send: bool,
    },
    /// Everything held on one person, in a folder.
    Export { number: String },
    /// Proposes an interview to a candidate, by letter with a calendar file.
    Interview(interview::Interview),
    /// Removes everything held on one person.
    Erase {
        number: String,
        /// The request it answers, without the person's name.
        #[arg(long)]
        why: Option<String>,
    },
    /// Removes what has been kept as long as the rules say.
    Purge {
        /// Only shows what would be removed.
        #[arg(long)]
        dry_run: bool,
    },
    /// Copies database and blobs to a folder.
    Backup { dest: PathBuf },
    /// Puts a backup back into an empty data folder.
    Restore { from: PathBuf },
    #[command(hide = true)]
    SandboxWorker,
    #[command(hide = true)]
    SandboxProgram {
        folder: PathBuf,
        program: PathBuf,
        #[arg(last = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

/// The whole program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::SandboxWorker) {
        return sandbox::worker_main();
    }
    if let Command::SandboxProgram { folder, program, arguments } = &arguments.command {
        return sandbox::program_main(folder, program, arguments);
    }
    start_logs(matches!(arguments.command, Command::Run));
    match dispatch(arguments) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("guichet: {error:#}");
            if error.is::<Unusable>() { ExitCode::from(2) } else { ExitCode::from(1) }
        }
    }
}

/// Arguments or configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unusable(String);

fn unusable(error: &anyhow::Error) -> anyhow::Error {
    anyhow::Error::new(Unusable(format!("{error:#}")))
}

/// Every mistake of a configuration that can be seen without touching the outside, its letter templates included.
fn all_mistakes(config: &Config) -> Vec<String> {
    let mut mistakes = config.mistakes();
    if let Err(error) = config.templates().and_then(|files| Templates::with_overrides(&files).map(|_| ())) {
        mistakes.push(format!("letters.templates: {error:#}"));
    }
    mistakes
}

/// Logs go to stderr: the daemon's business events, and warnings for everything else. The wire crates stay silent, for they quote mail.
fn start_logs(is_daemon: bool) {
    let default = if is_daemon { "guichet=info" } else { "guichet=warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("GUICHET_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    builder.with_target(false).init();
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let common = arguments.common;
    match arguments.command {
        Command::Explain(explain) => explain::run(&common, explain),
        Command::Demo(demo) => block_on(run::demo(&common, demo)),
        Command::Run => block_on(run::daemon(&common)),
        Command::Once => block_on(run::once(&common)),
        Command::Rehearse(rehearse) => block_on(run::rehearse(&common, rehearse)),
        Command::CheckConfig { connect } => block_on(run::check_config(&common, connect)),
        Command::Plan { dry_run: _ } => see::plan(&common),
        Command::Verify => see::verify(&common),
        Command::Replay { into } => run::replay(&common, &into),
        Command::Mails => see::mails(&common),
        Command::Dossiers => see::dossiers(&common),
        Command::Transfers => see::transfers(&common),
        Command::Letters => see::letters(&common),
        Command::History { number } => see::history(&common, &number),
        Command::Bank(bank) => bank::bank(&common, bank),
        Command::Fee(fee) => act::fee(&common, fee),
        Command::Correct(correct) => act::correct(&common, correct),
        Command::Mail(mail) => act::mail(&common, mail),
        Command::Join { number, into, why } => act::join(&common, &number, &into, &why),
        Command::Letter(letter) => act::letter(&common, letter),
        Command::Batch(batch) => act::batch(&common, batch),
        Command::Decisions(decisions) => act::decisions(&common, decisions),
        Command::Digest { date, send } => act::digest(&common, date, send),
        Command::Export { number } => act::export(&common, &number),
        Command::Interview(interview) => interview::run(&common, &interview),
        Command::Erase { number, why } => forget::erase(&common, &number, why.as_deref().unwrap_or("droit à l'effacement")),
        Command::Purge { dry_run } => forget::purge(&common, dry_run),
        Command::Backup { dest } => act::backup(&common, &dest),
        Command::Restore { from } => act::restore(&common, &from),
        Command::SandboxWorker => Ok(sandbox::worker_main()),
        Command::SandboxProgram { folder, program, arguments } => Ok(sandbox::program_main(&folder, &program, &arguments)),
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?.block_on(work)
}

impl Common {
    fn config(&self) -> anyhow::Result<Config> {
        Config::load(self.config.as_deref()).map_err(|error| unusable(&error))
    }

    fn clock(&self) -> Clock {
        self.now.map_or(Clock::System, |now| Clock::fixed(now.with_timezone(&Utc)))
    }

    fn data(&self, config: &Config) -> PathBuf {
        self.data.clone().unwrap_or_else(|| config.path(&config.data.dir))
    }

    /// The office, for commands that act.
    fn office(&self) -> anyhow::Result<Office> {
        let config = self.config()?;
        let mistakes = all_mistakes(&config);
        if !mistakes.is_empty() {
            return Err(anyhow::Error::new(Unusable(mistakes.join("\n"))));
        }
        let data = self.data(&config);
        Office::open(OfficeOptions { config, data, clock: self.clock(), rehearsal: false })
    }

    /// The database alone, for commands that only look: works beside a running daemon.
    fn store(&self) -> anyhow::Result<(Config, crate::store::Store)> {
        let config = self.config()?;
        let file = self.data(&config).join("guichet.sqlite");
        if !file.exists() {
            return Err(anyhow::Error::new(Unusable(format!("no database at {}: name its folder with --data", file.display()))));
        }
        let store = crate::store::Store::open(&file, crate::store::Synchronous::Full)?;
        Ok((config, store))
    }
}
