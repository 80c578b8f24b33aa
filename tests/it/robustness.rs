//! Bad mail, a full disk, a program that is killed: each ends as a named finding or a clear error, nothing is lost, and the next mail is processed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::{Compress, Compression, Crc, FlushCompress, write::DeflateEncoder};
use serde_json::Value;

use crate::world::{World, attachments, copy_folder, files_in, guichet, mail, season_mail};

const ARRIVAL: &str = "2024-02-01T09:00:00+01:00";

/// The seven pieces of one candidate, read without an OCR engine.
fn pieces() -> Vec<(String, Vec<u8>)> {
    let (_, archive) = attachments(&season_mail("003-all-in-one-go.eml")).remove(0);
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let extension = entry.name().unwrap().rsplit('.').next().unwrap().to_owned();
            let mut contents = Vec::new();
            entry.read_to_end(&mut contents).unwrap();
            (format!("piece-{index}.{extension}"), contents)
        })
        .collect()
}

/// Bytes without any order, the same at each run.
fn noise(seed: u64, size_bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..size_bytes).map(|_| random.u8(..)).collect()
}

/// A ZIP archive (PKWARE APPNOTE) of one entry that was deflated already.
fn zip_of_deflated(name: &str, deflated: &[u8], checksum: u32, size_bytes: u32) -> Vec<u8> {
    let half = |value: u16| value.to_le_bytes().to_vec();
    let word = |value: u32| value.to_le_bytes().to_vec();
    let packed = u32::try_from(deflated.len()).unwrap();
    let common =
        [half(20), half(0), half(8), half(0), half(0x5741), word(checksum), word(packed), word(size_bytes), half(name.len() as u16), half(0)];
    let local = [word(0x0403_4b50), common.concat(), name.as_bytes().to_vec(), deflated.to_vec()].concat();
    let central = [word(0x0201_4b50), half(20), common.concat(), half(0), half(0), half(0), word(0), word(0), name.as_bytes().to_vec()].concat();
    let sizes = [word(central.len() as u32), word(local.len() as u32), half(0)].concat();
    let end = [word(0x0605_4b50), half(0), half(0), half(1), half(1), sizes].concat();
    [local, central, end].concat()
}

/// Four gigabytes of zeros in an archive in an archive of a few kilobytes.
fn bomb() -> Vec<u8> {
    const MEBIBYTES: u32 = 4095;
    let zeros = vec![0; 1 << 20];
    let (mut checksum, mut piece_checksum) = (Crc::new(), Crc::new());
    piece_checksum.update(&zeros);
    for _ in 0..MEBIBYTES {
        checksum.combine(&piece_checksum);
    }
    let mut deflate = Compress::new(Compression::best(), false);
    let mut piece = Vec::with_capacity(1 << 16);
    deflate.compress_vec(&zeros, &mut piece, FlushCompress::Full).unwrap();
    assert_eq!(deflate.total_in(), zeros.len() as u64);
    let mut end = Vec::with_capacity(64);
    deflate.compress_vec(&[], &mut end, FlushCompress::Finish).unwrap();
    let inner = zip_of_deflated("zeros.pdf", &[piece.repeat(MEBIBYTES as usize), end].concat(), checksum.sum(), MEBIBYTES << 20);
    let mut outer = DeflateEncoder::new(Vec::new(), Compression::best());
    outer.write_all(&inner).unwrap();
    let mut checksum = Crc::new();
    checksum.update(&inner);
    zip_of_deflated("dossier.zip", &outer.finish().unwrap(), checksum.sum(), inner.len() as u32)
}

fn application(who: &str, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let text = format!("Bonjour,\r\n\r\nVoici mon dossier de candidature.\r\n\r\n{who} Petit\r\n");
    mail(&format!("{who} Petit <{who}@courriel.example>"), "Candidature", &format!("{who}@courriel.example"), "", &text, files)
}

fn letters_by_recipient(world: &World) -> BTreeMap<String, Vec<Value>> {
    let mut letters: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for letter in world.see("letters") {
        letters.entry(letter["to"].as_str().unwrap().to_owned()).or_default().push(letter);
    }
    letters
}

#[test]
fn bad_mails_end_as_findings_and_the_next_is_processed() {
    let world = World::new();
    let mut many: Vec<_> = (0..113).map(|index| (format!("annexe-{index}.pdf"), [b"%PDF-1.4\n".to_vec(), noise(index, 290_000)].concat())).collect();
    many.extend(pieces());
    let large = application("large", &many);
    assert!(large.len() > 44_000_000 && many.len() == 120);
    let bomb = bomb();
    assert!(bomb.len() <= 42_000, "{}", bomb.len());
    let good = season_mail("003-all-in-one-go.eml");
    let mails: [(&str, Vec<u8>); 8] = [
        ("1.large", large),
        ("2.empty", Vec::new()),
        ("3.noise", noise(7, 200_000)),
        ("4.header", b"Subject: ".to_vec()),
        ("5.bomb", application("bomb", &[("dossier.zip".to_owned(), bomb.clone())])),
        ("6.cut", application("cut", &pieces())[..60_000].to_vec()),
        ("7.good", good.clone()),
        ("8.same", good),
    ];
    for (name, bytes) in &mails {
        world.deliver(name, bytes, ARRIVAL);
    }
    world.run(&["once"]).ends_with(0);

    let rows = world.see("mails");
    assert_eq!(rows.len(), mails.len());
    let states: Vec<&str> = rows.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states[..7], ["processed"; 7]);
    assert_eq!(states[7], "duplicate", "the same mail under another name");
    for place in [1, 2] {
        assert_eq!(rows[place]["class"], "unreadable", "{}", mails[place].0);
    }
    for place in [1, 2, 3] {
        assert_eq!(rows[place]["answered_by"], Value::Null, "{}", mails[place].0);
    }
    let explained = guichet(&["explain", "mail", world.path("in/new/2.empty").to_str().unwrap(), "--json"]).ends_with(0).json();
    assert_eq!(explained[0]["findings"][0], "mail_unreadable");

    let dossiers = world.see("dossiers");
    let of = |address: &str| dossiers.iter().find(|dossier| dossier["candidate"]["addresses"][0] == address).unwrap();
    let large = of("large@courriel.example");
    assert_eq!(large["missing"], serde_json::json!([]), "the pieces between the broken files count");
    // The mail that was cut is about the same person, so its last, broken piece lies in the same dossier.
    assert_eq!(large["unreadable"].as_array().unwrap().len(), 114);
    let letters = letters_by_recipient(&world);
    assert_eq!(letters["bomb@courriel.example"][0]["kind"], "archive_problem");
    assert_eq!(letters["maelle.kerbrat@courriel.example"].len(), 1, "the same mail twice is answered once");

    let file = world.path("bomb.zip");
    fs::write(&file, bomb).unwrap();
    let explained = guichet(&["explain", "archive", file.to_str().unwrap(), "--json"]).ends_with(0).json();
    let reason = explained[0]["findings"][0]["reason"].as_str().unwrap();
    assert!(["archive_bomb", "archive_too_large", "entry_too_large", "archive_too_slow"].contains(&reason), "{}", explained[0]);
}

#[test]
fn a_password_that_follows_opens_the_archive_that_waited() {
    let world = World::new();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in pieces() {
        let options = zip::write::SimpleFileOptions::default().with_aes_encryption(zip::AesMode::Aes256, "Tulipe-4821");
        writer.start_file(name, options).unwrap();
        writer.write_all(&contents).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    world.deliver("1.locked", &application("nora", &[("dossier.zip".to_owned(), archive)]), ARRIVAL);
    world.run(&["once"]).ends_with(0);
    let [dossier] = &world.see("dossiers")[..] else { panic!("not one dossier") };
    assert_eq!(dossier["missing"].as_array().unwrap().len(), 7);
    let letters = world.see("letters");
    assert_eq!(letters[0]["kind"], "archive_problem");

    // As a mail program answers: our letter's Message-ID in the headers, its subject after "Re:".
    let headers = format!("In-Reply-To: <{0}>\r\nReferences: <{0}>\r\n", letters[0]["message_id"].as_str().unwrap());
    let subject = format!("Re: {}", letters[0]["subject"].as_str().unwrap());
    let text = "Bonjour,\r\n\r\nLe mot de passe est : Tulipe-4821\r\n\r\nNora Petit\r\n";
    let reply = mail("Nora Petit <nora@courriel.example>", &ascii(&subject), "reply@courriel.example", &headers, text, &[]);
    world.deliver("2.reply", &reply, "2024-02-01T09:30:00+01:00");
    world.run(&["once"]).ends_with(0);
    let [dossier] = &world.see("dossiers")[..] else { panic!("not one dossier") };
    assert_eq!(dossier["missing"], serde_json::json!([]), "{dossier}");
    assert_eq!(dossier["documents"].as_array().unwrap().len(), 7);
    assert_eq!(world.see("letters").len(), 2);
}

/// Header text without what RFC 2047 would have to encode.
fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii).collect()
}

/// A small disk of its own; only root can make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, size_kib: u32) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let status =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size_kib}k"), "tmpfs"]).arg(folder).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }

    fn make_room(&self) {
        let status = Command::new("mount").args(["-o", "remount,size=600m"]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_is_a_clear_error_and_nothing_is_lost() {
    let mut n_full = 0;
    // Usually nothing is fetched while little room is left; without that reserve the disk is full in the middle of something.
    for (size_kib, reserve) in [(64, 0), (300, 0), (500, 0), (700, 0), (1000, 0), (1500, 0), (2500, 0), (20_000, 256 << 20)] {
        let wire =
            format!("[mailbox]\nkind = \"maildir\"\npath = \"in\"\nfree_bytes_min = {reserve}\n[outgoing]\nkind = \"maildir\"\npath = \"out\"\n");
        let world = World::with(&wire).without_check_at_end();
        let Some(disk) = SmallDisk::mount(&world.path("data"), size_kib) else {
            eprintln!("no small disk can be mounted here (root is needed): only a data folder that cannot be written is tried");
            return a_data_folder_that_cannot_be_used_is_a_clear_error();
        };
        for (name, file) in [("1", "003-all-in-one-go.eml"), ("2", "004-phone-pictures.eml"), ("3", "007-one-big-pdf.eml")] {
            world.deliver(name, &season_mail(file), ARRIVAL);
        }
        let outcome = world.run(&["once"]);
        assert!(reserve == 0 || outcome.status != Some(0), "the reserve was used up");
        if outcome.status != Some(0) {
            n_full += 1;
            assert_eq!(outcome.status, Some(1), "{size_kib} KiB: {}", outcome.stderr);
            let says = outcome.stderr.to_lowercase();
            let clear = ["no space left", "disk is full", "disk i/o error", "out of memory", "no room on the data disk"]
                .iter()
                .any(|words| says.contains(words));
            assert!(clear && !says.contains("panicked"), "{size_kib} KiB: {}", outcome.stderr);
        }
        disk.make_room();
        world.run(&["once"]).ends_with(0);
        world.verify();
        assert_eq!(world.see("mails").len(), 3);
        let letters = world.see("letters");
        assert_eq!(letters.len(), 3, "{size_kib} KiB: {letters:?}");
        assert_eq!(world.letters_out().len(), 3);
    }
    assert!(n_full >= 2, "the disks were too large for this test");
}

fn a_data_folder_that_cannot_be_used_is_a_clear_error() {
    let world = World::new();
    world.deliver("1", &season_mail("003-all-in-one-go.eml"), ARRIVAL);
    fs::write(world.path("data"), "a file where the folder should be").unwrap();
    let outcome = world.run(&["once"]);
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stderr.contains("data folder"), "{}", outcome.stderr);
    fs::remove_file(world.path("data")).unwrap();
    world.run(&["once"]).ends_with(0);
    assert_eq!(world.letters_out().len(), 1);
}

const KILLED: [&str; 5] =
    ["001-degree-in-progress.eml", "003-all-in-one-go.eml", "007-one-big-pdf.eml", "016-password-in-the-mail.eml", "022-truncated-zip.eml"];

/// A world whose installation secret is that of `base`, so that its letters are the same.
fn world_like(base: &Path) -> World {
    let world = World::new().without_check_at_end();
    copy_folder(base, &world.path("data"));
    for file in KILLED {
        world.deliver(file, &season_mail(file), ARRIVAL);
    }
    world
}

#[test]
fn killed_at_any_moment_the_program_goes_on_where_it_was() {
    let beginning = World::new();
    beginning.run(&["once"]).ends_with(0);
    let base = beginning.path("data");
    let undisturbed = world_like(&base);
    let started = Instant::now();
    undisturbed.run(&["once"]).ends_with(0);
    let took = started.elapsed();
    let wanted = undisturbed.letters_out();
    assert_eq!(wanted.len(), KILLED.len());

    for round in 1..=8_u32 {
        let world = world_like(&base);
        let mut killed = world.command(&["once"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The moment of death is what varies here; nothing is waited for.
        std::thread::sleep(took.mul_f64(f64::from(round) / 9.0).max(Duration::from_millis(5)));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let outcome = world.run(&["once"]);
        let letters = world.see("letters");
        let in_doubt = letters.iter().filter(|letter| letter["state"] == "in_doubt").count();
        assert_eq!(outcome.status, Some(i32::from(in_doubt > 0)), "round {round}: {}", outcome.stderr);
        assert!(in_doubt <= 1, "round {round}: one letter is handed over at a time");
        assert_eq!(letters.len(), wanted.len(), "round {round}");
        let found = files_in(&world.path("out/new"));
        let mut rest = wanted.clone();
        for letter in &found {
            let place = rest.iter().position(|wanted| wanted == letter).unwrap_or_else(|| panic!("round {round}: a letter twice, or another letter"));
            rest.remove(place);
        }
        assert!(rest.len() <= in_doubt, "round {round}: {} letters never left", rest.len());
        if in_doubt == 0 {
            world.verify();
        }
    }
}
