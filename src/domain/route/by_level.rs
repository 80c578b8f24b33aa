//! From the level of the highest degree to the line of the notice. Each function may say nothing, and then a person decides.

use std::collections::BTreeSet;

use super::evidence::{Circumstances, Claim, Weight};
use super::{Route, RouteInference};
use crate::domain::document::{DegreeFact, DegreeFamily, DegreeLevel, DocumentKind};

/// States whose universities write their diplomas in French too, so that French wording alone does not say "France".
const FRENCH_WRITING_STATES: [&str; 29] = [
    "BDI", "BEL", "BEN", "BFA", "CAF", "CAN", "CHE", "CIV", "CMR", "COD", "COG", "COM", "DJI", "DZA", "GAB", "GIN", "HTI", "LBN", "LUX", "MAR",
    "MDG", "MLI", "MRT", "NER", "RWA", "SEN", "TCD", "TGO", "TUN",
];

/// Of the pieces that speak of a bac+5 the weightiest decide; where they differ in nature, a person does.
pub(super) fn bac5_route(claims: &[Claim<'_>], circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
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
    // A school that writes French to someone whose own country does not is a French school.
    let french_by_school = top.iter().any(|claim| claim.by_school && french_route(claim.degree.family).is_some());
    let engineer = french.first() == Some(&Route::CtiEngineer);
    // Whereas "ingénieur" in the candidate's own words is how the title of any country is translated: it says neither France nor elsewhere.
    let from_elsewhere = nationality.is_some_and(|code| code != "FRA") && !writes_french;
    if engineer && from_elsewhere && !french_by_school && !other_french {
        basis.push("titre d'ingénieur connu par le candidat seul, sans pays".to_owned());
        return None;
    }
    let likely_french = match nationality {
        Some("FRA") => !other_abroad,
        Some(_) if !writes_french => french_by_school || engineer && other_french,
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

pub(super) fn bac4_route(circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
    // Only the derogatory routes ask for a VAPP file. Where it stands against years of work that the CV tells and no certificate proves, a
    // certificate asked for as missing might be one that this candidate need not have.
    if circumstances.vapp && circumstances.told_months >= circumstances.required_months && circumstances.proved_months < circumstances.required_months
    {
        basis.push("dossier VAPP présent, trois ans d'expérience non attestés".to_owned());
        return None;
    }
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

pub(super) fn bac3_route(claims: &[Claim<'_>], circumstances: &Circumstances<'_>, inference: &mut RouteInference) {
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
pub(super) fn vapp_route(circumstances: &Circumstances<'_>, basis: &mut Vec<String>) -> Option<Route> {
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
