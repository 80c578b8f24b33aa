//! How far an answer can be trusted: scores become probabilities.
//!
//! A logistic curve over the margin between the best kind and the next and over the amount of evidence. Its constants are set by hand, on
//! the cautious side: documents that the rules had not been written from were right more often than stated. Answers that rest on a file's
//! name alone stay low whatever their score.

use crate::domain::document::DocumentKind;
use crate::intake::understand::kind::KindScores;

/// What an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The words or the build of its pages.
    Pages,
    /// A portrait without text.
    Portrait,
    /// A blank page.
    Blank,
    /// Nothing but the file's name, or a picture without text.
    NameOnly,
    /// A text in which nothing was recognised: of no kind, as far as can be seen, and perhaps of any.
    NothingKnown,
}

const AT_NO_MARGIN: f32 = -1.2;
const PER_MARGIN: f32 = 0.72;
const PER_EVIDENCE: f32 = 0.22;
/// Nothing read by a machine is certain.
const CERTAINTY_MAX: f32 = 0.995;
const NAME_ONLY_MAX: f32 = 0.55;
/// Among legible pages with nothing on them that is known, most are indeed none of the list; among badly read ones few are.
const NOTHING_KNOWN_MAX: f32 = 0.34;

/// The probability that `kind` is right, and the runner-up with its own.
pub fn of_kind(kind: DocumentKind, scores: &KindScores, basis: Basis) -> (f32, Option<(DocumentKind, f32)>) {
    let own = scores.get(kind);
    let rival = scores.ranked().into_iter().find(|(other, _)| *other != kind).filter(|(_, score)| *score > 0.4);
    let margin = own - rival.map_or(0.0, |(_, score)| score);
    let evidence = own.clamp(0.0, 8.0);
    let likely = 1.0 / (1.0 + (-(AT_NO_MARGIN + PER_MARGIN * margin + PER_EVIDENCE * evidence)).exp());
    let certainty = match basis {
        Basis::Pages | Basis::Portrait | Basis::Blank => likely.min(CERTAINTY_MAX),
        Basis::NameOnly => likely.min(NAME_ONLY_MAX),
        Basis::NothingKnown => likely.min(NOTHING_KNOWN_MAX),
    };
    let runner_up = rival.map(|(other, _)| (other, (1.0 - certainty) * 0.7)).filter(|(_, share)| *share >= 0.02);
    (certainty, runner_up)
}

#[cfg(test)]
mod tests {
    use super::{Basis, of_kind};
    use crate::domain::document::DocumentKind::{Diploma, Transcript};
    use crate::intake::understand::kind::KindScores;

    #[test]
    fn more_margin_is_more_certain_and_a_name_never_is() {
        let mut close = KindScores::default();
        close.add(Diploma, 4.0);
        close.add(Transcript, 3.5);
        let mut clear = close;
        clear.add(Diploma, 5.0);
        let (little, runner_up) = of_kind(Diploma, &close, Basis::Pages);
        let (much, _) = of_kind(Diploma, &clear, Basis::Pages);
        assert!(little < 0.8 && much > 0.9, "{little} {much}");
        assert_eq!(runner_up.map(|(kind, _)| kind), Some(Transcript));
        assert!(of_kind(Diploma, &clear, Basis::NameOnly).0 < 0.6);
    }
}
