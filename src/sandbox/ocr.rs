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
/// Below this mean confidence, or above this share of doubtful letters, a page is looked at again.
const CONFIDENCE_MIN: f32 = 0.66;
const DOUBTFUL_MAX: f32 = 0.4;

/// What became of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum OcrOutcome {
    /// The text may be empty; `confidence` is the engine's, 0 to 1.
    Read { text: String, confidence: f32 },
    /// Time-out, crash, or no output.
    Failed,
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
        let Some(mut best) = self.words(picture, &self.latin(), deadline) else { return OcrOutcome::Failed };
        if best.letters < 12 || best.confidence < CONFIDENCE_MIN || best.doubtful > DOUBTFUL_MAX {
            self.look_again(picture, &mut best, deadline);
        }
        OcrOutcome::Read { text: best.text, confidence: best.confidence }
    }

    fn look_again(&self, picture: &PagePicture, best: &mut PageWords, deadline: Instant) {
        let seen = if self.has("osd") { self.orientation_and_script(picture, deadline) } else { None };
        let (turn, script) = seen.unwrap_or((if picture.hints.maybe_upside_down { 180 } else { 0 }, String::new()));
        let turned = turned(picture, turn);
        let picture = turned.as_ref().unwrap_or(picture);
        let packs = match script.as_str() {
            "Arabic" => self.packs(&["ara", "fas", "fra"]),
            "Cyrillic" => self.packs(&["rus", "ukr", "bul"]),
            "Han" | "HanS" | "HanT" | "Japanese" | "Hiragana" | "Katakana" | "Hangul" | "Korean" => self.packs(&["chi_sim", "chi_tra", "jpn", "kor"]),
            "Greek" => self.packs(&["ell"]),
            "Hebrew" => self.packs(&["heb"]),
            "Thai" => self.packs(&["tha"]),
            _ => None,
        };
        let foreign = packs.is_some();
        if turned.is_none() && !foreign {
            return;
        }
        let Some(again) = self.words(picture, &packs.unwrap_or_else(|| self.latin()), deadline) else { return };
        // Letters of the wrong script come with some confidence too, so the right one need only be no worse.
        let margin = if foreign { -0.05 } else { 0.03 };
        if again.confidence >= best.confidence + margin && again.letters * 2 >= best.letters.min(80) {
            *best = again;
        }
    }

    /// How the page is turned (degrees clockwise to make it upright) and its script, when the engine is fairly sure of either.
    fn orientation_and_script(&self, picture: &PagePicture, deadline: Instant) -> Option<(u32, String)> {
        let output = self.run(picture, &["-", "-", "--psm", "0", "-l", "osd"], deadline)?;
        let value = |name: &str| output.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim_start_matches(':').trim().to_owned());
        let sure = |name: &str, least: f32| value(name).and_then(|value| value.parse::<f32>().ok()).is_some_and(|found| found >= least);
        let turn = if sure("Orientation confidence", 1.0) { value("Rotate").and_then(|turn| turn.parse().ok()).unwrap_or(0) } else { 0 };
        let script = if sure("Script confidence", 0.5) { value("Script").unwrap_or_default() } else { String::new() };
        Some((turn, script))
    }

    fn words(&self, picture: &PagePicture, packs: &str, deadline: Instant) -> Option<PageWords> {
        let output =
            self.run(picture, &["-", "-", "-l", packs, "--oem", "1", "--psm", "3", "--dpi", "150", "-c", "tessedit_do_invert=0", "tsv"], deadline)?;
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

fn turned(picture: &PagePicture, degrees: u32) -> Option<PagePicture> {
    match degrees {
        180 => Some(prepare::upside_down(picture)),
        90 => prepare::quarter_turn(picture),
        270 => prepare::quarter_turn(&prepare::upside_down(picture)),
        _ => None,
    }
}
