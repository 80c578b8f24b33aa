//! Which branches an input reached, when the program was built to count them (`tests/fuzz/run` does).
//!
//! LLVM's counters (`-sanitizer-coverage-inline-8bit-counters`) call one function at start to say where they lie. That function has to have
//! a C name, and the counters are plain memory: hence the only unsafe code outside the sandbox.

use std::sync::Mutex;

/// Where the counters of each unit of compilation begin, and how many there are.
static REGIONS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Called by the constructor that the compiler adds to each instrumented unit.
#[allow(unsafe_code)]
// SAFETY: the name is reserved for this purpose by LLVM's SanitizerCoverage, and nothing else here defines it.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    let length = (stop as usize).saturating_sub(start as usize);
    if let Ok(mut regions) = REGIONS.lock()
        && length > 0
        && !regions.contains(&(start as usize, length))
    {
        regions.push((start as usize, length));
    }
}

/// What was reached so far, by branch and by how often (in classes: 1, 2, 3, 4–7, …).
#[derive(Default)]
pub struct Coverage {
    seen: Vec<u8>,
    pub n_reached: usize,
}

impl Coverage {
    /// Whether counters are there at all.
    pub fn is_counted() -> bool {
        REGIONS.lock().is_ok_and(|regions| !regions.is_empty())
    }

    /// Sets all counters to zero.
    pub fn reset() {
        for_each_region(|counters| counters.fill(0));
    }

    /// Whether the input just read reached something new, or some branch in another class.
    pub fn learn(&mut self) -> bool {
        let mut at = 0;
        let mut is_new = false;
        for_each_region(|counters| {
            if self.seen.len() < at + counters.len() {
                self.seen.resize(at + counters.len(), 0);
            }
            for (counter, seen) in counters.iter().zip(&mut self.seen[at..]) {
                let class = class_of(*counter);
                if class & !*seen != 0 {
                    self.n_reached += usize::from(*seen == 0);
                    *seen |= class;
                    is_new = true;
                }
            }
            at += counters.len();
        });
        is_new
    }
}

fn class_of(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        _ => 128,
    }
}

#[allow(unsafe_code)]
fn for_each_region(mut use_it: impl FnMut(&mut [u8])) {
    let Ok(regions) = REGIONS.lock() else { return };
    for (start, length) in regions.iter() {
        // SAFETY: the region was announced by the compiler's constructor and lives as long as the program. Instrumented code on other
        // threads may count at the same time; a lost count of a byte is of no consequence, and the long run reads inputs on one thread.
        use_it(unsafe { std::slice::from_raw_parts_mut(*start as *mut u8, *length) });
    }
}
