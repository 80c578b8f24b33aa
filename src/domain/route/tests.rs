//! Routes, from small sets of pieces.

use super::*;
use crate::domain::document::{DegreeFact, DegreeFamily, EmploymentPeriod};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn degree(level: DegreeLevel, family: DegreeFamily, country: Option<&str>) -> DegreeFact {
    DegreeFact { family, level: Some(level), country: country.map(str::to_owned), title: "titre".to_owned(), in_progress: false, awarded_on: None }
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
    check(&[(Diploma, with_degree(degree(Bac4, FrenchM1, Some("FRA")))), (Cv, DocumentFacts::default())], Some(Route::DerogatoryBac4), Some(false));
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
    let check =
        |periods: &[EmploymentPeriod], expected| assert_eq!(experience_months(periods, day(2024, 9, 16), day(2024, 4, 1)), expected, "{periods:?}");
    check(&[], 0);
    check(&[period(day(2020, 1, 1), Some(day(2022, 12, 31)), false)], 36);
    check(&[period(day(2020, 1, 1), Some(day(2021, 12, 31)), false), period(day(2021, 1, 1), Some(day(2022, 12, 31)), false)], 36);
    check(&[period(day(2020, 1, 1), Some(day(2020, 6, 30)), true)], 0);
    check(&[period(day(2023, 9, 16), None, false)], 12);
    check(&[period(day(2024, 6, 1), None, false)], 0);
}

#[test]
fn a_vapp_file_beside_unproved_years_is_for_a_person() {
    use DocumentKind::{Cv, Diploma, EmploymentCertificate, VappFile};
    let m1 = || (Diploma, with_degree(degree(DegreeLevel::Bac4, DegreeFamily::FrenchM1, Some("FRA"))));
    let told = || (Cv, worked(day(2018, 1, 1), Some(day(2023, 1, 31)), false));
    check(&[m1(), told(), (VappFile, DocumentFacts::default())], None, Some(false));
    let proved = (EmploymentCertificate, worked(day(2019, 1, 1), Some(day(2023, 1, 31)), false));
    check(&[m1(), told(), proved, (VappFile, DocumentFacts::default())], Some(Route::M1Plus3yExperience), Some(false));
    check(&[m1(), told()], Some(Route::M1Plus3yExperience), Some(false));
}

#[test]
fn an_engineer_by_a_foreigners_cv_alone_is_of_no_country() {
    use DocumentKind::{ApplicationForm, Cv, EnrolmentCertificate};
    let engineer = || with_degree(degree(DegreeLevel::Bac5, DegreeFamily::CtiEngineer, None));
    check(&[(Cv, engineer()), (ApplicationForm, national("VNM"))], None, None);
    check(&[(EnrolmentCertificate, engineer()), (ApplicationForm, national("VNM"))], Some(Route::CtiEngineer), Some(true));
}
