//! The procedure, situation by situation: facts in, letters out.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::document::{DocumentFacts, DocumentReading, FileReading, Translation};
use crate::domain::dossier::{Corrections, DecisionFacts, FeeFacts, FileFacts, InterviewFacts, LetterFacts, MailFacts};
use crate::domain::finding::FileFinding;
use crate::domain::letter::{LetterBody, LetterKind, StatusLetter};
use crate::domain::mail::MailClass;
use crate::domain::money::Cents;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn rules() -> Rules {
    crate::config::default_rules().unwrap()
}

fn mail(mail_id: i64, arrived_at: &str) -> MailFacts {
    MailFacts {
        mail_id,
        message_id: Some(format!("{mail_id}@example.org")),
        references: Vec::new(),
        arrived_at: at(arrived_at),
        class: MailClass::Application,
        awaits_answer: true,
        from_name: Some(String::from("Zoé Vasseur")),
        from_address: String::from("zoe@example.org"),
        subject: String::from("Candidature"),
        own_text: String::from("Bonjour, voici mon dossier."),
        programmes: Vec::new(),
        has_links: false,
        names_foreign_iban: false,
        archive_problems: Vec::new(),
        is_part: false,
        n_files: 1,
    }
}

fn document(kind: DocumentKind, certainty: f32, language: &str) -> DocumentReading {
    DocumentReading {
        kind,
        pages: vec![1],
        languages: Language::parse(language).into_iter().collect(),
        translation: None,
        certainty,
        runner_up: None,
        language_certainty: 0.99,
        evidence: Vec::new(),
        facts: DocumentFacts::default(),
    }
}

fn file(mail_id: i64, name: &str, documents: Vec<DocumentReading>) -> FileFacts {
    let reading = FileReading {
        sha256: name.to_owned(),
        media_type: String::from("application/pdf"),
        pages: 1,
        readable: true,
        findings: Vec::new(),
        documents,
        name_hint: None,
    };
    FileFacts { mail_id, name: name.to_owned(), sha256: name.to_owned(), reading }
}

/// A dossier in which everything is there, as an obtained French engineering degree asks.
fn whole() -> DossierFacts {
    let kinds = [
        DocumentKind::ApplicationForm,
        DocumentKind::Cv,
        DocumentKind::MotivationLetter,
        DocumentKind::IdentityDocument,
        DocumentKind::Photo,
        DocumentKind::Diploma,
        DocumentKind::Transcript,
    ];
    DossierFacts {
        number: String::from("MS24-0001"),
        reference: String::from("RF24MS24K7QX2D"),
        mails: vec![mail(1, "2024-01-10T09:00:00Z")],
        files: kinds.into_iter().map(|kind| file(1, kind.slug(), vec![document(kind, 0.98, "fr")])).collect(),
        fee: FeeFacts::default(),
        letters: Vec::new(),
        corrections: Corrections { route: Some(Route::CtiEngineer), degree_in_progress: Some(false), ..Corrections::default() },
        decision: None,
        batched_for: None,
        answered_by_hand_at: None,
    }
}

fn without(kind: DocumentKind) -> DossierFacts {
    let mut facts = whole();
    facts.files.retain(|file| file.name != kind.slug());
    facts
}

/// The plan some time after the mail, when it has settled.
fn settled(facts: &DossierFacts) -> Plan {
    plan(facts, &rules(), at("2024-01-10T10:00:00Z"))
}

/// Takes the letters of a plan as sent.
fn with_letters(mut facts: DossierFacts, plan: &Plan, now: DateTime<Utc>) -> DossierFacts {
    for due in &plan.letters {
        facts.letters.push(LetterFacts {
            letter_key: due.letter_key.clone(),
            kind: due.letter.kind,
            queued_at: now,
            cancelled: false,
            bounced_hard: false,
        });
        for mail in facts.mails.iter_mut().filter(|mail| due.answers.contains(&mail.mail_id)) {
            mail.awaits_answer = false;
        }
    }
    facts
}

fn status(plan: &Plan) -> &StatusLetter {
    match &plan.letters[0].letter.body {
        LetterBody::Status(status) => status,
        other => panic!("not a status letter: {other:?}"),
    }
}

#[track_caller]
fn check_missing(facts: &DossierFacts, expected: &[DocumentKind]) {
    let plan = settled(facts);
    assert_eq!(plan.state.missing, expected, "{:?}", plan.state.to_check);
    let told: Vec<DocumentKind> = status(&plan).missing.iter().map(|item| item.kind).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_whole_dossier_lacks_nothing_but_the_fee() {
    let plan = settled(&whole());
    assert!(plan.state.documents_complete && !plan.state.complete, "{:?}", plan.state);
    assert_eq!(plan.letters.len(), 1);
    assert_eq!(plan.letters[0].letter.kind, LetterKind::Acknowledgement);
    assert_eq!(status(&plan).fee.as_ref().unwrap().due, Cents(6000));
}

#[test]
fn each_piece_that_is_always_required_is_asked_for_when_it_lacks() {
    for kind in [DocumentKind::ApplicationForm, DocumentKind::Cv, DocumentKind::MotivationLetter, DocumentKind::Photo, DocumentKind::Transcript] {
        check_missing(&without(kind), &[kind]);
    }
}

#[test]
fn an_attestation_of_success_stands_for_the_diploma_and_a_degree_in_progress_for_its_certificate() {
    let mut facts = without(DocumentKind::Diploma);
    check_missing(&facts, &[DocumentKind::Diploma]);
    facts.files.push(file(1, "reussite", vec![document(DocumentKind::SuccessAttestation, 0.95, "fr")]));
    check_missing(&facts, &[]);
    let mut facts = without(DocumentKind::Diploma);
    facts.corrections.degree_in_progress = Some(true);
    check_missing(&facts, &[DocumentKind::EnrolmentCertificate]);
}

#[test]
fn routes_ask_for_what_they_need_and_funding_does_not_block() {
    let mut facts = whole();
    facts.corrections.route = Some(Route::DerogatoryBac3Plus3y);
    check_missing(&facts, &[DocumentKind::EmploymentCertificate, DocumentKind::VappFile]);
    assert!(!settled(&facts).state.documents_complete);
    facts.corrections.route = Some(Route::DerogatoryBac4);
    check_missing(&facts, &[DocumentKind::VappFile]);
    assert!(settled(&facts).state.documents_complete, "wanted, not blocking");
}

#[test]
fn doubt_goes_to_the_assistant_and_never_into_the_letter() {
    let mut facts = without(DocumentKind::Cv);
    facts.files.push(file(1, "scan.jpg", vec![document(DocumentKind::Cv, 0.5, "fr")]));
    let plan = settled(&facts);
    assert_eq!(plan.state.to_check.len(), 1);
    assert!(plan.state.missing.is_empty() && status(&plan).missing.is_empty() && status(&plan).being_checked);
    assert!(!plan.state.documents_complete);
    assert!(status(&plan).inventory.iter().all(|item| item.kind != DocumentKind::Cv));
}

#[test]
fn a_text_in_which_nothing_was_recognised_may_be_what_lacks() {
    let mut facts = without(DocumentKind::Transcript);
    facts.files.push(file(1, "scan.pdf", vec![document(DocumentKind::Other, 0.3, "fr")]));
    let state = settled(&facts).state;
    assert!(state.missing.is_empty(), "{:?}", state.missing);
    assert_eq!(state.to_check.iter().map(|check| check.requirement).collect::<Vec<_>>(), [DocumentKind::Transcript]);
    let mut photo = without(DocumentKind::Photo);
    photo.files.push(file(1, "reçu.pdf", vec![document(DocumentKind::Other, 0.95, "fr")]));
    check_missing(&photo, &[DocumentKind::Photo]);
}

#[test]
fn a_piece_about_somebody_else_goes_to_the_assistant() {
    let mut facts = whole();
    for (kind, name) in [(DocumentKind::ApplicationForm, "Zoé VASSEUR"), (DocumentKind::Diploma, "Karim HADDAD")] {
        let named = facts.files.iter_mut().find(|file| file.name == kind.slug()).unwrap();
        named.reading.documents[0].facts.names = vec![crate::domain::profile::naming::split_name(name)];
    }
    let state = settled(&facts).state;
    assert!(state.missing.is_empty() && !state.documents_complete);
    let checks: Vec<_> = state.to_check.iter().map(|check| (check.requirement, check.reason)).collect();
    assert_eq!(checks, [(DocumentKind::Diploma, Reason::NameDiffers)]);
}

#[test]
fn a_foreign_transcript_needs_a_translation_unless_one_came() {
    let mut facts = without(DocumentKind::Transcript);
    facts.files.push(file(1, "notas", vec![document(DocumentKind::Transcript, 0.97, "pt")]));
    let plan = settled(&facts);
    assert_eq!(plan.state.missing_translations.len(), 1);
    assert_eq!(status(&plan).missing_translations[0].language, Language::parse("pt").unwrap());
    let mut translated = document(DocumentKind::Transcript, 0.97, "fr");
    translated.translation = Some(Translation { target: Language::FRENCH, sworn: Some(false) });
    facts.files.push(file(1, "traduction", vec![translated]));
    let plan = settled(&facts);
    assert!(plan.state.missing_translations.is_empty() && plan.state.documents_complete, "{:?}", plan.state.to_check);
}

#[test]
fn a_bilingual_original_needs_none_and_a_translation_alone_is_no_original() {
    let mut facts = without(DocumentKind::Diploma);
    let mut bilingual = document(DocumentKind::Diploma, 0.97, "ar");
    bilingual.languages.push(Language::FRENCH);
    facts.files.push(file(1, "ijaza", vec![bilingual]));
    assert!(settled(&facts).state.documents_complete);
    let mut facts = without(DocumentKind::Diploma);
    let mut translated = document(DocumentKind::Diploma, 0.97, "fr");
    translated.translation = Some(Translation { target: Language::FRENCH, sworn: Some(true) });
    facts.files.push(file(1, "traduction", vec![translated]));
    check_missing(&facts, &[DocumentKind::Diploma]);
}

#[test]
fn a_file_that_does_not_open_is_asked_for_once_by_its_name() {
    let mut facts = without(DocumentKind::Cv);
    let mut locked = file(1, "cv.pdf", Vec::new());
    locked.reading.readable = false;
    locked.reading.findings.push(FileFinding { reason: Reason::FilePassword, page: None });
    locked.reading.name_hint = Some(DocumentKind::Cv);
    facts.files.push(locked);
    let plan = settled(&facts);
    assert_eq!(plan.state.missing, [DocumentKind::Cv]);
    assert!(status(&plan).missing.is_empty());
    assert_eq!(status(&plan).unreadable.len(), 1);
}

#[test]
fn a_file_that_bears_the_name_of_what_lacks_is_looked_at_unless_it_plainly_is_something_else() {
    let with_file = |certainty: f32| {
        let mut facts = without(DocumentKind::Cv);
        let mut named = file(1, "CV_Morel.tif", vec![document(DocumentKind::LanguageCertificate, certainty, "fr")]);
        named.reading.name_hint = Some(DocumentKind::Cv);
        facts.files.push(named);
        facts
    };
    let doubtful = settled(&with_file(0.87));
    assert!(doubtful.state.missing.is_empty());
    assert!(doubtful.state.to_check.iter().any(|check| check.requirement == DocumentKind::Cv && check.file_name.as_deref() == Some("CV_Morel.tif")));
    check_missing(&with_file(0.98), &[DocumentKind::Cv]);
}

#[test]
fn mails_that_come_close_together_get_one_answer_after_they_settled() {
    let mut facts = whole();
    facts.mails.push(mail(2, "2024-01-10T09:15:00Z"));
    let early = plan(&facts, &rules(), at("2024-01-10T09:21:00Z"));
    assert!(early.letters.is_empty());
    assert_eq!(early.review_at, Some(at("2024-01-10T09:35:00Z")));
    let later = plan(&facts, &rules(), at("2024-01-10T09:35:00Z"));
    assert_eq!(later.letters.len(), 1);
    assert_eq!(later.letters[0].answers, [1, 2]);
    assert_eq!(later.letters[0].in_reply_to.as_deref(), Some("2@example.org"));
}

#[test]
fn supplements_get_one_letter_a_day_beside_the_acknowledgement() {
    let now = at("2024-01-10T10:00:00Z");
    let first = without(DocumentKind::Cv);
    let mut facts = with_letters(first.clone(), &settled(&first), now);
    for (mail_id, arrived_at) in [(2, "2024-01-10T10:05:00Z"), (3, "2024-01-10T12:00:00Z")] {
        let mut supplement = mail(mail_id, arrived_at);
        supplement.class = MailClass::Supplement;
        facts.mails.push(supplement);
        let when = at(arrived_at) + TimeDelta::minutes(30);
        let answer = plan(&facts, &rules(), when);
        if mail_id == 2 {
            assert_eq!(answer.letters[0].letter.kind, LetterKind::SupplementReceived);
            facts = with_letters(facts, &answer, when);
        } else {
            assert!(answer.letters.is_empty());
            assert_eq!(answer.review_at, Some(at("2024-01-11T07:00:00Z")));
        }
    }
}

#[test]
fn the_fee_completes_the_dossier_and_is_told_once() {
    let now = at("2024-01-12T10:00:00Z");
    let mut facts = with_letters(whole(), &settled(&whole()), at("2024-01-10T10:00:00Z"));
    facts.fee = FeeFacts { state: FeeState::Credited, credited: Cents(6000), booked_on: NaiveDate::from_ymd_opt(2024, 1, 11) };
    let paid = plan(&facts, &rules(), now);
    assert!(paid.state.complete);
    assert_eq!(paid.letters[0].letter.kind, LetterKind::FileComplete);
    let facts = with_letters(facts, &paid, now);
    assert!(plan(&facts, &rules(), now + TimeDelta::days(1)).letters.is_empty());
}

#[test]
fn a_late_dossier_is_received_kept_and_told_so() {
    let mut facts = whole();
    facts.mails = vec![mail(1, "2024-06-08T10:00:00Z")];
    let plan = plan(&facts, &rules(), at("2024-06-08T11:00:00Z"));
    assert_eq!(plan.state.timeliness, Timeliness::Late);
    assert!(status(&plan).late && status(&plan).jury.is_none());
    assert_eq!(status(&plan).deadline, Some(rules().campaign.deadline_announced), "the letter says which date it was");
}

/// Rules with a March session on the 21st and an April one on the 18th, each closed a week before.
fn dated_rules() -> Rules {
    let mut rules = rules();
    rules.juries.retain(|session| ["mars", "avril"].contains(&session.name.as_str()));
    for (session, date) in rules.juries.iter_mut().zip(["2024-03-21", "2024-04-18"]) {
        session.date = date.parse().ok();
    }
    rules
}

#[test]
fn no_jury_is_promised_that_a_transfer_cannot_reach_in_time() {
    let named = |arrived_at: &str, fee: FeeFacts, with_proof: bool| {
        let mut facts = whole();
        facts.mails = vec![mail(1, arrived_at)];
        facts.fee = fee;
        if with_proof {
            facts.files.push(file(1, "virement", vec![document(DocumentKind::PaymentProof, 0.97, "fr")]));
        }
        let plan = plan(&facts, &dated_rules(), at(arrived_at) + TimeDelta::hours(1));
        assert_eq!(plan.state.jury_session.is_some(), status(&plan).jury.is_some());
        plan.state.jury_session.unwrap_or_default()
    };
    let paid = FeeFacts { state: FeeState::Credited, credited: Cents(6000), booked_on: NaiveDate::from_ymd_opt(2024, 3, 1) };
    // The March session closes on Thursday the 14th; a transfer takes two banking days.
    assert_eq!(named("2024-03-12T09:00:00Z", FeeFacts::default(), false), "mars");
    assert_eq!(named("2024-03-13T09:00:00Z", FeeFacts::default(), false), "avril");
    assert_eq!(named("2024-03-14T09:00:00Z", FeeFacts::default(), true), "avril");
    assert_eq!(named("2024-03-14T09:00:00Z", paid, false), "mars");
    assert_eq!(named("2024-04-10T09:00:00Z", FeeFacts::default(), false), "", "nothing is promised after the last session");
}

#[test]
fn a_jury_without_a_date_is_named_by_its_month_until_it_may_have_closed() {
    let named = |day: &str| next_jury(&rules(), day.parse().unwrap()).map(|session| session.name.clone());
    assert_eq!(named("2024-02-23").as_deref(), Some("mars"));
    assert_eq!(named("2024-02-24").as_deref(), Some("avril"));
    assert_eq!(named("2024-05-26"), None);
}

#[test]
fn completed_after_the_last_jury_or_too_late_is_for_a_person_to_answer() {
    let complete_at = |arrived_at: &str, instant: &str| {
        let mut facts = whole();
        facts.mails = vec![mail(1, arrived_at)];
        let answered = with_letters(facts.clone(), &plan(&facts, &dated_rules(), at(arrived_at) + TimeDelta::hours(1)), at(arrived_at));
        let fee = FeeFacts { state: FeeState::Credited, credited: Cents(6000), booked_on: NaiveDate::from_ymd_opt(2024, 4, 12) };
        plan(&DossierFacts { fee, ..answered }, &dated_rules(), at(instant))
    };
    let in_time = complete_at("2024-01-10T09:00:00Z", "2024-04-10T09:00:00Z");
    assert!(!in_time.letters[0].held && status(&in_time).jury.is_some());
    let too_late = complete_at("2024-01-10T09:00:00Z", "2024-04-15T09:00:00Z");
    assert!(too_late.letters[0].held && status(&too_late).after_last_jury && status(&too_late).jury.is_none());
    let late = complete_at("2024-06-09T09:00:00Z", "2024-06-12T09:00:00Z");
    assert!(late.letters[0].held && status(&late).late && status(&late).jury.is_none());
}

#[test]
fn the_letter_about_the_fee_says_all_that_lacks() {
    let mut facts = without(DocumentKind::Cv);
    facts.files.retain(|file| file.name != DocumentKind::Transcript.slug() && file.name != DocumentKind::Photo.slug());
    facts.files.push(file(1, "notas.pdf", vec![document(DocumentKind::Transcript, 0.97, "pt")]));
    let mut closed = file(1, "Photo.jpg", Vec::new());
    closed.reading.readable = false;
    closed.reading.name_hint = Some(DocumentKind::Photo);
    closed.reading.findings = vec![FileFinding { reason: Reason::FileTruncated, page: None }];
    facts.files.push(closed);
    let now = at("2024-01-12T09:00:00Z");
    let mut facts = with_letters(facts.clone(), &settled(&facts), at("2024-01-10T10:00:00Z"));
    facts.fee = FeeFacts { state: FeeState::Credited, credited: Cents(6000), booked_on: NaiveDate::from_ymd_opt(2024, 1, 11) };
    let paid = plan(&facts, &rules(), now);
    let LetterBody::FeeReceived { status, .. } = &paid.letters[0].letter.body else { panic!("{:?}", paid.letters) };
    assert_eq!(status.missing.iter().map(|item| item.kind).collect::<Vec<_>>(), [DocumentKind::Cv]);
    assert_eq!((status.missing_translations.len(), status.unreadable.len()), (1, 1));
}

#[test]
fn an_admission_is_followed_by_one_reminder_of_the_registration() {
    let mut facts = with_letters(whole(), &settled(&whole()), at("2024-01-10T10:00:00Z"));
    facts.decision = Some(DecisionFacts { session: String::from("mars"), kind: LetterKind::DecisionAdmitted, comment: None, approved: true });
    let sent_at = at("2024-03-22T09:00:00Z");
    let announced = plan(&facts, &rules(), sent_at);
    assert_eq!(announced.letters.len(), 1, "{:?}", announced.letters);
    let facts = with_letters(facts, &announced, sent_at);
    // Fifteen days from Friday 22 March end on Saturday 6 April; the reminder leaves on the 1st at eight.
    let waiting = plan(&facts, &rules(), at("2024-03-23T09:00:00Z"));
    assert_eq!((waiting.letters.len(), waiting.review_at), (0, Some(at("2024-04-01T06:00:00Z"))));
    let reminded = plan(&facts, &rules(), at("2024-04-01T07:00:00Z"));
    assert_eq!(reminded.letters[0].letter.kind, LetterKind::RegistrationReminder);
    let LetterBody::Decision { register_before, .. } = &reminded.letters[0].letter.body else { panic!("{:?}", reminded.letters) };
    assert_eq!(*register_before, NaiveDate::from_ymd_opt(2024, 4, 6));
    let registered = Corrections { registered: true, ..facts.corrections.clone() };
    assert!(plan(&DossierFacts { corrections: registered, ..facts }, &rules(), at("2024-04-01T07:00:00Z")).letters.is_empty());
}

#[test]
fn an_interview_is_proposed_once_and_again_when_it_moves() {
    let mut facts = with_letters(whole(), &settled(&whole()), at("2024-01-10T10:00:00Z"));
    let now = at("2024-02-01T09:00:00Z");
    for (fixed_at, when) in [
        ("2024-02-01T08:00:00Z", "2024-02-05T14:30 30 https://visio.example.org/a"),
        ("2024-02-01T08:30:00Z", "2024-02-06T10:00 45 764 boulevard Lahure, Douai"),
    ] {
        facts.corrections.interview = InterviewFacts::parse(when, at(fixed_at));
        let invited = plan(&facts, &rules(), now);
        assert_eq!(invited.letters[0].letter.kind, LetterKind::InterviewInvitation, "{when}");
        assert_eq!(facts.corrections.interview.as_ref().map(InterviewFacts::written).as_deref(), Some(when));
        facts = with_letters(facts, &invited, now);
        assert!(plan(&facts, &rules(), now).letters.is_empty());
    }
}

#[test]
fn the_two_readings_of_the_deadline_make_a_grey_zone() {
    for (arrived_at, expected) in [
        ("2024-06-06T21:58:00Z", Timeliness::InTime),
        ("2024-06-06T22:30:00Z", Timeliness::GreyZone),
        ("2024-06-07T21:59:00Z", Timeliness::GreyZone),
        ("2024-06-07T22:00:01Z", Timeliness::Late),
    ] {
        let mut facts = whole();
        facts.mails = vec![mail(1, arrived_at)];
        assert_eq!(plan(&facts, &rules(), at("2024-06-10T10:00:00Z")).state.timeliness, expected, "{arrived_at}");
    }
}

#[test]
fn a_withdrawal_is_noted_once_and_nothing_is_written_where_the_assistant_took_over() {
    let withdrawn = DossierFacts { corrections: Corrections { withdrawn: true, ..Corrections::default() }, ..whole() };
    let noted = settled(&withdrawn);
    assert_eq!(noted.letters.iter().map(|letter| letter.letter.kind).collect::<Vec<_>>(), [LetterKind::WithdrawalNoted]);
    assert!(settled(&with_letters(withdrawn, &noted, at("2024-01-10T10:00:00Z"))).letters.is_empty());
    let hers = DossierFacts { corrections: Corrections { letters_off: true, ..Corrections::default() }, ..whole() };
    assert!(settled(&hers).letters.is_empty());
}

#[test]
fn a_persons_word_wins() {
    let mut facts = without(DocumentKind::Photo);
    facts.corrections.requirements.insert(DocumentKind::Photo, crate::domain::dossier::RequirementWord::Waived);
    check_missing(&facts, &[]);
    let mut facts = without(DocumentKind::Cv);
    facts.files.push(file(1, "scan", vec![document(DocumentKind::Other, 0.9, "fr")]));
    facts.corrections.kinds.insert((String::from("scan"), 1), DocumentKind::Cv);
    check_missing(&facts, &[]);
}

prop_compose! {
    fn any_document()(kind in 0..DocumentKind::ALL.len(), certainty in 0.0_f32..1.0, language in prop::sample::select(vec!["fr", "en", "de", "ar"]), translated in any::<bool>()) -> DocumentReading {
        let mut document = document(DocumentKind::ALL[kind], certainty, language);
        document.translation = translated.then_some(Translation { target: Language::FRENCH, sworn: None });
        document
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planning_twice_adds_no_letter_and_the_order_of_files_is_irrelevant(documents in prop::collection::vec(any_document(), 0..9)) {
        let now = at("2024-01-10T10:00:00Z");
        let mut facts = DossierFacts { corrections: Corrections::default(), ..whole() };
        facts.files = documents.into_iter().enumerate().map(|(n, document)| file(1, &format!("f{n}"), vec![document])).collect();
        let first = plan(&facts, &rules(), now);
        prop_assert_eq!(&first, &plan(&facts, &rules(), now));
        let again = plan(&with_letters(facts.clone(), &first, now), &rules(), now);
        prop_assert!(again.letters.is_empty());
        facts.files.reverse();
        let reversed = plan(&facts, &rules(), now);
        prop_assert_eq!(&reversed.state.missing, &first.state.missing);
        prop_assert_eq!(reversed.state.documents_complete, first.state.documents_complete);
    }

    #[test]
    fn what_is_in_doubt_is_never_claimed(documents in prop::collection::vec(any_document(), 0..9)) {
        let mut facts = whole();
        facts.files = documents.into_iter().enumerate().map(|(n, document)| file(1, &format!("f{n}"), vec![document])).collect();
        let plan = settled(&facts);
        for item in &status(&plan).missing {
            prop_assert!(plan.state.to_check.iter().all(|check| check.requirement != item.kind));
            prop_assert!(plan.state.documents.iter().all(|document| document.kind != item.kind || document.is_translation || document.certainty < 0.35));
        }
        prop_assert!(!plan.state.documents_complete || plan.state.to_check.is_empty());
    }
}

#[test]
fn where_a_person_has_just_written_the_program_is_silent_for_a_day_and_then_goes_on() {
    let facts = DossierFacts { answered_by_hand_at: Some(at("2024-01-10T09:05:00Z")), ..without(DocumentKind::Cv) };
    let quiet = plan(&facts, &rules(), at("2024-01-10T10:00:00Z"));
    assert!(quiet.letters.is_empty());
    assert_eq!(quiet.review_at, Some(at("2024-01-11T09:05:00Z")));
    let after = plan(&facts, &rules(), at("2024-01-11T09:05:00Z"));
    assert_eq!(after.letters.iter().map(|letter| letter.letter.kind).collect::<Vec<_>>(), [LetterKind::Acknowledgement]);
    // A reminder and a word on money are silenced as well; what a person approved is not.
    let mut decided = with_letters(facts.clone(), &after, at("2024-01-08T09:00:00Z"));
    decided.fee = FeeFacts { state: FeeState::Credited, credited: Cents(6_000), booked_on: NaiveDate::from_ymd_opt(2024, 1, 9) };
    decided.decision = Some(crate::domain::dossier::DecisionFacts {
        session: rules().juries[0].name.clone(),
        kind: LetterKind::DecisionAdmitted,
        comment: None,
        approved: true,
    });
    let kinds: Vec<_> = plan(&decided, &rules(), at("2024-01-10T10:00:00Z")).letters.into_iter().map(|letter| letter.letter.kind).collect();
    assert_eq!(kinds, [LetterKind::DecisionAdmitted]);
}
