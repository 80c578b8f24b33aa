//! Answers that a person of the school wrote by hand: which dossiers they concern, and when.

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

use crate::store::{instant_text, parse_instant};

/// Remembers that a mail of the school's own people answered this dossier's candidate. Saying it again changes nothing.
pub fn record(transaction: &Transaction<'_>, mail_id: i64, dossier_id: i64, at: DateTime<Utc>) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO hand_answer (mail_id, dossier_id, at) VALUES (?1, ?2, ?3) ON CONFLICT (mail_id, dossier_id) DO NOTHING")?
        .execute(params![mail_id, dossier_id, instant_text(at)])
        .context("record an answer by hand")?;
    Ok(())
}

/// When a person last answered this dossier's candidate by hand.
pub fn latest(connection: &Connection, dossier_id: i64) -> anyhow::Result<Option<DateTime<Utc>>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT max(at) FROM hand_answer WHERE dossier_id = ?1")?
        .query_row([dossier_id], |row| row.get(0))
        .context("look for answers by hand")?;
    text.as_deref().map(parse_instant).transpose()
}

/// Mails of the school's own people since then that answered no known dossier, as `facts_json`, with their rows and instants: a candidate's
/// mail that comes later may turn out to be what they answered.
pub fn loose_since(connection: &Connection, since: DateTime<Utc>) -> anyhow::Result<Vec<(i64, DateTime<Utc>, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT mail_id, arrived_at, facts_json FROM mail WHERE arrived_at >= ?1 AND state = 'processed' AND class = 'staff'
             AND facts_json IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hand_answer WHERE hand_answer.mail_id = mail.mail_id) ORDER BY mail_id",
    )?;
    let rows = statement
        .query_map([instant_text(since)], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?
        .collect::<Result<Vec<_>, _>>()
        .context("look for loose answers by hand")?;
    rows.into_iter().map(|(mail_id, at, facts)| Ok((mail_id, parse_instant(&at)?, facts))).collect()
}
