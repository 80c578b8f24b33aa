//! Scenarios: situations in the life of a school's office, played with the real program and told as it tells them.
//!
//! Each folder of `fixtures/scenarios` holds a `script.txt` in the command line's own words, what comes by mail and from the bank, and
//! `transcript.txt`: what the program answered and what it wrote. `GUICHET_BLESS=1` writes transcripts (and mails that lack) anew; the difference is
//! for a reviewer to read.
//!
//! Beside the program's commands a script knows: `at INSTANT` moves the clock, `deliver FILE` brings a mail, `statement FILE` a bank statement
//! (in it `{MS24-0001}` stands for that dossier's payment reference), `bounce KEY` sends one of our letters back, `config TABLE LINE` writes
//! into the configuration. Letters that leave are told after the command that sent them.

mod mails;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mail_parser::{MessageParser, MimeHeaders};

use crate::world::{PROGRAM, World, project};

/// All committed fixtures together may not grow beyond this.
const SIZE_BYTES_MAX: u64 = 8_000_000;

fn folder() -> PathBuf {
    project().join("fixtures/scenarios")
}

fn blessing() -> bool {
    std::env::var_os("GUICHET_BLESS").is_some()
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// One office, its clock, and what was told so far.
struct Stage {
    world: World,
    scenario: PathBuf,
    now: String,
    n_delivered: usize,
    told: BTreeSet<Vec<u8>>,
    transcript: String,
}

impl Stage {
    fn of(scenario: &Path) -> Stage {
        let world = World::new();
        let rules = fs::read_to_string(project().join("fixtures/rules/2024.toml")).unwrap();
        fs::write(world.path("rules.toml"), rules).unwrap();
        let stage = Stage {
            world,
            scenario: scenario.to_owned(),
            now: String::from("2023-09-15T00:00:00+02:00"),
            n_delivered: 0,
            told: BTreeSet::new(),
            transcript: String::new(),
        };
        // References and Message-IDs are drawn from the installation's secret: always the same one here.
        assert_eq!(stage.guichet(&["mails"]).0, Some(2), "there is no database yet");
        assert_eq!(stage.guichet(&["once"]).0, Some(0));
        let database = rusqlite::Connection::open(stage.world.path("data/guichet.sqlite")).unwrap();
        assert_eq!(database.execute("UPDATE setting SET value = 'scenario' WHERE name = 'secret'", []).unwrap(), 1);
        stage
    }

    /// Exit status and what was said, with the world's own folder left out of it.
    fn guichet(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(PROGRAM)
            .arg("--config")
            .arg(self.world.path("guichet.toml"))
            .args(["--now", &self.now])
            .args(arguments)
            .current_dir(self.world.folder.path())
            .env("USER", "assistante")
            .env_remove("GUICHET_LOG")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said.replace(&format!("{}/", self.world.folder.path().display()), ""))
    }

    fn play(&mut self, line: &str) {
        if line.is_empty() || line.starts_with('#') {
            writeln!(self.transcript, "{line}").unwrap();
            return;
        }
        writeln!(self.transcript, "> {line}").unwrap();
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["at", instant] => self.now = (*instant).to_owned(),
            ["deliver", file] => {
                let bytes = fs::read(self.scenario.join(file)).unwrap_or_else(|error| panic!("{}: {error}", self.scenario.join(file).display()));
                self.deliver(&bytes);
            }
            ["bounce", key] => self.deliver(&self.bounce(key)),
            ["statement", file] => {
                let text = self.with_references(fs::read_to_string(self.scenario.join(file)).unwrap());
                fs::write(self.world.path("statements").join(file), text).unwrap();
            }
            ["config", table, setting] => {
                let file = self.world.path("guichet.toml");
                let key = setting.split_once('=').unwrap().0;
                let text = fs::read_to_string(&file).unwrap();
                let text: String = text.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
                let heading = format!("[{table}]\n");
                assert!(text.contains(&heading), "{table}");
                fs::write(file, text.replace(&heading, &format!("{heading}{setting}\n"))).unwrap();
            }
            ["decisions", "import", file] => {
                fs::copy(self.scenario.join(file), self.world.path(file)).unwrap();
                self.run(&words);
            }
            arguments => self.run(arguments),
        }
    }

    fn run(&mut self, arguments: &[&str]) {
        let (status, said) = self.guichet(arguments);
        for line in said.lines() {
            writeln!(self.transcript, "{}", line.trim_end()).unwrap();
        }
        if status != Some(0) {
            writeln!(self.transcript, "(status {})", status.map_or_else(|| String::from("none"), |status| status.to_string())).unwrap();
        }
        self.tell_letters();
    }

    fn deliver(&mut self, bytes: &[u8]) {
        self.n_delivered += 1;
        let name = format!("{:03}", self.n_delivered);
        self.world.deliver(&name, bytes, &self.now);
    }

    /// What a relay writes when an address does not exist (RFC 3464).
    fn bounce(&self, key: &str) -> Vec<u8> {
        let (_, letters) = self.guichet(&["letters", "--json"]);
        let letters: Vec<serde_json::Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let letter = letters.iter().find(|letter| letter["letter_key"] == key).unwrap_or_else(|| panic!("no letter {key}"));
        let (to, message_id) = (letter["to"].as_str().unwrap(), letter["message_id"].as_str().unwrap());
        format!(
            "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@relais.example>\nTo: masteres.specialises@imt-nord-europe.fr\n\
             Subject: Undelivered Mail Returned to Sender\nDate: Mon, 5 Feb 2024 09:30:00 +0100\nMessage-ID: <rebond-1@relais.example>\n\
             Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"rebond\"\n\n\
             --rebond\nContent-Type: text/plain; charset=us-ascii\n\nYour message could not be delivered.\n\n<{to}>: 550 5.1.1 User unknown\n\n\
             --rebond\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relais.example\n\nFinal-Recipient: rfc822; {to}\n\
             Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n\
             --rebond\nContent-Type: text/rfc822-headers\n\nFrom: masteres.specialises@imt-nord-europe.fr\nTo: {to}\nMessage-ID: <{message_id}>\n\n\
             --rebond--\n"
        )
        .replace('\n', "\r\n")
        .into_bytes()
    }

    fn with_references(&self, text: String) -> String {
        let (_, dossiers) = self.guichet(&["dossiers", "--json"]);
        let dossiers = dossiers.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        dossiers
            .fold(text, |text, dossier| text.replace(&format!("{{{}}}", dossier["number"].as_str().unwrap()), dossier["reference"].as_str().unwrap()))
    }

    /// Letters that left since the last command, as a text client shows them.
    fn tell_letters(&mut self) {
        let mut fresh: Vec<Vec<u8>> = self.world.letters_out().into_iter().filter(|letter| !self.told.contains(letter)).collect();
        fresh.sort_by_cached_key(|letter| header(letter, "X-Guichet") + &header(letter, "Subject"));
        for letter in fresh {
            let mail = MessageParser::default().parse(&letter).unwrap();
            let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default();
            let answers = if mail.in_reply_to().as_text().is_some() { ", en réponse" } else { "" };
            writeln!(self.transcript, "\n    ┌ lettre à {to}{answers}\n    │ {}\n    │", mail.subject().unwrap_or_default()).unwrap();
            for line in mail.body_text(0).unwrap().lines() {
                writeln!(self.transcript, "{}", format!("    │ {line}").trim_end()).unwrap();
            }
            let attached = mail.attachments().filter_map(|part| part.attachment_name()).filter(|name| !name.is_empty());
            for name in attached {
                writeln!(self.transcript, "    │ [{name}]").unwrap();
            }
            writeln!(self.transcript, "    └").unwrap();
            self.told.insert(letter);
        }
    }
}

fn header(letter: &[u8], name: &str) -> String {
    let mail = MessageParser::default().parse(letter).unwrap();
    mail.header(name).and_then(|value| value.as_text()).unwrap_or_default().to_owned()
}

/// Words of a script's line; quotation marks hold several together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (position, part) in line.split('"').enumerate() {
        if position % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn transcript_of(name: &str) -> String {
    let scenario = folder().join(name);
    let script = fs::read_to_string(scenario.join("script.txt")).unwrap();
    let mut stage = Stage::of(&scenario);
    for line in script.lines() {
        stage.play(line.trim());
    }
    stage.transcript.clone()
}

#[test]
fn every_scenario_goes_as_its_transcript_tells() {
    let only = std::env::var("GUICHET_SCENARIO").unwrap_or_default();
    let names: Vec<String> = names().into_iter().filter(|name| name.contains(&only)).collect();
    if blessing() {
        for (scenario, file, build) in mails::MAILS {
            let path = folder().join(scenario).join(file);
            if names.iter().any(|name| name == scenario) && !path.exists() {
                fs::write(path, build()).unwrap();
            }
        }
    }
    let next = std::sync::Mutex::new(names.iter());
    let differences = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(name) = next.lock().unwrap().next() else { break };
                    let told = transcript_of(name);
                    let path = folder().join(name).join("transcript.txt");
                    if blessing() {
                        fs::write(&path, &told).unwrap();
                    } else if fs::read_to_string(&path).ok().as_deref() != Some(told.as_str()) {
                        differences.lock().unwrap().push(format!("{name}:\n{told}"));
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "transcripts differ (GUICHET_BLESS=1 rewrites them):\n{}", differences.join("\n"));
}

#[test]
fn every_mail_of_a_scenario_is_one_the_builder_makes() {
    if blessing() {
        // They are being written.
        return;
    }
    let built: BTreeSet<(String, String)> = mails::MAILS.iter().map(|(scenario, file, _)| ((*scenario).to_owned(), (*file).to_owned())).collect();
    let mut committed = BTreeSet::new();
    for scenario in names() {
        for entry in fs::read_dir(folder().join(&scenario)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if file.ends_with(".eml") {
                committed.insert((scenario.clone(), file));
            }
        }
    }
    assert_eq!(built, committed);
}

fn size_bytes(path: &Path) -> u64 {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().map(|entry| size_bytes(&entry.unwrap().path())).sum();
    }
    path.metadata().unwrap().len()
}

#[test]
fn fixtures_stay_small_enough_to_commit() {
    assert!(size_bytes(&project().join("fixtures")) < SIZE_BYTES_MAX);
}
