//! Which letters are due to a candidate, and what each has to say.
//!
//! One letter answers all mails that came close together; at most one a day beside the acknowledgement; nothing doubtful is ever in one.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DocumentStatus, DossierFacts, DossierState, MailFacts, Timeliness, UnreadableFile};
use crate::domain::finding::Reason;
use crate::domain::letter::{
    CandidateLetter, FeeBlock, InventoryItem, JuryLine, LetterBody, LetterKind, MailReceived, MissingItem, StatusLetter, TranslationItem,
    UnreadableItem,
};
use crate::domain::money::Cents;
use crate::domain::payment::FeeState;
use crate::domain::plan::{DueLetter, next_jury};
use crate::domain::rules::{JurySession, Rules};

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
    let mut letters = Vec::new();
    if facts.corrections.withdrawn {
        desk.note_withdrawal(&mut letters);
        letters.retain(|letter| !facts.letters.iter().any(|known| known.letter_key == letter.letter_key));
        return (letters, None);
    }
    let mut later = BTreeSet::new();
    desk.answer(&mut letters, &mut later);
    desk.speak_of_money(&mut letters, &mut later);
    desk.remind(&mut letters, &mut later);
    desk.announce_decision(&mut letters);
    letters.retain(|letter| !facts.letters.iter().any(|known| known.letter_key == letter.letter_key));
    (letters, later.into_iter().find(|instant| *instant > now))
}

impl Desk<'_> {
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
                let body = LetterBody::FeeReceived {
                    received,
                    booked_on,
                    documents_complete: self.state.documents_complete,
                    still_missing: self.state.missing.clone(),
                    jury: self.jury_line(),
                };
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

    /// The jury's decision, once a person has approved its letter.
    fn announce_decision(&self, letters: &mut Vec<DueLetter>) {
        let Some(decision) = self.facts.decision.as_ref().filter(|decision| decision.approved) else { return };
        let Some(last) = self.last_written_mail() else { return };
        let Some(session) = self.rules.juries.iter().find(|session| session.name == decision.session) else { return };
        let admitted = matches!(decision.kind, LetterKind::DecisionAdmitted | LetterKind::DecisionAdmittedSubjectToDegree);
        let register_before = self.today.checked_add_days(Days::new(u64::from(self.rules.campaign.registration_days)));
        let body = LetterBody::Decision {
            jury: jury_line(session),
            register_before: register_before.filter(|_| admitted),
            comment: decision.comment.clone(),
        };
        letters.push(self.letter(format!("{}/decision/{}", self.facts.number, decision.session), decision.kind, body, last));
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
            crate::domain::letter::LetterLanguage::French => programme.title.clone(),
            crate::domain::letter::LetterLanguage::English => programme.title_en.clone(),
        });
        DueLetter {
            letter_key,
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
            held: self.rules.letters.held.iter().any(|slug| slug == kind.slug()),
        }
    }

    /// The dossier as the candidate is told it: what is certain, and nothing else.
    fn status(&self, mails: &[&MailFacts]) -> StatusLetter {
        let state = self.state;
        let doubtful: BTreeSet<DocumentKind> = state.to_check.iter().map(|check| check.requirement).collect();
        let fresh: BTreeSet<i64> = mails.iter().map(|mail| mail.mail_id).collect();
        let of_mails = |mail_id: i64| mails.is_empty() || fresh.contains(&mail_id);
        let unreadable: Vec<&UnreadableFile> = state
            .unreadable
            .iter()
            .filter(|item| reason_for_candidate(item.reason))
            // A reminder speaks of a closed file only where it stands for a piece that lacks.
            .filter(|item| !mails.is_empty() || item.name_hint.is_some_and(|kind| state.missing.contains(&kind)))
            .filter(|item| self.facts.files.iter().any(|file| file.sha256 == item.sha256 && of_mails(file.mail_id)))
            .collect();
        // A file that cannot be opened and bears the name of a missing piece is that piece: it is asked for once, by its file.
        let asked_by_file: BTreeSet<DocumentKind> = unreadable.iter().filter_map(|item| item.name_hint).collect();
        let missing: Vec<MissingItem> = state
            .missing
            .iter()
            .filter(|kind| !doubtful.contains(kind) && !asked_by_file.contains(kind))
            .map(|&kind| MissingItem { kind, not_blocking: state.missing_not_blocking.contains(&kind) })
            .collect();
        let translations = state.missing_translations.iter().map(|item| TranslationItem {
            kind: item.kind,
            sha256: item.sha256.clone(),
            file_name: base_name(&item.file_name),
            language: item.language,
        });
        // Where nothing could be opened there is one thing to do: send it so that it opens. What else lacks is told once it did.
        let nothing_opened = self.facts.files.is_empty();
        let spoken_of: Vec<&MailFacts> = if mails.is_empty() && nothing_opened { self.facts.mails.iter().collect() } else { mails.to_vec() };
        let has_links = spoken_of.iter().any(|mail| mail.has_links);
        let archive_problems: Vec<_> = spoken_of.iter().flat_map(|mail| mail.archive_problems.iter().cloned()).collect();
        let missing = if nothing_opened && (has_links || !archive_problems.is_empty()) { Vec::new() } else { missing };
        StatusLetter {
            mails: mails.iter().map(|mail| MailReceived { arrived_at: mail.arrived_at, n_files: mail.n_files }).collect(),
            missing,
            missing_translations: translations.collect(),
            unreadable: unreadable
                .into_iter()
                .map(|item| UnreadableItem { sha256: item.sha256.clone(), file_name: base_name(&item.file_name), reason: item.reason })
                .collect(),
            archive_problems,
            has_links,
            inventory: self.inventory(),
            other_files: self.other_files(),
            being_checked: !state.to_check.is_empty(),
            documents_complete: state.documents_complete,
            complete: state.complete,
            fee: self.fee_is_asked().then(|| FeeBlock {
                due: self.fee_still_due(),
                reference: self.facts.reference.clone(),
                proof_seen: state.fee_state == FeeState::ProofSeen,
            }),
            fee_credited: matches!(state.fee_state, FeeState::Credited | FeeState::Over | FeeState::Double) || self.facts.corrections.fee_accepted,
            jury: self.jury_line(),
            deadline: (state.timeliness != Timeliness::Late).then(|| self.deadline()).filter(|deadline| calendar::from_paris(*deadline) > self.now),
            late: state.timeliness == Timeliness::Late,
            visa_warning: state.timeliness == Timeliness::AfterInternationalDate,
        }
    }

    fn inventory(&self) -> Vec<InventoryItem> {
        let accepted = self.state.documents.iter().filter(|document| document.status == DocumentStatus::Accepted);
        let mut items: Vec<InventoryItem> = accepted
            .map(|document| {
                let span = (document.pages.first().copied().unwrap_or(1), document.pages.last().copied().unwrap_or(1));
                let language = document.languages.first().copied();
                InventoryItem {
                    kind: document.kind,
                    file_name: base_name(&document.file_name),
                    pages: (document.file_pages > u32::try_from(document.pages.len()).unwrap_or(u32::MAX)).then_some(span),
                    language: language
                        .filter(|language| document.kind.needs_translation() && (document.is_translation || !language.is_read_by_the_school())),
                    is_translation: document.is_translation,
                }
            })
            .collect();
        items.sort_by(|a, b| (a.kind, a.is_translation, &a.file_name, a.pages).cmp(&(b.kind, b.is_translation, &b.file_name, b.pages)));
        items
    }

    /// Files that came and are none of the inventory: off the list, or before the assistant's eyes.
    fn other_files(&self) -> Vec<String> {
        let listed: BTreeSet<&str> = self
            .state
            .documents
            .iter()
            .filter(|document| document.status == DocumentStatus::Accepted)
            .map(|document| document.sha256.as_str())
            .chain(self.state.unreadable.iter().map(|item| item.sha256.as_str()))
            .collect();
        let mut names: Vec<String> =
            self.facts.files.iter().filter(|file| !listed.contains(file.sha256.as_str())).map(|file| base_name(&file.name)).collect();
        names.sort();
        names.dedup();
        names
    }

    fn fee_is_asked(&self) -> bool {
        matches!(self.state.fee_state, FeeState::Awaited | FeeState::ProofSeen | FeeState::Returned | FeeState::Short)
            && !self.facts.corrections.fee_accepted
    }

    fn fee_still_due(&self) -> Cents {
        match self.state.fee_state {
            FeeState::Short => Cents((self.rules.fee.cents.0 - self.facts.fee.credited.0).max(0)),
            _ => self.rules.fee.cents,
        }
    }

    /// The instant announced to this candidate, Paris time.
    fn deadline(&self) -> NaiveDateTime {
        let campaign = &self.rules.campaign;
        let international = self.state.international == Some(true) && self.state.timeliness != Timeliness::AfterInternationalDate;
        if international && calendar::paris(self.now) <= campaign.international_announced {
            campaign.international_announced
        } else {
            campaign.deadline_announced
        }
    }

    fn jury_line(&self) -> Option<JuryLine> {
        let named = self.facts.batched_for.as_ref().and_then(|name| self.rules.juries.iter().find(|session| session.name == *name));
        named.or_else(|| next_jury(self.rules, self.today)).map(jury_line)
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

fn jury_line(session: &JurySession) -> JuryLine {
    JuryLine { label_fr: session.label_fr.clone(), label_en: session.label_en.clone(), date: session.date, cut_off: session.cut_off_day() }
}

/// The last part of a path in an archive: the name as the candidate sees it in a folder.
pub fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
}

/// Reasons that a letter may give for an unreadable file; anything else stays with the assistant.
fn reason_for_candidate(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::FileEmpty
            | Reason::FileTruncated
            | Reason::FilePassword
            | Reason::FileDamaged
            | Reason::FileUnknownFormat
            | Reason::FilePreviewOnly
            | Reason::FileTooLarge
            | Reason::FileTooManyPages
    )
}
