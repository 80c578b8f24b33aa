//! Inputs made from others: what a bad line, a bad disk or a bad mind does to a file.

use fastrand::Rng;

use crate::targets::Target;

const NUMBERS: [u64; 14] = [0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, u64::MAX];

/// One to some dozen changes to one of the inputs.
pub fn mutate(random: &mut Rng, inputs: &[Vec<u8>], target: &Target) -> Vec<u8> {
    let mut bytes = inputs[random.usize(..inputs.len())].clone();
    let n_changes = 1 << random.u32(0..6);
    for _ in 0..random.u32(1..=n_changes) {
        change(random, &mut bytes, inputs, target);
    }
    bytes.truncate(target.size_bytes_max);
    bytes
}

fn change(random: &mut Rng, bytes: &mut Vec<u8>, inputs: &[Vec<u8>], target: &Target) {
    let at = random.usize(..=bytes.len());
    match random.u32(0..12) {
        0 => set(bytes, at, |byte| byte ^ (1 << random.u32(0..8))),
        1 => set(bytes, at, |_| random.u8(..)),
        2 => set(bytes, at, |byte| byte.wrapping_add(random.u8(1..=4))),
        3 => set(bytes, at, |byte| byte.wrapping_sub(random.u8(1..=4))),
        4 => {
            let width = [1, 2, 4, 8][random.usize(..4)];
            let number = NUMBERS[random.usize(..NUMBERS.len())].wrapping_add(random.u64(0..3)).wrapping_sub(1);
            let mut field = number.to_le_bytes()[..width].to_vec();
            if random.bool() {
                field.reverse();
            }
            write_over(bytes, at, &field);
        }
        5 => {
            let end = (at + run_length(random, bytes.len())).min(bytes.len());
            bytes.drain(at..end);
        }
        6 => {
            let other = random.usize(..inputs.len());
            let piece = piece_of(random, &inputs[other]);
            insert(bytes, at, &piece);
        }
        7 => {
            let piece = piece_of(random, bytes);
            insert(bytes, at, &piece);
        }
        8 => {
            let other = random.usize(..inputs.len());
            let piece = piece_of(random, &inputs[other]);
            write_over(bytes, at, &piece);
        }
        9 if !target.tokens.is_empty() => insert(bytes, at, target.tokens[random.usize(..target.tokens.len())]),
        10 if !target.tokens.is_empty() => write_over(bytes, at, target.tokens[random.usize(..target.tokens.len())]),
        11 if random.u32(0..8) == 0 => bytes.truncate(at),
        _ => {
            let digit = b"0123456789-."[random.usize(..12)];
            if let Some(place) = bytes.iter().skip(at).position(u8::is_ascii_digit) {
                bytes[at + place] = digit;
            }
        }
    }
}

fn set(bytes: &mut [u8], at: usize, to: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = to(*byte);
    }
}

/// Short runs mostly, sometimes half of everything.
fn run_length(random: &mut Rng, length: usize) -> usize {
    match random.u32(0..10) {
        0 => random.usize(..=length / 2 + 1),
        1..=3 => random.usize(1..=256),
        _ => random.usize(1..=8),
    }
}

fn piece_of(random: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let start = random.usize(..=bytes.len());
    let end = (start + run_length(random, bytes.len())).min(bytes.len());
    bytes[start..end].to_vec()
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

fn write_over(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let end = (at + piece.len()).min(bytes.len());
    bytes.splice(at..end, piece.iter().copied());
}
