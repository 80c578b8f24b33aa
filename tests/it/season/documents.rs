//! The pieces of a dossier, laid out as forms, letters, diplomas, tables and identity documents.

use std::sync::Arc;

use guichet::jury::sheet::{BLACK, BOLD, Colour, Face, Mark, Page, SANS};

use super::people::Person;
use super::picture::portrait;

const SERIF: Face = Face(include_bytes!("../../../fixtures/fonts/DejaVuSerif.ttf"));
const SERIF_BOLD: Face = Face(include_bytes!("../../../fixtures/fonts/DejaVuSerif-Bold.ttf"));
const MONO: Face = Face(include_bytes!("../../../fixtures/fonts/DejaVuSansMono.ttf"));

const BLUE: Colour = (24, 54, 110);
const GREY: Colour = (120, 120, 120);
const PALE: Colour = (228, 234, 244);

const MONTHS_FR: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];
const MONTHS_EN: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// A day as year, month, day.
pub type Day = (i32, u32, u32);

pub fn day_in_words(day: Day, english: bool) -> String {
    let month = day.1 as usize - 1;
    match (english, day.2) {
        (true, _) => format!("{} {} {}", day.2, MONTHS_EN[month], day.0),
        (false, 1) => format!("1er {} {}", MONTHS_FR[month], day.0),
        (false, _) => format!("{} {} {}", day.2, MONTHS_FR[month], day.0),
    }
}

fn seed(person: &Person) -> u64 {
    person.email.bytes().fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))
}

pub fn photo(person: &Person) -> Vec<u8> {
    let dark = ["GHA", "GIN", "MLI"].contains(&person.nationality);
    portrait(seed(person), person.woman, dark)
}

/// A handwritten flourish, another for everyone.
fn signature(page: &mut Page, x: f32, y: f32, person: &Person) {
    let mut random = fastrand::Rng::with_seed(seed(person) + 5);
    let (loops, tall, slant) = (4.0 + random.f32() * 4.0, 9.0 + random.f32() * 8.0, random.f32() * 6.0);
    let points = (0..160).map(|step| {
        let t = step as f32 / 160.0;
        let wave = (t * loops * std::f32::consts::TAU).sin() * tall * (1.0 - t * 0.7);
        let back = (t * loops * std::f32::consts::TAU).cos() * 5.0;
        (x + t * 96.0 + back + slant * t, y - wave - t * slant * 2.0)
    });
    page.marks.push(Mark::Curve { points: points.collect(), width: 1.1, colour: (30, 34, 120) });
}

fn circle(page: &mut Page, centre: (f32, f32), radius: f32, width: f32, colour: Colour) {
    let points = (0..=72).map(|step| {
        let angle = step as f32 / 72.0 * std::f32::consts::TAU;
        (centre.0 + radius * angle.cos(), centre.1 + radius * angle.sin())
    });
    page.marks.push(Mark::Curve { points: points.collect(), width, colour });
}

fn seal(page: &mut Page, centre: (f32, f32), words: [&str; 2], colour: Colour) {
    circle(page, centre, 38.0, 1.6, colour);
    circle(page, centre, 33.0, 0.7, colour);
    for (line, word) in words.iter().enumerate() {
        let width = SANS.width(6.4, word);
        page.coloured(centre.0 - width / 2.0, centre.1 - 2.0 + 10.0 * line as f32, SANS, 6.4, colour, word);
    }
}

/// The school's application form; `season` is printed on it, as "2024-2025".
pub fn form(person: &Person, season: &str, signed: Day) -> Vec<Page> {
    let words = |french: &'static str, english: &'static str| if person.english { english } else { french };
    let mut first = Page::default();
    first.fill(40.0, 40.0, 515.0, 46.0, BLUE);
    first.coloured(
        52.0,
        60.0,
        BOLD,
        13.0,
        (255, 255, 255),
        words("DOSSIER DE CANDIDATURE – MASTÈRE SPÉCIALISÉ®", "APPLICATION FORM – MASTÈRE SPÉCIALISÉ®"),
    );
    first.coloured(52.0, 77.0, SANS, 10.0, (255, 255, 255), &format!("IMT Nord Europe   ·   {} {season}", words("Session", "Session")));
    let title = person.title();
    let sections: [(&str, Vec<(&str, String)>); 3] = [
        (
            words("1. Formation demandée", "1. Programme applied for"),
            vec![
                (words("Mastère Spécialisé", "Mastère Spécialisé"), words(title.0, title.1).to_owned()),
                (words("Rentrée", "Intake"), words("septembre", "September").to_owned()),
            ],
        ),
        (
            words("2. État civil", "2. Personal details"),
            vec![
                (
                    words("Civilité", "Title"),
                    words(if person.woman { "Madame" } else { "Monsieur" }, if person.woman { "Ms" } else { "Mr" }).to_owned(),
                ),
                (words("Nom de famille", "Family name"), person.family.to_uppercase()),
                (words("Prénom(s)", "Given name(s)"), person.given.to_owned()),
                (words("Date de naissance", "Date of birth"), person.born_figures()),
                (words("Lieu de naissance", "Place of birth"), person.birthplace.to_owned()),
                (words("Nationalité", "Nationality"), person.nationality_word.to_owned()),
                (words("Adresse", "Address"), person.address.join(", ")),
                (words("Pays", "Country"), person.country.to_owned()),
                (words("Téléphone", "Telephone"), person.telephone.to_owned()),
                (words("Courriel", "E-mail"), person.email.to_owned()),
            ],
        ),
        (
            words("3. Dernier diplôme obtenu ou préparé", "3. Last degree obtained or in progress"),
            vec![
                (words("Intitulé", "Title"), person.degree.to_owned()),
                (words("Spécialité", "Speciality"), person.speciality.to_owned()),
                (words("Établissement", "Institution"), format!("{}, {}", person.school, person.school_city)),
                (words("Année d'obtention", "Year of award"), person.degree_year.to_string()),
            ],
        ),
    ];
    let mut y = 118.0;
    for (heading, lines) in sections {
        first.fill(40.0, y - 13.0, 515.0, 19.0, PALE);
        first.text(46.0, y, BOLD, 10.0, heading);
        y += 24.0;
        for (label, value) in lines {
            first.coloured(46.0, y, SANS, 9.0, GREY, label);
            first.text(190.0, y, SANS, 9.5, &value);
            first.line((186.0, y + 4.0), (550.0, y + 4.0), 0.4, GREY);
            y += 21.0;
        }
        y += 12.0;
    }
    first.ending_at(555.0, 815.0, SANS, 8.0, "1/2");
    vec![first, form_second_page(person, season, signed)]
}

fn form_second_page(person: &Person, season: &str, signed: Day) -> Page {
    let words = |french: &'static str, english: &'static str| if person.english { english } else { french };
    let mut page = Page::default();
    page.text(40.0, 56.0, BOLD, 10.5, words("4. Financement de la formation", "4. Funding"));
    let choices = [
        words("Financement personnel", "Personal funding"),
        words("Demandeur d'emploi", "Jobseeker"),
        words("Financement entreprise", "Company funding"),
    ];
    let chosen = usize::from(person.financing == "entreprise") * 2;
    for (position, choice) in choices.iter().enumerate() {
        let y = 80.0 + 20.0 * position as f32;
        page.text(48.0, y, SANS, 11.0, if position == chosen { "☒" } else { "☐" });
        page.text(68.0, y, SANS, 9.5, choice);
    }
    page.text(40.0, 160.0, BOLD, 10.5, words("5. Expérience professionnelle", "5. Professional experience"));
    let mut y = 184.0;
    for job in person.jobs {
        let line = format!("{:02}/{} – {:02}/{}   {}, {} ({})", job.from.1, job.from.0, job.to.1, job.to.0, job.title, job.company, job.city);
        page.text(48.0, y, SANS, 9.5, &line);
        y += 20.0;
    }
    if person.jobs.is_empty() {
        page.text(48.0, y, SANS, 9.5, words("Aucune (hors stages)", "None (apart from internships)"));
    }
    page.text(40.0, 270.0, BOLD, 10.5, words("6. Pièces jointes au dossier", "6. Documents enclosed"));
    let enclosed = words(
        "Curriculum vitæ, lettre de motivation, pièce d'identité, photographie, diplôme ou attestation, relevés de notes.",
        "Curriculum vitae, letter of motivation, identity document, photograph, degree or certificate, transcripts of records.",
    );
    page.paragraph(48.0, 292.0, 490.0, SANS, 9.5, enclosed);
    page.text(40.0, 350.0, BOLD, 10.5, words("7. Déclaration sur l'honneur", "7. Declaration"));
    let declaration = words(
        "Je certifie l'exactitude des renseignements portés dans ce dossier et j'ai pris connaissance du fait que les frais de dossier ne sont pas remboursables.",
        "I certify that the information given in this form is correct and I understand that the application fee is not refundable.",
    );
    page.paragraph(48.0, 372.0, 490.0, SANS, 9.5, declaration);
    let place = person.address[1].trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
    page.text(
        48.0,
        440.0,
        SANS,
        9.5,
        &format!("{} {place}, {} {}", words("Fait à", "Done at"), words("le", "on"), day_in_words(signed, person.english)),
    );
    page.coloured(330.0, 440.0, SANS, 9.0, GREY, words("Signature du candidat :", "Applicant's signature:"));
    page.frame(328.0, 450.0, 200.0, 74.0, 0.6, GREY);
    signature(&mut page, 362.0, 494.0, person);
    page.coloured(40.0, 800.0, SANS, 8.0, GREY, &format!("IMT Nord Europe – Mastères Spécialisés – {} {season}", words("campagne", "campaign")));
    page.ending_at(555.0, 815.0, SANS, 8.0, "2/2");
    page
}

pub fn cv(person: &Person) -> Page {
    let words = |french: &'static str, english: &'static str| if person.english { english } else { french };
    let serif = seed(person).is_multiple_of(2);
    let (plain, bold) = if serif { (SERIF, SERIF_BOLD) } else { (SANS, BOLD) };
    let mut page = Page::default();
    if !serif {
        page.fill(0.0, 0.0, 595.3, 112.0, (236, 240, 238));
    }
    page.text(56.0, 62.0, bold, 21.0, &person.full());
    page.text(56.0, 84.0, plain, 10.0, &format!("{}   ·   {}", person.email, person.telephone));
    page.text(56.0, 99.0, plain, 10.0, &format!("{}, {}", person.address.join(", "), person.country));
    let mut y = 146.0;
    let mut section = |page: &mut Page, title: &str, lines: &[(String, String)]| {
        page.coloured(56.0, y, bold, 12.0, BLUE, title);
        page.line((56.0, y + 5.0), (540.0, y + 5.0), 0.8, BLUE);
        y += 24.0;
        for (dates, text) in lines {
            page.text(56.0, y, bold, 9.5, dates);
            y = page.paragraph(170.0, y, 370.0, plain, 9.5, text) + 6.0;
        }
        y += 14.0;
    };
    let jobs: Vec<_> = person
        .jobs
        .iter()
        .rev()
        .map(|job| {
            let duties = words(
                "Suivi des indicateurs, rédaction des procédures, encadrement d'une petite équipe.",
                "Follow-up of indicators, writing of procedures, supervision of a small team.",
            );
            (
                format!("{:02}/{} – {:02}/{}", job.from.1, job.from.0, job.to.1, job.to.0),
                format!("{}, {}, {}. {duties}", job.title, job.company, job.city),
            )
        })
        .collect();
    if !jobs.is_empty() {
        section(&mut page, words("Expérience professionnelle", "Work experience"), &jobs);
    }
    let internship =
        words("Stage de fin d'études, six mois, avec mémoire et soutenance.", "Final internship, six months, with a thesis and its defence.");
    let studies = [
        (
            format!("{} – {}", person.degree_year - 2, person.degree_year),
            format!("{}, {}. {}, {}. {internship}", person.degree, person.speciality, person.school, person.school_city),
        ),
        (
            format!("{} – {}", person.degree_year - 5, person.degree_year - 2),
            format!("{}, {}", words("Licence, même université", "Bachelor's degree, same university"), person.school_city),
        ),
    ];
    section(&mut page, words("Formation", "Education"), &studies);
    let languages = words("Français (courant), anglais (B2)", "English (C1), French (A2)");
    section(&mut page, words("Langues", "Languages"), &[(String::new(), languages.to_owned())]);
    section(
        &mut page,
        words("Compétences", "Skills"),
        &[(
            String::new(),
            words("Bureautique, gestion de projet, Python, AutoCAD", "Office software, project management, Python, AutoCAD").to_owned(),
        )],
    );
    section(
        &mut page,
        words("Centres d'intérêt", "Interests"),
        &[(String::new(), words("Course à pied, cuisine, bénévolat au secours populaire", "Running, cooking, volunteering").to_owned())],
    );
    page
}

pub fn motivation(person: &Person, day: Day) -> Page {
    let words = |french: &'static str, english: &'static str| if person.english { english } else { french };
    let mut page = Page::default();
    let face = if seed(person).is_multiple_of(3) { SANS } else { SERIF };
    let mut y = 66.0;
    for line in [person.full(), person.address[0].to_owned(), person.address[1].to_owned(), person.email.to_owned()] {
        page.text(60.0, y, face, 10.5, &line);
        y += 15.0;
    }
    page.text(330.0, 140.0, face, 10.5, "IMT Nord Europe");
    page.text(330.0, 155.0, face, 10.5, words("Service des Mastères Spécialisés", "Mastères Spécialisés office"));
    page.text(330.0, 184.0, face, 10.5, &day_in_words(day, person.english));
    let title = person.title();
    let subject = format!(
        "{} {}",
        words("Objet : candidature au Mastère Spécialisé", "Subject: application to the Mastère Spécialisé"),
        words(title.0, title.1)
    );
    y = page.paragraph(60.0, 224.0, 470.0, face, 10.5, &subject) + 12.0;
    let degree = format!("{} ({}, {})", person.degree, person.school, person.degree_year);
    let paragraphs = if person.english {
        vec![
            "Dear members of the jury,".to_owned(),
            format!("I am writing to apply for your one-year programme. I hold, or am about to obtain, the following degree: {degree}, and I would like to complete it with a training that brings me closer to the trade I have chosen."),
            person.story.to_owned(),
            format!("{} I am also drawn by the six months spent in a company, which I see as the best way of proving what has been learnt.", person.why()),
            "In the longer term I hope to lead a small technical team and to hand on what I have been taught. I am careful, curious and used to working with people whose trade is not mine. My motivation is entire, and I would be glad to explain my project to you in an interview.".to_owned(),
            "I thank you for the attention you will give to my application. Yours faithfully,".to_owned(),
        ]
    } else {
        vec![
            "Madame, Monsieur,".to_owned(),
            format!("Par la présente lettre, j'ai l'honneur de vous adresser ma candidature. Ma formation est la suivante : {degree}. Je souhaite la compléter par une année qui me rapproche du métier que j'ai choisi."),
            person.story.to_owned(),
            format!("{} Les six mois passés en entreprise m'attirent également : c'est là que l'on éprouve ce que l'on a appris.", person.why()),
            "À plus long terme, j'aimerais animer une petite équipe technique et transmettre à mon tour. Je suis d'un naturel rigoureux et curieux, et j'ai l'habitude de travailler avec des personnes dont le métier n'est pas le mien. Ma motivation est entière ; je serais heureux de vous exposer mon projet lors d'un entretien.".replace("heureux", if person.woman { "heureuse" } else { "heureux" }),
            "Je vous remercie de l'attention que vous porterez à ma candidature et vous prie d'agréer, Madame, Monsieur, l'expression de mes salutations distinguées.".to_owned(),
        ]
    };
    for paragraph in paragraphs {
        y = page.paragraph(60.0, y, 470.0, face, 10.5, &paragraph) + 9.0;
    }
    page.text(360.0, y + 14.0, face, 10.5, &person.full());
    signature(&mut page, 366.0, y + 48.0, person);
    page
}

/// A machine-readable check digit (ICAO 9303, part 3): weights 7, 3, 1.
fn check_digit(field: &str) -> char {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 0,
    };
    let sum: u32 = field.bytes().zip([7, 3, 1].into_iter().cycle()).map(|(byte, weight)| value(byte) * weight).sum();
    char::from_digit(sum % 10, 10).unwrap()
}

fn mrz_word(text: &str) -> String {
    let text = text.replace('ä', "AE").replace('ö', "OE");
    guichet::folding::fold(&text).replace(' ', "<")
}

fn padded(text: &str, length: usize) -> String {
    let mut padded: String = text.chars().take(length).collect();
    while padded.len() < length {
        padded.push('<');
    }
    padded
}

fn mrz_day(day: Day) -> String {
    format!("{:02}{:02}{:02}", day.0 % 100, day.1, day.2)
}

/// The two lines of a passport (TD3).
fn passport_zone(person: &Person, expires: Day) -> [String; 2] {
    let names = padded(&format!("P<{}{}<<{}", person.nationality, mrz_word(person.family), mrz_word(person.given)), 44);
    let number = padded(person.document_number, 9);
    let (born, until) = (mrz_day(person.born), mrz_day(expires));
    let sex = if person.woman { 'F' } else { 'M' };
    let optional = padded("", 14);
    let composite = format!("{number}{}{born}{}{until}{}{optional}<", check_digit(&number), check_digit(&born), check_digit(&until));
    let line = format!(
        "{number}{}{}{born}{}{sex}{until}{}{optional}<{}",
        check_digit(&number),
        person.nationality,
        check_digit(&born),
        check_digit(&until),
        check_digit(&composite)
    );
    [names, line]
}

/// The three lines of a card (TD1).
fn card_zone(person: &Person, expires: Day) -> [String; 3] {
    let number = padded(person.document_number, 9);
    let first = padded(&format!("ID{}{number}{}", person.nationality, check_digit(&number)), 30);
    let (born, until) = (mrz_day(person.born), mrz_day(expires));
    let sex = if person.woman { 'F' } else { 'M' };
    let second = padded(&format!("{born}{}{sex}{until}{}{}", check_digit(&born), check_digit(&until), person.nationality), 29);
    let composite = format!("{}{}{}{}", &first[5..30], &second[0..7], &second[8..15], &second[18..29]);
    let names = padded(&format!("{}<<{}", mrz_word(person.family), mrz_word(person.given)), 30);
    [first, format!("{second}{}", check_digit(&composite)), names]
}

/// The data page of a passport, copied onto a sheet of paper.
pub fn passport(person: &Person) -> Page {
    let mut page = Page::default();
    let expires = (2029, 3, 17);
    page.fill(60.0, 90.0, 475.0, 330.0, (238, 232, 240));
    page.frame(60.0, 90.0, 475.0, 330.0, 0.8, GREY);
    page.text(80.0, 118.0, BOLD, 13.0, "PASSEPORT / PASSPORT");
    page.ending_at(515.0, 118.0, SANS, 11.0, &person.country.to_uppercase());
    page.picture(80.0, 140.0, 130.0, 169.0, Arc::new(photo(person)));
    let fields = [
        ("Type / Code / N° – Passport No.", format!("P   {}   {}", person.nationality, person.document_number)),
        ("Nom / Surname", person.family.to_uppercase()),
        ("Prénoms / Given names", person.given.to_owned()),
        ("Nationalité / Nationality", person.nationality.to_owned()),
        ("Date de naissance / Date of birth", person.born_figures()),
        ("Sexe / Sex", if person.woman { "F" } else { "M" }.to_owned()),
        ("Lieu de naissance / Place of birth", person.birthplace.to_uppercase()),
        ("Date de délivrance / Date of issue", "18/03/2019".to_owned()),
        ("Date d'expiration / Date of expiry", "17/03/2029".to_owned()),
    ];
    for (position, (label, value)) in fields.iter().enumerate() {
        let y = 146.0 + 24.0 * position as f32;
        page.coloured(228.0, y, SANS, 6.5, GREY, label);
        page.text(228.0, y + 11.0, SANS, 10.0, value);
    }
    page.fill(60.0, 368.0, 475.0, 52.0, (246, 246, 246));
    for (line, text) in passport_zone(person, expires).iter().enumerate() {
        page.text(72.0, 388.0 + 20.0 * line as f32, MONO, 17.0, text);
    }
    page
}

/// A French identity card, both sides on one sheet.
pub fn identity_card(person: &Person) -> Page {
    let mut page = Page::default();
    let expires = (2031, 9, 8);
    page.frame(110.0, 80.0, 375.0, 236.0, 0.8, GREY);
    page.fill(110.0, 80.0, 375.0, 30.0, (206, 222, 238));
    page.text(124.0, 100.0, BOLD, 9.5, "RÉPUBLIQUE FRANÇAISE");
    page.ending_at(472.0, 100.0, SANS, 7.0, "CARTE NATIONALE D'IDENTITÉ / IDENTITY CARD");
    page.picture(124.0, 124.0, 112.0, 146.0, Arc::new(photo(person)));
    let fields = [
        ("NOM / Surname", person.family.to_uppercase()),
        ("Prénoms / Given names", person.given.to_owned()),
        ("SEXE / Sex     NATIONALITÉ / Nationality", format!("{}                    {}", if person.woman { "F" } else { "M" }, person.nationality)),
        ("DATE DE NAISS. / Date of birth", person.born_figures().replace('/', " ")),
        ("LIEU DE NAISSANCE / Place of birth", person.birthplace.to_uppercase()),
        ("N° DU DOCUMENT / Document No     DATE D'EXPIR. / Expiry date", format!("{}                    08 09 2031", person.document_number)),
    ];
    for (position, (label, value)) in fields.iter().enumerate() {
        let y = 130.0 + 28.0 * position as f32;
        page.coloured(252.0, y, SANS, 6.0, GREY, label);
        page.text(252.0, y + 12.0, SANS, 10.0, value);
    }
    page.frame(110.0, 346.0, 375.0, 236.0, 0.8, GREY);
    page.coloured(124.0, 372.0, SANS, 6.5, GREY, "ADRESSE / Address");
    page.text(124.0, 386.0, SANS, 9.5, &person.address.join(", "));
    page.coloured(124.0, 412.0, SANS, 6.5, GREY, "DATE DE DÉLIVRANCE / Date of issue");
    page.text(124.0, 426.0, SANS, 9.5, "09 09 2021");
    for (line, text) in card_zone(person, expires).iter().enumerate() {
        page.text(124.0, 516.0 + 24.0 * line as f32, MONO, 18.6, text);
    }
    page
}

/// A diploma in French or English, by where the person studied; `english` for an English one.
pub fn diploma(person: &Person, english: bool) -> Page {
    let mut page = Page { width: 841.9, height: 595.3, marks: Vec::new() };
    page.frame(28.0, 28.0, 786.0, 539.0, 2.2, (150, 120, 40));
    page.frame(36.0, 36.0, 770.0, 523.0, 0.7, (150, 120, 40));
    if !english {
        let state = if person.country == "France" { "République française" } else { person.country };
        page.centred(82.0, SERIF, 15.0, &state.to_uppercase());
        page.centred(104.0, SERIF, 10.0, "Ministère de l'Enseignement supérieur et de la Recherche");
    }
    page.centred(136.0, SERIF_BOLD, 16.0, &person.school.to_uppercase());
    let pronoun = if person.woman { "she" } else { "he" };
    let lines = if english {
        vec![
            ("By authority of the Academic Senate be it known that".to_owned(), 12.0),
            (person.full(), 24.0),
            (format!("born on {} in {}", day_in_words(person.born, true), person.birthplace), 11.0),
            (format!("has fulfilled all the requirements prescribed and that {pronoun} is hereby awarded the degree of"), 12.0),
            (person.degree.to_uppercase(), 17.0),
            (format!("in the field of {}", person.speciality), 12.0),
            (format!("Given at {} on {}", person.school_city, day_in_words((person.degree_year, 7, 8), true)), 11.0),
        ]
    } else {
        let (born, entitled) = if person.woman { ("née", "Mme") } else { ("né", "M.") };
        let (title, ground, conferred) = if person.degree.contains("ingénieur") {
            (
                "TITRE D'INGÉNIEUR DIPLÔMÉ",
                "Vu l'avis de la Commission des titres d'ingénieur (CTI) et l'arrêté d'habilitation de l'établissement,",
                "le titre ci-dessous, qui confère le grade de master, est décerné à",
            )
        } else if person.speciality.contains("RNCP") {
            (
                "TITRE PROFESSIONNEL CERTIFIÉ",
                "Vu l'enregistrement au répertoire national des certifications professionnelles (RNCP, niveau 7),",
                "le titre ci-dessous est délivré à",
            )
        } else if person.degree.starts_with("Master 1") {
            (
                "ATTESTATION DE DIPLÔME DE MAÎTRISE",
                "Vu le procès-verbal du jury de première année de master,",
                "le diplôme de maîtrise (bac+4) est délivré à",
            )
        } else {
            (
                "DIPLÔME DE MASTER",
                "Vu les pièces produites et le procès-verbal du jury attestant la réussite aux épreuves,",
                "le grade de master est conféré, avec le diplôme ci-dessous, à",
            )
        };
        vec![
            (title.to_owned(), 19.0),
            (ground.to_owned(), 11.0),
            (format!("{conferred} {entitled}"), 11.0),
            (person.printed(), 22.0),
            (format!("{born} le {} à {}", day_in_words(person.born, false), person.birthplace), 11.0),
            (person.degree.to_owned(), 16.0),
            (person.speciality.to_owned(), 12.0),
            (
                format!(
                    "Fait à {}, le {}, au titre de l'année universitaire {}-{}",
                    person.school_city,
                    day_in_words((person.degree_year, 10, 4), false),
                    person.degree_year - 1,
                    person.degree_year
                ),
                11.0,
            ),
        ]
    };
    let mut y = 184.0;
    for (line, size) in lines {
        page.centred(y, if size > 14.0 { SERIF_BOLD } else { SERIF }, size, &line);
        y += size * 1.1 + 22.0;
    }
    seal(
        &mut page,
        (140.0, 488.0),
        [if english { "UNIVERSITY" } else { "SCEAU" }, "OFFICIEL"].map(|word| if english && word == "OFFICIEL" { "SEAL" } else { word }),
        (140, 40, 40),
    );
    page.text(600.0, 488.0, SERIF, 10.0, if english { "The Rector" } else { "Le président du jury" });
    page.text(600.0, 546.0, SERIF, 8.5, &format!("N° {}{:05}", person.degree_year, seed(person) % 100_000));
    signature(&mut page, 606.0, 516.0, person);
    page
}

/// The words of a transcript in one language.
pub struct TranscriptWords {
    pub title: &'static str,
    pub student: &'static str,
    pub number: &'static str,
    pub columns: [&'static str; 3],
    pub semester: &'static str,
    pub average: &'static str,
    pub seal: [&'static str; 2],
    pub out_of: f32,
}

pub const TRANSCRIPT_FR: TranscriptWords = TranscriptWords {
    title: "RELEVÉ DE NOTES ET RÉSULTATS",
    student: "Étudiant(e) :",
    number: "N° étudiant :",
    columns: ["Unité d'enseignement", "ECTS", "Note /20"],
    semester: "Semestre",
    average: "Moyenne générale du semestre – Admis(e)",
    seal: ["SCOLARITÉ", "centrale"],
    out_of: 20.0,
};
pub const TRANSCRIPT_EN: TranscriptWords = TranscriptWords {
    title: "OFFICIAL TRANSCRIPT OF RECORDS",
    student: "Student name:",
    number: "Student ID:",
    columns: ["Course", "Credits", "Grade /100"],
    semester: "Semester",
    average: "Grade point average for the semester – Passed",
    seal: ["REGISTRAR", "office"],
    out_of: 100.0,
};
pub const TRANSCRIPT_TR: TranscriptWords = TranscriptWords {
    title: "NOT DURUM BELGESİ (TRANSKRİPT)",
    student: "Öğrencinin adı soyadı:",
    number: "Öğrenci numarası:",
    columns: ["Dersin adı", "Kredi", "Not /100"],
    semester: "Yarıyıl",
    average: "Yarıyıl not ortalaması – Başarılı",
    seal: ["ÖĞRENCİ", "İŞLERİ"],
    out_of: 100.0,
};
pub const TRANSCRIPT_RU: TranscriptWords = TranscriptWords {
    title: "ПРИЛОЖЕНИЕ К ДИПЛОМУ (ТРАНСКРИПТ)",
    student: "Фамилия, имя, отчество:",
    number: "Регистрационный номер:",
    columns: ["Наименование дисциплины", "Кредиты", "Оценка /100"],
    semester: "Семестр",
    average: "Средний балл за семестр – зачтено",
    seal: ["ДЛЯ", "документов"],
    out_of: 100.0,
};

const COURSES_FR: [&str; 12] = [
    "Mathématiques pour l'ingénieur",
    "Méthodes statistiques",
    "Conduite de projet",
    "Anglais professionnel",
    "Modélisation et simulation",
    "Droit du travail et sécurité",
    "Matériaux et procédés",
    "Gestion de production",
    "Capteurs et instrumentation",
    "Économie d'entreprise",
    "Initiation à la recherche",
    "Stage et mémoire",
];
const COURSES_EN: [&str; 12] = [
    "Advanced Mathematics",
    "Statistics and Experiments",
    "Project Management",
    "Academic Writing",
    "Numerical Modelling",
    "Health, Safety and Law",
    "Materials Processing",
    "Operations Management",
    "Measurement and Sensors",
    "Industrial Economics",
    "Research Methods",
    "Master's Thesis",
];
const COURSES_TR: [&str; 12] = [
    "Uygulamalı Matematik",
    "İstatistik ve Deney Tasarımı",
    "Demiryolu Araçlarının Dinamiği",
    "Akademik İngilizce",
    "Sayısal Modelleme",
    "İş Sağlığı ve Güvenliği",
    "Malzeme Bilgisi",
    "Üretim Yönetimi",
    "Ölçme Tekniği ve Algılayıcılar",
    "Mühendislik Ekonomisi",
    "Araştırma Yöntemleri",
    "Yüksek Lisans Tezi",
];
const COURSES_RU: [&str; 12] = [
    "История и философия науки",
    "Статистические методы исследования",
    "Химия высокомолекулярных соединений",
    "Иностранный язык (профессиональный)",
    "Моделирование процессов",
    "Охрана труда и окружающей среды",
    "Технология переработки полимеров",
    "Организация производства",
    "Методы измерений",
    "Экономика предприятия",
    "Методология научных исследований",
    "Магистерская диссертация",
];

pub fn courses_of(words: &TranscriptWords) -> &'static [&'static str; 12] {
    match words.columns[0] {
        "Unité d'enseignement" => &COURSES_FR,
        "Course" => &COURSES_EN,
        "Dersin adı" => &COURSES_TR,
        _ => &COURSES_RU,
    }
}

/// A transcript of one year: a table for each of two semesters.
pub fn transcript(person: &Person, words: &TranscriptWords, name: &str, school: &str) -> Page {
    let mut page = Page::default();
    let mut random = fastrand::Rng::with_seed(seed(person) + 11);
    page.centred(60.0, BOLD, 13.0, school);
    page.centred(84.0, BOLD, 12.0, words.title);
    page.centred(102.0, SANS, 10.0, &format!("{} – {}", person.degree_year - 1, person.degree_year));
    page.text(56.0, 134.0, SANS, 10.0, &format!("{} {name}", words.student));
    page.text(56.0, 150.0, SANS, 10.0, &format!("{} {}{:06}", words.number, person.degree_year - 2, seed(person) % 1_000_000));
    let mut y = 184.0;
    for (half, courses) in courses_of(words).chunks(6).enumerate() {
        page.text(56.0, y, BOLD, 10.5, &format!("{} {}", words.semester, half + 3));
        y += 10.0;
        page.fill(56.0, y, 483.0, 18.0, PALE);
        for (column, x) in words.columns.iter().zip([62.0, 400.0, 470.0]) {
            page.text(x, y + 12.5, BOLD, 9.0, column);
        }
        page.line((56.0, y), (539.0, y), 0.6, BLACK);
        y += 18.0;
        let mut total = 0.0;
        for course in courses {
            let mark = ((words.out_of * (0.56 + random.f32() * 0.34)) * 2.0).round() / 2.0;
            total += mark;
            page.text(62.0, y + 12.5, SANS, 9.0, course);
            page.text(408.0, y + 12.5, SANS, 9.0, "5");
            page.text(480.0, y + 12.5, SANS, 9.0, &format!("{mark:.1}"));
            page.line((56.0, y + 18.0), (539.0, y + 18.0), 0.4, GREY);
            y += 18.0;
        }
        for x in [56.0, 394.0, 464.0, 539.0] {
            page.line((x, y - 18.0 * 7.0), (x, y), 0.6, BLACK);
        }
        page.text(62.0, y + 14.0, BOLD, 9.0, &format!("{} : {:.2}", words.average, total / courses.len() as f32));
        y += 46.0;
    }
    seal(&mut page, (450.0, y + 50.0), words.seal, (40, 60, 140));
    page.text(56.0, y + 30.0, SANS, 9.0, &format!("{}, {:02}.07.{}", person.school_city, 12, person.degree_year));
    page
}

/// An enrolment certificate (certificat de scolarité) for a degree in progress.
pub fn enrolment(person: &Person, day: Day) -> Page {
    let mut page = Page::default();
    page.text(56.0, 64.0, BOLD, 13.0, person.school);
    page.text(56.0, 80.0, SANS, 9.5, "Direction des études et de la vie étudiante");
    page.centred(150.0, BOLD, 16.0, "CERTIFICAT DE SCOLARITÉ");
    page.centred(170.0, SANS, 10.5, "Année universitaire 2023-2024");
    let (born, enrolled) = if person.woman { ("née", "inscrite") } else { ("né", "inscrit") };
    let text = format!(
        "La présidente de l'université certifie que {}, {born} le {} à {}, est régulièrement {enrolled} pour l'année universitaire 2023-2024 en deuxième année de {}, {}.",
        person.printed(),
        day_in_words(person.born, false),
        person.birthplace,
        person.degree,
        person.speciality
    );
    let y = page.paragraph(56.0, 220.0, 480.0, SANS, 11.0, &text);
    let y = page.paragraph(
        56.0,
        y + 20.0,
        480.0,
        SANS,
        11.0,
        "Le présent certificat est délivré pour servir et valoir ce que de droit. Le diplôme n'est pas encore obtenu à ce jour.",
    );
    page.text(320.0, y + 40.0, SANS, 10.0, &format!("{}, le {}", person.school_city, day_in_words(day, false)));
    seal(&mut page, (400.0, y + 110.0), ["UNIVERSITÉ", "scolarité"], (40, 60, 140));
    page
}

/// An employer's certificate for one job.
pub fn employment(person: &Person, position: usize, day: Day) -> Page {
    let job = &person.jobs[position];
    let current = position + 1 == person.jobs.len();
    let mut page = Page::default();
    page.text(56.0, 70.0, BOLD, 15.0, job.company);
    page.text(56.0, 87.0, SANS, 9.0, &format!("SAS au capital de 80 000 € – {}", job.city));
    page.centred(170.0, SERIF_BOLD, 17.0, "CERTIFICAT DE TRAVAIL");
    let ended = if current { "à ce jour".to_owned() } else { format!("au {}", day_in_words((job.to.0, job.to.1, 30), false)) };
    let closing = if current {
        "Certificat délivré à la demande de l'intéressé(e) pour faire valoir ce que de droit."
    } else {
        "Certificat délivré à l'intéressé(e), libre de tout engagement, pour faire valoir ce que de droit."
    };
    let (employee, employed) = if person.woman { ("Madame", "employée") } else { ("Monsieur", "employé") };
    let text = format!(
        "Je soussigné, directeur des ressources humaines, certifie que {employee} {}, demeurant {}, a été {employed} dans notre société du {} {ended}, en contrat à durée indéterminée et à temps plein, en qualité de {}.",
        person.printed(),
        person.address.join(", "),
        day_in_words((job.from.0, job.from.1, 1), false),
        job.title
    );
    let y = page.paragraph(56.0, 230.0, 480.0, SERIF, 11.5, &text);
    let y = page.paragraph(56.0, y + 22.0, 480.0, SERIF, 11.5, closing);
    page.text(320.0, y + 30.0, SERIF, 11.0, &format!("À {}, le {}", job.city, day_in_words(day, false)));
    page.text(320.0, y + 50.0, SERIF, 11.0, "Le directeur des ressources humaines");
    signature(&mut page, 340.0, y + 92.0, person);
    page
}

/// A letter of recommendation of an employer.
pub fn recommendation(person: &Person, day: Day) -> Page {
    let job = person.jobs.last().unwrap();
    let pronoun = if person.woman { "elle" } else { "il" };
    let mut page = Page::default();
    page.text(56.0, 70.0, SERIF_BOLD, 14.0, job.company);
    page.text(56.0, 88.0, SERIF, 10.0, &format!("Direction du site – {}", job.city));
    page.centred(160.0, SERIF_BOLD, 15.0, "LETTRE DE RECOMMANDATION");
    let paragraphs = [
        "Mesdames et Messieurs les membres du jury,".to_owned(),
        format!("J'ai le plaisir de recommander la candidature de {} au Mastère Spécialisé {}.", person.printed(), person.title().0),
        format!(
            "Depuis son arrivée dans nos équipes, {pronoun} a conduit avec méthode plusieurs chantiers difficiles. Ses collègues apprécient sa franchise et son sens du terrain. Je suis convaincu qu'{pronoun} tirera le meilleur parti de cette année d'études et je soutiens son projet sans réserve."
        ),
        "Je me tiens à votre disposition pour tout renseignement.".to_owned(),
    ];
    let mut y = 220.0;
    for paragraph in paragraphs {
        y = page.paragraph(56.0, y, 480.0, SERIF, 11.0, &paragraph) + 10.0;
    }
    page.text(320.0, y + 20.0, SERIF, 10.5, &format!("{}, le {}", job.city, day_in_words(day, false)));
    page.text(320.0, y + 38.0, SERIF, 10.5, "Yann Le Guen, directeur du site");
    signature(&mut page, 340.0, y + 80.0, person);
    page
}

/// A company's promise to pay for the training.
pub fn funding(person: &Person, day: Day) -> Page {
    let job = person.jobs.last().unwrap();
    let mut page = Page::default();
    page.text(56.0, 70.0, BOLD, 14.0, job.company);
    page.text(56.0, 86.0, SANS, 9.0, &format!("Service formation – {}", job.city));
    page.centred(160.0, BOLD, 14.0, "ATTESTATION DE PRISE EN CHARGE FINANCIÈRE");
    let text = format!(
        "Nous, {}, attestons prendre en charge au titre du plan de développement des compétences les frais de formation de {}, soit 12 500 € net de taxes, pour le Mastère Spécialisé « {} » dispensé par IMT Nord Europe de septembre 2024 à septembre 2025. La facture sera adressée à l'employeur.",
        job.company,
        person.printed(),
        person.title().0
    );
    let y = page.paragraph(56.0, 210.0, 480.0, SANS, 11.0, &text);
    page.text(320.0, y + 40.0, SANS, 10.0, &format!("{}, le {}", job.city, day_in_words(day, false)));
    page.text(320.0, y + 56.0, SANS, 10.0, "La responsable formation");
    signature(&mut page, 340.0, y + 96.0, person);
    page
}

/// The confirmation of a transfer that a bank shows its client.
pub fn payment_proof(person: &Person, day: Day) -> Page {
    let mut page = Page::default();
    page.fill(40.0, 44.0, 515.0, 40.0, (20, 92, 70));
    page.coloured(54.0, 69.0, BOLD, 14.0, (255, 255, 255), "Banque du Fleuve – Avis d'exécution de virement");
    let rows = [
        ("Donneur d'ordre", person.printed()),
        ("Date d'exécution", format!("{:02}/{:02}/{}", day.2, day.1, day.0)),
        ("Montant", "60,00 EUR".to_owned()),
        ("Bénéficiaire", "IMT NORD EUROPE - AGENCE COMPTABLE".to_owned()),
        ("IBAN du bénéficiaire", "FR76 1007 1590 0000 0010 2433 444".to_owned()),
        ("BIC", "TRPUFRP1".to_owned()),
        ("Motif", format!("Frais de dossier {}", person.full())),
        ("Frais", "à la charge du donneur d'ordre (OUR)".to_owned()),
        ("Statut", "Virement exécuté".to_owned()),
    ];
    for (position, (label, value)) in rows.iter().enumerate() {
        let y = 124.0 + 28.0 * position as f32;
        page.coloured(54.0, y, SANS, 9.5, GREY, label);
        page.text(220.0, y, SANS, 10.0, value);
        page.line((50.0, y + 9.0), (545.0, y + 9.0), 0.4, GREY);
    }
    page.coloured(54.0, 400.0, SANS, 8.0, GREY, "Document édité depuis l'espace client, à conserver comme justificatif de paiement.");
    page
}

/// The head and the foot that a translator puts around a translated page.
pub fn as_translation(mut page: Page, english: bool, from: &str, sworn: bool) -> Page {
    for mark in &mut page.marks {
        if let Mark::Text { face, .. } = mark {
            *face = if std::ptr::eq(face.0, SERIF_BOLD.0) || std::ptr::eq(face.0, BOLD.0) { SERIF_BOLD } else { SERIF };
        }
    }
    let head = match (english, sworn) {
        (true, _) => format!("[Translation from {from} into English]"),
        (false, true) => format!("[Traduction assermentée de {from} vers le français]"),
        (false, false) => format!("[Traduction libre de {from} vers le français]"),
    };
    page.text(44.0, 24.0, SERIF_BOLD, 9.0, &head);
    let foot = match (english, sworn) {
        (true, true) => "I, the undersigned sworn translator, certify that this is a true translation of the original document. No. 2024/118.",
        (true, false) => "Translated by the applicant.",
        (false, true) => "Je soussignée, traductrice assermentée, certifie la présente traduction conforme à l'original. N° 2024-118 ne varietur.",
        (false, false) => "Traduit par le candidat.",
    };
    let height = page.height;
    page.text(44.0, height - 12.0, SERIF, 8.0, foot);
    page
}

/// A line of Arabic that ends at `x`; digits stand apart, since a line is drawn in one direction.
fn arabic(page: &mut Page, x: f32, y: f32, size: f32, text: &str) {
    page.ending_at(x, y, SANS, size, text);
}

pub fn arabic_diploma(person: &Person, school: &str, degree: &str, speciality: &str) -> Page {
    let mut page = Page { width: 841.9, height: 595.3, marks: Vec::new() };
    page.frame(30.0, 30.0, 782.0, 535.0, 2.0, (30, 100, 60));
    page.frame(38.0, 38.0, 766.0, 519.0, 0.7, (30, 100, 60));
    page.centred(92.0, SANS, 20.0, school);
    page.centred(124.0, SANS, 13.0, "كلية الهندسة");
    page.centred(176.0, SANS, 24.0, "شهادة الماجستير");
    let granted =
        if person.woman { "يشهد مجلس الجامعة بأن الطالبة" } else { "يشهد مجلس الجامعة بأن الطالب" };
    page.centred(220.0, SANS, 14.0, granted);
    page.centred(260.0, SANS, 22.0, person.native);
    page.centred(302.0, SANS, 14.0, "قد استوفى جميع متطلبات التخرج المقررة وبناء على قرار مجلس الكلية منح درجة");
    page.centred(342.0, SANS, 18.0, degree);
    page.centred(376.0, SANS, 14.0, speciality);
    page.centred(410.0, SANS, 13.0, "بتقدير عام جيد جدا مع جميع الحقوق والامتيازات المتعلقة بها");
    arabic(&mut page, 760.0, 470.0, 12.0, "عميد الكلية");
    arabic(&mut page, 200.0, 470.0, 12.0, "رئيس الجامعة");
    seal(&mut page, (420.0, 490.0), ["ختم", "الجامعة"], (30, 100, 60));
    page.text(96.0, 530.0, SANS, 11.0, &format!("{}/07/15", person.degree_year));
    signature(&mut page, 680.0, 506.0, person);
    page
}

pub fn arabic_transcript(person: &Person, school: &str) -> Page {
    let courses = [
        "الرياضيات الهندسية",
        "انتقال الحرارة والكتلة",
        "الديناميكا الحرارية المتقدمة",
        "الطاقة الشمسية وتطبيقاتها",
        "كفاءة الطاقة في المباني",
        "ميكانيكا الموائع",
        "مناهج البحث العلمي",
        "إدارة المشروعات الهندسية",
        "تكييف الهواء والتبريد",
        "الرسالة العلمية",
    ];
    let mut random = fastrand::Rng::with_seed(seed(person) + 3);
    let mut page = Page::default();
    page.centred(64.0, SANS, 16.0, school);
    page.centred(92.0, SANS, 15.0, "كشف درجات الدراسات العليا");
    arabic(&mut page, 540.0, 130.0, 12.0, "اسم الطالب");
    arabic(&mut page, 430.0, 130.0, 12.0, person.native);
    arabic(&mut page, 540.0, 152.0, 12.0, "العام الجامعي");
    page.text(360.0, 152.0, SANS, 11.0, &format!("{}/{}", person.degree_year - 1, person.degree_year));
    page.fill(56.0, 178.0, 484.0, 22.0, PALE);
    for (x, column) in [(534.0, "اسم المقرر"), (240.0, "الساعات المعتمدة"), (120.0, "الدرجة")] {
        arabic(&mut page, x, 193.0, 11.0, column);
    }
    let mut y = 200.0;
    for course in courses {
        arabic(&mut page, 534.0, y + 16.0, 11.0, course);
        page.text(210.0, y + 16.0, SANS, 10.0, "3");
        page.text(92.0, y + 16.0, SANS, 10.0, &format!("{}", 68 + random.u32(0..27)));
        page.line((56.0, y + 23.0), (540.0, y + 23.0), 0.4, GREY);
        y += 23.0;
    }
    for x in [56.0, 140.0, 260.0, 540.0] {
        page.line((x, 178.0), (x, y), 0.6, BLACK);
    }
    arabic(&mut page, 540.0, y + 36.0, 12.0, "التقدير العام جيد جدا");
    arabic(&mut page, 540.0, y + 66.0, 11.0, "يعتمد مسجل الكلية");
    seal(&mut page, (130.0, y + 70.0), ["ختم", "الكلية"], (30, 100, 60));
    page
}

pub fn russian_diploma(person: &Person) -> Page {
    let mut page = Page { width: 841.9, height: 595.3, marks: Vec::new() };
    page.frame(30.0, 30.0, 782.0, 535.0, 1.8, (30, 80, 140));
    let lines = [
        ("РЕСПУБЛИКА КАЗАХСТАН", 15.0),
        ("САРЫАРКИНСКИЙ ТЕХНОЛОГИЧЕСКИЙ УНИВЕРСИТЕТ", 14.0),
        ("ДИПЛОМ МАГИСТРА", 24.0),
        ("Решением аттестационной комиссии", 12.0),
        (person.native, 20.0),
        ("присуждена академическая степень магистра технических наук", 13.0),
        ("по образовательной программе «Химическая технология полимеров»", 13.0),
        ("Форма обучения очная. Диплом даёт право на профессиональную деятельность.", 11.0),
    ];
    let mut y = 90.0;
    for (line, size) in lines {
        page.centred(y, if size > 13.5 { SERIF_BOLD } else { SERIF }, size, line);
        y += size + 28.0;
    }
    seal(&mut page, (150.0, 480.0), ["КАРАГАНДА", "университет"], (30, 80, 140));
    page.text(560.0, 470.0, SERIF, 11.0, "Ректор");
    page.text(560.0, 500.0, SERIF, 11.0, &format!("г. Караганда, 5 июля {} г.", person.degree_year));
    signature(&mut page, 620.0, 480.0, person);
    page
}

/// A sheet with the portrait alone, as some people scan it.
pub fn photo_sheet(person: &Person) -> Page {
    let mut page = Page::default();
    page.picture(120.0, 160.0, 355.0, 461.5, Arc::new(photo(person)));
    page
}
