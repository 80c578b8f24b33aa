//! The connection breaks at byte N, for many N, in both directions: no mail is lost, changed or given twice, and what is said about a
//! letter is never more than what is known.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use guichet::mailbox::{FetchedMail, ImapMailbox, ImapSettings, MailboxError, Tls};
use guichet::smtp::{SendError, SmtpSettings, Transport, send};

use crate::servers::dovecot::Dovecot;
use crate::servers::smtp_receiver::SmtpReceiver;
use crate::servers::throwaway_ca::ThrowawayCa;
use crate::servers::torn_proxy::{Damage, Direction, TornProxy};

/// One visit: what is owed is asked for, what comes is kept.
async fn visit(settings: ImapSettings, kept: &mut BTreeMap<u32, FetchedMail>) -> Result<bool, MailboxError> {
    let mut mailbox = ImapMailbox::connect(settings).await?;
    mailbox.examine("INBOX").await?;
    let owed: Vec<_> = mailbox.uids_after(0).await?.into_iter().filter(|uid| !kept.contains_key(uid)).collect();
    let report = mailbox
        .fetch_batch(&owed, &mut |mail| {
            assert!(kept.insert(mail.uid, mail).is_none(), "given twice");
            Ok(())
        })
        .await?;
    assert!(report.vanished.is_empty() && report.too_large.is_empty(), "{report:?}");
    Ok(report.still_owed().is_empty())
}

#[tokio::test]
async fn every_mail_arrives_whole_wherever_the_connection_breaks() {
    let dovecot = Dovecot::start();
    let mails: Vec<_> = (0..4).map(|index| format!("Subject: {index}\r\n\r\n{}", "ligne du dossier\r\n".repeat(100)).into_bytes()).collect();
    for (index, mail) in mails.iter().enumerate() {
        dovecot.deliver("ms", &format!("{index}"), mail);
    }
    let plain = ImapSettings { progress_timeout: Duration::from_millis(300), batch_bytes_max: 4_000, ..dovecot.settings("ms") };
    let protected = ImapSettings { tls: Tls::Implicit, ..plain.clone() };
    let mut breaks = 0;
    for (settings, server_port, damage, direction, step, end) in [
        (&plain, dovecot.port, Damage::Cut, Direction::ToClient, 97, 9_000),
        (&plain, dovecot.port, Damage::Cut, Direction::ToServer, 11, 300),
        (&plain, dovecot.port, Damage::Stall, Direction::ToClient, 1_501, 9_000),
        (&plain, dovecot.port, Damage::Stall, Direction::ToServer, 53, 300),
        (&plain, dovecot.port, Damage::Trickle, Direction::ToClient, 4_001, 9_000),
        (&protected, dovecot.tls_port, Damage::Corrupt, Direction::ToClient, 353, 12_000),
        (&protected, dovecot.tls_port, Damage::Cut, Direction::ToClient, 353, 12_000),
    ] {
        for at in (0..end).step_by(step) {
            let proxy = TornProxy::start(server_port, damage, direction, at).await;
            let settings = ImapSettings { port: proxy.port, ..settings.clone() };
            let begun = Instant::now();
            let mut kept = BTreeMap::new();
            let mut complete = false;
            for _attempt in 0..3 {
                complete = matches!(visit(settings.clone(), &mut kept).await, Ok(true));
                if complete {
                    break;
                }
            }
            assert!(complete, "{damage:?} {direction:?} at {at}: not complete\n{}", dovecot.log());
            assert!(begun.elapsed() < Duration::from_secs(10), "{damage:?} {direction:?} at {at}: it hung");
            let mut found: Vec<_> = kept.into_values().map(|mail| mail.bytes).collect();
            found.sort();
            assert!(found == mails, "{damage:?} {direction:?} at {at}: a mail was changed");
            breaks += usize::from(proxy.struck.load(Ordering::SeqCst));
        }
    }
    assert!(breaks > 120, "only {breaks} connections broke: this test tests little");
}

#[tokio::test]
async fn what_is_said_of_a_letter_is_true_wherever_the_connection_breaks() {
    let dir = tempfile::tempdir().unwrap();
    let ca = ThrowawayCa::make(dir.path());
    let letter = format!("Subject: x\r\n\r\n{}", "Bonjour\r\n".repeat(30)).into_bytes();
    let recipients = ["leila@candidate.example".to_owned()];
    let (mut breaks, mut uncertain) = (0, 0);
    for (tls, damage, direction, step, end) in [
        (Tls::None, Damage::Cut, Direction::ToServer, 3, 420),
        (Tls::None, Damage::Cut, Direction::ToClient, 3, 240),
        (Tls::None, Damage::Stall, Direction::ToServer, 61, 420),
        (Tls::None, Damage::Stall, Direction::ToClient, 31, 240),
        (Tls::StartTls, Damage::Cut, Direction::ToServer, 61, 1_500),
        (Tls::Implicit, Damage::Corrupt, Direction::ToServer, 61, 1_500),
        (Tls::Implicit, Damage::Corrupt, Direction::ToClient, 61, 2_000),
    ] {
        for at in (0..end).step_by(step) {
            let receiver = SmtpReceiver::start_with(tls, Some(&ca), |_| None).await;
            let proxy = TornProxy::start(receiver.port, damage, direction, at).await;
            let settings = SmtpSettings { port: proxy.port, ..receiver.settings() };
            let begun = Instant::now();
            let sent = send(&Transport::Smtp(settings), "ms@school.example", &recipients, &letter).await;
            let arrived = receiver.letters();
            let place = format!("{tls:?} {damage:?} {direction:?} at {at}: {sent:?} and {} letters", arrived.len());
            assert!(begun.elapsed() < Duration::from_secs(12), "{place}: it hung");
            assert!(arrived.iter().all(|arrived| arrived.message == letter), "{place}: a letter was changed");
            match sent {
                Ok(_) => assert_eq!(arrived.len(), 1, "{place}"),
                Err(SendError::Transient { .. }) => assert_eq!(arrived.len(), 0, "{place}"),
                Err(SendError::Uncertain) => assert!(arrived.len() <= 1, "{place}"),
                Err(SendError::Permanent { .. }) => panic!("{place}"),
            }
            breaks += usize::from(proxy.struck.load(Ordering::SeqCst));
            uncertain += usize::from(matches!(sent, Err(SendError::Uncertain)));
        }
    }
    assert!(breaks > 150 && uncertain > 3, "{breaks} breaks, {uncertain} uncertain: this test tests little");
}
