//! Whose mail is it: one dossier for one person across addresses and supplements, and two people never joined on a name alone.

use chrono::NaiveDate;

use crate::domain::person::PersonName;
use crate::domain::profile::naming;
use crate::domain::profile::{Sameness, same_person};

/// What is known of a mail when its dossier is looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arrival {
    pub from_address: String,
    pub reply_to: Option<String>,
    /// `In-Reply-To` and `References`, the nearest first.
    pub references: Vec<String>,
    pub subject: String,
    pub own_text: String,
    /// It brings pieces: then it opens a dossier when none fits.
    pub brings_documents: bool,
    /// Whom its pieces are about.
    pub person: Option<PersonName>,
    pub birth_date: Option<NaiveDate>,
}

/// What is known of a dossier when a mail looks for its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownDossier {
    pub dossier_id: i64,
    pub number: String,
    pub reference: String,
    pub addresses: Vec<String>,
    /// Message-IDs of the candidate's mails and of our letters.
    pub message_ids: Vec<String>,
    pub subjects: Vec<String>,
    pub person: Option<PersonName>,
    pub birth_date: Option<NaiveDate>,
}

/// Where a mail belongs, and by which sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    Existing {
        dossier_id: i64,
        basis: &'static str,
    },
    New {
        basis: &'static str,
    },
    /// It opens no dossier and belongs to none.
    Nobody,
}

/// Finds the dossier of a mail: by thread, by number, by address, by name *and* birth date, by the subject it answers *and* name.
pub fn assign(arrival: &Arrival, known: &[KnownDossier]) -> Assignment {
    let found = by_thread(arrival, known)
        .map(|dossier| (dossier, "thread"))
        .or_else(|| by_number(arrival, known).map(|dossier| (dossier, "number")))
        .or_else(|| by_address(arrival, known).map(|dossier| (dossier, "address")))
        .filter(|(dossier, _)| !is_somebody_else(arrival, dossier))
        .or_else(|| by_person(arrival, known).map(|dossier| (dossier, "name_and_birth_date")))
        .or_else(|| by_answered_subject(arrival, known).map(|dossier| (dossier, "answered_subject_and_name")));
    match found {
        Some((dossier, basis)) => Assignment::Existing { dossier_id: dossier.dossier_id, basis },
        None if arrival.brings_documents => Assignment::New { basis: "first_mail" },
        None => Assignment::Nobody,
    }
}

fn by_thread<'a>(arrival: &Arrival, known: &'a [KnownDossier]) -> Option<&'a KnownDossier> {
    arrival.references.iter().find_map(|reference| known.iter().find(|dossier| dossier.message_ids.contains(reference)))
}

/// The dossier number or the whole reference, in the subject first.
fn by_number<'a>(arrival: &Arrival, known: &'a [KnownDossier]) -> Option<&'a KnownDossier> {
    [&arrival.subject, &arrival.own_text].into_iter().find_map(|text| {
        let compact: String = text.chars().filter(|letter| letter.is_ascii_alphanumeric()).map(|letter| letter.to_ascii_uppercase()).collect();
        let upper = text.to_uppercase();
        let mut named = known.iter().filter(|dossier| upper.contains(&dossier.number) || compact.contains(&dossier.reference));
        match (named.next(), named.next()) {
            (Some(dossier), None) => Some(dossier),
            _ => None,
        }
    })
}

/// One address may serve two candidates (a couple, an agency): then the pieces must say whose they are.
fn by_address<'a>(arrival: &Arrival, known: &'a [KnownDossier]) -> Option<&'a KnownDossier> {
    let mine = |address: &str| !address.is_empty() && (address.eq_ignore_ascii_case(&arrival.from_address) || is_reply_to(arrival, address));
    let sharing: Vec<&KnownDossier> = known.iter().filter(|dossier| dossier.addresses.iter().any(|address| mine(address))).collect();
    let by_name = sharing.iter().copied().find(|dossier| match (&arrival.person, &dossier.person) {
        (Some(one), Some(other)) => naming::names_agree(one, other) == Some(true),
        _ => false,
    });
    by_name.or_else(|| sharing.last().copied())
}

fn is_reply_to(arrival: &Arrival, address: &str) -> bool {
    arrival.reply_to.as_ref().is_some_and(|reply_to| address.eq_ignore_ascii_case(reply_to))
}

/// The pieces name another person than the dossier's: another birth date and another name.
fn is_somebody_else(arrival: &Arrival, dossier: &KnownDossier) -> bool {
    let (Some(one), Some(other)) = (&arrival.person, &dossier.person) else { return false };
    let births_differ = matches!((arrival.birth_date, dossier.birth_date), (Some(one), Some(other)) if one != other);
    births_differ && naming::names_agree(one, other) != Some(true)
}

fn by_person<'a>(arrival: &Arrival, known: &'a [KnownDossier]) -> Option<&'a KnownDossier> {
    let person = arrival.person.as_ref()?;
    arrival.birth_date?;
    known.iter().find(|dossier| {
        dossier.person.as_ref().is_some_and(|other| same_person(person, arrival.birth_date, other, dossier.birth_date) == Sameness::Same)
    })
}

/// A reply without reply headers, from an address nobody knows: the subject of a known mail after "Re:", and the candidate's name as well.
fn by_answered_subject<'a>(arrival: &Arrival, known: &'a [KnownDossier]) -> Option<&'a KnownDossier> {
    let answered = answered_subject(&arrival.subject)?;
    let spoken = naming::key(&format!("{} {}", arrival.subject, arrival.own_text));
    let mut fitting = known.iter().filter(|dossier| {
        let Some(person) = &dossier.person else { return false };
        let named_in_pieces = arrival.person.as_ref().is_some_and(|other| naming::names_agree(person, other) == Some(true));
        let words = naming::key(&person.full);
        let named_in_text = words.split(' ').filter(|word| word.len() > 1).all(|word| spoken.split(' ').any(|said| said == word));
        dossier.subjects.iter().any(|subject| naming::key(subject) == answered) && (named_in_pieces || named_in_text)
    });
    match (fitting.next(), fitting.next()) {
        (Some(dossier), None) => Some(dossier),
        _ => None,
    }
}

/// The folded subject that a reply answers; `None` when it is no reply.
fn answered_subject(subject: &str) -> Option<String> {
    let (mark, rest) = subject.split_once(':')?;
    let is_reply =
        matches!(mark.trim().to_lowercase().as_str(), "re" | "rép" | "rep" | "aw" | "rif" | "res" | "sv" | "antw" | "答复" | "回复" | "ynt");
    let key = naming::key(rest);
    (is_reply && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<KnownDossier> {
        vec![
            KnownDossier {
                dossier_id: 1,
                number: "MS24-0001".into(),
                reference: "RF24MS24K7QX2D".into(),
                addresses: vec!["ana@example.org".into()],
                message_ids: vec!["first@example.org".into()],
                subjects: vec!["Dossier Ana PRADO".into()],
                person: Some(PersonName::new("Ana", "Prado")),
                birth_date: NaiveDate::from_ymd_opt(1999, 5, 1),
            },
            KnownDossier {
                dossier_id: 2,
                number: "MS24-0002".into(),
                reference: "RF98MS24ZZQX2D".into(),
                addresses: vec!["ANA@example.org".into()],
                person: Some(PersonName::new("Luis", "Prado")),
                birth_date: NaiveDate::from_ymd_opt(1997, 5, 1),
                ..KnownDossier::default()
            },
        ]
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Arrival), expected: Assignment) {
        let mut arrival = Arrival { brings_documents: true, from_address: "new@example.org".into(), ..Arrival::default() };
        change(&mut arrival);
        assert_eq!(assign(&arrival, &known()), expected);
    }

    #[test]
    fn each_sign_finds_its_dossier_and_a_name_alone_joins_nobody() {
        let existing = |dossier_id, basis| Assignment::Existing { dossier_id, basis };
        check(|_| {}, Assignment::New { basis: "first_mail" });
        check(|mail| mail.brings_documents = false, Assignment::Nobody);
        check(|mail| mail.references = vec!["first@example.org".into()], existing(1, "thread"));
        check(|mail| mail.subject = "Pièce pour ms24-0002".into(), existing(2, "number"));
        check(|mail| mail.own_text = "ma référence est RF98 MS24 ZZQX 2D".into(), existing(2, "number"));
        check(|mail| mail.person = Some(PersonName::new("Ana", "Prado")), Assignment::New { basis: "first_mail" });
        let ana = |mail: &mut Arrival| {
            mail.person = Some(PersonName::new("ANA", "PRADO"));
            mail.birth_date = NaiveDate::from_ymd_opt(1999, 5, 1);
        };
        check(ana, existing(1, "name_and_birth_date"));
        check(|mail| mail.subject = "RE : Dossier Ana PRADO".into(), existing(1, "answered_subject_and_name"));
    }

    #[test]
    fn a_shared_address_is_settled_by_the_pieces() {
        let shared = |mail: &mut Arrival| mail.from_address = "ana@Example.org".into();
        check(
            |mail| {
                shared(mail);
                mail.person = Some(PersonName::new("Ana", "Prado"));
            },
            Assignment::Existing { dossier_id: 1, basis: "address" },
        );
        check(
            |mail| {
                shared(mail);
                mail.person = Some(PersonName::new("Eva", "Sanz"));
                mail.birth_date = NaiveDate::from_ymd_opt(2000, 2, 2);
            },
            Assignment::New { basis: "first_mail" },
        );
    }
}
