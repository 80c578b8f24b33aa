//! How fast mail becomes durable, and how fast it is worked through, beside `mbsync` downloading the same into a Maildir.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use guichet::clock::Clock;
use guichet::config::{Config, MailboxKind, OcrChoice, TlsMode};
use guichet::tasks::{Office, OfficeOptions, receive, supervisor};

use crate::Measure;
use crate::big_day::fill;
use crate::mails::application;
use crate::servers::dovecot::Dovecot;

const N_MAILS: usize = 24;
const MAIL_BYTES: usize = 5_000_000;
/// Each contender has so many turns; the median counts.
const ROUNDS: usize = 3;

/// An office that reads a user's INBOX, answers at once, and puts its letters into a folder.
pub fn office(data: &Path, user: &str, port: u16) -> Office {
    let password = data.join("password");
    fs::create_dir_all(data).unwrap();
    fs::write(&password, "secret\n").unwrap();
    let mut config = Config { base: data.to_owned(), ..Config::default() };
    config.mailbox.kind = MailboxKind::Imap;
    config.mailbox.host = "127.0.0.1".to_owned();
    config.mailbox.port = port;
    config.mailbox.tls = TlsMode::None;
    config.mailbox.user = user.to_owned();
    config.mailbox.password_file = Some(password);
    config.reading.ocr = OcrChoice::Off;
    Office::open(OfficeOptions { config, data: data.to_owned(), clock: Clock::System, rehearsal: false }).unwrap()
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// What was written before is not this contender's to wait for.
fn settle_disk() {
    assert!(Command::new("sync").status().unwrap().success());
}

/// Everything fetched and durable on disk.
fn receive_all(folder: &Path, port: u16) -> Duration {
    let office = office(&folder.join("data"), "ms", port);
    let begun = Instant::now();
    let received = runtime().block_on(receive::step(&office)).unwrap();
    let took = begun.elapsed();
    assert_eq!(received.n_new, N_MAILS);
    took
}

/// The same, then opened, read, understood, planned, answered.
fn receive_and_work_all(folder: &Path, port: u16) -> Duration {
    let office = office(&folder.join("data"), "ms", port);
    let begun = Instant::now();
    runtime().block_on(supervisor::once(&office)).unwrap();
    let took = begun.elapsed();
    let (mails, dossiers, letters) = office
        .store
        .read(|connection| {
            let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
            Ok((count("mail WHERE state = 'processed'")?, count("dossier")?, count("outbox")?))
        })
        .unwrap();
    assert_eq!((mails, dossiers), (N_MAILS as i64, N_MAILS as i64));
    assert!(letters >= N_MAILS as i64 / 2, "{letters}");
    took
}

/// mbsync with its default of flushing every mail.
fn mbsync(folder: &Path, port: u16) -> Duration {
    let configuration = folder.join("mbsyncrc");
    let text = format!(
        "IMAPAccount bench\nHost 127.0.0.1\nPort {port}\nUser ms\nPass secret\nSSLType None\n\nIMAPStore far\nAccount bench\n\n\
         MaildirStore near\nPath {0}/mail/\nInbox {0}/mail/INBOX\n\nChannel bench\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n",
        folder.display()
    );
    fs::write(&configuration, text).unwrap();
    fs::create_dir_all(folder.join("mail")).unwrap();
    let begun = Instant::now();
    let output = Command::new("mbsync")
        .args(["-q", "-c"])
        .arg(&configuration)
        .arg("bench")
        .stdin(Stdio::null())
        .env("HOME", folder)
        .output()
        .expect("mbsync is needed: apt-get install isync");
    let took = begun.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(folder.join("mail/INBOX/new")).unwrap().count(), N_MAILS);
    took
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

pub fn receive_and_work() -> Vec<Measure> {
    let dovecot = Dovecot::start();
    fill(&dovecot, "ms", (0..N_MAILS).map(|number| application(number, MAIL_BYTES)));
    let contenders: [fn(&Path, u16) -> Duration; 3] = [receive_all, mbsync, receive_and_work_all];
    let mut times: [Vec<Duration>; 3] = Default::default();
    // The first turn, which warms the server's cache, does not count.
    for round in 0..=ROUNDS {
        for (contender, times) in contenders.iter().zip(&mut times) {
            let folder = tempfile::tempdir().unwrap();
            settle_disk();
            let took = contender(folder.path(), dovecot.port);
            if round > 0 {
                times.push(took);
            }
        }
    }
    let megabytes = (N_MAILS * MAIL_BYTES) as f64 / 1e6;
    let [received, synced, worked] = times.map(median);
    println!(
        "  receive {received:.2} s ({:.0} MB/s), mbsync {synced:.2} s ({:.0} MB/s), all but OCR {worked:.2} s",
        megabytes / received,
        megabytes / synced
    );
    vec![
        Measure { what: "receive, 200 mails of 5 MB, durable ÷ mbsync".to_owned(), value: received / synced, at_most: 0.8, unit: "×" },
        Measure { what: "everything but OCR ÷ mbsync".to_owned(), value: worked / synced, at_most: 2.0, unit: "×" },
    ]
}
