//! Fetching in batches bounded by bytes, two commands in flight, and an account of every UID that was asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use async_imap::imap_proto::{AttributeValue, RequestId, Response};
use chrono::{DateTime, Utc};

use super::names::uid_set;
use super::{ImapMailbox, MailboxError, Tagged, tagged};
use crate::mailbox::FetchedMail;
use crate::mailbox::arrival::arrival_of;

/// UIDs named in one command.
const UIDS_PER_COMMAND_MAX: usize = 5_000;
/// Runs of consecutive UIDs in one command, of up to 22 bytes each: keeps its line below the 8 kB that servers accept.
const RUNS_PER_COMMAND_MAX: usize = 350;
/// A second command in flight hides the round trip; a third gains nothing more.
const COMMANDS_IN_FLIGHT_MAX: usize = 2;

/// What became of each UID. One that is in none of the last three sets exists and did not come: ask again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchReport {
    pub asked: BTreeSet<u32>,
    /// Given to the sink.
    pub received: BTreeSet<u32>,
    /// Removed by a person meanwhile, as a second look confirmed.
    pub vanished: BTreeSet<u32>,
    /// Larger than `literal_bytes_max`, with the size in bytes the server gave: not fetched.
    pub too_large: BTreeMap<u32, u64>,
}

impl FetchReport {
    /// What must be asked again.
    pub fn still_owed(&self) -> BTreeSet<u32> {
        let settled = |uid: &&u32| self.received.contains(uid) || self.vanished.contains(uid) || self.too_large.contains_key(uid);
        self.asked.iter().filter(|uid| !settled(uid)).copied().collect()
    }
}

/// What the server said of a mail before it was fetched.
#[derive(Debug, Clone, Copy)]
struct Announced {
    size_bytes: u64,
    arrived_at: Option<DateTime<Utc>>,
}

impl ImapMailbox {
    /// Fetches the mails with these UIDs and hands each to `sink`, in the order in which they come.
    ///
    /// What the sink has taken before an error is the caller's: the error does not undo it. A UID that makes the connection break
    /// each time is found by asking for it alone.
    pub async fn fetch_batch(
        &mut self,
        uids: &[u32],
        sink: &mut (dyn FnMut(FetchedMail) -> anyhow::Result<()> + Send),
    ) -> Result<FetchReport, MailboxError> {
        self.demand_folder()?;
        let mut report = FetchReport { asked: uids.iter().copied().collect(), ..FetchReport::default() };
        let asked: Vec<u32> = report.asked.iter().copied().collect();
        let announced = self.announced(&asked).await?;
        let (small, large): (BTreeMap<_, _>, BTreeMap<_, _>) =
            announced.into_iter().partition(|(_, announced)| announced.size_bytes <= self.settings.literal_bytes_max);
        report.too_large = large.into_iter().map(|(uid, announced)| (uid, announced.size_bytes)).collect();
        let answer = self.fetch_bodies(&small, &mut report.received, sink).await?;
        self.confirm_vanished(&mut report).await?;
        // A NO is harmless when all it meant is that some mails are gone (RFC 5530, EXPUNGEISSUED).
        if answer != Tagged::Ok && !report.still_owed().is_empty() {
            answer.demand_ok("UID FETCH")?;
        }
        Ok(report)
    }

    async fn announced(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, Announced>, MailboxError> {
        let mut all = BTreeMap::new();
        for some in per_command(uids) {
            let command = format!("UID FETCH {} (UID RFC822.SIZE INTERNALDATE)", uid_set(&some));
            let answer = self.run(&command, |response| all.extend(announcement(response))).await?;
            if answer == Tagged::Bad {
                answer.demand_ok("UID FETCH")?;
            }
        }
        // Unasked-for UIDs (another client's change, a server's fancy) are none of our business.
        all.retain(|uid, _| uids.binary_search(uid).is_ok());
        Ok(all)
    }

    async fn fetch_bodies(
        &mut self,
        announced: &BTreeMap<u32, Announced>,
        received: &mut BTreeSet<u32>,
        sink: &mut (dyn FnMut(FetchedMail) -> anyhow::Result<()> + Send),
    ) -> Result<Tagged, MailboxError> {
        let mut batches: VecDeque<_> = byte_bounded_batches(announced, self.settings.batch_bytes_max).into();
        let mut in_flight: VecDeque<RequestId> = VecDeque::new();
        let mut worst = Tagged::Ok;
        loop {
            while in_flight.len() < COMMANDS_IN_FLIGHT_MAX && worst == Tagged::Ok {
                let Some(batch) = batches.pop_front() else { break };
                in_flight.push_back(self.send(&format!("UID FETCH {} (UID BODY.PEEK[])", uid_set(&batch))).await?);
            }
            if in_flight.is_empty() {
                return Ok(worst);
            }
            let (mail, answer) = self
                .read_one(|response| {
                    let mail = body(response).filter(|(uid, _)| !received.contains(uid)).and_then(|(uid, bytes)| {
                        // A server that cannot date a mail leaves us the stamp it wrote into it.
                        let arrived_at = announced.get(&uid)?.arrived_at.or_else(|| arrival_of(bytes))?;
                        Some(FetchedMail { uid, arrived_at, bytes: bytes.to_vec() })
                    });
                    let answer = in_flight.iter().position(|tag| tagged(response, tag).is_some()).map(|place| (place, tagged_or_ok(response)));
                    (mail, answer)
                })
                .await?;
            if let Some(mail) = mail {
                let uid = mail.uid;
                sink(mail).map_err(MailboxError::NotKept)?;
                received.insert(uid);
            }
            if let Some((place, answer)) = answer {
                in_flight.remove(place);
                if answer != Tagged::Ok {
                    worst = answer;
                }
            }
        }
    }

    /// A UID that did not come is *vanished* only when the server, having told its news, does not find it any more.
    async fn confirm_vanished(&mut self, report: &mut FetchReport) -> Result<(), MailboxError> {
        let owed: Vec<u32> = report.still_owed().into_iter().collect();
        if owed.is_empty() {
            return Ok(());
        }
        self.run("NOOP", |_| {}).await?.demand_ok("NOOP")?;
        for some in per_command(&owed) {
            let existing = self.search(&format!("UID {}", uid_set(&some))).await?;
            report.vanished.extend(some.iter().filter(|uid| !existing.contains(uid)));
        }
        Ok(())
    }
}

/// The answer of a response known to be tagged.
fn tagged_or_ok(response: &Response<'_>) -> Tagged {
    match response {
        Response::Done { tag, .. } => tagged(response, tag).unwrap_or(Tagged::Ok),
        _ => Tagged::Ok,
    }
}

fn announcement(response: &Response<'_>) -> Option<(u32, Announced)> {
    let Response::Fetch(_, attributes) = response else { return None };
    let (mut uid, mut size_bytes, mut arrived_at) = (None, None, None);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(value) => uid = Some(*value),
            AttributeValue::Rfc822Size(value) => size_bytes = Some(u64::from(*value)),
            AttributeValue::InternalDate(text) => arrived_at = internal_date(text),
            _ => {}
        }
    }
    Some((uid?, Announced { size_bytes: size_bytes?, arrived_at }))
}

fn body<'a>(response: &'a Response<'_>) -> Option<(u32, &'a [u8])> {
    let Response::Fetch(_, attributes) = response else { return None };
    let (mut uid, mut bytes) = (None, None);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(value) => uid = Some(*value),
            AttributeValue::BodySection { section: None, index: None, data: Some(data) } => bytes = Some(data.as_ref()),
            _ => {}
        }
    }
    Some((uid?, bytes?))
}

/// `date-time` of RFC 3501 §9, whose day may be padded by a space.
fn internal_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z").ok().map(|stamp| stamp.with_timezone(&Utc))
}

/// UIDs that one command can name, in ascending order.
#[derive(Debug, Default)]
struct CommandUids {
    uids: Vec<u32>,
    n_runs: usize,
}

impl CommandUids {
    fn continues_run(&self, uid: u32) -> bool {
        self.uids.last().is_some_and(|last| last.checked_add(1) == Some(uid))
    }

    fn has_room_for(&self, uid: u32) -> bool {
        self.uids.len() < UIDS_PER_COMMAND_MAX && (self.n_runs < RUNS_PER_COMMAND_MAX || self.continues_run(uid))
    }

    fn push(&mut self, uid: u32) {
        self.n_runs += usize::from(!self.continues_run(uid));
        self.uids.push(uid);
    }
}

/// Cuts sorted UIDs into those of one command each.
fn per_command(uids: &[u32]) -> Vec<Vec<u32>> {
    in_commands(uids.iter().map(|uid| (*uid, 0)), 0)
}

/// Cuts the mails, in the order of their UIDs, into commands of at most so many bytes, or one larger mail.
fn byte_bounded_batches(announced: &BTreeMap<u32, Announced>, batch_bytes_max: u64) -> Vec<Vec<u32>> {
    in_commands(announced.iter().map(|(uid, announced)| (*uid, announced.size_bytes)), batch_bytes_max)
}

fn in_commands(mails: impl Iterator<Item = (u32, u64)>, bytes_max: u64) -> Vec<Vec<u32>> {
    let mut commands: Vec<CommandUids> = Vec::new();
    let mut command_bytes = 0_u64;
    for (uid, size_bytes) in mails {
        command_bytes = command_bytes.saturating_add(size_bytes);
        match commands.last_mut() {
            Some(command) if command_bytes <= bytes_max && command.has_room_for(uid) => command.push(uid),
            _ => {
                command_bytes = size_bytes;
                let mut command = CommandUids::default();
                command.push(uid);
                commands.push(command);
            }
        }
    }
    commands.into_iter().map(|command| command.uids).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_by_bytes_and_a_large_mail_goes_alone() {
        let announced = [(1, 4), (2, 4), (3, 4), (4, 50), (5, 1), (9, 0)];
        let announced = announced.into_iter().map(|(uid, size_bytes)| (uid, Announced { size_bytes, arrived_at: None })).collect();
        assert_eq!(byte_bounded_batches(&announced, 10), [vec![1, 2], vec![3], vec![4], vec![5, 9]]);
        assert!(byte_bounded_batches(&BTreeMap::new(), 10).is_empty());
    }

    #[test]
    fn one_command_names_thousands_in_a_row_and_as_many_scattered_ones_as_its_line_holds() {
        let sizes = |uids: &[u32]| per_command(uids).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&(1..=12_000).collect::<Vec<_>>()), [5_000, 5_000, 2_000]);
        let scattered: Vec<u32> = (0..1_000).map(|number| u32::MAX - 2 * (1_000 - number)).collect();
        assert_eq!(sizes(&scattered), [350, 350, 300]);
        assert!(per_command(&scattered).iter().all(|uids| uid_set(uids).len() < 7_900));
        let pairs: Vec<u32> = (0..1_000).flat_map(|number| [3 * number, 3 * number + 1]).collect();
        assert_eq!(sizes(&pairs), [700, 700, 600]);
        assert!(per_command(&[]).is_empty());
    }

    #[test]
    fn internal_dates_keep_their_instant() {
        for (text, expected) in [
            ("06-Jun-2024 23:59:59 +0200", Some("2024-06-06T21:59:59Z")),
            (" 6-Jun-2024 23:59:59 +0000", Some("2024-06-06T23:59:59Z")),
            ("6-Jun-2024 23:59:59 -0500", Some("2024-06-07T04:59:59Z")),
            ("tomorrow", None),
        ] {
            assert_eq!(internal_date(text), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_neither_received_nor_settled_is_still_owed() {
        let report = FetchReport { asked: [1, 2, 3, 4].into(), received: [1].into(), vanished: [2].into(), too_large: [(3, 9)].into() };
        assert_eq!(report.still_owed(), [4].into());
    }
}
