//! The season's mails, one situation each, and what is true of every candidate.

use guichet::jury::sheet::{Page, pdf};
use serde::Serialize;

use super::archive::{Names, winmail, zip};
use super::documents::*;
use super::message::{Client, File, Message};
use super::people::*;
use super::picture::{photographed, scanned};

/// What is true of one candidate at the end of the season, for the golden test.
#[derive(Serialize)]
pub struct Expected {
    pub given: &'static str,
    pub family: &'static str,
    pub email: &'static str,
    /// What makes this candidate worth a fixture.
    pub situation: &'static str,
    pub programme: &'static str,
    /// Slug of the admission route; absent when nothing that was sent can be read.
    pub route: Option<&'static str>,
    pub degree_in_progress: bool,
    pub nationality: &'static str,
    /// Language of correspondence.
    pub language: &'static str,
    /// Kinds of the rules' checklist that no readable file brought.
    pub missing: Vec<&'static str>,
    pub missing_translations: Vec<MissingTranslation>,
    /// Slugs of `Reason` that the candidate's mails, archives and documents must show, among others.
    pub findings: Vec<&'static str>,
    pub late: bool,
    /// How the fee came: exact, short, parts, employer, none. Parts and employer may wait for a person.
    pub fee: &'static str,
    pub paid_cents: i64,
}

#[derive(Serialize)]
pub struct MissingTranslation {
    pub file: &'static str,
    pub kind: &'static str,
    pub language: &'static str,
}

/// One mail of the season.
pub struct Sent {
    pub file: &'static str,
    /// Slug of the mail's class, seen with its history.
    pub class: &'static str,
    /// The candidate's address that identifies the dossier, if it is a candidate's.
    pub candidate: Option<&'static str>,
    pub message: Message,
}

type Pieces = Vec<(String, Vec<u8>)>;

fn one(page: Page) -> Vec<u8> {
    pdf(&[page]).unwrap()
}

fn named(files: Vec<(&str, Vec<u8>)>) -> Pieces {
    files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

fn zipped(name: &str, bytes: Vec<u8>) -> File {
    File { name: name.to_owned(), media_type: "application/zip", bytes }
}

fn media_type(name: &str) -> &'static str {
    if name.ends_with(".jpg") { "image/jpeg" } else { "application/pdf" }
}

fn loose(pieces: Pieces) -> Vec<File> {
    pieces.into_iter().map(|(name, bytes)| File { media_type: media_type(&name), name, bytes }).collect()
}

fn words(language: &TranscriptWords, person: &Person) -> Page {
    transcript(person, language, &person.printed(), person.school)
}

/// A mail of a candidate.
fn mail(person: &Person, client: Client, date: &'static str, subject: &str, text: &str, files: Vec<File>) -> Message {
    Message {
        from: (person.full(), person.email.to_owned()),
        subject: subject.to_owned(),
        date,
        text: text.to_owned(),
        files,
        client,
        headers: vec![],
        raw_body: None,
        return_path: None,
    }
}

fn expected(person: &Person, situation: &'static str, route: &'static str) -> Expected {
    Expected {
        given: person.given,
        family: person.family,
        email: person.email,
        situation,
        programme: person.programme,
        route: Some(route),
        degree_in_progress: false,
        nationality: person.nationality,
        language: if person.english { "en" } else { "fr" },
        missing: vec![],
        missing_translations: vec![],
        findings: vec![],
        late: false,
        fee: "exact",
        paid_cents: 6000,
    }
}

/// Builds one mail by its file name: the cheap way to look at a few without drawing the whole season.
pub type Build = fn() -> Sent;

pub const MAILS: [(&str, Build); 32] = [
    ("001-degree-in-progress.eml", degree_in_progress),
    ("002-supplement-from-another-address.eml", supplement_from_another_address),
    ("003-all-in-one-go.eml", all_in_one_go),
    ("004-phone-pictures.eml", phone_pictures),
    ("005-question-only.eml", question_only),
    ("006-payment-proof-only.eml", payment_proof_only),
    ("007-one-big-pdf.eml", one_big_pdf),
    ("008-newsletter.eml", newsletter),
    ("009-arabic-with-translation.eml", arabic_with_translation),
    ("010-out-of-office.eml", out_of_office),
    ("011-arabic-without-translation.eml", arabic_without_translation),
    ("012-bounce.eml", bounce),
    ("013-russian-with-translation.eml", russian_with_translation),
    ("014-turkish-without-translation.eml", turkish_without_translation),
    ("015-turkish-translation-follows.eml", turkish_translation_follows),
    ("016-password-in-the-mail.eml", password_in_the_mail),
    ("017-password-not-given.eml", password_not_given),
    ("018-paid-short.eml", paid_short),
    ("019-link-instead-of-a-file.eml", link_instead_of_a_file),
    ("020-spam.eml", spam),
    ("021-form-of-another-season.eml", form_of_another_season),
    ("022-truncated-zip.eml", truncated_zip),
    ("023-truncated-zip-sent-again.eml", truncated_zip_sent_again),
    ("024-two-parents-pay.eml", two_parents_pay),
    ("025-same-family-name.eml", same_family_name),
    ("026-question-of-a-candidate.eml", question_of_a_candidate),
    ("027-master-1-and-experience.eml", master_1_and_experience),
    ("028-winmail-dat.eml", winmail_dat),
    ("029-decomposed-names.eml", decomposed_names),
    ("030-read-receipt.eml", read_receipt),
    ("031-late.eml", late),
    ("032-supplement-after-the-deadline.eml", supplement_after_the_deadline),
];

/// The truth about the nineteen dossiers, in the order of their first mails.
pub fn candidates() -> Vec<Expected> {
    let everything = vec!["application_form", "cv", "motivation_letter", "identity_document", "photo", "diploma", "transcript"];
    vec![
        Expected {
            degree_in_progress: true,
            ..expected(
                &THEO,
                "degree in progress; the transcript and the photo follow from another address, with the number in the subject",
                "master_m2",
            )
        },
        expected(&MAELLE, "everything in one zip of born-digital PDFs", "cti_engineer"),
        expected(&YOUSSOUF, "a zip of pictures taken with a telephone; a proof of payment follows", "foreign_bac5"),
        expected(&IOANA, "one PDF that holds everything", "foreign_bac5"),
        expected(&HANA, "Arabic diploma and transcript with their sworn translations", "foreign_bac5"),
        Expected {
            missing_translations: vec![MissingTranslation { file: "master certificate.pdf", kind: "diploma", language: "ar" }],
            ..expected(&OMAR, "Arabic diploma without a translation", "foreign_bac5")
        },
        expected(&AIGERIM, "Russian originals followed by their translation in the same PDF", "foreign_bac5"),
        expected(&DENIZ, "Turkish transcript, its translation follows in a second mail", "foreign_bac5"),
        expected(&INES, "zip with a password given in the mail", "master_m2"),
        Expected {
            route: None,
            missing: everything.clone(),
            findings: vec!["archive_password"],
            ..expected(&KWAME, "zip with a password that is not given", "")
        },
        Expected { fee: "short", paid_cents: 5750, ..expected(&CHAU, "the fee arrives short of the bank's charges", "foreign_bac5") },
        Expected {
            route: None,
            missing: everything,
            findings: vec!["link_instead_of_file"],
            fee: "none",
            paid_cents: 0,
            ..expected(&SOFIA, "a link to a file store instead of a file", "")
        },
        Expected {
            findings: vec!["form_other_season"],
            fee: "employer",
            ..expected(&BAPTISTE, "application form of 2022-2023; the employer pays", "rncp7")
        },
        Expected { findings: vec!["archive_truncated"], ..expected(&MARIAMA, "truncated zip, sent again two days later", "master_m2") },
        Expected { fee: "parts", ..expected(&HUGO, "two parents pay half of the fee each", "cti_engineer") },
        expected(&CLARA, "same family name as another candidate; asks a question afterwards", "master_m2"),
        expected(
            &GAELLE,
            "master 1 and eight years of experience; names in code page 850, two scans; a recommendation follows inside a winmail.dat",
            "m1_plus_3y_experience",
        ),
        expected(&ZOE, "names in decomposed Unicode", "foreign_bac5"),
        Expected { late: true, missing: vec![], ..expected(&JULIEN, "arrives on 8 June; the transcript follows later still", "master_m2") },
    ]
}

fn degree_in_progress() -> Sent {
    let person = &THEO;
    let files = named(vec![
        ("Candidature/dossier_candidature.pdf", pdf(&form(person, "2024-2025", (2023, 10, 3))).unwrap()),
        ("Candidature/CV_Theo_Vanhoutte.pdf", one(cv(person))),
        ("Candidature/lettre_motivation.pdf", one(motivation(person, (2023, 10, 3)))),
        ("Candidature/carte_identite.pdf", one(identity_card(person))),
        ("Candidature/certificat_scolarite_2023.pdf", one(enrolment(person, (2023, 9, 18)))),
    ]);
    let text = "Bonjour,\n\nVeuillez trouver ci-joint mon dossier de candidature au MS Qualité, performance et excellence industrielle. Je suis en dernière année de master, mes relevés et ma photo vous parviendront sous peu.\n\nCordialement,\nThéo Vanhoutte";
    let message = mail(
        person,
        Client::Thunderbird,
        "2023-10-04T10:12:36+02:00",
        "Candidature mastère spécialisé – Théo Vanhoutte",
        text,
        vec![zipped("Candidature_Vanhoutte.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "001-degree-in-progress.eml", class: "application", candidate: Some(person.email), message }
}

fn supplement_from_another_address() -> Sent {
    let person = &THEO;
    let pieces =
        named(vec![("releve_notes_M1.pdf", one(words(&TRANSCRIPT_FR, &Person { degree_year: 2023, ..THEO }))), ("photo.jpg", photo(person))]);
    let text = "Bonjour,\n\nJ'écris depuis mon adresse personnelle : voici les pièces qui manquaient à mon dossier, le relevé de notes de master 1 et la photo d'identité.\n\nThéo Vanhoutte";
    let mut message = mail(person, Client::Gmail, "2023-10-17T19:40:11+02:00", "Re: Votre candidature MS24-0001", text, loose(pieces));
    message.from = ("Théo V.".to_owned(), "theo.vht@courriel.example".to_owned());
    Sent { file: "002-supplement-from-another-address.eml", class: "supplement", candidate: Some(person.email), message }
}

fn all_in_one_go() -> Sent {
    let person = &MAELLE;
    let files = named(vec![
        ("01 Dossier de candidature.pdf", pdf(&form(person, "2024-2025", (2023, 10, 15))).unwrap()),
        ("02 CV.pdf", one(cv(person))),
        ("03 Lettre de motivation.pdf", one(motivation(person, (2023, 10, 15)))),
        ("04 Carte d'identité.pdf", one(identity_card(person))),
        ("05 Photo.jpg", photo(person)),
        ("06 Diplôme d'ingénieur.pdf", one(diploma(person, false))),
        ("07 Relevé de notes.pdf", one(words(&TRANSCRIPT_FR, person))),
    ]);
    let text = "Madame, Monsieur,\n\nJe vous adresse mon dossier complet pour le Mastère Spécialisé Cybersécurité et résilience numérique. Le virement des frais de dossier part ce jour.\n\nBien cordialement,\nMaëlle Kerbrat";
    let message = mail(
        person,
        Client::AppleMail,
        "2023-10-19T14:03:50+02:00",
        "Dossier de candidature MS Cybersécurité",
        text,
        vec![zipped("Kerbrat Maëlle.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "003-all-in-one-go.eml", class: "application", candidate: Some(person.email), message }
}

fn phone_pictures() -> Sent {
    let person = &YOUSSOUF;
    let mut pages = form(person, "2024-2025", (2023, 11, 5));
    pages.extend([cv(person), motivation(person, (2023, 11, 5)), passport(person), diploma(person, false), words(&TRANSCRIPT_FR, person)]);
    let mut files: Pieces = pages
        .iter()
        .enumerate()
        .map(|(number, page)| (format!("IMG_20231105_18{:02}09.jpg", 20 + number), photographed(page, 40 + number as u64)))
        .collect();
    files.push(("photo identite.jpg".to_owned(), photo(person)));
    let text = "Bonjour Madame, Monsieur,\n\nje me permets de vous transmettre ma candidature pour le master spécialisé management de la construction durable. N'ayant pas de scanner j'ai photographié les documents.\n\nRespectueusement\nYoussouf TRAORÉ";
    let message = mail(
        person,
        Client::Gmail,
        "2023-11-08T08:55:02+00:00",
        "Candidature construction durable TRAORE",
        text,
        vec![zipped("documents traore.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "004-phone-pictures.eml", class: "application", candidate: Some(person.email), message }
}

fn question_only() -> Sent {
    let mut message = mail(
        &THEO,
        Client::Outlook,
        "2023-11-14T16:20:00+01:00",
        "Renseignement",
        "Bonjour,\n\nJe suis titulaire d'une licence professionnelle et je travaille depuis cinq ans. Est-il possible de candidater au mastère en plasturgie, et faut-il un score TOEIC ?\n\nMerci d'avance,\nRenaud Escoffier",
        vec![],
    );
    message.from = ("Renaud Escoffier".to_owned(), "renaud.escoffier@courriel.example".to_owned());
    Sent { file: "005-question-only.eml", class: "question", candidate: None, message }
}

fn payment_proof_only() -> Sent {
    let person = &YOUSSOUF;
    let pieces = named(vec![("avis de virement.pdf", one(payment_proof(person, (2023, 11, 20))))]);
    let text = "Bonjour,\nci-joint le justificatif du virement des frais de dossier.\nYoussouf TRAORÉ";
    let message = mail(person, Client::Gmail, "2023-11-21T09:31:44+00:00", "Justificatif de virement", text, loose(pieces));
    Sent { file: "006-payment-proof-only.eml", class: "payment_proof", candidate: Some(person.email), message }
}

fn one_big_pdf() -> Sent {
    let person = &IOANA;
    let mut pages = form(person, "2024-2025", (2023, 11, 26));
    pages.extend([
        cv(person),
        motivation(person, (2023, 11, 26)),
        passport(person),
        photo_sheet(person),
        diploma(person, true),
        words(&TRANSCRIPT_EN, person),
    ]);
    let files = named(vec![("Munteanu_Ioana_application.pdf", pdf(&pages).unwrap())]);
    let text = "Dear Sir or Madam,\n\nPlease find attached my complete application for the Mastère Spécialisé in Data and Artificial Intelligence for Industry, as a single PDF inside a zip file as requested.\n\nKind regards,\nIoana Munteanu";
    let message = mail(
        person,
        Client::Thunderbird,
        "2023-11-29T20:15:27+02:00",
        "Application – Data and AI for Industry – Ioana Munteanu",
        text,
        vec![zipped("Munteanu_Ioana.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "007-one-big-pdf.eml", class: "application", candidate: Some(person.email), message }
}

fn newsletter() -> Sent {
    let mut message = mail(
        &THEO,
        Client::Thunderbird,
        "2024-01-09T07:00:00+01:00",
        "La lettre des formations du Nord – janvier",
        "Au sommaire ce mois-ci : salons de l'étudiant, nouvelles certifications, agenda des webinaires.\n\nSe désabonner : https://lettre-formations.example/adieu",
        vec![],
    );
    message.from = ("La lettre des formations".to_owned(), "lettre@lettre-formations.example".to_owned());
    message.return_path = Some("rebonds-4471@lettre-formations.example".to_owned());
    message.headers = vec![
        "List-Id: <mensuel.lettre-formations.example>".to_owned(),
        "List-Unsubscribe: <https://lettre-formations.example/adieu>".to_owned(),
        "Precedence: bulk".to_owned(),
    ];
    Sent { file: "008-newsletter.eml", class: "list", candidate: None, message }
}

fn arabic_with_translation() -> Sent {
    let person = &HANA;
    let school = "جامعة الدلتا الشرقية";
    let translated_transcript = as_translation(words(&TRANSCRIPT_FR, person), false, "l'arabe", true);
    let files = named(vec![
        ("formulaire.pdf", pdf(&form(person, "2024-2025", (2024, 1, 14))).unwrap()),
        ("CV El-Sherbini.pdf", one(cv(person))),
        ("Motivation.pdf", one(motivation(person, (2024, 1, 14)))),
        ("Passeport.pdf", one(scanned(&passport(person), 91))),
        ("Photo 4x5.jpg", photo(person)),
        ("Diplome original.pdf", one(arabic_diploma(person, school, "الماجستير في هندسة الطاقة", "تخصص الطاقات المتجددة"))),
        ("Diplome traduction.pdf", one(as_translation(diploma(person, false), false, "l'arabe", true))),
        ("Releve original.pdf", one(arabic_transcript(person, school))),
        ("Releve traduction.pdf", one(translated_transcript)),
    ]);
    let text = "Bonjour,\n\nVous trouverez dans l'archive jointe ma candidature au Mastère Spécialisé Efficacité énergétique et bâtiments bas carbone, avec les originaux en arabe et leurs traductions assermentées.\n\nAvec mes remerciements,\nHana El-Sherbini";
    let message = mail(
        person,
        Client::Outlook,
        "2024-01-16T11:22:08+02:00",
        "Candidature MS énergie – Hana El-Sherbini",
        text,
        vec![zipped("El-Sherbini.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "009-arabic-with-translation.eml", class: "application", candidate: Some(person.email), message }
}

fn out_of_office() -> Sent {
    let mut message = mail(
        &THEO,
        Client::Outlook,
        "2024-01-17T08:02:30+01:00",
        "Réponse automatique : Votre candidature",
        "Bonjour,\n\nJe suis absent du bureau jusqu'au 29 janvier, sans accès à ma messagerie. Pour toute urgence, merci de contacter l'accueil.\n\nR. Escoffier",
        vec![],
    );
    message.from = ("Renaud Escoffier".to_owned(), "renaud.escoffier@courriel.example".to_owned());
    message.headers = vec!["Auto-Submitted: auto-replied".to_owned(), "X-Auto-Response-Suppress: All".to_owned()];
    message.return_path = Some(String::new());
    Sent { file: "010-out-of-office.eml", class: "automatic_reply", candidate: None, message }
}

fn arabic_without_translation() -> Sent {
    let person = &OMAR;
    let school = "جامعة البادية الشمالية";
    let files = named(vec![
        ("application form.pdf", pdf(&form(person, "2024-2025", (2024, 2, 4))).unwrap()),
        ("CV.pdf", one(cv(person))),
        ("motivation letter.pdf", one(motivation(person, (2024, 2, 4)))),
        ("passport.pdf", one(passport(person))),
        ("my photo.jpg", photo(person)),
        ("master certificate.pdf", one(arabic_diploma(person, school, "الماجستير في الهندسة الميكانيكية", "تخصص النظم الحرارية"))),
        ("transcript.pdf", one(words(&TRANSCRIPT_EN, person))),
    ]);
    let text = "Dear admission office,\n\nI wish to apply to the Mastère Spécialisé in Energy Efficiency and Low-Carbon Buildings. My documents are in the attached zip.\n\nBest regards,\nOmar Al-Khatib";
    let message = mail(
        person,
        Client::Gmail,
        "2024-02-06T13:48:19+03:00",
        "Application Energy Efficiency",
        text,
        vec![zipped("Omar_documents.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "011-arabic-without-translation.eml", class: "application", candidate: Some(person.email), message }
}

fn bounce() -> Sent {
    let mut message = mail(&THEO, Client::Thunderbird, "2024-02-06T18:30:02+01:00", "Undelivered Mail Returned to Sender", "", vec![]);
    message.from = ("Mail Delivery System".to_owned(), "MAILER-DAEMON@relais.example".to_owned());
    message.return_path = Some(String::new());
    message.headers = vec!["Auto-Submitted: auto-replied".to_owned()];
    message.raw_body = Some("Content-Type: multipart/report; report-type=delivery-status; boundary=\"rebond\"\n\n--rebond\nContent-Type: text/plain; charset=us-ascii\n\nI'm sorry to have to inform you that your message could not be delivered.\n\n<l.escofier@courriel.example>: 550 5.1.1 User unknown\n\n--rebond\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relais.example\n\nFinal-Recipient: rfc822; l.escofier@courriel.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--rebond\nContent-Type: text/rfc822-headers\n\nFrom: masteres.specialises@imt-nord-europe.fr\nTo: l.escofier@courriel.example\nSubject: Renseignement\nMessage-ID: <reponse-manuelle-771@imt-nord-europe.fr>\n\n--rebond--\n".to_owned());
    Sent { file: "012-bounce.eml", class: "bounce", candidate: None, message }
}

fn russian_with_translation() -> Sent {
    let person = &AIGERIM;
    let russian_transcript = transcript(person, &TRANSCRIPT_RU, person.native, "Сарыаркинский технологический университет");
    let files = named(vec![
        ("1_form.pdf", pdf(&form(person, "2024-2025", (2024, 2, 10))).unwrap()),
        ("2_cv.pdf", one(cv(person))),
        ("3_letter.pdf", one(motivation(person, (2024, 2, 10)))),
        ("4_passport.pdf", one(passport(person))),
        ("5_photo.jpg", photo(person)),
        ("6_diploma.pdf", pdf(&[russian_diploma(person), as_translation(diploma(person, true), true, "Russian", true)]).unwrap()),
        ("7_transcript.pdf", pdf(&[russian_transcript, as_translation(words(&TRANSCRIPT_EN, person), true, "Russian", true)]).unwrap()),
    ]);
    let text = "Good afternoon,\n\nI am sending my application for Plastics, Composites and Circular Economy. The translations follow the originals in the same files. The fee will be paid this week.\n\nSincerely,\nAigerim Nurlanova";
    let message = mail(
        person,
        Client::Thunderbird,
        "2024-02-12T15:05:33+05:00",
        "Application of Aigerim Nurlanova (Plastics, Composites)",
        text,
        vec![zipped("nurlanova.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "013-russian-with-translation.eml", class: "application", candidate: Some(person.email), message }
}

fn turkish_without_translation() -> Sent {
    let person = &DENIZ;
    let files = named(vec![
        ("Application_Form.pdf", pdf(&form(person, "2024-2025", (2024, 2, 19))).unwrap()),
        ("CV_Korkmaz.pdf", one(cv(person))),
        ("Motivation_Korkmaz.pdf", one(motivation(person, (2024, 2, 19)))),
        ("Passport_Korkmaz.pdf", one(passport(person))),
        ("Photo_Korkmaz.jpg", photo(person)),
        ("Diploma_Korkmaz.pdf", one(diploma(person, true))),
        ("Transkript_Korkmaz.pdf", one(words(&TRANSCRIPT_TR, person))),
    ]);
    let text = "Dear Madam or Sir,\n\nAttached is my application for Railway Engineering and Guided Mobility, starting in September 2024.\n\nYours sincerely,\nDeniz Korkmaz";
    let message = mail(
        person,
        Client::Outlook,
        "2024-02-20T18:44:51+03:00",
        "MS railway engineering application",
        text,
        vec![zipped("Korkmaz_application.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "014-turkish-without-translation.eml", class: "application", candidate: Some(person.email), message }
}

fn turkish_translation_follows() -> Sent {
    let person = &DENIZ;
    let pieces = named(vec![("Transcript_English_translation.pdf", one(as_translation(words(&TRANSCRIPT_EN, person), true, "Turkish", true)))]);
    let text = "Dear Madam or Sir,\n\nHere is the sworn translation of my transcript.\n\nYours sincerely,\nDeniz Korkmaz";
    let message = mail(person, Client::Outlook, "2024-03-04T09:17:20+03:00", "Translation of my transcript", text, loose(pieces));
    Sent { file: "015-turkish-translation-follows.eml", class: "supplement", candidate: Some(person.email), message }
}

fn password_in_the_mail() -> Sent {
    let person = &INES;
    let files = named(vec![
        ("dossier.pdf", pdf(&form(person, "2024-2025", (2024, 3, 4))).unwrap()),
        ("cv.pdf", one(cv(person))),
        ("lm.pdf", one(motivation(person, (2024, 3, 4)))),
        ("passeport.pdf", one(passport(person))),
        ("photo.jpg", photo(person)),
        ("diplome master.pdf", one(diploma(person, false))),
        ("releve master 2.pdf", one(words(&TRANSCRIPT_FR, person))),
    ]);
    let text = "Bonjour,\n\nMon dossier contenant des données personnelles, j'ai protégé l'archive. Mot de passe : Collioure-66\n\nJe candidate au mastère Données et intelligence artificielle pour l'industrie.\n\nInès Carrasco-Vidal";
    let message = mail(
        person,
        Client::Thunderbird,
        "2024-03-05T21:02:14+01:00",
        "Candidature MS data/IA",
        text,
        vec![zipped("candidature_protegee.zip", zip(&files, Names::Utf8, Some("Collioure-66")))],
    );
    Sent { file: "016-password-in-the-mail.eml", class: "application", candidate: Some(person.email), message }
}

fn password_not_given() -> Sent {
    let person = &KWAME;
    let files = named(vec![
        ("form.pdf", pdf(&form(person, "2024-2025", (2024, 3, 10))).unwrap()),
        ("cv.pdf", one(cv(person))),
        ("letter.pdf", one(motivation(person, (2024, 3, 10)))),
    ]);
    let text = "Dear Sir/Madam,\n\nPlease find my application for the Mastère Spécialisé in Cybersecurity and Digital Resilience in the encrypted archive attached.\n\nRegards,\nKwame Boateng";
    let message = mail(
        person,
        Client::Gmail,
        "2024-03-11T10:09:55+00:00",
        "Application for MS Cybersecurity - Kwame Boateng",
        text,
        vec![zipped("Boateng_secure.zip", zip(&files, Names::Utf8, Some("kente&gold-1957")))],
    );
    Sent { file: "017-password-not-given.eml", class: "application", candidate: Some(person.email), message }
}

fn paid_short() -> Sent {
    let person = &CHAU;
    let files = named(vec![
        ("Application form.pdf", pdf(&form(person, "2024-2025", (2024, 3, 12))).unwrap()),
        ("Curriculum vitae.pdf", one(cv(person))),
        ("Letter.pdf", one(motivation(person, (2024, 3, 12)))),
        ("Passport.pdf", one(passport(person))),
        ("Portrait.jpg", photo(person)),
        ("Degree certificate.pdf", one(diploma(person, true))),
        ("Transcript of records.pdf", one(words(&TRANSCRIPT_EN, person))),
    ]);
    let text = "Dear Mastères Spécialisés office,\n\nPlease accept my application to Plastics, Composites and Circular Economy. I am transferring the 60 euros today.\n\nBest wishes,\nNguyễn Thị Minh Châu";
    let message = mail(
        person,
        Client::AppleMail,
        "2024-03-14T09:36:41+07:00",
        "Application: Nguyễn Thị Minh Châu",
        text,
        vec![zipped("Nguyen Thi Minh Chau.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "018-paid-short.eml", class: "application", candidate: Some(person.email), message }
}

fn link_instead_of_a_file() -> Sent {
    let person = &SOFIA;
    let text = "Hello,\n\nI would like to apply to the Mastère Spécialisé Energy Efficiency and Low-Carbon Buildings. My zip file was too large for my mailbox, you can download it here until next week:\n\nhttps://we.tl/t-k3XqInvented9\n\nBest regards,\nSofia Lindqvist";
    let message = mail(person, Client::Gmail, "2024-03-19T12:27:03+01:00", "Application documents Sofia Lindqvist", text, vec![]);
    Sent { file: "019-link-instead-of-a-file.eml", class: "application", candidate: Some(person.email), message }
}

fn spam() -> Sent {
    let mut message = mail(
        &THEO,
        Client::Outlook,
        "2024-03-21T03:14:15+00:00",
        "***SPAM*** Business loan 2% approved within 24h!!!",
        "Dear beneficiary,\n\nYou have been selected for an urgent loan of 500,000 USD. Click here to claim your funds now: http://loan-claim.example/win\n\nDr. Smith",
        vec![],
    );
    message.from = ("Dr. Smith Finance".to_owned(), "claim@loan-claim.example".to_owned());
    message.headers = vec!["X-Spam-Flag: YES".to_owned(), "X-Spam-Status: Yes, score=14.2 required=5.0".to_owned()];
    Sent { file: "020-spam.eml", class: "spam", candidate: None, message }
}

fn form_of_another_season() -> Sent {
    let person = &BAPTISTE;
    let files = named(vec![
        ("Dossier de candidature IMT.pdf", pdf(&form(person, "2022-2023", (2024, 3, 25))).unwrap()),
        ("CV Baptiste Delahaye.pdf", one(cv(person))),
        ("Lettre de motivation.pdf", one(motivation(person, (2024, 3, 25)))),
        ("CNI.pdf", one(identity_card(person))),
        ("Photo.jpg", photo(person)),
        ("Titre RNCP.pdf", one(diploma(person, false))),
        ("Bulletin de notes.pdf", one(words(&TRANSCRIPT_FR, person))),
        ("Certificat de travail.pdf", one(employment(person, 0, (2024, 2, 28)))),
        ("Prise en charge employeur.pdf", one(funding(person, (2024, 3, 20)))),
    ]);
    let text = "Bonjour,\n\nVeuillez trouver mon dossier pour le MS Qualité, performance et excellence industrielle. Mon employeur règle les frais de dossier et finance la formation.\n\nBaptiste Delahaye";
    let message = mail(
        person,
        Client::Outlook,
        "2024-03-27T17:50:12+01:00",
        "Candidature Baptiste Delahaye – MS qualité",
        text,
        vec![zipped("Delahaye.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "021-form-of-another-season.eml", class: "application", candidate: Some(person.email), message }
}

fn mariama_files() -> Vec<u8> {
    let person = &MARIAMA;
    let files = named(vec![
        ("Diallo/dossier_candidature_2024.pdf", pdf(&form(person, "2024-2025", (2024, 4, 7))).unwrap()),
        ("Diallo/cv.pdf", one(cv(person))),
        ("Diallo/lettre.pdf", one(motivation(person, (2024, 4, 7)))),
        ("Diallo/passeport.pdf", one(passport(person))),
        ("Diallo/photo.jpg", photo(person)),
        ("Diallo/diplome_master.pdf", one(scanned(&diploma_upright(person), 55))),
        ("Diallo/releve_m2.pdf", one(words(&TRANSCRIPT_FR, person))),
    ]);
    zip(&files, Names::Utf8, None)
}

/// A diploma turned onto an upright sheet, for the scanner's glass.
fn diploma_upright(person: &Person) -> Page {
    let mut page = diploma(person, false);
    page.height = 841.9;
    page
}

fn truncated_zip() -> Sent {
    let person = &MARIAMA;
    let whole = mariama_files();
    let cut = whole[..whole.len() * 55 / 100].to_vec();
    let text =
        "Bonjour,\n\nJe vous envoie mon dossier pour le mastère spécialisé Management de la construction durable.\n\nCordialement,\nMariama Diallo";
    let message = mail(person, Client::Gmail, "2024-04-08T23:11:09+02:00", "Candidature Mariama Diallo MCD", text, vec![zipped("Diallo.zip", cut)]);
    Sent { file: "022-truncated-zip.eml", class: "application", candidate: Some(person.email), message }
}

fn truncated_zip_sent_again() -> Sent {
    let person = &MARIAMA;
    let text = "Bonjour,\n\nLa connexion ayant coupé pendant l'envoi de lundi, je vous renvoie l'archive entière.\n\nCordialement,\nMariama Diallo";
    let message = mail(
        person,
        Client::Gmail,
        "2024-04-10T12:40:57+02:00",
        "Re: Candidature Mariama Diallo MCD",
        text,
        vec![zipped("Diallo.zip", mariama_files())],
    );
    Sent { file: "023-truncated-zip-sent-again.eml", class: "supplement", candidate: Some(person.email), message }
}

fn two_parents_pay() -> Sent {
    let person = &HUGO;
    let pieces = named(vec![
        ("Dossier de candidature Fournier Hugo.pdf", pdf(&form(person, "2024-2025", (2024, 4, 15))).unwrap()),
        ("CV Hugo.pdf", one(cv(person))),
        ("Lettre de motivation Hugo.pdf", one(motivation(person, (2024, 4, 15)))),
        ("Carte identite Hugo.pdf", one(identity_card(person))),
        ("Photo Hugo.jpg", photo(person)),
        ("Diplome ingenieur.pdf", one(diploma(person, false))),
        ("Releve de notes 3A.pdf", one(words(&TRANSCRIPT_FR, person))),
    ]);
    let text = "Bonjour,\n\nVoici mon dossier pour le MS Ingénierie ferroviaire et mobilités guidées. Mes parents règlent chacun la moitié des frais de dossier.\n\nBonne journée,\nHugo Fournier";
    let message = mail(person, Client::AppleMail, "2024-04-16T18:25:38+02:00", "MS ferroviaire : dossier de Hugo Fournier", text, loose(pieces));
    Sent { file: "024-two-parents-pay.eml", class: "application", candidate: Some(person.email), message }
}

fn same_family_name() -> Sent {
    let person = &CLARA;
    let files = named(vec![
        ("FOURNIER_dossier.pdf", pdf(&form(person, "2024-2025", (2024, 4, 17))).unwrap()),
        ("FOURNIER_cv.pdf", one(cv(person))),
        ("FOURNIER_motivation.pdf", one(motivation(person, (2024, 4, 17)))),
        ("FOURNIER_identite.pdf", one(identity_card(person))),
        ("FOURNIER_photo.jpg", photo(person)),
        ("FOURNIER_diplome.pdf", one(diploma(person, false))),
        ("FOURNIER_notes.pdf", one(words(&TRANSCRIPT_FR, person))),
    ]);
    let text = "Bonjour,\n\nJe souhaite intégrer le Mastère Spécialisé Efficacité énergétique et bâtiments bas carbone à la rentrée. Mon dossier est en pièce jointe.\n\nClara Fournier";
    let message = mail(
        person,
        Client::Thunderbird,
        "2024-04-18T08:31:00+02:00",
        "Candidature",
        text,
        vec![zipped("FOURNIER.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "025-same-family-name.eml", class: "application", candidate: Some(person.email), message }
}

fn question_of_a_candidate() -> Sent {
    let text = "Bonjour,\n\nPouvez-vous me dire à quelle date le jury se réunit, et si un logement à la Maison des Élèves reste possible pour une rentrée en septembre ?\n\nMerci,\nClara Fournier";
    let message = mail(&CLARA, Client::Thunderbird, "2024-04-25T10:00:42+02:00", "Question sur le jury", text, vec![]);
    Sent { file: "026-question-of-a-candidate.eml", class: "question", candidate: Some(CLARA.email), message }
}

fn master_1_and_experience() -> Sent {
    let person = &GAELLE;
    let files = named(vec![
        ("Prigent Gaëlle/Dossier de candidature complété.pdf", pdf(&form(person, "2024-2025", (2024, 5, 12))).unwrap()),
        ("Prigent Gaëlle/CV à jour.pdf", one(cv(person))),
        ("Prigent Gaëlle/Lettre de motivation.pdf", one(motivation(person, (2024, 5, 12)))),
        ("Prigent Gaëlle/Pièce d'identité.pdf", one(scanned(&identity_card(person), 71))),
        ("Prigent Gaëlle/Photo d'identité.jpg", photo(person)),
        ("Prigent Gaëlle/Diplôme maîtrise.pdf", one(diploma(person, false))),
        ("Prigent Gaëlle/Relevé de notes.pdf", one(words(&TRANSCRIPT_FR, person))),
        ("Prigent Gaëlle/Expérience 1.pdf", one(scanned(&employment(person, 0, (2019, 8, 30)), 72))),
        ("Prigent Gaëlle/Expérience 2.pdf", one(employment(person, 1, (2024, 4, 30)))),
    ]);
    let text = "Madame, Monsieur,\n\nJe vous prie de trouver ci-joint mon dossier pour le Mastère Spécialisé Qualité, performance et excellence industrielle. Titulaire d'un master 1, je justifie de plus de trois années d'expérience.\n\nSalutations distinguées,\nGaëlle Prigent";
    let message = mail(
        person,
        Client::Outlook,
        "2024-05-13T07:58:26+02:00",
        "Dossier MS qualité - Gaëlle Prigent",
        text,
        vec![zipped("Prigent Gaëlle.zip", zip(&files, Names::Cp850, None))],
    );
    Sent { file: "027-master-1-and-experience.eml", class: "application", candidate: Some(person.email), message }
}

fn winmail_dat() -> Sent {
    let person = &GAELLE;
    let bytes = winmail("Lettre de recommandation de mon employeur.pdf", &one(recommendation(person, (2024, 5, 13))));
    let files = vec![File { name: "winmail.dat".to_owned(), media_type: "application/ms-tnef", bytes }];
    let text = "Bonjour,\n\nPour compléter mon dossier, voici la lettre de recommandation de mon directeur.\n\nGaëlle Prigent";
    let message = mail(person, Client::Outlook, "2024-05-14T13:20:05+02:00", "Complément - Gaëlle Prigent", text, files);
    Sent { file: "028-winmail-dat.eml", class: "supplement", candidate: Some(person.email), message }
}

fn decomposed_names() -> Sent {
    let person = &ZOE;
    let files = named(vec![
        ("Zoë Brandstätter/Application form.pdf", pdf(&form(person, "2024-2025", (2024, 5, 21))).unwrap()),
        ("Zoë Brandstätter/CV Brandstätter.pdf", one(cv(person))),
        ("Zoë Brandstätter/Motivation Brandstätter.pdf", one(motivation(person, (2024, 5, 21)))),
        ("Zoë Brandstätter/Passport Brandstätter.pdf", one(passport(person))),
        ("Zoë Brandstätter/Photo Zoë.jpg", photo(person)),
        ("Zoë Brandstätter/Master's diploma.pdf", one(diploma(person, true))),
        ("Zoë Brandstätter/Transcript.pdf", one(words(&TRANSCRIPT_EN, person))),
    ]);
    let text = "Dear team,\n\nplease find my application to Data and Artificial Intelligence for Industry attached. The fee was transferred this morning.\n\nBest,\nZoë Brandstätter";
    let message = mail(
        person,
        Client::AppleMail,
        "2024-05-22T22:19:47+02:00",
        "Application Zoë Brandstätter",
        text,
        vec![zipped("Zoë Brandstätter.zip", zip(&files, Names::Decomposed, None))],
    );
    Sent { file: "029-decomposed-names.eml", class: "application", candidate: Some(person.email), message }
}

fn read_receipt() -> Sent {
    let mut message = mail(&ZOE, Client::AppleMail, "2024-05-23T07:15:00+02:00", "Read: Your application", "", vec![]);
    message.return_path = Some(String::new());
    message.raw_body = Some("Content-Type: multipart/report; report-type=disposition-notification; boundary=\"lu\"\n\n--lu\nContent-Type: text/plain; charset=utf-8\n\nYour message was displayed.\n\n--lu\nContent-Type: message/disposition-notification\n\nReporting-UA: example; Mail\nFinal-Recipient: rfc822; zoe.brandstaetter@postfach.example\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--lu--\n".to_owned());
    Sent { file: "030-read-receipt.eml", class: "report", candidate: Some(ZOE.email), message }
}

fn late() -> Sent {
    let person = &JULIEN;
    let files = named(vec![
        ("dossier-candidature.pdf", pdf(&form(person, "2024-2025", (2024, 6, 7))).unwrap()),
        ("cv-masson-cordier.pdf", one(cv(person))),
        ("lettre-de-motivation.pdf", one(motivation(person, (2024, 6, 7)))),
        ("carte-identite.pdf", one(identity_card(person))),
        ("photo.jpg", photo(person)),
        ("diplome-master.pdf", one(diploma(person, false))),
    ]);
    let text = "Bonjour,\n\nJe découvre votre mastère un peu tard : voici ma candidature au MS Cybersécurité et résilience numérique, en espérant qu'elle puisse encore être examinée. Le relevé de notes suivra.\n\nJulien Masson-Cordier";
    let message = mail(
        person,
        Client::Thunderbird,
        "2024-06-08T09:12:18+02:00",
        "Candidature MS Cyber",
        text,
        vec![zipped("masson-cordier.zip", zip(&files, Names::Utf8, None))],
    );
    Sent { file: "031-late.eml", class: "application", candidate: Some(person.email), message }
}

fn supplement_after_the_deadline() -> Sent {
    let person = &JULIEN;
    let pieces = named(vec![("releve-de-notes-m2.pdf", one(words(&TRANSCRIPT_FR, person)))]);
    let text = "Bonjour,\n\nVoici le relevé de notes de master 2 annoncé.\n\nJulien Masson-Cordier";
    let message = mail(person, Client::Thunderbird, "2024-06-11T19:45:30+02:00", "Re: Candidature MS Cyber", text, loose(pieces));
    Sent { file: "032-supplement-after-the-deadline.eml", class: "supplement", candidate: Some(person.email), message }
}
