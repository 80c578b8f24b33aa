//! How long a dossier is kept (*durée de conservation*), by the rules' `[privacy]`: a date for its identity papers, a later one for all of it.
//!
//! A dispute stops both. Nothing here removes anything.

use chrono::{Days, Months, NaiveDate};

use crate::domain::document::DocumentKind;
use crate::domain::letter::LetterKind;
use crate::domain::rules::{JurySession, Rules};

/// What decides how long a dossier is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Closing {
    pub withdrawn: bool,
    /// The jury's decision whose letter may leave, and the day a person said so.
    pub decided: Option<(LetterKind, NaiveDate)>,
    /// Somebody contests something: all is kept until that is over.
    pub disputed: bool,
}

/// The first days on which something may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptUntil {
    /// Identity papers, photograph, proofs of payment, and the raw mails they came in.
    pub identity: Option<NaiveDate>,
    /// Everything.
    pub whole: Option<NaiveDate>,
}

/// The dates of one dossier.
pub fn kept_until(closing: Closing, rules: &Rules) -> KeptUntil {
    if closing.disputed {
        return KeptUntil::default();
    }
    let admitted = !closing.withdrawn
        && closing.decided.is_some_and(|(kind, _)| matches!(kind, LetterKind::DecisionAdmitted | LetterKind::DecisionAdmittedSubjectToDegree));
    let whole = if admitted {
        rules.campaign.training_starts.checked_add_months(Months::new(rules.privacy.admitted_months))
    } else {
        season_kept_until(rules)
    };
    let identity = closing.decided.and_then(|(_, day)| day.checked_add_months(Months::new(rules.privacy.identity_months)));
    KeptUntil { identity: identity.filter(|identity| whole.is_none_or(|whole| *identity < whole)), whole }
}

/// The first day on which what belongs to no admitted candidate may be removed.
pub fn season_kept_until(rules: &Rules) -> Option<NaiveDate> {
    last_jury(rules).checked_add_months(Months::new(rules.privacy.not_admitted_months))
}

/// The day of the season's last jury: of one without a date the end of its month, and where nothing is known the beginning of the training.
fn last_jury(rules: &Rules) -> NaiveDate {
    let end_of_month = |month: NaiveDate| month.checked_add_months(Months::new(1)).and_then(|next| next.checked_sub_days(Days::new(1)));
    let day = |session: &JurySession| session.date.or_else(|| session.month.and_then(end_of_month)).unwrap_or(rules.campaign.training_starts);
    rules.juries.iter().map(day).max().unwrap_or(rules.campaign.training_starts)
}

/// Kinds that go three months after the decision.
pub fn is_identity_paper(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::IdentityDocument | DocumentKind::ResidencePermit | DocumentKind::Photo | DocumentKind::PaymentProof)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(closing: Closing, identity: Option<&str>, whole: Option<&str>) {
        let mut rules = crate::config::default_rules().unwrap();
        rules.juries.last_mut().unwrap().date = "2024-06-20".parse().ok();
        let day = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        assert_eq!(kept_until(closing, &rules), KeptUntil { identity: day(identity), whole: day(whole) }, "{closing:?}");
    }

    #[test]
    fn dates_follow_the_decision_and_the_season() {
        let decided = |kind| Some((kind, "2024-03-25".parse().unwrap()));
        let refused = Closing { decided: decided(LetterKind::DecisionRefused), ..Closing::default() };
        let admitted = Closing { decided: decided(LetterKind::DecisionAdmitted), ..Closing::default() };
        check(Closing::default(), None, Some("2025-06-20"));
        check(refused, Some("2024-06-25"), Some("2025-06-20"));
        check(admitted, Some("2024-06-25"), Some("2025-03-16"));
        check(Closing { withdrawn: true, ..admitted }, Some("2024-06-25"), Some("2025-06-20"));
        check(Closing { disputed: true, ..refused }, None, None);
    }

    #[test]
    fn juries_without_dates_are_waited_out() {
        let rules = crate::config::default_rules().unwrap();
        assert_eq!(season_kept_until(&rules), NaiveDate::from_ymd_opt(2025, 6, 30));
    }
}
