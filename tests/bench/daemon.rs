//! The daemon as it is installed: how much memory it has at most, how soon it answers, how it bears a busy day and a first start.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Measure;
use crate::big_day::{self, DAY_PEAK_MIB, Daemon, count, fill, world_between};
use crate::mails::{address, application};
use crate::servers::dovecot::Dovecot;
use crate::servers::fake_imap::FakeImap;
use crate::servers::smtp_receiver::SmtpReceiver;
use crate::throughput::runtime;
use crate::world::mail;

const PATIENCE: Duration = Duration::from_secs(1_800);

/// Peaks of the daemon's own process when all mails are rows, and when all work is done.
fn peaks(mails: Vec<Vec<u8>>) -> (f64, f64) {
    let n_mails = mails.len();
    let dovecot = Dovecot::start();
    fill(&dovecot, "ms", mails.into_iter());
    let runtime = runtime();
    let receiver = runtime.block_on(SmtpReceiver::start(|_| None));
    let world = world_between(dovecot.port, receiver.port);
    let mut daemon = Daemon::start(&world);
    daemon.wait_until("every mail", PATIENCE, || count(&world, "mail") == n_mails);
    let receiving = daemon.peak_mib();
    println!("  {n_mails} mails received after {:.1} s: {receiving:.0} MiB", daemon.begun.elapsed().as_secs_f64());
    let idle = || count(&world, "mail WHERE state = 'received'") == 0 && count(&world, "dossier WHERE dirty = 1") == 0;
    daemon.wait_until("the end of the work", PATIENCE, idle);
    let working = daemon.peak_mib();
    assert_eq!(daemon.stop().code(), Some(0));
    (receiving, working)
}

pub fn memory() -> Vec<Measure> {
    let (many, many_worked) = peaks((0..200).map(|number| application(number, 5_000_000)).collect());
    let (large, large_worked) = peaks(vec![application(1, 90_000_000)]);
    println!("  with the work that follows: {many_worked:.0} and {large_worked:.0} MiB");
    vec![
        Measure { what: "resident while receiving 200 mails of 5 MB".to_owned(), value: many, at_most: 120.0, unit: "MiB" },
        Measure { what: "resident while receiving one mail of 90 MB".to_owned(), value: large, at_most: 320.0, unit: "MiB" },
    ]
}

/// From the server's OK to the APPEND (it tells those that IDLE in the same moment) until the receiver has the whole letter.
pub fn latency() -> Vec<Measure> {
    const N_APPLICATIONS: usize = 7;
    let dovecot = Dovecot::start();
    let runtime = runtime();
    let receiver = runtime.block_on(SmtpReceiver::start(|_| None));
    let world = world_between(dovecot.port, receiver.port);
    let mut daemon = Daemon::start(&world);
    let mut times = Vec::new();
    for number in 0..N_APPLICATIONS {
        append(&dovecot, &application(number, 150_000));
        let begun = Instant::now();
        daemon.wait_until("the letter", Duration::from_secs(60), || receiver.letters().len() > number);
        times.push(begun.elapsed().as_secs_f64());
        // The daemon goes back to listening.
        std::thread::sleep(Duration::from_millis(700));
    }
    println!("  {times:.2?}");
    assert_eq!(daemon.stop().code(), Some(0));
    // The first one starts the readers.
    let worst = times.iter().skip(1).copied().fold(0.0, f64::max);
    vec![
        Measure { what: "arrival of a born-digital dossier → letter at the relay, first".to_owned(), value: times[0], at_most: 5.0, unit: "s" },
        Measure { what: "arrival of a born-digital dossier → letter at the relay, worst".to_owned(), value: worst, at_most: 2.0, unit: "s" },
    ]
}

fn append(dovecot: &Dovecot, mail: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", dovecot.port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let until = |stream: &mut TcpStream, wanted: &str| {
        let mut said = String::new();
        let mut buffer = [0; 4096];
        while !said.contains(wanted) {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "Dovecot closed: {said}");
            said.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    };
    until(&mut stream, "* OK");
    stream.write_all(b"a LOGIN ms secret\r\n").unwrap();
    until(&mut stream, "a OK");
    stream.write_all(format!("b APPEND INBOX \"01-Feb-2024 09:00:00 +0100\" {{{}}}\r\n", mail.len()).as_bytes()).unwrap();
    until(&mut stream, "+ ");
    stream.write_all(mail).unwrap();
    stream.write_all(b"\r\n").unwrap();
    until(&mut stream, "b OK");
}

pub fn day() -> Vec<Measure> {
    let small = big_day::day(500, PATIENCE);
    let large = big_day::day(5_000, PATIENCE);
    let show =
        |day: &big_day::Day| format!("received {:.1} s, done {:.1} s, {:.0} MiB", day.received.as_secs_f64(), day.done.as_secs_f64(), day.peak_mib);
    println!("  500 mails: {}; 5,000 mails: {}", show(&small), show(&large));
    vec![
        Measure { what: "a day of 5,000 mails: resident".to_owned(), value: large.peak_mib, at_most: DAY_PEAK_MIB, unit: "MiB" },
        Measure {
            what: "a day of 5,000 mails ÷ a day of 500: resident".to_owned(), value: large.peak_mib / small.peak_mib, at_most: 1.5, unit: "×"
        },
    ]
}

/// A first start on a mailbox that is years old: all its mails are recorded, and none is answered.
fn first_start(n_mails: u32) -> (f64, Duration) {
    let old = |uid: u32| {
        let text = format!("Bonjour,\r\n\r\nUne vieille question, la {uid}e.\r\n");
        mail(&format!("Ancien <{}>", address(uid as usize)), "Question", &format!("old-{uid}@courriel.example"), "", &text, &[])
    };
    let mails: BTreeMap<u32, Vec<u8>> = (1..=n_mails).map(|uid| (uid, old(uid))).collect();
    let runtime = runtime();
    // The server's mails arrived in June 2024.
    let server = runtime.block_on(FakeImap::start(mails, |_, _| None));
    let receiver = runtime.block_on(SmtpReceiver::start(|_| None));
    let world = world_between(server.port, receiver.port);
    let text = std::fs::read_to_string(world.path("guichet.toml")).unwrap();
    let text =
        text.replace("poll_seconds", "# poll_seconds").replace("user = \"ms\"", "user = \"ms\"\nbacklog_before = \"2024-07-01T00:00:00+02:00\"");
    std::fs::write(world.path("guichet.toml"), text).unwrap();
    let mut daemon = Daemon::start(&world);
    daemon.wait_until("every mail", PATIENCE, || count(&world, "mail") == n_mails as usize);
    let received = daemon.begun.elapsed();
    daemon.wait_until("the end of the work", PATIENCE, || count(&world, "mail WHERE state = 'received'") == 0);
    println!("  {n_mails} old mails: recorded after {:.1} s, done after {:.1} s", received.as_secs_f64(), daemon.begun.elapsed().as_secs_f64());
    let peak = daemon.peak_mib();
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(count(&world, "mail WHERE backlog = 1"), n_mails as usize);
    assert!(receiver.letters().is_empty(), "an old mail was answered");
    (peak, received)
}

pub fn old_mails() -> Vec<Measure> {
    let (few, _) = first_start(100);
    let (many, _) = first_start(100_000);
    vec![
        Measure { what: "first start with 100,000 old mails: resident".to_owned(), value: many, at_most: DAY_PEAK_MIB, unit: "MiB" },
        Measure { what: "the same ÷ a first start with 100".to_owned(), value: many / few, at_most: 2.0, unit: "×" },
    ]
}
