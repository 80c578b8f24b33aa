//! The worker's side: gives up its rights, then answers requests until its input ends.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use super::confine;
use super::protocol::{OpenedFile, PictureShape, Reply, Request, read_message, write_message};
use crate::intake::inspect::{self, Opened};
use crate::intake::reread::{GrayPage, Rereader};
use crate::intake::{mail, unpack};
use crate::jury::{Dossier, Files, candidate_pdf};

/// The body of `guichet sandbox-worker`. Speaks the protocol of this module on standard input and output; nothing for people.
pub fn worker_main() -> ExitCode {
    // A panic message may quote the file; it goes nowhere.
    std::panic::set_hook(Box::new(|_| {}));
    let mut requests = BufReader::with_capacity(64 << 10, io::stdin().lock());
    let mut replies = BufWriter::with_capacity(64 << 10, io::stdout().lock());
    match serve(&mut requests, &mut replies) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What a worker holds between two requests.
#[derive(Default)]
struct Held {
    /// Processor time of one request.
    seconds_max: u32,
    open: Option<Opened>,
    /// The second OCR engine: its first network until the second has come, then both.
    line_finder: Vec<u8>,
    rereader: Option<Rereader>,
    /// Files of the next dossier.
    files: Files,
}

fn serve(requests: &mut impl Read, replies: &mut impl Write) -> io::Result<()> {
    let mut held = Held::default();
    while let Some((request, body)) = read_message::<Request>(requests)? {
        if held.seconds_max > 0 {
            confine::allow_cpu_seconds(held.seconds_max);
        }
        if let Request::Start { memory_bytes_max, seconds_max } = request {
            held.seconds_max = seconds_max.saturating_mul(2).max(10);
            write_message(replies, &Reply::Started(confine::confine(memory_bytes_max)), &[])?;
            continue;
        }
        // The open file is dropped when a request on it panics half way only if that request was to open it.
        let outcome = catch_unwind(AssertUnwindSafe(|| answer(request, body, &mut held, replies)));
        match outcome {
            Ok(written) => written?,
            Err(_) => write_message(replies, &Reply::Panicked, &[])?,
        }
    }
    Ok(())
}

fn answer(request: Request, body: Vec<u8>, held: &mut Held, replies: &mut impl Write) -> io::Result<()> {
    match request {
        Request::Start { .. } => Ok(()),
        Request::ParseMail => parse_mail(&body, replies),
        Request::Unpack { archive_name, passwords, limits } => unpack_archive(&body, &archive_name, &passwords, &limits, replies),
        Request::Open => {
            held.open = None;
            let opened = inspect::open(&body);
            let reply = OpenedFile {
                media_type: opened.media_type.to_owned(),
                readable: opened.readable,
                findings: opened.findings.clone(),
                pages: opened.page_count(),
                pictures: opened.picture_count(),
            };
            held.open = Some(opened);
            write_message(replies, &Reply::Opened(reply), &[])
        }
        Request::Page { number } => {
            let opened = held.open.as_ref().map_or_else(|| inspect::empty_page(number), |file| file.page(number));
            let (shape, pixels) = match opened.picture {
                Some(picture) => (Some(PictureShape { width: picture.width, height: picture.height, hints: picture.hints }), picture.pixels),
                None => (None, Vec::new()),
            };
            write_message(replies, &Reply::Page { page: opened.page, findings: opened.findings, picture: shape }, &pixels)
        }
        Request::LineFinder => {
            held.line_finder = body;
            Ok(())
        }
        Request::LineReader => {
            stay_on_this_thread();
            held.rereader = Rereader::load(std::mem::take(&mut held.line_finder), body);
            write_message(replies, &Reply::RereaderReady(held.rereader.is_some()), &[])
        }
        Request::Reread { width, height } => {
            let page = GrayPage { width: width as usize, height: height as usize, pixels: &body };
            let table = held.rereader.as_ref().and_then(|rereader| rereader.read(page)).unwrap_or_default();
            write_message(replies, &Reply::Reread, table.as_bytes())
        }
        Request::JuryFile { sha256 } => {
            held.open = None;
            held.files.insert(sha256, Arc::new(body));
            Ok(())
        }
        Request::JuryDossier { dossier } => jury_dossier(&dossier, std::mem::take(&mut held.files), held.seconds_max, replies),
    }
}

/// A worker may start no thread: what would spread the networks' work over several keeps to this one, so its order never varies either.
fn stay_on_this_thread() {
    // An error says that this was done before.
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().ok();
}

/// Announces each stage before it begins: what ends this process is the last that was announced.
fn jury_dossier(dossier: &Dossier, files: Files, seconds_max: u32, replies: &mut impl Write) -> io::Result<()> {
    const PART_BYTES: usize = 1 << 20;
    let mut failed = None;
    let built = candidate_pdf(dossier, &files, &mut |stage| {
        confine::allow_cpu_seconds(seconds_max);
        if failed.is_none() {
            failed = write_message(replies, &Reply::JuryStage(stage), &[]).err();
        }
    });
    drop(files);
    let built = match (failed, built) {
        (Some(error), _) => return Err(error),
        // Nothing that a candidate sent makes this fail; whatever it was, the largest file is left out next.
        (None, Err(_)) => return write_message(replies, &Reply::Panicked, &[]),
        (None, Ok(built)) => built,
    };
    for part in built.bytes.chunks(PART_BYTES) {
        write_message(replies, &Reply::JuryPart, part)?;
    }
    write_message(replies, &Reply::JuryWritten { left_out: built.left_out }, &[])
}

fn parse_mail(body: &[u8], replies: &mut impl Write) -> io::Result<()> {
    let mut parsed = mail::parse(body);
    if let Ok(parsed) = &mut parsed {
        for attachment in &mut parsed.attachments {
            write_message(replies, &Reply::Attachment, &std::mem::take(&mut attachment.contents))?;
        }
    }
    write_message(replies, &Reply::Mail(parsed.map(Box::new)), &[])
}

fn unpack_archive(body: &[u8], archive_name: &str, passwords: &[String], limits: &unpack::UnpackLimits, replies: &mut impl Write) -> io::Result<()> {
    let mut failed = None;
    let unpacked = unpack::unpack(body, archive_name, passwords, limits, &mut |entry| {
        if failed.is_none() {
            failed = write_message(replies, &Reply::Entry { name: entry.name }, &entry.contents).err();
        }
    });
    match failed {
        Some(error) => Err(error),
        None => write_message(replies, &Reply::Unpacked(unpacked), &[]),
    }
}
