//! `parallel --tag`: the job's argument and a tab before each line
//! (<https://www.gnu.org/software/parallel/man.html>).

use super::{EnvelopeInfo, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    begins: |b| b.is_ascii_alphanumeric() || b == b'/' || b == b'.',
    peel,
    from_start: false,
    run: 4,
};

/// Longest tag looked at, in bytes.
const TAG_CAP: usize = 128;

/// First columns of what tools print with tabs themselves.
const WORDS: [&[u8]; 6] = [b"ok", b"FAIL", b"PASS", b"SKIP", b"not", b"coverage:"];

fn peel(line: &[u8]) -> Option<Peeled<'_>> {
    let graphic = |b: &&u8| b.is_ascii_graphic();
    let length = line.iter().take(TAG_CAP).take_while(graphic).count();
    let tag = &line[..length];
    if line.get(length) != Some(&b'\t') || WORDS.contains(&tag) {
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
