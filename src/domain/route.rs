//! The admission route (*voie d'admission*, notice 1.1): which line of the notice a candidate's degrees and years of work fall under.
//!
//! The route is inferred from the pieces and shown with its evidence; it refuses to guess. *Undetermined* sends the file to a person, a
//! wrong route would ask a candidate for pieces that the school does not want. The last word is the assistant's.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::domain::document::{DegreeFact, DegreeFamily, DegreeLevel, DocumentFacts, DocumentKind, EmploymentPeriod};

/// The routes of notice 1.1, in its order. The slugs are a contract: database, rules and `--json` output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Route {
    /// *Diplôme d'ingénieur habilité par la CTI.*
    #[serde(rename = "cti_engineer")]
    CtiEngineer,
    /// *Diplômes universitaires de niveau Master M2.*
    #[serde(rename = "master_m2")]
    MasterM2,
    /// *Diplôme RNCP niveau 7.*
    #[serde(rename = "rncp7")]
    Rncp7,
    /// *M1 ou maîtrise et trois années d'expérience professionnelle.*
    #[serde(rename = "m1_plus_3y_experience")]
    M1Plus3yExperience,
    /// *Diplômes étrangers de niveau équivalent (bac+5).*
    #[serde(rename = "foreign_bac5")]
    ForeignBac5,
    /// *Bac+4 sans expérience professionnelle*, by derogation.
    #[serde(rename = "derogatory_bac4")]
    DerogatoryBac4,
    /// *Bac+3 avec 3 ans d'expérience*, by derogation.
    #[serde(rename = "derogatory_bac3_3y")]
    DerogatoryBac3Plus3y,
}

impl Route {
    /// Every route, in the notice's order.
    pub const ALL: [Route; 7] = [
        Route::CtiEngineer,
        Route::MasterM2,
        Route::Rncp7,
        Route::M1Plus3yExperience,
        Route::ForeignBac5,
        Route::DerogatoryBac4,
        Route::DerogatoryBac3Plus3y,
    ];

    /// The stable machine name, for example `derogatory_bac3_3y`.
    pub fn slug(self) -> &'static str {
        match self {
            Route::CtiEngineer => "cti_engineer",
            Route::MasterM2 => "master_m2",
            Route::Rncp7 => "rncp7",
            Route::M1Plus3yExperience => "m1_plus_3y_experience",
            Route::ForeignBac5 => "foreign_bac5",
            Route::DerogatoryBac4 => "derogatory_bac4",
            Route::DerogatoryBac3Plus3y => "derogatory_bac3_3y",
        }
    }

    /// The route of that slug, if there is one.
    pub fn from_slug(slug: &str) -> Option<Route> {
        Route::ALL.into_iter().find(|route| route.slug() == slug)
    }

    /// Whether the route asks for three years of professional experience.
    pub fn needs_experience(self) -> bool {
        matches!(self, Route::M1Plus3yExperience | Route::DerogatoryBac3Plus3y)
    }

    /// Whether the route is open *à titre dérogatoire* only, with a VAPP file.
    pub fn is_derogatory(self) -> bool {
        matches!(self, Route::DerogatoryBac4 | Route::DerogatoryBac3Plus3y)
    }
}

/// One document of a dossier, as far as its facts are trusted.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub kind: DocumentKind,
    /// Calibrated probability, 0 to 1, that `kind` is right.
    pub certainty: f32,
    pub is_translation: bool,
    pub facts: &'a DocumentFacts,
}

/// What the pieces say about the route.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RouteInference {
    /// `None` when a person must decide.
    pub route: Option<Route>,
    /// Short French phrases that carry the evidence, for the assistant.
    pub basis: Vec<String>,
    /// Whether the degree that opens the route is still being prepared; `None` when nothing tells.
    pub degree_in_progress: Option<bool>,
    /// Months of work proved by employment certificates, to the start of training; overlaps once, internships out.
    pub experience_months: u32,
    /// No line of the notice seems to fit: the fee is not asked for before the assistant has looked.
    pub route_seems_impossible: bool,
}

/// Pieces recognised with less than this are not listened to.
const CERTAINTY_LISTENED_TO: f32 = 0.35;

/// States whose universities write their diplomas in French too, so that French wording alone does not say "France".
const FRENCH_WRITING_STATES: [&str; 29] = [
    "BDI", "BEL", "BEN", "BFA", "CAF", "CAN", "CHE", "CIV", "CMR", "COD", "COG", "COM", "DJI", "DZA", "GAB", "GIN", "HTI", "LBN", "LUX", "MAR",
    "MDG", "MLI", "MRT", "NER", "RWA", "SEN", "TCD", "TGO", "TUN",
];

/// How strongly a piece speaks of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// A curriculum vitæ, a transcript, a VAPP file.
    Mentioned,
    /// The application form, an enrolment certificate.
    Stated,
    /// A diploma or an attestation of success.
    Proved,
}

/// One degree as one piece speaks of it.
#[derive(Debug, Clone, Copy)]
struct Claim<'a> {
    degree: &'a DegreeFact,
    kind: DocumentKind,
    weight: Weight,
    /// Written by a school in its own words, not by the candidate nor by a translator.
    by_school: bool,
}

/// What is known besides the degrees.
struct Circumstances<'a> {
    nationality: Option<&'a str>,
    vapp: bool,
    cv_seen: bool,
    /// Months proved by certificates.
    proved_months: u32,
    /// Months by certificates or, when those are silent, as the CV, the form and the VAPP file tell them.
    told_months: u32,
    required_months: u32,
}

/// Infers the route. Work that begins after `today` is a plan and is left out; all other work counts up to `training_starts`.
pub fn infer(pieces: &[Piece<'_>], training_starts: NaiveDate, today: NaiveDate, experience_required_months: u32) -> RouteInference {
    let heard: Vec<Piece<'_>> = pieces.iter().copied().filter(|piece| piece.certainty >= CERTAINTY_LISTENED_TO).collect();
    let claims = claims(&heard);
    let circumstances = circumstances(&heard, training_starts, today, experience_required_months);
    let mut inference = RouteInference { experience_months: circumstances.proved_months, ..RouteInference::default() };
    let top = claims.iter().filter_map(|claim| claim.degree.level).max();
    inference.degree_in_progress = in_progress(&heard, &claims, top, training_starts);
    describe(&mut inference.basis, &claims, top, &circumstances);
    match top {
        Some(DegreeLevel::Bac5 | DegreeLevel::Doctorate) => inference.route = bac5_route(&claims, &circumstances, &mut inference.basis),
        Some(DegreeLevel::Bac4) => inference.route = bac4_route(&circumstances, &mut inference.basis),
        Some(DegreeLevel::Bac3) => bac3_route(&claims, &circumstances, &mut inference),
        Some(DegreeLevel::BelowBac3) => inference.route_seems_impossible = !circumstances.vapp && inference.degree_in_progress != Some(true),
        None => inference.route = vapp_route(&circumstances, &mut inference.basis),
    }
    inference
}

fn claims<'a>(pieces: &[Piece<'a>]) -> Vec<Claim<'a>> {
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

fn circumstances<'a>(pieces: &[Piece<'a>], training_starts: NaiveDate, today: NaiveDate, required_months: u32) -> Circumstances<'a> {
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

fn in_progress(pieces: &[Piece<'_>], claims: &[Claim<'_>], top: Option<DegreeLevel>, training_starts: NaiveDate) -> Option<bool> {
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

fn bac5_route(claims: &[Claim<'_>], circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
    let top: Vec<&Claim<'_>> = claims.iter().filter(|claim| claim.degree.level >= Some(DegreeLevel::Bac5)).collect();
    for weight in [Weight::Proved, Weight::Stated, Weight::Mentioned] {
        let heard: Vec<&DegreeFact> = top.iter().filter(|claim| claim.weight == weight).map(|claim| claim.degree).collect();
        let abroad = heard.iter().any(|degree| is_abroad(degree));
        let french: BTreeSet<Route> =
            heard.iter().filter(|degree| degree.country.as_deref() == Some("FRA")).filter_map(|degree| french_route(degree.family)).collect();
        match (abroad, french.len()) {
            (true, 0) => return Some(Route::ForeignBac5),
            (false, 1) => return french.first().copied(),
            (false, 0) => {}
            _ => {
                basis.push("plusieurs diplômes bac+5 de natures différentes".to_owned());
                return None;
            }
        }
    }
    bac5_route_by_surroundings(claims, &top, circumstances, basis)
}

/// No piece says where the bac+5 was awarded: what the candidate's other degrees and nationality make likely.
fn bac5_route_by_surroundings(claims: &[Claim<'_>], top: &[&Claim<'_>], circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
    let french: BTreeSet<Route> = top.iter().filter_map(|claim| french_route(claim.degree.family)).collect();
    let other_abroad = claims.iter().any(|claim| is_abroad(claim.degree));
    let other_french = claims.iter().any(|claim| claim.degree.country.as_deref() == Some("FRA"));
    let nationality = circumstances.nationality;
    let writes_french = nationality.is_some_and(|code| FRENCH_WRITING_STATES.contains(&code));
    // A school that writes French to someone whose own country does not is a French school; and abroad nobody calls a degree by the CTI's words.
    let french_by_school = top.iter().any(|claim| claim.by_school && french_route(claim.degree.family).is_some());
    let engineer = french.first() == Some(&Route::CtiEngineer);
    let likely_french = match nationality {
        Some("FRA") => !other_abroad,
        Some(_) if !writes_french => french_by_school || engineer,
        Some(_) | None => other_french && !other_abroad,
    };
    if let (true, 1, Some(route)) = (likely_french, french.len(), french.first()) {
        basis.push("établissement français d'après la langue de la pièce et la nationalité".to_owned());
        return Some(*route);
    }
    let likely_abroad = match nationality {
        Some("FRA") | None => other_abroad && !other_french,
        Some(_) => !other_french,
    };
    if likely_abroad {
        basis.push("établissement étranger d'après la nationalité et les autres diplômes".to_owned());
        return Some(Route::ForeignBac5);
    }
    None
}

fn is_abroad(degree: &DegreeFact) -> bool {
    match degree.country.as_deref() {
        Some(country) => country != "FRA",
        None => degree.family == DegreeFamily::Foreign,
    }
}

fn french_route(family: DegreeFamily) -> Option<Route> {
    match family {
        DegreeFamily::CtiEngineer => Some(Route::CtiEngineer),
        DegreeFamily::FrenchMaster => Some(Route::MasterM2),
        DegreeFamily::Rncp7 => Some(Route::Rncp7),
        DegreeFamily::FrenchM1 | DegreeFamily::FrenchBachelor | DegreeFamily::Foreign | DegreeFamily::Unknown => None,
    }
}

fn bac4_route(circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
    if circumstances.told_months >= circumstances.required_months {
        return Some(Route::M1Plus3yExperience);
    }
    if near_threshold(circumstances) {
        basis.push("expérience proche des trois ans demandés".to_owned());
        return None;
    }
    // Without a CV or a VAPP file nobody has told what the candidate did since.
    (circumstances.cv_seen || circumstances.vapp || circumstances.proved_months > 0).then_some(Route::DerogatoryBac4)
}

fn bac3_route(claims: &[Claim<'_>], circumstances: &Circumstances<'_>, inference: &mut RouteInference) {
    // A VAPP file asks for this route, unless the candidate's own CV speaks against the years of work it needs.
    let spoken_against = circumstances.cv_seen && circumstances.told_months + 6 < circumstances.required_months;
    if circumstances.told_months >= circumstances.required_months || (circumstances.vapp && !spoken_against) {
        inference.route = Some(Route::DerogatoryBac3Plus3y);
        return;
    }
    if circumstances.vapp {
        inference.basis.push("dossier VAPP, mais moins de trois ans d'expérience d'après le CV".to_owned());
        return;
    }
    if near_threshold(circumstances) {
        inference.basis.push("expérience proche des trois ans demandés".to_owned());
        return;
    }
    // The last degree may be one that nothing names (a diploma not read, a form that says only "Informatique"): a person looks first.
    let stated = claims.iter().any(|claim| claim.kind == DocumentKind::ApplicationForm && claim.degree.level.is_some());
    let french = claims.iter().any(|claim| claim.degree.level == Some(DegreeLevel::Bac3) && claim.degree.family == DegreeFamily::FrenchBachelor);
    inference.route_seems_impossible = stated && french && circumstances.cv_seen && inference.degree_in_progress != Some(true);
}

/// A VAPP file without a readable degree: only the two derogatory routes ask for one, and experience tells them apart.
fn vapp_route(circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
    if !circumstances.vapp {
        return None;
    }
    basis.push("niveau du diplôme illisible, voie déduite de l'expérience".to_owned());
    if circumstances.told_months >= circumstances.required_months {
        return Some(Route::DerogatoryBac3Plus3y);
    }
    (circumstances.cv_seen && circumstances.told_months == 0).then_some(Route::DerogatoryBac4)
}

/// Within six months of the years required, a person decides (procedure: 30 of 36 months).
fn near_threshold(circumstances: &Circumstances<'_>) -> bool {
    circumstances.told_months + 6 >= circumstances.required_months
}

fn describe(basis: &mut Vec<String>, claims: &[Claim<'_>], top: Option<DegreeLevel>, circumstances: &Circumstances<'_>) {
    let mut heard: Vec<&Claim<'_>> = claims.iter().filter(|claim| claim.degree.level.is_some() && claim.degree.level == top).collect();
    heard.sort_by_key(|claim| std::cmp::Reverse(claim.weight));
    let mut kinds = BTreeSet::new();
    for claim in heard.into_iter().filter(|claim| kinds.insert(claim.kind)).take(3) {
        basis.push(format!("{}\u{a0}: «\u{a0}{}\u{a0}»", french_kind(claim.kind), claim.degree.title));
    }
    if circumstances.proved_months > 0 {
        basis.push(format!("{} mois d'emploi attestés", circumstances.proved_months));
    } else if circumstances.told_months > 0 {
        basis.push(format!("{} mois d'emploi déclarés, non attestés", circumstances.told_months));
    }
    if circumstances.vapp {
        basis.push("dossier VAPP présent".to_owned());
    }
}

/// What the assistant calls the piece that a degree was read on.
fn french_kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Diploma => "diplôme",
        DocumentKind::SuccessAttestation => "attestation de réussite",
        DocumentKind::ApplicationForm => "formulaire",
        DocumentKind::EnrolmentCertificate => "certificat de scolarité",
        DocumentKind::Transcript => "relevé de notes",
        DocumentKind::VappFile => "dossier VAPP",
        DocumentKind::Cv => "CV",
        _ => "autre pièce",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn degree(level: DegreeLevel, family: DegreeFamily, country: Option<&str>) -> DegreeFact {
        DegreeFact {
            family,
            level: Some(level),
            country: country.map(str::to_owned),
            title: "titre".to_owned(),
            in_progress: false,
            awarded_on: None,
        }
    }

    fn with_degree(degree: DegreeFact) -> DocumentFacts {
        DocumentFacts { degrees: vec![degree], ..DocumentFacts::default() }
    }

    fn worked(from: NaiveDate, to: Option<NaiveDate>, internship: bool) -> DocumentFacts {
        DocumentFacts { employment: vec![EmploymentPeriod { from, to, internship }], ..DocumentFacts::default() }
    }

    fn national(code: &str) -> DocumentFacts {
        DocumentFacts { nationality: Some(code.to_owned()), ..DocumentFacts::default() }
    }

    fn check(pieces: &[(DocumentKind, DocumentFacts)], expected: Option<Route>, in_progress: Option<bool>) {
        let pieces: Vec<Piece<'_>> = pieces.iter().map(|(kind, facts)| Piece { kind: *kind, certainty: 0.9, is_translation: false, facts }).collect();
        let inference = infer(&pieces, day(2024, 9, 16), day(2024, 4, 1), 36);
        assert_eq!((inference.route, inference.degree_in_progress), (expected, in_progress), "{:?}", inference.basis);
    }

    #[test]
    fn slugs_go_both_ways_and_are_what_serde_writes() {
        for route in Route::ALL {
            assert_eq!(Route::from_slug(route.slug()), Some(route));
            assert_eq!(serde_json::to_value(route).unwrap(), route.slug());
        }
    }

    #[test]
    fn the_commonest_files_have_their_route() {
        use DegreeFamily::{CtiEngineer, Foreign, FrenchBachelor, FrenchM1, FrenchMaster};
        use DegreeLevel::{Bac3, Bac4, Bac5};
        use DocumentKind::{ApplicationForm, Cv, Diploma, EmploymentCertificate, EnrolmentCertificate, VappFile};
        let long = || worked(day(2019, 1, 1), Some(day(2023, 1, 31)), false);
        check(&[(Diploma, with_degree(degree(Bac5, CtiEngineer, Some("FRA"))))], Some(Route::CtiEngineer), Some(false));
        check(&[(Diploma, with_degree(degree(Bac5, FrenchMaster, None))), (ApplicationForm, national("FRA"))], Some(Route::MasterM2), Some(false));
        check(&[(Diploma, with_degree(degree(Bac5, Foreign, None)))], Some(Route::ForeignBac5), Some(false));
        check(
            &[(Diploma, with_degree(degree(Bac4, FrenchM1, Some("FRA")))), (EmploymentCertificate, long())],
            Some(Route::M1Plus3yExperience),
            Some(false),
        );
        check(
            &[(Diploma, with_degree(degree(Bac4, FrenchM1, Some("FRA")))), (Cv, DocumentFacts::default())],
            Some(Route::DerogatoryBac4),
            Some(false),
        );
        check(
            &[(Diploma, with_degree(degree(Bac3, FrenchBachelor, None))), (EmploymentCertificate, long()), (VappFile, DocumentFacts::default())],
            Some(Route::DerogatoryBac3Plus3y),
            Some(false),
        );
        let mut preparing = degree(Bac5, CtiEngineer, Some("FRA"));
        preparing.in_progress = true;
        check(
            &[(Diploma, with_degree(degree(Bac3, FrenchBachelor, None))), (EnrolmentCertificate, with_degree(preparing))],
            Some(Route::CtiEngineer),
            Some(true),
        );
    }

    #[test]
    fn doubt_is_left_to_a_person() {
        use DegreeFamily::{CtiEngineer, Foreign, FrenchBachelor, FrenchM1, FrenchMaster};
        use DegreeLevel::{Bac3, Bac4, Bac5};
        use DocumentKind::{ApplicationForm, Cv, Diploma, EmploymentCertificate};
        check(&[], None, None);
        check(&[(Diploma, with_degree(degree(Bac3, FrenchBachelor, None)))], None, Some(false));
        check(
            &[(Diploma, with_degree(degree(Bac5, CtiEngineer, Some("FRA")))), (Diploma, with_degree(degree(Bac5, Foreign, Some("MAR"))))],
            None,
            Some(false),
        );
        // 33 months of 36.
        let nearly = worked(day(2020, 1, 1), Some(day(2022, 9, 30)), false);
        check(&[(Diploma, with_degree(degree(Bac4, FrenchM1, None))), (EmploymentCertificate, nearly)], None, Some(false));
        // French words of an unknown school, for a national of a state that writes French: elsewhere rather than in France.
        check(&[(Cv, with_degree(degree(Bac5, FrenchMaster, None))), (ApplicationForm, national("SEN"))], Some(Route::ForeignBac5), None);
    }

    #[test]
    fn months_of_work_count_once_and_without_internships() {
        let period = |from, to, internship| EmploymentPeriod { from, to, internship };
        let check = |periods: &[EmploymentPeriod], expected| {
            assert_eq!(experience_months(periods, day(2024, 9, 16), day(2024, 4, 1)), expected, "{periods:?}")
        };
        check(&[], 0);
        check(&[period(day(2020, 1, 1), Some(day(2022, 12, 31)), false)], 36);
        check(&[period(day(2020, 1, 1), Some(day(2021, 12, 31)), false), period(day(2021, 1, 1), Some(day(2022, 12, 31)), false)], 36);
        check(&[period(day(2020, 1, 1), Some(day(2020, 6, 30)), true)], 0);
        check(&[period(day(2023, 9, 16), None, false)], 12);
        check(&[period(day(2024, 6, 1), None, false)], 0);
    }
}
