//! Who answers whom: a person who has written by hand is not talked over, what comes back from the junk folder is answered once, what nobody
//! can read gets one neutral sentence, and two programs do not talk to each other.

use mail_parser::MessageParser;
use serde_json::Value;

use crate::world::{World, files_in, mail};

const SCHOOL: &str = "masteres.specialises@imt-nord-europe.fr";
const CANDIDATE: &str = "Zoé Vasseur <zoe@etu.example>";

fn application(message_id: &str) -> Vec<u8> {
    let files = [("CV.txt".to_owned(), b"Curriculum vitae de Zoe Vasseur\r\nExperience professionnelle\r\nFormation\r\n".to_vec())];
    mail(CANDIDATE, "Candidature", message_id, "", "Bonjour, voici mon dossier de candidature.", &files)
}

/// What a person of the school writes, to somebody and perhaps in a thread.
fn by_hand(to: &str, in_reply_to: Option<&str>, message_id: &str) -> Vec<u8> {
    let thread = in_reply_to.map_or(String::new(), |id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"));
    format!(
        "From: Assistante <{SCHOOL}>\r\nTo: {to}\r\nSubject: Re: Candidature\r\nDate: Thu, 1 Feb 2024 09:05:00 +0100\r\nMessage-ID: <{message_id}>\r\n\
         {thread}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour, j'ai bien vos pièces, je les regarde demain.\r\n"
    )
    .into_bytes()
}

/// A world that reads the folders beside the inbox.
fn world() -> World {
    World::with(
        "[mailbox]\nkind = \"maildir\"\npath = \"in\"\nalso = [\"Junk\"]\nsent_folder = \"Sent\"\nstaff = [\"chef@imt-nord-europe.fr\"]\n\
         [outgoing]\nkind = \"maildir\"\npath = \"out\"\n",
    )
}

fn once(world: &World, now: &str) -> usize {
    world.run_at(now, &["once"]).ends_with(0);
    world.letters_out().len()
}

fn subjects(world: &World) -> Vec<String> {
    world.letters_out().iter().map(|letter| MessageParser::default().parse(letter.as_slice()).unwrap().subject().unwrap().to_owned()).collect()
}

fn states(world: &World) -> Vec<(String, String, bool)> {
    let word = |mail: &Value, key: &str| mail[key].as_str().unwrap_or_default().to_owned();
    world.see("mails").iter().map(|mail| (word(mail, "state"), word(mail, "class"), mail["answered_by"].is_string())).collect()
}

#[test]
fn an_answer_by_hand_in_the_sent_folder_silences_the_program_for_a_day() {
    let world = world();
    world.deliver("1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
    world.deliver_into("in/.Sent", "s1", &by_hand("zoe@etu.example", Some("first@etu.example"), "hand@school.example"), "2024-02-01T09:05:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 0);
    // What she sends meanwhile is kept and not answered either; the day after, one letter answers all.
    let more = mail(CANDIDATE, "Suite", "more@etu.example", "", "Voici la suite.", &[("Lettre.txt".to_owned(), b"Lettre de motivation".to_vec())]);
    world.deliver("2", &more, "2024-02-01T14:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T15:00:00+01:00"), 0);
    assert_eq!(once(&world, "2024-02-02T09:00:00+01:00"), 0);
    assert_eq!(once(&world, "2024-02-02T09:05:01+01:00"), 1);
    assert_eq!(once(&world, "2024-02-03T10:00:00+01:00"), 1);
    // What lies in the Sent folder is no mail that was received.
    let digest = world.run_at("2024-02-02T10:00:00+01:00", &["digest"]);
    assert!(digest.status.is_some_and(|status| status == 0), "{digest:?}");
    assert!(digest.stdout.contains("2\u{a0}courriels reçus") || digest.stdout.contains("2 courriels reçus"), "{}", digest.stdout);
}

#[test]
fn a_copy_in_the_inbox_counts_as_well_and_a_word_between_colleagues_does_not() {
    for (to, cc, in_reply_to, silent) in [
        ("zoe@etu.example", "masteres.specialises@imt-nord-europe.fr", None, true),
        ("Zoe@ETU.example", "", Some("first@etu.example"), true),
        ("parents@famille.example", "", Some("first@etu.example"), true),
        ("chef@imt-nord-europe.fr", "", Some("first@etu.example"), false),
        ("autre@etu.example", "", None, false),
    ] {
        let world = world();
        world.deliver("1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
        let to = if cc.is_empty() { to.to_owned() } else { format!("{to}\r\nCc: {cc}") };
        world.deliver("2", &by_hand(&to, in_reply_to, "hand@school.example"), "2024-02-01T09:05:00+01:00");
        assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), usize::from(!silent), "{to} {in_reply_to:?}");
    }
}

#[test]
fn an_answer_by_hand_that_is_seen_before_the_mail_it_answers_still_counts() {
    let world = world();
    world.deliver_into("in/.Sent", "s1", &by_hand("zoe@etu.example", None, "hand@school.example"), "2024-02-01T09:05:00+01:00");
    assert_eq!(once(&world, "2024-02-01T09:06:00+01:00"), 0);
    world.deliver("1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 0);
    assert_eq!(once(&world, "2024-02-02T10:00:00+01:00"), 1);
}

#[test]
fn a_letter_that_already_waits_to_leave_is_held_back_too() {
    let world = world();
    world.configure("[outgoing]\nkind = \"maildir\"\npath = \"out\"\npaused = true\n");
    world.deliver("1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 0);
    world.deliver_into("in/.Sent", "s1", &by_hand("zoe@etu.example", None, "hand@school.example"), "2024-02-01T10:05:00+01:00");
    world.configure("[outgoing]\nkind = \"maildir\"\npath = \"out\"\n");
    assert_eq!(once(&world, "2024-02-01T11:00:00+01:00"), 0);
    assert_eq!(once(&world, "2024-02-02T11:00:00+01:00"), 1);
}

#[test]
fn our_own_letters_in_the_sent_folder_silence_nothing() {
    let world = world();
    world.deliver("1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 1);
    world.deliver_into("in/.Sent", "s1", &world.letters_out()[0], "2024-02-01T10:00:00+01:00");
    let more = mail(CANDIDATE, "Suite", "more@etu.example", "", "Voici la suite.", &[("Lettre.txt".to_owned(), b"Lettre de motivation".to_vec())]);
    world.deliver("2", &more, "2024-02-01T10:30:00+01:00");
    assert_eq!(once(&world, "2024-02-01T11:00:00+01:00"), 2);
}

#[test]
fn what_nobody_can_read_is_shown_and_its_sender_gets_one_neutral_sentence() {
    let world = world();
    world.deliver("1", b"Return-Path: <zoe@etu.example>\r\n\r\n\x00\xff\xfe\x00\x01", "2024-02-01T09:00:00+01:00");
    world.deliver("2", b"Return-Path: <zoe@etu.example>\r\n\r\n\x00\xff\xfe\x00\x02", "2024-02-01T09:01:00+01:00");
    world.deliver("3", b"Return-Path: <>\r\n\r\n\x00\xff\xfe\x00\x03", "2024-02-01T09:02:00+01:00");
    world.deliver("4", b"\x00\xff\xfe no sender at all", "2024-02-01T09:03:00+01:00");
    world.deliver("5", b"Return-Path: <mailer-daemon@b.example>\r\n\r\n\x00\xff", "2024-02-01T09:04:00+01:00");
    world.deliver("6", b"Return-Path: <a@b.example>\r\nPrecedence: bulk\r\n\r\n\x00\xff", "2024-02-01T09:05:00+01:00");
    world.deliver_into("in/.Junk", "7", b"Return-Path: <b@b.example>\r\n\r\n\x00\xff", "2024-02-01T09:06:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 1);
    let letters = world.letters_out();
    let letter = MessageParser::default().parse(letters[0].as_slice()).unwrap();
    assert_eq!(letter.to().unwrap().first().unwrap().address().unwrap(), "zoe@etu.example");
    assert!(letter.body_text(0).unwrap().contains("Une personne va le regarder"), "{:?}", letter.body_text(0));
    assert_eq!(letter.header_raw("Auto-Submitted").map(str::trim), Some("auto-replied"));
    assert_eq!(once(&world, "2024-02-01T10:10:00+01:00"), 1);
    assert!(world.see("mails").iter().all(|mail| mail["class"] == "unreadable"));
    let digest = world.run_at("2024-02-02T08:00:00+01:00", &["digest"]).ends_with(0);
    assert_eq!(digest.stdout.matches("illisible pour le programme").count(), 7, "{}", digest.stdout);
}

#[test]
fn a_mail_out_of_the_junk_folder_is_answered_once_wherever_it_goes_then() {
    let world = world();
    let flagged = [b"X-Spam-Flag: YES\r\n".as_slice(), &application("first@etu.example")].concat();
    world.deliver_into("in/.Junk", "j1", &flagged, "2024-02-01T09:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 0);
    let digest = world.run_at("2024-02-02T08:00:00+01:00", &["digest"]).ends_with(0);
    assert!(digest.stdout.contains("indésirables"), "{}", digest.stdout);
    // A person puts it back; the server gives the copy a date of its own.
    std::fs::remove_file(world.path("in/.Junk/new/j1")).unwrap();
    world.deliver("i1", &flagged, "2024-02-01T18:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T19:00:00+01:00"), 1);
    assert_eq!(world.see("dossiers").len(), 1);
    let alive = world.see("mails").into_iter().find(|mail| mail["state"] == "processed").unwrap();
    assert!(alive.to_string().contains("2024-02-01T08:00:00Z"), "it arrived when it first arrived: {alive}");
    // Copied, moved to junk and back again, and once more with a header added: still one mail.
    world.deliver("i2", &flagged, "2024-02-01T19:10:00+01:00");
    world.deliver_into("in/.Junk", "j2", &flagged, "2024-02-01T19:20:00+01:00");
    world.deliver("i3", &[b"X-Moved: yes\r\n".as_slice(), &flagged].concat(), "2024-02-01T19:30:00+01:00");
    assert_eq!(once(&world, "2024-02-01T20:00:00+01:00"), 1);
    let answered = states(&world).into_iter().filter(|(state, _, _)| state == "processed").collect::<Vec<_>>();
    assert_eq!(answered, [("processed".to_owned(), "application".to_owned(), true)]);
}

#[test]
fn a_mail_whose_headers_the_filter_rewrote_is_answered_when_it_comes_back() {
    let world = world();
    let filtered = [b"X-Filter: suspicious\r\n".as_slice(), &application("first@etu.example")].concat();
    world.deliver_into("in/.Junk", "j1", &filtered, "2024-02-01T09:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 0);
    world.deliver("i1", &application("first@etu.example"), "2024-02-01T11:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T12:00:00+01:00"), 1);
    assert_eq!(world.see("dossiers").len(), 1);
}

#[test]
fn junk_and_inbox_seen_in_the_same_round_are_one_mail_and_answered() {
    let world = world();
    world.deliver_into("in/.Junk", "j1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
    world.deliver("i1", &application("first@etu.example"), "2024-02-01T09:00:00+01:00");
    assert_eq!(once(&world, "2024-02-01T10:00:00+01:00"), 1);
    assert_eq!(world.see("dossiers").len(), 1);
}

/// Two schools whose programs write to each other: each takes the letters of the other for mail of its own.
#[test]
fn two_programs_that_write_to_each_other_end_after_one_exchange() {
    let (here, there) = (World::new(), World::new());
    let rules = std::fs::read_to_string(there.path("rules.toml")).unwrap();
    std::fs::write(there.path("rules.toml"), rules.replace(SCHOOL, "candidatures@autre-ecole.example")).unwrap();
    let from = "from = \"Autre école <candidatures@autre-ecole.example>\"";
    there.configure(&format!("[outgoing]\nkind = \"maildir\"\npath = \"out\"\n{from}\n"));
    // A dossier that seems to come from the other school's own mailbox.
    let files = [("CV.txt".to_owned(), b"Curriculum vitae".to_vec())];
    let forged = mail("Autre école <candidatures@autre-ecole.example>", "Candidature", "1@forged.example", "", "Bonjour, mon dossier.", &files);
    here.deliver("forged", &forged, "2024-02-01T09:00:00+01:00");
    let mut handed_over = (0, 0);
    for round in 0..6 {
        let now = format!("2024-02-0{}T10:00:00+01:00", round + 1);
        once(&here, &now);
        handed_over.0 = pass_on(&here, &there, handed_over.0, &now);
        once(&there, &now);
        handed_over.1 = pass_on(&there, &here, handed_over.1, &now);
    }
    assert_eq!((here.letters_out().len(), there.letters_out().len()), (1, 0), "{:?} {:?}", subjects(&here), subjects(&there));
    assert!(there.see("dossiers").is_empty());
}

/// Delivers what one program has written since to the other; gives how many letters that makes.
fn pass_on(from: &World, to: &World, known: usize, now: &str) -> usize {
    let letters = files_in(&from.path("out/new"));
    for (number, letter) in letters.iter().enumerate().skip(known) {
        to.deliver(&format!("passed-{number}-{now}"), letter, now);
    }
    letters.len()
}
