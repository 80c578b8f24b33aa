//! What the documents say is true: the example configuration is the defaults, the commands exist, the links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use guichet::config::Config;

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_configuration_is_the_defaults() {
    let example: Config = toml::from_str(&text("config/guichet.example.toml")).unwrap();
    assert_eq!(example, Config::default());
}

#[test]
fn the_example_configuration_names_every_key() {
    let example = text("config/guichet.example.toml");
    // Keys without a default do not show in the serialised defaults; they stand in the example as comments.
    let shown: String =
        example.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line)).fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        });
    let shown: toml::Table = toml::from_str(&shown).unwrap();
    let complete: Config = shown.clone().try_into().unwrap();
    assert_eq!(toml::Table::try_from(&complete).unwrap(), shown, "a key of the configuration is not in the example");
    let unset = complete.mailbox.ca_file.is_none() || complete.outgoing.ca_file.is_none() || complete.rules.file.is_none();
    assert!(!unset && complete.letters.templates.is_some() && complete.mailbox.backlog_before.is_some());
    assert!(complete.mailbox.password_env.is_some() && complete.mailbox.password_file.is_some());
    assert!(complete.outgoing.password_env.is_some() && complete.outgoing.password_file.is_some());
}

/// `key = value`, where the key is one word.
fn is_setting(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(key, _)| !key.is_empty() && key.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_'))
}

#[test]
fn every_command_that_the_documents_name_exists() {
    let program = env!("CARGO_BIN_EXE_guichet");
    let help = |arguments: &[&str]| {
        let output = Command::new(program).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let subcommands = |help: &str| -> BTreeSet<String> {
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let known = subcommands(&help(&[]));
    assert!(known.contains("demo"));
    for document in ["README.md", "deploy/RUNBOOK.md", "deploy/UPGRADING.md", "deploy/MONITORING.md"] {
        for words in commands(&text(document)) {
            let first = words.first().unwrap();
            assert!(known.contains(first), "{document}: guichet {} does not exist", words.join(" "));
            let below = subcommands(&help(&[first]));
            if let (false, Some(second)) = (below.is_empty(), words.get(1)) {
                assert!(below.contains(second), "{document}: guichet {first} {second} does not exist");
            }
            let help = if below.is_empty() { help(&[first]) } else { help(&[first, words.get(1).map_or("", String::as_str)]) };
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(help.contains(option.as_str()), "{document}: guichet {first} has no {option}");
            }
        }
    }
}

/// Every `guichet [--config FILE] COMMAND …` inside code, without the common options before the command.
fn commands(document: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut in_code_span = document.split('`').skip(1).step_by(2).collect::<Vec<_>>();
    in_code_span.extend(document.lines().filter(|line| line.starts_with("    ")));
    for code in in_code_span {
        // The service's user has the program's name.
        let code = code.replace("sudo -u guichet ", "");
        for (at, _) in code.match_indices("guichet ") {
            let before = &code[..at];
            if !(before.is_empty() || before.ends_with([' ', '/'])) {
                continue;
            }
            let mut words = code[at..].split([' ', '\n']).skip(1).take_while(|word| !matches!(*word, "#" | "|" | "&&")).peekable();
            while words.next_if(|word| matches!(*word, "--config" | "--data")).is_some() {
                words.next();
            }
            let words: Vec<String> = words.filter(|word| !word.is_empty()).map(|word| word.trim_end_matches([',', '.', ';']).to_owned()).collect();
            let is_command = words.first().is_some_and(|word| word.len() > 2 && word.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-'));
            if is_command {
                found.push(words);
            }
        }
    }
    found
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    for document in ["README.md", "deploy/UPGRADING.md", "deploy/RUNBOOK.md", "config/letters/README.md"] {
        let folder = root().join(document).parent().map(Path::to_owned).unwrap();
        for link in text(document).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(link.contains("://") || folder.join(link).exists(), "{document}: {link}");
        }
    }
}
