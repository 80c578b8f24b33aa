//! Sending: each way in which a relay can say yes, no, later, or nothing, and what is known of the letter afterwards.

use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use guichet::smtp::{Phase, RefusedRecipient, Reply, Secret, SendError, SmtpSession, SmtpSettings, Tls, Transport, send};

use crate::servers::smtp_receiver::SmtpReceiver;
use crate::servers::throwaway_ca::ThrowawayCa;
use crate::servers::{Action, free_port};

const FROM: &str = "ms@school.example";
const LETTER: &[u8] = b"From: ms@school.example\r\nSubject: =?utf-8?q?Re=C3=A7u?=\r\n\r\nBonjour\r\n.\r\n..deux points\r\n";

fn to(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

/// What the caller learns, and how many letters the relay has, when the relay errs at lines that begin with `at`.
#[track_caller]
fn check(at: &'static str, action: Action, expected: Result<(), SendError>, letters: usize) -> impl std::future::Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let trouble = action.clone();
        let receiver = SmtpReceiver::start(move |line| line.starts_with(at).then(|| trouble.clone())).await;
        let begun = Instant::now();
        let sent = send(&Transport::Smtp(receiver.settings()), FROM, &to(&["leila@candidate.example"]), LETTER).await;
        assert_eq!(sent.map(|_| ()), expected, "{at} {action:?} at {caller}");
        assert_eq!(receiver.letters().len(), letters, "{at} {action:?} at {caller}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{at} {action:?} hung");
    }
}

fn transient(phase: Phase, code: u16) -> Result<(), SendError> {
    Err(SendError::Transient { phase, reply: Some(Reply { code, enhanced_status: None }) })
}

fn lost(phase: Phase) -> Result<(), SendError> {
    Err(SendError::Transient { phase, reply: None })
}

#[tokio::test]
async fn a_letter_arrives_byte_for_byte() {
    let receiver = SmtpReceiver::start(|_| None).await;
    let mut long = LETTER.to_vec();
    while long.len() < 700_000 {
        long.extend(b".a line that begins with a dot\r\n");
    }
    for letter in [LETTER, &long, b"", b"no line end"] {
        assert!(send(&Transport::Smtp(receiver.settings()), FROM, &to(&["leila@candidate.example"]), letter).await.unwrap().refused.is_empty());
        let arrived = receiver.letters().pop().unwrap();
        let whole = if letter.ends_with(b"\r\n") { letter.to_vec() } else { [letter, b"\r\n"].concat() };
        assert!(arrived.message == whole, "{} bytes became {}", whole.len(), arrived.message.len());
        assert_eq!((arrived.from.as_str(), arrived.recipients), (FROM, to(&["leila@candidate.example"])));
    }
}

#[tokio::test]
async fn a_refusal_is_told_apart_from_a_delay() {
    check("RCPT", Action::say("450 busy\r\n"), transient(Phase::RcptTo, 450), 0).await;
    let gone = Reply { code: 550, enhanced_status: Some((5, 1, 1)) };
    let for_good = |phase, reply| Err(SendError::Permanent { phase, reply: Some(reply) });
    check("RCPT", Action::say("550 5.1.1 <leila@candidate.example> unknown\r\n"), for_good(Phase::RcptTo, gone), 0).await;
    check("MAIL", Action::say("451 later\r\n"), transient(Phase::MailFrom, 451), 0).await;
    check("DATA", Action::say("452 no space\r\n"), transient(Phase::Data, 452), 0).await;
    check(".", Action::say("451 greylisted\r\n"), transient(Phase::FinalDot, 451), 0).await;
    let content = Reply { code: 554, enhanced_status: Some((5, 6, 0)) };
    check(".", Action::say("554-5.6.0 no\r\n554 5.6.0 really no\r\n"), for_good(Phase::FinalDot, content), 0).await;
}

#[tokio::test]
async fn troubles_of_the_connection_are_never_the_letters_fault() {
    check("greeting", Action::say("554 go away\r\n"), transient(Phase::Connect, 554), 0).await;
    check("EHLO", Action::say("550 who are you\r\n"), transient(Phase::Connect, 550), 0).await;
    check("greeting", Action::Stall, lost(Phase::Connect), 0).await;
    for (word, phase) in [("MAIL", Phase::MailFrom), ("RCPT", Phase::RcptTo), ("DATA", Phase::Data)] {
        check(word, Action::Close, lost(phase), 0).await;
        check(word, Action::Stall, lost(phase), 0).await;
        check(word, Action::say("hello there\r\n"), lost(phase), 0).await;
    }
    check("DATA", Action::say("250 what data\r\n"), lost(Phase::Data), 0).await;
    let nobody = SmtpSettings::new("127.0.0.1", free_port(), Tls::None);
    let sent = send(&Transport::Smtp(nobody), FROM, &to(&["a@b.example"]), LETTER).await;
    assert_eq!(sent.map(|_| ()), lost(Phase::Connect));
}

#[tokio::test]
async fn after_the_final_dot_a_silence_is_uncertain() {
    let uncertain = || Err(SendError::Uncertain);
    check(".", Action::Close, uncertain(), 1).await;
    check(".", Action::Stall, uncertain(), 1).await;
    check(".", Action::say("2"), uncertain(), 1).await;
    check(".", Action::say("250-first line\r\n"), uncertain(), 1).await;
    check(".", Action::say("354 more\r\n"), uncertain(), 0).await;
}

#[tokio::test]
async fn a_close_after_quit_changes_nothing() {
    check("QUIT", Action::Close, Ok(()), 1).await;
    check("QUIT", Action::say("500 no\r\n"), Ok(()), 1).await;
}

#[tokio::test]
async fn a_relay_that_stops_reading_before_the_dot_does_not_have_the_letter() {
    // Reads nothing after 354: the socket fills up long before the end of 64 MB.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let relay = tokio::spawn(async move {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 here\r\n").await.unwrap();
        for answer in ["250 hello\r\n", "250 fine\r\n", "250 fine\r\n", "354 go on\r\n"] {
            stream.read_line(&mut String::new()).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    let short = Duration::from_millis(300);
    let mut settings = SmtpSettings::new("127.0.0.1", port, Tls::None);
    settings.timeouts.data_block = short;
    let letter = b"a line of a long letter\r\n".repeat(64 * 1024 * 1024 / 25);
    let sent = send(&Transport::Smtp(settings), FROM, &to(&["a@b.example"]), &letter).await;
    assert_eq!(sent.map(|_| ()), lost(Phase::Message));
    relay.abort();
}

#[tokio::test]
async fn one_refused_recipient_does_not_take_the_letter_from_the_others() {
    let receiver = SmtpReceiver::start(|line| line.contains("gone@").then(|| Action::say("550 5.1.1 unknown\r\n"))).await;
    let recipients = to(&["leila@candidate.example", "gone@candidate.example", "not an address"]);
    let receipt = send(&Transport::Smtp(receiver.settings()), FROM, &recipients, LETTER).await.unwrap();
    let reply = Some(Reply { code: 550, enhanced_status: Some((5, 1, 1)) });
    assert_eq!(receipt.refused, [RefusedRecipient { index: 1, reply, permanent: true }, RefusedRecipient { index: 2, reply: None, permanent: true }]);
    assert_eq!(receiver.letters()[0].recipients, to(&["leila@candidate.example"]));
}

#[tokio::test]
async fn one_conversation_carries_many_letters_and_goes_on_after_a_refusal() {
    let receiver = SmtpReceiver::start(|line| line.contains("gone@").then(|| Action::say("550 unknown\r\n"))).await;
    let mut session = SmtpSession::open(&receiver.settings()).await.unwrap();
    for name in ["a", "gone", "b", "c"] {
        let sent = session.send(FROM, &to(&[&format!("{name}@candidate.example")]), LETTER).await;
        assert_eq!(sent.is_err(), name == "gone");
        assert!(!session.is_broken());
    }
    session.quit().await;
    assert_eq!((receiver.letters().len(), *receiver.connections.lock().unwrap()), (3, 1));
}

#[tokio::test]
async fn a_broken_conversation_sends_nothing_more() {
    let receiver = SmtpReceiver::start(|line| (line == ".").then_some(Action::Close)).await;
    let mut session = SmtpSession::open(&receiver.settings()).await.unwrap();
    let recipients = to(&["a@b.example"]);
    assert_eq!(session.send(FROM, &recipients, LETTER).await.map(|_| ()), Err(SendError::Uncertain));
    assert!(session.is_broken());
    assert_eq!(session.send(FROM, &recipients, LETTER).await.map(|_| ()), lost(Phase::Connect));
    assert_eq!(receiver.letters().len(), 1);
}

#[tokio::test]
async fn tls_and_authentication_work_and_are_demanded() {
    let dir = tempfile::tempdir().unwrap();
    let ca = ThrowawayCa::make(dir.path());
    for tls in [Tls::Implicit, Tls::StartTls] {
        for secret in [Secret::Password("secret".to_owned()), Secret::OAuthToken("token".to_owned())] {
            let receiver = SmtpReceiver::start_with(tls, Some(&ca), |_| None).await;
            let settings = SmtpSettings { credentials: Some(("ms".to_owned(), secret)), ..receiver.settings() };
            assert!(send(&Transport::Smtp(settings.clone()), FROM, &to(&["a@b.example"]), LETTER).await.unwrap().refused.is_empty());
            let stranger = SmtpSettings { ca_file: None, ..settings };
            assert!(matches!(send(&Transport::Smtp(stranger), FROM, &to(&["a@b.example"]), LETTER).await, Err(SendError::Transient { .. })));
            assert_eq!(receiver.letters().len(), 1, "{tls:?}");
        }
    }
    let receiver = SmtpReceiver::start(|line| line.starts_with("AUTH").then(|| Action::say("535 5.7.8 no\r\n"))).await;
    let settings = SmtpSettings { credentials: Some(("ms".to_owned(), Secret::Password("wrong".to_owned()))), ..receiver.settings() };
    let reply = Some(Reply { code: 535, enhanced_status: Some((5, 7, 8)) });
    let sent = send(&Transport::Smtp(settings), FROM, &to(&["a@b.example"]), LETTER).await;
    assert_eq!(sent.map(|_| ()), Err(SendError::Transient { phase: Phase::Authentication, reply }));
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_clear_text() {
    let silent = |line: &str| line.starts_with("EHLO").then(|| Action::say("250 no extensions\r\n"));
    let injecting = |line: &str| (line == "STARTTLS").then(|| Action::say("220 ready\r\n250 AUTH PLAIN\r\n"));
    for script in [silent as fn(&str) -> Option<Action>, injecting] {
        let receiver = SmtpReceiver::start_with(Tls::StartTls, None, script).await;
        let settings = SmtpSettings { credentials: Some(("ms".to_owned(), Secret::Password("secret".to_owned()))), ..receiver.settings() };
        let sent = send(&Transport::Smtp(settings), FROM, &to(&["a@b.example"]), LETTER).await;
        assert_eq!(sent.map(|_| ()), lost(Phase::StartTls));
        assert!(receiver.letters().is_empty());
    }
}

/// Postfix's own test receiver: a second opinion on the dialogue.
#[tokio::test]
async fn the_sink_of_postfix_takes_letters() {
    let program = "/usr/sbin/smtp-sink";
    assert!(std::path::Path::new(program).exists(), "smtp-sink is needed (postfix): tests/run installs it");
    let port = free_port();
    let mut sink = Command::new(program);
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        sink.args(["-u", "nobody"]);
    }
    let _sink = Running(sink.args(["-c", &format!("127.0.0.1:{port}"), "10"]).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "smtp-sink did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut session = SmtpSession::open(&SmtpSettings::new("127.0.0.1", port, Tls::None)).await.unwrap();
    for _ in 0..20 {
        assert!(session.send(FROM, &to(&["a@b.example"]), LETTER).await.unwrap().refused.is_empty());
    }
    session.quit().await;
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
