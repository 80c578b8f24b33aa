//! Sample letters: one for every situation a candidate can be in, with invented people.
//!
//! They serve twice. When the program starts, every template is rendered with all of them, so that a mistake in an overridden template is
//! found before a candidate finds it. And `fixtures/letters` keeps what they look like, for whoever reviews the words.

mod staff;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::domain::calendar::from_paris;
use crate::domain::document::DocumentKind;
use crate::domain::finding::Reason;
use crate::domain::language::Language;
use crate::domain::letter::{
    ArchiveProblem, CandidateLetter, FeeBlock, InventoryItem, JuryLine, LetterBody, LetterKind, LetterLanguage, MailReceived, MissingItem,
    StatusLetter, TranslationItem, UnreadableItem,
};
use crate::domain::money::Cents;
use crate::domain::rules::Rules;
use crate::letters::wording::{English, French};
use crate::letters::{RenderedLetter, Templates, render, render_batch_announcement, render_digest};

pub use staff::{batch_announcements, digests};

/// The rules inside the binary, for samples only.
pub fn rules() -> anyhow::Result<Rules> {
    toml::from_str(include_str!("../../config/rules/2024.toml")).context("the rules inside the binary")
}

/// A letter and the situation it shows.
pub struct Sample {
    /// Lower case with underscores: `two_missing`.
    pub case: &'static str,
    pub letter: CandidateLetter,
}

/// Renders every sample with every template, with and without a legal notice.
pub(crate) fn try_all(templates: &Templates) -> anyhow::Result<()> {
    let plain = rules()?;
    let mut with_notice = plain.clone();
    with_notice.letters.legal_notice_fr = String::from("Voies et délais de recours.");
    with_notice.letters.legal_notice_en = String::from("Remedies.");
    for rules in [&plain, &with_notice] {
        for (name, rendered) in rendered(templates, rules) {
            rendered.with_context(|| format!("letter template, tried with the sample {name}"))?;
        }
    }
    Ok(())
}

/// Every sample in words, under the name `<kind>.<case>.<language>`.
pub fn rendered(templates: &Templates, rules: &Rules) -> Vec<(String, anyhow::Result<RenderedLetter>)> {
    let mut all = Vec::new();
    for language in [French, English] {
        for sample in candidate_letters(language) {
            let name = format!("{}.{}.{}", sample.letter.kind.slug(), sample.case, language.code());
            all.push((name, render(templates, &sample.letter, rules, Some(QR_PLACEHOLDER))));
        }
    }
    for (case, digest) in digests() {
        all.push((format!("digest_daily.{case}.fr"), render_digest(templates, &digest, rules)));
    }
    for (case, announcement) in batch_announcements() {
        all.push((format!("batch_announcement.{case}.fr"), render_batch_announcement(templates, &announcement, rules)));
    }
    all
}

/// Stands for the picture of the QR code.
const QR_PLACEHOLDER: &[u8] = b"\x89PNG\r\n\x1a\n";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn civil(date: NaiveDate, hour: u32, minute: u32) -> NaiveDateTime {
    date.and_hms_opt(hour, minute, 0).unwrap_or_default()
}

fn arrived(date: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    from_paris(civil(date, hour, minute))
}

fn march_jury() -> JuryLine {
    JuryLine {
        label_fr: String::from("jury de mars"),
        label_en: String::from("March jury"),
        date: Some(day(2024, 3, 21)),
        cut_off: Some(day(2024, 3, 14)),
    }
}

fn jury_without_date() -> JuryLine {
    JuryLine { label_fr: String::from("jury d'avril"), label_en: String::from("April jury"), date: None, cut_off: None }
}

fn fee(due: i64, proof_seen: bool) -> FeeBlock {
    FeeBlock { due: Cents(due), reference: String::from("RF24MS24K7QX2D"), proof_seen }
}

fn missing(kind: DocumentKind) -> MissingItem {
    MissingItem { kind, not_blocking: false }
}

fn unreadable(file_name: &str, reason: Reason) -> UnreadableItem {
    UnreadableItem { sha256: format!("sha256 of {file_name}"), file_name: file_name.to_owned(), reason }
}

fn translation(kind: DocumentKind, file_name: &str, code: &str) -> Option<TranslationItem> {
    let language = Language::parse(code)?;
    Some(TranslationItem { kind, sha256: format!("sha256 of {file_name}"), file_name: file_name.to_owned(), language })
}

fn archive(archive_name: &str, entry: Option<&str>, reason: Reason) -> ArchiveProblem {
    ArchiveProblem { archive_name: archive_name.to_owned(), reason, entry: entry.map(str::to_owned) }
}

fn item(kind: DocumentKind, file_name: &str) -> InventoryItem {
    InventoryItem { kind, file_name: file_name.to_owned(), pages: None, language: None, is_translation: false }
}

fn inventory() -> Vec<InventoryItem> {
    vec![
        InventoryItem { pages: Some((1, 4)), ..item(DocumentKind::ApplicationForm, "formulaire_signe.pdf") },
        item(DocumentKind::Cv, "CV Awa.pdf"),
        item(DocumentKind::MotivationLetter, "Lettre.docx"),
        InventoryItem { pages: Some((1, 1)), ..item(DocumentKind::IdentityDocument, "scan0012.pdf") },
        item(DocumentKind::Photo, "IMG_2231.jpg"),
        InventoryItem { language: Language::parse("ar"), ..item(DocumentKind::Diploma, "licence_fac.pdf") },
    ]
}

fn whole_inventory() -> Vec<InventoryItem> {
    let mut all = inventory();
    all.push(InventoryItem { language: Some(Language::FRENCH), is_translation: true, ..item(DocumentKind::Diploma, "licence_traduction.pdf") });
    all.extend(["L1.pdf", "L2.pdf", "M1.pdf"].map(|name| item(DocumentKind::Transcript, name)));
    all
}

/// A first mail on 1 March 2024, for the March jury, fee to pay.
fn first_mail() -> StatusLetter {
    StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 1), 13, 32), n_files: 9 }],
        inventory: inventory(),
        fee: Some(fee(6000, false)),
        jury: Some(march_jury()),
        deadline: Some(civil(day(2024, 6, 6), 23, 59)),
        ..StatusLetter::default()
    }
}

fn letter(language: LetterLanguage, kind: LetterKind, body: LetterBody) -> CandidateLetter {
    CandidateLetter {
        kind,
        language,
        number: String::from("MS24-0042"),
        candidate_name: String::from("Awa Ndiaye"),
        programme_title: Some(String::from(match language {
            French => "Management de la construction durable",
            English => "Sustainable Construction Management",
        })),
        body,
        with_privacy_notice: kind == LetterKind::Acknowledgement,
    }
}

/// Every situation, in one language.
pub fn candidate_letters(language: LetterLanguage) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for (kind, case, status) in acknowledgements().into_iter().chain(archive_problems()).chain(later_states()) {
        let mut letter = letter(language, kind, LetterBody::Status(Box::new(status)));
        if case == "nothing_known" {
            letter.candidate_name = String::new();
            letter.programme_title = None;
        }
        letter.with_privacy_notice &= case != "everything_but_the_fee";
        samples.push(Sample { case, letter });
    }
    for (kind, case, body) in money().into_iter().chain(decisions(language)) {
        samples.push(Sample { case, letter: letter(language, kind, body) });
    }
    let unknown = CandidateLetter { kind: LetterKind::MailUnreadable, language, ..CandidateLetter::default() };
    samples.push(Sample { case: "plain", letter: unknown });
    samples
}

fn acknowledgements() -> Vec<(LetterKind, &'static str, StatusLetter)> {
    let two_missing = StatusLetter {
        missing: vec![missing(DocumentKind::Transcript)],
        missing_translations: translation(DocumentKind::Diploma, "licence_fac.pdf", "ar").into_iter().collect(),
        ..first_mail()
    };
    let all_kinds_of_trouble = StatusLetter {
        missing: vec![
            missing(DocumentKind::EmploymentCertificate),
            missing(DocumentKind::IdentityDocument),
            MissingItem { kind: DocumentKind::FundingCommitment, not_blocking: true },
        ],
        missing_translations: [translation(DocumentKind::Transcript, "notes.pdf", "zh"), translation(DocumentKind::Diploma, "学位证书.pdf", "zh")]
            .into_iter()
            .flatten()
            .collect(),
        unreadable: vec![unreadable("photo diplôme.jpg", Reason::PageBlurred), unreadable("cv.pages", Reason::FilePreviewOnly)],
        archive_problems: vec![archive("pieces.zip", Some("stage/attestation.pdf"), Reason::EntryDamaged)],
        other_files: vec![String::from("logo.png"), String::from("notes de cours.pdf")],
        being_checked: true,
        jury: Some(jury_without_date()),
        ..first_mail()
    };
    let kind = LetterKind::Acknowledgement;
    let mut all = vec![
        (kind, "two_missing", two_missing),
        (kind, "everything_but_the_fee", nothing_missing()),
        (kind, "all_kinds_of_trouble", all_kinds_of_trouble),
    ];
    all.extend(first_mails_of_another_sort().into_iter().map(|(case, status)| (kind, case, status)));
    all
}

/// All pieces at once, the fee to pay.
fn nothing_missing() -> StatusLetter {
    StatusLetter { inventory: whole_inventory(), documents_complete: true, ..first_mail() }
}

fn first_mails_of_another_sort() -> Vec<(&'static str, StatusLetter)> {
    let several_mails = StatusLetter {
        mails: vec![
            MailReceived { arrived_at: arrived(day(2024, 3, 1), 13, 32), n_files: 4 },
            MailReceived { arrived_at: arrived(day(2024, 3, 1), 13, 41), n_files: 3 },
        ],
        missing: vec![missing(DocumentKind::Transcript)],
        fee: Some(fee(6000, true)),
        ..first_mail()
    };
    let no_files = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 1), 13, 32), n_files: 0 }],
        inventory: Vec::new(),
        missing: [DocumentKind::ApplicationForm, DocumentKind::Cv, DocumentKind::MotivationLetter, DocumentKind::Diploma].map(missing).to_vec(),
        jury: None,
        ..first_mail()
    };
    let link_only = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 1), 13, 32), n_files: 0 }],
        inventory: Vec::new(),
        has_links: true,
        ..first_mail()
    };
    let nobody_known = StatusLetter { international_date: Some(civil(day(2024, 3, 16), 23, 59)), ..no_files.clone() };
    let being_checked = StatusLetter { being_checked: true, other_files: vec![String::from("doc3.pdf")], fee: None, ..first_mail() };
    let one_unreadable = StatusLetter { unreadable: vec![unreadable("CNI.pdf", Reason::FileEmpty)], fee_credited: true, fee: None, ..first_mail() };
    let late = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 6, 9), 8, 5), n_files: 1 }],
        missing: vec![missing(DocumentKind::Transcript)],
        late: true,
        jury: None,
        fee: None,
        ..first_mail()
    };
    let visa = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 20), 10, 0), n_files: 9 }],
        jury: Some(jury_without_date()),
        visa_warning: true,
        ..nothing_missing()
    };
    let complete = StatusLetter { complete: true, fee_credited: true, fee: None, ..nothing_missing() };
    let welcome_only = StatusLetter { missing: vec![MissingItem { kind: DocumentKind::FundingCommitment, not_blocking: true }], ..nothing_missing() };
    // Two days before the March cut-off a transfer would come too late: the next jury is named.
    let too_late_to_pay_for_march = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 13), 18, 40), n_files: 9 }],
        jury: Some(JuryLine { date: Some(day(2024, 4, 18)), cut_off: Some(day(2024, 4, 11)), ..jury_without_date() }),
        ..nothing_missing()
    };
    let many_closed = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 1), 13, 32), n_files: 113 }],
        inventory: Vec::new(),
        missing: vec![missing(DocumentKind::Photo)],
        unreadable: (1..=112).map(|n| unreadable(&format!("IMG_{n:04}.heic"), Reason::FileTruncated)).collect(),
        ..first_mail()
    };
    let nested = StatusLetter {
        unreadable: vec![unreadable("pièces/Etat civil.zip!/acte.pdf", Reason::FilePassword)],
        archive_problems: vec![archive("pièces.zip", Some("Diplômes.zip!/M1/diplome.pdf"), Reason::EntryPassword)],
        inventory: vec![
            item(DocumentKind::Transcript, "Diplômes.zip!/L3/notes.pdf"),
            item(DocumentKind::Transcript, "Diplômes.zip!/M1/notes.pdf"),
            item(DocumentKind::Cv, "Diplômes.zip!/cv.pdf"),
        ],
        ..first_mail()
    };
    let international =
        StatusLetter { missing: vec![missing(DocumentKind::Cv)], jury: None, deadline: Some(civil(day(2024, 3, 16), 23, 59)), ..first_mail() };
    vec![
        ("too_late_to_pay_for_the_next_jury", too_late_to_pay_for_march),
        ("many_closed_files", many_closed),
        ("nested_archives", nested),
        ("international_before_its_date", international),
        ("only_something_welcome", welcome_only),
        ("several_mails_proof_seen", several_mails),
        ("no_files", no_files),
        ("nothing_known", nobody_known),
        ("link_only", link_only),
        ("being_checked", being_checked),
        ("one_unreadable_fee_paid", one_unreadable),
        ("late", late),
        ("visa_warning", visa),
        ("complete_at_once", complete),
    ]
}

fn archive_problems() -> Vec<(LetterKind, &'static str, StatusLetter)> {
    let closed = |reason, name| StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2023, 10, 22), 14, 43), n_files: 0 }],
        inventory: Vec::new(),
        archive_problems: vec![archive(name, None, reason)],
        fee: None,
        jury: None,
        deadline: None,
        ..first_mail()
    };
    let kind = LetterKind::ArchiveProblem;
    vec![
        (kind, "password", closed(Reason::ArchivePassword, "Documents.zip")),
        (
            kind,
            "rar",
            StatusLetter {
                jury: Some(march_jury()),
                deadline: Some(civil(day(2024, 3, 16), 23, 59)),
                ..closed(Reason::ArchiveFormatNotInstalled, "Documents.rar")
            },
        ),
        (
            kind,
            "damaged_with_fee",
            StatusLetter {
                fee: Some(fee(6000, false)), ..closed(Reason::ArchiveDamaged, "dossier de candidature complet version définitive 2.zip")
            },
        ),
        (
            kind,
            "too_large_late",
            StatusLetter {
                late: true,
                deadline: Some(civil(day(2024, 6, 6), 23, 59)),
                mails: vec![MailReceived { arrived_at: arrived(day(2024, 6, 8), 0, 4), n_files: 0 }],
                ..closed(Reason::ArchiveBomb, "tout.7z")
            },
        ),
    ]
}

fn later_states() -> Vec<(LetterKind, &'static str, StatusLetter)> {
    let second_mail = StatusLetter {
        mails: vec![MailReceived { arrived_at: arrived(day(2024, 3, 5), 9, 3), n_files: 2 }],
        inventory: vec![item(DocumentKind::Transcript, "L1.pdf"), item(DocumentKind::Transcript, "L2.pdf")],
        ..first_mail()
    };
    let still_one = StatusLetter {
        missing_translations: translation(DocumentKind::Diploma, "licence_fac.pdf", "ar").into_iter().collect(),
        ..second_mail.clone()
    };
    let nothing_left = StatusLetter { documents_complete: true, ..second_mail.clone() };
    let paid = StatusLetter { documents_complete: true, complete: true, fee: None, fee_credited: true, ..second_mail.clone() };
    let checked = StatusLetter { being_checked: true, fee: None, ..second_mail.clone() };
    let reminder = StatusLetter { mails: Vec::new(), inventory: Vec::new(), ..still_one.clone() };
    let reminder_fee = StatusLetter { documents_complete: true, missing_translations: Vec::new(), ..reminder.clone() };
    let reminder_dateless =
        StatusLetter { jury: Some(jury_without_date()), missing: vec![missing(DocumentKind::Photo)], fee: None, ..reminder.clone() };
    let complete = StatusLetter { mails: Vec::new(), inventory: Vec::new(), ..paid.clone() };
    let complete_dateless = StatusLetter {
        jury: Some(jury_without_date()),
        visa_warning: true,
        missing: vec![MissingItem { kind: DocumentKind::FundingCommitment, not_blocking: true }],
        ..paid.clone()
    };
    let complete_too_late = StatusLetter { jury: None, after_last_jury: true, deadline: None, ..complete.clone() };
    let complete_of_late = StatusLetter { jury: None, late: true, ..complete.clone() };
    vec![
        (LetterKind::FileComplete, "after_the_last_jury", complete_too_late),
        (LetterKind::FileComplete, "late", complete_of_late),
        (LetterKind::SupplementReceived, "one_still_missing", still_one),
        (LetterKind::SupplementReceived, "only_the_fee_left", nothing_left),
        (LetterKind::SupplementReceived, "complete", paid),
        (LetterKind::SupplementReceived, "being_checked", checked),
        (LetterKind::FileComplete, "dated", complete),
        (LetterKind::FileComplete, "without_date_visa", complete_dateless),
        (LetterKind::Reminder, "one_missing", reminder),
        (LetterKind::Reminder, "only_the_fee", reminder_fee),
        (LetterKind::Reminder, "without_date", reminder_dateless),
    ]
}

fn money() -> Vec<(LetterKind, &'static str, LetterBody)> {
    let received = |status: StatusLetter| {
        let status = StatusLetter { mails: Vec::new(), inventory: Vec::new(), fee: None, fee_credited: true, ..status };
        LetterBody::FeeReceived { received: Cents(6000), booked_on: day(2024, 3, 5), status: Box::new(status) }
    };
    let one_missing = StatusLetter { missing: vec![missing(DocumentKind::Transcript)], ..first_mail() };
    let all_sorts = StatusLetter {
        missing_translations: translation(DocumentKind::Diploma, "licence_fac.pdf", "ar").into_iter().collect(),
        unreadable: vec![unreadable("Etat civil.zip!/CNI.pdf", Reason::FileTruncated)],
        ..one_missing.clone()
    };
    let late = StatusLetter { late: true, jury: None, ..one_missing.clone() };
    let short = LetterBody::FeeShort { received: Cents(5850), still_due: Cents(150), booked_on: day(2024, 3, 5), fee: fee(150, false) };
    vec![
        (LetterKind::FeeReceived, "one_missing", received(one_missing)),
        (LetterKind::FeeReceived, "missing_untranslated_unreadable", received(all_sorts)),
        (LetterKind::FeeReceived, "late", received(late)),
        (LetterKind::FeeReceived, "being_checked", received(StatusLetter { being_checked: true, ..first_mail() })),
        (LetterKind::FeeShort, "bank_charges", short),
    ]
}

fn decisions(language: LetterLanguage) -> Vec<(LetterKind, &'static str, LetterBody)> {
    let decision = |jury, register_before, comment: Option<&str>| LetterBody::Decision { jury, register_before, comment: comment.map(str::to_owned) };
    let interview =
        |place: &str| LetterBody::Interview { at: civil(day(2024, 3, 18), 14, 30), place_or_link: place.to_owned(), duration_minutes: 30 };
    let comment = match language {
        French => "Le jury vous conseille de prendre contact avec le responsable de la formation dès maintenant.",
        English => "The jury advises you to contact the head of the programme now.",
    };
    let until = Some(day(2024, 4, 5));
    vec![
        (LetterKind::InterviewInvitation, "link", interview("https://visio.example.org/salle-12")),
        (LetterKind::InterviewInvitation, "place", interview("764 boulevard Lahure, Douai")),
        (LetterKind::DecisionAdmitted, "dated", decision(march_jury(), until, None)),
        (LetterKind::DecisionAdmitted, "without_date", decision(jury_without_date(), None, Some(comment))),
        (LetterKind::DecisionAdmittedSubjectToDegree, "dated", decision(march_jury(), until, None)),
        (LetterKind::DecisionWaitingList, "plain", decision(march_jury(), None, None)),
        (LetterKind::DecisionRefused, "plain", decision(march_jury(), None, None)),
        (LetterKind::DecisionRefused, "comment", decision(march_jury(), None, Some(comment))),
        (LetterKind::RegistrationReminder, "dated", decision(march_jury(), until, None)),
        (LetterKind::RegistrationReminder, "without_date", decision(jury_without_date(), None, None)),
        (LetterKind::WithdrawalNoted, "plain", LetterBody::Plain),
    ]
}
