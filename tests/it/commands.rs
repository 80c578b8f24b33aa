//! The command line as operators and their scripts rely on it: every command, the fields of its JSON, its exit status, and what it says of a
//! configuration that is wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::world::{Outcome, PROGRAM, World, attachments, copy_season_data, guichet, project, rehearsed_season, season_mail};

/// Every command with its words.
const COMMANDS: [&[&str]; 40] = [
    &["explain", "mail"],
    &["explain", "archive"],
    &["explain", "document"],
    &["explain", "statement"],
    &["demo"],
    &["run"],
    &["once"],
    &["rehearse"],
    &["check-config"],
    &["plan"],
    &["verify"],
    &["replay"],
    &["mails"],
    &["dossiers"],
    &["transfers"],
    &["letters"],
    &["history"],
    &["bank", "import"],
    &["bank", "undo"],
    &["bank", "list"],
    &["fee", "match"],
    &["fee", "unmatch"],
    &["correct"],
    &["letter", "approve"],
    &["letter", "hold"],
    &["letter", "cancel"],
    &["batch", "build"],
    &["batch", "show"],
    &["decisions", "import"],
    &["decisions", "send"],
    &["digest"],
    &["export"],
    &["backup"],
    &["restore"],
    &["explain"],
    &["bank"],
    &["fee"],
    &["letter"],
    &["batch"],
    &["decisions"],
];

#[test]
fn every_command_is_there_and_explains_itself() {
    for words in COMMANDS {
        let outcome = guichet(&[words, &["--help"]].concat()).ends_with(0);
        for option in ["--config", "--data", "--now", "--json"] {
            assert!(outcome.stdout.contains(option), "{words:?} does not name {option}");
        }
    }
}

#[test]
fn arguments_that_make_no_sense_end_with_two_and_one_clear_line() {
    let nowhere = ["--data", "/nonexistent"];
    let cases: [(&[&str], &str); 9] = [
        (&["frobnicate"], "unrecognized subcommand"),
        (&["--now", "yesterday", "verify"], "--now"),
        (&["--config", "/nonexistent.toml", "check-config"], "/nonexistent.toml"),
        (&["explain", "mail", "/nonexistent.eml"], "/nonexistent.eml"),
        (&["rehearse", "--mails", "/nonexistent", "--statements", "/nonexistent", "--into", "/nonexistent"], "/nonexistent"),
        (&["mails"], "no database"),
        (&["dossiers"], "no database"),
        (&["verify"], "no database"),
        (&["plan"], "--dry-run"),
    ];
    for (arguments, wanted) in cases {
        let outcome = guichet(&[&nowhere, arguments].concat());
        assert_eq!(outcome.status, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(wanted), "{arguments:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
    }
}

fn season(arguments: &[&str]) -> Vec<Value> {
    let data = rehearsed_season().join("data");
    guichet(&[&["--data", data.to_str().unwrap(), "--json"], arguments].concat()).ends_with(0).json()
}

/// Fields, with those of an inner object after a dot.
#[track_caller]
fn has_fields(what: &str, object: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        let pointer = format!("/{}", field.replace('.', "/"));
        assert!(object.pointer(&pointer).is_some(), "{what} lacks {field}: {object}");
    }
}

#[test]
fn commands_that_look_print_the_fields_that_scripts_read() {
    let contract = [
        ("mails", "mail_id mailbox uid message_id sha256 arrived_at class state dossier"),
        (
            "dossiers",
            "number reference candidate.name candidate.addresses language programme route route_basis degree_in_progress international financing \
             documents missing missing_translations unreadable to_check experience_months fee.state fee.credited_cents documents_complete complete \
             timeliness stage jury_session",
        ),
        ("transfers", "transfer_id booking_date amount_cents debtor remittance sources state dossiers why"),
        ("letters", "letter_key dossier kind language state to in_reply_to message_id queued_at sent_at says"),
    ];
    for (command, fields) in contract {
        let rows = season(&[command]);
        assert!(rows.len() > 10, "{command}");
        rows.iter().for_each(|row| has_fields(command, row, fields));
    }
    let dossiers = season(&["dossiers"]);
    for dossier in &dossiers {
        for document in dossier["documents"].as_array().unwrap() {
            has_fields("document", document, "kind pages sha256 file_name languages translation_of status");
        }
        for check in dossier["to_check"].as_array().unwrap() {
            has_fields("to_check", check, "requirement sha256 reason");
        }
        for lacking in dossier["missing_translations"].as_array().unwrap() {
            has_fields("missing_translations", lacking, "kind sha256 language");
        }
    }
    for letter in season(&["letters"]).iter().filter(|letter| !letter["says"].is_null()) {
        has_fields("says", &letter["says"], "missing missing_translations unreadable");
    }
    for transfer in season(&["transfers"]) {
        transfer["sources"].as_array().unwrap().iter().for_each(|source| has_fields("source", source, "file entry"));
        assert!(["matched", "to_review", "unrelated", "returned"].contains(&transfer["state"].as_str().unwrap()));
    }
    for line in season(&["history", dossiers[0]["number"].as_str().unwrap()]) {
        has_fields("history", &line, "at actor event detail");
    }
    let data = rehearsed_season().join("data");
    for command in ["mails", "dossiers", "transfers", "letters", "verify"] {
        let table = guichet(&["--data", data.to_str().unwrap(), command]).ends_with(0).stdout;
        assert!(!table.is_empty() && !table.starts_with('{'), "{command} prints no table");
    }
}

fn fixture(part: &str) -> String {
    project().join("fixtures/season").join(part).to_str().unwrap().to_owned()
}

#[test]
fn explaining_needs_no_database_and_prints_one_object_a_file() {
    let (first, second) = (fixture("mails/005-question-only.eml"), fixture("mails/012-bounce.eml"));
    let mails = guichet(&["explain", "mail", &first, &second, "--json"]).ends_with(0).json();
    let classes: Vec<_> = mails.iter().map(|mail| mail["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["question", "bounce"]);
    mails.iter().for_each(|mail| has_fields("mail", mail, "file class may_answer reasons from subject message_id date attachments links findings"));

    let folder = tempfile::tempdir().unwrap();
    let (name, archive) = attachments(&season_mail("003-all-in-one-go.eml")).remove(0);
    let path = folder.path().join(name);
    fs::write(&path, &archive).unwrap();
    let archives = guichet(&["explain", "archive", path.to_str().unwrap(), "--json"]).ends_with(0).json();
    has_fields("archive", &archives[0], "file format entries findings elapsed_ms");
    let entries = archives[0]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 7);
    entries.iter().for_each(|entry| has_fields("entry", entry, "name size_bytes sha256"));

    let (name, proof) = attachments(&season_mail("006-payment-proof-only.eml")).remove(0);
    let path = folder.path().join(name);
    fs::write(&path, proof).unwrap();
    let documents = guichet(&["explain", "document", path.to_str().unwrap(), "--text", "--json"]).ends_with(0).json();
    has_fields("document", &documents[0], "file sha256 media_type pages readable findings documents text");
    has_fields("one document", &documents[0]["documents"][0], "kind pages languages translation certainty evidence");
    assert_eq!(documents[0]["documents"][0]["kind"], "payment_proof");

    for statement in fs::read_dir(project().join("fixtures/season/statements")).unwrap() {
        let path = statement.unwrap().path();
        let statements = guichet(&["explain", "statement", path.to_str().unwrap(), "--json"]).ends_with(0).json();
        has_fields("file", &statements[0], "file format statements findings");
        let one = &statements[0]["statements"][0];
        has_fields("statement", one, "account currency opening_balance_cents closing_balance_cents entries");
        let fields = "booking_date value_date amount_cents currency debtor debtor_iban remittance end_to_end_id structured_reference bank_reference";
        has_fields("entry", &one["entries"][0], fields);
    }
    // What is no mail, archive or document is found to be so: that is no failure of the command.
    let noise = folder.path().join("noise");
    fs::write(&noise, [0x80, 0, 0xff, 0x17].repeat(500)).unwrap();
    for what in ["mail", "archive", "document", "statement"] {
        let found = guichet(&["explain", what, noise.to_str().unwrap(), "--json"]).ends_with(0).json();
        assert!(!found[0]["findings"].as_array().unwrap().is_empty(), "{what}: {}", found[0]);
    }
}

/// A copy of the season that a test may change, with the rules it was rehearsed under.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_season_data(&folder.path().join("data"));
        let rules = project().join("fixtures/rules/2024.toml");
        let text = format!("[rules]\nfile = \"{}\"\n[reading]\nocr = \"off\"\n[mailbox]\npath = \"in\"\n", rules.display());
        fs::write(folder.path().join("guichet.toml"), text).unwrap();
        Self { folder }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let config = self.folder.path().join("guichet.toml");
        let output = Command::new(PROGRAM)
            .args(["--config", config.to_str().unwrap(), "--now", "2024-07-01T10:00:00+02:00"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("USER", "claire")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn see(&self, arguments: &[&str]) -> Vec<Value> {
        self.run(&[arguments, &["--json"]].concat()).ends_with(0).json()
    }

    fn dossier(&self, number: &str) -> Value {
        self.see(&["dossiers"]).into_iter().find(|dossier| dossier["number"] == number).unwrap()
    }
}

#[test]
fn what_a_person_decides_counts_and_is_in_the_journal() {
    let desk = Desk::new();
    let number = "MS24-0012";
    assert_eq!(desk.dossier(number)["route"], "undetermined");
    desk.run(&["correct", number, "--route", "foreign_bac5", "--requirement", "cv", "present", "--why", "vu au téléphone"]).ends_with(0);
    let dossier = desk.dossier(number);
    assert_eq!(dossier["route"], "foreign_bac5");
    assert!(!dossier["missing"].as_array().unwrap().iter().any(|kind| kind == "cv"), "{dossier}");
    let history = desk.see(&["history", number]);
    let corrected = history.iter().find(|line| line["event"] == "corrected").unwrap();
    assert_eq!(corrected["actor"], "claire");
    assert!(corrected["detail"].as_str().unwrap().contains("vu au téléphone"));

    let transfer = desk.see(&["transfers"]).into_iter().find(|row| row["state"] == "unrelated").unwrap()["transfer_id"].clone();
    let transfer_id = transfer.to_string();
    desk.run(&["fee", "match", &transfer_id, number]).ends_with(0);
    let row = || desk.see(&["transfers"]).into_iter().find(|row| row["transfer_id"] == transfer).unwrap();
    assert_eq!((&row()["state"], &row()["dossiers"][0]), (&Value::from("matched"), &Value::from(number)));
    desk.run(&["fee", "unmatch", &transfer_id]).ends_with(0);
    assert_ne!(row()["state"], "matched");

    for wrong in [
        &["correct", number, "--route", "helicopter", "--why", "?"][..],
        &["correct", number, "--why", "nothing named"],
        &["correct", "MS24-9999", "--route", "foreign_bac5", "--why", "?"],
        &["fee", "match", "999999", number],
        &["fee", "match", &transfer_id, "MS24-9999"],
        &["letter", "approve", "no/such/letter"],
        &["batch", "build", "--session", "noël"],
        &["history", "MS24-9999"],
        &["export", "MS24-9999"],
    ] {
        let outcome = desk.run(wrong);
        assert_eq!(outcome.status, Some(2), "{wrong:?}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with("guichet: ") && outcome.stderr.lines().count() == 1, "{wrong:?}: {}", outcome.stderr);
    }
}

#[test]
fn a_letter_can_be_held_approved_and_cancelled() {
    let world = World::with("[mailbox]\nkind = \"maildir\"\npath = \"in\"\n[outgoing]\nkind = \"maildir\"\npath = \"out\"\npaused = true\n");
    world.deliver("1", &season_mail("019-link-instead-of-a-file.eml"), "2024-02-01T09:00:00+01:00");
    world.run(&["once"]).ends_with(0);
    let letter = || world.see("letters").remove(0);
    assert_eq!(letter()["state"], "queued", "the off switch keeps letters");
    let key = letter()["letter_key"].as_str().unwrap().to_owned();
    for (command, state) in [("hold", "held"), ("approve", "queued"), ("cancel", "cancelled")] {
        world.run(&["letter", command, &key]).ends_with(0);
        assert_eq!(letter()["state"], state);
    }
    world.run(&["letter", "approve", &key]).ends_with(2);
    let text = fs::read_to_string(world.path("guichet.toml")).unwrap();
    fs::write(world.path("guichet.toml"), text.replace("paused = true", "paused = false")).unwrap();
    world.run(&["once"]).ends_with(0);
    assert!(world.letters_out().is_empty(), "a cancelled letter left");
}

#[test]
fn plans_digests_batches_copies_and_exports() {
    let desk = Desk::new();
    let letters = desk.see(&["letters"]).len();
    for line in desk.see(&["plan", "--dry-run"]) {
        has_fields("plan", &line, "number changed letters");
    }
    assert_eq!(desk.see(&["letters"]).len(), letters, "a dry run wrote a letter");
    let digest = desk.run(&["digest", "--date", "2024-04-10"]).ends_with(0).stdout;
    assert!(digest.starts_with("Objet : ") && digest.lines().count() > 5, "{digest}");
    let batches = desk.see(&["batch", "show"]);
    assert!(batches.len() >= 4, "{batches:?}");
    batches.iter().for_each(|batch| has_fields("batch", batch, "session built_at folder dossiers"));

    desk.run(&["export", "MS24-0001"]).ends_with(0);
    let exported = desk.folder.path().join("export-MS24-0001");
    for file in ["dossier.json", "journal.txt"] {
        assert!(exported.join(file).exists(), "the export lacks {file}");
    }
    desk.run(&["backup", "copy"]).ends_with(0);
    desk.run(&["--data", "restored", "restore", "copy"]).ends_with(0);
    assert_eq!(desk.see(&["--data", "restored", "dossiers"]), desk.see(&["dossiers"]));
    desk.run(&["--data", "restored", "verify"]).ends_with(0);
    desk.run(&["--data", "restored", "restore", "copy"]).ends_with(2);
}

#[test]
fn a_blob_that_was_touched_is_found() {
    let desk = Desk::new();
    let sha256 = desk.see(&["mails"])[0]["sha256"].as_str().unwrap().to_owned();
    let blob = desk.folder.path().join("data/blobs").join(&sha256[..2]).join(&sha256);
    let whole = fs::read(&blob).unwrap();
    fs::write(&blob, &whole[..whole.len() - 1]).unwrap();
    let faults = |outcome: Outcome| outcome.json()[0]["faults"].as_array().unwrap().clone();
    let found = faults(desk.run(&["verify", "--json"]).ends_with(1));
    assert!(found.iter().any(|fault| fault["fault"] == "blob_damaged" && fault["about"] == sha256.as_str()), "{found:?}");
    fs::remove_file(&blob).unwrap();
    let found = faults(desk.run(&["verify", "--json"]).ends_with(1));
    assert!(found.iter().any(|fault| fault["fault"] == "blob_missing"), "{found:?}");
}

#[test]
fn the_default_configuration_is_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROGRAM).arg("check-config").current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.ends_with("OK\n") && said.contains("[mailbox]") && said.contains("inside the program"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a check leaves something behind");
}

/// Every folder of `fixtures/config/bad` holds a configuration and what is said about it, word for word. `GUICHET_BLESS=1` writes what is said.
#[test]
fn every_wrong_configuration_is_told_with_its_place() {
    let mut folders: Vec<PathBuf> = fs::read_dir(project().join("fixtures/config/bad")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 10);
    let mut wrong = Vec::new();
    for folder in folders {
        let said = complaint(&folder);
        let file = folder.join("expected-error");
        if std::env::var_os("GUICHET_BLESS").is_some() {
            fs::write(&file, &said).unwrap();
        }
        let wanted = fs::read_to_string(&file).unwrap_or_default();
        if said != wanted {
            wrong.push(format!("{}:\n{said}instead of\n{wanted}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `check-config` finds wrong. No other command begins to work with such a configuration.
fn complaint(folder: &Path) -> String {
    let run = |command: &str| {
        let mut program = Command::new(PROGRAM);
        program.args(["--config", "guichet.toml", "--data", "/nonexistent/data", command]).current_dir(folder).stdin(Stdio::null());
        program.output().unwrap()
    };
    let checked = run("check-config");
    assert_eq!(checked.status.code(), Some(2), "{}", folder.display());
    let worked = run("once");
    assert_eq!(worked.status.code(), Some(2), "once in {}: {}", folder.display(), String::from_utf8_lossy(&worked.stderr));
    let stdout = String::from_utf8(checked.stdout).unwrap();
    let listed = stdout.find("\nERROR ").map_or("", |place| &stdout[place + 1..]);
    listed.to_owned() + &String::from_utf8(checked.stderr).unwrap()
}
