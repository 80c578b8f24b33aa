//! `guichet interview`: the programme head fixed a conversation with a candidate; the letter and its calendar file follow from that.

use std::process::ExitCode;

use chrono::NaiveDateTime;
use clap::Args;

use crate::cli::act::correct_one;
use crate::cli::{Common, Unusable};
use crate::domain::calendar;
use crate::domain::dossier::InterviewFacts;

#[derive(Debug, Args)]
pub struct Interview {
    pub number: String,
    /// Paris time, for example 2024-03-18T14:30.
    #[arg(long, value_name = "DAYTHOUR", value_parser = paris_time)]
    pub at: NaiveDateTime,
    #[arg(long, default_value_t = 30)]
    pub minutes: u32,
    /// An address to open or a place to go to.
    #[arg(long = "where", value_name = "LINK OR PLACE")]
    pub place_or_link: String,
    #[arg(long, default_value = "entretien proposé")]
    pub why: String,
}

fn paris_time(text: &str) -> Result<NaiveDateTime, String> {
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let parsed = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    parsed.ok_or_else(|| String::from("a day and an hour in Paris, for example 2024-03-18T14:30"))
}

/// Records the appointment; the plan writes the letter.
pub fn run(common: &Common, interview: &Interview) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let refuse = |sentence: &str| anyhow::Error::new(Unusable(sentence.to_owned()));
    if calendar::from_paris(interview.at) <= office.clock.now() {
        return Err(refuse("--at: that moment has passed"));
    }
    let place_or_link = interview.place_or_link.split_whitespace().collect::<Vec<_>>().join(" ");
    if place_or_link.is_empty() || interview.minutes == 0 {
        return Err(refuse("--where and --minutes: a conversation needs a place and a duration"));
    }
    let facts = InterviewFacts { at: interview.at, minutes: interview.minutes, place_or_link, fixed_at: office.clock.now() };
    correct_one(&office, &interview.number, &[(String::from("interview"), facts.written())], &interview.why)
}
