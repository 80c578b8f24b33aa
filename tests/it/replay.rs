//! Everything derived is made again from the raw mails and the decided facts, and comes out as it was.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::world::{Outcome, copy_season_data, guichet, project};

/// After the last day of the season, so that no date lies between what was and what is made again.
const AFTERWARDS: &str = "2024-07-01T09:00:00+02:00";

struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_season_data(&folder.path().join("data"));
        let rules = fs::read_to_string(project().join("fixtures/rules/2024.toml")).unwrap();
        fs::write(folder.path().join("rules.toml"), rules).unwrap();
        fs::write(folder.path().join("guichet.toml"), "[rules]\nfile = \"rules.toml\"\n[data]\ndir = \"data\"\n").unwrap();
        let copy = Self { folder };
        copy.run(&["plan", "--dry-run"]).ends_with(0);
        copy
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let config = self.folder.path().join("guichet.toml");
        guichet(&[&["--config", config.to_str().unwrap(), "--now", AFTERWARDS], arguments].concat())
    }

    fn replay(&self, into: &str) -> Outcome {
        self.run(&["replay", "--json", "--into", self.path(into).to_str().unwrap()])
    }

    fn path(&self, part: &str) -> std::path::PathBuf {
        self.folder.path().join(part)
    }

    /// All but the jury aimed at, which is a matter of the day: the juries of the season have met by now.
    fn dossiers(&self, data: &Path) -> Vec<Value> {
        let mut dossiers = self.run(&["--data", data.to_str().unwrap(), "dossiers", "--json"]).ends_with(0).json();
        dossiers.iter_mut().for_each(|dossier| dossier["jury_session"] = Value::Null);
        dossiers
    }
}

#[test]
fn a_season_replayed_is_the_same_season() {
    let copy = Copy::new();
    let number = copy.dossiers(&copy.path("data"))[0]["number"].as_str().unwrap().to_owned();
    copy.run(&["correct", &number, "--route", "derogatory_bac4", "--why", "vu avec la candidate"]).ends_with(0);
    let before = copy.dossiers(&copy.path("data"));
    assert_eq!(before[0]["route"], "derogatory_bac4");

    let replayed = copy.replay("again").ends_with(0);
    assert_eq!(replayed.stdout, "", "something came out otherwise");
    assert_eq!(copy.dossiers(&copy.path("again")), before);
    assert_eq!(copy.dossiers(&copy.path("data")), before, "the data that is replayed is not touched");
    copy.run(&["--data", copy.path("again").to_str().unwrap(), "verify"]).ends_with(0);
    assert!(copy.replay("again").status == Some(1), "it never writes over data that is there");
}

#[test]
fn other_rules_show_what_would_change() {
    let copy = Copy::new();
    let file = copy.path("rules.toml");
    let rules = fs::read_to_string(&file).unwrap();
    let costlier = rules.replace("cents = 6000", "cents = 7000");
    assert_ne!(costlier, rules, "the rules name the fee otherwise");
    fs::write(&file, costlier).unwrap();
    let differences = copy.replay("again").ends_with(1).json();
    assert!(differences.iter().any(|line| line["what"] == "fee_state"), "{differences:?}");
}
