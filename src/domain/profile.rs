//! The candidate as the pieces and mails draw them: name, birth, nationality, programme, financing, each with its basis.
//!
//! Everything here can be computed again at any time; what a person has decided is applied elsewhere, on top. Absence means "not known".

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::document::{DocumentFacts, DocumentKind, Financing};
use crate::domain::person::PersonName;
use crate::domain::route::Piece;
use crate::domain::rules::Rules;

pub mod correspondence;
pub mod naming;

pub use correspondence::correspondence_language;
pub use naming::{Sameness, names_agree, same_person};

/// What one mail tells about its sender, beside its files.
#[derive(Debug, Clone, Copy)]
pub struct MailHint<'a> {
    /// The display name of `From:`.
    pub from_name: Option<&'a str>,
    pub from_address: &'a str,
    pub subject: &'a str,
    /// The text without quotations and signature.
    pub own_text: &'a str,
    /// Programme codes recognised in the subject and the text.
    pub programmes: &'a [String],
}

/// A piece that seems to be about somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameConflict {
    pub kind: DocumentKind,
    pub name: PersonName,
}

/// The candidate.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Profile {
    pub name: Option<PersonName>,
    pub birth_date: Option<NaiveDate>,
    /// ISO 3166-1 alpha-3.
    pub nationality: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub residence_country: Option<String>,
    /// Not a national of a home country (rules); `None` while the nationality is unknown.
    pub international: Option<bool>,
    pub financing: Option<Financing>,
    /// Code of the catalogue.
    pub programme: Option<String>,
    /// In order of first appearance: senders first, then the form's and the CV's.
    pub emails: Vec<String>,
    /// Field name (`name`, `birth_date`, …) to the French phrase that says where it was read.
    pub basis: BTreeMap<String, String>,
    /// Pieces whose name does not agree with `name`: for the assistant, never for the candidate.
    pub name_conflicts: Vec<NameConflict>,
}

/// Draws the profile of one dossier.
pub fn profile(pieces: &[Piece<'_>], mails: &[MailHint<'_>], rules: &Rules) -> Profile {
    let mut profile = Profile::default();
    if let Some((name, basis)) = naming::best_name(pieces, mails) {
        profile.basis.insert("name".to_owned(), basis);
        profile.name_conflicts = naming::conflicts(&name, pieces);
        profile.name = Some(name);
    }
    note(&mut profile, "birth_date", pieces, |facts| facts.birth_date, |profile, date| profile.birth_date = Some(date));
    note(&mut profile, "nationality", pieces, |facts| facts.nationality.clone(), |profile, country| profile.nationality = Some(country));
    note(
        &mut profile,
        "residence_country",
        pieces,
        |facts| facts.residence_country.clone(),
        |profile, country| {
            profile.residence_country = Some(country);
        },
    );
    profile.international = profile.nationality.as_ref().map(|country| !rules.campaign.home_countries.contains(country));
    if let Some((financing, basis)) = financing(pieces) {
        profile.basis.insert("financing".to_owned(), basis.to_owned());
        profile.financing = Some(financing);
    }
    if let Some((programme, basis)) = programme(pieces, mails) {
        profile.basis.insert("programme".to_owned(), basis.to_owned());
        profile.programme = Some(programme);
    }
    profile.emails = emails(pieces, mails);
    profile
}

/// How far a piece is believed on who the candidate is; smaller is better. `None`: not at all.
fn trust(piece: &Piece<'_>) -> Option<u8> {
    if piece.certainty < 0.35 {
        return None;
    }
    match piece.kind {
        DocumentKind::IdentityDocument if piece.facts.mrz_checked => Some(0),
        DocumentKind::ApplicationForm => Some(1),
        DocumentKind::IdentityDocument => Some(2),
        DocumentKind::ResidencePermit => Some(3),
        DocumentKind::Diploma | DocumentKind::SuccessAttestation | DocumentKind::EnrolmentCertificate if !piece.is_translation => Some(4),
        DocumentKind::Diploma | DocumentKind::SuccessAttestation | DocumentKind::EnrolmentCertificate | DocumentKind::Transcript => Some(5),
        DocumentKind::Cv | DocumentKind::VappFile => Some(6),
        _ => None,
    }
}

/// Takes a fact from the best rank of pieces that state it; inside a rank the commonest value wins, and a draw is no answer.
fn note<T: Ord + Clone>(
    profile: &mut Profile,
    field: &str,
    pieces: &[Piece<'_>],
    read: impl Fn(&DocumentFacts) -> Option<T>,
    write: impl FnOnce(&mut Profile, T),
) {
    let mut ranks: BTreeMap<u8, BTreeMap<T, usize>> = BTreeMap::new();
    for piece in pieces {
        if let (Some(rank), Some(value)) = (trust(piece), read(piece.facts)) {
            *ranks.entry(rank).or_default().entry(value).or_default() += 1;
        }
    }
    for (rank, values) in ranks {
        let most = values.values().max().copied().unwrap_or(0);
        let mut winners = values.into_iter().filter(|(_, count)| *count == most).map(|(value, _)| value);
        if let (Some(value), None) = (winners.next(), winners.next()) {
            profile.basis.insert(field.to_owned(), basis_of_rank(rank).to_owned());
            write(profile, value);
            return;
        }
    }
}

fn basis_of_rank(rank: u8) -> &'static str {
    match rank {
        0 => "pièce d'identité (zone de lecture automatique vérifiée)",
        1 => "formulaire de candidature",
        2 => "pièce d'identité (lecture visuelle)",
        3 => "titre de séjour",
        4 => "diplôme ou attestation",
        5 => "relevé de notes ou traduction",
        _ => "CV",
    }
}

fn financing(pieces: &[Piece<'_>]) -> Option<(Financing, &'static str)> {
    let stated_in = |kind: DocumentKind| {
        let stated: BTreeSet<u8> = pieces.iter().filter(|piece| piece.kind == kind && piece.certainty >= 0.35).filter_map(of_piece).collect();
        match stated.into_iter().collect::<Vec<_>>().as_slice() {
            [0] => Some(Financing::Personal),
            [1] => Some(Financing::Jobseeker),
            [2] => Some(Financing::Company),
            _ => None,
        }
    };
    stated_in(DocumentKind::ApplicationForm)
        .map(|financing| (financing, "formulaire de candidature"))
        .or_else(|| stated_in(DocumentKind::FundingCommitment).map(|financing| (financing, "attestation de prise en charge")))
}

fn of_piece(piece: &Piece<'_>) -> Option<u8> {
    let form = piece.facts.form.as_ref().and_then(|form| form.financing);
    form.or(piece.facts.financing).map(|financing| match financing {
        Financing::Personal => 0,
        Financing::Jobseeker => 1,
        Financing::Company => 2,
    })
}

/// The form says it; else the newest mail that names just one; else letter and other pieces, when they agree.
fn programme(pieces: &[Piece<'_>], mails: &[MailHint<'_>]) -> Option<(String, &'static str)> {
    let from_kind = |wanted: &[DocumentKind]| -> Option<String> {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for piece in pieces.iter().filter(|piece| wanted.contains(&piece.kind) && piece.certainty >= 0.35) {
            if let Some(code) = piece.facts.programmes.first() {
                *votes.entry(code).or_default() += 1;
            }
        }
        let most = votes.values().max().copied()?;
        let mut winners = votes.into_iter().filter(|(_, count)| *count == most);
        match (winners.next(), winners.next()) {
            (Some((code, _)), None) => Some(code.to_owned()),
            _ => None,
        }
    };
    if let Some(code) = from_kind(&[DocumentKind::ApplicationForm]) {
        return Some((code, "formulaire de candidature"));
    }
    if let Some([code]) = mails.iter().rev().map(|mail| mail.programmes).find(|codes| !codes.is_empty()) {
        return Some((code.clone(), "message du candidat"));
    }
    if let Some(code) = from_kind(&[DocumentKind::MotivationLetter, DocumentKind::VappFile]) {
        return Some((code, "lettre de motivation ou dossier VAPP"));
    }
    if let Some(code) = mails.iter().rev().find_map(|mail| mail.programmes.first()) {
        return Some((code.clone(), "message du candidat"));
    }
    from_kind(&[DocumentKind::RecommendationLetter, DocumentKind::FundingCommitment]).map(|code| (code, "autres pièces"))
}

fn emails(pieces: &[Piece<'_>], mails: &[MailHint<'_>]) -> Vec<String> {
    let senders = mails.iter().map(|mail| mail.from_address);
    let printed = [DocumentKind::ApplicationForm, DocumentKind::Cv, DocumentKind::MotivationLetter]
        .into_iter()
        .flat_map(|kind| pieces.iter().filter(move |piece| piece.kind == kind).flat_map(|piece| piece.facts.emails.iter().map(String::as_str)));
    let mut seen = BTreeSet::new();
    senders
        .chain(printed)
        .map(|address| address.trim().to_lowercase())
        .filter(|address| address.contains('@') && seen.insert(address.clone()))
        .collect()
}
