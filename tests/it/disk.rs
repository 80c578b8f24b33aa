//! The daemon when its disk fails under it: it takes no more mail, says so, lives on, and goes on when it can write again.

use std::fs;
use std::time::{Duration, Instant};

use crate::big_day::{Daemon, count};
use crate::steps::{Page, shim};
use crate::world::{World, season_mail};

const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const PATIENCE: Duration = Duration::from_secs(120);
const ARRIVAL: &str = "2024-02-01T09:00:00+01:00";

/// A daemon whose data folder obeys the page.
fn start(world: &World) -> (Daemon, Page) {
    let shim = shim(world.folder.path());
    let page = Page::new(&world.path("page"));
    let daemon = Daemon::start_with(world, |command| {
        command.env("LD_PRELOAD", shim).env("STEPS_PAGE", &page.path).env("STEPS_FOLDER", world.path("data"));
    });
    (daemon, page)
}

fn fails_and_recovers(errno: i32, says: &str) {
    let world = World::new();
    world.deliver("1", &season_mail("003-all-in-one-go.eml"), ARRIVAL);
    let (mut daemon, page) = start(&world);
    daemon.wait_until("the first letter", PATIENCE, || world.letters_out().len() == 1);
    daemon.wait_until("its row", PATIENCE, || count(&world, "outbox WHERE state = 'sent'") == 1);

    page.fail_from(0, errno);
    world.deliver("2", &season_mail("007-one-big-pdf.eml"), ARRIVAL);
    world.deliver("3", &season_mail("022-truncated-zip.eml"), ARRIVAL);
    daemon.wait_until("the word about the disk", PATIENCE, || daemon_says(&world, says));
    assert_eq!(count(&world, "mail"), 1, "a mail was taken although nothing can be written");
    assert_eq!(world.letters_out().len(), 1);
    assert!(page.report().n_faults > 0);

    page.fail_from(0, 0);
    daemon.wait_until("the other letters", PATIENCE, || world.letters_out().len() == 3);
    daemon.wait_until("the word about room", PATIENCE, || daemon_says(&world, "there is room on the disk again"));
    assert_eq!(daemon.stop().code(), Some(0), "{}", daemon.log());
    assert_eq!(world.see("mails").len(), 3);
    let drafts = world.path("data/blobs/drafts");
    assert_eq!(fs::read_dir(drafts).unwrap().count(), 0, "something half written is left");
}

fn daemon_says(world: &World, words: &str) -> bool {
    fs::read_to_string(world.path("daemon.log")).unwrap().contains(words)
}

#[test]
fn a_disk_that_fills_up_under_the_daemon_stops_the_taking_of_mail_and_no_more() {
    fails_and_recovers(ENOSPC, "no more mail is taken");
}

#[test]
fn a_disk_that_becomes_read_only_stops_the_taking_of_mail_and_no_more() {
    fails_and_recovers(EROFS, "no more mail is taken");
}

#[test]
fn a_slow_disk_delays_and_nothing_else() {
    let world = World::new();
    let (mut daemon, page) = start(&world);
    page.delay_flushes(60);
    for (name, file) in [("1", "003-all-in-one-go.eml"), ("2", "007-one-big-pdf.eml"), ("3", "005-question-only.eml")] {
        world.deliver(name, &season_mail(file), ARRIVAL);
    }
    let begun = Instant::now();
    daemon.wait_until("the letters", PATIENCE, || count(&world, "outbox WHERE state = 'sent'") == 2);
    println!("{:.1} s with {} flushes of 60 ms", begun.elapsed().as_secs_f64(), page.report().by_kind[1]);
    assert_eq!(daemon.stop().code(), Some(0), "{}", daemon.log());
    assert_eq!(world.letters_out().len(), 2);
}
