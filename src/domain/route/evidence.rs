//! What the pieces of a dossier say about degrees and years of work, before anything is concluded from it.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use super::Piece;
use crate::domain::document::{DegreeFact, DegreeLevel, DocumentKind, EmploymentPeriod};

/// How strongly a piece speaks of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// A curriculum vitæ, a transcript, a VAPP file.
    Mentioned,
    /// The application form, an enrolment certificate.
    Stated,
    /// A diploma or an attestation of success.
    Proved,
}

/// One degree as one piece speaks of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub degree: &'a DegreeFact,
    pub kind: DocumentKind,
    pub weight: Weight,
    /// Written by a school in its own words, not by the candidate nor by a translator.
    pub by_school: bool,
}

/// What is known besides the degrees.
pub(super) struct Circumstances<'a> {
    pub nationality: Option<&'a str>,
    pub vapp: bool,
    pub cv_seen: bool,
    /// Months proved by certificates.
    pub proved_months: u32,
    /// Months by certificates or, when those are silent, as the CV, the form and the VAPP file tell them.
    pub told_months: u32,
    pub required_months: u32,
}

/// What the pieces say about degrees.
pub(super) fn claims<'a>(pieces: &[Piece<'a>]) -> Vec<Claim<'a>> {
    let mut claims = Vec::new();
    for piece in pieces {
        let weight = match piece.kind {
            DocumentKind::Diploma | DocumentKind::SuccessAttestation => Weight::Proved,
            DocumentKind::ApplicationForm | DocumentKind::EnrolmentCertificate => Weight::Stated,
            DocumentKind::Cv | DocumentKind::Transcript | DocumentKind::VappFile => Weight::Mentioned,
            _ => continue,
        };
        let by_candidate = matches!(piece.kind, DocumentKind::ApplicationForm | DocumentKind::Cv | DocumentKind::VappFile);
        let by_school = !by_candidate && !piece.is_translation;
        claims.extend(piece.facts.degrees.iter().map(|degree| Claim { degree, kind: piece.kind, weight, by_school }));
    }
    without_echoes(claims)
}

/// A CV that calls "Master" what an M1 diploma of the same year proves speaks of that diploma, not of a second one.
fn without_echoes(mut claims: Vec<Claim<'_>>) -> Vec<Claim<'_>> {
    let proved_m1_years: BTreeSet<i32> = claims
        .iter()
        .filter(|claim| claim.weight == Weight::Proved && claim.degree.level == Some(DegreeLevel::Bac4))
        .filter_map(|claim| claim.degree.awarded_on.map(|day| day.year()))
        .collect();
    claims.retain(|claim| {
        let echo = claim.weight != Weight::Proved
            && claim.degree.level == Some(DegreeLevel::Bac5)
            && claim.degree.awarded_on.is_some_and(|day| proved_m1_years.contains(&day.year()));
        !echo
    });
    claims
}

pub(super) fn circumstances<'a>(pieces: &[Piece<'a>], training_starts: NaiveDate, today: NaiveDate, required_months: u32) -> Circumstances<'a> {
    let periods_of = |wanted: &[DocumentKind]| -> Vec<EmploymentPeriod> {
        pieces.iter().filter(|piece| wanted.contains(&piece.kind)).flat_map(|piece| piece.facts.employment.iter().cloned()).collect()
    };
    let proved_months = experience_months(&periods_of(&[DocumentKind::EmploymentCertificate]), training_starts, today);
    let told = [DocumentKind::Cv, DocumentKind::VappFile, DocumentKind::ApplicationForm]
        .map(|kind| experience_months(&periods_of(&[kind]), training_starts, today));
    let nationality = [DocumentKind::IdentityDocument, DocumentKind::ApplicationForm, DocumentKind::ResidencePermit]
        .iter()
        .find_map(|kind| pieces.iter().filter(|piece| piece.kind == *kind).find_map(|piece| piece.facts.nationality.as_deref()));
    Circumstances {
        nationality,
        vapp: pieces.iter().any(|piece| piece.kind == DocumentKind::VappFile),
        cv_seen: pieces.iter().any(|piece| piece.kind == DocumentKind::Cv),
        proved_months,
        told_months: told.into_iter().max().unwrap_or(0).max(proved_months),
        required_months,
    }
}

/// Whole months of work up to the start of training: overlapping periods count once, internships do not count, open ends run to that start.
pub fn experience_months(periods: &[EmploymentPeriod], training_starts: NaiveDate, today: NaiveDate) -> u32 {
    let mut spans: Vec<(NaiveDate, NaiveDate)> = periods
        .iter()
        .filter(|period| !period.internship && period.from <= today)
        .map(|period| (period.from, period.to.unwrap_or(training_starts).min(training_starts)))
        .filter(|(from, to)| from <= to)
        .collect();
    spans.sort();
    let mut days = 0_i64;
    let mut counted_to: Option<NaiveDate> = None;
    for (from, to) in spans {
        let from = counted_to.and_then(|last| last.succ_opt()).map_or(from, |free| from.max(free));
        if from > to {
            continue;
        }
        days += (to - from).num_days() + 1;
        counted_to = Some(to);
    }
    // A mean month has 30.44 days; half a month is rounded in the candidate's favour, as the assistant would.
    u32::try_from((days * 100 + 1522) / 3044).unwrap_or(0)
}

/// Whether the degree that opens the route is still being prepared.
pub(super) fn in_progress(pieces: &[Piece<'_>], claims: &[Claim<'_>], top: Option<DegreeLevel>, training_starts: NaiveDate) -> Option<bool> {
    let proved = claims.iter().filter(|claim| claim.weight == Weight::Proved && !claim.degree.in_progress);
    let proved_level = proved.clone().filter_map(|claim| claim.degree.level).max();
    let proved_any = pieces.iter().any(|piece| matches!(piece.kind, DocumentKind::Diploma | DocumentKind::SuccessAttestation));
    if top.is_some() && proved_level >= top {
        return Some(false);
    }
    let last_year = training_starts.year() - 1;
    let enrolled_now = pieces.iter().any(|piece| {
        piece.kind == DocumentKind::EnrolmentCertificate && piece.facts.academic_years.iter().max().is_none_or(|year| *year >= last_year)
    });
    let top_claims = || claims.iter().filter(|claim| claim.degree.level == top);
    if top_claims().any(|claim| claim.degree.in_progress) {
        return Some(true);
    }
    if enrolled_now && (proved_level.is_some() || !proved_any) {
        return Some(true);
    }
    if proved_any && proved_level.is_none() {
        // A diploma whose level could not be read is most likely the one that is claimed, unless an enrolment says otherwise.
        return if enrolled_now { None } else { Some(false) };
    }
    let obtained = top_claims().any(|claim| claim.degree.awarded_on.is_some_and(|day| day.year() < training_starts.year()));
    obtained.then_some(false)
}
