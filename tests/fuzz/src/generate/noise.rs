//! Bytes and characters of no language.

use crate::random::Random;

pub(super) fn text(random: &mut Random) -> String {
    let length = match random.below(20) {
        // Around the longest that is read at all.
        0 => 4_000 + random.below(200),
        1 => random.below(20_000),
        _ => random.below(200),
    };
    match random.below(4) {
        0 => {
            let bytes: Vec<u8> = (0..length).map(|_| byte(random)).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        1 => (0..length).map(|_| char::from(32 + byte(random) % 95)).collect(),
        2 => (0..length).filter_map(|_| character(random)).collect(),
        // Few different ones, so that runs of the same come up.
        _ => {
            let few: Vec<char> = (0..3).filter_map(|_| random.pick(&SYMBOLS)).collect();
            (0..length).filter_map(|_| random.pick(&few)).collect()
        }
    }
}

fn byte(random: &mut Random) -> u8 {
    let [byte, ..] = random.bits().to_le_bytes();
    byte
}

fn character(random: &mut Random) -> Option<char> {
    let number = u32::try_from(random.below(0x11_0000)).ok()?;
    char::from_u32(number >> random.below(16))
}

const SYMBOLS: [char; 40] = [
    '(', ')', '[', ']', '{', '}', '"', '\'', '`', '\\', '/', '*', '+', '-', '!', '=', '<', '>',
    '&', '|', '.', ',', ':', ';', '#', '$', '@', '~', '^', '%', '?', '_', '0', '9', 'a', 'e', 'x',
    '\n', '\u{0}', 'ß',
];
