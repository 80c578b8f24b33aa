//! Degrees: level, family and country, from diplomas, attestations, enrolments, transcripts, forms and CVs of many countries.
//!
//! Levels are those of the European framework as ENIC-NARIC France compares them: a first-cycle degree (bachelor, licence, лисанс, 学士) is
//! bac+3 unless the document itself says four years or 240 ECTS credits. What a country awards at several levels under one word
//! (the Vietnamese *kỹ sư*) gets no level.

mod wordings;

use chrono::NaiveDate;

use crate::domain::document::{DegreeFact, DegreeFamily, DegreeLevel, DocumentKind, DocumentReading};
use crate::domain::language::Language;
use crate::folding;
use crate::intake::understand::facts::countries;
use crate::intake::understand::facts::dates::{self, Moment};
use crate::intake::understand::facts::text::{Field, Line};
use wordings::{MASTER_ABROAD, Meaning, NATIVE_WORDINGS, RNCP7, SORTED_WORDINGS};

/// One wording found.
#[derive(Debug, Clone, Copy)]
struct Hit {
    meaning: Meaning,
    /// In words, for order.
    position: usize,
}

/// Notes where a wording stands and takes its words away, so that shorter wordings no longer see them.
fn look_for(wanted: &[&str], meaning: Meaning, words: &mut [String], hits: &mut Vec<Hit>) {
    for at in 0..=words.len().saturating_sub(wanted.len()) {
        let Some(run) = words.get_mut(at..at + wanted.len()) else { return };
        if run.iter().zip(wanted).all(|(word, wanted)| word == wanted) {
            run.iter_mut().for_each(String::clear);
            hits.push(Hit { meaning, position: at });
        }
    }
}

/// Finds wordings in a text; `in_place` says that the text stands where a degree is asked for.
fn hits(text: &str, in_place: bool, german: bool) -> Vec<Hit> {
    // Letters of other scripts are left out here: a Russian "Диплом" is not the German degree.
    let latin: String = text.chars().map(|letter| if letter.is_alphabetic() && !is_latin(letter) { ' ' } else { letter }).collect();
    // "d'ingénieur" is two words here: folding alone would make one of them.
    let mut words: Vec<String> = folding::tokens(&latin.replace(['\'', '’', 'ʼ'], " "));
    words.truncate(2_000);
    let mut hits = Vec::new();
    for (wanted, meaning, only_in_place) in SORTED_WORDINGS.iter() {
        if (in_place || !only_in_place) && words.iter().any(|word| Some(&word.as_str()) == wanted.first()) {
            look_for(wanted, *meaning, &mut words, &mut hits);
        }
    }
    if german {
        look_for(&["DIPLOM"], MASTER_ABROAD, &mut words, &mut hits);
    }
    let lower = text.to_lowercase();
    if !lower.is_ascii() {
        let native = NATIVE_WORDINGS.iter().filter_map(|(wording, meaning)| lower.find(wording).map(|at| Hit { meaning: *meaning, position: at }));
        hits.extend(native.take(2));
    }
    hits
}

fn is_latin(letter: char) -> bool {
    matches!(letter, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}')
}

/// The degree words of a form: `Dernier diplôme : licence en ingénierie`.
pub fn stated(words: &str, season_starts: i32) -> Option<DegreeFact> {
    let folded = folding::fold(words);
    // Schools sell "mastères" of their own, registered at level 7; elsewhere than in this line the word means the programme asked for.
    let mastere = folded.split(' ').any(|word| word == "MASTERE").then_some(Hit { meaning: RNCP7, position: 0 });
    let hit = best(hits(words, true, false)).or(mastere)?;
    let country = countries::names_in(&folded).first().or(countries::towns_in(&folded).first()).map(|code| (*code).to_owned());
    let mut fact = fact(hit.meaning, country, words);
    let year = dates::find(words).iter().map(|found| found.moment.year()).max();
    fact.in_progress = says_in_progress(&folded) || year.is_some_and(|year| year >= season_starts);
    fact.awarded_on = year.filter(|_| !fact.in_progress).and_then(summer_of);
    Some(fact)
}

/// What a diploma, attestation or enrolment certificate awards or prepares.
pub fn awarded(document: &DocumentReading, lines: &[Line], birth_date: Option<NaiveDate>) -> Vec<DegreeFact> {
    let heard = without_people(lines);
    let german = document.languages.iter().any(|language| language.code() == "de");
    let mut found: Vec<(Hit, String)> = Vec::new();
    for (at, line) in heard.iter().enumerate() {
        // A title may wrap: "Licence professionnelle" / "en télécommunications".
        let next = heard.get(at + 1).map(String::as_str).unwrap_or_default();
        for hit in hits(line, false, german) {
            found.push((Hit { position: at * 100 + hit.position.min(99), ..hit }, line.clone()));
        }
        if found.is_empty() {
            found.extend(
                hits(&format!("{line} {next}"), false, german).into_iter().map(|hit| (Hit { position: at * 100, ..hit }, format!("{line} {next}"))),
            );
        }
    }
    let mut country = institution_country(document, &heard);
    // Several levels in one document: what is called a diploma, degree or title, or stands alone on a line, is what is awarded.
    found.sort_by_key(|(hit, line)| (std::cmp::Reverse(prominence(line)), hit.position));
    let Some((hit, line)) = found.into_iter().find(|(hit, _)| hit.meaning.0.is_some()) else {
        return unnamed(document, &heard, birth_date, country);
    };
    if hit.meaning.1 == DegreeFamily::Foreign && country.as_deref() == Some("FRA") && is_foreign_document(document, &heard) {
        country = None;
    }
    let mut fact = fact(hit.meaning, country, &line);
    refine(&mut fact, document, &heard, birth_date);
    vec![fact]
}

/// A diploma of unknown wording still tells in which country it was awarded.
fn unnamed(document: &DocumentReading, heard: &[String], birth_date: Option<NaiveDate>, country: Option<String>) -> Vec<DegreeFact> {
    let title = heard.iter().find(|line| folding::fold(line).contains("DIPLOM")).cloned().unwrap_or_default();
    if title.is_empty() && country.is_none() {
        return Vec::new();
    }
    let mut fact = fact((None, DegreeFamily::Unknown), country, &title);
    refine(&mut fact, document, heard, birth_date);
    vec![fact]
}

/// What the whole document adds to the wording: foreign by language, four years long, in progress, dated.
fn refine(fact: &mut DegreeFact, document: &DocumentReading, heard: &[String], birth_date: Option<NaiveDate>) {
    let whole = folding::fold(&heard.join(" "));
    if is_foreign_document(document, heard) && fact.country.as_deref() != Some("FRA") {
        fact.family = DegreeFamily::Foreign;
    }
    // English words for a degree say nothing of its country.
    let english = document.languages.first() == Some(&Language::ENGLISH) && !document.languages.contains(&Language::FRENCH);
    if english && fact.country.is_none() && !matches!(fact.family, DegreeFamily::Foreign | DegreeFamily::CtiEngineer) {
        fact.family = DegreeFamily::Unknown;
    }
    if fact.level == Some(DegreeLevel::Bac3) && says_four_years(&whole) {
        fact.level = Some(DegreeLevel::Bac4);
    }
    if hides_its_level(fact, document) {
        fact.level = None;
    }
    fact.in_progress = document.kind == DocumentKind::EnrolmentCertificate || (document.kind == DocumentKind::Transcript && says_in_progress(&whole));
    if document.kind == DocumentKind::Diploma || document.kind == DocumentKind::SuccessAttestation {
        fact.awarded_on = heard.iter().rev().flat_map(|line| dates::find(line).into_iter().rev()).find_map(|found| match found.moment {
            Moment::Day(day) if Some(day) != birth_date => Some(day),
            _ => None,
        });
    }
}

/// The degree that a transcript is about, from its labelled line.
pub fn prepared(document: &DocumentReading, lines: &[Line], labelled: &[(Field, String)]) -> Vec<DegreeFact> {
    let heard = without_people(lines);
    let country = institution_country(document, &heard);
    let values =
        labelled.iter().filter(|(field, _)| matches!(field, Field::PreparedDegree | Field::LastDegree | Field::Programme)).map(|(_, value)| value);
    for value in values {
        if let Some(hit) = best(hits(value, true, false)) {
            let mut fact = fact(hit.meaning, country.clone(), value);
            refine(&mut fact, document, &heard, None);
            return vec![fact];
        }
    }
    Vec::new()
}

/// Degrees that a CV or a VAPP file lists: lines of its education part that name one.
pub fn listed(lines: &[Line], season_starts: i32) -> Vec<DegreeFact> {
    let part = education_part(lines);
    let mut degrees = Vec::new();
    for (at, line) in part.iter().enumerate() {
        let Some(hit) = best(hits(&line.raw, true, false)) else { continue };
        // The years often stand on the next line; a line that names a degree itself is a new entry.
        let next = part.get(at + 1).filter(|next| hits(&next.raw, true, false).is_empty()).map(|next| next.raw.as_str()).unwrap_or_default();
        let previous = at.checked_sub(1).and_then(|before| part.get(before)).map(|line| line.raw.as_str()).unwrap_or_default();
        let own_years = years(&line.raw);
        let entry = if own_years.is_empty() && years(next).is_empty() { format!("{previous} {}", line.raw) } else { format!("{} {next}", line.raw) };
        let folded = folding::fold(&entry);
        let country = countries::names_in(&folded).first().or(countries::towns_in(&folded).first()).map(|code| (*code).to_owned());
        let mut fact = fact(hit.meaning, country, &line.raw);
        let last = years(&entry).into_iter().max();
        fact.in_progress = says_in_progress(&folded) || last.is_some_and(|year| year >= season_starts);
        fact.awarded_on = last.filter(|_| !fact.in_progress).and_then(summer_of);
        degrees.push(fact);
        if degrees.len() >= 12 {
            break;
        }
    }
    degrees
}

fn years(text: &str) -> Vec<i32> {
    dates::find(text).iter().map(|found| found.moment.year()).collect()
}

/// The lines between an education heading and the next heading; all lines when there is no such heading.
fn education_part(lines: &[Line]) -> Vec<&Line> {
    let part = education_lines(lines);
    if part.is_empty() {
        lines.iter().collect()
    } else {
        lines.iter().enumerate().filter(|(at, _)| part.contains(at)).map(|(_, line)| line).collect()
    }
}

/// Positions of the lines under an education heading; empty when there is none.
pub fn education_lines(lines: &[Line]) -> Vec<usize> {
    let Some(start) = lines.iter().position(|line| is_heading(line, EDUCATION_HEADINGS, 6) && best(hits(&line.raw, false, false)).is_none()) else {
        return Vec::new();
    };
    let part = lines.iter().enumerate().skip(start + 1).take_while(|(_, line)| !is_heading(line, OTHER_HEADINGS, 5));
    part.map(|(at, _)| at).collect()
}

#[rustfmt::skip]
const EDUCATION_HEADINGS: &[&str] = &["EDUCATION", "FORMATION", "FORMATIONS", "DIPLOME", "DIPLOMES", "ETUDES", "STUDIES", "ACADEMIC", "CURSUS", "QUALIFICATIONS", "SCOLARITE", "UNIVERSITAIRE", "BILDUNG", "FORMACION", "ISTRUZIONE"];
#[rustfmt::skip]
const OTHER_HEADINGS: &[&str] = &["EXPERIENCE", "EXPERIENCES", "LANGUES", "LANGUAGES", "LANGUAGE", "COMPETENCES", "SKILLS", "INFORMATIQUE", "COMPUTING", "LOISIRS", "INTERESTS", "CENTRES", "EMPLOYMENT", "HOBBIES", "REFERENCES", "PROJETS", "PROJECTS", "STAGES", "INTERNSHIPS", "PROFIL", "PROFILE", "CERTIFICATIONS", "ANALYSE", "MOTIVATION"];

/// A short line without years that holds one of the words.
fn is_heading(line: &Line, headings: &[&str], words_max: usize) -> bool {
    line.folded.split(' ').count() <= words_max && line.folded.split(' ').any(|word| headings.contains(&word)) && years(&line.raw).is_empty()
}

/// Whether a line of a CV is about studies: it names a degree or a school.
pub fn speaks_of_studies(line: &str) -> bool {
    let folded = folding::fold(line);
    let school = |word: &str| {
        matches!(
            word,
            "UNIVERSITE"
                | "UNIVERSITY"
                | "ECOLE"
                | "SCHOOL"
                | "LYCEE"
                | "COLLEGE"
                | "FACULTE"
                | "FACULTY"
                | "UNIVERSIDAD"
                | "UNIVERSITA"
                | "UNIVERSITAT"
                | "HOCHSCHULE"
                | "BACCALAUREAT"
        )
    };
    folded.split(' ').any(school) || best(hits(line, false, false)).is_some()
}

/// The highest level named wins; a vague wording only when nothing else is there.
fn best(hits: Vec<Hit>) -> Option<Hit> {
    hits.into_iter().max_by_key(|hit| (hit.meaning.0, std::cmp::Reverse(hit.position)))
}

fn fact((level, family): Meaning, country: Option<String>, title: &str) -> DegreeFact {
    // French wordings of schools elsewhere are foreign degrees; without a country the wording stands and a person or other pieces decide.
    let family = match country.as_deref() {
        Some(code) if code != "FRA" => DegreeFamily::Foreign,
        _ => family,
    };
    DegreeFact { family, level, country, title: title.trim().chars().take(200).collect(), in_progress: false, awarded_on: None }
}

fn prominence(line: &str) -> u8 {
    let folded = folding::fold(line);
    let names_a_degree = ["DIPLOME", "DEGREE", "GRADE", "TITRE", "DIPLOMA", "TITULO", "CYCLE", "INSCRIT", "INSCRITE", "ENROLLED", "REGISTERED"]
        .iter()
        .any(|word| folded.split(' ').any(|other| other == *word));
    u8::from(names_a_degree) + u8::from(folded.split(' ').count() <= 6)
}

/// A Spanish or Latin American *licenciatura* takes three to five years, a German *Diplom (FH)* three and a half to four.
fn hides_its_level(fact: &DegreeFact, document: &DocumentReading) -> bool {
    let title = folding::fold(&fact.title);
    let spanish = document.languages.iter().any(|language| language.code() == "es");
    let applied = title.split(' ').any(|word| word.starts_with("DIPLOM")) && title.split(' ').any(|word| word == "FH");
    (spanish && title.contains("LICENCIA")) || applied
}

fn says_in_progress(folded: &str) -> bool {
    [
        "EN COURS",
        "IN PROGRESS",
        "ONGOING",
        "CURRENTLY",
        "EXPECTED",
        "EN PREPARATION",
        "EN VUE D",
        "A OBTENIR",
        "OBTENTION PREVUE",
        "PREVU EN",
        "TO BE OBTAINED",
        "PRESENT",
        "AUJOURDHUI",
        "A CE JOUR",
    ]
    .iter()
    .any(|words| folded.contains(words))
}

fn says_four_years(folded: &str) -> bool {
    ["240 ECTS", "QUATRE ANS", "QUATRE ANNEES", "FOUR YEAR", "FOUR YEARS", "4 YEAR", "4 YEARS", "4 ANS", "DUREE 4 ANS"]
        .iter()
        .any(|words| folded.contains(words))
}

/// Mid-year of the year a CV gives for the end of studies.
fn summer_of(year: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, 6, 30)
}

/// The lines that speak of the award: without births, translators and courts of appeal, whose towns say nothing about the school.
fn without_people(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .filter(|line| {
            ![
                "COUR DAPPEL",
                "TRADUCTEUR",
                "TRADUCTRICE",
                "ASSERMENTE",
                "SWORN TRANSLATOR",
                "TRANSLATOR",
                "REGISTER NO",
                "MON REGISTRE",
                "CERTIFIE CONFORME A LORIGINAL",
                "ACCURATE TRANSLATION",
            ]
            .iter()
            .any(|words| line.folded.contains(words))
        })
        .map(|line| line.raw.clone())
        .collect()
}

fn is_foreign_document(document: &DocumentReading, heard: &[String]) -> bool {
    let main_is_foreign = document.languages.iter().any(|language| !language.is_read_by_the_school());
    let head = folding::fold(&heard.iter().take(4).cloned().collect::<Vec<_>>().join(" "));
    document.translation.is_some()
        || main_is_foreign
        || head.contains("ORIGINAL EN LANGUE")
        || head.contains("ORIGINAL IN")
        || head.contains("TRADUIT DE")
        || head.contains("TRANSLATED FROM")
}

/// Where the institution is: a state named in the head, else by its towns, else by the language only one state uses.
fn institution_country(document: &DocumentReading, heard: &[String]) -> Option<String> {
    let folded = folding::fold(&without_births(&heard.join(" ")));
    if [
        "REPUBLIQUE FRANCAISE",
        "COMMISSION DES TITRES DINGENIEUR",
        "COMMISSION DES TITRES D INGENIEUR",
        "HABILITE PAR LA CTI",
        "ACCREDITE PAR LA CTI",
    ]
    .iter()
    .any(|words| folded.contains(words))
    {
        return Some("FRA".to_owned());
    }
    let named = countries::names_in(&folded);
    if let Some(code) = named.iter().find(|code| **code != "FRA") {
        return Some((*code).to_owned());
    }
    let foreign = is_foreign_document(document, heard);
    if !named.is_empty() && !foreign {
        return Some("FRA".to_owned());
    }
    let by_language =
        document.languages.iter().find(|language| !language.is_read_by_the_school()).and_then(|language| countries::of_language(language.code()));
    let towns = countries::towns_in(&folded);
    let by_town = if foreign { towns.iter().find(|code| **code != "FRA") } else { towns.first() };
    by_town.copied().or(by_language).map(str::to_owned)
}

/// The text without "né à Lille": a birthplace is no school.
fn without_births(text: &str) -> String {
    let mut kept = Vec::new();
    let mut skipping = 0_usize;
    for word in text.split_whitespace() {
        let folded = folding::fold(word);
        if matches!(
            folded.as_str(),
            "NE" | "NEE"
                | "BORN"
                | "NACIDO"
                | "NACIDA"
                | "NATO"
                | "NATA"
                | "GEBOREN"
                | "NASCIDO"
                | "NASCIDA"
                | "NATURAL"
                | "NATIONALITE"
                | "NATIONALITY"
                | "NACIONALIDAD"
        ) || folded.starts_with("NE E")
        {
            skipping = 9;
        }
        // A comma after a place or the end of a sentence ends the birth.
        if skipping > 0 {
            skipping = if word.ends_with([',', ';', '.', ')']) && folded.chars().any(|letter| letter.is_ascii_alphabetic()) && skipping < 8 {
                0
            } else {
                skipping - 1
            };
            continue;
        }
        kept.push(word);
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, level: Option<DegreeLevel>, family: DegreeFamily) {
        let fact = stated(words, 2024);
        assert_eq!(fact.as_ref().and_then(|fact| fact.level), level, "{words}");
        assert_eq!(fact.map(|fact| fact.family), Some(family), "{words}");
    }

    #[test]
    fn levels_are_told_in_many_languages() {
        use DegreeFamily::{CtiEngineer, Foreign, FrenchBachelor, FrenchM1, FrenchMaster, Rncp7};
        use DegreeLevel::{Bac3, Bac4, Bac5};
        check("Diplôme d'ingénieur généraliste", Some(Bac5), CtiEngineer);
        check("Master 2 Génie civil", Some(Bac5), FrenchMaster);
        check("Master 1 Informatique", Some(Bac4), FrenchM1);
        check("Maîtrise de physique", Some(Bac4), FrenchM1);
        check("Titre RNCP niveau 7", Some(Bac5), Rncp7);
        check("Licence professionnelle", Some(Bac3), FrenchBachelor);
        check("Laurea magistrale in Ingegneria", Some(Bac5), Foreign);
        check("Laurea in Ingegneria", Some(Bac3), Foreign);
        check("Ingénieur d'État en hydraulique", Some(Bac5), Foreign);
        check("Yüksek lisans", Some(Bac5), Foreign);
        check("Lisans", Some(Bac3), Foreign);
        check("магистр техники", Some(Bac5), Foreign);
        check("工学学士", Some(Bac3), Foreign);
        check("kỹ sư xây dựng", None, Foreign);
        check("Master of Science, London, United Kingdom", Some(Bac5), Foreign);
    }

    #[test]
    fn a_birthplace_is_no_school() {
        assert!(!without_births("délivre à Mme X, née le 24/03/1992 à Limoges, le diplôme").contains("Limoges"));
    }
}
