//! A small world for one test: the real program, its configuration, a Maildir that it reads, a Maildir that it writes. Nothing of it outlives
//! the test, and no test leaves its world with a mail that was taken in and never processed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use mail_parser::{MessageParser, MimeHeaders};
use serde_json::Value;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_guichet");

/// The instant at which most worlds stand still: a winter morning of the season.
pub const NOW: &str = "2024-02-01T10:00:00+01:00";

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A mail of the committed season.
pub fn season_mail(file: &str) -> Vec<u8> {
    fs::read(project().join("fixtures/season/mails").join(file)).unwrap()
}

/// The attachments of a mail: name and contents.
pub fn attachments(mail: &[u8]) -> Vec<(String, Vec<u8>)> {
    let parsed = MessageParser::default().parse(mail).unwrap();
    parsed.attachments().map(|part| (part.attachment_name().unwrap_or_default().to_owned(), part.contents().to_vec())).collect()
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// Missing when a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    #[track_caller]
    pub fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs the program to its end.
pub fn guichet(arguments: &[&str]) -> Outcome {
    let output = Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap();
    Outcome {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub struct World {
    pub folder: tempfile::TempDir,
    checks_at_end: bool,
}

impl World {
    /// Reads `in/`, writes `out/`, knows no OCR engine, answers at once, has no console.
    pub fn new() -> Self {
        Self::with("[mailbox]\nkind = \"maildir\"\npath = \"in\"\n[outgoing]\nkind = \"maildir\"\npath = \"out\"\n")
    }

    /// With these sections for mailbox and outgoing mail instead.
    pub fn with(wire: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("guichet-world").tempdir().unwrap();
        let world = Self { folder, checks_at_end: true };
        for part in ["in/new", "in/cur", "in/tmp", "statements"] {
            fs::create_dir_all(world.path(part)).unwrap();
        }
        let rules = fs::read_to_string(project().join("fixtures/rules/2024.toml")).unwrap();
        let hasty = rules.replace("settling_minutes = 20", "settling_minutes = 0");
        assert_ne!(hasty, rules, "the rules name their settling time otherwise");
        fs::write(world.path("rules.toml"), hasty).unwrap();
        let text = format!(
            "{wire}[rules]\nfile = \"rules.toml\"\n[reading]\nocr = \"off\"\n[statements]\nfolder = \"statements\"\n[data]\ndir = \"data\"\n[digest]\nfolder = \"digests\"\n[jury]\nfolder = \"batches\"\n"
        );
        fs::write(world.path("guichet.toml"), text).unwrap();
        world.configure("[console]\nlisten = \"\"\n");
        world
    }

    /// For worlds that are broken on purpose.
    pub fn without_check_at_end(mut self) -> Self {
        self.checks_at_end = false;
        self
    }

    pub fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// Adds a section to the configuration, in the place of one with the same heading.
    pub fn configure(&self, section: &str) {
        let file = self.path("guichet.toml");
        let text = fs::read_to_string(&file).unwrap();
        let heading = section.lines().next().unwrap();
        let kept: String = match text.split_once(heading) {
            Some((before, after)) => format!("{before}{}", after.find("\n[").map_or("", |end| &after[end + 1..])),
            None => text,
        };
        fs::write(file, kept + section).unwrap();
    }

    /// Puts a mail into the Maildir, arrived at this instant (RFC 3339).
    pub fn deliver(&self, name: &str, bytes: &[u8], arrived_at: &str) {
        self.deliver_into("in", name, bytes, arrived_at);
    }

    /// Puts a mail into a folder of the Maildir: `in/.Sent`.
    pub fn deliver_into(&self, maildir: &str, name: &str, bytes: &[u8], arrived_at: &str) {
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(self.path(maildir).join(part)).unwrap();
        }
        let path = self.path(maildir).join("new").join(name);
        fs::write(&path, bytes).unwrap();
        let arrived_at: SystemTime = chrono::DateTime::parse_from_rfc3339(arrived_at).unwrap().into();
        fs::File::options().write(true).open(path).unwrap().set_modified(arrived_at).unwrap();
    }

    /// The command with this world's configuration and clock.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_at(NOW, arguments)
    }

    /// The command at another instant (RFC 3339).
    pub fn command_at(&self, now: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("guichet.toml")).args(["--now", now]).args(arguments).stdin(Stdio::null()).env_remove("GUICHET_LOG");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_at(NOW, arguments)
    }

    pub fn run_at(&self, now: &str, arguments: &[&str]) -> Outcome {
        let output = self.command_at(now, arguments).output().unwrap();
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What a command that looks says, as JSON.
    #[track_caller]
    pub fn see(&self, command: &str) -> Vec<Value> {
        self.run(&[command, "--json"]).ends_with(0).json()
    }

    /// The letters that left through the Maildir, sorted by their bytes.
    pub fn letters_out(&self) -> Vec<Vec<u8>> {
        files_in(&self.path("out/new"))
    }

    /// Every mail processed, every blob whole, no letter in doubt.
    #[track_caller]
    pub fn verify(&self) {
        let outcome = self.run(&["verify", "--json"]);
        assert_eq!(outcome.status, Some(0), "verify: {}{}", outcome.stdout, outcome.stderr);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.checks_at_end && !std::thread::panicking() && self.path("data/guichet.sqlite").exists() {
            self.verify();
        }
    }
}

/// The contents of a folder's files, sorted.
pub fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    files.sort();
    files
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A mail as a common client writes it; `headers` are further lines, each with its end.
pub fn mail(from: &str, subject: &str, message_id: &str, headers: &str, text: &str, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut mail = format!(
        "From: {from}\r\nTo: masteres.specialises@imt-nord-europe.fr\r\nSubject: {subject}\r\nDate: Thu, 1 Feb 2024 09:00:00 +0100\r\n\
         Message-ID: <{message_id}>\r\n{headers}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=-part\"\r\n\r\n\
         --=-part\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
    .into_bytes();
    for (name, contents) in files {
        mail.extend(
            format!(
                "--=-part\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n"
            )
            .bytes(),
        );
        base64_lines(contents, &mut mail);
    }
    mail.extend(b"--=-part--\r\n");
    mail
}

/// RFC 2045, lines of 76.
fn base64_lines(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
            for place in 0..4 {
                let letter = ALPHABET[(word >> (18 - 6 * place)) as usize & 63];
                out.push(if place > group.len() { b'=' } else { letter });
            }
        }
        out.extend(b"\r\n");
    }
}

/// The committed season, rehearsed once for all tests of this run that only look at it.
pub fn rehearsed_season() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("season");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        rehearse_season(&folder).ends_with(0);
        copy_folder(&folder.join("data"), &folder.join("untouched"));
        folder
    })
}

/// The season's data for a test that changes them. They come from a copy that nobody ever opens: SQLite makes and removes files beside a
/// database that is looked at.
pub fn copy_season_data(to: &Path) {
    copy_folder(&rehearsed_season().join("untouched"), to);
}

pub fn rehearse_season(into: &Path) -> Outcome {
    let path = |part: &str| project().join("fixtures").join(part).to_str().unwrap().to_owned();
    guichet(&[
        "rehearse",
        "--mails",
        &path("season/mails"),
        "--statements",
        &path("season/statements"),
        "--rules",
        &path("rules/2024.toml"),
        "--into",
        into.to_str().unwrap(),
    ])
}
