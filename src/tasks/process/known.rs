//! What all dossiers are known by, looked up rather than walked through: a mail is compared only with the dossiers that could be its own.
//!
//! Read once for a round and kept up to date mail by mail, so that a day of many mails costs as much for each as a quiet one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::Connection;
use serde::Deserialize;

use super::hand::LooseAnswer;
use super::profile_of;
use crate::domain::assignment::{self, Arrival, Assignment, KnownDossier};
use crate::domain::mail::MailClass;
use crate::domain::person::PersonName;
use crate::domain::profile::naming;
use crate::domain::rules::Rules;
use crate::store::mails::MailTie;
use crate::store::{dossiers, from_json, hand_answers, mails, outbox};

/// Which dossiers a sign points to.
type Pointers<K> = BTreeMap<K, BTreeSet<i64>>;

/// All dossiers and the signs by which they are found.
#[derive(Debug, Default)]
pub struct Known {
    dossiers: BTreeMap<i64, KnownDossier>,
    by_message_id: Pointers<String>,
    by_address: Pointers<String>,
    by_subject: Pointers<String>,
    by_birth_date: Pointers<NaiveDate>,
    by_number: BTreeMap<String, i64>,
    by_reference: BTreeMap<String, i64>,
    /// References that were given out.
    pub references: BTreeSet<String>,
    /// What numbers begin with, and how long references are.
    prefixes: BTreeSet<String>,
    reference_lengths: BTreeSet<usize>,
    /// Opened in this round: the plan has not looked at them yet.
    unreviewed: BTreeSet<i64>,
    /// What people wrote by hand lately to nobody we knew then.
    pub loose_answers: Vec<LooseAnswer>,
}

/// Of a dossier's state, whom it is about.
#[derive(Debug, Deserialize)]
struct Subject {
    person: Option<PersonName>,
    birth_date: Option<NaiveDate>,
}

/// A mail by hand is tied to a candidate's mail that is processed after it, when both came within this time.
const LOOSE_DAYS: i64 = 3;

impl Known {
    pub fn read(connection: &Connection, rules: &Rules, now: DateTime<Utc>) -> anyhow::Result<Known> {
        let mut known = Known::default();
        for row in dossiers::all(connection)? {
            let subject = match row.state_json.as_deref() {
                Some(state) => from_json::<Subject>(state)?,
                None => {
                    known.unreviewed.insert(row.dossier_id);
                    subject_of_files(connection, row.dossier_id, rules)?
                }
            };
            known.add_dossier(row.dossier_id, &row.number, &row.reference, subject.person, subject.birth_date);
        }
        for tie in mails::ties(connection)? {
            known.add_mail(&tie);
        }
        for (dossier_id, message_id) in outbox::message_ids(connection)? {
            known.add_message_id(dossier_id, message_id);
        }
        for (mail_id, at, facts) in hand_answers::loose_since(connection, now - TimeDelta::days(LOOSE_DAYS))? {
            known.loose_answers.push(LooseAnswer::read(mail_id, at, &facts)?);
        }
        Ok(known)
    }

    fn add_dossier(&mut self, dossier_id: i64, number: &str, reference: &str, person: Option<PersonName>, birth_date: Option<NaiveDate>) {
        self.by_number.insert(number.to_owned(), dossier_id);
        self.prefixes.extend(number.rsplit_once('-').map(|(prefix, _)| prefix.to_owned()));
        self.reference_lengths.insert(reference.len());
        self.references.insert(reference.to_owned());
        self.by_reference.insert(reference.to_owned(), dossier_id);
        let dossier =
            KnownDossier { dossier_id, number: number.to_owned(), reference: reference.to_owned(), person, birth_date, ..KnownDossier::default() };
        if let Some(birth_date) = birth_date {
            self.by_birth_date.entry(birth_date).or_default().insert(dossier_id);
        }
        self.dossiers.insert(dossier_id, dossier);
    }

    /// A dossier that was just opened. Whom it is about is told by [`Known::look_again`].
    pub fn open(&mut self, dossier_id: i64, number: &str, reference: &str) {
        self.unreviewed.insert(dossier_id);
        self.add_dossier(dossier_id, number, reference, None, None);
    }

    /// A dossier that no plan has looked at got files: they may say whose it is.
    pub fn look_again(&mut self, connection: &Connection, dossier_id: i64, rules: &Rules) -> anyhow::Result<()> {
        if !self.unreviewed.contains(&dossier_id) {
            return Ok(());
        }
        let subject = subject_of_files(connection, dossier_id, rules)?;
        if let Some(birth_date) = subject.birth_date {
            self.by_birth_date.entry(birth_date).or_default().insert(dossier_id);
        }
        if let Some(dossier) = self.dossiers.get_mut(&dossier_id) {
            dossier.person = subject.person;
            dossier.birth_date = subject.birth_date;
        }
        Ok(())
    }

    pub fn add_mail(&mut self, tie: &MailTie) {
        let Some(dossier) = self.dossiers.get_mut(&tie.dossier_id) else { return };
        dossier.subjects.push(tie.subject.clone());
        self.by_subject.entry(naming::key(&tie.subject)).or_default().insert(tie.dossier_id);
        if tie.class.is_some_and(|class| class.brings_documents() || class == MailClass::Question) {
            dossier.addresses.extend(tie.from_address.clone());
            self.by_address.entry(tie.from_address.as_deref().unwrap_or_default().to_lowercase()).or_default().insert(tie.dossier_id);
        }
        if let Some(message_id) = &tie.message_id {
            self.add_message_id(tie.dossier_id, message_id.clone());
        }
    }

    fn add_message_id(&mut self, dossier_id: i64, message_id: String) {
        let Some(dossier) = self.dossiers.get_mut(&dossier_id) else { return };
        dossier.message_ids.push(message_id.clone());
        self.by_message_id.entry(message_id).or_default().insert(dossier_id);
    }

    /// The dossiers in whose thread one of these Message-IDs stands.
    pub fn in_threads<'a>(&self, message_ids: impl Iterator<Item = &'a String>) -> BTreeSet<i64> {
        message_ids.filter_map(|message_id| self.by_message_id.get(message_id)).flatten().copied().collect()
    }

    /// The dossiers whose candidates write from one of these addresses.
    pub fn at_addresses<'a>(&self, addresses: impl Iterator<Item = &'a String>) -> BTreeSet<i64> {
        addresses
            .filter(|address| !address.is_empty())
            .filter_map(|address| self.by_address.get(&address.to_lowercase()))
            .flatten()
            .copied()
            .collect()
    }

    /// Finds the dossier of a mail, among those that some sign of it points to; no other could be found by `assign`.
    pub fn assign(&self, arrival: &Arrival) -> Assignment {
        let mut pointed_to = self.in_threads(arrival.references.iter());
        pointed_to.extend(self.at_addresses(arrival.reply_to.iter().chain([&arrival.from_address])));
        pointed_to.extend([&arrival.subject, &arrival.own_text].into_iter().flat_map(|text| self.named_in(text)));
        pointed_to.extend(arrival.birth_date.and_then(|birth_date| self.by_birth_date.get(&birth_date)).into_iter().flatten());
        let answered = arrival.subject.split_once(':').map(|(_, answered)| naming::key(answered));
        pointed_to.extend(answered.and_then(|answered| self.by_subject.get(&answered)).into_iter().flatten());
        let candidates: Vec<KnownDossier> = pointed_to.iter().filter_map(|dossier_id| self.dossiers.get(dossier_id)).cloned().collect();
        assignment::assign(arrival, &candidates)
    }

    /// Dossiers whose number or whole reference stands in a text.
    fn named_in(&self, text: &str) -> BTreeSet<i64> {
        let mut named = BTreeSet::new();
        let upper = text.to_uppercase();
        for prefix in &self.prefixes {
            for (at, _) in upper.match_indices(prefix.as_str()) {
                let after = upper.get(at + prefix.len()..).and_then(|after| after.strip_prefix('-')).unwrap_or_default();
                let n_digits = after.bytes().take(ORDINAL_DIGITS_MAX).take_while(u8::is_ascii_digit).count();
                // `MS24-00421` holds `MS24-0042` for whoever looks for it.
                let spelt = (1..=n_digits).filter_map(|length| after.get(..length)).map(|digits| format!("{prefix}-{digits}"));
                named.extend(spelt.filter_map(|number| self.by_number.get(&number)));
            }
        }
        let compact: String = text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
        for (at, _) in compact.match_indices("RF") {
            let spelt = self.reference_lengths.iter().filter_map(|length| compact.get(at..at + length));
            named.extend(spelt.filter_map(|reference| self.by_reference.get(reference)));
        }
        named
    }
}

const ORDINAL_DIGITS_MAX: usize = 9;

fn subject_of_files(connection: &Connection, dossier_id: i64, rules: &Rules) -> anyhow::Result<Subject> {
    let mut files = Vec::new();
    for mail in mails::ids_of_dossier(connection, dossier_id)? {
        files.extend(mails::files_of_mail(connection, mail)?);
    }
    let drawn = profile_of(&files, &[], rules);
    Ok(Subject { person: drawn.name, birth_date: drawn.birth_date })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut known = Known::default();
        let birth_date = NaiveDate::from_ymd_opt(1999, 5, 1);
        known.add_dossier(1, "MS24-0001", "RF24MS24K7QX2D", Some(PersonName::new("Ana", "Prado")), birth_date);
        known.add_dossier(2, "MS24-0012", "RF98MS24ZZQX2D", Some(PersonName::new("Luis", "Sanz")), None);
        known.add_mail(&MailTie {
            dossier_id: 1,
            message_id: Some(String::from("first@example.org")),
            subject: String::from("Dossier Ana PRADO"),
            from_address: Some(String::from("Ana@example.org")),
            class: Some(MailClass::Application),
        });
        known
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Arrival), expected: Assignment) {
        let known = known();
        let mut arrival = Arrival { brings_documents: true, from_address: "new@example.org".into(), ..Arrival::default() };
        change(&mut arrival);
        assert_eq!(known.assign(&arrival), expected);
        let all: Vec<KnownDossier> = known.dossiers.into_values().collect();
        assert_eq!(assignment::assign(&arrival, &all), expected, "walking through all dossiers finds another");
    }

    #[test]
    fn looking_up_finds_what_walking_through_all_dossiers_finds() {
        let existing = |dossier_id, basis| Assignment::Existing { dossier_id, basis };
        check(|_| {}, Assignment::New { basis: "first_mail" });
        check(|mail| mail.references = vec!["x@y".into(), "first@example.org".into()], existing(1, "thread"));
        check(|mail| mail.subject = "Pièce pour ms24-0012".into(), existing(2, "number"));
        check(|mail| mail.subject = "Pièce pour ms24-00123".into(), existing(2, "number"));
        check(|mail| mail.own_text = "ma référence est RF98 MS24 ZZQX 2D, merci".into(), existing(2, "number"));
        check(|mail| mail.from_address = "ANA@EXAMPLE.ORG".into(), existing(1, "address"));
        check(|mail| mail.reply_to = Some("ana@example.org".into()), existing(1, "address"));
        check(|mail| mail.subject = "RE : Dossier Ana PRADO".into(), existing(1, "answered_subject_and_name"));
        let ana = |mail: &mut Arrival| {
            mail.person = Some(PersonName::new("ANA", "PRADO"));
            mail.birth_date = NaiveDate::from_ymd_opt(1999, 5, 1);
        };
        check(ana, existing(1, "name_and_birth_date"));
    }
}
