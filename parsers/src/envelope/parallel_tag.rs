//! `parallel --tag`: the job's argument and a tab before each line
//! (<https://www.gnu.org/software/parallel/man.html>).

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "parallel_tag",
    begins: |b| b.is_ascii_alphanumeric() || b == b'/' || b == b'.',
    peel,
    from_start: false,
    run: 4,
    logger: false,
    marked: true,
};

/// Longest tag looked at, in bytes.
const TAG_CAP: usize = 128;

/// First columns of what tools print with tabs themselves.
const WORDS: [&[u8]; 6] = [b"ok", b"FAIL", b"PASS", b"SKIP", b"not", b"coverage:"];

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let length = memchr::memchr2(b'\t', b' ', &line[..line.len().min(TAG_CAP)])?;
    let tag = &line[..length];
    if line[length] != b'\t' || !tag.iter().all(u8::is_ascii_graphic) || WORDS.contains(&tag) {
        return None;
    }
    // Lines of one job in sequence: FNV-1a of the tag.
    let mark = tag.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    });
    Some(Peeled {
        key: tag,
        mark,
        ..Peeled::new(&line[length + 1..], false)
    })
}
