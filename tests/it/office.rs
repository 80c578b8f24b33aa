//! The tasks that receive and send, against a real database: every mail has a row, the cursor passes nothing, a letter is never said to
//! have left when it has not, and what cannot be had is shown.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use guichet::clock::Clock;
use guichet::config::{Config, MailboxKind, OutgoingKind, TlsMode};
use guichet::mailbox::{ImapMailbox, deliver_maildir};
use guichet::sandbox::{OcrMode, Sandbox, SandboxOptions};
use guichet::store::outbox::{self, NewLetter};
use guichet::store::{journal, mails};
use guichet::tasks::receive::{NoRoom, from_all_folders, from_maildir};
use guichet::tasks::{Office, OfficeOptions, receive, send};

use crate::servers::Action;
use crate::servers::dovecot::Dovecot;
use crate::servers::fake_imap::FakeImap;
use crate::servers::smtp_receiver::SmtpReceiver;

fn now() -> DateTime<Utc> {
    "2024-03-01T08:00:00Z".parse().unwrap()
}

fn open(data: &Path, change: impl FnOnce(&mut Config)) -> Office {
    let mut config = Config { base: data.to_owned(), ..Config::default() };
    config.mailbox.free_bytes_min = 0;
    change(&mut config);
    Office::open(OfficeOptions { config, data: data.to_owned(), clock: Clock::fixed(now()), rehearsal: false }).unwrap()
}

fn watch(config: &mut Config, port: u16) {
    let password = config.base.join("password");
    std::fs::write(&password, "secret\n").unwrap();
    config.mailbox.kind = MailboxKind::Imap;
    config.mailbox.host = "127.0.0.1".to_owned();
    config.mailbox.port = port;
    config.mailbox.tls = TlsMode::None;
    config.mailbox.user = "ms".to_owned();
    config.mailbox.password_file = Some(password);
}

fn rows(office: &Office) -> Vec<mails::MailRow> {
    office.store.read(mails::all).unwrap()
}

fn states(office: &Office) -> BTreeMap<u32, String> {
    rows(office).into_iter().map(|mail| (mail.uid, mail.state)).collect()
}

async fn look(office: &Office) -> anyhow::Result<receive::Received> {
    let mut mailbox = ImapMailbox::connect(receive::imap_settings(office, &office.config.mailbox.folder).await?).await?;
    from_all_folders(office, &mut mailbox).await
}

#[tokio::test]
async fn a_mail_that_cannot_be_had_is_a_row_and_the_others_come() {
    let folder = tempfile::tempdir().unwrap();
    let mails: BTreeMap<u32, Vec<u8>> = (1..=5).map(|uid| (uid, format!("Subject: {uid}\r\n\r\nx").into_bytes())).collect();
    let server = FakeImap::start(mails, |_, command| {
        let asks_for_the_third = command.starts_with("UID FETCH") && command.contains("BODY.PEEK[]") && {
            let set = command.split(' ').nth(2).unwrap_or_default();
            set.split(',').any(|range| match range.split_once(':') {
                Some((first, last)) => (first.parse().unwrap()..=last.parse().unwrap()).contains(&3_u32),
                None => range == "3",
            })
        };
        asks_for_the_third.then(|| vec![Action::Close])
    })
    .await;
    let office = open(folder.path(), |config| watch(config, server.port));
    let received = look(&office).await.unwrap();
    assert_eq!((received.n_new, received.n_left_out), (4, 1));
    assert_eq!(states(&office).into_values().filter(|state| state == "received").count(), 4);
    let left_out = rows(&office).into_iter().find(|mail| mail.uid == 3).unwrap();
    assert_eq!(left_out.state, "left_out");
    assert!(left_out.subject.contains("INBOX") && left_out.sha256.is_empty() && !left_out.may_answer, "{left_out:?}");
    assert_eq!(office.store.read(|connection| mails::cursor(connection, "imap/INBOX")).unwrap(), Some((7, 5)));
    assert_eq!(look(&office).await.unwrap(), receive::Received::default());
}

#[tokio::test]
async fn another_uidvalidity_answers_nothing_twice_and_a_full_disk_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mails: BTreeMap<u32, Vec<u8>> = (1..=3).map(|uid| (uid, format!("Subject: {uid}\r\n\r\nx").into_bytes())).collect();
    let server = FakeImap::start(mails.clone(), |_, _| None).await;
    let full = open(folder.path(), |config| {
        watch(config, server.port);
        config.mailbox.free_bytes_min = u64::MAX;
    });
    assert!(look(&full).await.unwrap_err().is::<NoRoom>());
    assert!(rows(&full).is_empty());
    drop(full);
    let office = open(folder.path(), |config| watch(config, server.port));
    assert_eq!(look(&office).await.unwrap().n_new, 3);
    drop((office, server));
    let moved = FakeImap::start(mails, |tag, command| {
        let answer = format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 8] here\r\n{tag} OK done\r\n");
        command.starts_with("EXAMINE").then(|| vec![Action::say(answer)])
    })
    .await;
    let office = open(folder.path(), |config| watch(config, moved.port));
    look(&office).await.unwrap();
    let states: Vec<_> = rows(&office).into_iter().map(|mail| mail.state).collect();
    assert_eq!(states, ["received", "received", "received", "duplicate", "duplicate", "duplicate"]);
}

#[test]
fn a_maildir_mail_is_seen_once_wherever_its_reader_moves_it() {
    let folder = tempfile::tempdir().unwrap();
    let maildir = folder.path().join("Maildir");
    let office = open(&folder.path().join("data"), |config| config.mailbox.mail_bytes_max = 1_000);
    let first = deliver_maildir(&maildir, "1.first", b"Subject: 1\r\n\r\n").unwrap();
    deliver_maildir(&maildir, "2.large", &[b'x'; 2_000]).unwrap();
    let received = from_maildir(&office, &maildir).unwrap();
    assert_eq!((received.n_new, received.n_left_out), (1, 1));
    std::fs::rename(&first, maildir.join("cur/1.first:2,S")).unwrap();
    let third = deliver_maildir(&maildir, "3.third", b"Subject: 3\r\n\r\n").unwrap();
    assert_eq!(from_maildir(&office, &maildir).unwrap(), receive::Received { n_new: 1, n_left_out: 0 });
    std::fs::remove_file(third).unwrap();
    assert_eq!(from_maildir(&office, &maildir).unwrap(), receive::Received::default());
    // What could not be had before is taken when it can be.
    deliver_maildir(&maildir, "2.large", b"Subject: 2\r\n\r\n").unwrap();
    assert_eq!(from_maildir(&office, &maildir).unwrap().n_new, 1);
    let states: Vec<_> = states(&office).into_iter().collect();
    assert_eq!(states.len(), 3);
    assert!(states.iter().all(|(_, state)| state == "received"), "{states:?}");
}

fn queue(office: &Office, key: &str, recipients: &[&str]) {
    let recipients: Vec<String> = recipients.iter().map(|to| (*to).to_owned()).collect();
    let message_id = format!("{key}@guichet.example");
    let message = format!("Message-ID: <{message_id}>\r\nSubject: {key}\r\n\r\nBonjour\r\n");
    let letter = NewLetter {
        letter_key: key,
        dossier_id: None,
        kind: "digest_daily",
        language: "fr",
        held: false,
        recipients: &recipients,
        in_reply_to: None,
        message_id: &message_id,
        subject: key,
        message: message.as_bytes(),
        says_json: None,
        queued_at: now(),
    };
    assert!(office.store.write(|transaction| outbox::queue(transaction, &letter)).unwrap());
}

fn letter(office: &Office, key: &str) -> outbox::LetterRow {
    office.store.read(|connection| outbox::by_key(connection, key)).unwrap().unwrap()
}

fn leave_by(config: &mut Config, port: u16) {
    config.outgoing.kind = OutgoingKind::Smtp;
    config.outgoing.host = "127.0.0.1".to_owned();
    config.outgoing.port = port;
    config.outgoing.tls = TlsMode::None;
}

#[tokio::test]
async fn a_round_is_one_conversation_and_a_refused_recipient_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut refusals = 1;
    let receiver = SmtpReceiver::start(move |line| {
        if line.contains("gone@") {
            return Some(Action::say("550 5.1.1 unknown\r\n"));
        }
        if line.contains("full@") && refusals > 0 {
            refusals -= 1;
            return Some(Action::say("452 4.2.2 full\r\n"));
        }
        None
    })
    .await;
    let office = open(folder.path(), |config| leave_by(config, receiver.port));
    queue(&office, "one", &["a@example.org"]);
    queue(&office, "several", &["a@example.org", "gone@example.org", "full@example.org"]);
    queue(&office, "three", &["b@example.org"]);
    let sent = send::step(&office).await.unwrap();
    assert_eq!((sent.n_sent, sent.n_put_off, sent.n_failed), (2, 1, 0));
    assert_eq!(*receiver.connections.lock().unwrap(), 1);
    let several = letter(&office, "several");
    assert_eq!((several.state.as_str(), several.recipients_left.as_slice()), ("queued", ["full@example.org".to_owned()].as_slice()));
    office.clock.advance_to(now() + TimeDelta::minutes(10));
    assert_eq!(send::step(&office).await.unwrap().n_sent, 1);
    assert_eq!(letter(&office, "several").state, "sent");
    let to: Vec<_> = receiver.letters().into_iter().map(|letter| letter.recipients.len()).collect();
    assert_eq!(to, [1, 1, 1, 1]);
    assert_eq!(receiver.letters()[3].recipients.len(), 1);
}

#[tokio::test]
async fn too_many_letters_wait_without_counting_as_attempts_and_the_switch_stops_all() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = SmtpReceiver::start(|_| None).await;
    let paused = open(folder.path(), |config| {
        leave_by(config, receiver.port);
        config.outgoing.paused = true;
    });
    let n_letters = paused.rules.letters.per_hour + 2;
    for number in 0..n_letters {
        queue(&paused, &format!("letter-{number:03}"), &["a@example.org"]);
    }
    assert_eq!(send::step(&paused).await.unwrap(), send::Sent::default());
    drop(paused);
    let office = open(folder.path(), |config| leave_by(config, receiver.port));
    let sent = send::step(&office).await.unwrap();
    assert_eq!((sent.n_sent, sent.n_put_off), (n_letters as usize - 2, 2));
    let waiting = letter(&office, &format!("letter-{:03}", n_letters - 1));
    assert_eq!((waiting.state.as_str(), waiting.attempts, waiting.failure.as_deref()), ("queued", 0, Some("capped")));
    office.clock.advance_to(now() + TimeDelta::hours(2));
    assert_eq!(send::step(&office).await.unwrap().n_sent, 2);
}

#[tokio::test]
async fn a_letter_in_doubt_is_settled_by_its_copy_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dovecot = Dovecot::start();
    let receiver = SmtpReceiver::start(|line| (line == ".").then_some(Action::Close)).await;
    let office = open(folder.path(), |config| {
        watch(config, dovecot.port);
        leave_by(config, receiver.port);
    });
    queue(&office, "doubtful", &["a@example.org"]);
    send::step(&office).await.unwrap();
    assert_eq!(letter(&office, "doubtful").state, "in_doubt");
    assert_eq!(send::settle_doubts(&office).await.unwrap(), 0);
    dovecot.deliver("ms", "copy", b"Message-ID: <doubtful@guichet.example>\r\nSubject: x\r\n\r\n");
    assert_eq!(send::settle_doubts(&office).await.unwrap(), 1);
    assert_eq!(letter(&office, "doubtful").state, "sent");
}

#[tokio::test]
async fn what_left_is_put_where_the_assistant_looks() {
    let folder = tempfile::tempdir().unwrap();
    let dovecot = Dovecot::start();
    let receiver = SmtpReceiver::start(|_| None).await;
    let office = open(folder.path(), |config| {
        watch(config, dovecot.port);
        leave_by(config, receiver.port);
        config.outgoing.sent_folder = Some("INBOX".to_owned());
    });
    queue(&office, "filed", &["a@example.org"]);
    assert_eq!(send::step(&office).await.unwrap().n_sent, 1);
    let mut mailbox = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    assert_eq!(mailbox.examine("INBOX").await.unwrap().exists, 1);
    assert!(mailbox.holds_message("filed@guichet.example").await.unwrap());
    // A Sent folder that is not there delays nothing.
    drop(office);
    let office = open(folder.path(), |config| {
        watch(config, dovecot.port);
        leave_by(config, receiver.port);
        config.outgoing.sent_folder = Some("Nulle part/là".to_owned());
    });
    queue(&office, "not-filed", &["a@example.org"]);
    assert_eq!(send::step(&office).await.unwrap().n_sent, 1);
    assert_eq!(letter(&office, "not-filed").state, "sent");
    office.store.write(|transaction| journal::append(transaction, now(), journal::PROGRAM, None, "test", "ends")).unwrap();
}

/// A RAR 4 archive of one stored file (no compression), as the format's technical note describes it.
fn stored_rar(name: &str, contents: &[u8]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    };
    let header = |body: Vec<u8>| {
        let mut header = (crc(&body) as u16).to_le_bytes().to_vec();
        header.extend(body);
        header
    };
    let size = u32::try_from(contents.len()).unwrap().to_le_bytes();
    let mut archive = b"Rar!\x1a\x07\x00".to_vec();
    archive.extend(header([&[0x73, 0, 0, 13, 0][..], &[0; 6]].concat()));
    let header_size = u16::try_from(32 + name.len()).unwrap().to_le_bytes();
    let name_size = u16::try_from(name.len()).unwrap().to_le_bytes();
    let file = [
        &[0x74, 0, 0x80][..],
        &header_size,
        &size,
        &size,
        &[3],
        &crc(contents).to_le_bytes(),
        &[0, 0, 0x21, 0x58],
        &[20, 0x30],
        &name_size,
        &0o100_644_u32.to_le_bytes(),
        name.as_bytes(),
    ];
    archive.extend(header(file.concat()));
    archive.extend(contents);
    archive.extend(b"\xc4\x3d\x7b\x00\x40\x07\x00");
    archive
}

#[test]
fn a_rar_is_opened_by_the_program_that_the_system_has() {
    let options = SandboxOptions {
        workers: 1,
        ocr: OcrMode::Off,
        program: env!("CARGO_BIN_EXE_guichet").into(),
        seconds_max: 30,
        memory_bytes_max: 1 << 30,
        unpack_limits: Config::default().archives,
    };
    let sandbox = Sandbox::start(options).unwrap();
    let mut found = Vec::new();
    let unpacked = sandbox.unpack(&stored_rar("diplome.pdf", b"%PDF-1.4 dossier"), "dossier.rar", &[], &mut |entry| {
        found.push((entry.name, entry.contents));
    });
    assert!(unpacked.findings.is_empty(), "{unpacked:?} (bsdtar or unar is needed: tests/run installs it)");
    assert_eq!(found, [("diplome.pdf".to_owned(), b"%PDF-1.4 dossier".to_vec())]);
}
