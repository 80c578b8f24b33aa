//! Fetching everything that is owed, over as many connections as it takes.
//!
//! One mail that a server cannot give (it breaks the connection, or is passed over each time) must neither block the next ones nor be
//! passed in silence: it is asked for alone, three times, and then named. And the place up to which everything has been settled is
//! worked out here, because the order in which mails come is the server's, and a cursor that follows it would step over the missing ones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::{ImapMailbox, MailboxError};
use crate::mailbox::FetchedMail;

/// UIDs asked for at a time: bounds what is remembered of them, and hides the way to a distant server behind many mails.
const UIDS_PER_ROUND_MAX: usize = 5_000;
/// How often a mail is asked for alone, or passed over by the server, before it is given up.
const STRIKES_MAX: u32 = 3;
/// A broken connection is given this long to be closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// What became of one UID. Each owed UID ends in exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Received(FetchedMail),
    /// Removed by a person between the search and the fetch.
    Vanished {
        uid: u32,
    },
    /// Above `literal_bytes_max`: not fetched.
    TooLarge {
        uid: u32,
        size_bytes: u64,
    },
    /// It exists, and the server could not give it three times, though it gave others.
    GivenUp {
        uid: u32,
    },
}

impl ImapMailbox {
    /// Fetches all mails above `after` in the open folder and tells `record` the fate of each, together with the UID **up to which
    /// everything is settled** once this fate is recorded: the value for the cursor, to be written in the same transaction.
    ///
    /// Connects again by itself when a mail breaks the connection. It fails when the server cannot be reached, when `record` fails,
    /// or when the server gives none of several mails: then it is the server that is ill, and no mail is given up.
    pub async fn fetch_owed(&mut self, after: u32, record: &mut (dyn FnMut(Fate, u32) -> anyhow::Result<()> + Send)) -> Result<(), MailboxError> {
        let mut ledger = Ledger::new(self.uids_after(after).await?);
        let mut trouble = None;
        let mut alone = false;
        loop {
            let asked = ledger.next(if alone { 1 } else { UIDS_PER_ROUND_MAX });
            let Some(first) = asked.first().copied() else { break };
            let outcome = self
                .fetch_batch(&asked, &mut |mail| {
                    ledger.received_any = true;
                    let settled_through = ledger.settle(mail.uid);
                    record(Fate::Received(mail), settled_through)
                })
                .await;
            match outcome {
                Ok(report) => {
                    for uid in &report.vanished {
                        record(Fate::Vanished { uid: *uid }, ledger.settle(*uid)).map_err(MailboxError::NotKept)?;
                    }
                    for (uid, size_bytes) in &report.too_large {
                        record(Fate::TooLarge { uid: *uid, size_bytes: *size_bytes }, ledger.settle(*uid)).map_err(MailboxError::NotKept)?;
                    }
                    if report.still_owed().is_empty() {
                        alone = false;
                        continue;
                    }
                }
                Err(error @ (MailboxError::NotKept(_) | MailboxError::Settings(_))) => return Err(error),
                Err(error) => {
                    tracing::warn!("the mailbox connection ended in the middle of a fetch: {error}");
                    trouble = Some(error);
                    self.connect_again().await?;
                }
            }
            // Something did not come. The first of the missing ones is the likely cause: it is asked for alone; once it is set aside,
            // the others are asked together again.
            if alone {
                ledger.strike(first);
            }
            alone = !(alone && ledger.is_set_aside(first));
        }
        if ledger.server_is_ill() {
            return Err(trouble.unwrap_or(MailboxError::Protocol("mails that exist are not given")));
        }
        for uid in std::mem::take(&mut ledger.set_aside) {
            record(Fate::GivenUp { uid }, ledger.settle(uid)).map_err(MailboxError::NotKept)?;
        }
        Ok(())
    }

    async fn connect_again(&mut self) -> Result<(), MailboxError> {
        let Some((folder, state)) = self.open_folder.clone() else { return Err(MailboxError::Settings("no folder is open")) };
        // Servers count connections per user: the broken one is closed first. That it may be closed already is no matter.
        if let Ok(Err(error)) = tokio::time::timeout(CLOSE_TIMEOUT, self.session.get_mut().shutdown()).await {
            tracing::debug!("closing a broken connection: {}", error.kind());
        }
        let mut fresh = Self::connect(self.settings.clone()).await?;
        if fresh.examine(&folder).await?.uid_validity != state.uid_validity {
            return Err(MailboxError::Protocol("UIDVALIDITY changed in the middle of a visit"));
        }
        *self = fresh;
        Ok(())
    }
}

/// Which UIDs are still owed, and what is known against some of them.
#[derive(Debug)]
struct Ledger {
    owed: BTreeSet<u32>,
    last: u32,
    owed_at_first: usize,
    strikes: BTreeMap<u32, u32>,
    /// Struck three times. Still owed until their fate is recorded.
    set_aside: BTreeSet<u32>,
    received_any: bool,
}

impl Ledger {
    fn new(uids: Vec<u32>) -> Self {
        Self {
            last: uids.last().copied().unwrap_or_default(),
            owed_at_first: uids.len(),
            owed: uids.into_iter().collect(),
            strikes: BTreeMap::new(),
            set_aside: BTreeSet::new(),
            received_any: false,
        }
    }

    fn next(&self, count_max: usize) -> Vec<u32> {
        self.owed.iter().filter(|uid| !self.set_aside.contains(uid)).take(count_max).copied().collect()
    }

    /// Settles one UID and says up to where there is no gap.
    fn settle(&mut self, uid: u32) -> u32 {
        self.owed.remove(&uid);
        self.owed.first().map_or(self.last, |first_owed| first_owed.saturating_sub(1))
    }

    fn strike(&mut self, uid: u32) {
        if !self.owed.contains(&uid) {
            return;
        }
        let strikes = self.strikes.entry(uid).or_default();
        *strikes += 1;
        if *strikes >= STRIKES_MAX {
            self.set_aside.insert(uid);
        }
    }

    fn is_set_aside(&self, uid: u32) -> bool {
        self.set_aside.contains(&uid)
    }

    /// Several were owed and not one came: no mail is to blame.
    fn server_is_ill(&self) -> bool {
        !self.set_aside.is_empty() && !self.received_any && self.owed_at_first > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_never_passes_what_is_owed() {
        let mut ledger = Ledger::new(vec![3, 4, 7, 9]);
        assert_eq!(ledger.settle(9), 2);
        assert_eq!(ledger.settle(3), 3);
        assert_eq!(ledger.settle(7), 3);
        assert_eq!(ledger.settle(4), 9);
    }

    #[test]
    fn three_strikes_set_a_mail_aside_and_it_stays_owed() {
        let mut ledger = Ledger::new(vec![3, 4]);
        (0..3).for_each(|_| ledger.strike(3));
        assert_eq!(ledger.next(10), [4]);
        assert!(ledger.server_is_ill());
        assert_eq!(ledger.settle(4), 2);
        ledger.received_any = true;
        assert!(!ledger.server_is_ill());
    }
}
