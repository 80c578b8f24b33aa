//! Many small mails from a server that is 40 ms away, beside one pipelined command that fetches them all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use guichet::tasks::receive;

use crate::Measure;
use crate::big_day::fill;
use crate::mails::address;
use crate::servers::dovecot::Dovecot;
use crate::throughput::{office, runtime};
use crate::world::mail;

const N_MAILS: usize = 5_000;
const ONE_WAY: Duration = Duration::from_millis(20);
const ROUNDS: usize = 3;

/// Passes everything to the server's port, each piece 20 ms later than it came. It lives as long as the program.
fn far_away(server_port: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(("127.0.0.1", server_port)).unwrap();
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            late(client.try_clone().unwrap(), server.try_clone().unwrap());
            late(server, client);
        }
    });
    port
}

fn late(mut from: TcpStream, mut to: TcpStream) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if sender.send((Instant::now() + ONE_WAY, buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        for (due, piece) in pieces {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        to.shutdown(std::net::Shutdown::Both).ok();
    });
}

/// One command for everything, read to its end and thrown away.
fn one_set(port: u16) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"a LOGIN ms secret\r\nb EXAMINE INBOX\r\nc UID FETCH 1:* (UID RFC822.SIZE INTERNALDATE BODY.PEEK[])\r\n").unwrap();
    let mut end: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    while !end.windows(6).any(|bytes| bytes == b"\nc OK ") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed");
        let old = end.len().saturating_sub(8);
        end.drain(..old);
        end.extend(&buffer[..read]);
    }
    begun.elapsed()
}

fn receive_all(port: u16) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let office = office(folder.path(), "ms", port);
    let begun = Instant::now();
    let received = runtime().block_on(receive::step(&office)).unwrap();
    let took = begun.elapsed();
    assert_eq!(received.n_new, N_MAILS);
    took
}

pub fn small_mails_far_away() -> Vec<Measure> {
    let dovecot = Dovecot::start();
    let question = |number: usize| {
        let text = format!("Bonjour,\r\n\r\nPouvez-vous me dire quand se réunit le jury ? Ma question porte le numéro {number}.\r\n\r\nMerci.\r\n");
        mail(&format!("Curieux <{}>", address(number)), "Question", &format!("question-{number}@courriel.example"), "", &text, &[])
    };
    fill(&dovecot, "ms", (0..N_MAILS).map(question));
    let port = far_away(dovecot.port);
    one_set(port);
    let mut times: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(receive_all(port).as_secs_f64());
        times[1].push(one_set(port).as_secs_f64());
    }
    let [received, set] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!("  receive {received:.2} s, one set {set:.2} s");
    vec![Measure { what: "5,000 small mails 40 ms away ÷ one pipelined set".to_owned(), value: received / set, at_most: 3.0, unit: "×" }]
}
