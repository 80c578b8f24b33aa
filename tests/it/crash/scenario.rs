//! The season that is killed: its stretches, and the ground on which one of them is run.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use guichet::mailbox::arrival_of;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::{End, files_below};
use crate::servers::dovecot::Dovecot;
use crate::servers::smtp_receiver::SmtpReceiver;
use crate::steps::Page;
use crate::world::{Outcome, PROGRAM, project, season_mail};

/// What comes in, and what is then done, on one day.
pub struct Stretch {
    pub name: &'static str,
    pub now: &'static str,
    /// Whether the mails lie on the Dovecot; in a Maildir otherwise.
    pub by_imap: bool,
    pub mails: &'static [&'static str],
    pub statements: &'static [&'static str],
    pub commands: &'static [&'static [&'static str]],
}

const ONCE: &[&[&str]] = &[&["once"]];
const MAILS_BY_IMAP: &[&str] = &["001-degree-in-progress.eml", "003-all-in-one-go.eml", "005-question-only.eml"];
/// Their readings are not kept beforehand, so that keeping readings is among the steps.
const READ_ANEW: [&str; 2] = ["015-turkish-translation-follows.eml", "032-supplement-after-the-deadline.eml"];

const fn mails(name: &'static str, now: &'static str, mails: &'static [&'static str], statements: &'static [&'static str]) -> Stretch {
    Stretch { name, now, by_imap: false, mails, statements, commands: ONCE }
}

/// Days that begin before half past seven have no digest.
pub const SCENARIO: &[Stretch] = &[
    Stretch { by_imap: true, ..mails("by IMAP", "2023-11-20T06:00:00+01:00", MAILS_BY_IMAP, &[]) },
    mails("supplement", "2023-11-22T06:00:00+01:00", &["002-supplement-from-another-address.eml", "004-phone-pictures.eml"], &[]),
    mails(
        "statements",
        "2024-01-10T09:00:00+01:00",
        &["006-payment-proof-only.eml", "007-one-big-pdf.eml", "008-newsletter.eml"],
        &["releve-2023-10-06.camt053.xml", "releve-2023-10-20.sta", "releve-2023-12-08.cfonb.txt"],
    ),
    mails("arabic", "2024-01-18T06:00:00+01:00", &["009-arabic-with-translation.eml", "010-out-of-office.eml"], &[]),
    mails(
        "CSV",
        "2024-02-12T09:00:00+01:00",
        &["011-arabic-without-translation.eml", "012-bounce.eml"],
        &["releve-2023-11-24.csv", "releve-2024-01-26.camt053.xml"],
    ),
    mails(
        "february",
        "2024-03-01T06:00:00+01:00",
        &["013-russian-with-translation.eml", "014-turkish-without-translation.eml"],
        &["releve-2024-02-16.csv", "releve-2024-03-01.cfonb.txt"],
    ),
    mails("anew", "2024-03-06T06:00:00+01:00", &["015-turkish-translation-follows.eml", "016-password-in-the-mail.eml"], &[]),
    mails("batch", "2024-03-15T09:00:00+01:00", &["017-password-not-given.eml", "018-paid-short.eml"], &[]),
    Stretch {
        commands: &[
            &["correct", "MS24-0010", "--programme", "DIA", "--why", "on the telephone"],
            &["correct", "MS24-0009", "--requirement", "photo", "present", "--why", "seen on paper"],
            &["fee", "accept", "MS24-0011"],
            &["decisions", "import", "decisions.csv"],
            &["decisions", "send", "--approve"],
            &["once"],
        ],
        ..mails("actions", "2024-03-22T06:00:00+01:00", &[], &[])
    },
    mails(
        "MT940",
        "2024-04-12T06:00:00+02:00",
        &["019-link-instead-of-a-file.eml", "020-spam.eml", "021-form-of-another-season.eml"],
        &["releve-2024-03-08.sta", "releve-2024-03-22.camt053.xml"],
    ),
    mails("cut zip", "2024-04-14T06:00:00+02:00", &["022-truncated-zip.eml", "023-truncated-zip-sent-again.eml"], &[]),
    mails("family", "2024-04-26T06:00:00+02:00", &["024-two-parents-pay.eml", "025-same-family-name.eml", "026-question-of-a-candidate.eml"], &[]),
    mails("TNEF", "2024-05-15T06:00:00+02:00", &["027-master-1-and-experience.eml", "028-winmail-dat.eml"], &[]),
    mails(
        "late",
        "2024-06-12T09:00:00+02:00",
        &["029-decomposed-names.eml", "030-read-receipt.eml", "031-late.eml", "032-supplement-after-the-deadline.eml"],
        &["releve-2024-04-12.csv", "releve-2024-04-19.camt053.xml", "releve-2024-05-24.cfonb.txt"],
    ),
];

const DECISIONS: &str = "Dossier;Nom;Décision\nMS24-0001;Théo Vanhoutte;Admis sous réserve du diplôme\nMS24-0002;Maëlle Kerbrat;Admis\n\
     MS24-0004;Ioana Munteanu;Liste d'attente\n";

/// Puts the first mails onto the server.
pub fn fill(dovecot: &Dovecot) {
    for name in MAILS_BY_IMAP {
        let bytes = season_mail(name);
        let path = dovecot.deliver("ms", name, &bytes);
        arrive(&path, &bytes);
    }
}

fn arrive(path: &Path, bytes: &[u8]) {
    let arrived_at: SystemTime = arrival_of(bytes).unwrap().into();
    fs::File::options().write(true).open(path).unwrap().set_modified(arrived_at).unwrap();
}

/// A folder in which the program works, with a receiver of its own.
pub struct Ground {
    folder: PathBuf,
    shim: PathBuf,
    pub page: Page,
    pub receiver: SmtpReceiver,
    imap_port: u16,
}

impl Ground {
    pub fn new(folder: &Path, shim: &Path, receiver: SmtpReceiver, imap_port: u16) -> Self {
        fs::create_dir_all(folder).unwrap();
        let page = Page::new(&folder.with_extension("page"));
        Self { folder: folder.to_owned(), shim: shim.to_owned(), page, receiver, imap_port }
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.join(part)
    }

    /// An empty office with the secret of rehearsals, which the statements' references were drawn with, and with what most of the files say.
    pub fn begin_with_readings_kept(&self) {
        for part in ["in/new", "in/cur", "in/tmp", "statements"] {
            fs::create_dir_all(self.path(part)).unwrap();
        }
        let rules = fs::read_to_string(project().join("fixtures/rules/2024.toml")).unwrap();
        fs::write(self.path("rules.toml"), rules.replace("settling_minutes = 20", "settling_minutes = 0")).unwrap();
        fs::write(self.path("decisions.csv"), DECISIONS).unwrap();
        fs::write(self.path("password"), "secret\n").unwrap();
        let all = Stretch { mails: &[], ..SCENARIO[SCENARIO.len() - 1] };
        for name in SCENARIO.iter().flat_map(|stretch| stretch.mails).filter(|name| !READ_ANEW.contains(name)) {
            self.deliver(name);
        }
        self.page.arm(0, 0);
        let first = self.run(&all, &["once"]);
        assert_eq!(first.status, Some(0), "{first:?}");
        let database = Connection::open(self.path("data/guichet.sqlite")).unwrap();
        database.pragma_update(None, "foreign_keys", false).unwrap();
        for table in tables(&database).iter().filter(|table| *table != "raw_reading") {
            database.execute(&format!("DELETE FROM {table}"), []).unwrap();
        }
        database.execute("DELETE FROM sqlite_sequence", []).unwrap();
        database.execute("INSERT INTO setting (name, value) VALUES ('secret', 'rehearsal')", []).unwrap();
        drop(database);
        for part in ["data/blobs", "in/new", "digests", "batches"] {
            fs::remove_dir_all(self.path(part)).ok();
        }
        fs::create_dir_all(self.path("in/new")).unwrap();
        self.wait_for_receiver();
        self.receiver.letters.lock().unwrap().clear();
    }

    fn deliver(&self, name: &str) {
        let bytes = season_mail(name);
        let path = self.path("in/new").join(name);
        fs::write(&path, &bytes).unwrap();
        arrive(&path, &bytes);
    }

    /// What comes in on that day.
    pub fn prepare(&self, stretch: &Stretch) {
        let mailbox = if stretch.by_imap {
            let port = self.imap_port;
            format!("kind = \"imap\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nuser = \"ms\"\npassword_file = \"password\"")
        } else {
            stretch.mails.iter().for_each(|name| self.deliver(name));
            String::from("kind = \"maildir\"\npath = \"in\"")
        };
        for statement in stretch.statements {
            fs::copy(project().join("fixtures/season/statements").join(statement), self.path("statements").join(statement)).unwrap();
        }
        self.configure(&mailbox);
    }

    /// One worker, so that steps come in the same order each time.
    fn configure(&self, mailbox: &str) {
        let port = self.receiver.port;
        let text = format!(
            "[mailbox]\n{mailbox}\nfree_bytes_min = 0\n[outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             [rules]\nfile = \"rules.toml\"\n[reading]\nocr = \"off\"\nworkers = 1\n[statements]\nfolder = \"statements\"\n[data]\ndir = \"data\"\n\
             [digest]\nto = [\"assistante@example.org\"]\nfolder = \"digests\"\n[jury]\nto = [\"jury@example.org\"]\nfolder = \"batches\"\n\
             [console]\nlisten = \"\"\n"
        );
        fs::write(self.path("guichet.toml"), text).unwrap();
    }

    /// Runs one command to its end, whatever that is.
    pub fn run(&self, stretch: &Stretch, arguments: &[&str]) -> Outcome {
        if !self.path("guichet.toml").exists() {
            self.configure("kind = \"maildir\"\npath = \"in\"");
        }
        let output = Command::new(PROGRAM)
            .arg("--config")
            .arg(self.path("guichet.toml"))
            .args(["--now", stretch.now])
            .args(arguments)
            .current_dir(&self.folder)
            .env("LD_PRELOAD", &self.shim)
            .env("STEPS_PAGE", &self.page.path)
            .env("STEPS_FOLDER", &self.folder)
            .env_remove("GUICHET_LOG")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The receiver takes one connection after the other: when it greets us, it has done with whatever a killed program left.
    fn wait_for_receiver(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.receiver.port)).unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
    }

    /// What there is now. The letters are those since the last time this was asked.
    pub fn end(&self) -> End {
        self.wait_for_receiver();
        let letters = std::mem::take(&mut *self.receiver.letters.lock().unwrap());
        let database = Connection::open(self.path("data/guichet.sqlite")).unwrap();
        let mut in_doubt = Vec::new();
        let mut rows_of = std::collections::BTreeMap::new();
        for table in tables(&database) {
            let rows = rows(&database, &table, &mut in_doubt);
            rows_of.insert(table, rows);
        }
        drop(database);
        let mut files = std::collections::BTreeMap::new();
        for part in ["data", "digests", "batches", "statements"] {
            files_below(&self.path(part), part, &mut files);
        }
        files.retain(|name, _| !name.starts_with("data/guichet.sqlite"));
        End { database: rows_of, in_doubt, files, letters }
    }

    /// What `verify` finds beside the letters that are known to be in doubt.
    pub fn faults(&self, end: &End) -> Vec<String> {
        self.page.arm(0, 0);
        let outcome = self.run(&SCENARIO[0], &["verify", "--json"]);
        let summary = outcome.json().remove(0);
        let faults = summary["faults"].as_array().unwrap();
        let shown: Vec<&str> =
            faults.iter().filter(|fault| fault["fault"] == "letter_in_doubt").map(|fault| fault["about"].as_str().unwrap()).collect();
        let mut found = Vec::new();
        if shown != end.in_doubt {
            found.push(format!("letters {:?} are in doubt, and {shown:?} are shown", end.in_doubt));
        }
        found.extend(faults.iter().filter(|fault| fault["fault"] != "letter_in_doubt").map(|fault| format!("verify: {fault}")));
        found
    }

    pub fn copy_to(&self, to: &Path) {
        link_folder(&self.folder, to);
    }

    pub fn go_back_to(&self, before: &Path) {
        fs::remove_dir_all(&self.folder).unwrap();
        link_folder(before, &self.folder);
        // What an earlier run left at the receiver is not this one's.
        self.wait_for_receiver();
        self.receiver.letters.lock().unwrap().clear();
    }
}

/// Copies a folder; files that are only ever replaced whole are linked.
fn link_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link_folder(&entry.path(), &target);
        } else if entry.path().components().any(|part| part.as_os_str() == "blobs" || part.as_os_str() == "in") {
            fs::hard_link(entry.path(), target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn tables(database: &Connection) -> Vec<String> {
    let mut statement = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A table's rows as text, without the numbers that SQLite gives and without what tells of the interruption itself.
fn rows(database: &Connection, table: &str, in_doubt: &mut Vec<String>) -> Vec<String> {
    let mut statement = database.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    let mut texts = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let value = |name: &str| columns.iter().position(|column| column == name).map(|place| text_of(row.get_ref(place).unwrap()));
        if table == "journal" && ["letter_in_doubt", "letter_sent"].contains(&value("event").unwrap().as_str()) {
            continue;
        }
        let doubtful = table == "outbox" && value("state").unwrap() == "in_doubt";
        if doubtful {
            in_doubt.push(value("letter_key").unwrap());
        }
        let kept = |column: &&String| {
            !(["journal_id", "correction_id", "decision_id"].contains(&column.as_str())
                || table == "outbox" && ["state", "sent_at", "failure", "attempts"].contains(&column.as_str()))
        };
        let mut text: Vec<String> = columns.iter().filter(kept).map(|column| value(column).unwrap()).collect();
        if table == "outbox" {
            // It may have left: that is what the undisturbed run is asked about it.
            text.push(if doubtful { String::from("sent") } else { value("state").unwrap() });
        }
        texts.push(text.join(" | "));
    }
    // What a person did twice, because the first time was cut short, is there twice and says the same.
    if ["correction", "decision", "journal"].contains(&table) {
        texts.sort();
        texts.dedup();
    }
    texts
}

fn text_of(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::from("-"),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => guichet::blobs::sha256_hex(bytes),
    }
}
