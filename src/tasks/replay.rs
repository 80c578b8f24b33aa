//! Replaying: everything derived is made again, from the raw mails and from what people decided, beside the data it is compared with.
//!
//! Nothing is written to the data that is replayed, and nothing is sent. Facts stay as they are: mails and their arrival, statements, letters that were
//! written, numbers and references, every decision. Whatever the program made of them is forgotten first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk;
use crate::domain::calendar;
use crate::domain::dossier::DossierState;
use crate::domain::rules::JurySession;
use crate::store::{self, Store, outbox, to_json};
use crate::tasks::{Office, OfficeOptions, money, process, supervisor};

/// What came out otherwise for one dossier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    pub number: String,
    /// The field as `dossiers --json` or the state names it; "dossier" when it exists on one side only.
    pub what: String,
    pub before: String,
    pub after: String,
}

/// What a replay gives.
#[derive(Debug)]
pub struct Replayed {
    pub differences: Vec<Difference>,
    /// Letters that would be due and were never written, by key.
    pub new_letters: Vec<String>,
}

/// Copies `data` into the new folder `into` and makes everything derived again there.
///
/// # Errors
/// When `into` holds data already, when a blob cannot be read, or when the steps fail; `data` is untouched in any case.
pub fn replay(config: Config, clock: Clock, data: &Path, into: &Path, before: &Store) -> anyhow::Result<Replayed> {
    if into.join("guichet.sqlite").exists() {
        bail!("{} already holds data: replay into an empty folder", into.display());
    }
    fs::create_dir_all(into).with_context(|| format!("make the folder {}", into.display()))?;
    before.copy_to(&into.join("guichet.sqlite"))?;
    copy_blobs(data, into)?;
    let office = Office::open(OfficeOptions { config, data: into.to_owned(), clock, rehearsal: false })?;
    office.store.write(|transaction| {
        store::forget_derived(transaction, |sha256| office.blobs.contains(sha256))?;
        money::match_anew(transaction)
    })?;
    process::step(&office)?;
    supervisor::settle(&office)?;

    let (states_before, letters_before) = (before.read(desk::states)?, before.read(outbox::all)?);
    let (states_after, letters_after) = (office.store.read(desk::states)?, office.store.read(outbox::all)?);
    let mut differences = Vec::new();
    for number in states_before.keys().chain(states_after.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (states_before.get(number), states_after.get(number));
        differences.extend(compared(number, old.map(|(_, state)| state), new.map(|(_, state)| state))?);
    }
    differences.retain(|difference| !jury_has_met(difference, &office));
    let known: BTreeSet<&str> = letters_before.iter().map(|letter| letter.letter_key.as_str()).collect();
    let new_letters = letters_after.iter().map(|letter| &letter.letter_key).filter(|key| !known.contains(key.as_str())).cloned().collect();
    Ok(Replayed { differences, new_letters })
}

/// Blobs never change: a second name for the same file is enough where the disk is the same.
fn copy_blobs(data: &Path, into: &Path) -> anyhow::Result<()> {
    let (from, to) = (Blobs::open(&data.join("blobs"), false)?, Blobs::open(&into.join("blobs"), false)?);
    for sha256 in from.all()? {
        let (old, new) = (from.path(&sha256), to.path(&sha256));
        if let Some(parent) = new.parent() {
            fs::create_dir_all(parent).context("make a folder of blobs")?;
        }
        if fs::hard_link(&old, &new).is_err() {
            fs::copy(&old, &new).context("copy a blob")?;
        }
    }
    Ok(())
}

/// A plan looks ahead: a state that was kept before its jury met names that jury, one made today cannot. No reading differs.
fn jury_has_met(difference: &Difference, office: &Office) -> bool {
    let today = calendar::paris(office.clock.now()).date();
    let named = |session: &&JurySession| difference.before == format!("{:?}", session.name);
    difference.what == "jury_session"
        && office.rules.juries.iter().find(named).is_some_and(|session| session.last_day_to_aim_at().is_some_and(|last| last < today))
}

/// Field by field, as the state is kept.
fn compared(number: &str, before: Option<&DossierState>, after: Option<&DossierState>) -> anyhow::Result<Vec<Difference>> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (fields(before)?, fields(after)?),
        (before, _) => {
            let word = |exists: bool| String::from(if exists { "présent" } else { "absent" });
            let existed = before.is_some();
            return Ok(vec![Difference { number: number.to_owned(), what: String::from("dossier"), before: word(existed), after: word(!existed) }]);
        }
    };
    let changed = before.iter().filter(|(what, value)| after.get(what.as_str()) != Some(value));
    let text = |value: Option<&Value>| value.map_or_else(String::new, Value::to_string);
    Ok(changed
        .map(|(what, value)| Difference {
            number: number.to_owned(),
            what: what.clone(),
            before: value.to_string(),
            after: text(after.get(what.as_str())),
        })
        .collect())
}

fn fields(state: &DossierState) -> anyhow::Result<serde_json::Map<String, Value>> {
    match store::from_json(&to_json(state)?)? {
        Value::Object(fields) => Ok(fields),
        _ => bail!("a dossier's state is kept as something else"),
    }
}
