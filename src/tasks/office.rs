//! The office: what every task works with. Opened once, shared by reference.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::Context;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::blobs::{Blobs, hex};
use crate::clock::Clock;
use crate::config::{Config, OcrChoice};
use crate::domain::document::FileReading;
use crate::domain::mail::MailAddress;
use crate::domain::rules::Rules;
use crate::letters::Templates;
use crate::sandbox::{OcrMode, Sandbox, SandboxOptions};
use crate::store::{Store, Synchronous, settings};
use crate::tasks::process::OpenedMail;

/// How the office is opened.
#[derive(Debug, Clone)]
pub struct OfficeOptions {
    pub config: Config,
    pub data: PathBuf,
    pub clock: Clock,
    /// A rehearsal can be run again, so it does without fsyncs, and its secret is always the same.
    pub rehearsal: bool,
}

/// Everything the tasks share.
pub struct Office {
    pub config: Config,
    pub rules: Rules,
    pub store: Store,
    pub blobs: Blobs,
    pub templates: Templates,
    pub clock: Clock,
    pub data: PathBuf,
    pub rehearsal: bool,
    /// Cancelled when the program is to stop: long work looks at it between two mails, two dossiers, two letters.
    pub stop: CancellationToken,
    /// References and Message-IDs are drawn from it; never printed.
    pub secret: [u8; 32],
    sandbox: OnceLock<Sandbox>,
    ahead: Mutex<Ahead>,
    /// One at a time decides and matches.
    pub settling: Mutex<()>,
    /// Keeps a second daemon out of the same data.
    _lock: Option<fs::File>,
}

/// Mails and files that were opened and understood before their turn came.
#[derive(Default)]
pub struct Ahead {
    pub opened: BTreeMap<String, OpenedMail>,
    pub readings: BTreeMap<(String, String), FileReading>,
}

impl Office {
    /// Opens data, rules and templates. Refuses a data folder that another process works in.
    pub fn open(options: OfficeOptions) -> anyhow::Result<Office> {
        let OfficeOptions { config, data, clock, rehearsal } = options;
        fs::create_dir_all(&data).with_context(|| format!("make the data folder {}", data.display()))?;
        let lock = fs::File::create(data.join("lock")).context("make the lock file")?;
        if lock.try_lock().is_err() {
            anyhow::bail!("another guichet is at work in {}: stop it first, or name another --data", data.display());
        }
        let rules = config.rules()?;
        let templates = Templates::with_overrides(&config.templates()?)?;
        let store = Store::open(&data.join("guichet.sqlite"), if rehearsal { Synchronous::Off } else { Synchronous::Full })?;
        let blobs = Blobs::open(&data.join("blobs"), !rehearsal)?;
        blobs.throw_away_drafts()?;
        let secret = secret_of(&store, rehearsal)?;
        Ok(Office {
            config,
            rules,
            store,
            blobs,
            templates,
            clock,
            data,
            rehearsal,
            stop: CancellationToken::new(),
            secret,
            sandbox: OnceLock::new(),
            ahead: Mutex::default(),
            settling: Mutex::default(),
            _lock: Some(lock),
        })
    }

    /// The worker processes, started when they are first needed.
    pub fn sandbox(&self) -> anyhow::Result<&Sandbox> {
        if let Some(sandbox) = self.sandbox.get() {
            return Ok(sandbox);
        }
        let sandbox = start_sandbox(&self.config)?;
        Ok(self.sandbox.get_or_init(|| sandbox))
    }

    pub fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many files are read at the same time.
    pub fn n_workers(&self) -> usize {
        n_workers(&self.config)
    }

    /// The domain of our own Message-IDs: by it our letters are known again.
    pub fn message_id_domain(&self) -> String {
        let domain = self.rules.school.address.rsplit('@').next().unwrap_or("localhost");
        format!("guichet.{domain}")
    }

    /// Who our letters come from, as `Name <address>` in the configuration says.
    pub fn from_address(&self) -> MailAddress {
        parse_address(&self.config.outgoing.from)
    }

    /// A stable Message-ID, without angle brackets, for a letter of that key.
    pub fn message_id(&self, letter_key: &str) -> String {
        let digest = Sha256::new().chain_update(self.secret).chain_update(b"message-id").chain_update(letter_key.as_bytes()).finalize();
        let digest = hex(&digest);
        format!("{}@{}", digest.get(..32).unwrap_or(&digest), self.message_id_domain())
    }
}

/// `Name <address>`, or a bare address.
pub fn parse_address(text: &str) -> MailAddress {
    match text.rsplit_once('<') {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"').trim();
            MailAddress { name: Some(name.to_owned()).filter(|name| !name.is_empty()), address: address.trim().trim_end_matches('>').to_owned() }
        }
        None => MailAddress { name: None, address: text.trim().to_owned() },
    }
}

fn n_workers(config: &Config) -> usize {
    match config.reading.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        workers => workers,
    }
}

/// Starts the worker processes that open hostile files.
pub fn start_sandbox(config: &Config) -> anyhow::Result<Sandbox> {
    Sandbox::start(SandboxOptions {
        workers: n_workers(config),
        ocr: match config.reading.ocr {
            OcrChoice::Auto => OcrMode::Auto,
            OcrChoice::Tesseract => OcrMode::Tesseract,
            OcrChoice::Off => OcrMode::Off,
        },
        ocr_models: config.path(&config.reading.ocr_models),
        program: std::env::current_exe().context("find this program")?,
        seconds_max: config.reading.seconds_max,
        memory_bytes_max: config.reading.memory_mib_max << 20,
        unpack_limits: config.archives,
    })
    .context("start the reading workers")
}

/// The installation's secret, made at first start. A rehearsal's is fixed, so that its references can be compared.
fn secret_of(store: &Store, rehearsal: bool) -> anyhow::Result<[u8; 32]> {
    if rehearsal {
        return Ok(Sha256::digest(b"rehearsal").into());
    }
    if let Some(known) = store.read(|connection| settings::setting(connection, "secret"))? {
        return Ok(Sha256::digest(known.as_bytes()).into());
    }
    let mut random = [0_u8; 32];
    std::io::Read::read_exact(&mut fs::File::open("/dev/urandom").context("open the random source")?, &mut random).context("read randomness")?;
    let text = hex(&random);
    store.write(|transaction| settings::set_setting(transaction, "secret", &text))?;
    Ok(Sha256::digest(text.as_bytes()).into())
}
