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
use guichet::store::{journal, mails, settings};
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
    let open = || Office::open(OfficeOptions { config: config.clone(), data: data.to_owned(), clock: Clock::fixed(now()), rehearsal: false });
    // A program that another test starts in this very moment holds all our files, the lock among them, until it has begun.
    for _ in 0..100 {
        match open() {
            Err(error) if error.to_string().contains("another guichet is at work") => std::thread::sleep(std::time::Duration::from_millis(20)),
            opened => return opened.unwrap(),
        }
    }
    open().unwrap()
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
    queue_kind(office, key, "digest_daily", recipients);
}

fn queue_kind(office: &Office, key: &str, kind: &str, recipients: &[&str]) {
    let recipients: Vec<String> = recipients.iter().map(|to| (*to).to_owned()).collect();
    let message_id = format!("{key}@guichet.example");
    let message = format!("Message-ID: <{message_id}>\r\nSubject: {key}\r\n\r\nBonjour\r\n");
    let letter = NewLetter {
        letter_key: key,
        dossier_id: None,
        kind,
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

#[tokio::test]
async fn a_letter_in_doubt_is_settled_by_the_sent_folder_and_by_a_copy_that_was_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let dovecot = Dovecot::start();
    let receiver = SmtpReceiver::start(|line| (line == ".").then_some(Action::Close)).await;
    let office = open(folder.path(), |config| {
        watch(config, dovecot.port);
        leave_by(config, receiver.port);
        config.outgoing.sent_folder = Some("Sent".to_owned());
    });
    dovecot.deliver("ms", "other", b"Subject: another\r\n\r\n");
    for key in ["by-sent-folder", "by-copy", "by-nothing"] {
        queue(&office, key, &["a@example.org"]);
    }
    send::step(&office).await.unwrap();
    assert_eq!(["by-sent-folder", "by-copy", "by-nothing"].map(|key| letter(&office, key).state), ["in_doubt"; 3]);
    dovecot.deliver_into("ms", "Sent", "sent", b"Message-ID: <by-sent-folder@guichet.example>\r\nSubject: x\r\n\r\n");
    // Our blind copy was received and sorted before anybody asked: the mailbox need not hold it any more.
    office.store.write(|transaction| keep_processed(transaction, "by-copy@guichet.example")).unwrap();
    assert_eq!(send::settle_doubts(&office).await.unwrap(), 2);
    assert_eq!(["by-sent-folder", "by-copy", "by-nothing"].map(|key| letter(&office, key).state), ["sent", "sent", "in_doubt"]);
    // It is not sent again by itself, however long one waits.
    office.clock.advance_to(now() + TimeDelta::days(6));
    assert_eq!(send::step(&office).await.unwrap().n_sent, 0);
    assert_eq!((letter(&office, "by-nothing").state.as_str(), receiver.letters().len()), ("in_doubt", 3));
}

fn keep_processed(transaction: &rusqlite::Transaction<'_>, message_id: &str) -> anyhow::Result<()> {
    let mail = mails::NewMail {
        mailbox: "imap/INBOX",
        uid_validity: 1,
        uid: 1,
        sha256: "copy",
        size_bytes: 1,
        arrived_at: now(),
        in_doubt: false,
        backlog_before: None,
    };
    let mail_id = mails::record(transaction, &mail)?.unwrap();
    let processed = mails::ProcessedMail {
        message_id: Some(message_id),
        class: guichet::domain::mail::MailClass::Own,
        may_answer: false,
        subject: "copy",
        from_name: None,
        from_address: None,
        dossier_id: None,
        dossier_basis: None,
        facts_json: "{}",
        state: "processed",
    };
    mails::finish(transaction, mail_id, &processed)
}

#[tokio::test]
async fn one_address_gets_so_many_letters_a_day_and_the_others_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = SmtpReceiver::start(|_| None).await;
    let office = open(folder.path(), |config| leave_by(config, receiver.port));
    let n_max = office.rules.letters.per_address_and_day;
    for number in 0..n_max + 2 {
        queue_kind(&office, &format!("same-{number}"), "mail_unreadable", &["Zoe@example.org"]);
    }
    queue_kind(&office, "other", "mail_unreadable", &["other@example.org"]);
    let sent = send::step(&office).await.unwrap();
    assert_eq!((sent.n_sent, sent.n_put_off), (n_max as usize + 1, 2));
    // Letters to the school's own people are under the breaker of the hour alone.
    for number in 0..n_max + 2 {
        queue(&office, &format!("staff-{number}"), &["zoe@example.org"]);
    }
    assert_eq!(send::step(&office).await.unwrap().n_sent, n_max as usize + 2);
    office.clock.advance_to(now() + TimeDelta::hours(25));
    assert_eq!(send::step(&office).await.unwrap().n_sent, 2);
}

#[tokio::test]
async fn a_missing_folder_keeps_no_mail_away_and_junk_is_taken_with_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let dovecot = Dovecot::start();
    dovecot.deliver("ms", "honest", b"Message-ID: <1@a.example>\r\nSubject: honest\r\n\r\n");
    dovecot.deliver_into("ms", "Junk", "doubtful", b"Message-ID: <2@a.example>\r\nSubject: doubtful\r\n\r\n");
    dovecot.deliver_into("ms", "Sent", "answer", b"Message-ID: <3@a.example>\r\nSubject: answer\r\n\r\n");
    let office = open(folder.path(), |config| {
        watch(config, dovecot.port);
        config.mailbox.also = vec!["Nulle part".to_owned(), "Junk".to_owned()];
        config.mailbox.sent_folder = Some("Sent".to_owned());
    });
    office.clock.advance_to(Utc::now());
    assert_eq!(look(&office).await.unwrap().n_new, 3);
    let known: BTreeMap<String, bool> = rows(&office).into_iter().map(|mail| (mail.mailbox, mail.backlog)).collect();
    let expected = [("imap/INBOX", false), ("imap/Junk", true), ("sent/imap/Sent", false)].map(|(name, doubt)| (name.to_owned(), doubt));
    assert_eq!(known, BTreeMap::from(expected));
    let missing = office.store.read(|connection| settings::setting(connection, receive::MISSING_FOLDERS)).unwrap();
    assert_eq!(missing.as_deref(), Some("Nulle part"));
    assert_eq!(look(&office).await.unwrap(), receive::Received::default());
}

#[tokio::test]
async fn what_lies_in_the_sent_folder_since_long_is_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let dovecot = Dovecot::start();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for number in 0..5 {
        let path = dovecot.deliver_into("ms", "Sent", &format!("old-{number}"), format!("Subject: {number}\r\n\r\n").as_bytes());
        std::fs::File::options().append(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    let office = open(folder.path(), |config| {
        watch(config, dovecot.port);
        config.mailbox.sent_folder = Some("Sent".to_owned());
    });
    dovecot.deliver("ms", "honest", b"Subject: honest\r\n\r\n");
    office.clock.advance_to(Utc::now());
    assert_eq!(look(&office).await.unwrap().n_new, 1);
    dovecot.deliver_into("ms", "Sent", "fresh", b"Subject: fresh\r\n\r\n");
    assert_eq!(look(&office).await.unwrap().n_new, 1);
}

#[tokio::test]
async fn an_access_token_comes_from_its_command_at_each_connection() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeImap::start(BTreeMap::from([(1, b"Subject: 1\r\n\r\nx".to_vec())]), |tag, command| {
        (command.starts_with("AUTHENTICATE")).then(|| vec![Action::say("+ \r\n".to_owned())]).or_else(|| {
            // `user=ms^Aauth=Bearer token-1^A^A`
            (tag == "dXNlcj1tcwFhdXRoPUJlYXJlciB0b2tlbi0xAQE=").then(|| vec![Action::say("A0001 OK welcome\r\n".to_owned())])
        })
    })
    .await;
    let office = open(folder.path(), |config| {
        watch(config, server.port);
        config.mailbox.password_file = None;
        config.mailbox.token_command = ["sh", "-c", "echo token-1"].map(str::to_owned).to_vec();
    });
    assert_eq!(look(&office).await.unwrap().n_new, 1);
    assert!(server.commands.lock().unwrap().iter().any(|command| command == "AUTHENTICATE XOAUTH2"));
    drop(office);
    let broken = open(folder.path(), |config| {
        watch(config, server.port);
        config.mailbox.token_command = ["sh", "-c", "exit 1"].map(str::to_owned).to_vec();
    });
    let error = look(&broken).await.unwrap_err();
    assert!(format!("{error:#}").contains("token_command"), "{error:#}");
}

#[tokio::test]
async fn the_configuration_reaches_every_kind_of_protected_connection() {
    let folder = tempfile::tempdir().unwrap();
    let dovecot = Dovecot::start();
    dovecot.deliver("ms", "1", b"Subject: 1\r\n\r\n");
    let (mut n_data, data) = (0, folder.path().to_owned());
    for (tls, port) in [(TlsMode::Starttls, dovecot.port), (TlsMode::Implicit, dovecot.tls_port)] {
        for (ca_file, works) in [(Some(dovecot.ca.ca_file.clone()), true), (None, false)] {
            n_data += 1;
            let office = open(&data.join(n_data.to_string()), |config| {
                std::fs::create_dir_all(&config.base).unwrap();
                watch(config, port);
                config.mailbox.tls = tls;
                config.mailbox.ca_file = ca_file;
            });
            let looked = look(&office).await;
            assert_eq!(looked.is_ok(), works, "{tls:?} {looked:?}");
            let letters = SmtpReceiver::start_with(receive::tls(tls), Some(&dovecot.ca), |_| None).await;
            drop(office);
            let office = open(&data.join(n_data.to_string()), |config| {
                leave_by(config, letters.port);
                config.outgoing.tls = tls;
                config.outgoing.ca_file = works.then(|| dovecot.ca.ca_file.clone());
            });
            queue(&office, "protected", &["a@example.org"]);
            assert_eq!(send::step(&office).await.unwrap().n_sent, usize::from(works), "{tls:?}");
            assert_eq!(letters.letters().len(), usize::from(works));
        }
    }
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
        ocr_models: "".into(),
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
