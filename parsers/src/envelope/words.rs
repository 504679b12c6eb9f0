//! What the first word of a line tells: most lines are words parted by blanks, and are in none of the
//! envelopes that mark their first word.

use std::sync::LazyLock;

use super::journal_export::Journal;
use super::{BYTE_ORDER_MARK, ENVELOPES, FIRST};
use crate::places::find_any;

/// The envelopes whose first word is [marked](super::EnvelopeInfo::marked).
pub(super) static MARKED: LazyLock<u32> = LazyLock::new(|| {
    let rows = ENVELOPES.iter().enumerate();
    rows.fold(0, |set, (i, info)| set | u32::from(info.marked) << i)
});

/// Bytes among which the end of the first word is looked for.
const WORD_CAP: usize = 128;

/// Whether blanks stand behind the first word, and then no bar: most lines of any output.
pub(super) fn begins_with_words(text: &[u8]) -> bool {
    let head = &text[..text.len().min(WORD_CAP)];
    match find_any(head, *b" =\t") {
        Some(end) if head[end] == b' ' => text[end..].iter().find(|b| **b != b' ') != Some(&b'|'),
        _ => false,
    }
}

/// Whether a line is in no envelope, as its first bytes tell.
pub(super) fn is_bare(line: &[u8]) -> bool {
    // An envelope takes two bytes at least.
    let [first, _, ..] = line else {
        return true;
    };
    let may = FIRST[usize::from(*first)];
    (may == 0 || (may & !*MARKED == 0 && begins_with_words(line)))
        && *first != BYTE_ORDER_MARK[0]
        && !Journal::begins(line)
}
