//! The OCR engine: tesseract as a program on PATH, fed one gray picture at a time, its time and output capped.
//!
//! The first run uses French and English together, which also serves the other languages in Latin letters. Only when the engine itself
//! doubts what it read are the script and the orientation looked into, and the page read again accordingly.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Instant;

use super::confine::set_limit;
use super::table::{PageWords, parse};
use crate::intake::inspect::{PagePicture, prepare};

/// What the engine may write about one page.
const OUTPUT_BYTES_MAX: u64 = 16 << 20;
/// What the engine may allocate.
const ENGINE_BYTES_MAX: u64 = 1_500 << 20;
/// Below this mean confidence a page is looked at again.
const CONFIDENCE_MIN: f32 = 0.6;
/// Below this mean confidence the page may be on its head.
const CONFIDENCE_UPRIGHT: f32 = 0.5;
/// Below this mean confidence the script may be another one.
const CONFIDENCE_LATIN: f32 = 0.72;
/// From this confidence on the engine's word about the script is taken (its scale is open; clear pages reach 5 to 20).
const SCRIPT_CONFIDENCE_MIN: f32 = 1.0;
/// A page on which fewer of its letters than this share were surely read is looked at again.
const SURE_SHARE_MIN: f32 = 0.45;

/// What became of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum OcrOutcome {
    /// The text may be empty; `confidence` is the engine's, 0 to 1.
    Read { text: String, confidence: f32 },
    /// Time-out, crash, or no output.
    Failed,
}

/// What the engine should make of the page's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Automatic,
    /// Everything in one block, row by row: loses columns, but nothing in tables and on cards.
    OneBlock,
}

/// A script other than Latin.
enum Script {
    /// The packs to read it with.
    Packs(String),
    NotInstalled,
}

/// Whether enough of the page was read, with enough confidence.
fn is_satisfying(words: &PageWords, picture: &PagePicture) -> bool {
    words.letters >= 12 && words.confidence >= CONFIDENCE_MIN && words.sure_letters as f32 >= SURE_SHARE_MIN * picture.hints.letters as f32
}

/// The engine as found.
pub struct OcrEngine {
    version: String,
    languages: Vec<String>,
}

impl OcrEngine {
    /// Looks for tesseract and its language packs.
    pub fn find() -> Option<OcrEngine> {
        let run = |argument: &str| {
            Command::new("tesseract")
                .arg(argument)
                .env("OMP_THREAD_LIMIT", "1")
                .stdin(Stdio::null())
                .output()
                .ok()
                .filter(|output| output.status.success())
        };
        let version = String::from_utf8_lossy(&run("--version")?.stdout).lines().next().unwrap_or("tesseract").trim().to_owned();
        let listed = run("--list-langs")?;
        let mut languages: Vec<String> =
            String::from_utf8_lossy(&listed.stdout).lines().skip(1).map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        languages.sort();
        languages.iter().any(|language| language != "osd").then_some(OcrEngine { version, languages })
    }

    /// The program's name and version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The installed language packs, sorted.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    fn has(&self, language: &str) -> bool {
        self.languages.iter().any(|installed| installed == language)
    }

    /// Those of the wanted packs that are installed, joined as the engine wants them.
    fn packs(&self, wanted: &[&str]) -> Option<String> {
        let installed: Vec<&str> = wanted.iter().copied().filter(|language| self.has(language)).collect();
        (!installed.is_empty()).then(|| installed.join("+"))
    }

    fn latin(&self) -> String {
        let other = || self.languages.iter().find(|language| *language != "osd").cloned();
        self.packs(&["fra"]).or_else(|| self.packs(&["eng"])).or_else(other).unwrap_or_default()
    }

    /// Reads a page.
    pub fn read(&self, picture: &PagePicture, deadline: Instant) -> OcrOutcome {
        let Some(first) = self.words(picture, &self.latin(), Layout::Automatic, deadline) else { return OcrOutcome::Failed };
        let best = if is_satisfying(&first, picture) { first } else { self.look_again(picture, first, deadline) };
        OcrOutcome::Read { text: best.text, confidence: best.confidence }
    }

    /// Tries what may have gone wrong, the likeliest first: on its head, another script, a layout that was not understood.
    fn look_again(&self, picture: &PagePicture, first: PageWords, deadline: Instant) -> PageWords {
        let mut best = first;
        let mut turned = None;
        if best.confidence < CONFIDENCE_UPRIGHT || picture.hints.maybe_upside_down {
            let other_way = prepare::upside_down(picture);
            if let Some(again) = self.words(&other_way, &self.latin(), Layout::Automatic, deadline).filter(|again| again.is_surer_than(&best)) {
                (best, turned) = (again, Some(other_way));
            }
        }
        let picture = turned.as_ref().unwrap_or(picture);
        if best.confidence < CONFIDENCE_LATIN {
            match self.script(picture, deadline) {
                Some(Script::Packs(packs)) => {
                    // The wrong letters come with some confidence too, so the right ones need only be no fewer.
                    let again = self.words(picture, &packs, Layout::Automatic, deadline);
                    if let Some(again) =
                        again.filter(|again| again.sure_letters + 10 >= best.sure_letters && again.confidence > best.confidence - 0.05)
                    {
                        return again;
                    }
                }
                // Latin letters for signs of another script are noise, and noise misleads whoever reads on.
                Some(Script::NotInstalled) if best.confidence < CONFIDENCE_UPRIGHT => return PageWords::default(),
                _ => {}
            }
        }
        if !is_satisfying(&best, picture) {
            let again = self.words(picture, &self.latin(), Layout::OneBlock, deadline);
            if let Some(again) = again.filter(|again| again.is_surer_than(&best)) {
                best = again;
            }
        }
        best
    }

    /// The script of a page, unless it is Latin or the engine cannot tell.
    fn script(&self, picture: &PagePicture, deadline: Instant) -> Option<Script> {
        if !self.has("osd") {
            return None;
        }
        let output = self.run(picture, &["-", "-", "--psm", "0", "-l", "osd"], deadline)?;
        let value = |name: &str| output.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim_start_matches(':').trim().to_owned());
        let confidence: f32 = value("Script confidence")?.parse().ok()?;
        if confidence < SCRIPT_CONFIDENCE_MIN {
            return None;
        }
        let wanted: &[&str] = match value("Script")?.as_str() {
            "Arabic" => &["ara", "fas", "fra"],
            "Cyrillic" => &["rus", "ukr", "bul"],
            "Han" | "HanS" | "HanT" => &["chi_sim", "chi_tra"],
            "Japanese" | "Hiragana" | "Katakana" => &["jpn"],
            "Hangul" | "Korean" => &["kor"],
            "Greek" => &["ell"],
            "Hebrew" => &["heb"],
            "Thai" => &["tha"],
            _ => return None,
        };
        let own_pack = wanted.iter().take(2).any(|language| *language != "fra" && self.has(language));
        Some(if own_pack { self.packs(wanted).map_or(Script::NotInstalled, Script::Packs) } else { Script::NotInstalled })
    }

    fn words(&self, picture: &PagePicture, packs: &str, layout: Layout, deadline: Instant) -> Option<PageWords> {
        let mode = match layout {
            Layout::Automatic => "3",
            Layout::OneBlock => "6",
        };
        let output =
            self.run(picture, &["-", "-", "-l", packs, "--oem", "1", "--psm", mode, "--dpi", "150", "-c", "tessedit_do_invert=0", "tsv"], deadline)?;
        Some(parse(&output))
    }

    /// Runs the engine on one picture, within the deadline and [`OUTPUT_BYTES_MAX`].
    fn run(&self, picture: &PagePicture, arguments: &[&str], deadline: Instant) -> Option<String> {
        let mut command = Command::new("tesseract");
        command.args(arguments).env("OMP_THREAD_LIMIT", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        limit(&mut command);
        let mut child = command.spawn().ok()?;
        let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
        let (sender, received) = channel();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                let header = format!("P5\n{} {}\n255\n", picture.width, picture.height);
                // An engine that closes its input early is judged by its output.
                stdin.write_all(header.as_bytes()).and_then(|()| stdin.write_all(&picture.pixels)).ok();
            });
            scope.spawn(move || {
                let mut output = Vec::new();
                let complete = stdout.take(OUTPUT_BYTES_MAX).read_to_end(&mut output).is_ok();
                sender.send(complete.then_some(output)).ok();
            });
            let output = received.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok().flatten();
            end(&mut child, output.is_some());
            output
        })?;
        Some(String::from_utf8_lossy(&output).into_owned()).filter(|output| !output.is_empty())
    }
}

/// Waits for a program that has closed its output, or kills it.
fn end(child: &mut Child, finished: bool) {
    if !finished {
        child.kill().ok();
    }
    child.wait().ok();
}

/// Caps the memory of the engine and forbids it to write files.
#[allow(unsafe_code)]
fn limit(command: &mut Command) {
    // SAFETY: between fork and exec the closure only calls setrlimit(2), which is async-signal-safe and allocates nothing.
    unsafe {
        command.pre_exec(|| {
            set_limit(libc::RLIMIT_AS, ENGINE_BYTES_MAX, ENGINE_BYTES_MAX);
            set_limit(libc::RLIMIT_FSIZE, 0, 0);
            set_limit(libc::RLIMIT_CORE, 0, 0);
            Ok(())
        });
    }
}
