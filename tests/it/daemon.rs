//! The daemon among real servers: a Dovecot that it watches, an SMTP receiver that it writes to, its console, its end.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{HeaderValue, Message, MessageParser};

use crate::servers::dovecot::Dovecot;
use crate::servers::free_port;
use crate::servers::smtp_receiver::{Arrived, SmtpReceiver};
use crate::world::{World, season_mail};

/// Long enough for two busy cores; nothing waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(90);

/// A daemon of a world, ended by its id whatever happens to the test.
struct Daemon<'a> {
    child: Child,
    world: &'a World,
}

impl<'a> Daemon<'a> {
    fn start(world: &'a World) -> Self {
        let log = fs::File::create(world.path("daemon.log")).unwrap();
        let child = world.command(&["run"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, world }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.world.path("daemon.log")).unwrap()
    }

    /// SIGTERM, then the end.
    fn stop(&mut self) -> ExitStatus {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "the daemon does not stop\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // Already ended in a test that went well.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Puts a mail into the INBOX as another mail program would (RFC 3501, APPEND), arrived at that instant.
fn append(dovecot: &Dovecot, mail: &[u8], arrived_at: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", dovecot.port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut said = String::new();
    let mut until = |stream: &mut TcpStream, wanted: &str| {
        let mut buffer = [0; 1024];
        while !said.contains(wanted) {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "Dovecot closed: {said}\n{}", dovecot.log());
            said.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        said.clear();
    };
    until(&mut stream, "* OK");
    stream.write_all(b"a LOGIN ms secret\r\n").unwrap();
    until(&mut stream, "a OK");
    stream.write_all(format!("b APPEND INBOX \"{arrived_at}\" {{{}}}\r\n", mail.len()).as_bytes()).unwrap();
    until(&mut stream, "+ ");
    stream.write_all(mail).unwrap();
    stream.write_all(b"\r\n").unwrap();
    until(&mut stream, "b OK");
    stream.write_all(b"c LOGOUT\r\n").unwrap();
}

/// Waits for that many letters, with the daemon's own words when they do not come.
async fn letters(receiver: &SmtpReceiver, wanted: usize, daemon: &mut Daemon<'_>) -> Vec<Arrived> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let letters = receiver.letters();
        if letters.len() >= wanted {
            return letters;
        }
        let ended = daemon.child.try_wait().unwrap();
        assert!(ended.is_none() && Instant::now() < deadline, "{} letters of {wanted}, {ended:?}\n{}", letters.len(), daemon.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn parse(letter: &Arrived) -> Message<'_> {
    MessageParser::default().parse(&letter.message).unwrap()
}

fn identifiers(value: &HeaderValue<'_>) -> Vec<String> {
    value.as_text_list().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// One page: the status and the body.
fn get(port: u16, host: &str, page: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("GET {page} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{page}: {answer}"));
    (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
}

fn world_between(dovecot: &Dovecot, receiver: &SmtpReceiver, console: u16) -> World {
    let world = World::with(&format!(
        "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nuser = \"ms\"\npassword_file = \"password\"\npoll_seconds = 3\n\
         [outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
        dovecot.port, receiver.port
    ));
    fs::write(world.path("password"), "secret\n").unwrap();
    world.configure(&format!("[console]\nlisten = \"127.0.0.1:{console}\"\n"));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_come_are_answered_and_the_daemon_stops_when_told() {
    let dovecot = Dovecot::start();
    let receiver = SmtpReceiver::start(|_| None).await;
    let console = free_port();
    let world = world_between(&dovecot, &receiver, console);
    let connected = world.run(&["check-config", "--connect"]);
    assert_eq!(connected.status, Some(0), "{}{}", connected.stdout, connected.stderr);

    // One mail lies there before the daemon starts, one comes while it waits, one is a reply of the first candidate.
    let application = season_mail("014-turkish-without-translation.eml");
    append(&dovecot, &application, "01-Feb-2024 08:00:00 +0100");
    append(&dovecot, &season_mail("005-question-only.eml"), "01-Feb-2024 08:30:00 +0100");
    let mut daemon = Daemon::start(&world);
    let first = letters(&receiver, 1, &mut daemon).await;
    assert_eq!(first[0].recipients, ["deniz.korkmaz@eposta.example"]);
    append(&dovecot, &season_mail("003-all-in-one-go.eml"), "01-Feb-2024 09:00:00 +0100");
    letters(&receiver, 2, &mut daemon).await;
    append(&dovecot, &season_mail("015-turkish-translation-follows.eml"), "01-Feb-2024 09:30:00 +0100");
    let all = letters(&receiver, 3, &mut daemon).await;

    // Threaded: each answer names the mail it answers.
    let original = MessageParser::default().parse(&application).unwrap().message_id().unwrap().to_owned();
    assert_eq!(identifiers(parse(&all[0]).in_reply_to()), std::slice::from_ref(&original));
    assert!(identifiers(parse(&all[0]).references()).contains(&original));
    let supplement = season_mail("015-turkish-translation-follows.eml");
    let supplement = MessageParser::default().parse(&supplement).unwrap().message_id().unwrap().to_owned();
    assert_eq!(identifiers(parse(&all[2]).in_reply_to()), [supplement]);
    for letter in &all {
        let header = |name: &str| parse(letter).header(name).is_some();
        assert!(header("Auto-Submitted") && header("Date") && header("Message-ID"), "a letter without what every letter carries");
    }

    another_daemon_is_refused(&world);
    the_console_answers(&world, console);
    let status = daemon.stop();
    assert_eq!(status.code(), Some(0), "{}", daemon.log());
    assert_eq!(receiver.letters().len(), 3, "more letters than there were mails to answer");
    world.verify();
    assert_eq!(world.see("mails").len(), 4);
    let log = daemon.log();
    for private in ["korkmaz", "Kerbrat", "courriel.example", "eposta"] {
        assert!(!log.contains(private), "the log names people: {log}");
    }
}

fn another_daemon_is_refused(world: &World) {
    for command in [&["run"][..], &["once"]] {
        let outcome = world.run(command);
        assert!(outcome.status.is_some_and(|status| status != 0), "{command:?}: {outcome:?}");
        assert!(outcome.stderr.contains("another guichet is at work"), "{}", outcome.stderr);
    }
    // Looking is allowed beside it.
    assert_eq!(world.see("dossiers").len(), 2);
}

fn the_console_answers(world: &World, port: u16) {
    let own = format!("127.0.0.1:{port}");
    let number = world.see("dossiers")[0]["number"].as_str().unwrap().to_owned();
    let pages = [
        ("/".to_owned(), "Aujourd"),
        ("/dossiers".to_owned(), number.as_str()),
        (format!("/dossiers/{number}"), "Korkmaz"),
        ("/virements".to_owned(), "Virements"),
        ("/lettres".to_owned(), "deniz.korkmaz@eposta.example"),
        ("/lettres/1".to_owned(), "deniz.korkmaz@eposta.example"),
    ];
    for (page, wanted) in pages {
        let (status, body) = get(port, &own, &page);
        assert_eq!(status, 200, "{page}");
        assert!(body.contains(wanted), "{page} does not say {wanted}: {body}");
    }
    assert_eq!(get(port, &own, "/dossiers/MS24-9999").0, 404);
    assert_eq!(get(port, &own, "/lettres/999").0, 404);
    assert_eq!(get(port, &own, "/nowhere").0, 404);
    // A page from elsewhere whose name was made to point here learns nothing.
    let (status, body) = get(port, "evil.example", "/dossiers");
    assert!((400..500).contains(&status) && !body.contains(&number), "{status} {body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_its_servers_waits_and_stops_when_told() {
    let dovecot = Dovecot::start();
    let receiver = SmtpReceiver::start(|_| None).await;
    let world = world_between(&dovecot, &receiver, free_port());
    let silent = format!("port = {}", dovecot.port);
    let text = fs::read_to_string(world.path("guichet.toml")).unwrap();
    fs::write(world.path("guichet.toml"), text.replace(&silent, &format!("port = {}", free_port()))).unwrap();
    let mut daemon = Daemon::start(&world);
    let deadline = Instant::now() + PATIENCE;
    while !daemon.log().contains("this round failed") {
        assert!(daemon.child.try_wait().unwrap().is_none() && Instant::now() < deadline, "{}", daemon.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(daemon.stop().code(), Some(0), "{}", daemon.log());
}

#[test]
fn a_dossier_that_came_before_the_deadline_is_in_time_though_nobody_was_there_for_three_days() {
    let dovecot = Dovecot::start();
    let world = World::with(&format!(
        "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nuser = \"ms\"\npassword_file = \"password\"\n\
         [outgoing]\nkind = \"maildir\"\npath = \"out\"\n",
        dovecot.port
    ));
    fs::write(world.path("password"), "secret\n").unwrap();
    let file = |name: &str| [(name.to_owned(), b"Curriculum vitae".to_vec())];
    let mail = |who: &str| {
        crate::world::mail(&format!("{who}@etu.example"), "Candidature", &format!("1@{who}.example"), "", "Mon dossier.", &file("CV.txt"))
    };
    append(&dovecot, &mail("in-time"), "06-Jun-2024 23:58:00 +0200");
    append(&dovecot, &mail("too-late"), "08-Jun-2024 00:01:00 +0200");
    world.run_at("2024-06-10T09:00:00+02:00", &["once"]).ends_with(0);
    let known = |world: &World| -> Vec<(String, String)> {
        let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        world.see("dossiers").iter().map(|dossier| (word(&dossier["candidate"]["addresses"][0]), word(&dossier["timeliness"]))).collect()
    };
    let expected = [("in-time@etu.example", "in_time"), ("too-late@etu.example", "late")].map(|(who, how)| (who.to_owned(), how.to_owned()));
    assert_eq!(known(&world), expected, "{:?}", world.see("dossiers"));
}
