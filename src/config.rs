//! Configuration and rules files: defaults are inside the binary, files override them, every mistake is listed with its place.

mod toml_file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::bank::qr::iban_is_valid;
use crate::domain::rules::Rules;
use crate::intake::unpack::UnpackLimits;
use crate::mailbox::imap::LITERAL_BYTES_LIMIT;

/// The default rules, as shipped under `config/rules/`.
pub const DEFAULT_RULES: &str = include_str!("../config/rules/2024.toml");

/// The whole configuration. Every key has a default; unknown keys are errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub mailbox: MailboxConfig,
    pub outgoing: OutgoingConfig,
    pub statements: StatementsConfig,
    pub data: DataConfig,
    pub rules: RulesConfig,
    pub letters: LettersConfig,
    pub reading: ReadingConfig,
    pub archives: UnpackLimits,
    pub digest: DigestConfig,
    pub jury: JuryConfig,
    pub console: ConsoleConfig,
    /// The folder that relative paths start from: that of the file itself.
    #[serde(skip)]
    pub base: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxKind {
    Imap,
    Maildir,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    Implicit,
    Starttls,
    None,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailboxConfig {
    pub kind: MailboxKind,
    pub host: String,
    pub port: u16,
    pub tls: TlsMode,
    pub ca_file: Option<PathBuf>,
    pub user: String,
    pub password_file: Option<PathBuf>,
    pub password_env: Option<String>,
    /// A program and its arguments that print an access token (XOAUTH2), in the place of a password.
    pub token_command: Vec<String>,
    pub folder: String,
    /// More folders to watch, such as the junk folder. Their mail is shown and never answered without a person's word.
    pub also: Vec<String>,
    /// The folder that keeps what the school's people answer by hand: the program is then silent. Without it, that of `outgoing`.
    pub sent_folder: Option<String>,
    pub path: PathBuf,
    pub poll_seconds: u64,
    /// A larger mail is not fetched: it is shown to the assistant by its number.
    pub mail_bytes_max: u64,
    /// With less room than this on the data disk, no more mail is taken until there is room again.
    pub free_bytes_min: u64,
    /// Mail that arrived before is recorded, and never answered without a person's word.
    pub backlog_before: Option<chrono::DateTime<chrono::FixedOffset>>,
    /// The school's own people: their mail opens no dossier.
    pub staff: Vec<String>,
}

impl Default for MailboxConfig {
    fn default() -> MailboxConfig {
        MailboxConfig {
            kind: MailboxKind::Maildir,
            host: String::new(),
            port: 993,
            tls: TlsMode::Implicit,
            ca_file: None,
            user: String::new(),
            password_file: None,
            password_env: None,
            token_command: Vec::new(),
            folder: String::from("INBOX"),
            also: Vec::new(),
            sent_folder: None,
            path: PathBuf::from("in/Maildir"),
            poll_seconds: 120,
            mail_bytes_max: 100 << 20,
            free_bytes_min: 256 << 20,
            backlog_before: None,
            staff: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingKind {
    Smtp,
    Maildir,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutgoingConfig {
    pub kind: OutgoingKind,
    pub host: String,
    pub port: u16,
    pub tls: TlsMode,
    pub ca_file: Option<PathBuf>,
    pub user: String,
    pub password_file: Option<PathBuf>,
    pub password_env: Option<String>,
    /// A program and its arguments that print an access token (XOAUTH2), in the place of a password.
    pub token_command: Vec<String>,
    pub from: String,
    /// Gets a copy of every letter to a candidate: the evidence that a letter left, when the relay did not answer.
    pub bcc: Option<String>,
    /// Folder of the mailbox in which a copy of every letter is put, where the assistant looks for what was written.
    pub sent_folder: Option<String>,
    pub path: PathBuf,
    /// The off switch: letters are written and queued, and none leaves.
    pub paused: bool,
}

impl Default for OutgoingConfig {
    fn default() -> OutgoingConfig {
        OutgoingConfig {
            kind: OutgoingKind::Maildir,
            host: String::new(),
            port: 587,
            tls: TlsMode::Starttls,
            ca_file: None,
            user: String::new(),
            password_file: None,
            password_env: None,
            token_command: Vec::new(),
            bcc: None,
            sent_folder: None,
            from: String::from("Mastères Spécialisés <masteres.specialises@imt-nord-europe.fr>"),
            path: PathBuf::from("out/Maildir"),
            paused: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatementsConfig {
    pub folder: PathBuf,
    /// Addresses whose mails bring statements as attachments, when `authserv_id` says that they are theirs.
    pub senders: Vec<String>,
    /// The name under which our own mail server signs its `Authentication-Results` (RFC 8601). Without it no statement is taken from mail.
    pub authserv_id: Option<String>,
}

impl Default for StatementsConfig {
    fn default() -> StatementsConfig {
        StatementsConfig { folder: PathBuf::from("statements"), senders: Vec::new(), authserv_id: None }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    pub dir: PathBuf,
}

impl Default for DataConfig {
    fn default() -> DataConfig {
        DataConfig { dir: PathBuf::from("data") }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Without a file, the rules inside the binary.
    pub file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LettersConfig {
    /// Templates found here replace those inside the binary, name by name.
    pub templates: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OcrChoice {
    #[default]
    Auto,
    Tesseract,
    Off,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingConfig {
    pub ocr: OcrChoice,
    /// Where the networks of the second OCR engine are, if they are installed.
    pub ocr_models: PathBuf,
    /// 0: one for each core.
    pub workers: usize,
    pub seconds_max: u32,
    pub memory_mib_max: u64,
}

impl Default for ReadingConfig {
    fn default() -> ReadingConfig {
        ReadingConfig {
            ocr: OcrChoice::Auto,
            ocr_models: PathBuf::from("/usr/local/share/guichet/ocr"),
            workers: 0,
            seconds_max: 90,
            memory_mib_max: 1024,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DigestConfig {
    pub to: Vec<String>,
    /// Paris time, `HH:MM`.
    pub at: String,
    /// A copy of each digest is kept here, whether or not it is mailed.
    pub folder: PathBuf,
}

impl Default for DigestConfig {
    fn default() -> DigestConfig {
        DigestConfig { to: Vec::new(), at: String::from("07:30"), folder: PathBuf::from("digests") }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JuryConfig {
    /// Who gets the batch.
    pub to: Vec<String>,
    /// Up to this size the batch travels with the mail; above, it is placed in `folder` and the mail names it.
    pub attachments_bytes_max: u64,
    pub folder: PathBuf,
}

impl Default for JuryConfig {
    fn default() -> JuryConfig {
        JuryConfig { to: Vec::new(), attachments_bytes_max: 15 << 20, folder: PathBuf::from("batches") }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// Empty: no console. An address that other machines reach needs a password.
    pub listen: String,
    /// Browsers ask for what this file holds; the name given with it stands in the journal.
    pub password_file: Option<PathBuf>,
}

impl Default for ConsoleConfig {
    fn default() -> ConsoleConfig {
        ConsoleConfig { listen: String::from("127.0.0.1:8025"), password_file: None }
    }
}

impl Config {
    /// Reads a configuration file; without one, the defaults from the current folder.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Config> {
        let Some(file) = file else { return Ok(Config { base: PathBuf::from("."), ..Config::default() }) };
        let text = std::fs::read_to_string(file).with_context(|| format!("read the configuration {}", file.display()))?;
        let mut config: Config = toml_file::parse(&file.display().to_string(), &text)?;
        config.base = file.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
        Ok(config)
    }

    /// The folder with the answers of people, when it is another than those whose mail is answered.
    pub fn sent_folder(&self) -> Option<&str> {
        let named = self.mailbox.sent_folder.as_deref().or(self.outgoing.sent_folder.as_deref());
        named.filter(|name| *name != self.mailbox.folder && !self.mailbox.also.iter().any(|also| also == name))
    }

    /// A path of the configuration, seen from the folder of its file.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    /// The rules that this configuration names, or those inside the binary.
    pub fn rules(&self) -> anyhow::Result<Rules> {
        match &self.rules.file {
            None => default_rules(),
            Some(file) => {
                let path = self.path(file);
                let text = std::fs::read_to_string(&path).with_context(|| format!("read the rules {}", path.display()))?;
                Ok(toml_file::parse(&path.display().to_string(), &text)?)
            }
        }
    }

    /// The overriding letter templates, by file name.
    pub fn templates(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let mut templates = BTreeMap::new();
        let Some(folder) = &self.letters.templates else { return Ok(templates) };
        let folder = self.path(folder);
        for entry in std::fs::read_dir(&folder).with_context(|| format!("read the templates {}", folder.display()))? {
            let path = entry.context("read the templates")?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            templates.insert(name, std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?);
        }
        Ok(templates)
    }

    fn mistakes_of_the_console(&self, mistakes: &mut Vec<String>) {
        let reached = self.console.listen.parse::<std::net::SocketAddr>().is_ok_and(|address| !address.ip().is_loopback());
        match &self.console.password_file {
            None if reached => mistakes.push(String::from("console.listen: other machines reach this address, which needs console.password_file")),
            None => {}
            Some(file) => match secret(self, Some(file), None) {
                Ok(password) if password.len() < 8 => mistakes.push(String::from("console.password_file: fewer than eight characters")),
                Ok(_) => {}
                Err(error) => mistakes.push(format!("console.password_file: {error:#}")),
            },
        }
    }

    /// Every mistake that can be seen without touching the outside, each with the key it is about.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let wire = [
            ("mailbox", self.mailbox.kind == MailboxKind::Imap, &self.mailbox.host, self.mailbox.tls),
            ("outgoing", self.outgoing.kind == OutgoingKind::Smtp, &self.outgoing.host, self.outgoing.tls),
        ];
        for (section, used, host, tls) in wire {
            if used && host.is_empty() {
                mistakes.push(format!("{section}.host: missing"));
            }
            if used && tls == TlsMode::None && !is_loopback(host) {
                mistakes.push(format!("{section}.tls: \"none\" is refused unless the host is this machine"));
            }
        }
        if self.mailbox.kind == MailboxKind::Imap {
            if self.mailbox.user.is_empty() {
                mistakes.push(String::from("mailbox.user: missing"));
            }
            if self.mailbox.token_command.is_empty() {
                let (file, variable) = (self.mailbox.password_file.as_deref(), self.mailbox.password_env.as_deref());
                mistakes.extend(secret_mistake(self, "mailbox", file, variable));
            }
            if self.mailbox.mail_bytes_max == 0 || self.mailbox.mail_bytes_max > LITERAL_BYTES_LIMIT {
                mistakes.push(format!("mailbox.mail_bytes_max: must lie between 1 and {LITERAL_BYTES_LIMIT}"));
            }
        }
        if self.outgoing.kind == OutgoingKind::Smtp && !self.outgoing.user.is_empty() && self.outgoing.token_command.is_empty() {
            let (file, variable) = (self.outgoing.password_file.as_deref(), self.outgoing.password_env.as_deref());
            mistakes.extend(secret_mistake(self, "outgoing", file, variable));
        }
        if self.outgoing.sent_folder.is_some() && self.mailbox.kind != MailboxKind::Imap {
            mistakes.push(String::from("outgoing.sent_folder: needs a mailbox of kind \"imap\""));
        }
        if self.outgoing.bcc.as_ref().is_some_and(|address| !address.contains('@') || address.contains(['<', ' '])) {
            mistakes.push(String::from("outgoing.bcc: not a bare address"));
        }
        if chrono::NaiveTime::parse_from_str(&self.digest.at, "%H:%M").is_err() {
            mistakes.push(format!("digest.at: \"{}\" is not a time such as 07:30", self.digest.at));
        }
        if !self.console.listen.is_empty() && self.console.listen.parse::<std::net::SocketAddr>().is_err() {
            mistakes.push(format!("console.listen: \"{}\" is not an address such as 127.0.0.1:8025", self.console.listen));
        }
        self.mistakes_of_the_console(&mut mistakes);
        match self.rules() {
            Ok(rules) if !iban_is_valid(&rules.fee.iban) => {
                mistakes.push(String::from("rules: fee.iban is no valid IBAN (its check digits do not hold): it is the one that letters print"));
            }
            Ok(_) => {}
            Err(error) => match error.downcast::<toml_file::Mistakes>() {
                Ok(several) => mistakes.extend(several.0),
                Err(error) => mistakes.push(format!("rules.file: {error:#}")),
            },
        }
        mistakes
    }
}

/// A password from a file (systemd credentials) or the environment, never from the configuration itself.
pub fn secret(config: &Config, file: Option<&Path>, variable: Option<&str>) -> anyhow::Result<String> {
    match (file, variable) {
        (Some(file), _) => {
            let path = config.path(file);
            let text = std::fs::read_to_string(&path).with_context(|| format!("read the password file {}", path.display()))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, Some(variable)) => match std::env::var(variable) {
            Ok(secret) => Ok(secret),
            Err(std::env::VarError::NotPresent) => bail!("the environment variable {variable} is not set"),
            Err(std::env::VarError::NotUnicode(_)) => bail!("the environment variable {variable} is not text"),
        },
        (None, None) => bail!("neither a password file nor a variable is named"),
    }
}

/// What is wrong with a section's password, under the key that is to be mended.
fn secret_mistake(config: &Config, section: &str, file: Option<&Path>, variable: Option<&str>) -> Option<String> {
    let key = if file.is_none() && variable.is_some() { "password_env" } else { "password_file" };
    secret(config, file, variable).err().map(|error| format!("{section}.{key}: {error:#}"))
}

/// Whether a host name means this machine.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Parses a rules file.
pub fn parse_rules(text: &str) -> anyhow::Result<Rules> {
    Ok(toml_file::parse("rules", text)?)
}

/// The rules inside the binary.
pub fn default_rules() -> anyhow::Result<Rules> {
    parse_rules(DEFAULT_RULES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_parse() {
        let rules = default_rules().unwrap();
        assert_eq!(rules.juries.len(), 4);
        assert_eq!(rules.programmes.len(), 7);
    }

    #[test]
    fn plain_text_is_refused_unless_on_this_machine() {
        let config: Config = toml::from_str("[outgoing]\nkind = \"smtp\"\nhost = \"relay.example.org\"\ntls = \"none\"\n").unwrap();
        assert_eq!(config.mistakes(), ["outgoing.tls: \"none\" is refused unless the host is this machine"]);
    }
}
