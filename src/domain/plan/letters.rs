//! Which letters are due to a candidate, and what each has to say.
//!
//! One letter answers all mails that came close together; at most one a day beside the acknowledgement; nothing doubtful is ever in one.

mod status;

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::domain::calendar;
use crate::domain::dossier::{DecisionFacts, DossierFacts, DossierState, MailFacts, Stage};
use crate::domain::letter::{CandidateLetter, FeeBlock, LetterBody, LetterKind, LetterLanguage};
use crate::domain::money::Cents;
use crate::domain::payment::FeeState;
use crate::domain::plan::DueLetter;
use crate::domain::rules::{JurySession, Rules};
use status::jury_line;

/// What the rules of this room look at.
struct Desk<'a> {
    facts: &'a DossierFacts,
    state: &'a DossierState,
    rules: &'a Rules,
    now: DateTime<Utc>,
    today: NaiveDate,
}

/// The letters that are due, and when to ask again.
pub fn due(facts: &DossierFacts, state: &DossierState, rules: &Rules, now: DateTime<Utc>) -> (Vec<DueLetter>, Option<DateTime<Utc>>) {
    if facts.corrections.letters_off {
        return (Vec::new(), None);
    }
    let desk = Desk { facts, state, rules, now, today: calendar::paris(now).date() };
    let silent_until = desk.silent_until();
    let (mut letters, mut later) = (Vec::new(), BTreeSet::new());
    if facts.corrections.withdrawn {
        desk.note_withdrawal(&mut letters);
    } else {
        desk.answer(&mut letters, &mut later);
        if state.stage != Stage::Notified {
            desk.speak_of_money(&mut letters, &mut later);
            desk.remind(&mut letters, &mut later);
            desk.invite(&mut letters);
        }
    }
    if let Some(until) = silent_until {
        letters.clear();
        later.insert(until);
    }
    // What the jury decided and a person approved is no machine's word: it waits for nothing.
    if !facts.corrections.withdrawn {
        desk.announce_decision(&mut letters);
        desk.remind_of_registration(&mut letters, &mut later);
    }
    letters.retain(|letter| !facts.letters.iter().any(|known| known.letter_key == letter.letter_key));
    (letters, later.into_iter().find(|instant| *instant > now))
}

impl Desk<'_> {
    /// Somebody has just written to the candidate by hand: a machine's letter beside it would confuse. What is due leaves afterwards.
    fn silent_until(&self) -> Option<DateTime<Utc>> {
        let until = self.facts.answered_by_hand_at? + TimeDelta::hours(i64::from(self.rules.letters.silence_hours_after_a_person));
        (self.now < until).then_some(until)
    }

    /// The answer to mails that brought something, once they have settled.
    fn answer(&self, letters: &mut Vec<DueLetter>, later: &mut BTreeSet<DateTime<Utc>>) {
        let waiting: Vec<&MailFacts> = self.facts.mails.iter().filter(|mail| mail.awaits_answer && mail.class.brings_documents()).collect();
        let Some(last) = waiting.last() else { return };
        let minutes = if waiting.iter().any(|mail| mail.is_part) && !waiting.iter().any(|mail| is_last_part(mail)) {
            self.rules.letters.settling_minutes_of_parts
        } else {
            self.rules.letters.settling_minutes
        };
        let settled_at = last.arrived_at + TimeDelta::minutes(i64::from(minutes));
        if self.now < settled_at {
            later.insert(settled_at);
            return;
        }
        let first = !self.wrote(LetterKind::Acknowledgement) && !self.wrote(LetterKind::ArchiveProblem);
        if !first && let Some(tomorrow) = self.wait_for_tomorrow() {
            later.insert(tomorrow);
            return;
        }
        let status = self.status(&waiting);
        let nothing_read = status.inventory.is_empty() && status.other_files.is_empty() && status.unreadable.is_empty();
        let kind = match (first, nothing_read && (status.has_links || !status.archive_problems.is_empty())) {
            (true, true) => LetterKind::ArchiveProblem,
            (true, false) => LetterKind::Acknowledgement,
            (false, _) if self.state.complete && !self.wrote(LetterKind::FileComplete) => LetterKind::FileComplete,
            (false, _) => LetterKind::SupplementReceived,
        };
        let letter_key = match kind {
            LetterKind::FileComplete => format!("{}/complete", self.facts.number),
            _ if first => format!("{}/first", self.facts.number),
            _ => format!("{}/supplement/{}", self.facts.number, last.mail_id),
        };
        let mut letter = self.letter(letter_key, kind, LetterBody::Status(Box::new(status)), last);
        letter.answers = waiting.iter().map(|mail| mail.mail_id).collect();
        letters.push(letter);
    }

    /// The fee came, came short, or completed the dossier.
    fn speak_of_money(&self, letters: &mut Vec<DueLetter>, later: &mut BTreeSet<DateTime<Utc>>) {
        let Some(last) = self.last_written_mail() else { return };
        // Somebody who has not been answered yet learns everything from that answer.
        if !letters.is_empty() || !self.was_answered() {
            return;
        }
        let (Some(booked_on), received) = (self.facts.fee.booked_on, self.facts.fee.credited) else { return };
        let number = &self.facts.number;
        let due = match self.facts.fee.state {
            FeeState::Credited if self.state.complete => {
                let status = self.status(&[]);
                self.letter(format!("{number}/complete"), LetterKind::FileComplete, LetterBody::Status(Box::new(status)), last)
            }
            FeeState::Credited if !self.wrote(LetterKind::FileComplete) => {
                let body = LetterBody::FeeReceived { received, booked_on, status: Box::new(self.status(&[])) };
                self.letter(format!("{number}/fee-received"), LetterKind::FeeReceived, body, last)
            }
            FeeState::Short => {
                let still_due = Cents(self.rules.fee.cents.0 - received.0);
                let fee = FeeBlock { due: still_due, reference: self.facts.reference.clone(), proof_seen: false };
                let body = LetterBody::FeeShort { received, still_due, booked_on, fee };
                self.letter(format!("{number}/fee-short/{}", received.0), LetterKind::FeeShort, body, last)
            }
            _ if self.state.complete && !self.wrote(LetterKind::FileComplete) => {
                let status = self.status(&[]);
                self.letter(format!("{number}/complete"), LetterKind::FileComplete, LetterBody::Status(Box::new(status)), last)
            }
            FeeState::NotAsked
            | FeeState::Awaited
            | FeeState::ProofSeen
            | FeeState::Credited
            | FeeState::Over
            | FeeState::Double
            | FeeState::Returned => return,
        };
        if self.facts.letters.iter().any(|known| known.letter_key == due.letter_key) {
            return;
        }
        match self.wait_for_tomorrow() {
            Some(tomorrow) => {
                later.insert(tomorrow);
            }
            None => letters.push(due),
        }
    }

    /// What is still missing, some days before the candidate's deadline.
    fn remind(&self, letters: &mut Vec<DueLetter>, later: &mut BTreeSet<DateTime<Utc>>) {
        let Some(last) = self.last_written_mail() else { return };
        let deadline = self.deadline();
        for days in &self.rules.letters.reminder_days {
            let Some(day) = deadline.date().checked_sub_days(Days::new(u64::from(*days))) else { continue };
            let morning = calendar::from_paris(day.and_time(MORNING));
            if self.now < morning {
                later.insert(morning);
                continue;
            }
            let lately = self.facts.letters.iter().any(|letter| !letter.cancelled && letter.queued_at > morning - TimeDelta::days(3));
            // Somebody whose transfer came short was asked for the rest, or to write; that is not repeated.
            let fee_awaited = self.fee_is_asked() && self.state.fee_state != FeeState::Short;
            let told_something = !self.state.missing.is_empty() || !self.state.missing_translations.is_empty() || fee_awaited;
            let open = self.now < calendar::from_paris(deadline) && !self.state.complete && told_something;
            if self.today != day || lately || !open || !self.was_answered() || !letters.is_empty() {
                continue;
            }
            let body = LetterBody::Status(Box::new(self.status(&[])));
            letters.push(self.letter(format!("{}/reminder/{day}", self.facts.number), LetterKind::Reminder, body, last));
        }
    }

    /// The interview that a person fixed; a new date is a new invitation.
    fn invite(&self, letters: &mut Vec<DueLetter>) {
        let (Some(interview), Some(last)) = (&self.facts.corrections.interview, self.last_written_mail()) else { return };
        if calendar::from_paris(interview.at) <= self.now {
            return;
        }
        let body = LetterBody::Interview { at: interview.at, place_or_link: interview.place_or_link.clone(), duration_minutes: interview.minutes };
        let letter_key = format!("{}/interview/{}", self.facts.number, interview.fixed_at.format("%Y-%m-%dT%H:%M:%SZ"));
        letters.push(self.letter(letter_key, LetterKind::InterviewInvitation, body, last));
    }

    /// The jury's decision, once a person has approved its letter.
    fn announce_decision(&self, letters: &mut Vec<DueLetter>) {
        let (Some((decision, session)), Some(last)) = (self.decision(), self.last_written_mail()) else { return };
        let body = LetterBody::Decision {
            jury: jury_line(session),
            register_before: is_admission(decision.kind).then(|| self.registration_ends(self.today)).flatten(),
            comment: decision.comment.clone(),
        };
        letters.push(self.letter(self.decision_key(decision), decision.kind, body, last));
    }

    /// Some days before the place of an admitted candidate is no longer kept. The days run from a dispatch that did not come back.
    fn remind_of_registration(&self, letters: &mut Vec<DueLetter>, later: &mut BTreeSet<DateTime<Utc>>) {
        let (Some((decision, session)), Some(last)) = (self.decision(), self.last_written_mail()) else { return };
        let decision_key = self.decision_key(decision);
        let arrived = self.facts.letters.iter().find(|letter| letter.letter_key == decision_key && !letter.cancelled && !letter.bounced_hard);
        let (Some(announced), false) = (arrived.filter(|_| is_admission(decision.kind)), self.facts.corrections.registered) else { return };
        let Some(last_day) = self.registration_ends(calendar::paris(announced.queued_at).date()) else { return };
        for days in &self.rules.letters.registration_reminder_days {
            let Some(day) = last_day.checked_sub_days(Days::new(u64::from(*days))) else { continue };
            let morning = calendar::from_paris(day.and_time(MORNING));
            if self.now < morning {
                later.insert(morning);
            } else if self.today < last_day {
                let body = LetterBody::Decision { jury: jury_line(session), register_before: Some(last_day), comment: None };
                letters.push(self.letter(format!("{}/registration/{day}", self.facts.number), LetterKind::RegistrationReminder, body, last));
            }
        }
    }

    /// The decision that a person has approved, and its session.
    fn decision(&self) -> Option<(&DecisionFacts, &JurySession)> {
        let decision = self.facts.decision.as_ref().filter(|decision| decision.approved)?;
        Some((decision, self.rules.juries.iter().find(|session| session.name == decision.session)?))
    }

    fn decision_key(&self, decision: &DecisionFacts) -> String {
        format!("{}/decision/{}", self.facts.number, decision.session)
    }

    /// The last day of the registration window that begins with a letter of that day.
    fn registration_ends(&self, announced_on: NaiveDate) -> Option<NaiveDate> {
        announced_on.checked_add_days(Days::new(u64::from(self.rules.campaign.registration_days)))
    }

    /// The last letter to somebody who withdraws: it was noted.
    fn note_withdrawal(&self, letters: &mut Vec<DueLetter>) {
        if let Some(last) = self.last_written_mail() {
            letters.push(self.letter(format!("{}/withdrawn", self.facts.number), LetterKind::WithdrawalNoted, LetterBody::Plain, last));
        }
    }

    fn letter(&self, letter_key: String, kind: LetterKind, body: LetterBody, to: &MailFacts) -> DueLetter {
        let programme = self.state.programme.as_ref().and_then(|code| self.rules.programmes.iter().find(|programme| programme.code == *code));
        let programme_title = programme.map(|programme| match self.state.language {
            LetterLanguage::French => programme.title.clone(),
            LetterLanguage::English => programme.title_en.clone(),
        });
        let by_the_rules = self.rules.letters.held.iter().any(|slug| slug == kind.slug());
        DueLetter {
            letter_key,
            held: by_the_rules || promises_what_only_a_person_can(kind, &body),
            letter: CandidateLetter {
                kind,
                language: self.state.language,
                number: self.facts.number.clone(),
                candidate_name: self.state.name.clone(),
                programme_title,
                body,
                with_privacy_notice: self.facts.letters.iter().all(|letter| letter.cancelled),
            },
            to: to.from_address.clone(),
            in_reply_to: to.message_id.clone(),
            references: to.references.clone(),
            answers: Vec::new(),
        }
    }

    fn wrote(&self, kind: LetterKind) -> bool {
        self.facts.letters.iter().any(|letter| letter.kind == kind && !letter.cancelled)
    }

    fn was_answered(&self) -> bool {
        self.wrote(LetterKind::Acknowledgement) || self.wrote(LetterKind::ArchiveProblem)
    }

    /// Tomorrow morning, when a letter besides the acknowledgement went out today.
    fn wait_for_tomorrow(&self) -> Option<DateTime<Utc>> {
        let wrote_today = self.facts.letters.iter().any(|letter| {
            !letter.cancelled
                && !matches!(letter.kind, LetterKind::Acknowledgement | LetterKind::ArchiveProblem)
                && calendar::paris(letter.queued_at).date() == self.today
        });
        let tomorrow = self.today.checked_add_days(Days::new(1))?;
        wrote_today.then(|| calendar::from_paris(tomorrow.and_time(MORNING)))
    }

    /// The latest mail of the candidate's that a letter can be threaded to.
    fn last_written_mail(&self) -> Option<&MailFacts> {
        let hard = self.facts.letters.iter().rev().find(|letter| !letter.cancelled).is_some_and(|letter| letter.bounced_hard);
        self.facts.mails.iter().rev().find(|mail| mail.class.brings_documents() && !mail.from_address.is_empty()).filter(|_| !hard)
    }
}

/// A dossier is complete, and no jury is ahead or it came late: what becomes of it is for a person to say.
fn promises_what_only_a_person_can(kind: LetterKind, body: &LetterBody) -> bool {
    matches!(body, LetterBody::Status(status) if kind == LetterKind::FileComplete && (status.after_last_jury || status.late))
}

fn is_admission(kind: LetterKind) -> bool {
    matches!(kind, LetterKind::DecisionAdmitted | LetterKind::DecisionAdmittedSubjectToDegree)
}

/// `(2/2)` in the subject: nothing more is to be waited for.
fn is_last_part(mail: &MailFacts) -> bool {
    mail.subject.split_once('/').is_some_and(|(before, after)| {
        let part = before.chars().rev().take_while(char::is_ascii_digit).collect::<String>().chars().rev().collect::<String>();
        let all: String = after.chars().take_while(char::is_ascii_digit).collect();
        !part.is_empty() && part == all && part != "1"
    })
}

/// Letters that wait for the next day leave in the morning.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The last part of a path in an archive: the name as the candidate sees it in a folder.
pub fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
}
