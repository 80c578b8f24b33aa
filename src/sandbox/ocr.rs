//! The OCR engine: tesseract as a program on PATH, fed one gray picture at a time, its time and output capped.
//!
//! The first run uses the French pack, which also serves the other languages in Latin letters. What it doubts is looked into: a page on its
//! head or side, lines in another script, a layout that was not understood, a machine-readable zone whose check digits do not hold.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Instant;

use super::confine::set_limit;
use super::second::SecondEngine;
use super::table::{PageWords, parse};
use crate::domain::language::Language;
use crate::intake::inspect::script::{LineBounds, looks_ideographic};
use crate::intake::inspect::{PagePicture, prepare};
use crate::intake::understand::facts::mrz;

/// What the engine may write about one page.
const OUTPUT_BYTES_MAX: u64 = 16 << 20;
/// What the engine may allocate.
const ENGINE_BYTES_MAX: u64 = 1_500 << 20;
/// Below this mean confidence a page is looked at again.
const CONFIDENCE_MIN: f32 = 0.6;
/// Below this mean confidence the second engine is asked, where it is installed: it takes some seconds.
const CONFIDENCE_WITHOUT_SECOND: f32 = 0.75;
/// Below this mean confidence the page may be on its head.
const CONFIDENCE_UPRIGHT: f32 = 0.5;
/// Below this mean confidence the page may lie on its side.
const CONFIDENCE_NOT_SIDEWAYS: f32 = 0.4;
/// Below this mean confidence the script may be another one.
const CONFIDENCE_LATIN: f32 = 0.72;
/// From this confidence on the engine's word about the script is taken (its scale is open; clear pages reach 5 to 20).
const SCRIPT_CONFIDENCE_MIN: f32 = 1.0;
/// The same where the script cannot be read here, and what was read is thrown away.
const SCRIPT_CONFIDENCE_UNREAD_MIN: f32 = 5.0;
/// Scripts whose letters hang from a line: cards with lines and patterns are taken for them, sometimes with confidence.
const SCRIPTS_SEEN_IN_PATTERNS: [&str; 7] = ["hi", "bn", "ta", "te", "gu", "kn", "ml"];
const SCRIPT_CONFIDENCE_IN_PATTERNS_MIN: f32 = 20.0;
/// The same for the way the page is turned.
const TURN_CONFIDENCE_MIN: f32 = 2.0;
/// A page on which fewer of its letters than this share were surely read is looked at again.
const SURE_SHARE_MIN: f32 = 0.45;
/// Lines in doubt may be in another script from this many letters and this share of the page on.
const DOUBTFUL_LETTERS_MIN: usize = 10;
const DOUBTFUL_SHARE_MIN: f32 = 0.14;
/// With more than this share in doubt the page is of one script or badly read throughout, and the engine's word on the script comes first.
const DOUBTFUL_SHARE_BESIDE_LATIN: f32 = 0.6;
/// Letters of another script that prove it, and the mean confidence they must have.
const FOREIGN_LETTERS_MIN: usize = 12;
const FOREIGN_CONFIDENCE_MIN: f32 = 0.55;
/// No holder of a document was born after this year; only the choice of a century hangs on it.
const LATEST_BIRTH: i32 = 2030;
/// A machine-readable zone is enlarged until its lines are this high (pixels).
const ZONE_LINE_PIXELS: u32 = 40;

/// What became of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum OcrOutcome {
    /// The text may be empty; `confidence` is the engine's, 0 to 1. `unread_script` is the likely language of a script that was
    /// recognised and that no installed pack reads.
    Read { text: String, confidence: f32, unread_script: Option<Language> },
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

/// What the engine makes of a page without reading it.
#[derive(Debug, Default)]
struct Orientation {
    /// Quarter turns, clockwise, that set the page upright; 0 unless the engine is sure.
    quarter_turns: u32,
    script: Option<&'static ScriptPacks>,
    script_confidence: f32,
}

/// The packs that read a script, its commonest language first.
#[derive(Debug)]
struct ScriptPacks {
    /// As the engine names it.
    names: &'static [&'static str],
    packs: &'static [&'static str],
    language: &'static str,
}

#[rustfmt::skip]
const SCRIPTS: [ScriptPacks; 19] = [
    ScriptPacks { names: &["Arabic"], packs: &["ara", "fas", "urd"], language: "ar" },
    ScriptPacks { names: &["Cyrillic"], packs: &["rus", "ukr", "bul", "srp"], language: "ru" },
    ScriptPacks { names: &["Han", "HanS", "HanT"], packs: &["chi_sim", "chi_tra"], language: "zh" },
    ScriptPacks { names: &["Japanese", "Hiragana", "Katakana"], packs: &["jpn"], language: "ja" },
    ScriptPacks { names: &["Hangul", "Korean"], packs: &["kor"], language: "ko" },
    ScriptPacks { names: &["Greek"], packs: &["ell"], language: "el" },
    ScriptPacks { names: &["Hebrew"], packs: &["heb"], language: "he" },
    ScriptPacks { names: &["Thai"], packs: &["tha"], language: "th" },
    ScriptPacks { names: &["Devanagari"], packs: &["hin", "nep", "mar"], language: "hi" },
    ScriptPacks { names: &["Bengali"], packs: &["ben"], language: "bn" },
    ScriptPacks { names: &["Tamil"], packs: &["tam"], language: "ta" },
    ScriptPacks { names: &["Telugu"], packs: &["tel"], language: "te" },
    ScriptPacks { names: &["Gujarati"], packs: &["guj"], language: "gu" },
    ScriptPacks { names: &["Kannada"], packs: &["kan"], language: "kn" },
    ScriptPacks { names: &["Malayalam"], packs: &["mal"], language: "ml" },
    ScriptPacks { names: &["Georgian"], packs: &["kat"], language: "ka" },
    ScriptPacks { names: &["Armenian"], packs: &["hye"], language: "hy" },
    ScriptPacks { names: &["Ethiopic"], packs: &["amh"], language: "am" },
    ScriptPacks { names: &["Khmer"], packs: &["khm"], language: "km" },
];

/// Ideographs, told by their build: the engine without a pack for them takes them for anything.
const IDEOGRAPHS: [&str; 4] = ["chi_sim", "chi_tra", "jpn", "kor"];
/// Tried on lines in doubt when nothing names their script: the scripts that candidates send most.
const COMMON_SCRIPTS: [&str; 2] = ["ara", "rus"];

/// Whether enough of the page was read, with enough confidence.
fn is_satisfying(words: &PageWords, picture: &PagePicture) -> bool {
    words.letters() >= 12 && words.confidence() >= CONFIDENCE_MIN && words.sure_letters() as f32 >= SURE_SHARE_MIN * picture.hints.letters as f32
}

/// The share of the letters that stand in lines in doubt; 0 when these are few.
fn doubtful_share(words: &PageWords) -> f32 {
    let doubtful: usize = words.doubtful().map(|line| line.letters).sum();
    if doubtful < DOUBTFUL_LETTERS_MIN { 0.0 } else { doubtful as f32 / words.letters().max(1) as f32 }
}

/// Whether these words are, surely enough, in another script than the Latin one.
fn is_foreign(words: &PageWords) -> bool {
    let foreign = words.foreign_letters();
    foreign >= FOREIGN_LETTERS_MIN && foreign * 2 >= words.sure_letters() && words.confidence() >= FOREIGN_CONFIDENCE_MIN
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
    pub fn read(&self, picture: &PagePicture, second: Option<&SecondEngine>, deadline: Instant) -> OcrOutcome {
        let Some(first) = self.words(picture, &self.latin(), Layout::Automatic, deadline) else { return OcrOutcome::Failed };
        let mut page = Page { words: first, turned: None, unread_script: None };
        if !is_satisfying(&page.words, picture) && picture.hints.maybe_upside_down {
            self.try_turned(&mut page, prepare::upside_down(picture), deadline);
        }
        let doubtful = doubtful_share(&page.words);
        if doubtful >= DOUBTFUL_SHARE_MIN && !self.try_ideographs(&mut page, picture, deadline) && doubtful <= DOUBTFUL_SHARE_BESIDE_LATIN {
            self.try_scripts(&mut page, picture, &COMMON_SCRIPTS, deadline);
        }
        if !is_satisfying(&page.words, picture) && page.unread_script.is_none() {
            self.look_again(&mut page, picture, deadline);
        }
        if let Some(second) = second {
            ask_second(second, &mut page, picture);
        }
        let (mut text, confidence) = (page.words.text(), page.words.confidence());
        if let Some(zone) = self.machine_zone(page.turned.as_ref().unwrap_or(picture), &page.words, deadline) {
            text.push('\n');
            text.push_str(&zone);
        }
        OcrOutcome::Read { text, confidence, unread_script: page.unread_script }
    }

    /// Keeps the page turned when more of it is read that way.
    fn try_turned(&self, page: &mut Page, turned: PagePicture, deadline: Instant) {
        let again = self.words(&turned, &self.latin(), Layout::Automatic, deadline);
        if let Some(again) = again.filter(|again| again.is_surer_than(&page.words)) {
            page.words = again;
            page.turned = Some(turned);
        }
    }

    /// Lines in doubt that are built like ideographs: read them, or know at least what they are.
    fn try_ideographs(&self, page: &mut Page, picture: &PagePicture, deadline: Instant) -> bool {
        let lines: Vec<LineBounds> = page.words.doubtful().map(|line| line.bounds).collect();
        if !looks_ideographic(page.turned.as_ref().unwrap_or(picture), &lines) {
            return false;
        }
        if !self.try_scripts(page, picture, &IDEOGRAPHS, deadline) {
            // Latin letters for signs of another script are noise, and noise misleads whoever reads on.
            page.unread_script = Language::parse("zh");
            page.words = std::mem::take(&mut page.words).without_doubtful(Vec::new());
        }
        true
    }

    /// Reads the lines in doubt, and only those, in other scripts, until one of them proves right.
    fn try_scripts(&self, page: &mut Page, picture: &PagePicture, packs: &[&str], deadline: Instant) -> bool {
        let lines: Vec<LineBounds> = page.words.doubtful().map(|line| line.bounds).collect();
        let strips = prepare::only_lines(page.turned.as_ref().unwrap_or(picture), &lines);
        // One pack at a time: together, each finds letters of its own in the other's noise.
        for pack in packs.iter().filter(|pack| self.has(pack)) {
            let again = self.words(&strips, pack, Layout::OneBlock, deadline);
            if let Some(again) = again.filter(is_foreign) {
                page.words = std::mem::take(&mut page.words).without_doubtful(again.lines);
                return true;
            }
        }
        false
    }

    /// Tries what else may have gone wrong, the likeliest first: on its head or side, a rarer script, a layout that was not understood.
    fn look_again(&self, page: &mut Page, picture: &PagePicture, deadline: Instant) {
        if page.words.confidence() < CONFIDENCE_UPRIGHT && page.turned.is_none() && !picture.hints.maybe_upside_down {
            self.try_turned(page, prepare::upside_down(picture), deadline);
        }
        if page.words.confidence() < CONFIDENCE_LATIN {
            let seen = self.orientation(page.turned.as_ref().unwrap_or(picture), deadline).unwrap_or_default();
            if page.words.confidence() < CONFIDENCE_NOT_SIDEWAYS && seen.quarter_turns % 2 == 1 && page.turned.is_none() {
                let once = prepare::quarter_turn(picture);
                self.try_turned(page, if seen.quarter_turns == 1 { once } else { prepare::upside_down(&once) }, deadline);
            }
            match seen.script {
                Some(script) => self.try_script(page, picture, script, seen.script_confidence, deadline),
                None if seen.script_confidence < SCRIPT_CONFIDENCE_MIN && doubtful_share(&page.words) > DOUBTFUL_SHARE_BESIDE_LATIN => {
                    self.try_scripts(page, picture, &COMMON_SCRIPTS, deadline);
                }
                None => {}
            }
        }
        let picture = page.turned.as_ref().unwrap_or(picture);
        if !is_satisfying(&page.words, picture) && page.unread_script.is_none() && page.words.foreign_letters() < FOREIGN_LETTERS_MIN {
            let again = self.words(picture, &self.latin(), Layout::OneBlock, deadline);
            if let Some(again) = again.filter(|again| again.is_surer_than(&page.words)) {
                page.words = again;
            }
        }
    }

    /// Reads the page in a script that the engine named.
    fn try_script(&self, page: &mut Page, picture: &PagePicture, script: &ScriptPacks, script_confidence: f32, deadline: Instant) {
        let picture = page.turned.as_ref().unwrap_or(picture);
        let Some(packs) = self.packs(script.packs) else {
            let in_patterns = SCRIPTS_SEEN_IN_PATTERNS.contains(&script.language);
            let least = if in_patterns { SCRIPT_CONFIDENCE_IN_PATTERNS_MIN } else { SCRIPT_CONFIDENCE_UNREAD_MIN };
            // What a machine-readable zone stands on is a card in Latin letters, whatever else is on it.
            let is_card = page.words.lines.iter().any(|line| line.is_zone);
            if page.words.confidence() < CONFIDENCE_UPRIGHT && script_confidence >= least && !is_card {
                page.words = PageWords::default();
                page.unread_script = Language::parse(script.language);
            }
            return;
        };
        // The wrong letters come with some confidence too, so the right ones need only be no fewer.
        let again = self
            .words(picture, &packs, Layout::Automatic, deadline)
            .filter(|again| again.sure_letters() + 10 >= page.words.sure_letters() && again.confidence() > page.words.confidence() - 0.05);
        if let Some(again) = again {
            page.words = again;
        }
    }

    /// How a page is turned and its script, unless it is Latin or the engine cannot tell.
    fn orientation(&self, picture: &PagePicture, deadline: Instant) -> Option<Orientation> {
        if !self.has("osd") {
            return None;
        }
        let output = self.run(picture, &["-", "-", "--psm", "0", "-l", "osd"], deadline)?;
        let value = |name: &str| output.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim_start_matches(':').trim());
        let number = |name: &str| value(name).and_then(|value| value.parse::<f32>().ok()).unwrap_or(0.0);
        let turned = number("Orientation confidence") >= TURN_CONFIDENCE_MIN;
        let named = value("Script").filter(|_| number("Script confidence") >= SCRIPT_CONFIDENCE_MIN);
        Some(Orientation {
            quarter_turns: if turned { (number("Rotate") / 90.0) as u32 % 4 } else { 0 },
            script_confidence: number("Script confidence"),
            script: named.and_then(|name| SCRIPTS.iter().find(|script| script.names.contains(&name))),
        })
    }

    /// A machine-readable zone that was seen but not read right, read again enlarged and with its own alphabet. Only what holds by its
    /// check digits is returned.
    fn machine_zone(&self, picture: &PagePicture, words: &PageWords, deadline: Instant) -> Option<String> {
        let texts: Vec<String> = words.lines.iter().map(|line| line.text()).collect();
        let zone = || words.lines.iter().filter(|line| line.is_zone);
        if zone().next().is_none() || is_checked_zone(&texts) {
            return None;
        }
        let (left, top, right, bottom) = zone().map(|line| line.bounds).reduce(|a, b| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3)))?;
        let line_height = zone().map(|line| line.bounds.3.saturating_sub(line.bounds.1)).min()?;
        // A line of the zone may have been missed above or below, and its ends left and right.
        let (beside, above) = ((right - left) / 5, line_height * 4);
        let bounds = (left.saturating_sub(beside), top.saturating_sub(above), right + beside, bottom + above);
        let enlarged = prepare::enlarged_part(picture, bounds, ZONE_LINE_PIXELS as f32 / line_height.max(1) as f32)?;
        let pack = if self.has("eng") { String::from("eng") } else { self.latin() };
        let alphabet = "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<";
        let arguments =
            ["-", "-", "-l", &pack, "--oem", "1", "--psm", "6", "-c", alphabet, "-c", "load_system_dawg=0", "-c", "load_freq_dawg=0", "tsv"];
        let again = parse(&self.run(&enlarged, &arguments, deadline)?);
        let lines: Vec<String> = again.lines.iter().map(|line| line.text().replace(' ', "")).collect();
        is_checked_zone(&lines).then(|| lines.join("\n"))
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

/// Where the first engine is unsure, what the second reads is taken if it is clearly more.
fn ask_second(second: &SecondEngine, page: &mut Page, picture: &PagePicture) {
    let upright = page.turned.as_ref().unwrap_or(picture);
    let is_sure = is_satisfying(&page.words, upright) && page.words.confidence() >= CONFIDENCE_WITHOUT_SECOND;
    if is_sure || page.unread_script.is_some() || page.words.foreign_letters() >= FOREIGN_LETTERS_MIN {
        return;
    }
    if let Some(again) = second.words(upright).filter(|again| again.is_surer_than(&page.words)) {
        page.words = again;
    }
}

/// A page while it is being read.
struct Page {
    words: PageWords,
    /// The picture as it was read best, when that is not as it came.
    turned: Option<PagePicture>,
    unread_script: Option<Language>,
}

fn is_checked_zone(lines: &[String]) -> bool {
    mrz::find(lines, LATEST_BIRTH).is_some_and(|zone| zone.checked)
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
