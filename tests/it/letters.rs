//! The letters as their readers see them: golden files, and what must hold for every letter whatever its words.
//!
//! After a change of wording: `GUICHET_BLESS=1 cargo test letters`, then read the difference aloud.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use guichet::domain::document::DocumentKind;
use guichet::domain::finding::Reason;
use guichet::domain::language::Language;
use guichet::domain::letter::*;
use guichet::domain::mail::MailAddress;
use guichet::domain::money::Cents;
use guichet::domain::rules::Rules;
use guichet::letters::{Attachment, AutoSubmitted, Envelope, RenderedLetter, Templates, interview_ics, render, samples, says, to_mime};
use mail_parser::{MessageParser, MimeHeaders};

fn golden_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/letters")
}

fn rendered_samples() -> Vec<(String, RenderedLetter)> {
    let templates = Templates::embedded().unwrap();
    let rules = samples::rules().unwrap();
    samples::rendered(&templates, &rules).into_iter().map(|(name, rendered)| (name, rendered.unwrap())).collect()
}

/// Cases whose HTML is kept too.
const HTML_CASES: [&str; 5] = [
    "acknowledgement.two_missing.fr",
    "archive_problem.password.en",
    "decision_admitted.dated.fr",
    "digest_daily.busy.fr",
    "fee_short.bank_charges.en",
];

#[test]
fn letters_read_as_their_golden_files() {
    let bless = std::env::var_os("GUICHET_BLESS").is_some();
    let mut expected_files = BTreeSet::new();
    let mut differences = Vec::new();
    for (name, letter) in rendered_samples() {
        let label = if letter.language == LetterLanguage::French { "Objet\u{a0}:" } else { "Subject:" };
        let mut files = vec![(format!("{name}.txt"), format!("{label} {}\n\n{}", letter.subject, letter.text))];
        if HTML_CASES.contains(&name.as_str()) {
            files.push((format!("{name}.html"), letter.html));
        }
        for (file_name, contents) in files {
            let path = golden_directory().join(&file_name);
            if bless {
                std::fs::write(&path, &contents).unwrap();
            } else if std::fs::read_to_string(&path).ok().as_deref() != Some(contents.as_str()) {
                differences.push(file_name.clone());
            }
            expected_files.insert(file_name);
        }
    }
    for entry in std::fs::read_dir(golden_directory()).unwrap() {
        let entry = entry.unwrap();
        let file_name = entry.file_name().into_string().unwrap();
        if !expected_files.contains(&file_name) {
            if bless {
                std::fs::remove_file(entry.path()).unwrap();
            } else {
                differences.push(format!("{file_name} (no sample has this name)"));
            }
        }
    }
    assert!(differences.is_empty(), "golden letters differ (GUICHET_BLESS=1 rewrites them): {differences:#?}");
}

#[test]
fn every_kind_has_a_golden_letter_in_every_language_it_is_written_in() {
    let files: Vec<String> = std::fs::read_dir(golden_directory()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    for kind in LetterKind::ALL {
        let to_staff = ["digest", "batch", "staff"].iter().any(|prefix| kind.slug().starts_with(prefix));
        for language in if to_staff { vec!["fr"] } else { vec!["fr", "en"] } {
            let found = files.iter().any(|file| file.starts_with(&format!("{}.", kind.slug())) && file.ends_with(&format!(".{language}.txt")));
            assert!(found, "{} has no golden letter in {language}", kind.slug());
        }
    }
}

const BANNED: [&str; 18] = [
    "malheureusement",
    "unfortunately",
    "minuit",
    "midnight",
    "48 h",
    "rejeté",
    "rejected",
    "unknown",
    "inconnu",
    "ne pas répondre",
    "do not reply",
    "noreply",
    "recours",
    "none",
    "undefined",
    "null",
    "slug",
    "error",
];

/// What must hold for every letter.
fn check_words(name: &str, letter: &RenderedLetter, rules: &Rules) {
    let whole = format!("{}\n{}", letter.subject, letter.text);
    let lower = whole.to_lowercase();
    for banned in BANNED {
        let found = lower.split(|character: char| !character.is_alphanumeric() && !matches!(character, ' ' | '\u{a0}')).any(|part| {
            part == banned
                || part.starts_with(&format!("{banned} "))
                || part.ends_with(&format!(" {banned}"))
                || part.contains(&format!(" {banned} "))
        });
        assert!(!found, "{name}: {banned}\n{whole}");
    }
    for sign in ["{{", "{%", "**", "\u{e020}", "!"] {
        assert!(!whole.contains(sign), "{name}: {sign}\n{whole}");
    }
    assert!(letter.subject.chars().count() <= 110, "{name}: subject of {} characters: {}", letter.subject.chars().count(), letter.subject);
    assert!(!letter.subject.contains("  ") && !letter.text.contains("\n\n\n"), "{name}: runs of spaces or blank lines\n{whole}");
    for line in letter.text.lines() {
        assert!(!line.ends_with(' '), "{name}: a space at the end of {line}");
        let single_word = line.trim_start().trim_start_matches("- ").split(' ').count() == 1;
        assert!(line.chars().count() <= 78 || single_word, "{name}: {line}");
    }
    if letter.language == LetterLanguage::French {
        let breakable = [" :", " ;", " ?", " !", "« ", " »"].into_iter().find(|sign| whole.contains(sign));
        assert_eq!(breakable, None, "{name}\n{whole}");
    }
    for word in whole.split_whitespace().map(|word| word.trim_matches(|character: char| !character.is_alphanumeric())) {
        let like_iban = word.len() == 4 && word.starts_with("FR") && word[2..].chars().all(|digit| digit.is_ascii_digit());
        assert!(!like_iban || rules.fee.iban.starts_with(word), "{name}: an account that is not the school's");
    }
}

/// The words of a piece of HTML, read by an XML parser.
fn words_of_html(html: &str) -> String {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(html, options).unwrap_or_else(|error| panic!("{error}\n{html}"));
    let main = document.descendants().find(|node| node.has_tag_name(("http://www.w3.org/1999/xhtml", "main"))).unwrap();
    assert!(document.root_element().attribute("lang").is_some());
    for node in document.descendants().filter(|node| node.is_element()) {
        assert!(!["script", "iframe", "object", "form"].contains(&node.tag_name().name()));
        let source = node.attribute("src");
        assert!(source.is_none_or(|source| source.starts_with("cid:")), "a remote picture");
    }
    main.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect::<Vec<_>>().join(" ")
}

fn bare_words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Everything the text says stands in the HTML, in the same order (list numbers are the browser's).
fn check_html(name: &str, letter: &RenderedLetter) {
    let html = bare_words(&words_of_html(&letter.html));
    let mut position = 0;
    for line in letter.text.lines() {
        let trimmed = line.trim_start();
        let numbered = trimmed.split_once(". ").filter(|(number, _)| number.len() <= 2 && number.chars().all(|digit| digit.is_ascii_digit()));
        for word in bare_words(numbered.map_or(trimmed, |(_, rest)| rest)) {
            let found = html.iter().skip(position).position(|other| *other == word);
            position += found.unwrap_or_else(|| panic!("{name}: the HTML does not say {word:?} of {line:?}")) + 1;
        }
    }
}

#[test]
fn every_sample_is_well_typeset_and_says_the_same_twice() {
    let rules = samples::rules().unwrap();
    for (name, letter) in rendered_samples() {
        check_words(&name, &letter, &rules);
        check_html(&name, &letter);
    }
}

#[test]
fn a_letter_names_a_person_a_telephone_and_an_address() {
    let rules = samples::rules().unwrap();
    for (name, letter) in rendered_samples() {
        if name.starts_with("digest") {
            continue;
        }
        for must in [&rules.school.assistant_name, &rules.school.telephone, &rules.school.address, &rules.school.postal_address] {
            assert!(letter.text.contains(must.as_str()), "{name}: {must}");
        }
        assert!(letter.text.contains("automati"), "{name}");
    }
}

/// A small deterministic source of choices (xorshift), so that a failure can be repeated.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    fn of<T: Clone>(&mut self, items: &[T]) -> T {
        let position = self.below(items.len() as u64) as usize;
        items[position].clone()
    }

    fn some<T>(&mut self, most: u64, mut make: impl FnMut(&mut Choices) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }
}

const FILE_NAMES: [&str; 9] = [
    "CV.pdf",
    "relevé de notes L3.pdf",
    "IMG_2231.jpg",
    "شهادة.pdf",
    "学位证书 (1).pdf",
    "<script>alert(1)</script>.pdf",
    "**gras** | ligne.pdf",
    "un_nom_de_fichier_sans_aucun_espace_et_beaucoup_trop_long_pour_tenir_sur_une_seule_ligne_de_texte_ordinaire_2023_2024.pdf",
    "# a\r\nBcc: x@y\u{202e}.pdf",
];

fn any_status(choices: &mut Choices) -> StatusLetter {
    let reasons: Vec<Reason> = (0..60).filter_map(|position| ALL_REASONS.get(position).copied()).collect();
    let instants = ["2023-10-29T00:30:00Z", "2024-03-01T12:32:00Z", "2024-06-07T22:10:00Z"];
    let jury = |choices: &mut Choices| {
        let date = choices.yes().then(|| chrono::NaiveDate::from_ymd_opt(2024, 3, 21).unwrap());
        let cut_off = date.map(|date| date - chrono::Days::new(7));
        JuryLine { label_fr: String::from("jury d'avril"), label_en: String::from("April jury"), date, cut_off }
    };
    let kind = |choices: &mut Choices| choices.of(&DocumentKind::ALL);
    let name = |choices: &mut Choices| choices.of(&FILE_NAMES).to_owned();
    let language = |choices: &mut Choices| Language::parse(choices.of(&["ar", "zh", "fr", "en", "xx"])).unwrap();
    StatusLetter {
        mails: choices.some(5, |choices| MailReceived {
            arrived_at: choices.of(&instants).parse::<DateTime<Utc>>().unwrap(),
            n_files: choices.below(4) as u32,
        }),
        missing: choices.some(4, |choices| MissingItem { kind: kind(choices), not_blocking: choices.yes() }),
        missing_translations: choices.some(3, |choices| TranslationItem {
            kind: kind(choices),
            sha256: String::from("00"),
            file_name: name(choices),
            language: language(choices),
        }),
        unreadable: choices.some(3, |choices| UnreadableItem { sha256: String::from("00"), file_name: name(choices), reason: choices.of(&reasons) }),
        archive_problems: choices.some(2, |choices| ArchiveProblem {
            archive_name: name(choices),
            reason: choices.of(&reasons),
            entry: choices.yes().then(|| name(choices)),
        }),
        has_links: choices.below(4) == 0,
        inventory: choices.some(30, |choices| InventoryItem {
            kind: kind(choices),
            file_name: name(choices),
            pages: choices.yes().then_some((1, 1 + choices.below(3) as u32)),
            language: choices.yes().then(|| language(choices)),
            is_translation: choices.yes(),
        }),
        other_files: choices.some(16, name),
        being_checked: choices.yes(),
        documents_complete: choices.yes(),
        complete: choices.yes(),
        fee: choices.yes().then(|| FeeBlock { due: Cents(6000), reference: String::from("RF24MS24K7QX2D"), proof_seen: choices.yes() }),
        fee_credited: choices.yes(),
        jury: choices.yes().then(|| jury(choices)),
        deadline: choices.yes().then(|| chrono::NaiveDate::from_ymd_opt(2024, 6, 6).unwrap().and_hms_opt(23, 59, 0).unwrap()),
        after_last_jury: choices.below(4) == 0,
        late: choices.below(4) == 0,
        visa_warning: choices.below(4) == 0,
        international_date: choices.yes().then(|| chrono::NaiveDate::from_ymd_opt(2024, 3, 16).unwrap().and_hms_opt(23, 59, 0).unwrap()),
    }
}

/// Reasons of every family, those that no candidate may hear among them.
const ALL_REASONS: [Reason; 22] = [
    Reason::LinkInsteadOfFile,
    Reason::ArchivePassword,
    Reason::ArchiveDamaged,
    Reason::ArchiveTruncated,
    Reason::ArchiveBomb,
    Reason::ArchiveEmpty,
    Reason::ArchiveSpanned,
    Reason::EntryPassword,
    Reason::EntryUnsupported,
    Reason::FileEmpty,
    Reason::FilePassword,
    Reason::FileUnknownFormat,
    Reason::FileMacroOrExecutable,
    Reason::FileCrashedReader,
    Reason::PageBlank,
    Reason::PageBlurred,
    Reason::PageNotReadNoEngine,
    Reason::KindUncertain,
    Reason::NameDiffers,
    Reason::FormUnsigned,
    Reason::FormEmpty,
    Reason::IdentityUncertain,
];

#[test]
fn whatever_the_situation_the_letter_is_well_made() {
    let templates = Templates::embedded().unwrap();
    let rules = samples::rules().unwrap();
    let mut choices = Choices(0x9E37_79B9_7F4A_7C15);
    let kinds =
        [LetterKind::Acknowledgement, LetterKind::SupplementReceived, LetterKind::ArchiveProblem, LetterKind::FileComplete, LetterKind::Reminder];
    for round in 0..1_500 {
        let status = any_status(&mut choices);
        let letter = CandidateLetter {
            kind: choices.of(&kinds),
            language: choices.of(&[LetterLanguage::French, LetterLanguage::English]),
            number: String::from("MS24-0042"),
            candidate_name: choices.of(&["", "Awa Ndiaye", "<b>Rui</b> & Chen", "محمد علي", "- Jean **Roux"]).to_owned(),
            programme_title: choices.yes().then(|| String::from("Qualité, performance et excellence industrielle")),
            body: LetterBody::Status(Box::new(status)),
            with_privacy_notice: choices.yes(),
        };
        let rendered = render(&templates, &letter, &rules, choices.yes().then_some(b"png")).unwrap();
        let name = format!("round {round}: {letter:?}");
        // Names may hold any sign, so only those of our own are checked here.
        check_html(&name, &rendered);
        assert!(rendered.subject.chars().count() <= 110, "{name}\n{}", rendered.subject);
        assert!(!rendered.text.contains("\n\n\n") && !rendered.text.contains("{{"), "{name}\n{}", rendered.text);
        assert!(!rendered.text.contains('\u{202e}') && !rendered.text.contains('\r') && !rendered.subject.contains('\n'), "{name}");
        let LetterBody::Status(status) = &letter.body else { continue };
        let asked = says(&letter).unwrap_or_default();
        let speaks_of_completeness = ["dossier est complet", "application is complete"].iter().any(|words| rendered.text.contains(words));
        if letter.kind != LetterKind::FileComplete {
            assert!(!speaks_of_completeness || (status.complete && !status.being_checked && asked == Says::default()), "{name}\n{}", rendered.text);
        }
    }
}

fn envelope() -> Envelope {
    Envelope {
        from: MailAddress { name: Some(String::from("Mastères Spécialisés, IMT Nord Europe")), address: String::from("masteres@school.example") },
        to: vec![MailAddress { name: Some(String::from("Zoé Ndiaye")), address: String::from("zoe@example.org") }],
        message_id: String::from("<letter-42.1@guichet.school.example>"),
        date: DateTime::from_timestamp(1_709_300_000, 0).unwrap(),
        in_reply_to: Some(String::from("first@example.org")),
        references: vec![String::from("<root@example.org>"), String::from("bad\r\nBcc: x@y")],
        auto_submitted: AutoSubmitted::Replied,
        number: String::from("MS24-0042"),
    }
}

#[test]
fn every_golden_letter_is_a_proper_mail() {
    for (name, letter) in rendered_samples() {
        let attachment =
            Attachment { name: String::from("Pièces à lire.pdf"), media_type: String::from("application/pdf"), bytes: vec![0, 255, 13, 10] };
        for attachments in [&[][..], &[attachment][..]] {
            let bytes = to_mime(&letter, &envelope(), attachments).unwrap();
            assert_eq!(bytes, to_mime(&letter, &envelope(), attachments).unwrap(), "{name}: the same bytes twice");
            check_mail(&name, &letter, &bytes, attachments);
        }
    }
}

fn check_mail(name: &str, letter: &RenderedLetter, bytes: &[u8], attachments: &[Attachment]) {
    let mail = MessageParser::default().parse(bytes).unwrap();
    assert_eq!(mail.subject(), Some(letter.subject.as_str()), "{name}");
    assert_eq!(mail.message_id(), Some("letter-42.1@guichet.school.example"));
    assert_eq!(mail.in_reply_to().as_text(), Some("first@example.org"));
    assert_eq!(mail.references().as_text_list().unwrap(), ["root@example.org", "first@example.org"]);
    assert_eq!(mail.date().unwrap().to_timestamp(), 1_709_300_000);
    assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-replied");
    assert_eq!(mail.header_raw("X-Guichet").unwrap().trim(), "MS24-0042");
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("Mastères Spécialisés, IMT Nord Europe"));
    assert_eq!(mail.to().unwrap().first().unwrap().name(), Some("Zoé Ndiaye"));
    assert!(mail.bcc().is_none() && mail.header_raw("Bcc").is_none());
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), letter.text.trim_end(), "{name}");
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), letter.html.trim_end(), "{name}");
    let named: Vec<_> = mail.attachments().filter(|part| part.attachment_name().is_some()).collect();
    assert_eq!(named.len(), attachments.len(), "{name}");
    for (part, attachment) in named.iter().zip(attachments) {
        assert_eq!(part.attachment_name(), Some(attachment.name.as_str()));
        assert_eq!(part.contents(), attachment.bytes);
    }
    for image in &letter.inline_images {
        let part = mail.parts.iter().find(|part| part.content_id() == Some(image.content_id.as_str())).unwrap();
        assert_eq!(part.contents(), image.bytes);
        assert!(letter.html.contains(&format!("cid:{}", image.content_id)));
    }
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.is_ascii(), "{name}: only ASCII travels");
    for line in text.split("\r\n") {
        assert!(line.len() <= 78 && !line.contains('\n') && !line.contains('\r'), "{name}: {line}");
    }
}

#[test]
fn an_address_to_which_no_mail_can_go_is_an_error() {
    let (_, letter) = rendered_samples().remove(0);
    let nowhere = Envelope { to: vec![MailAddress { name: None, address: String::from("not an address\r\nBcc: x@y") }], ..envelope() };
    assert!(to_mime(&letter, &nowhere, &[]).is_err());
}

#[test]
fn the_invitation_comes_with_its_calendar_file() {
    let rules = samples::rules().unwrap();
    let invitations =
        samples::candidate_letters(LetterLanguage::French).into_iter().filter(|sample| sample.letter.kind == LetterKind::InterviewInvitation);
    for sample in invitations {
        let file = interview_ics(&sample.letter, &rules, DateTime::UNIX_EPOCH).unwrap();
        assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
        assert!(file.contains("DTSTART:20240318T133000Z\r\n"));
    }
}
