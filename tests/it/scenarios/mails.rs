//! The mails of the scenarios: a few pages each, of the season's invented people.

use guichet::jury::sheet::pdf;

use crate::season::archive::{Names, zip};
use crate::season::documents::*;
use crate::season::message::{Client, File, Message};
use crate::season::people::*;

type Build = fn() -> Vec<u8>;
type Files = Vec<(String, Vec<u8>)>;

/// Scenario, file, builder.
pub const MAILS: [(&str, &str, Build); 29] = [
    ("001-everything-at-once", "candidature.eml", || maelle(everything(&MAELLE))),
    ("002-a-supplement-completes", "candidature.eml", || maelle(without(everything(&MAELLE), &["releve", "photo"]))),
    ("002-a-supplement-completes", "complement.eml", || {
        again(&MAELLE, "2024-02-12T18:30:00+01:00", "Pièces manquantes", only(everything(&MAELLE), &["releve", "photo"]))
    }),
    ("003-three-mails-one-answer", "premier.eml", || maelle(only(everything(&MAELLE), &["formulaire", "cv", "lettre"]))),
    ("003-three-mails-one-answer", "deuxieme.eml", || {
        again(&MAELLE, "2024-02-05T09:17:00+01:00", "Suite de ma candidature", only(everything(&MAELLE), &["identite", "photo"]))
    }),
    ("003-three-mails-one-answer", "troisieme.eml", || {
        again(&MAELLE, "2024-02-05T09:26:00+01:00", "Fin de ma candidature", only(everything(&MAELLE), &["diplome", "releve"]))
    }),
    ("004-late", "candidature.eml", || maelle(everything(&MAELLE))),
    ("005-paid-short-then-the-rest", "candidature.eml", || maelle(everything(&MAELLE))),
    ("006-a-parent-pays-for-two", "clara.eml", || application(&CLARA, Client::Gmail, CANDIDATURE, "dossier.zip", &everything(&CLARA), None)),
    ("006-a-parent-pays-for-two", "hugo.eml", || application(&HUGO, Client::Thunderbird, CANDIDATURE, "dossier.zip", &everything(&HUGO), None)),
    ("007-the-password-comes-later", "candidature.eml", || {
        application(&KWAME, Client::Gmail, "Please find my application attached.", "Boateng.zip", &everything(&KWAME), Some("kente&gold-1957"))
    }),
    ("007-the-password-comes-later", "mot-de-passe.eml", || {
        let text = "Dear Sir or Madam,\n\nThe password is: kente&gold-1957\n\nKwame Boateng";
        message(&KWAME, Client::Gmail, "Re: Application MS24-0001", text, vec![], "2024-02-06T08:00:00+01:00")
    }),
    ("008-a-link-instead-of-files", "candidature.eml", || {
        let text = "Good morning,\n\nYou can download my application here: https://wetransfer.com/downloads/4f1c0a7e2b\n\nKind regards,\nSofia";
        message(&SOFIA, Client::AppleMail, "Application", text, vec![], FIRST)
    }),
    ("009-the-form-of-another-year", "candidature.eml", || {
        let mut files = without(everything(&MAELLE), &["formulaire"]);
        files.push((String::from("formulaire.pdf"), pdf(&form(&MAELLE, "2022-2023", (2024, 2, 1))).unwrap()));
        maelle(files)
    }),
    ("010-a-diploma-translated-later", "candidature.eml", || {
        let mut files = without(everything(&OMAR), &["diplome"]);
        let school = "جامعة البادية الشمالية";
        let original = arabic_diploma(&OMAR, school, "الماجستير في الهندسة الميكانيكية", "تخصص النظم الحرارية");
        files.push((String::from("master certificate.pdf"), pdf(&[original]).unwrap()));
        application(&OMAR, Client::Gmail, "Please find my application attached.", "Omar.zip", &files, None)
    }),
    ("010-a-diploma-translated-later", "traduction.eml", || {
        let page = as_translation(diploma(&OMAR, true), true, "Arabic", true);
        again(
            &OMAR,
            "2024-02-08T11:00:00+03:00",
            "Translation of my degree",
            vec![(String::from("translation of the degree.pdf"), pdf(&[page]).unwrap())],
        )
    }),
    ("011-only-a-question", "question.eml", || {
        let text = "Bonjour,\n\nEst-il possible de candidater avec une licence professionnelle et cinq ans d'expérience ? Faut-il un score TOEIC ?\n\nMerci d'avance,\nRenaud Escoffier";
        let person = Person { given: "Renaud", family: "Escoffier", email: "renaud.escoffier@courriel.example", ..MAELLE };
        message(&person, Client::Outlook, "Renseignement", text, vec![], FIRST)
    }),
    ("012-our-letter-comes-back", "candidature.eml", || maelle(without(everything(&MAELLE), &["photo"]))),
    ("013-withdrawn", "candidature.eml", || maelle(everything(&MAELLE))),
    ("014-interview-and-decisions", "maelle.eml", || maelle(everything(&MAELLE))),
    ("014-interview-and-decisions", "clara.eml", || application(&CLARA, Client::Gmail, CANDIDATURE, "dossier.zip", &everything(&CLARA), None)),
    ("015-a-correction-outlives-a-supplement", "candidature.eml", || maelle(without(everything(&MAELLE), &["photo", "releve"]))),
    ("015-a-correction-outlives-a-supplement", "complement.eml", || {
        again(&MAELLE, "2024-02-08T20:15:00+01:00", "Mes relevés", only(everything(&MAELLE), &["releve"]))
    }),
    ("016-the-same-name-twice", "premiere.eml", || maelle(everything(&MAELLE))),
    ("016-the-same-name-twice", "seconde.eml", || {
        let files = everything(&NAMESAKE);
        application(&NAMESAKE, Client::Outlook, CANDIDATURE, "candidature.zip", &files, None)
    }),
    ("017-the-off-switches", "candidature.eml", || maelle(without(everything(&MAELLE), &["photo"]))),
    ("018-too-late-for-the-next-jury", "candidature.eml", || maelle(everything(&MAELLE))),
    ("019-after-the-international-date", "candidature.eml", || {
        application(&IOANA_FROM_TUNIS, Client::Gmail, "Please find my application attached.", "application.zip", &everything(&IOANA_FROM_TUNIS), None)
    }),
    ("020-put-off-to-the-next-jury", "candidature.eml", || maelle(everything(&MAELLE))),
];

const FIRST: &str = "2024-02-05T09:12:00+01:00";
const CANDIDATURE: &str = "Madame, Monsieur,\n\nVous trouverez mon dossier de candidature dans l'archive jointe.\n\nBien cordialement";

/// Somebody else who is called Maëlle Kerbrat.
const NAMESAKE: Person =
    Person { born: (1996, 8, 30), birthplace: "Quimper", email: "mkerbrat@courriel.example", document_number: "X4RTBPFW5", ..MAELLE };

/// A candidate who needs a visa.
const IOANA_FROM_TUNIS: Person = Person { nationality: "TUN", nationality_word: "Tunisian", ..IOANA };

fn everything(person: &Person) -> Files {
    let page = |page| pdf(&[page]).unwrap();
    let words = if person.english { &TRANSCRIPT_EN } else { &TRANSCRIPT_FR };
    let day = (2024, 2, 1);
    [
        ("formulaire.pdf", pdf(&form(person, "2024-2025", day)).unwrap()),
        ("cv.pdf", page(cv(person))),
        ("lettre de motivation.pdf", page(motivation(person, day))),
        ("identite.pdf", page(passport(person))),
        ("photo.jpg", photo(person)),
        ("diplome.pdf", page(diploma(person, person.english))),
        ("releve de notes.pdf", page(transcript(person, words, &person.printed(), person.school))),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .to_vec()
}

fn is_one_of(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

fn only(files: Files, beginnings: &[&str]) -> Files {
    files.into_iter().filter(|(name, _)| is_one_of(name, beginnings)).collect()
}

fn without(files: Files, beginnings: &[&str]) -> Files {
    files.into_iter().filter(|(name, _)| !is_one_of(name, beginnings)).collect()
}

fn maelle(files: Files) -> Vec<u8> {
    application(&MAELLE, Client::AppleMail, CANDIDATURE, "Kerbrat.zip", &files, None)
}

fn application(person: &Person, client: Client, text: &str, archive: &str, files: &Files, password: Option<&str>) -> Vec<u8> {
    let file = File { name: archive.to_owned(), media_type: "application/zip", bytes: zip(files, Names::Utf8, password) };
    let subject = if person.english { "Application" } else { "Candidature" };
    message(person, client, &format!("{subject} {}", person.title().0), &format!("{text}\n{}", person.full()), vec![file], FIRST)
}

/// A later mail with loose files.
fn again(person: &Person, date: &'static str, subject: &str, files: Files) -> Vec<u8> {
    let media_type = |name: &str| if name.ends_with(".jpg") { "image/jpeg" } else { "application/pdf" };
    let files = files.into_iter().map(|(name, bytes)| File { media_type: media_type(&name), name, bytes }).collect();
    let text = if person.english { "Dear Sir or Madam,\n\nPlease find the rest attached." } else { "Bonjour,\n\nVoici la suite de mes pièces." };
    message(person, Client::Gmail, subject, &format!("{text}\n\n{}", person.full()), files, date)
}

fn message(person: &Person, client: Client, subject: &str, text: &str, files: Vec<File>, date: &'static str) -> Vec<u8> {
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
    .bytes()
}
