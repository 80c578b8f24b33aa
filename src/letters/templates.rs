//! The templates: inside the binary, overridden file by file, and all tried before the first letter is written.
//!
//! Strict: a name that does not exist is an error, never an empty string. A template that would fail on a rare situation fails when the
//! program starts, with its file and line, because every template is rendered with every sample of its kind.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow, bail};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, merge_maps};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use crate::domain::letter::LetterLanguage;
use crate::letters::{samples, typography};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../config/letters/", $name)))),*]
    };
}

/// Every template by its file name under `config/letters`. Names that begin with `_` are parts that others include.
const EMBEDDED: &[(&str, &str)] = embedded![
    "_fee.en.txt",
    "_fee.fr.txt",
    "_greeting.en.txt",
    "_greeting.fr.txt",
    "_inventory.en.txt",
    "_inventory.fr.txt",
    "_opening.en.txt",
    "_opening.fr.txt",
    "_pieces.en.txt",
    "_pieces.fr.txt",
    "_signature.en.txt",
    "_signature.fr.txt",
    "_welcome.en.txt",
    "_welcome.fr.txt",
    "acknowledgement.en.txt",
    "acknowledgement.fr.txt",
    "archive_problem.en.txt",
    "archive_problem.fr.txt",
    "batch_announcement.fr.txt",
    "decision_admitted.en.txt",
    "decision_admitted.fr.txt",
    "decision_admitted_subject_to_degree.en.txt",
    "decision_admitted_subject_to_degree.fr.txt",
    "decision_refused.en.txt",
    "decision_refused.fr.txt",
    "decision_waiting_list.en.txt",
    "decision_waiting_list.fr.txt",
    "digest_daily.fr.txt",
    "fee_received.en.txt",
    "fee_received.fr.txt",
    "fee_short.en.txt",
    "fee_short.fr.txt",
    "file_complete.en.txt",
    "file_complete.fr.txt",
    "interview_invitation.en.txt",
    "interview_invitation.fr.txt",
    "layout.html",
    "mail_unreadable.en.txt",
    "mail_unreadable.fr.txt",
    "registration_reminder.en.txt",
    "registration_reminder.fr.txt",
    "reminder.en.txt",
    "reminder.fr.txt",
    "supplement_received.en.txt",
    "supplement_received.fr.txt",
    "withdrawal_noted.en.txt",
    "withdrawal_noted.fr.txt",
];

/// The names a school may override, in order.
pub fn embedded_names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

/// All templates, parsed and tried.
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The templates inside the binary.
    pub fn embedded() -> anyhow::Result<Templates> {
        Templates::with_overrides(&BTreeMap::new())
    }

    /// The templates inside the binary, some replaced: `files` maps a file name under `config/letters` to its contents. Notes for
    /// people (`*.md`) are passed over.
    ///
    /// # Errors
    /// A name that no template has, or the first template that does not parse or does not render, with its file and line.
    pub fn with_overrides(files: &BTreeMap<String, String>) -> anyhow::Result<Templates> {
        let mut named = files.keys().filter(|name| !name.ends_with(".md"));
        if let Some(unknown) = named.find(|name| !embedded_names().any(|known| known == name.as_str())) {
            bail!("{unknown}: no letter has a template of this name; the names are: {}", embedded_names().collect::<Vec<_>>().join(", "));
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        environment.set_syntax(syntax.context("the syntax of templates")?);
        environment.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
        environment.set_formatter(|output, state, value| match (state.auto_escape(), value.as_str()) {
            (AutoEscape::None, Some(text)) => output.write_str(&typography::shield(text)).map_err(minijinja::Error::from),
            _ => escape_formatter(output, state, value),
        });
        environment.add_filter("capfirst", |text: String| typography::capitalised(&text));
        for (name, contents) in EMBEDDED {
            let contents = files.get(*name).map_or((*contents).to_owned(), Clone::clone);
            environment.add_template_owned(*name, contents).map_err(|error| located(&error, name))?;
        }
        let templates = Templates { environment };
        samples::try_all(&templates)?;
        Ok(templates)
    }

    /// Renders the template `name` with what all letters share and what this one adds.
    pub(crate) fn fill(&self, name: &str, frame: &impl Serialize, body: &impl Serialize) -> anyhow::Result<String> {
        let template = self.environment.get_template(name).map_err(|error| located(&error, name))?;
        let context = merge_maps([Value::from(Serde(frame)), Value::from(Serde(body))]);
        template.render(context).map_err(|error| located(&error, name))
    }

    /// Puts the blocks of a letter into the layout.
    pub(crate) fn lay_out(&self, subject: &str, body: &str, language: LetterLanguage) -> anyhow::Result<String> {
        #[derive(Serialize)]
        struct Layout<'a> {
            language: &'static str,
            subject: String,
            body: &'a str,
        }
        let template = self.environment.get_template("layout.html").context("layout.html")?;
        let layout = Layout { language: language.code(), subject: subject.to_owned(), body };
        template.render(Value::from(Serde(&layout))).map_err(|error| located(&error, "layout.html"))
    }
}

/// The innermost place where a template went wrong, for the person who edits it.
fn located(error: &minijinja::Error, name: &str) -> anyhow::Error {
    let mut innermost = error;
    while let Some(cause) = std::error::Error::source(innermost).and_then(|cause| cause.downcast_ref::<minijinja::Error>()) {
        innermost = cause;
    }
    let file = innermost.name().unwrap_or(name);
    let what = innermost.detail().map_or_else(|| innermost.kind().to_string(), |detail| format!("{}: {detail}", innermost.kind()));
    match innermost.line() {
        Some(line) => anyhow!("config/letters/{file}, line {line}: {what}"),
        None => anyhow!("config/letters/{file}: {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overridden(name: &str, contents: &str) -> anyhow::Result<Templates> {
        Templates::with_overrides(&BTreeMap::from([(name.to_owned(), contents.to_owned())]))
    }

    fn complaint(name: &str, contents: &str) -> String {
        overridden(name, contents).err().map(|error| format!("{error:#}")).unwrap_or_default()
    }

    #[test]
    fn a_misspelt_name_is_an_error_with_file_and_line() {
        let message = complaint("withdrawal_noted.fr.txt", "Objet : {{ number }}\n\nBonjour {{ nmae }},\n");
        assert!(message.contains("withdrawal_noted.fr.txt, line 3"), "{message}");
        let message = complaint("_fee.fr.txt", "\n{{ fee.duee }}\n");
        assert!(message.contains("_fee.fr.txt, line 2"), "{message}");
        let message = complaint("reminder.en.txt", "Subject: x\n{% if %}\n");
        assert!(message.contains("reminder.en.txt, line 2"), "{message}");
    }

    #[test]
    fn an_unknown_file_and_a_letter_without_subject_are_refused() {
        assert!(complaint("acknowledgment.fr.txt", "x").contains("acknowledgement.fr.txt"));
        assert!(complaint("withdrawal_noted.fr.txt", "Bonjour,").contains("withdrawal_noted.fr.txt"));
    }

    #[test]
    fn a_good_override_is_taken() {
        assert!(overridden("withdrawal_noted.fr.txt", "Objet : Candidature {{ number }}\n\nVu.\n").is_ok());
    }
}
