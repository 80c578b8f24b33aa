//! A day on which thousands of mails come: questions, applications in small archives, lists, reports of non-delivery, absences, copies.
//! Everything is accounted for, only people are answered, and the memory does not grow with the number.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::servers::dovecot::Dovecot;
use crate::servers::smtp_receiver::SmtpReceiver;
use crate::world::{World, mail};

/// A daemon of a world, ended by its id whatever happens.
pub struct Daemon {
    child: Child,
    log: PathBuf,
    pub begun: Instant,
}

impl Daemon {
    pub fn start(world: &World) -> Self {
        Self::start_with(world, |_| {})
    }

    pub fn start_with(world: &World, change: impl FnOnce(&mut Command)) -> Self {
        let log = world.path("daemon.log");
        let mut command = world.command(&["run"]);
        command.stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
        change(&mut command);
        Self { child: command.spawn().unwrap(), log, begun: Instant::now() }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The most memory it has had so far, in MiB (VmHWM of proc(5)). Its workers are processes of their own.
    pub fn peak_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Asks until the answer is yes.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, patience: Duration, mut done: impl FnMut() -> bool) {
        let deadline = Instant::now() + patience;
        while !done() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "{what} never came, {ended:?}\n{}", tail(&self.log()));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGTERM, then the end.
    pub fn stop(&mut self) -> ExitStatus {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < Duration::from_secs(60), "the daemon does not stop\n{}", tail(&self.log()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already ended when all went well.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// How many rows there are, asked beside the daemon; none while there is no database.
pub fn count(world: &World, of: &str) -> usize {
    let Ok(database) = Connection::open_with_flags(world.path("data/guichet.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY) else { return 0 };
    let count: i64 = database.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get(0)).unwrap_or_default();
    usize::try_from(count).unwrap()
}

/// Between a Dovecot (or whatever speaks IMAP on that port) and a receiver of letters, with no cap on the letters of an hour.
pub fn world_between(imap_port: u16, smtp_port: u16) -> World {
    let world = World::with(&format!(
        "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {imap_port}\ntls = \"none\"\nuser = \"ms\"\npassword_file = \"password\"\n\
         [outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {smtp_port}\ntls = \"none\"\n"
    ));
    fs::write(world.path("password"), "secret\n").unwrap();
    let rules = fs::read_to_string(world.path("rules.toml")).unwrap();
    let busy = rules.replace("per_hour = 60", "per_hour = 100000");
    assert_ne!(busy, rules, "the rules name their breaker otherwise");
    fs::write(world.path("rules.toml"), busy).unwrap();
    world
}

/// Puts mails into a user's INBOX, a second after each other from seven in the morning of the worlds' day.
pub fn fill(dovecot: &Dovecot, user: &str, mails: impl Iterator<Item = Vec<u8>>) {
    let first: SystemTime = chrono::DateTime::parse_from_rfc3339("2024-02-01T07:00:00+01:00").unwrap().into();
    for (number, bytes) in mails.enumerate() {
        let name = format!("{number:06}.mail");
        let path = if number == 0 {
            dovecot.deliver(user, &name, &bytes)
        } else {
            let path = dovecot.maildir(user).join("new").join(name);
            fs::write(&path, &bytes).unwrap();
            path
        };
        set_arrival(&path, first + Duration::from_secs(number as u64));
    }
}

pub fn set_arrival(path: &Path, at: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

/// A mail of such a day.
fn mail_of_the_day(number: usize) -> Vec<u8> {
    let id = format!("day-{number}@courriel.example");
    let person = format!("Personne <personne-{number}@courriel.example>");
    match number % 10 {
        0..=4 => {
            let text = format!("Bonjour,\r\n\r\nQuand se réunit le jury ? Ma question est la {number}e.\r\n\r\nMerci.\r\n");
            mail(&person, "Question sur le calendrier", &id, "", &text, &[])
        }
        5 => {
            let headers = "List-Id: <formations.liste.example>\r\nPrecedence: list\r\n";
            mail("Liste <liste@liste.example>", &format!("La lettre {number}"), &id, headers, "Bonjour à tous.\r\n", &[])
        }
        6 => bounce(number),
        7 => {
            let headers = "Auto-Submitted: auto-replied\r\n";
            mail(&person, "Absence du bureau", &id, headers, "Je suis absent.\r\n", &[])
        }
        8 => application(number),
        // The mail before it once more, as a rule of somebody's mailbox copies it.
        _ => application(number - 1),
    }
}

fn bounce(number: usize) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@relais.example\r\nTo: masteres.specialises@imt-nord-europe.fr\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Message-ID: <bounce-{number}@relais.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=\"=-b\"\r\n\r\n--=-b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n--=-b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relais.example\r\n\r\nFinal-Recipient: rfc822; nobody-{number}@courriel.example\r\n\
         Action: failed\r\nStatus: 5.1.1\r\n\r\n--=-b--\r\n"
    )
    .into_bytes()
}

fn application(number: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("cv.txt", zip::write::SimpleFileOptions::default()).unwrap();
    write!(archive, "Curriculum vitae\n\nPersonne numéro {number}\n\nFormation\n2020 licence\n\nExpérience professionnelle\n2022 stage\n").unwrap();
    let archive = archive.finish().unwrap().into_inner();
    let person = format!("Personne <personne-{number}@courriel.example>");
    mail(&person, "Candidature", &format!("day-{number}@courriel.example"), "", "Voici mon dossier.\r\n", &[("dossier.zip".to_owned(), archive)])
}

/// What such a day cost.
pub struct Day {
    pub received: Duration,
    pub done: Duration,
    pub peak_mib: f64,
}

/// So many mails lie there when the daemon starts; it works until nothing is left to do. Panics when anything is not accounted for.
pub fn day(n_mails: usize, patience: Duration) -> Day {
    let dovecot = Dovecot::start();
    fill(&dovecot, "ms", (0..n_mails).map(mail_of_the_day));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let receiver = runtime.block_on(SmtpReceiver::start(|_| None));
    let world = world_between(dovecot.port, receiver.port);
    let mut daemon = Daemon::start(&world);
    daemon.wait_until("every mail", patience, || count(&world, "mail") == n_mails);
    let received = daemon.begun.elapsed();
    let n_applications = n_mails / 10;
    let settled = || {
        count(&world, "mail WHERE state = 'received'") == 0
            && count(&world, "outbox WHERE state = 'sent'") >= n_applications
            && count(&world, "outbox WHERE state IN ('queued', 'sending')") == 0
            && count(&world, "dossier WHERE dirty = 1") == 0
    };
    daemon.wait_until("the end of the work", patience, settled);
    let done = daemon.begun.elapsed();
    let peak_mib = daemon.peak_mib();
    assert_eq!(daemon.stop().code(), Some(0), "{}", daemon.log());
    world.verify();
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for mail in world.see("mails") {
        *classes.entry(format!("{} {}", mail["state"].as_str().unwrap(), mail["class"].as_str().unwrap_or("-"))).or_default() += 1;
    }
    assert_eq!(classes.get("duplicate -"), Some(&n_applications), "{classes:?}");
    assert_eq!(classes.get("processed bounce"), Some(&n_applications), "{classes:?}");
    assert_eq!(count(&world, "dossier"), n_applications, "{classes:?}");
    let letters = receiver.letters();
    let mut answered: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in &letters {
        *answered.entry(letter.recipients[0].as_str()).or_default() += 1;
    }
    assert_eq!(letters.len(), count(&world, "outbox WHERE state = 'sent'"));
    assert!(answered.values().all(|n_letters| *n_letters == 1), "somebody was answered twice");
    assert!(answered.keys().all(|address| address.starts_with("personne-")), "a machine was answered");
    Day { received, done, peak_mib }
}

/// The most memory that the daemon may have on such a day, whatever the number of mails.
pub const DAY_PEAK_MIB: f64 = 200.0;
