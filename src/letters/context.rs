//! What every template may use (who writes, to whom, about which dossier), and the letters about one occasion.

use serde::Serialize;

use crate::domain::letter::{CandidateLetter, FeeBlock, LetterBody, LetterLanguage};
use crate::domain::rules::Rules;
use crate::letters::typography::{grouped, printable};
use crate::letters::wording::{self, English, French};

const NAME_LENGTH_MAX: usize = 80;

/// The part of the context that all letters share.
#[derive(Serialize)]
pub(crate) struct Frame {
    number: String,
    /// Empty when nobody knows it yet.
    name: String,
    /// Without "Mastère Spécialisé" before it; empty when it is not known for certain.
    programme: String,
    season: String,
    registration_days: String,
    school: SchoolContext,
    with_privacy_notice: bool,
    privacy: PrivacyContext,
    /// The school's wording of receipt and remedies; empty prints nothing.
    legal_notice: String,
}

#[derive(Serialize)]
struct SchoolContext {
    name: String,
    assistant_name: String,
    assistant_title: String,
    telephone: String,
    address: String,
    postal_address: String,
    data_protection_contact: String,
}

#[derive(Serialize)]
struct PrivacyContext {
    not_admitted: String,
    identity: String,
    admitted: String,
}

impl Frame {
    pub(crate) fn of(letter: &CandidateLetter, rules: &Rules) -> Frame {
        let language = letter.language;
        let programme = letter.programme_title.as_deref().unwrap_or_default();
        let programme = programme.strip_prefix("Mastère Spécialisé").map_or(programme, |rest| rest.trim_start_matches([' ', '®', '\u{a0}']));
        Frame {
            number: printable(&letter.number, NAME_LENGTH_MAX),
            name: printable(&letter.candidate_name, NAME_LENGTH_MAX),
            programme: printable(programme, 120),
            ..Frame::in_language(rules, language, letter.with_privacy_notice)
        }
    }

    /// For letters to the school's own people.
    pub(crate) fn of_staff(rules: &Rules) -> Frame {
        Frame::in_language(rules, French, false)
    }

    fn in_language(rules: &Rules, language: LetterLanguage, with_privacy_notice: bool) -> Frame {
        let school = &rules.school;
        let (title, notice) = match language {
            French => (&school.assistant_title_fr, &rules.letters.legal_notice_fr),
            English => (&school.assistant_title_en, &rules.letters.legal_notice_en),
        };
        Frame {
            number: String::new(),
            name: String::new(),
            programme: String::new(),
            season: rules.season.clone(),
            registration_days: rules.campaign.registration_days.to_string(),
            school: SchoolContext {
                name: school.name.clone(),
                assistant_name: school.assistant_name.clone(),
                assistant_title: title.clone(),
                telephone: school.telephone.clone(),
                address: school.address.clone(),
                postal_address: school.postal_address.clone(),
                data_protection_contact: school.data_protection_contact.clone(),
            },
            with_privacy_notice,
            privacy: PrivacyContext {
                not_admitted: wording::months_as_time(rules.privacy.not_admitted_months, language),
                identity: wording::months_as_time(rules.privacy.identity_months, language),
                admitted: wording::months_as_time(rules.privacy.admitted_months, language),
            },
            legal_notice: notice.trim().to_owned(),
        }
    }
}

/// How to pay. The account comes from the rules and from nowhere else.
#[derive(Serialize)]
pub(crate) struct FeeContext {
    due: String,
    whole: String,
    iban: String,
    bic: String,
    beneficiary: String,
    bank_name: String,
    reference: String,
    proof_seen: bool,
    /// A part has been credited; `due` is what remains.
    partial: bool,
}

impl FeeContext {
    pub(crate) fn of(fee: &FeeBlock, rules: &Rules, language: LetterLanguage) -> FeeContext {
        FeeContext {
            due: wording::amount(fee.due, language),
            whole: wording::amount(rules.fee.cents, language),
            iban: grouped(&rules.fee.iban, 4),
            bic: rules.fee.bic.clone(),
            beneficiary: rules.fee.beneficiary.clone(),
            bank_name: rules.fee.bank_name.clone(),
            reference: grouped(&fee.reference, 4),
            proof_seen: fee.proof_seen,
            partial: fee.due < rules.fee.cents,
        }
    }
}

/// The letters about one occasion: money that came, an interview, a decision. What an occasion does not have is empty.
#[derive(Serialize, Default)]
pub(crate) struct OccasionContext {
    received: String,
    still_due: String,
    booked_on: String,
    fee: Option<FeeContext>,
    /// With its date or "date à confirmer".
    jury: String,
    /// For subjects, without date.
    jury_label: String,
    /// With the date in brackets when it has one.
    jury_session: String,
    at: String,
    duration: String,
    place: String,
    /// The place is an address to open.
    place_is_link: bool,
    register_before: String,
    register_before_day: String,
    /// Paragraphs that the jury or the assistant added.
    comment: Vec<String>,
}

impl OccasionContext {
    pub(crate) fn of(letter: &CandidateLetter, rules: &Rules) -> OccasionContext {
        let language = letter.language;
        match &letter.body {
            LetterBody::FeeShort { received, still_due, booked_on, fee } => OccasionContext {
                received: wording::amount(*received, language),
                still_due: wording::amount(*still_due, language),
                booked_on: wording::date(*booked_on, language),
                fee: Some(FeeContext::of(fee, rules, language)),
                ..OccasionContext::default()
            },
            LetterBody::Interview { at, place_or_link, duration_minutes } => OccasionContext {
                at: wording::date_time(*at, language),
                duration: minutes(*duration_minutes, language),
                place: printable(place_or_link, 300),
                place_is_link: place_or_link.starts_with("https://") && !place_or_link.trim().contains(char::is_whitespace),
                ..OccasionContext::default()
            },
            LetterBody::Decision { jury, register_before, comment } => OccasionContext {
                jury: wording::jury(jury, language),
                jury_label: wording::jury_label(jury, language).to_owned(),
                jury_session: match jury.date {
                    Some(day) => format!("{} ({})", wording::jury_label(jury, language), wording::date(day, language)),
                    None => wording::jury_label(jury, language).to_owned(),
                },
                register_before: register_before.map(|day| wording::end_of(day, language)).unwrap_or_default(),
                register_before_day: register_before.map(|day| wording::short_date(day, language)).unwrap_or_default(),
                comment: comment
                    .iter()
                    .flat_map(|comment| comment.lines())
                    .map(|line| printable(line, 2_000))
                    .filter(|line| !line.is_empty())
                    .collect(),
                ..OccasionContext::default()
            },
            LetterBody::Status(_) | LetterBody::FeeReceived { .. } | LetterBody::Plain => OccasionContext::default(),
        }
    }
}

fn minutes(count: u32, language: LetterLanguage) -> String {
    match (count, language) {
        (60, French) => String::from("une heure"),
        (60, English) => String::from("one hour"),
        (0 | 1, _) => format!("{count}\u{a0}minute"),
        (_, French | English) => format!("{count}\u{a0}minutes"),
    }
}
