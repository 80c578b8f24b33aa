//! Receiving: a real Dovecot for what servers do, a scripted server for what they do on bad days. The question is always the same:
//! was every mail given exactly as it is, or owed by name, and did it end within its time?

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use guichet::mailbox::{Fate, FetchReport, FetchedMail, IdleOutcome, ImapMailbox, ImapSettings, MailboxError, Secret, Tls};
use tokio_util::sync::CancellationToken;

use crate::servers::Action;
use crate::servers::dovecot::Dovecot;
use crate::servers::fake_imap::{FakeImap, fetch_response, honest_answer};

fn mail(subject: &str, size_bytes: usize) -> Vec<u8> {
    let mut mail = format!("Received: from a by b; Thu, 6 Jun 2024 23:59:59 +0200\r\nSubject: {subject}\r\n\r\n").into_bytes();
    while mail.len() < size_bytes {
        mail.extend_from_slice(b"Bonjour, voici mon dossier. ) {12} \r\n");
    }
    mail
}

async fn fetch_all(mailbox: &mut ImapMailbox, uids: &[u32]) -> (Result<FetchReport, MailboxError>, BTreeMap<u32, FetchedMail>) {
    let mut received = BTreeMap::new();
    let report = mailbox
        .fetch_batch(uids, &mut |mail| {
            assert!(received.insert(mail.uid, mail).is_none(), "the same mail twice");
            Ok(())
        })
        .await;
    (report, received)
}

#[tokio::test]
async fn dovecot_gives_every_mail_byte_for_byte_and_is_left_as_it_was() {
    let dovecot = Dovecot::start();
    let sizes = [0, 10, 5_000, 300_000, 2_000_000, 9_000];
    for (index, size) in sizes.iter().enumerate() {
        dovecot.deliver("ms", &format!("{index}.mail"), &mail(&format!("Dossier {index}"), *size));
    }
    dovecot.deliver("ms", "empty.mail", b"");
    let listing =
        |folder: &str| std::fs::read_dir(dovecot.maildir("ms").join(folder)).unwrap().map(|e| e.unwrap().file_name()).collect::<BTreeSet<_>>();

    let settings = ImapSettings { batch_bytes_max: 1_000_000, ..dovecot.settings("ms") };
    let mut mailbox = ImapMailbox::connect(settings).await.unwrap_or_else(|error| panic!("{error}\n{}", dovecot.log()));
    let state = mailbox.examine("INBOX").await.unwrap();
    assert_eq!(state.exists, 7);
    let uids = mailbox.uids_after(0).await.unwrap();
    assert_eq!(uids.len(), 7);
    let (report, received) = fetch_all(&mut mailbox, &uids).await;
    let report = report.unwrap();
    assert_eq!(report.received, uids.iter().copied().collect());
    assert!(report.vanished.is_empty() && report.too_large.is_empty() && report.still_owed().is_empty());
    let mut expected: Vec<_> = sizes.iter().enumerate().map(|(index, size)| mail(&format!("Dossier {index}"), *size)).collect();
    expected.push(Vec::new());
    let mut found: Vec<_> = received.into_values().map(|mail| mail.bytes).collect();
    expected.sort();
    found.sort();
    assert!(found == expected, "bytes differ");

    assert_eq!(mailbox.uids_after(*uids.last().unwrap()).await.unwrap(), Vec::<u32>::new());
    assert!(mailbox.uids_after(u32::MAX).await.unwrap().is_empty());
    mailbox.logout().await;
    let seen = |name: &std::ffi::OsString| name.to_string_lossy().split(",S=").next().unwrap_or_default().contains(":2,S");
    assert!(!listing("cur").iter().any(seen) && listing("new").len() + listing("cur").len() == 7, "the mailbox was changed");
}

#[tokio::test]
async fn arrival_is_what_the_server_says() {
    let dovecot = Dovecot::start();
    let path = dovecot.deliver("ms", "a", &mail("x", 100));
    let at = std::time::UNIX_EPOCH + Duration::from_secs(1_717_711_199);
    std::fs::File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
    let mut mailbox = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let (_, received) = fetch_all(&mut mailbox, &[1]).await;
    assert_eq!(received[&1].arrived_at.timestamp(), 1_717_711_199);
}

#[tokio::test]
async fn tls_is_checked_against_the_private_ca_and_nothing_else_will_do() {
    let dovecot = Dovecot::start();
    dovecot.deliver("ms", "a", &mail("x", 100_000));
    let plain = dovecot.settings("ms");
    for (tls, port) in [(Tls::Implicit, dovecot.tls_port), (Tls::StartTls, dovecot.port)] {
        let settings = ImapSettings { tls, port, ..plain.clone() };
        let mut mailbox = ImapMailbox::connect(settings.clone()).await.unwrap_or_else(|error| panic!("{tls:?}: {error}\n{}", dovecot.log()));
        mailbox.examine("INBOX").await.unwrap();
        let (_, received) = fetch_all(&mut mailbox, &[1]).await;
        assert_eq!(received[&1].bytes, mail("x", 100_000));
        mailbox.logout().await;

        let stranger = ImapSettings { ca_file: None, ..settings.clone() };
        assert!(matches!(ImapMailbox::connect(stranger).await, Err(MailboxError::TlsFailed(_))), "{tls:?} without the CA");
        let no_file = ImapSettings { ca_file: Some("/nowhere/ca.pem".into()), ..settings };
        assert!(matches!(ImapMailbox::connect(no_file).await, Err(MailboxError::TlsFailed(_))), "{tls:?} with no CA file");
    }
}

#[tokio::test]
async fn each_trouble_has_its_own_name() {
    let dovecot = Dovecot::start();
    let wrong = ImapSettings { secret: Secret::Password("wrong".to_owned()), ..dovecot.settings("ms") };
    assert!(matches!(ImapMailbox::connect(wrong).await, Err(MailboxError::AuthenticationRefused)));
    let accented = ImapSettings { secret: Secret::Password("pâssé".to_owned()), ..dovecot.settings("ms") };
    assert!(matches!(ImapMailbox::connect(accented).await, Err(MailboxError::AuthenticationRefused)));
    let nobody_there = ImapSettings { port: crate::servers::free_port(), ..dovecot.settings("ms") };
    assert!(matches!(ImapMailbox::connect(nobody_there).await, Err(MailboxError::Unreachable(_))));
    let mut mailbox = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    assert!(matches!(mailbox.uids_after(0).await, Err(MailboxError::Settings(_))));
    assert!(matches!(mailbox.examine("Pièces reçues").await, Err(MailboxError::FolderMissing)));
    assert_eq!(mailbox.examine("INBOX").await.unwrap().exists, 0);
    assert!(mailbox.uids_after(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_that_a_person_removes_is_vanished_and_the_others_come() {
    let dovecot = Dovecot::start();
    let mut paths = Vec::new();
    for index in 0..4 {
        paths.push(dovecot.deliver("ms", &format!("{index}"), &mail(&format!("{index}"), 1_000)));
    }
    let mut mailbox = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let uids = mailbox.uids_after(0).await.unwrap();
    // By another session, as mail programs do it.
    let removed = run_by_another_client(&dovecot, "ms", &["SELECT INBOX", "UID STORE 2 +FLAGS (\\Deleted)", "EXPUNGE"]);
    assert!(removed.contains("EXPUNGE"), "{removed}");
    let (report, received) = fetch_all(&mut mailbox, &uids).await;
    let report = report.unwrap();
    assert_eq!((report.vanished, received.len()), ([2].into(), 3));
}

#[tokio::test]
async fn idle_tells_of_new_mail_at_once_and_obeys_the_stop_signal() {
    let dovecot = Dovecot::start();
    dovecot.deliver("ms", "first", &mail("first", 100));
    let mut mailbox = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let stop = CancellationToken::new();
    assert_eq!(mailbox.idle(Duration::from_millis(50), &stop).await.unwrap(), IdleOutcome::Timeout);

    let (outcome, ()) = tokio::join!(mailbox.idle(Duration::from_secs(60), &stop), async {
        tokio::task::yield_now().await;
        dovecot.deliver("ms", "second", &mail("second", 100));
    });
    assert_eq!(outcome.unwrap(), IdleOutcome::NewMail);
    assert_eq!(mailbox.uids_after(1).await.unwrap(), [2]);

    stop.cancel();
    assert_eq!(mailbox.idle(Duration::from_secs(60), &stop).await.unwrap(), IdleOutcome::Stopped);
    assert_eq!(mailbox.uids_after(0).await.unwrap(), [1, 2], "the connection is still good after IDLE");
}

#[tokio::test]
async fn a_copy_goes_to_the_sent_folder_by_a_connection_of_its_own() {
    let dovecot = Dovecot::start();
    dovecot.deliver("ms", "first", &mail("first", 100));
    run_by_another_client(&dovecot, "ms", &["CREATE Envoy&AOk-s"]);
    let letter = [b"Message-ID: <21.copie@guichet.example>\r\n".to_vec(), mail("copie", 50_000)].concat();
    let mut writer = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    writer.append("Envoyés", &letter).await.unwrap();
    assert!(matches!(writer.append("Nulle part", &letter).await, Err(MailboxError::Refused { .. })));
    let mut reader = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    assert_eq!(reader.examine("Envoyés").await.unwrap().exists, 1);
    let (_, received) = fetch_all(&mut reader, &[1]).await;
    assert_eq!(received[&1].bytes, letter);
    assert!(reader.append("Envoyés", &letter).await.is_err(), "a connection that reads does not write");
    // The copy is the evidence that the letter left.
    for (message_id, there) in [("21.copie@guichet.example", true), ("1.copie@guichet.example", false), ("other@guichet.example", false)] {
        assert_eq!(reader.holds_message(message_id).await.unwrap(), there, "{message_id}");
    }
    assert!(reader.holds_message("x\" ALL").await.is_err());
}

#[tokio::test]
async fn a_mail_above_the_limit_is_named_with_its_size_and_the_rest_comes() {
    let dovecot = Dovecot::start();
    dovecot.deliver("ms", "large", &mail("large", 400_000));
    dovecot.deliver("ms", "small", &mail("small", 1_000));
    let settings = ImapSettings { literal_bytes_max: 100_000, ..dovecot.settings("ms") };
    let mut mailbox = ImapMailbox::connect(settings).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let (report, received) = fetch_all(&mut mailbox, &[1, 2]).await;
    let report = report.unwrap();
    assert_eq!((report.too_large.len(), received.len()), (1, 1));
    assert!(report.too_large.values().all(|size| *size >= 400_000) && report.still_owed().is_empty());
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_fetch_and_is_heard() {
    let dovecot = Dovecot::start();
    for index in 0..3 {
        dovecot.deliver("ms", &format!("{index}"), &mail("x", 1_000));
    }
    let mut mailbox = ImapMailbox::connect(dovecot.settings("ms")).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let mut kept = 0;
    let failed = mailbox
        .fetch_batch(&[1, 2, 3], &mut |_| {
            kept += 1;
            if kept == 2 { Err(anyhow::anyhow!("no space left")) } else { Ok(()) }
        })
        .await;
    assert!(matches!(failed, Err(MailboxError::NotKept(_))));
    assert_eq!(kept, 2, "nothing more was taken");
}

/// Speaks IMAP as another mail program would, and returns all that the server said.
fn run_by_another_client(dovecot: &Dovecot, user: &str, commands: &[&str]) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", dovecot.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let login = format!("LOGIN {user} secret");
    let mut said = String::new();
    for command in [login.as_str()].iter().chain(commands).chain(&["LOGOUT"]) {
        stream.write_all(format!("x {command}\r\n").as_bytes()).unwrap();
    }
    stream.read_to_string(&mut said).unwrap();
    said
}

// The scripted server.

fn three_mails() -> BTreeMap<u32, Vec<u8>> {
    [(1, mail("un", 3_000)), (2, mail("deux", 3_000)), (5, mail("cinq", 3_000))].into()
}

/// Fetches from a server that misbehaves at the first BODY fetch only, reconnecting as the daemon does, and demands that all mails
/// arrive whole in the end.
async fn nothing_is_lost(trouble: impl Fn(&str, &BTreeMap<u32, Vec<u8>>) -> Vec<Action> + Send + 'static) -> MailboxError {
    let mails = three_mails();
    let served = mails.clone();
    let mut troubled = false;
    let server = FakeImap::start(mails.clone(), move |tag, command| {
        let strikes = command.contains("BODY.PEEK[]") && !troubled;
        troubled |= strikes;
        strikes.then(|| trouble(tag, &served))
    })
    .await;
    let begun = Instant::now();
    let mut kept: BTreeMap<u32, FetchedMail> = BTreeMap::new();
    let mut first_error = None;
    for _attempt in 0..3 {
        let mut mailbox = ImapMailbox::connect(server.settings()).await.unwrap();
        mailbox.examine("INBOX").await.unwrap();
        let owed: Vec<_> = mailbox.uids_after(0).await.unwrap().into_iter().filter(|uid| !kept.contains_key(uid)).collect();
        let (report, received) = fetch_all(&mut mailbox, &owed).await;
        kept.extend(received);
        match report {
            Ok(report) if report.still_owed().is_empty() => break,
            Ok(report) => first_error = first_error.or_else(|| Some(MailboxError::NotKept(anyhow::anyhow!("owed {:?}", report.still_owed())))),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let bytes: BTreeMap<_, _> = kept.into_iter().map(|(uid, mail)| (uid, mail.bytes)).collect();
    assert!(bytes == mails, "a mail was lost or changed");
    assert!(begun.elapsed() < Duration::from_secs(8), "it hung");
    first_error.expect("the trouble was noticed")
}

#[tokio::test]
async fn a_no_to_fetch_is_heard() {
    let error = nothing_is_lost(|tag, _| vec![Action::say(format!("{tag} NO not now\r\n"))]).await;
    assert!(matches!(error, MailboxError::Refused { command: "UID FETCH", answer: "NO" }), "{error:?}");
}

#[tokio::test]
async fn a_bad_to_fetch_is_heard() {
    let error = nothing_is_lost(|tag, _| vec![Action::say(format!("{tag} BAD what\r\n"))]).await;
    assert!(matches!(error, MailboxError::Refused { answer: "BAD", .. }), "{error:?}");
}

#[tokio::test]
async fn a_bye_in_the_middle_of_a_batch_is_heard() {
    let error =
        nothing_is_lost(|_, mails| vec![Action::Say(fetch_response(1, 1, &mails[&1], true)), Action::say("* BYE maintenance\r\n"), Action::Close])
            .await;
    assert!(matches!(error, MailboxError::Lost), "{error:?}");
}

#[tokio::test]
async fn a_bye_inside_a_literal_is_part_of_the_literal_and_the_close_is_heard() {
    let error =
        nothing_is_lost(|_, _| vec![Action::say("* 1 FETCH (UID 1 BODY[] {3000}\r\nSubject: x\r\n* BYE shutting down\r\n"), Action::Close]).await;
    assert!(matches!(error, MailboxError::Lost), "{error:?}");
}

#[tokio::test]
async fn half_a_literal_is_no_mail() {
    for close in [Action::Close, Action::Stall] {
        let ends_by_silence = matches!(close, Action::Stall);
        let error = nothing_is_lost(move |_, mails| {
            let whole = fetch_response(1, 1, &mails[&1], true);
            vec![Action::Say(whole[..whole.len() / 2].to_vec()), close.clone()]
        })
        .await;
        assert_eq!(matches!(error, MailboxError::TimedOut), ends_by_silence, "{error:?}");
        assert_eq!(matches!(error, MailboxError::Lost), !ends_by_silence, "{error:?}");
    }
}

#[tokio::test]
async fn an_ok_without_all_mails_leaves_the_missing_one_owed() {
    let error = nothing_is_lost(|tag, mails| {
        vec![Action::Say(fetch_response(1, 1, &mails[&1], true)), Action::say(format!("* 3 FETCH (UID 5 BODY[] NIL)\r\n{tag} OK done\r\n"))]
    })
    .await;
    assert_eq!(format!("{:#}", anyhow::Error::new(error)), "a mail that arrived could not be kept: owed {2, 5}");
}

#[tokio::test]
async fn what_is_no_imap_is_never_taken_for_a_mail_and_never_quoted() {
    let negative_uid = "* 1 FETCH (UID -4 BODY[] {4}\r\nIBAN)\r\n";
    let huge_uid = "* 1 FETCH (UID 99999999999 BODY[] \"IBAN FR76\")\r\n";
    let accent_after_code = "* OK [ALERT]évitez IBAN\r\n";
    for nonsense in [negative_uid, huge_uid, accent_after_code, "IBAN FR76\r\n", "* \r\n", "\u{0}\u{0}\r\n"] {
        let error = nothing_is_lost(move |tag, _| vec![Action::say(format!("{nonsense}{tag} OK done\r\n"))]).await;
        // Either the line does not parse, or it parses as nothing and the mails stay owed.
        assert!(matches!(error, MailboxError::Protocol(_) | MailboxError::NotKept(_)), "{nonsense:?}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("IBAN"), "{error:?}");
    }
}

#[tokio::test]
async fn a_literal_far_larger_than_announced_is_cut_off() {
    let error = nothing_is_lost(|_, _| {
        let mut flood = b"* 1 FETCH (UID 1 BODY[] {400000000}\r\n".to_vec();
        flood.resize(12_000_000, b'x');
        vec![Action::Say(flood), Action::Stall]
    })
    .await;
    assert!(matches!(error, MailboxError::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn unasked_mails_doubles_flags_and_storms_of_expunge_change_nothing() {
    let mails = three_mails();
    let served = mails.clone();
    let server = FakeImap::start(mails.clone(), move |tag, command| {
        command.contains("BODY.PEEK[]").then(|| {
            let mut answer: Vec<u8> = (0..2_000).flat_map(|_| b"* 9 EXPUNGE\r\n".to_vec()).collect();
            answer.extend(b"* 9 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* OK [ALERT] low on space\r\n");
            answer.extend(fetch_response(8, 800, b"not asked for", true));
            for (uid, bytes) in &served {
                answer.extend(fetch_response(1, *uid, bytes, true));
                answer.extend(fetch_response(1, *uid, bytes, true));
            }
            answer.extend(format!("{tag} OK done\r\n").bytes());
            vec![Action::Say(answer)]
        })
    })
    .await;
    let mut mailbox = ImapMailbox::connect(server.settings()).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let (report, received) = fetch_all(&mut mailbox, &[1, 2, 5]).await;
    assert_eq!(report.unwrap().received, [1, 2, 5].into());
    assert!(received.values().all(|mail| mails[&mail.uid] == mail.bytes));
    // The EXISTS during the fetch is news: IDLE does not sleep on it.
    assert_eq!(mailbox.idle(Duration::from_secs(60), &CancellationToken::new()).await.unwrap(), IdleOutcome::NewMail);
}

#[tokio::test]
async fn a_wrong_announced_size_does_not_matter() {
    let mails = three_mails();
    let server = FakeImap::start(mails.clone(), |tag, command| {
        command.contains("RFC822.SIZE").then(|| {
            let lines: String = [1, 2, 5].map(|uid| format!("* {uid} FETCH (UID {uid} RFC822.SIZE 1 INTERNALDATE \"not a date\")\r\n")).concat();
            vec![Action::say(format!("{lines}{tag} OK done\r\n"))]
        })
    })
    .await;
    let mut mailbox = ImapMailbox::connect(server.settings()).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let (report, received) = fetch_all(&mut mailbox, &[1, 2, 5]).await;
    assert_eq!(report.unwrap().received.len(), 3);
    // Where the server has no date, its own stamp in the mail is taken.
    assert_eq!(received[&1].arrived_at.to_rfc3339(), "2024-06-06T21:59:59+00:00");
}

/// The fates in the order of their UIDs, and the cursor after each, from a server that strikes at each body FETCH that names UID 2.
async fn fates(strike: impl Fn(&str) -> Vec<Action> + Send + 'static) -> (Result<(), MailboxError>, BTreeMap<u32, &'static str>, Vec<u32>) {
    let server = FakeImap::start(three_mails(), move |tag, command| {
        let names_two = ["FETCH 1:2", "FETCH 2 ", "FETCH 2,"].iter().any(|set| command.contains(set));
        (command.contains("BODY.PEEK[]") && names_two).then(|| strike(tag))
    })
    .await;
    let mut mailbox = ImapMailbox::connect(ImapSettings { progress_timeout: Duration::from_millis(150), ..server.settings() }).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let (mut fates, mut cursors) = (BTreeMap::new(), Vec::new());
    let visited = mailbox
        .fetch_owed(0, &mut |fate, settled_through| {
            let (uid, word) = match fate {
                Fate::Received(mail) => (mail.uid, "received"),
                Fate::Vanished { uid } => (uid, "vanished"),
                Fate::TooLarge { uid, .. } => (uid, "too large"),
                Fate::GivenUp { uid } => (uid, "given up"),
            };
            assert!(fates.insert(uid, word).is_none(), "two fates for one mail");
            cursors.push(settled_through);
            Ok(())
        })
        .await;
    (visited, fates, cursors)
}

#[tokio::test]
async fn a_mail_that_breaks_every_connection_is_named_and_blocks_nothing() {
    for end in [Action::Close, Action::Stall] {
        let (visited, fates, cursors) = fates(move |_| vec![end.clone()]).await;
        visited.unwrap();
        assert_eq!(fates, [(1, "received"), (2, "given up"), (5, "received")].into());
        assert_eq!(cursors, [1, 1, 5], "the cursor waits for the missing mail");
    }
    let (visited, fates, _) = fates(|tag| vec![Action::say(format!("{tag} OK done\r\n"))]).await;
    visited.unwrap();
    assert_eq!(fates[&2], "given up");
}

#[tokio::test]
async fn a_server_that_gives_nothing_is_ill_and_no_mail_is_given_up() {
    let server = FakeImap::start(three_mails(), |_, command| command.contains("BODY.PEEK[]").then(|| vec![Action::Close])).await;
    let mut mailbox = ImapMailbox::connect(server.settings()).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let visited = mailbox.fetch_owed(0, &mut |_, _| panic!("nothing is known of any mail")).await;
    assert!(matches!(visited, Err(MailboxError::Lost)));
}

#[tokio::test]
async fn two_commands_are_in_flight() {
    let mails = three_mails();
    let served = mails.clone();
    let mut held = None::<String>;
    // Answers the first FETCH only when the second has been asked: a client that waits would wait for ever.
    let server = FakeImap::start(mails.clone(), move |tag, command| {
        if !command.contains("BODY.PEEK[]") {
            return None;
        }
        let this = String::from_utf8(honest_answer(&served, tag, command)).unwrap();
        match held.take() {
            None if command.contains("FETCH 1 ") => {
                held = Some(this);
                Some(Vec::new())
            }
            earlier => Some(vec![Action::say(earlier.unwrap_or_default() + &this)]),
        }
    })
    .await;
    let settings = ImapSettings { batch_bytes_max: 1, ..server.settings() };
    let mut mailbox = ImapMailbox::connect(settings).await.unwrap();
    mailbox.examine("INBOX").await.unwrap();
    let (report, _) = fetch_all(&mut mailbox, &[1, 2, 5]).await;
    assert_eq!(report.unwrap().received.len(), 3);
}

#[tokio::test]
async fn every_command_is_bounded_in_time_and_demands_its_ok() {
    for victim in ["greeting", "LOGIN", "CAPABILITY", "EXAMINE", "NOOP", "UID SEARCH", "UID FETCH", "IDLE"] {
        for (trouble, expected) in [(Action::Stall, "TimedOut"), (Action::Close, "Lost"), (Action::say("* BYE\r\n"), "Lost")] {
            let struck = trouble.clone();
            let server =
                FakeImap::start(three_mails(), move |_, command| command.starts_with(victim).then(|| vec![struck.clone(), Action::Close])).await;
            let begun = Instant::now();
            let outcome = a_whole_visit(server.settings()).await;
            assert!(begun.elapsed() < Duration::from_secs(3), "{victim}: {trouble:?}");
            let error = outcome.expect_err(victim);
            assert_eq!(format!("{error:?}"), expected, "{victim}: {trouble:?}");
        }
    }
}

async fn a_whole_visit(settings: ImapSettings) -> Result<(), MailboxError> {
    let mut mailbox = ImapMailbox::connect(settings).await?;
    mailbox.examine("INBOX").await?;
    let uids = mailbox.uids_after(0).await?;
    fetch_all(&mut mailbox, &uids).await.0?;
    mailbox.idle(Duration::from_millis(10), &CancellationToken::new()).await?;
    Ok(())
}

#[tokio::test]
async fn xoauth2_sends_the_token_and_survives_its_refusal() {
    let server = FakeImap::start(three_mails(), |tag, command| match command {
        "AUTHENTICATE XOAUTH2" => Some(vec![Action::say("+ \r\n")]),
        // The token, without a tag before it: base64 has no spaces, so it arrives as the tag.
        "" if tag == "dXNlcj1tcwFhdXRoPUJlYXJlciB0b2tlbgEB" => Some(vec![Action::say("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")]),
        "" if tag.is_empty() => Some(vec![Action::say("A0001 NO [AUTHENTICATIONFAILED] expired\r\n")]),
        _ => None,
    })
    .await;
    let settings = ImapSettings { secret: Secret::OAuthToken("token".to_owned()), ..server.settings() };
    assert!(matches!(ImapMailbox::connect(settings).await, Err(MailboxError::AuthenticationRefused)));
}

#[tokio::test]
async fn what_is_whispered_before_starttls_is_not_believed() {
    for injected in ["", "* PREAUTH come in\r\n", "a1 OK injected\r\n* CAPABILITY IMAP4rev1\r\n"] {
        let server = FakeImap::start(three_mails(), move |tag, command| {
            (command == "STARTTLS").then(|| vec![Action::say(format!("{tag} OK begin\r\n{injected}"))])
        })
        .await;
        let settings = ImapSettings { tls: Tls::StartTls, ..server.settings() };
        let error = ImapMailbox::connect(settings).await.expect_err("no TLS came");
        assert!(matches!(error, MailboxError::TlsFailed(_) | MailboxError::TimedOut), "{error:?}");
        assert_eq!(*server.commands.lock().unwrap().first().unwrap(), "STARTTLS");
        assert!(!server.commands.lock().unwrap().iter().any(|command| command.contains("LOGIN")), "a password in clear text");
    }
    let server = FakeImap::start(three_mails(), |tag, command| (command == "STARTTLS").then(|| vec![Action::say(format!("{tag} BAD no\r\n"))])).await;
    let settings = ImapSettings { tls: Tls::StartTls, ..server.settings() };
    assert!(matches!(ImapMailbox::connect(settings).await, Err(MailboxError::TlsFailed(_))));
}
