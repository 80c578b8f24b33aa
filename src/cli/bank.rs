//! `guichet bank`: statements read, previewed, confirmed and taken back by the operator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Common, Unusable, act, table};
use crate::bank::CsvColumns;
use crate::blobs::sha256_hex;
use crate::store::statements;
use crate::tasks::money::{self, Import, ImportOptions};
use crate::tasks::{Office, supervisor};

#[derive(Debug, Subcommand)]
pub enum Bank {
    /// Reads statements and books their movements; reading one again changes nothing.
    Import(ImportArguments),
    /// Takes the import of a file back as a whole, with its matches: by its path, its name or the beginning of its SHA-256.
    Undo { file: String },
    /// Lists the statement files that were read.
    List,
}

#[derive(Debug, Args)]
pub struct ImportArguments {
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Shows what would be booked, and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The columns of this table are what they were taken for; remembered for this header.
    #[arg(long)]
    pub confirm_columns: bool,
    /// Names a column: date, value_date, amount, debit, credit, name, text, reference, currency or iban.
    #[arg(long = "column", value_name = "MEANING=HEADER")]
    pub columns: Vec<String>,
    /// Books a statement although its balance does not continue the one before.
    #[arg(long)]
    pub despite_gap: bool,
}

pub fn bank(common: &Common, command: Bank) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    match command {
        Bank::Import(arguments) => import(common, &office, &arguments),
        Bank::Undo { file } => undo(common, &office, &file),
        Bank::List => list(common, &office),
    }
}

fn import(common: &Common, office: &Office, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let options = ImportOptions {
        dry_run: arguments.dry_run,
        columns_confirmed: arguments.confirm_columns,
        columns: columns(&arguments.columns)?,
        despite_gap: arguments.despite_gap,
    };
    let mut needs_a_person = false;
    for path in &arguments.files {
        let bytes = fs::read(path).with_context(|| format!("read {}", path.display())).map_err(|error| super::unusable(&error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let outcome = money::import_with(office, &bytes, &name, &act::actor(), &options)?;
        drop(bytes);
        needs_a_person |= matches!(&outcome, Import::Done { reading, .. } if !reading.findings.is_empty());
        if common.json {
            table::json_lines([described(&name, &outcome)])?;
        } else {
            say(&name, &outcome, arguments.dry_run);
        }
    }
    if !arguments.dry_run {
        supervisor::settle(office)?;
    }
    Ok(if needs_a_person { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn described(name: &str, outcome: &Import) -> Value {
    match outcome {
        Import::AlreadyKnown { imported_at } => json!({ "file": name, "already_imported_at": imported_at }),
        Import::Done { reading, n_new, n_known } => json!({
            "file": name,
            "format": reading.format,
            "new": n_new,
            "known": n_known,
            "booked": outcome.refusal().is_empty(),
            "findings": reading.findings.iter().map(|finding| finding.fault.french()).collect::<Vec<_>>(),
            "reasons": reading.findings.iter().map(|finding| finding.fault.slug()).collect::<Vec<_>>(),
            "columns": reading.header.as_ref().map(|header| header.meanings.clone()),
        }),
    }
}

fn say(name: &str, outcome: &Import, dry_run: bool) {
    let Import::Done { reading, n_new, n_known } = outcome else {
        println!("{name}\u{a0}: déjà lu, rien n'a changé.");
        return;
    };
    let verb = match (outcome.refusal().is_empty(), dry_run) {
        (true, true) => "serait comptabilisé",
        (true, false) => "comptabilisé",
        (false, _) => "NON comptabilisé",
    };
    println!("{name}\u{a0}: {} {verb}, {n_new} mouvement(s) nouveau(x), {n_known} déjà connu(s).", reading.format);
    if let Some(header) = reading.header.as_ref().filter(|header| !header.meanings.is_empty()) {
        println!("  colonnes\u{a0}: {}", header.french());
    }
    for finding in &reading.findings {
        println!("  {}", finding.fault.french());
    }
    if reading.findings.iter().any(|finding| finding.fault.slug() == "columns_to_confirm") {
        println!("  Si c'est juste\u{a0}: guichet bank import --confirm-columns {name}");
    }
}

/// `date=Jour` and the like.
fn columns(given: &[String]) -> anyhow::Result<CsvColumns> {
    let mut columns = CsvColumns::default();
    for pair in given {
        let Some((meaning, header)) = pair.split_once('=') else { return Err(refuse(format!("\"{pair}\": write MEANING=HEADER"))) };
        let header = Some(header.to_owned());
        match meaning {
            "date" => columns.date = header,
            "value_date" => columns.value_date = header,
            "amount" => columns.amount = header,
            "debit" => columns.debit = header,
            "credit" => columns.credit = header,
            "name" => columns.name = header,
            "text" => columns.text.extend(header),
            "reference" => columns.bank_reference = header,
            "currency" => columns.currency = header,
            "iban" => columns.iban = header,
            _ => return Err(refuse(format!("\"{meaning}\" is no meaning of a column"))),
        }
    }
    Ok(columns)
}

fn refuse(sentence: String) -> anyhow::Error {
    anyhow::Error::new(Unusable(sentence))
}

fn undo(common: &Common, office: &Office, file: &str) -> anyhow::Result<ExitCode> {
    let path = Path::new(file);
    let hash = if path.is_file() { Some(sha256_hex(&fs::read(path).with_context(|| format!("read {}", path.display()))?)) } else { None };
    let rows = office.store.read(statements::all)?;
    let wanted: Vec<&statements::StatementFileRow> = rows
        .iter()
        .filter(|row| !row.undone)
        .filter(|row| match &hash {
            Some(hash) => row.sha256 == *hash,
            None => row.name == file || (file.len() >= 6 && row.sha256.starts_with(file)),
        })
        .collect();
    let row = match wanted.as_slice() {
        [row] => row,
        [] => return Err(refuse(format!("no statement \"{file}\" was imported"))),
        _ => return Err(refuse(format!("several statements are called \"{file}\": give the beginning of the SHA-256 (guichet bank list)"))),
    };
    let n_gone = money::undo(office, &row.sha256, &act::actor())?.unwrap_or(0);
    supervisor::settle(office)?;
    if common.json {
        table::json_lines([json!({ "file": row.name, "sha256": row.sha256, "gone": n_gone })])?;
    } else {
        println!("{}\u{a0}: import annulé, {n_gone} mouvement(s) retiré(s) avec leurs rapprochements.", row.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn list(common: &Common, office: &Office) -> anyhow::Result<ExitCode> {
    let rows = office.store.read(statements::all)?;
    let state = |row: &statements::StatementFileRow| match (row.undone, row.booked) {
        (true, _) => "annulé",
        (false, true) => "comptabilisé",
        (false, false) => "non comptabilisé",
    };
    if common.json {
        table::json_lines(rows.iter().map(|row| {
            json!({ "file": row.name, "sha256": row.sha256, "format": row.format, "imported_at": row.imported_at, "booked": row.booked, "undone": row.undone })
        }))?;
    } else {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let start: String = row.sha256.chars().take(12).collect();
                vec![row.imported_at.clone(), row.name.clone(), row.format.clone(), state(row).to_owned(), start]
            })
            .collect();
        table::columns(&["lu le", "fichier", "format", "état", "sha256"], &lines)?;
    }
    Ok(ExitCode::SUCCESS)
}
