//! Decisions read back from the jury's spreadsheet (xlsx, xls, ods or CSV).
//!
//! Columns are found by their headings, so that people may move, add or remove some. Nothing is guessed: a word that is no known decision is a problem on its
//! line, for a person. Whether the lines agree with the batch is checked by the caller, who knows it.

use std::collections::BTreeMap;
use std::io::Cursor;

use anyhow::{Context, bail};
use calamine::{Data, Reader, open_workbook_auto_from_rs};
use serde::{Deserialize, Serialize};

use crate::folding::fold;

/// Headings stand within the first lines.
const HEADING_LINES: usize = 25;
const LINES_MAX: usize = 5_000;
const CELL_CHARACTERS_MAX: usize = 4_000;

/// What the jury decides on a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Admitted,
    AdmittedSubjectToDegree,
    WaitingList,
    Refused,
    /// Put off to a later session (*ajourné*).
    Deferred,
}

impl Decision {
    /// In the order of the drop-down list.
    pub const ALL: [Decision; 5] =
        [Decision::Admitted, Decision::AdmittedSubjectToDegree, Decision::WaitingList, Decision::Refused, Decision::Deferred];

    pub fn slug(self) -> &'static str {
        match self {
            Decision::Admitted => "admitted",
            Decision::AdmittedSubjectToDegree => "admitted_subject_to_degree",
            Decision::WaitingList => "waiting_list",
            Decision::Refused => "refused",
            Decision::Deferred => "deferred",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.slug() == slug)
    }

    /// As the drop-down list of the spreadsheet says it.
    pub fn label_fr(self) -> &'static str {
        match self {
            Decision::Admitted => "Admis",
            Decision::AdmittedSubjectToDegree => "Admis sous réserve du diplôme",
            Decision::WaitingList => "Liste d'attente",
            Decision::Refused => "Refusé",
            Decision::Deferred => "Ajourné",
        }
    }

    /// Reads a cell: the labels, their feminine and inclusive spellings, and the short forms that juries write.
    pub fn parse(text: &str) -> Option<Decision> {
        // "Admis(e)", "admis·e" and "admise" are one word.
        let words = fold(text).replace("ADMIS E", "ADMIS").replace("ADMISE", "ADMIS").replace("REFUSE E", "REFUSE").replace("REFUSEE", "REFUSE");
        let words = words.replace("AJOURNE E", "AJOURNE").replace("AJOURNEE", "AJOURNE").replace("D ATTENTE", "DATTENTE");
        match words.trim() {
            "ADMIS" | "ADMISSION" => Some(Decision::Admitted),
            "ADMIS SOUS RESERVE"
            | "ADMIS SOUS RESERVE DU DIPLOME"
            | "ADMIS SOUS RESERVE DOBTENTION DU DIPLOME"
            | "ADMIS SOUS RESERVE D OBTENTION DU DIPLOME"
            | "ADMIS SOUS RESERVE DE LOBTENTION DU DIPLOME" => Some(Decision::AdmittedSubjectToDegree),
            "LISTE DATTENTE" | "SUR LISTE DATTENTE" | "EN LISTE DATTENTE" => Some(Decision::WaitingList),
            "REFUSE" | "REFUS" | "NON ADMIS" => Some(Decision::Refused),
            "AJOURNE" | "AJOURNEMENT" => Some(Decision::Deferred),
            _ => None,
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// 1-based, as the spreadsheet program shows it.
    pub row: u32,
    /// The dossier number as written, without surrounding space.
    pub number: String,
    /// "NOM Prénom" as the list prints it.
    pub name: String,
    pub opinion: Option<String>,
    /// `None` when the cell is empty, or when it is not understood: then `problem` says so.
    pub decision: Option<Decision>,
    pub comment: Option<String>,
    /// In French, for the person who checks the list.
    pub problem: Option<String>,
}

/// The lines of the list, in order, empty ones left out. An error (in French) says why the file is no such list.
pub fn read_decisions(bytes: &[u8]) -> anyhow::Result<Vec<DecisionLine>> {
    let sheets =
        if bytes.starts_with(b"PK") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) { workbook_rows(bytes)? } else { vec![csv_rows(bytes)?] };
    for rows in &sheets {
        let found = rows.iter().take(HEADING_LINES).enumerate().find_map(|(line, row)| Some((line, Columns::find(row)?)));
        if let Some((line, columns)) = found {
            return Ok(read_lines(rows, line, &columns));
        }
    }
    bail!("aucune feuille n'a de colonnes «\u{a0}N° de dossier\u{a0}» et «\u{a0}Décision\u{a0}»\u{a0}: ce n'est pas la liste du jury")
}

fn workbook_rows(bytes: &[u8]) -> anyhow::Result<Vec<Vec<Vec<String>>>> {
    let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes.to_vec())).context("le classeur ne s'ouvre pas")?;
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let range = workbook.worksheet_range(&name).with_context(|| format!("la feuille «\u{a0}{name}\u{a0}» ne se lit pas"))?;
        // The used range may begin below the first line; row numbers are those that the person sees.
        let (first_row, first_column) = range.start().unwrap_or((0, 0));
        let mut rows = vec![Vec::new(); (first_row as usize).min(LINES_MAX)];
        for row in range.rows().take(LINES_MAX) {
            let mut cells = vec![String::new(); (first_column as usize).min(100)];
            cells.extend(row.iter().take(200).map(cell_text));
            rows.push(cells);
        }
        sheets.push(rows);
    }
    Ok(sheets)
}

fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string().trim().chars().take(CELL_CHARACTERS_MAX).collect(),
    }
}

fn csv_rows(bytes: &[u8]) -> anyhow::Result<Vec<Vec<String>>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    };
    let head: String = text.lines().take(HEADING_LINES).collect();
    let delimiter = [b';', b'\t', b','].into_iter().max_by_key(|delimiter| head.bytes().filter(|byte| byte == delimiter).count()).unwrap_or(b';');
    let mut rows = Vec::new();
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    for record in reader.records().take(LINES_MAX) {
        let record = record.context("le fichier CSV ne se lit pas")?;
        let line = record.position().map_or(rows.len() + 1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
        // Empty lines are skipped by the reader; they still count.
        while rows.len() + 1 < line.min(LINES_MAX) {
            rows.push(Vec::new());
        }
        rows.push(record.iter().map(|cell| cell.trim().chars().take(CELL_CHARACTERS_MAX).collect()).collect());
    }
    Ok(rows)
}

/// Where the headings put each thing.
#[derive(Debug, Default)]
struct Columns {
    number: usize,
    decision: usize,
    family: Option<usize>,
    given: Option<usize>,
    opinion: Option<usize>,
    comment: Option<usize>,
}

impl Columns {
    fn find(row: &[String]) -> Option<Columns> {
        let headings: Vec<String> = row.iter().map(|cell| fold(cell)).collect();
        let place = |wanted: &[&str]| headings.iter().position(|heading| wanted.contains(&heading.as_str()));
        Some(Columns {
            number: place(&["N DE DOSSIER", "NO DE DOSSIER", "NUMERO DE DOSSIER", "N DOSSIER", "NO DOSSIER", "NUMERO DOSSIER", "DOSSIER", "NUMERO"])?,
            decision: place(&["DECISION", "DECISION DU JURY"])?,
            family: place(&["NOM", "NOM DE FAMILLE", "CANDIDAT"]),
            given: place(&["PRENOM", "PRENOMS"]),
            opinion: place(&["AVIS", "AVIS DU RESPONSABLE", "AVIS DU RESPONSABLE PEDAGOGIQUE"]),
            comment: place(&["COMMENTAIRE", "COMMENTAIRES", "OBSERVATION", "OBSERVATIONS"]),
        })
    }
}

fn read_lines(rows: &[Vec<String>], heading: usize, columns: &Columns) -> Vec<DecisionLine> {
    let mut lines = Vec::new();
    for (position, row) in rows.iter().enumerate().skip(heading + 1) {
        let cell =
            |column: Option<usize>| column.and_then(|column| row.get(column)).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let number = cell(Some(columns.number)).unwrap_or_default();
        let name = [cell(columns.family), cell(columns.given)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let written = cell(Some(columns.decision));
        if number.is_empty() && name.is_empty() && written.is_none() {
            continue;
        }
        let decision = written.as_deref().and_then(Decision::parse);
        let problem = match (&written, decision) {
            _ if number.is_empty() => Some("Le numéro de dossier manque sur cette ligne.".to_owned()),
            (Some(text), None) => Some(format!("Décision non reconnue\u{a0}: «\u{a0}{text}\u{a0}».")),
            _ => None,
        };
        lines.push(DecisionLine {
            row: u32::try_from(position + 1).unwrap_or(u32::MAX),
            number,
            name,
            opinion: cell(columns.opinion),
            decision,
            comment: cell(columns.comment),
            problem,
        });
    }
    mark_repeated(&mut lines);
    lines
}

/// A dossier that stands twice is a problem on each of its lines: which one counts is not guessed.
fn mark_repeated(lines: &mut [DecisionLine]) {
    let mut places: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.number.is_empty()) {
        places.entry(fold(&line.number)).or_default().push(line.row);
    }
    for line in lines {
        let rows = places.get(&fold(&line.number)).filter(|rows| rows.len() > 1);
        if let (Some(rows), None) = (rows, &line.problem) {
            let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
            line.problem = Some(format!("Ce dossier figure plusieurs fois (lignes {}).", rows.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jury::batch_xlsx;
    use crate::jury::tests::{batch, candidate};

    #[test]
    fn decisions_are_read_in_the_words_that_juries_write() {
        for (text, expected) in [
            ("Admis", Some(Decision::Admitted)),
            ("ADMISE", Some(Decision::Admitted)),
            ("Admis(e)", Some(Decision::Admitted)),
            ("Admis·e sous réserve du diplôme", Some(Decision::AdmittedSubjectToDegree)),
            ("admise sous réserve d'obtention du diplôme", Some(Decision::AdmittedSubjectToDegree)),
            ("Liste d’attente", Some(Decision::WaitingList)),
            ("Refusée", Some(Decision::Refused)),
            ("non admis", Some(Decision::Refused)),
            ("Ajourné(e)", Some(Decision::Deferred)),
            ("à revoir", None),
            ("Admis ?? non", None),
        ] {
            assert_eq!(Decision::parse(text), expected, "{text}");
        }
        for decision in Decision::ALL {
            assert_eq!(Decision::parse(decision.label_fr()), Some(decision));
            assert_eq!(Decision::from_slug(decision.slug()), Some(decision));
        }
    }

    #[test]
    fn the_spreadsheet_reads_back_as_it_was_written() {
        let bytes = batch_xlsx(&batch(vec![candidate("MS24-0042", "Awa", "Ndiaye"), candidate("MS24-0043", "=1+1", "Nguyễn")])).unwrap();
        let lines = read_decisions(&bytes).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].row, lines[0].number.as_str(), lines[0].name.as_str()), (2, "MS24-0042", "NDIAYE Awa"));
        assert_eq!(lines[1].name, "NGUYỄN =1+1");
        assert!(lines.iter().all(|line| line.decision.is_none() && line.problem.is_none()));
    }

    #[test]
    fn a_csv_with_a_title_and_moved_columns_is_read() {
        let text = "Jury de mars;;;;\n\nDécision;Nom;Numéro de dossier;Commentaire;Avis\nAdmise;Ndiaye;MS24-0042;;Favorable\npeut-être;Abadie;MS24-0043;voir le stage;\nRefusé;Abadie;ms24-0043;;\nAdmis;Inconnu;;;\n;;;;\n";
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        for bytes in [text.as_bytes(), &latin] {
            let lines = read_decisions(bytes).unwrap();
            assert_eq!(lines.iter().map(|line| line.row).collect::<Vec<_>>(), [4, 5, 6, 7]);
            assert_eq!((lines[0].decision, lines[0].opinion.as_deref()), (Some(Decision::Admitted), Some("Favorable")));
            assert!(lines[1].problem.as_deref().unwrap().contains("non reconnue"));
            assert!(lines[2].problem.as_deref().unwrap().contains("lignes 5, 6"));
            assert!(lines[3].problem.as_deref().unwrap().contains("numéro"));
        }
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        for bytes in [b"".as_slice(), b"Date;Montant\n01/02/2024;60,00\n", b"PK\x03\x04rubbish", b"\xd0\xcf\x11\xe0rubbish"] {
            assert!(read_decisions(bytes).is_err());
        }
    }
}
