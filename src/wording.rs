//! Short French words for the school's own people: console, digest, jury sheets, tables on a terminal. Letters to candidates have their own.
//!
//! Ring 1, pure.

use crate::domain::document::{DocumentKind, Financing};
use crate::domain::dossier::{DossierState, Stage, Timeliness, ToCheck};
use crate::domain::finding::Reason;
use crate::domain::mail::MailClass;
use crate::domain::payment::{FeeState, TransferState};
use crate::domain::route::Route;

/// The name of a kind, as a title: `Relevés de notes`.
pub fn kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::ApplicationForm => "Dossier de candidature",
        DocumentKind::Cv => "CV",
        DocumentKind::MotivationLetter => "Lettre de motivation",
        DocumentKind::IdentityDocument => "Pièce d'identité",
        DocumentKind::Photo => "Photo d'identité",
        DocumentKind::Diploma => "Diplôme",
        DocumentKind::SuccessAttestation => "Attestation de réussite",
        DocumentKind::EnrolmentCertificate => "Certificat de scolarité",
        DocumentKind::Transcript => "Relevés de notes",
        DocumentKind::EmploymentCertificate => "Attestation d'employeur",
        DocumentKind::VappFile => "Dossier VAPP",
        DocumentKind::FundingCommitment => "Prise en charge",
        DocumentKind::PaymentProof => "Justificatif de virement",
        DocumentKind::LanguageCertificate => "Certificat de langue",
        DocumentKind::RecommendationLetter => "Lettre de recommandation",
        DocumentKind::ResidencePermit => "Titre de séjour",
        DocumentKind::Other => "Autre document",
    }
}

/// The name of a kind inside a sentence: `relevés de notes`, `CV`.
pub fn small_kind(named: DocumentKind) -> String {
    match named {
        DocumentKind::Cv => String::from("CV"),
        DocumentKind::VappFile => String::from("dossier VAPP"),
        other => kind(other).to_lowercase(),
    }
}

/// A document as the candidate's: `sa pièce d'identité`.
pub fn theirs(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::ApplicationForm => "son dossier de candidature",
        DocumentKind::Cv => "son CV",
        DocumentKind::MotivationLetter => "sa lettre de motivation",
        DocumentKind::IdentityDocument => "sa pièce d'identité",
        DocumentKind::Photo => "sa photo d'identité",
        DocumentKind::Diploma => "son diplôme",
        DocumentKind::SuccessAttestation => "son attestation de réussite",
        DocumentKind::EnrolmentCertificate => "son certificat de scolarité",
        DocumentKind::Transcript => "son relevé de notes",
        DocumentKind::EmploymentCertificate => "son attestation d'employeur",
        DocumentKind::VappFile => "son dossier VAPP",
        DocumentKind::FundingCommitment => "sa prise en charge",
        DocumentKind::PaymentProof => "son justificatif de virement",
        DocumentKind::LanguageCertificate => "son certificat de langue",
        DocumentKind::RecommendationLetter => "sa lettre de recommandation",
        DocumentKind::ResidencePermit => "son titre de séjour",
        DocumentKind::Other => "une autre pièce",
    }
}

/// `L'accepter comme tel ?`, agreeing with the kind.
pub fn accept_as_such(kind: DocumentKind) -> &'static str {
    let feminine = theirs(kind).starts_with("sa ") || matches!(kind, DocumentKind::SuccessAttestation | DocumentKind::EmploymentCertificate);
    if feminine { "L'accepter comme telle\u{a0}?" } else { "L'accepter comme tel\u{a0}?" }
}

/// A count and its words; none and one take the singular, as French has it. What follows `de`, `en` or `à` completes the noun and stays as it is.
pub fn counted(count: usize, words: &str) -> String {
    if count < 2 {
        return format!("{count} {words}");
    }
    let mut is_complement = false;
    let plural: Vec<String> = words
        .split(' ')
        .map(|word| {
            is_complement |= matches!(word, "de" | "en" | "à");
            if is_complement || word.ends_with('s') { word.to_owned() } else { format!("{word}s") }
        })
        .collect();
    format!("{count} {}", plural.join(" "))
}

/// A kind of letter, which its slug names, in words that `counted` can count.
pub fn letter_kind(slug: &str) -> &str {
    match slug {
        "acknowledgement" => "réponse de bonne réception",
        "archive_problem" => "archive à renvoyer",
        "batch_announcement" => "lot de jury",
        "digest_daily" => "récapitulatif",
        "decision_admitted" => "admission",
        "decision_admitted_subject_to_degree" => "admission en attente du diplôme",
        "decision_refused" => "décision de refus",
        "decision_waiting_list" => "inscription en liste d'attente",
        "fee_received" => "paiement reçu",
        "fee_short" => "paiement incomplet",
        "file_complete" => "dossier complet",
        "interview_invitation" => "invitation à un entretien",
        "mail_unreadable" => "courriel à regarder",
        "registration_reminder" => "rappel de l'inscription",
        "reminder" => "rappel",
        "supplement_received" => "complément reçu",
        "withdrawal_noted" => "retrait noté",
        other => other,
    }
}

/// What became of a movement of the account.
pub fn transfer_state(state: TransferState) -> &'static str {
    match state {
        TransferState::Matched => "attribué",
        TransferState::ToReview => "à vérifier",
        TransferState::Unrelated => "autre",
        TransferState::Returned => "retourné",
    }
}

/// The admission route in words.
pub fn route(route: Option<Route>) -> &'static str {
    match route {
        Some(Route::CtiEngineer) => "Ingénieur CTI",
        Some(Route::MasterM2) => "Master (M2)",
        Some(Route::Rncp7) => "Titre RNCP niveau 7",
        Some(Route::M1Plus3yExperience) => "M1 et 3 ans d'expérience",
        Some(Route::ForeignBac5) => "Diplôme étranger bac+5",
        Some(Route::DerogatoryBac4) => "Dérogation bac+4",
        Some(Route::DerogatoryBac3Plus3y) => "Dérogation bac+3 et 3 ans d'expérience",
        None => "À déterminer",
    }
}

pub fn financing(financing: Financing) -> &'static str {
    match financing {
        Financing::Personal => "Personnel",
        Financing::Jobseeker => "Demandeur d'emploi",
        Financing::Company => "Entreprise",
    }
}

pub fn fee(state: FeeState) -> &'static str {
    match state {
        FeeState::NotAsked => "pas encore demandés",
        FeeState::Awaited => "attendus",
        FeeState::ProofSeen => "justificatif vu, virement attendu",
        FeeState::Short => "montant insuffisant",
        FeeState::Credited => "reçus",
        FeeState::Over => "reçus, trop-perçu",
        FeeState::Double => "reçus deux fois",
        FeeState::Returned => "virement retourné",
    }
}

pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Incomplete => "incomplet",
        Stage::Complete => "complet",
        Stage::Batched => "transmis au jury",
        Stage::Notified => "décision notifiée",
        Stage::Withdrawn => "désisté",
    }
}

pub fn timeliness(timeliness: Timeliness) -> &'static str {
    match timeliness {
        Timeliness::InTime => "dans les temps",
        Timeliness::GreyZone => "entre les deux lectures de la date limite",
        Timeliness::AfterInternationalDate => "après la date des candidats internationaux",
        Timeliness::Late => "hors délai",
    }
}

/// What the jury is told of a file that was not in time.
pub fn timeliness_note(timeliness: Timeliness) -> Option<&'static str> {
    match timeliness {
        Timeliness::InTime | Timeliness::GreyZone => None,
        Timeliness::AfterInternationalDate => {
            Some("Arrivé après la date limite des candidats internationaux\u{a0}: le temps est court pour obtenir un visa.")
        }
        Timeliness::Late => Some("Arrivé après la date limite de réception des dossiers."),
    }
}

pub fn mail_class(class: MailClass) -> &'static str {
    match class {
        MailClass::Application => "candidature",
        MailClass::Supplement => "complément",
        MailClass::Question => "question",
        MailClass::PaymentProof => "preuve de paiement",
        MailClass::AutomaticReply => "réponse automatique",
        MailClass::Bounce => "retour de courrier",
        MailClass::List => "liste de diffusion",
        MailClass::Bulk => "envoi en nombre",
        MailClass::Report => "rapport automatique",
        MailClass::Spam => "indésirable",
        MailClass::Own => "nos propres lettres",
        MailClass::Staff => "école",
        MailClass::Unreadable => "illisible",
    }
}

/// Why something needs her eye, as the end of a sentence.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::MailUnreadable => "le courriel est illisible",
        Reason::LinkInsteadOfFile => "un lien remplace les fichiers",
        Reason::ForeignIban => "annonce un autre IBAN de l'école : fraude possible",
        Reason::ArchivePassword => "archive protégée par un mot de passe",
        Reason::ArchiveDamaged => "archive endommagée",
        Reason::ArchiveTruncated => "archive tronquée",
        Reason::ArchiveUnknownFormat => "archive de format inconnu",
        Reason::ArchiveFormatNotInstalled => "archive RAR, que cette machine ne sait pas ouvrir",
        Reason::ArchiveTooLarge => "archive trop volumineuse",
        Reason::ArchiveTooManyEntries => "archive de trop nombreux fichiers",
        Reason::ArchiveBomb => "archive anormale, refusée par sécurité",
        Reason::ArchiveTooDeep => "archives imbriquées trop profondément",
        Reason::ArchiveOverlapping => "archive anormale, refusée par sécurité",
        Reason::ArchiveEmpty => "archive vide",
        Reason::ArchiveSpanned => "archive en plusieurs volumes",
        Reason::ArchiveTooSlow => "archive trop longue à ouvrir",
        Reason::EntryPassword => "fichier protégé dans l'archive",
        Reason::EntryDamaged => "fichier endommagé dans l'archive",
        Reason::EntryTooLarge => "fichier trop volumineux dans l'archive",
        Reason::EntryUnsupported => "élément d'archive qui ne peut pas être lu",
        Reason::EntryNameUnsafe => "nom de fichier anormal dans l'archive",
        Reason::EntryNameRepeated => "nom de fichier répété dans l'archive",
        Reason::FileEmpty => "fichier vide",
        Reason::FileTruncated => "fichier tronqué",
        Reason::FilePassword => "fichier protégé par un mot de passe",
        Reason::FileDamaged => "fichier endommagé",
        Reason::FileUnknownFormat => "format de fichier inconnu",
        Reason::FilePreviewOnly => "seul un aperçu est lisible (format Pages)",
        Reason::FileTooLarge => "fichier trop volumineux",
        Reason::FileTooManyPages => "fichier de trop nombreuses pages",
        Reason::FileTooSlow => "fichier trop long à lire",
        Reason::FileCrashedReader => "fichier que le lecteur n'a pas supporté",
        Reason::FileMacroOrExecutable => "programme ou macro : à ne pas ouvrir",
        Reason::PageBlank => "page blanche",
        Reason::PageBlurred => "page floue",
        Reason::PageTooSmall => "page trop petite pour être lue",
        Reason::PageCutOff => "page coupée",
        Reason::PageNotReadNoEngine => "image non lue : aucun logiciel de reconnaissance de texte n'est installé",
        Reason::PageNotRead => "page non lue",
        Reason::KindUncertain => "nature de la pièce incertaine",
        Reason::LanguageUncertain => "langue incertaine",
        Reason::TranslationUncertain => "traduction à vérifier",
        Reason::NameDiffers => "le nom diffère de celui du candidat",
        Reason::DocumentExpired => "document expiré",
        Reason::FormUnsigned => "formulaire non signé",
        Reason::FormEmpty => "formulaire vide",
        Reason::FormOtherSeason => "formulaire d'une autre année",
        Reason::RouteUndetermined => "voie d'admission à déterminer",
        Reason::ProgrammeUndetermined => "programme à déterminer",
        Reason::ExperienceNearThreshold => "expérience proche des trois ans demandés",
        Reason::ExperienceInsufficient => "expérience inférieure aux trois ans demandés",
        Reason::ExperienceUnknown => "durée d'expérience non lue",
        Reason::DegreeInProgressUncertain => "diplôme obtenu ou en cours : à préciser",
        Reason::IdentityUncertain => "identité à vérifier",
        Reason::TimelinessGreyZone => "reçu entre les deux lectures de la date limite",
        Reason::Corrected => "corrigé par une personne",
    }
}

/// `Awa Ndiaye (MS24-0042)`, or the number alone while nobody knows the name.
pub fn who(state: &DossierState) -> String {
    if state.name.is_empty() { state.number.clone() } else { format!("{} ({})", state.name, state.number) }
}

/// One thing to check: what, why, and in which file.
pub fn to_check(check: &ToCheck) -> String {
    let file = check.file_name.as_ref().map(|name| format!(", « {} »", crate::domain::plan::letters::base_name(name))).unwrap_or_default();
    format!("{}{file} : {}", kind(check.requirement), reason(check.reason))
}

/// What a dossier still lacks, in a phrase; empty when nothing does.
pub fn lacking(state: &DossierState) -> String {
    let mut parts: Vec<String> = state.missing.iter().map(|missing| small_kind(*missing)).collect();
    parts.extend(state.missing_translations.iter().map(|item| format!("traduction\u{a0}: {}", small_kind(item.kind))));
    match state.fee_state {
        FeeState::Credited | FeeState::Over | FeeState::Double => {}
        agreeing @ (FeeState::NotAsked | FeeState::Awaited) => parts.push(format!("frais {}", fee(agreeing))),
        named @ (FeeState::ProofSeen | FeeState::Short | FeeState::Returned) => parts.push(format!("frais\u{a0}: {}", fee(named))),
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn a_count_agrees_with_its_words() {
        assert_eq!(counted(0, "lettre retenue"), "0 lettre retenue");
        assert_eq!(counted(1, "point à vérifier"), "1 point à vérifier");
        assert_eq!(counted(2, "point à vérifier"), "2 points à vérifier");
        assert_eq!(counted(3, "preuve de paiement"), "3 preuves de paiement");
        assert_eq!(counted(3, "nos propres lettres"), "3 nos propres lettres");
    }
}
