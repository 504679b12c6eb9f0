//! JSON web tokens: three parts of base64, the first two of which are objects (`{"` is `eyJ`).

use std::ops::Range;

use super::table::{Found, Rule, Shape, run, word_dash};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "jwt",
    summary: "JSON web tokens",
    needles: &["eyJ"],
    shape: Shape::Other(find),
}];

/// Least bytes of a part behind its `eyJ`.
const PART: usize = 8;

fn find(bytes: &[u8], at: Range<usize>) -> Found {
    let part = |from: usize| from + run(&bytes[from..], word_dash);
    let first = part(at.start);
    // Whatever begins within this part ends with it, and is no better.
    if first < at.end + PART || bytes.get(first) != Some(&b'.') {
        return Found::NoneBefore(first);
    }
    let second = part(first + 1);
    // Of an encrypted token the second part is a key.
    if second < first + 1 + PART {
        return Found::NoneBefore(first);
    }
    let mut end = second;
    for _ in 0..3 {
        if bytes.get(end) != Some(&b'.') {
            break;
        }
        let next = part(end + 1);
        if next < end + 1 + PART && end > second {
            break;
        }
        end = next;
    }
    match end > second {
        true => Found::Secret(at.start, end),
        false => Found::NoneBefore(first),
    }
}
