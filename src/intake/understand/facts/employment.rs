//! Stretches of work with their dates, from certificates of employers and, more weakly, from CVs and VAPP files.
//!
//! Dates of birth and of issue are no work. Internships and apprenticeships are kept and flagged: they do not count as experience.

use chrono::NaiveDate;

use crate::domain::document::EmploymentPeriod;
use crate::folding;
use crate::intake::understand::facts::dates::{self, Found, Moment, Token};
use crate::intake::understand::facts::degree;
use crate::intake::understand::facts::text::Line;

/// Folded words that tie a beginning to an end.
const UNTIL: &[&str] = &[
    "AU",
    "A",
    "TO",
    "UNTIL",
    "TILL",
    "JUSQUAU",
    "JUSQUEN",
    "AL",
    "BIS",
    "PO",
    "DO",
    "HASTA",
    "ATE",
    "QUITTE",
    "LEFT",
    "FIN",
    "TERMINATION",
    "FINISH",
    "SORTIE",
    "END",
    "ENDED",
    "TERMINE",
    "ET",
    "AND",
    "DEN",
    "TOT",
    "THROUGH",
    "KADAR",
    "TARIHINE",
    "ILA",
    "PANA",
    "LA",
    "E",
    "OI",
];

/// Folded words that begin an employment that may still last.
const SINCE: &[&str] = &["DEPUIS", "SINCE", "SEIT", "DESDE", "DAL", "COMPTER", "FROM", "DU", "AB", "S", "DIN", "TU"];

/// Folded wordings for "to this day".
const TO_THIS_DAY: &[&str] = &[
    "A CE JOUR",
    "CE JOUR",
    "AUJOURDHUI",
    "AUJOURD HUI",
    "A PRESENT",
    "PRESENT",
    "TO DATE",
    "TO THIS DATE",
    "UNTIL NOW",
    "UP TO NOW",
    "NOW",
    "CURRENT",
    "CURRENTLY",
    "ONGOING",
    "EN COURS",
    "HEUTE",
    "ACTUALIDAD",
    "ACTUALMENTE",
    "AD OGGI",
    "OGGI",
    "HALEN",
    "ATUALIDADE",
    "ATE A DATA",
    "ATE AO PRESENTE",
    "PREZENT",
    "NASTOIASHCHEE",
    "ACTUELLEMENT",
    "TOUJOURS",
    "STILL",
    "DOSUD",
    "OBECNIE",
    "NADAL",
    "JELENLEG",
    "SEKARANG",
    "SAAT INI",
    "TEPERISHNII",
    "SEGASHTA",
    "I DAG",
    "IN PREZENT",
    "HIEN NAY",
    "DEN NAY",
];

/// The same where words are not told apart by blanks, or fold to nothing stable.
const TO_THIS_DAY_AS_WRITTEN: [&str; 12] =
    ["至今", "现在", "現在", "현재", "настоящ", "сегодня", "теперішн", "إلى الآن", "حتى الآن", "حاليا", "لا يزال", "σήμερα"];

/// Whether a text says that something lasts to this day.
fn says_to_this_day(raw: &str, folded: &str) -> bool {
    mentions(folded, TO_THIS_DAY) || TO_THIS_DAY_AS_WRITTEN.iter().any(|words| raw.contains(words))
}

const INTERNSHIP: &[&str] = &[
    "STAGE",
    "STAGES",
    "STAGIAIRE",
    "INTERN",
    "INTERNSHIP",
    "INTERNSHIPS",
    "TRAINEE",
    "TRAINEESHIP",
    "APPRENTI",
    "APPRENTIE",
    "APPRENTISSAGE",
    "APPRENTICE",
    "APPRENTICESHIP",
    "ALTERNANCE",
    "ALTERNANT",
    "ALTERNANTE",
    "PROFESSIONNALISATION",
    "PRAKTIKUM",
    "PRAKTIKANT",
    "PRAKTIKANTIN",
    "WERKSTUDENT",
    "TIROCINIO",
    "TIROCINANTE",
    "STAGISTA",
    "PRACTICAS",
    "BECARIO",
    "ESTAGIO",
    "ESTAGIARIO",
    "ESTAGIARIA",
    "STAJ",
    "STAJYER",
    "PRAKTIKA",
    "PRAKTIKANTKA",
    "GYAKORNOK",
    "STAZ",
    "STAZYSTA",
    "STAZYSTKA",
    "PRAKTYKA",
    "PRAKTYKI",
    "STAZHIST",
    "STAZHYROVKA",
    "STAZHIROVKA",
    "THUC TAP",
    "THUC TAP SINH",
    "MAGANG",
    "PRAKSA",
    "STAGIU",
    "ALTERNATING",
];

const BIRTH: &[&str] = &[
    "NE",
    "NEE",
    "BORN",
    "BIRTH",
    "NAISSANCE",
    "GEBOREN",
    "NACIDO",
    "NACIDA",
    "NATO",
    "NATA",
    "NASCIDO",
    "NASCIDA",
    "DOGUMLU",
    "DOGUM",
    "NASCUT",
    "NASCUTA",
    "RODIVSHIISIA",
    "ROZHDENIIA",
    "URODZONY",
    "URODZONA",
    "SZULETETT",
    "NAROZEN",
    "NAROZENA",
    "NARODENY",
    "NARODENA",
    "RODEN",
    "RODENA",
    "FODD",
    "LAHIR",
    "SINH",
];

/// The periods of an employer's certificate.
pub fn certified(lines: &[Line]) -> Vec<EmploymentPeriod> {
    let text = lines.iter().map(|line| line.raw.as_str()).collect::<Vec<_>>().join("\n");
    let tokens = dates::tokenize(&text);
    let found: Vec<Found> =
        dates::find_in(&tokens).into_iter().filter(|found| !matches!(found.moment, Moment::Year(_)) && !is_birth(&tokens, found)).collect();
    let folded = folding::fold(&text);
    let internship = mentions(&folded, INTERNSHIP);
    let mut periods = Vec::new();
    let mut at = 0;
    while let Some(start) = found.get(at) {
        let end = found.get(at + 1);
        let last = at + 2 >= found.len();
        match end.filter(|end| start.moment.first_day() < end.moment.last_day() && ties(&tokens, start, end, last)) {
            Some(end) => {
                periods.extend(period(start.moment, Some(end.moment), internship));
                at += 2;
            }
            None => {
                if lasts(&tokens, start, &text, &folded) {
                    periods.extend(period(start.moment, None, internship));
                }
                at += 1;
            }
        }
    }
    periods
}

/// Whether the second date ends what the first began: a word for "until" between them, in one sentence. The very last date of a certificate is
/// its issue unless such a word or a dash stands right before it.
fn ties(tokens: &[Token], start: &Found, end: &Found, end_is_last: bool) -> bool {
    let between = tokens.get(start.end..end.start).unwrap_or_default();
    if between.iter().filter(|token| token.word().is_some()).count() > 30 {
        return false;
    }
    let only_joint =
        !between.is_empty() && between.iter().all(|token| matches!(token, Token::Sign('-' | '–' | '—' | '→' | '至' | '~' | '到') | Token::NewLine));
    if only_joint {
        return true;
    }
    let words: Vec<&str> = between.iter().filter_map(Token::word).collect();
    let until = |word: &&str| UNTIL.contains(word);
    // Words of one or two letters mean "until" only right between two dates.
    if words.len() <= 10 && words.iter().any(|word| until(word) && word.len() > 2 && !matches!(*word, "AND")) {
        return true;
    }
    if words.len() <= 4 && words.last().is_some_and(until) || words.len() == 2 && words.first().is_some_and(until) {
        return true;
    }
    // Turkish says "until" after the date.
    if tokens.get(end.end..end.end + 3).unwrap_or_default().iter().filter_map(Token::word).any(|word| matches!(word, "KADAR" | "TARIHINE")) {
        return true;
    }
    let leaves = [
        "QUITTE",
        "QUITTEE",
        "LEFT",
        "RESIGNED",
        "DEMISSIONNE",
        "TERMINE",
        "TERMINATED",
        "JUSQUAU",
        "UNTIL",
        "CESSE",
        "ENDED",
        "PRIS",
        "CESSATO",
        "CESO",
        "BEENDET",
        "AUSGESCHIEDEN",
        "AYRILMISTIR",
        "SORTIE",
        "DEPART",
    ];
    if words.iter().any(|word| leaves.contains(word)) {
        return true;
    }
    // Two ideographic or Arabic dates have no Latin words between them: a third date is then the issue.
    !end_is_last && words.len() <= 3
}

/// Whether a lone date begins work that goes on.
fn lasts(tokens: &[Token], start: &Found, raw: &str, folded: &str) -> bool {
    let before: Vec<&str> = tokens.get(start.start.saturating_sub(6)..start.start).unwrap_or_default().iter().filter_map(Token::word).collect();
    let since = before.iter().rev().take(3).any(|word| SINCE.contains(word));
    let began = before.iter().any(|word| {
        [
            "EMBAUCHE",
            "EMBAUCHEE",
            "ENGAGE",
            "ENGAGEE",
            "RECRUTE",
            "RECRUTEE",
            "HIRED",
            "JOINED",
            "EMPLOYED",
            "EMPLOYE",
            "EMPLOYEE",
            "EINGESTELLT",
            "ASSUNTO",
            "ASSUNTA",
            "ENTREE",
            "START",
            "STARTED",
            "STARTING",
            "HIRE",
            "DEBUT",
        ]
        .contains(word)
    });
    let present = says_to_this_day(raw, folded)
        || [
            "EST EMPLOYE",
            "EST EMPLOYEE",
            "EST SALARIE",
            "EST SALARIEE",
            "FAIT PARTIE",
            "TRAVAILLE",
            "OCCUPE",
            "IS EMPLOYED",
            "IS CURRENTLY",
            "HAS BEEN WORKING",
            "HAS BEEN EMPLOYED",
            "WORKS",
            "IST BESCHAFTIGT",
            "E DIPENDENTE",
            "TRABAJA",
        ]
        .iter()
        .any(|wording| contains_words(folded, wording));
    (since && (present || before.iter().any(|word| matches!(*word, "DEPUIS" | "SINCE" | "SEIT")))) || (began && present)
}

fn is_birth(tokens: &[Token], found: &Found) -> bool {
    tokens.get(found.start.saturating_sub(5)..found.start).unwrap_or_default().iter().filter_map(Token::word).any(|word| BIRTH.contains(&word))
}

fn mentions(folded: &str, wordings: &[&str]) -> bool {
    wordings.iter().any(|wording| contains_words(folded, wording))
}

fn contains_words(folded: &str, wording: &str) -> bool {
    format!(" {folded} ").contains(&format!(" {wording} "))
}

/// The periods that a CV or a VAPP file lists, one entry a line; `skip` are the lines of its education.
pub fn listed(lines: &[Line], skip: &[usize]) -> Vec<EmploymentPeriod> {
    let mut periods = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| !skip.contains(at)) {
        let tokens = dates::tokenize(&line.raw);
        let found = dates::find_in(&tokens);
        let Some(start) = found.first() else { continue };
        if degree::speaks_of_studies(&line.raw) {
            continue;
        }
        // A line of dates alone takes its title from its neighbours.
        let words = tokens.iter().filter(|token| token.word().is_some_and(|word| word.len() > 2)).count();
        let neighbour =
            |offset: isize| at.checked_add_signed(offset).and_then(|at| lines.get(at)).map(|line| line.folded.as_str()).unwrap_or_default();
        let entry = if words <= 2 { format!("{} {} {}", neighbour(-1), line.folded, neighbour(1)) } else { line.folded.clone() };
        if words <= 2 && at.checked_sub(1).and_then(|before| lines.get(before)).is_some_and(|before| degree::speaks_of_studies(&before.raw)) {
            continue;
        }
        let internship = mentions(&entry, INTERNSHIP);
        let open = says_to_this_day(&line.raw, &line.folded)
            || contains_words(&line.folded, "DEPUIS")
            || contains_words(&line.folded, "SINCE")
            || contains_words(&line.folded, "SEIT")
            || contains_words(&line.folded, "DESDE");
        match found.get(1) {
            Some(end) if start.moment.first_day() <= end.moment.last_day() && close(&tokens, start, end) => {
                periods.extend(period(start.moment, Some(end.moment), internship))
            }
            None if open => periods.extend(period(start.moment, None, internship)),
            _ => {}
        }
        if periods.len() >= 40 {
            break;
        }
    }
    periods
}

fn close(tokens: &[Token], start: &Found, end: &Found) -> bool {
    end.start - start.end <= 3
        && tokens.get(start.end..end.start).unwrap_or_default().iter().filter_map(Token::word).all(|word| UNTIL.contains(&word))
}

/// Years alone mean, on the average, from the middle of the one to the middle of the other.
fn period(from: Moment, to: Option<Moment>, internship: bool) -> Option<EmploymentPeriod> {
    let begins = match from {
        Moment::Year(year) => NaiveDate::from_ymd_opt(year, 7, 1)?,
        _ => from.first_day()?,
    };
    let ends = match to {
        Some(Moment::Year(year)) => Some(NaiveDate::from_ymd_opt(year, 6, 30)?),
        Some(moment) => Some(moment.last_day()?),
        None => None,
    };
    ends.is_none_or(|ends| ends > begins).then_some(EmploymentPeriod { from: begins, to: ends, internship })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{PageText, TextSource};
    use crate::intake::understand::facts::text;

    fn read(text: &str) -> Vec<Line> {
        let page = PageText {
            number: 1,
            text: text.to_owned(),
            source: TextSource::Layer,
            quality: 1.0,
            width: 0,
            height: 0,
            ink: 0.0,
            portrait: 0.0,
            unread: false,
            unread_script: None,
        };
        text::lines(&[&page])
    }

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn certificates_state_their_period_and_not_their_issue() {
        let check = |text: &str, from: NaiveDate, to: Option<NaiveDate>, internship: bool| {
            assert_eq!(certified(&read(text)), [EmploymentPeriod { from, to, internship }], "{text}");
        };
        check(
            "M. X, né le 4 mars 1990, a été employé du 1er mai 2018 au 31 août 2021.\nFait à Lille, le 2 septembre 2021",
            day(2018, 5, 1),
            Some(day(2021, 8, 31)),
            false,
        );
        check(
            "certifie que Mme X a été embauchée le 01/08/2020 au poste de technicienne et a quitté la société le 01/11/2022.\nLe 20/11/2022",
            day(2020, 8, 1),
            Some(day(2022, 11, 1)),
            false,
        );
        check("is employed by our company since 3 January 2019 as an engineer.\nLondon, 5 March 2024", day(2019, 1, 3), None, false);
        check("è stato dipendente dal 1 maggio 2020 al 1 marzo 2024.\nFerrara, lì 22 aprile 2024", day(2020, 5, 1), Some(day(2024, 3, 1)), false);
        check("работал с 1 октября 2018 года по 1 декабря 2023 года инженером.\n12 января 2024 г.", day(2018, 10, 1), Some(day(2023, 12, 1)), false);
        check("a effectué un stage du 01/02/2020 au 31/07/2020", day(2020, 2, 1), Some(day(2020, 7, 31)), true);
    }

    #[test]
    fn lists_give_months() {
        let lines = read("technicien, Atelier Dumas, 11/2019 – 11/2023\nStagiaire (5 mois), Atelier Dumas, 2015\nEngineer, Smith Ltd, since 01/2024");
        let periods = listed(&lines, &[]);
        assert_eq!(periods.len(), 2);
        assert_eq!(periods.first().map(|period| (period.from, period.to)), Some((day(2019, 11, 1), Some(day(2023, 11, 30)))));
        assert_eq!(periods.get(1).map(|period| period.to), Some(None));
    }
}
