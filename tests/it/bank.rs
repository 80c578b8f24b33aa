//! Statements as they arrive: dropped into the folder, named on the command line, attached to a mail; and what the assistant reads of them.

use std::fs;

use crate::world::{NOW, World, files_in, mail};

/// A CFONB 120 statement of the fee's account for the 30th of January: one fee, and a closing balance that may be wrong by so many cents.
fn statement(off_by_cents: u32) -> Vec<u8> {
    let record = |text: String| format!("{text:<120}\n");
    let balance = |code: &str, amount: &str| record(format!("{code}10071    59000EUR2 00001024334  300124{:50}{amount}", ""));
    let movement = record(format!("0410071    59000EUR2 0000102433418300124  300124{:<31}  0000000  0000000000600{{", "VIR SEPA DUPONT ELODIE"));
    [balance("01", "0000000010000{"), movement, balance("07", &format!("000000001060{off_by_cents}{{"))].concat().into_bytes()
}

fn put(world: &World, name: &str, bytes: &[u8]) {
    fs::create_dir_all(world.path("statements")).unwrap();
    fs::write(world.path("statements").join(name), bytes).unwrap();
}

#[test]
fn the_folder_takes_whole_files_and_moves_them_aside() {
    let world = World::new();
    put(&world, "good.txt", &statement(0));
    put(&world, "wrong.txt", &statement(1));
    put(&world, "half.txt.part", &statement(0)[..200]);
    put(&world, "order.xml", b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'><CstmrCdtTrfInitn/></Document>");
    world.run(&["once"]).ends_with(0);
    let there = |path: &str| world.path("statements").join(path).exists();
    assert!(there("done/good.txt") && there("refused/wrong.txt") && there("refused/order.xml") && there("half.txt.part"));
    let why = |name: &str| fs::read_to_string(world.path("statements/refused").join(name)).unwrap();
    assert!(why("wrong.txt.txt").contains("0,10"), "{}", why("wrong.txt.txt"));
    assert!(why("order.xml.txt").contains("pain.001"));
    assert_eq!(world.see("transfers").len(), 1);
    // The same name again is another file, and nothing of the first is lost.
    put(&world, "good.txt", &statement(0));
    world.run(&["once"]).ends_with(0);
    assert_eq!(files_in(&world.path("statements/done")).len(), 2);
    assert_eq!(world.see("transfers").len(), 1);
}

#[test]
fn an_import_is_previewed_listed_and_taken_back() {
    let world = World::new();
    let file = world.path("releve.txt");
    fs::write(&file, statement(0)).unwrap();
    let path = file.to_str().unwrap();
    let preview = world.run(&["bank", "import", "--dry-run", "--json", path]).ends_with(0).json();
    assert_eq!((&preview[0]["new"], &preview[0]["booked"]), (&1.into(), &true.into()));
    assert!(world.see("transfers").is_empty());
    world.run(&["bank", "import", path]).ends_with(0);
    let before = world.see("transfers");
    assert_eq!(before.len(), 1);
    assert_eq!(world.run(&["bank", "list", "--json"]).ends_with(0).json()[0]["booked"], true);
    let undone = world.run(&["bank", "undo", "--json", path]).ends_with(0).json();
    assert_eq!(undone[0]["gone"], 1);
    assert!(world.see("transfers").is_empty());
    world.run(&["bank", "import", path]).ends_with(0);
    assert_eq!(world.see("transfers"), before);
    world.run(&["bank", "undo", "nothing.txt"]).ends_with(2);
}

#[test]
fn a_mail_brings_a_statement_when_our_own_server_vouches_for_it() {
    let world = World::new();
    world.configure("[statements]\nsenders = [\"releves@banque.example\"]\nauthserv_id = \"mx.ecole.example\"\n");
    let files = [("releve.txt".to_owned(), statement(0))];
    let result = |server: &str| format!("Authentication-Results: {server}; dmarc=pass header.from=banque.example\r\n");
    let of = |id: &str, server: &str| mail("releves@banque.example", "Relevé du jour", id, &result(server), "Ci-joint.", &files);
    world.deliver("1", &of("forged@x", "mx.elsewhere.example"), NOW);
    world.run(&["once"]).ends_with(0);
    assert!(world.see("transfers").is_empty());
    let digest = world.run(&["digest", "--date", "2024-02-02"]).stdout;
    assert!(digest.contains("sans que notre serveur confirme"), "{digest}");
    world.deliver("2", &of("true@x", "mx.ecole.example"), NOW);
    world.run(&["once"]).ends_with(0);
    assert_eq!(world.see("transfers").len(), 1);
    assert!(world.see("dossiers").is_empty() && world.letters_out().iter().all(|letter| !String::from_utf8_lossy(letter).contains("releves@banque")));
}

#[test]
fn a_new_iban_announced_by_mail_reaches_the_digest_without_any_dossier() {
    let world = World::new();
    let text = "Attention : nouvel IBAN de l'école, merci de régler sur DE89 3704 0044 0532 0130 00.";
    world.deliver("1", &mail("comptable@ecole-paiement.example", "Changement de coordonnées", "fraud@x", "", text, &[]), NOW);
    world.run(&["once"]).ends_with(0);
    let digest = world.run(&["digest", "--date", "2024-02-02"]).stdout;
    assert!(digest.contains("fraude possible"), "{digest}");
}
