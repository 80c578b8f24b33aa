//! What documents are called when we speak to the person who sends them.

use crate::domain::document::DocumentKind;
use crate::domain::letter::LetterLanguage;
use crate::domain::rules::Rules;
use crate::letters::wording::{English, French, months_as_time};

/// What is asked for: `votre CV`, `vos relevés de notes, pour toutes les années d'études après le baccalauréat`. Kinds that the rules accept
/// instead are named with it.
pub fn asked(kind: DocumentKind, rules: &Rules, language: LetterLanguage) -> String {
    let alternatives = rules.requirements.iter().find(|requirement| requirement.kind == kind).map_or(&[][..], |requirement| &requirement.or);
    let mut words = asked_alone(kind, rules, language);
    for alternative in alternatives {
        let or = match language {
            French => " ou ",
            English => " or ",
        };
        words.push_str(or);
        words.push_str(&yours(*alternative, language));
    }
    words
}

fn asked_alone(kind: DocumentKind, rules: &Rules, language: LetterLanguage) -> String {
    let words = match (kind, language) {
        (DocumentKind::ApplicationForm, French) => "votre dossier de candidature, rempli, daté et signé",
        (DocumentKind::ApplicationForm, English) => "your application form, filled in, dated and signed",
        (DocumentKind::IdentityDocument, French) => "votre passeport ou votre carte nationale d'identité (recto et verso)",
        (DocumentKind::IdentityDocument, English) => "your passport or national identity card (both sides)",
        (DocumentKind::EnrolmentCertificate, French) => "votre certificat de scolarité de l'année en cours",
        (DocumentKind::EnrolmentCertificate, English) => "your certificate of enrolment for the current year",
        (DocumentKind::Transcript, French) => "vos relevés de notes, pour toutes les années d'études après le baccalauréat",
        (DocumentKind::Transcript, English) => "your transcripts of records, for every year of higher education",
        (DocumentKind::VappFile, French) => "votre dossier de validation des acquis professionnels et personnels (VAPP)",
        (DocumentKind::VappFile, English) => "your file for the validation of professional and personal experience (VAPP)",
        (DocumentKind::FundingCommitment, French) => "la prise en charge de votre formation par votre employeur ou par France Travail",
        (DocumentKind::FundingCommitment, English) => "the commitment of your employer or of France Travail to pay for your studies",
        (DocumentKind::EmploymentCertificate, _) => return employment(rules, language),
        _ => return yours(kind, language),
    };
    words.to_owned()
}

fn employment(rules: &Rules, language: LetterLanguage) -> String {
    let experience = months_as_time(rules.experience.months_required, language);
    match language {
        French => format!("vos attestations d'employeur ou certificats de travail, pour au moins {experience} d'expérience professionnelle"),
        English => format!("your certificates of employment, covering at least {experience} of professional experience"),
    }
}

/// One document with its possessive, as in « la traduction de votre diplôme ».
pub fn yours(kind: DocumentKind, language: LetterLanguage) -> String {
    match (kind, language) {
        (DocumentKind::FundingCommitment, French) => String::from("votre attestation de prise en charge"),
        (_, French) => format!("votre {}", noun(kind, language)),
        (_, English) => format!("your {}", noun(kind, language)),
    }
}

/// The bare noun, in the singular, without a capital unless it is an acronym.
pub fn noun(kind: DocumentKind, language: LetterLanguage) -> &'static str {
    match (kind, language) {
        (DocumentKind::ApplicationForm, French) => "dossier de candidature",
        (DocumentKind::ApplicationForm, English) => "application form",
        (DocumentKind::Cv, _) => "CV",
        (DocumentKind::MotivationLetter, French) => "lettre de motivation",
        (DocumentKind::MotivationLetter, English) => "letter of motivation",
        (DocumentKind::IdentityDocument, French) => "pièce d'identité",
        (DocumentKind::IdentityDocument, English) => "identity document",
        (DocumentKind::Photo, French) => "photo d'identité",
        (DocumentKind::Photo, English) => "identity photograph",
        (DocumentKind::Diploma, French) => "diplôme",
        (DocumentKind::Diploma, English) => "degree certificate",
        (DocumentKind::SuccessAttestation, French) => "attestation de réussite",
        (DocumentKind::SuccessAttestation, English) => "provisional degree certificate",
        (DocumentKind::EnrolmentCertificate, French) => "certificat de scolarité",
        (DocumentKind::EnrolmentCertificate, English) => "certificate of enrolment",
        (DocumentKind::Transcript, French) => "relevé de notes",
        (DocumentKind::Transcript, English) => "transcript of records",
        (DocumentKind::EmploymentCertificate, French) => "attestation d'employeur",
        (DocumentKind::EmploymentCertificate, English) => "certificate of employment",
        (DocumentKind::VappFile, French) => "dossier VAPP",
        (DocumentKind::VappFile, English) => "VAPP file",
        (DocumentKind::FundingCommitment, French) => "attestation de prise en charge",
        (DocumentKind::FundingCommitment, English) => "funding commitment",
        (DocumentKind::PaymentProof, French) => "justificatif de virement",
        (DocumentKind::PaymentProof, English) => "proof of payment",
        (DocumentKind::LanguageCertificate, French) => "certificat de langue",
        (DocumentKind::LanguageCertificate, English) => "language certificate",
        (DocumentKind::RecommendationLetter, French) => "lettre de recommandation",
        (DocumentKind::RecommendationLetter, English) => "letter of recommendation",
        (DocumentKind::ResidencePermit, French) => "titre de séjour",
        (DocumentKind::ResidencePermit, English) => "residence permit",
        (DocumentKind::Other, French) => "document",
        (DocumentKind::Other, English) => "document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_names_what_the_rules_accept() {
        let rules = crate::letters::samples::rules().unwrap();
        assert_eq!(asked(DocumentKind::Diploma, &rules, French), "votre diplôme ou votre attestation de réussite");
        assert_eq!(asked(DocumentKind::Cv, &rules, English), "your CV");
        assert!(asked(DocumentKind::EmploymentCertificate, &rules, French).contains("trois\u{a0}ans"));
    }
}
