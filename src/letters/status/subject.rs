//! The subject of a letter about a dossier's state: whoever reads nothing else still knows what to do.

use crate::domain::finding::Reason;
use crate::domain::letter::{LetterKind, LetterLanguage, StatusLetter};
use crate::letters::typography::printable;
use crate::letters::wording::reasons::reason_words;
use crate::letters::wording::{self, English, French};

const FILE_NAME_IN_SUBJECT_LENGTH_MAX: usize = 18;

/// What a letter asks for, counted.
pub(super) struct Asked {
    /// Missing pieces, translations, and closed files that are named one by one.
    pub n_pieces: usize,
    /// Closed files that are named together.
    pub n_files_together: usize,
    pub being_checked: bool,
}

/// The end of the subject: what the reader has to do, or that there is nothing. The most pressing comes first; what would make the
/// subject too long for a telephone is left to the letter.
pub(super) fn expectation(status: &StatusLetter, kind: LetterKind, asked: &Asked, language: LetterLanguage) -> String {
    let columns_max = match kind {
        _ if status.late => 52,
        LetterKind::SupplementReceived | LetterKind::FeeReceived => 64,
        _ => 74,
    };
    let mut gestures = Vec::new();
    let closed = status.archive_problems.iter().find(|problem| problem.entry.is_none() && reason_words(problem.reason, language).is_some());
    let mut state = String::new();
    if let Some(problem) = closed {
        let name = wording::quoted(&printable(&problem.archive_name, FILE_NAME_IN_SUBJECT_LENGTH_MAX), language);
        match (problem.reason, language) {
            (Reason::ArchivePassword, French) => state = format!("{name} est protégé, mot de passe attendu"),
            (Reason::ArchivePassword, English) => state = format!("{name} is locked, password needed"),
            (reason, French) if does_not_open(reason) => state = format!("{name} ne s'ouvre pas, à renvoyer"),
            (reason, English) if does_not_open(reason) => state = format!("{name} does not open, please resend"),
            (_, French) => gestures.push(format!("{name} à renvoyer")),
            (_, English) => gestures.push(format!("please send {name} again")),
        }
    }
    if status.has_links {
        gestures.push(text(language, "fichiers à joindre au lieu du lien", "files to attach instead of a link"));
    }
    if asked.n_files_together > 0 {
        gestures.push(match language {
            French => format!("{}\u{a0}fichiers à renvoyer", asked.n_files_together),
            English => format!("{}\u{a0}files to send again", asked.n_files_together),
        });
    }
    if asked.n_pieces > 0 {
        let pieces = wording::pieces(asked.n_pieces, language);
        gestures.push(match language {
            French => format!("{pieces} à nous envoyer"),
            English => format!("{pieces} to send"),
        });
    }
    let nothing_asked = gestures.is_empty() && state.is_empty();
    if status.fee.as_ref().is_some_and(|fee| !fee.proof_seen) && !status.fee_credited && !status.late {
        gestures.push(text(language, "frais de dossier à régler", "fee to pay"));
    }
    if !nothing_asked {
        let joined = |gestures: &[String]| match (state.as_str(), gestures) {
            ("", gestures) => wording::listed(gestures, language),
            (state, []) => state.to_owned(),
            (state, gestures) => format!("{state}, {}", wording::listed(gestures, language)),
        };
        while gestures.len() > usize::from(state.is_empty()) && joined(&gestures).chars().count() > columns_max {
            gestures.pop();
        }
        return joined(&gestures);
    }
    let nothing_to_send = text(language, "rien à envoyer pour le moment", "nothing to send for now");
    let to_pay = gestures.pop();
    if asked.being_checked {
        let looking = text(language, "nous regardons vos pièces", "we are looking at your documents");
        format!("{}, {looking}", to_pay.unwrap_or(nothing_to_send))
    } else if status.complete {
        text(language, "votre dossier est complet", "your application is complete")
    } else if status.documents_complete {
        let whole = text(language, "aucune pièce ne manque", "no document is missing");
        to_pay.map_or_else(|| whole.clone(), |to_pay| format!("{whole}, {to_pay}"))
    } else {
        to_pay.unwrap_or(nothing_to_send)
    }
}

/// Whether the archive stayed closed, so that nothing of it could be read.
fn does_not_open(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::ArchiveDamaged
            | Reason::ArchiveOverlapping
            | Reason::ArchiveUnknownFormat
            | Reason::ArchiveFormatNotInstalled
            | Reason::ArchiveTooSlow
    )
}

fn text(language: LetterLanguage, french: &str, english: &str) -> String {
    match language {
        French => french.to_owned(),
        English => english.to_owned(),
    }
}
