//! The worker's side: gives up its rights, then answers requests until its input ends.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use super::confine;
use super::protocol::{OpenedFile, PictureShape, Reply, Request, read_message, write_message};
use crate::intake::inspect::{self, Opened};
use crate::intake::{mail, unpack};

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

fn serve(requests: &mut impl Read, replies: &mut impl Write) -> io::Result<()> {
    let mut seconds_max = 0;
    let mut open: Option<Opened> = None;
    while let Some((request, body)) = read_message::<Request>(requests)? {
        if seconds_max > 0 {
            confine::allow_cpu_seconds(seconds_max);
        }
        let start = if let Request::Start { memory_bytes_max, seconds_max: seconds } = request {
            seconds_max = seconds.saturating_mul(2).max(10);
            write_message(replies, &Reply::Started(confine::confine(memory_bytes_max)), &[])?;
            continue;
        } else {
            request
        };
        // The open file is dropped when a request on it panics half way only if that request was to open it.
        let outcome = catch_unwind(AssertUnwindSafe(|| answer(&start, &body, &mut open, replies)));
        match outcome {
            Ok(written) => written?,
            Err(_) => write_message(replies, &Reply::Panicked, &[])?,
        }
    }
    Ok(())
}

fn answer(request: &Request, body: &[u8], open: &mut Option<Opened>, replies: &mut impl Write) -> io::Result<()> {
    match request {
        Request::Start { .. } => Ok(()),
        Request::ParseMail => parse_mail(body, replies),
        Request::Unpack { archive_name, passwords, limits } => unpack_archive(body, archive_name, passwords, limits, replies),
        Request::Open => {
            *open = None;
            let opened = inspect::open(body);
            let reply = OpenedFile {
                media_type: opened.media_type.to_owned(),
                readable: opened.readable,
                findings: opened.findings.clone(),
                pages: opened.page_count(),
                pictures: opened.picture_count(),
            };
            *open = Some(opened);
            write_message(replies, &Reply::Opened(reply), &[])
        }
        Request::Page { number } => {
            let opened = open.as_ref().map_or_else(|| inspect::empty_page(*number), |file| file.page(*number));
            let (shape, pixels) = match opened.picture {
                Some(picture) => (Some(PictureShape { width: picture.width, height: picture.height, hints: picture.hints }), picture.pixels),
                None => (None, Vec::new()),
            };
            write_message(replies, &Reply::Page { page: opened.page, findings: opened.findings, picture: shape }, &pixels)
        }
    }
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
