//! `guichet erase` and `guichet purge`: what is held on people, and no longer may be.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::act::actor;
use crate::cli::{Common, Unusable, table};
use crate::domain::calendar;
use crate::store::dossiers;
use crate::tasks::forget::{self, Due};
use crate::tasks::supervisor;

/// Removes everything held on one person.
pub fn erase(common: &Common, number: &str, why: &str) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    if office.store.read(|connection| dossiers::by_number(connection, number))?.is_none() {
        return Err(anyhow::Error::new(Unusable(format!("there is no dossier {number}"))));
    }
    let erased = forget::erase(&office, number, &actor(), why)?;
    supervisor::settle(&office)?;
    if common.json {
        let by_hand: Vec<String> = erased.to_remove_by_hand.iter().map(|file| file.display().to_string()).collect();
        table::json_lines([json!({
            "number": number, "mails": erased.n_mails, "letters": erased.n_letters, "contents": erased.n_contents,
            "contents_kept": erased.n_contents_kept, "transfers_to_look_at": erased.transfers_to_look_at, "to_remove_by_hand": by_hand,
        })])?;
    } else {
        println!(
            "{number} : {} courriel(s), {} lettre(s) et {} contenu(s) effacés ; {} contenu(s) gardés, car d'autres dossiers en ont besoin.",
            erased.n_mails, erased.n_letters, erased.n_contents, erased.n_contents_kept
        );
        for transfer in &erased.transfers_to_look_at {
            println!("  virement {transfer} : peut-être de cette personne, peut-être d'une autre ; à voir avec l'agence comptable.");
        }
        for file in &erased.to_remove_by_hand {
            println!("  à retirer à la main (plusieurs candidats) : {}", file.display());
        }
        println!("Les courriels restent dans la boîte, qui appartient à l'école, et dans les sauvegardes : voir deploy/RUNBOOK.md.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes what has been kept long enough, or shows it.
pub fn purge(common: &Common, dry_run: bool) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let due = if dry_run {
        let today = calendar::paris(office.clock.now()).date();
        office.store.read(|connection| forget::due(connection, &office.rules, today))?
    } else {
        let due = forget::purge(&office, &actor())?;
        supervisor::settle(&office)?;
        due
    };
    if common.json {
        table::json_lines(due.iter().map(|item| match item {
            Due::Dossier { number, since } => json!({ "what": "dossier", "number": number, "since": since, "done": !dry_run }),
            Due::IdentityPapers { number, since } => json!({ "what": "identity_papers", "number": number, "since": since, "done": !dry_run }),
            Due::OtherMails { n_mails, since } => json!({ "what": "other_mails", "n_mails": n_mails, "since": since, "done": !dry_run }),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = due
        .iter()
        .map(|item| match item {
            Due::Dossier { number, since } => vec![number.clone(), String::from("tout le dossier"), since.to_string()],
            Due::IdentityPapers { number, since } => {
                vec![number.clone(), String::from("pièces d'identité et de paiement"), since.to_string()]
            }
            Due::OtherMails { n_mails, since } => vec![String::new(), format!("{n_mails} courriel(s) sans dossier"), since.to_string()],
        })
        .collect();
    table::columns(&["dossier", if dry_run { "à effacer" } else { "effacé" }, "depuis le"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
