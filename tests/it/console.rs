//! The assistant's console through real HTTP: what each click changes, that a second click changes nothing more, and whose clicks are refused.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::servers::free_port;
use crate::world::{PROGRAM, World, copy_season_data, mail, project, season_mail};

/// After the last mail of the season.
const SUMMER: &str = "2024-06-29T10:00:00+02:00";
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon with its console, ended by its id whatever happens to the test.
struct Console<'a> {
    child: Child,
    world: &'a World,
    now: &'a str,
    port: u16,
}

impl<'a> Console<'a> {
    fn start(world: &'a World, now: &'a str) -> Self {
        let port = free_port();
        world.configure(&format!("[console]\nlisten = \"127.0.0.1:{port}\"\n"));
        Self::start_configured(world, now, port)
    }

    fn start_configured(world: &'a World, now: &'a str, port: u16) -> Self {
        let log = fs::File::create(world.path("console.log")).unwrap();
        let child = guichet(world, now, &["run"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut console = Self { child, world, now, port };
        let asked = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = console.child.try_wait().unwrap();
            assert!(ended.is_none() && asked.elapsed() < PATIENCE, "no console: {ended:?}\n{}", console.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        console
    }

    fn log(&self) -> String {
        fs::read_to_string(self.world.path("console.log")).unwrap()
    }

    fn see(&self, arguments: &[&str]) -> Vec<Value> {
        let output = guichet(self.world, self.now, arguments).arg("--json").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn dossier(&self, number: &str) -> Value {
        self.see(&["dossiers"]).into_iter().find(|dossier| dossier["number"] == number).unwrap_or(Value::Null)
    }

    fn transfer(&self, id: i64) -> Value {
        self.see(&["transfers"]).into_iter().find(|row| row["transfer_id"] == id).unwrap()
    }

    fn letter(&self, key: &Value) -> Value {
        self.see(&["letters"]).into_iter().find(|letter| letter["letter_key"] == *key).unwrap()
    }

    /// One request as a browser words it; the status, the headers and the body.
    fn ask(&self, method: &str, page: &str, headers: &str, body: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = if headers.to_lowercase().contains("host:") { String::new() } else { format!("Host: 127.0.0.1:{}\r\n", self.port) };
        let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        stream.write_all(format!("{method} {page} HTTP/1.1\r\n{host}{headers}{length}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| panic!("{method} {page}: no answer\n{}", self.log()));
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), answer[end + 4..].to_vec())
    }

    #[track_caller]
    fn page(&self, page: &str) -> String {
        let (status, _, body) = self.ask("GET", page, "", "");
        assert_eq!(status, 200, "{page}\n{}", self.log());
        String::from_utf8(body).unwrap()
    }

    /// What stands in every form of this process.
    fn token(&self) -> String {
        let page = self.page("/");
        page.split_once("name=\"jeton\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
    }

    fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = format!("jeton={}", self.token());
        for (name, value) in fields {
            form += &format!("&{name}={}", encoded(value));
        }
        form
    }

    fn own_headers(&self) -> String {
        format!("Origin: http://127.0.0.1:{}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n", self.port)
    }

    /// A click; gives what the page then says was done.
    #[track_caller]
    fn click(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let (status, head, body) = self.ask("POST", action, &self.own_headers(), &self.form(fields));
        assert_eq!(status, 303, "{action} {fields:?}: {}\n{}", String::from_utf8_lossy(&body), self.log());
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        location.split_once("fait=").unwrap().1.split('#').next().unwrap().to_owned()
    }

    /// A click that cannot be made: the sentence that says so.
    #[track_caller]
    fn refused(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let (status, _, body) = self.ask("POST", action, &self.own_headers(), &self.form(fields));
        assert_eq!(status, 409, "{action} {fields:?}");
        String::from_utf8(body).unwrap()
    }

    fn n_journal(&self) -> i64 {
        let database = Connection::open(self.world.path("data/guichet.sqlite")).unwrap();
        database.query_row("SELECT count(*) FROM journal WHERE actor <> 'guichet'", [], |row| row.get(0)).unwrap()
    }

    /// The same click twice: done once, and the second time nothing more is written.
    #[track_caller]
    fn click_twice(&self, action: &str, fields: &[(&str, &str)], done: &str) {
        assert_eq!(self.click(action, fields), done, "{action}");
        let n_journal = self.n_journal();
        assert_eq!(self.click(action, fields), "deja", "{action}, the second time");
        assert_eq!(self.n_journal(), n_journal, "{action}: a second click was written down");
    }
}

impl Drop for Console<'_> {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn guichet(world: &World, now: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(world.path("guichet.toml")).args(["--now", now]).args(arguments).stdin(Stdio::null()).env_remove("GUICHET_LOG");
    command
}

/// As forms are sent (application/x-www-form-urlencoded).
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn season() -> World {
    let world = World::new();
    copy_season_data(&world.path("data"));
    world
}

#[test]
fn a_transfer_is_attributed_shared_rejected_and_taken_back_in_one_click_each() {
    let world = season();
    let console = Console::start(&world, SUMMER);
    let before = console.see(&["transfers"]).into_iter().find(|row| row["state"] == "to_review").unwrap();
    let id = before["transfer_id"].as_i64().unwrap();
    let path = |gesture: &str| format!("/virements/{id}/{gesture}");
    let page = console.page("/virements");
    assert!(page.contains(&format!("id=\"virement-{id}\"")) && page.contains("montant des frais"), "the transfer is not shown with its reasons");
    assert_eq!(console.dossier("MS24-0012")["fee"]["state"], "awaited");

    console.click_twice(&path("attribuer"), &[("dossier", "MS24-0012 Sofia Lindqvist"), ("pourquoi", "les parents ont téléphoné")], "attribue");
    assert_eq!((&console.transfer(id)["state"], &console.transfer(id)["dossiers"][0]), (&Value::from("matched"), &Value::from("MS24-0012")));
    assert_eq!(console.dossier("MS24-0012")["fee"]["state"], "credited");
    let told = console.see(&["history", "MS24-0012"]).into_iter().find(|line| line["event"] == "transfer_match").unwrap();
    assert_eq!(told["actor"], "assistante");
    assert!(told["detail"].as_str().unwrap().contains("téléphoné"));
    assert!(console.page("/dossiers/MS24-0012").contains("attribué par assistante"));

    console.click_twice(&path("annuler"), &[], "repris");
    assert_eq!(console.transfer(id), before, "taken back, it is as before");
    assert_eq!(console.dossier("MS24-0012")["fee"]["state"], "awaited");

    // Shared, unevenly: 45 € complete nothing, 15 € complete nothing, and nothing is lost.
    let shares = [("dossier", "MS24-0012"), ("montant", "45,00"), ("dossier", "MS24-0011"), ("montant", "2,50")];
    console.click_twice(&path("attribuer"), &shares, "attribue");
    assert_eq!(console.dossier("MS24-0012")["fee"]["credited_cents"], 4500);
    assert_eq!(
        (&console.dossier("MS24-0011")["fee"]["credited_cents"], &console.dossier("MS24-0011")["fee"]["state"]),
        (&Value::from(6000), &Value::from("credited"))
    );
    console.click_twice(&path("annuler"), &[], "repris");
    assert_eq!(console.transfer(id), before);
    assert_eq!(console.dossier("MS24-0011")["fee"]["credited_cents"], 5750);

    console.click_twice(&path("ecarter"), &[], "ecarte");
    assert_eq!(console.transfer(id)["state"], "unrelated");
    assert!(console.page("/virements").contains("Écartés par vous"));
    console.click_twice(&path("annuler"), &[], "repris");
    assert_eq!(console.transfer(id), before);

    let too_much = [("dossier", "MS24-0012"), ("montant", "45"), ("dossier", "MS24-0011"), ("montant", "30")];
    assert!(console.refused(&path("attribuer"), &too_much).contains("dépassent le virement"));
    assert!(console.refused(&path("attribuer"), &[("dossier", "MS24-9999")]).contains("pas de dossier MS24-9999"));
    assert!(console.refused(&path("attribuer"), &[("dossier", "")]).contains("Aucun dossier"));
    assert!(console.refused("/virements/99999/ecarter", &[]).contains("pas de virement"));
    assert_eq!(console.transfer(id), before, "a refused click changed something");
}

#[test]
fn no_later_import_undoes_what_she_decided() {
    let world = season();
    let id = {
        let console = Console::start(&world, SUMMER);
        let row = console.see(&["transfers"]).into_iter().find(|row| row["state"] == "matched").unwrap();
        let id = row["transfer_id"].as_i64().unwrap();
        // Not this candidate's after all; and what had matched by itself is not made again.
        console.click_twice(&format!("/virements/{id}/detacher"), &[], "detache");
        assert_ne!(console.transfer(id)["state"], "matched");
        let open = console.see(&["transfers"]).into_iter().find(|row| row["state"] == "to_review" && row["transfer_id"] != id).unwrap();
        let open = open["transfer_id"].as_i64().unwrap();
        console.click(&format!("/virements/{open}/attribuer"), &[("dossier", "MS24-0012")]);
        (id, open)
    };
    let statements: Vec<_> = fs::read_dir(project().join("fixtures/season/statements")).unwrap().map(|entry| entry.unwrap().path()).collect();
    for statement in &statements {
        // A line more makes it another file with the same movements.
        let mut bytes = fs::read(statement).unwrap();
        bytes.extend(b"\n");
        let copy = world.path(Path::new(statement.file_name().unwrap()).to_str().unwrap());
        fs::write(&copy, bytes).unwrap();
        guichet(&world, SUMMER, &["bank", "import", copy.to_str().unwrap()]).output().unwrap();
    }
    let console = Console::start(&world, SUMMER);
    assert_ne!(console.transfer(id.0)["state"], "matched");
    assert_eq!(console.transfer(id.1)["dossiers"][0], "MS24-0012");
}

#[test]
fn a_held_letter_is_read_then_let_go_and_all_sending_stops_with_one_click() {
    let world = World::new();
    let rules = fs::read_to_string(world.path("rules.toml")).unwrap();
    let held = rules.replace("held = []", "held = [\"acknowledgement\", \"archive_problem\"]");
    assert_ne!(held, rules, "the rules name held letters otherwise");
    fs::write(world.path("rules.toml"), held).unwrap();
    world.deliver("1", &season_mail("019-link-instead-of-a-file.eml"), "2024-02-01T09:00:00+01:00");
    world.run(&["once"]).ends_with(0);
    let console = Console::start(&world, crate::world::NOW);
    let key = console.see(&["letters"])[0]["letter_key"].clone();
    assert_eq!(console.letter(&key)["state"], "held");
    let page = console.page("/lettres");
    assert!(page.contains("Madame") || page.contains("Dear"), "the text is not there: {page}");
    assert!(console.page("/").contains("Lettres qui attendent votre accord"));

    console.click_twice("/envois/arreter", &[], "arrete");
    for page in ["/", "/dossiers", "/virements", "/lettres", "/courriels"] {
        assert!(console.page(page).contains("Envois arrêtés"), "{page} does not say that nothing leaves");
    }
    console.click_twice("/lettres/1/envoyer", &[], "envoyee");
    assert_eq!(console.letter(&key)["state"], "queued");
    console.click_twice("/lettres/1/retenir", &[], "retenue");
    assert_eq!(console.letter(&key)["state"], "held");
    console.click("/lettres/1/envoyer", &[]);
    std::thread::sleep(Duration::from_secs(6));
    assert!(world.letters_out().is_empty(), "a letter left although all sending was stopped");
    console.click_twice("/envois/reprendre", &[], "repris_envois");
    let asked = Instant::now();
    while console.letter(&key)["state"] != "sent" {
        assert!(asked.elapsed() < PATIENCE, "the letter does not leave\n{}", console.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(world.letters_out().len(), 1);
    assert!(console.refused("/lettres/1/abandonner", &[]).contains("déjà partie"));
    assert_eq!(console.click("/envois/rearmer", &[]), "deja", "there was nothing to reset");
}

#[test]
fn what_she_corrects_counts_and_can_be_taken_back() {
    let world = season();
    let console = Console::start(&world, SUMMER);
    let doubtful = console.see(&["dossiers"]).into_iter().find(|dossier| !dossier["to_check"].as_array().unwrap().is_empty()).unwrap();
    let number = doubtful["number"].as_str().unwrap();
    let path = |gesture: &str| format!("/dossiers/{number}/{gesture}");
    let check = &doubtful["to_check"][0];
    let page = console.page(&format!("/dossiers/{number}"));
    assert!(page.contains("id=\"verifier\"") && page.contains("name=\"motif\""), "the doubt has no button");
    let accept = [
        ("piece", check["requirement"].as_str().unwrap()),
        ("fichier", check["sha256"].as_str().unwrap()),
        ("motif", check["reason"].as_str().unwrap()),
    ];
    console.click_twice(&path("accepter"), &accept, "accepte");
    assert!(console.dossier(number)["to_check"].as_array().unwrap().is_empty());

    let before = console.dossier("MS24-0012");
    let correct = |subject: &str, value: &str| {
        console.click("/dossiers/MS24-0012/corriger", &[("sujet", subject), ("valeur", value), ("pourquoi", "au téléphone")])
    };
    for (subject, value, field, expected) in [
        ("route", "foreign_bac5", "route", Value::from("foreign_bac5")),
        ("programme", "CYBER", "programme", Value::from("CYBER")),
        ("language", "fr", "language", Value::from("fr")),
        ("international", "false", "international", Value::from(false)),
    ] {
        if !console.page("/dossiers/MS24-0012").contains(&format!("<option value=\"{value}\"")) {
            continue;
        }
        assert_eq!(correct(subject, value), "corrige");
        assert_eq!(console.dossier("MS24-0012")[field], expected, "{subject}");
        assert_eq!(correct(subject, value), "deja");
        assert_eq!(correct(subject, ""), "corrige");
        assert_eq!(console.dossier("MS24-0012")[field], before[field], "{subject} was taken back");
    }
    console.click_twice("/dossiers/MS24-0012/dispenser", &[("piece", "photo")], "accepte");
    assert!(!console.dossier("MS24-0012")["missing"].as_array().unwrap().contains(&Value::from("photo")));
    console.click_twice("/dossiers/MS24-0012/nommer", &[("prenom", "Sofia Maria"), ("nom", "Lindqvist-Berg")], "corrige");
    assert_eq!(console.dossier("MS24-0012")["candidate"]["name"], "Sofia Maria Lindqvist-Berg");
    assert!(console.page("/dossiers?q=lindqvist-berg").contains("MS24-0012"));
    assert!(!console.page("/dossiers?q=lindqvist-berg").contains("MS24-0011"));
    console.click_twice("/dossiers/MS24-0012/ecarter", &[("pourquoi", "une erreur")], "mis_de_cote");
    assert_eq!(console.dossier("MS24-0012")["stage"], "withdrawn");
    console.click("/dossiers/MS24-0012/reprendre", &[]);
    assert_eq!(console.dossier("MS24-0012")["stage"], "incomplete");
    assert!(console.refused("/dossiers/MS24-0012/corriger", &[("sujet", "route"), ("valeur", "helicopter")]).contains("ne convient pas"));
    assert!(console.refused("/dossiers/MS24-0012/corriger", &[("sujet", "sql"), ("valeur", "x")]).contains("ne convient pas"));
}

#[test]
fn her_word_on_a_kind_wins_everywhere_the_same_file_comes() {
    let world = World::new();
    let note = |name: &str| (format!("{name}.txt"), b"Attestation. Ecole de Mourenx-les-Bains. Monsieur le directeur.".to_vec());
    for (place, who) in ["alba.ruiz@courriel.example", "bruno.sala@courriel.example"].iter().enumerate() {
        let text = "Bonjour, voici ma candidature.";
        let id = format!("m{place}@courriel.example");
        world.deliver(&place.to_string(), &mail(who, "Candidature", &id, "", text, &[note("attestation")]), "2024-02-01T09:00:00+01:00");
    }
    world.run(&["once"]).ends_with(0);
    let console = Console::start(&world, crate::world::NOW);
    let numbers: Vec<String> = console.see(&["dossiers"]).iter().map(|dossier| dossier["number"].as_str().unwrap().to_owned()).collect();
    assert_eq!(numbers.len(), 2, "two people, two dossiers");
    let kind_of = |number: &str| console.dossier(number)["documents"][0]["kind"].as_str().unwrap().to_owned();
    let sha256 = console.dossier(&numbers[0])["documents"][0]["sha256"].as_str().unwrap().to_owned();
    let subject = format!("kind:{sha256}:1");
    let action = format!("/dossiers/{}/corriger", numbers[0]);
    console.click_twice(&action, &[("sujet", &subject), ("valeur", "success_attestation"), ("pourquoi", "je connais cette école")], "corrige");
    assert_eq!(kind_of(&numbers[0]), "success_attestation");
    assert_eq!(kind_of(&numbers[1]), "success_attestation", "the same file is not asked about twice");
    assert!(console.page(&format!("/dossiers/{}", numbers[1])).contains(&format!("comme vous l&#x27;avez dit pour {}", numbers[0])));
    console.click("/dossiers/MS24-0002/corriger", &[("sujet", "route"), ("valeur", "foreign_bac5"), ("pourquoi", "au téléphone")]);
    drop(console);

    // Everything derived made again from the raw mails and from what she decided: nothing comes out otherwise.
    let again = world.path("again");
    let outcome = world.run(&["replay", "--into", again.to_str().unwrap()]);
    assert_eq!(outcome.status, Some(0), "{}{}", outcome.stdout, outcome.stderr);
    let replayed = world.run(&["dossiers", "--json", "--data", again.to_str().unwrap()]).ends_with(0).json();
    assert_eq!(replayed, world.see("dossiers"));
    assert_eq!((&replayed[1]["route"], &replayed[1]["documents"][0]["kind"]), (&Value::from("foreign_bac5"), &Value::from("success_attestation")));
}

/// An attestation of a school that no reader knows: a dozen sentences of its own, and a name.
fn odd_attestation(name: &str) -> Vec<u8> {
    format!(
        "Institut polytechnique de Valbruine. Direction generale des parcours et des validations. Bordereau recapitulatif remis au titulaire. \
         Le soussigne certifie avoir examine la situation du beneficiaire {name} et confirme la regularite des epreuves subies devant la commission \
         constituee selon le reglement interieur. Le present bordereau annule et remplace toute edition anterieure. Cachet humide obligatoire. \
         Conservation recommandee sans limitation de duree par son titulaire."
    )
    .into_bytes()
}

#[test]
fn what_she_said_of_one_file_spares_her_the_next_of_the_same_make() {
    let world = World::new();
    let people = [("Alba Ruiz", "alba.ruiz"), ("Bruno Sala", "bruno.sala")];
    for (place, (name, address)) in people.iter().enumerate() {
        let file = (format!("scan{place}.txt"), odd_attestation(name));
        let bytes =
            mail(&format!("{address}@courriel.example"), "Candidature", &format!("m{place}@courriel.example"), "", "Ma candidature.", &[file]);
        world.deliver(&place.to_string(), &bytes, "2024-02-01T09:00:00+01:00");
    }
    world.run(&["once"]).ends_with(0);
    let console = Console::start(&world, crate::world::NOW);
    let document = |number: &str| console.dossier(number)["documents"][0].clone();
    let (first, second) = (document("MS24-0001"), document("MS24-0002"));
    assert_eq!((&first["kind"], &first["status"]), (&second["kind"], &second["status"]), "the reader sees the two alike");
    assert_ne!(first["status"], "accepted", "the reader knows it: {first}");
    let subject = format!("kind:{}:1", first["sha256"].as_str().unwrap());
    console.click("/dossiers/MS24-0001/corriger", &[("sujet", &subject), ("valeur", "success_attestation")]);
    let taught = document("MS24-0002");
    assert_eq!((&taught["kind"], &taught["status"]), (&Value::from("success_attestation"), &Value::from("accepted")), "{taught}");
    assert!(console.page("/dossiers/MS24-0002").contains("même modèle de document"));
    // Taken back, it teaches nothing any more.
    console.click("/dossiers/MS24-0001/corriger", &[("sujet", &subject), ("valeur", "")]);
    assert_eq!(document("MS24-0002"), second);
}

#[test]
fn a_mail_without_dossier_is_given_to_one_to_a_new_one_or_to_nobody() {
    let world = season();
    let console = Console::start(&world, SUMMER);
    let orphan = console.see(&["mails"]).into_iter().find(|mail| mail["dossier"].is_null() && mail["class"] == "question").unwrap();
    let id = orphan["mail_id"].as_i64().unwrap();
    let action = format!("/courriels/{id}/rattacher");
    let dossier_of = |console: &Console| console.see(&["mails"]).into_iter().find(|mail| mail["mail_id"] == id).unwrap()["dossier"].clone();
    assert!(console.page("/courriels").contains(&format!("id=\"courriel-{id}\"")));
    console.click_twice(&action, &[("cible", "dossier"), ("dossier", "ms24-0003 Youssouf Traoré")], "rattache");
    assert_eq!(dossier_of(&console), "MS24-0003");
    console.click_twice(&action, &[("cible", "personne")], "rattache");
    assert_eq!(dossier_of(&console), Value::Null);
    let n_before = console.see(&["dossiers"]).len();
    console.click_twice(&action, &[("cible", "nouveau")], "rattache");
    assert_eq!(console.see(&["dossiers"]).len(), n_before + 1);
    let opened = dossier_of(&console);
    assert_eq!(opened, format!("MS24-{:04}", n_before + 1));
    assert!(console.refused(&action, &[("cible", "dossier"), ("dossier", "MS24-9999")]).contains("pas de dossier"));

    // And the two dossiers of one person become one.
    let new = opened.as_str().unwrap();
    console.click_twice(&format!("/dossiers/{new}/reunir"), &[("dossier", "MS24-0003"), ("pourquoi", "la même personne")], "reuni");
    assert_eq!(dossier_of(&console), "MS24-0003");
    assert_eq!(console.see(&["dossiers"]).len(), n_before);
    assert_eq!(console.ask("GET", &format!("/dossiers/{new}"), "", "").0, 404);
}

#[test]
fn nothing_changes_but_by_a_form_of_ours() {
    let world = season();
    let console = Console::start(&world, SUMMER);
    let n_journal = console.n_journal();
    let id = console.see(&["transfers"]).into_iter().find(|row| row["state"] == "to_review").unwrap()["transfer_id"].as_i64().unwrap();
    let actions = [
        format!("/virements/{id}/ecarter"),
        String::from("/lettres/1/abandonner"),
        String::from("/envois/arreter"),
        String::from("/dossiers/MS24-0012/ecarter"),
        String::from("/courriels/5/rattacher"),
    ];
    let form = console.form(&[("cible", "personne"), ("pourquoi", "x")]);
    let typed = "Content-Type: application/x-www-form-urlencoded\r\n";
    for action in &actions {
        assert_eq!(console.ask("GET", action, "", "").0, 405, "{action}: GET");
        for foreign in ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"] {
            assert_eq!(console.ask("POST", action, &format!("{foreign}{typed}"), &form).0, 403, "{action}: {foreign}");
        }
        for wrong in ["", "jeton=", "jeton=0000&cible=personne"] {
            assert_eq!(console.ask("POST", action, &console.own_headers(), wrong).0, 409, "{action}: «{wrong}»");
        }
        assert!((400..500).contains(&console.ask("POST", action, &format!("Host: evil.example\r\n{typed}"), &form).0), "{action}: foreign host");
    }
    assert_eq!(console.n_journal(), n_journal, "something was done");
    // An address to return to is one of ours.
    let (_, head, _) = console.ask("POST", "/envois/rearmer", &console.own_headers(), &(console.form(&[("retour", "//evil.example/")])));
    assert!(head.contains("location: /?fait="), "{head}");
    let (_, head, _) = console.ask("GET", "/", "", "");
    assert!(
        head.contains("content-security-policy: default-src 'none'; style-src 'self'") && head.contains("x-content-type-options: nosniff"),
        "{head}"
    );
    assert!(!console.page("/").contains("<script") && !console.page("/").contains(" style="), "a page needs a script, or styles of its own");
}

#[test]
fn a_file_that_could_run_is_handed_over_and_not_shown() {
    let world = World::new();
    let files = [
        ("page.html".to_owned(), b"<html><script>alert(1)</script><p>Curriculum vitae, competences, experience professionnelle</p></html>".to_vec()),
        ("dessin.svg".to_owned(), b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec()),
        ("note.txt".to_owned(), b"Lettre de motivation. Madame, Monsieur, je souhaite suivre votre formation.".to_vec()),
    ];
    world.deliver(
        "1",
        &mail("cleo.marin@courriel.example", "Candidature", "x@courriel.example", "", "Bonjour, ma candidature.", &files),
        "2024-02-01T09:00:00+01:00",
    );
    world.run(&["once"]).ends_with(0);
    let console = Console::start(&world, crate::world::NOW);
    let number = console.see(&["dossiers"])[0]["number"].as_str().unwrap().to_owned();
    let page = console.page(&format!("/dossiers/{number}"));
    let mut hashes: Vec<&str> = page.split("/fichiers/").skip(1).map(|rest| &rest[..64]).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 3, "{page}");
    for hash in hashes {
        let (status, head, body) = console.ask("GET", &format!("/fichiers/{hash}"), "", "");
        assert_eq!(status, 200);
        assert!(head.contains("x-content-type-options: nosniff") && head.contains("default-src 'none'") && head.contains("sandbox"), "{head}");
        let kept = head.contains("content-disposition: attachment") && head.contains("content-type: application/octet-stream");
        let as_text = head.contains("content-disposition: inline") && head.contains("content-type: text/plain; charset=utf-8");
        assert!(kept || (as_text && !body.starts_with(b"<html")), "{head}");
    }
    assert_eq!(console.ask("GET", &format!("/fichiers/{}", "0".repeat(64)), "", "").0, 404);
    assert_eq!(console.ask("GET", "/fichiers/..%2F..%2Flock", "", "").0, 404);
}

#[test]
fn a_statement_is_shown_first_booked_by_a_second_click_and_undone_by_another() {
    let world = World::new();
    let console = Console::start(&world, SUMMER);
    let statements = project().join("fixtures/season/statements");
    let mut paths: Vec<_> = fs::read_dir(statements).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let of_a_week = paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "sta"));
    let path = of_a_week.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let bring = |token: &str| {
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"jeton\"\r\n\r\n{token}\r\n--b\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"releve.sta\"\r\n\r\n"
        );
        body += &String::from_utf8(fs::read(path).unwrap()).unwrap();
        body += "\r\n--b--\r\n";
        let headers = format!("Origin: http://127.0.0.1:{}\r\nContent-Type: multipart/form-data; boundary=b\r\n", console.port);
        console.ask("POST", "/depots/apporter/releve", &headers, &body).0
    };
    assert_eq!(bring("wrong"), 409);
    assert_eq!(bring(&console.token()), 303);
    let page = console.page("/depots");
    assert!(page.contains("releve.sta") && page.contains("mouvement(s) nouveau(x)"), "{page}");
    assert!(console.see(&["transfers"]).is_empty(), "a preview booked something");
    console.click_twice("/depots/confirmer", &[], "releve_lu");
    let booked = console.see(&["transfers"]).len();
    assert!(booked > 0);
    assert_eq!(bring(&console.token()), 303);
    assert!(console.page("/depots").contains("déjà été lu"));
    assert!(console.refused("/depots/confirmer", &[]).contains("ne peut pas"));
    let page = console.page("/depots");
    let sha256 = page.split_once("name=\"releve\" value=\"").unwrap().1.split('"').next().unwrap();
    console.click_twice("/depots/annuler", &[("releve", sha256)], "releve_annule");
    assert!(console.see(&["transfers"]).is_empty());
}

#[test]
fn a_console_that_other_machines_reach_asks_for_a_password() {
    let world = World::new();
    world.configure("[console]\nlisten = \"0.0.0.0:1\"\n");
    let outcome = world.run(&["check-config"]);
    assert_ne!(outcome.status, Some(0));
    assert!(format!("{}{}", outcome.stdout, outcome.stderr).contains("console.password_file"), "{outcome:?}");
    assert_ne!(world.run(&["run"]).status, Some(0));

    fs::write(world.path("password"), "un mot de passe\n").unwrap();
    let port = free_port();
    world.configure(&format!("[console]\nlisten = \"127.0.0.1:{port}\"\npassword_file = \"password\"\n"));
    let console = Console::start_configured(&world, crate::world::NOW, port);
    for page in ["/", "/dossiers", "/style.css"] {
        let (status, head, _) = console.ask("GET", page, "", "");
        assert_eq!(status, 401, "{page}");
        assert!(head.contains("www-authenticate: basic"));
    }
    let (right, wrong) = ("Y2xhaXJlOnVuIG1vdCBkZSBwYXNzZQ==", "Y2xhaXJlOnVuIG1vdA==");
    assert_eq!(console.ask("GET", "/", &format!("Authorization: Basic {right}\r\n"), "").0, 200);
    assert_eq!(console.ask("GET", "/", &format!("Authorization: Basic {wrong}\r\n"), "").0, 401);
    let (_, _, body) = console.ask("GET", "/", &format!("Authorization: Basic {right}\r\n"), "");
    let page = String::from_utf8(body).unwrap();
    let token = page.split_once("name=\"jeton\" value=\"").unwrap().1.split('"').next().unwrap();
    let headers = format!("{}Authorization: Basic {right}\r\n", console.own_headers());
    assert_eq!(console.ask("POST", "/envois/arreter", &headers, &format!("jeton={token}")).0, 303);
    let (_, _, body) = console.ask("GET", "/", &format!("Authorization: Basic {right}\r\n"), "");
    assert!(String::from_utf8(body).unwrap().contains("par claire"), "the name is not kept");
}
