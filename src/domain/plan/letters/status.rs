//! The dossier as its candidate is told it: what is certain, what is theirs to do, and nothing else.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::{Desk, base_name};
use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DocumentState, DocumentStatus, MailFacts, MissingTranslation, Stage, Timeliness, UnreadableFile};
use crate::domain::finding::Reason;
use crate::domain::language::Language;
use crate::domain::letter::{
    ArchiveProblem, FeeBlock, InventoryItem, JuryLine, MailReceived, MissingItem, StatusLetter, TranslationItem, UnreadableItem,
};
use crate::domain::money::Cents;
use crate::domain::payment::FeeState;
use crate::domain::rules::JurySession;

impl Desk<'_> {
    /// What a letter says that answers these mails, or none in particular.
    pub(super) fn status(&self, mails: &[&MailFacts]) -> StatusLetter {
        let state = self.state;
        let unreadable = self.unreadable(mails);
        // Where nothing could be opened there is one thing to do: send it so that it opens. What else lacks is told once it did.
        let nothing_opened = self.facts.files.is_empty();
        let spoken_of: Vec<&MailFacts> = if mails.is_empty() && nothing_opened { self.facts.mails.iter().collect() } else { mails.to_vec() };
        let has_links = spoken_of.iter().any(|mail| mail.has_links);
        let archive_problems: Vec<ArchiveProblem> = spoken_of.iter().flat_map(|mail| mail.archive_problems.iter().cloned()).collect();
        let all_is_closed = nothing_opened && (has_links || !archive_problems.is_empty());
        let late = state.timeliness == Timeliness::Late;
        StatusLetter {
            mails: mails.iter().map(|mail| MailReceived { arrived_at: mail.arrived_at, n_files: mail.n_files }).collect(),
            missing: if all_is_closed { Vec::new() } else { self.missing(&unreadable) },
            missing_translations: self.missing_translations(),
            unreadable: unreadable
                .into_iter()
                .map(|item| UnreadableItem { sha256: item.sha256.clone(), file_name: item.file_name.clone(), reason: item.reason })
                .collect(),
            archive_problems,
            has_links,
            inventory: self.inventory(),
            other_files: self.other_files(),
            being_checked: !state.to_check.is_empty(),
            documents_complete: state.documents_complete,
            complete: state.complete,
            fee: self.fee_block(),
            fee_credited: matches!(state.fee_state, FeeState::Credited | FeeState::Over | FeeState::Double) || self.facts.corrections.fee_accepted,
            jury: self.jury_line(),
            deadline: Some(self.deadline()).filter(|deadline| late || calendar::from_paris(*deadline) > self.now),
            after_last_jury: self.after_last_jury(),
            late,
            international_date: self.international_date().filter(|_| !late),
            visa_warning: state.timeliness == Timeliness::AfterInternationalDate && state.stage != Stage::Notified,
        }
    }

    /// Files of these mails that stayed closed. Where no mail is answered, only those that stand for a piece that lacks are spoken of again.
    fn unreadable(&self, mails: &[&MailFacts]) -> Vec<&UnreadableFile> {
        let fresh: BTreeSet<i64> = mails.iter().map(|mail| mail.mail_id).collect();
        let of_mails = |mail_id: i64| mails.is_empty() || fresh.contains(&mail_id);
        let stands_for_a_missing_piece = |item: &UnreadableFile| item.name_hint.is_some_and(|kind| self.state.missing.contains(&kind));
        self.state
            .unreadable
            .iter()
            .filter(|item| reason_for_candidate(item.reason))
            .filter(|item| !mails.is_empty() || stands_for_a_missing_piece(item))
            .filter(|item| self.facts.files.iter().any(|file| file.sha256 == item.sha256 && of_mails(file.mail_id)))
            .collect()
    }

    /// Pieces that lack for certain. A closed file that bears the name of one is that piece: it is asked for once, by its file.
    fn missing(&self, unreadable: &[&UnreadableFile]) -> Vec<MissingItem> {
        let doubtful = |kind: DocumentKind| self.state.to_check.iter().any(|check| check.requirement == kind);
        let asked_by_file = |kind: DocumentKind| unreadable.iter().any(|item| item.name_hint == Some(kind));
        let lacking = self.state.missing.iter().copied().filter(|&kind| !doubtful(kind) && !asked_by_file(kind));
        lacking.map(|kind| MissingItem { kind, not_blocking: self.state.missing_not_blocking.contains(&kind) }).collect()
    }

    fn missing_translations(&self) -> Vec<TranslationItem> {
        let item = |item: &MissingTranslation| TranslationItem {
            kind: item.kind,
            sha256: item.sha256.clone(),
            file_name: item.file_name.clone(),
            language: item.language,
        };
        self.state.missing_translations.iter().map(item).collect()
    }

    fn inventory(&self) -> Vec<InventoryItem> {
        let item = |document: &DocumentState| {
            let span = (document.pages.first().copied().unwrap_or(1), document.pages.last().copied().unwrap_or(1));
            let is_worth_naming =
                |language: &Language| document.kind.needs_translation() && (document.is_translation || !language.is_read_by_the_school());
            InventoryItem {
                kind: document.kind,
                file_name: document.file_name.clone(),
                pages: (document.file_pages as usize > document.pages.len()).then_some(span),
                language: document.languages.first().copied().filter(is_worth_naming),
                is_translation: document.is_translation,
            }
        };
        let mut items: Vec<InventoryItem> = self.accepted().map(item).collect();
        items.sort_by_cached_key(|item| (item.kind, item.is_translation, base_name(&item.file_name), item.file_name.clone(), item.pages));
        items
    }

    /// Files that came and are none of the inventory: off the list, or before the assistant's eyes.
    fn other_files(&self) -> Vec<String> {
        let closed = self.state.unreadable.iter().map(|item| item.sha256.as_str());
        let listed: BTreeSet<&str> = self.accepted().map(|document| document.sha256.as_str()).chain(closed).collect();
        let others = self.facts.files.iter().filter(|file| !listed.contains(file.sha256.as_str()));
        let mut names: Vec<String> = others.map(|file| file.name.clone()).collect();
        names.sort_by_cached_key(|name| (base_name(name), name.clone()));
        names.dedup();
        names
    }

    fn accepted(&self) -> impl Iterator<Item = &DocumentState> {
        self.state.documents.iter().filter(|document| document.status == DocumentStatus::Accepted)
    }

    fn fee_block(&self) -> Option<FeeBlock> {
        self.fee_is_asked().then(|| FeeBlock {
            due: self.fee_still_due(),
            reference: self.facts.reference.clone(),
            proof_seen: self.state.fee_state == FeeState::ProofSeen,
        })
    }

    pub(super) fn fee_is_asked(&self) -> bool {
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
    pub(super) fn deadline(&self) -> NaiveDateTime {
        let campaign = &self.rules.campaign;
        let international = self.state.international == Some(true) && self.state.timeliness != Timeliness::AfterInternationalDate;
        if international && calendar::paris(self.now) <= campaign.international_announced {
            campaign.international_announced
        } else {
            campaign.deadline_announced
        }
    }

    /// Whoever may be an international candidate is told the date that would then hold; judged by the later one.
    fn international_date(&self) -> Option<NaiveDateTime> {
        let announced = self.rules.campaign.international_announced;
        (self.state.international.is_none() && calendar::from_paris(announced) > self.now).then_some(announced)
    }

    /// The jury that a letter may name. Whoever came late is promised none before a person has decided; after the decision none lies ahead.
    fn jury_line(&self) -> Option<JuryLine> {
        if self.state.timeliness == Timeliness::Late || self.state.stage == Stage::Notified {
            return None;
        }
        let name = self.state.jury_session.as_ref()?;
        self.rules.juries.iter().find(|session| session.name == *name).map(jury_line)
    }

    /// Every session is behind, so that only a person can say what becomes of the dossier.
    fn after_last_jury(&self) -> bool {
        let all_are_placed = !self.rules.juries.is_empty() && self.rules.juries.iter().all(|session| session.last_day_to_aim_at().is_some());
        self.state.jury_session.is_none() && all_are_placed && self.state.stage != Stage::Notified
    }
}

pub(super) fn jury_line(session: &JurySession) -> JuryLine {
    JuryLine { label_fr: session.label_fr.clone(), label_en: session.label_en.clone(), date: session.date, cut_off: session.cut_off_day() }
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
