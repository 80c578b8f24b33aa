use super::*;
use crate::intake::mail::parse;

mod samples;

const OWN: &str = "ms@ecole.example";

fn judge(text: &str) -> Classification {
    let own = [OWN.to_owned()];
    let staff = ["chef@ecole.example".to_owned(), "@direction.ecole.example".to_owned()];
    let context = ClassContext { own_addresses: &own, staff_addresses: &staff, own_message_id_domain: "guichet.ecole.example", vouched_for: false };
    classify(&parse(text.replace('\n', "\r\n").as_bytes()).unwrap(), &context)
}

fn with_file(headers: &str, text: &str, name: &str) -> String {
    format!(
        "From: zoe@etu.example\n{headers}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--b\nContent-Type: application/octet-stream; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--b--\n"
    )
}

#[test]
fn machines_are_known_by_their_headers() {
    use MailClass::*;
    let cases = [
        ("X-Guichet: 1\nFrom: ms@ecole.example\nSubject: Votre dossier\n", Own),
        ("Message-ID: <x@guichet.ecole.example>\nFrom: ms@ecole.example\nSubject: Votre dossier\n", Own),
        ("From: CHEF@ecole.example\nSubject: avis\n", Staff),
        ("From: x@direction.ecole.example\nSubject: avis\n", Staff),
        ("From: ms@ecole.example\nSubject: Re: question\n", Staff),
        ("From: a@b.example\nAuto-Submitted: auto-replied\nSubject: Re: x\n", AutomaticReply),
        ("From: a@b.example\nSubject: Réponse automatique : Votre dossier\n", AutomaticReply),
        ("From: a@b.example\nSubject: Automatic reply: your file\n", AutomaticReply),
        ("From: a@b.example\nX-Autoreply: yes\nSubject: hello\n", AutomaticReply),
        ("From: a@b.example\nPrecedence: auto_reply\nSubject: hello\n", AutomaticReply),
        ("Return-Path: <>\nFrom: a@b.example\nSubject: Absent\n", AutomaticReply),
        ("From: a@b.example\nList-Id: <info.b.example>\nSubject: Lettre\n", List),
        ("From: a@b.example\nPrecedence: list\nSubject: Lettre\n", List),
        ("From: a@b.example\nPrecedence: bulk\nSubject: Lettre\n", Bulk),
        ("From: a@b.example\nList-Unsubscribe: <https://b.example/u>\nSubject: Lettre\n", Bulk),
        ("From: a@b.example\nFeedback-ID: 1:2:3\nSubject: Lettre\n", Bulk),
        ("From: a@b.example\nAuto-Submitted: auto-generated\nSubject: Ticket 12\n", Bulk),
        ("From: no-reply@b.example\nSubject: Bienvenue\n", Bulk),
        ("From: ne-pas-repondre@b.example\nSubject: Bienvenue\n", Bulk),
        ("From: a@b.example\nX-Loop: robot\nSubject: x\n", Bulk),
        ("From: a@b.example\nX-Spam-Flag: YES\nSubject: x\n", Spam),
        ("From: noreply@google.example\nSubject: Report domain: ecole.example Submitter: google.example Report-ID: 1\n", Report),
        ("From: a@b.example\nSubject: RDV\nContent-Type: text/calendar; method=REPLY\n", Report),
        ("From: a@b.example\nSubject: x\nContent-Type: multipart/report; report-type=disposition-notification; boundary=q\n", Report),
        ("From: a@b.example\nSubject: x\nContent-Type: multipart/report; report-type=feedback-report; boundary=q\n", Report),
    ];
    for (headers, class) in cases {
        let judged = judge(&format!("{headers}\nTexte.\n"));
        assert_eq!((judged.class, judged.may_answer), (class, false), "{headers} {:?}", judged.reasons);
        assert!(!judged.reasons.is_empty());
    }
}

#[test]
fn people_are_people() {
    let questions = [
        ("Subject: Question sur le mastère\n", "Bonjour, quels sont les frais de dossier ?"),
        ("Subject: Absence au jury de mars\n", "Bonjour, je ne pourrai pas venir au jury."),
        ("Subject: Re: Votre dossier\nIn-Reply-To: <x@y.example>\n", "Bonjour, je suis absent lundi, puis-je envoyer le relevé mardi ?"),
        ("Subject: Prêt étudiant\n", "Bonjour, puis-je financer la formation par un prêt étudiant ? Le taux de crédit est bon. Cordialement"),
        ("Subject: Re: Réponse automatique : Votre dossier\n", "Merci de votre réponse."),
        ("Subject: dates\nList-Id: <ms.ecole.example>\nPrecedence: list\n", "Bonjour, quelles sont les dates ?"),
        ("Subject: TR: Undelivered Mail Returned to Sender\n", "Bonjour, mon envoi est revenu, que faire ?"),
    ];
    for (headers, text) in questions {
        let judged = judge(&format!("From: zoe@etu.example\n{headers}Content-Type: text/plain; charset=utf-8\n\n{text}\n"));
        assert_eq!((judged.class, judged.may_answer), (MailClass::Question, true), "{headers} {:?}", judged.reasons);
    }
}

#[test]
fn silence_is_heard_but_changes_no_class() {
    let judged = judge(&with_file("Subject: Candidature\nX-Auto-Response-Suppress: All\n", "Bonjour, mon dossier", "dossier.zip"));
    assert_eq!((judged.class, judged.may_answer), (MailClass::Application, false));
    let judged = judge(&with_file("Subject: Candidature\nX-Auto-Response-Suppress: DR, RN\n", "Bonjour, mon dossier", "dossier.zip"));
    assert!(judged.may_answer);
}

#[test]
fn files_make_an_application_and_proofs_alone_a_proof() {
    use MailClass::*;
    let cases = [
        ("Subject: Candidature MS\n", "Bonjour, veuillez trouver mon dossier.", "dossier.zip", Application),
        ("Subject: \n", "", "IMG_2034.jpg", Application),
        ("Subject: Fwd: documents\n", "voir PJ", "scan.pdf", Application),
        ("Subject: Preuve de virement\n", "Bonjour, voici le justificatif des frais de dossier.", "virement.pdf", PaymentProof),
        ("Subject: Proof of payment\n", "Dear all, please find attached my receipt for the application fee.", "IMG_2034.jpg", PaymentProof),
        ("Subject: Paiement\n", "Voici la preuve, et aussi mon CV.", "CV.pdf", Application),
        ("Subject: Candidature et paiement\n", "Ci-joint mon dossier et le reçu du virement.", "dossier.zip", Application),
        ("Subject: facture impayée\n", "Votre facture impayée : cliquez ici. Offre de crédit rapide.", "facture.zip", Spam),
        ("Subject: Relevés\n", "Il s'agit de mes relevés de notes. J'ai réglé les frais.", "notes S1.pdf", Application),
    ];
    for (headers, text, name, class) in cases {
        let judged = judge(&with_file(headers, text, name));
        assert_eq!(judged.class, class, "{headers} {name} {:?}", judged.reasons);
        assert_eq!(judged.may_answer, class != Spam);
    }
}

#[test]
fn a_link_offering_the_documents_is_an_application() {
    let judged = judge("From: zoe@etu.example\nSubject: Candidature\n\nBonjour, mon dossier : https://we.tl/t-AbCdEf12gH\n");
    assert_eq!((judged.class, judged.may_answer), (MailClass::Application, true));
}

#[test]
fn spam_speaks_of_offers_and_of_nothing_else() {
    let spam = [
        "Subject: Offre de prêt entre particuliers\n\nBesoin d'argent ? Crédit rapide sans justificatif, taux 2 %.",
        "Subject: SEO proposal\n\nWe bring your website to the first page of Google. Best price guaranteed.",
        "Subject: You have won\n\nDear friend, the lottery awards you one million dollars.",
    ];
    for text in spam {
        let judged = judge(&format!("From: a@b.example\nContent-Type: text/plain; charset=utf-8\n{text}\n"));
        assert_eq!((judged.class, judged.may_answer), (MailClass::Spam, false), "{text}");
    }
}
