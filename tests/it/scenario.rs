//! The committed season through the program, held against what its makers say about it: who applied, what lacks, who paid, who was written to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{self, copy_season_data, files_in, guichet, project, rehearsed_season, season_mail};

fn expected() -> Value {
    serde_json::from_str(&fs::read_to_string(project().join("fixtures/season/expected.json")).unwrap()).unwrap()
}

fn see(folder: &Path, command: &str) -> Vec<Value> {
    guichet(&["--data", folder.join("data").to_str().unwrap(), command, "--json"]).ends_with(0).json()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn has_address(dossier: &Value, address: &str) -> bool {
    list(&dossier["candidate"]["addresses"]).iter().any(|known| known == address)
}

/// What one dossier should say, and what it says.
fn compared(candidate: &Value, dossier: &Value) -> Vec<(&'static str, Value, Value)> {
    let sorted = |values: &Value| {
        let words: BTreeSet<&str> = list(values).iter().map(text).collect();
        json!(words)
    };
    let translations = |values: &Value| {
        let pairs: BTreeSet<String> = list(values).iter().map(|item| format!("{} {}", text(&item["kind"]), text(&item["language"]))).collect();
        json!(pairs)
    };
    let fee = match text(&candidate["fee"]) {
        "none" => "awaited",
        "short" => "short",
        _ => "credited",
    };
    let late = dossier["timeliness"] == "late";
    let route = if candidate["route"].is_null() { json!("undetermined") } else { candidate["route"].clone() };
    let name = format!("{} {}", text(&candidate["given"]), text(&candidate["family"]));
    let mut compared = vec![
        ("name", json!(name), dossier["candidate"]["name"].clone()),
        ("programme", candidate["programme"].clone(), dossier["programme"].clone()),
        ("route", route, dossier["route"].clone()),
        ("missing", sorted(&candidate["missing"]), sorted(&dossier["missing"])),
        ("missing_translations", translations(&candidate["missing_translations"]), translations(&dossier["missing_translations"])),
        ("language", candidate["language"].clone(), dossier["language"].clone()),
        ("fee", json!(fee), dossier["fee"]["state"].clone()),
        ("late", candidate["late"].clone(), json!(late)),
    ];
    // Where no piece could be opened, nothing says where the candidate comes from or how far the studies are.
    if !list(&candidate["missing"]).iter().any(|kind| kind == "application_form") {
        compared.push(("nationality", candidate["nationality"].clone(), dossier["candidate"]["nationality"].clone()));
        compared.push(("degree_in_progress", candidate["degree_in_progress"].clone(), dossier["degree_in_progress"].clone()));
    }
    compared
}

#[test]
fn every_candidate_has_one_dossier_and_it_says_what_is_true() {
    let dossiers = see(rehearsed_season(), "dossiers");
    let expected = expected();
    let candidates = list(&expected["candidates"]);
    let mut wrong = Vec::new();
    for candidate in candidates {
        let address = text(&candidate["email"]);
        let [dossier] = dossiers.iter().filter(|dossier| has_address(dossier, address)).collect::<Vec<_>>()[..] else {
            wrong.push(format!("{address}: not one dossier"));
            continue;
        };
        for (field, wanted, got) in compared(candidate, dossier).into_iter().filter(|(_, wanted, got)| wanted != got) {
            wrong.push(format!("{address} ({}): {field} is {got}, not {wanted}", text(&candidate["situation"])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(dossiers.len(), candidates.len(), "a dossier for somebody who never applied");
}

#[test]
fn every_mail_is_taken_for_what_it_is_and_lies_in_its_dossier() {
    let mails = see(rehearsed_season(), "mails");
    let dossiers = see(rehearsed_season(), "dossiers");
    let expected = expected();
    let mut wrong = Vec::new();
    for mail in list(&expected["mails"]) {
        let file = text(&mail["file"]);
        let sha256 = hash(&season_mail(file));
        let [row] = mails.iter().filter(|row| row["sha256"] == sha256).collect::<Vec<_>>()[..] else {
            wrong.push(format!("{file}: not one row"));
            continue;
        };
        let of = dossiers.iter().find(|dossier| dossier["number"] == row["dossier"]);
        let lies_right = match (mail["candidate"].as_str(), of) {
            (None, None) => true,
            (Some(address), Some(dossier)) => has_address(dossier, address),
            _ => false,
        };
        if row["class"] != mail["class"] || row["state"] != "processed" || !lies_right {
            wrong.push(format!("{file}: {}, {}, dossier {}", row["class"], row["state"], row["dossier"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(mails.len(), list(&expected["mails"]).len());
}

fn hash(bytes: &[u8]) -> String {
    guichet::blobs::hex(&Sha256::digest(bytes))
}

#[test]
fn only_candidates_are_written_to_and_each_is_welcomed_once() {
    let letters = see(rehearsed_season(), "letters");
    let dossiers = see(rehearsed_season(), "dossiers");
    for dossier in &dossiers {
        let own = letters.iter().filter(|letter| letter["dossier"] == dossier["number"]);
        let first = own.clone().filter(|letter| text(&letter["letter_key"]).ends_with("/first")).count();
        assert_eq!(first, 1, "first letters to {}", dossier["number"]);
        for letter in own {
            assert!(has_address(dossier, text(&letter["to"])), "{} went to {}", letter["letter_key"], letter["to"]);
            // What becomes of a file that came late and is whole now is for a person to say.
            let waits = dossier["timeliness"] == "late" && letter["kind"] == "file_complete";
            assert_eq!(letter["state"], if waits { "held" } else { "sent" }, "{}", letter["letter_key"]);
        }
    }
    // Replies name the mail they answer, and none answers a mail of a class that is never answered.
    let silent = ["bounce", "automatic_reply", "list", "bulk", "spam", "report", "question"];
    let mails = see(rehearsed_season(), "mails");
    for mail in mails.iter().filter(|mail| silent.contains(&text(&mail["class"]))) {
        let answered = letters.iter().any(|letter| !letter["in_reply_to"].is_null() && letter["in_reply_to"] == mail["message_id"]);
        assert!(!answered && mail["answered_by"].is_null(), "mail {} ({}) was answered", mail["mail_id"], mail["class"]);
    }
    assert!(letters.iter().all(|letter| !letter["dossier"].is_null()), "a letter to nobody's dossier");
}

#[test]
fn money_is_never_given_to_the_wrong_dossier() {
    let transfers = see(rehearsed_season(), "transfers");
    let dossiers = see(rehearsed_season(), "dossiers");
    let expected = expected();
    let address_of: BTreeMap<String, &str> = list(&expected["candidates"])
        .iter()
        .map(|candidate| (format!("{} {}", text(&candidate["given"]), text(&candidate["family"])), text(&candidate["email"])))
        .collect();
    let source = |file: &Value, entry: &Value| format!("{} {entry}", text(file));
    let truth: BTreeMap<String, &str> =
        list(&expected["transfers"]).iter().map(|fee| (source(&fee["file"], &fee["entry"]), address_of[text(&fee["candidate"])])).collect();
    let mut found = BTreeSet::new();
    for transfer in &transfers {
        let sources: Vec<String> = list(&transfer["sources"]).iter().map(|place| source(&place["file"], &place["entry"])).collect();
        let payers: BTreeSet<&str> = sources.iter().filter_map(|place| truth.get(place).copied()).collect();
        assert!(payers.len() <= 1, "one movement for two candidates: {sources:?}");
        if transfer["state"] == "matched" {
            let payer = payers.first().unwrap_or_else(|| panic!("no fee, and yet matched: {transfer}"));
            let numbers = list(&transfer["dossiers"]);
            let right = |number: &Value| dossiers.iter().any(|dossier| dossier["number"] == *number && has_address(dossier, payer));
            assert!(!numbers.is_empty() && numbers.iter().all(right), "{transfer} is of {payer}");
        } else if !payers.is_empty() {
            assert_eq!(transfer["state"], "to_review", "a fee that nobody is asked about: {transfer}");
        }
        found.extend(sources);
    }
    assert!(truth.keys().all(|place| found.contains(place)), "a movement of a statement is nowhere");
}

#[test]
fn the_books_are_in_order() {
    let data = rehearsed_season().join("data");
    let summary = guichet(&["--data", data.to_str().unwrap(), "verify", "--json"]).ends_with(0).json();
    assert_eq!(summary[0]["faults"], json!([]));
}

#[test]
fn a_season_rehearsed_again_gives_the_same_letters_byte_for_byte() {
    let other = tempfile::tempdir().unwrap();
    let into = other.path().join("again");
    let started = Instant::now();
    world::rehearse_season(&into).ends_with(0);
    let cold = started.elapsed();
    same_season(rehearsed_season(), &into);

    // A second time in the same folder: no page is read again, and nothing of the first time is left over.
    let started = Instant::now();
    world::rehearse_season(&into).ends_with(0);
    let warm = started.elapsed();
    same_season(rehearsed_season(), &into);
    assert!(warm < cold, "readings were not kept: {cold:?}, then {warm:?}");
}

#[track_caller]
fn same_season(one: &Path, other: &Path) {
    for command in ["dossiers", "letters", "transfers", "mails"] {
        let (one, other) = (see(one, command), see(other, command));
        assert_eq!(one.len(), other.len(), "{command}");
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "{command}");
        }
    }
    let (letters, again) = (files_in(&one.join("letters/new")), files_in(&other.join("letters/new")));
    assert!(letters.len() > 40 && letters == again, "the letters differ");
    assert!(files_in(&one.join("digests")) == files_in(&other.join("digests")), "the digests differ");
}

#[test]
fn statements_read_again_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    copy_season_data(&folder.path().join("data"));
    let rules = project().join("fixtures/rules/2024.toml");
    let config = folder.path().join("guichet.toml");
    fs::write(&config, format!("[rules]\nfile = \"{}\"\n", rules.display())).unwrap();
    let before = see(folder.path(), "transfers");
    let mut statements: Vec<_> = fs::read_dir(project().join("fixtures/season/statements")).unwrap().map(|entry| entry.unwrap().path()).collect();
    statements.sort();
    for statement in statements {
        // Once as it is, once as a bank sends it another day: the same movements in a file that is not the same.
        let renamed = folder.path().join(format!("neu-{}", statement.file_name().unwrap().to_str().unwrap()));
        fs::write(&renamed, [fs::read(&statement).unwrap(), b"\n".to_vec()].concat()).unwrap();
        for (file, is_known) in [(&statement, true), (&renamed, false)] {
            let arguments =
                ["--config", config.to_str().unwrap(), "--now", "2024-07-01T10:00:00+02:00", "bank", "import", file.to_str().unwrap(), "--json"];
            let outcome = guichet(&arguments);
            let answer = &outcome.json()[0];
            assert_eq!(is_known, !answer["already_imported_at"].is_null(), "{answer}{}", outcome.stderr);
            assert!(is_known || answer["new"] == 0 && answer["known"] != 0, "{answer}");
        }
    }
    let after = see(folder.path(), "transfers");
    let plain = |rows: &[Value]| -> Vec<Value> {
        rows.iter().map(|row| json!([row["transfer_id"], row["booking_date"], row["amount_cents"], row["state"], row["dossiers"]])).collect()
    };
    assert_eq!(plain(&before), plain(&after));
}
