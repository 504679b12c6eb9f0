//! Kinds of bytes, for the runs that every word is measured for, and how the tokens of services begin.

use super::shapes::run;

/// Beginnings of tokens that services hand out, and how many token characters must follow.
pub(super) const TOKENS: [(&[u8], usize); 26] = [
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"AGE-SECRET-KEY-1", 16),
    (b"AIza", 30),
    (b"SG.", 20),
    (b"dckr_pat_", 16),
    (b"eyJ", 20),
    (b"ghp_", 16),
    (b"gho_", 16),
    (b"ghu_", 16),
    (b"ghs_", 16),
    (b"ghr_", 16),
    (b"github_pat_", 16),
    (b"gldt-", 16),
    (b"glpat-", 16),
    (b"glrt-", 16),
    (b"hvb.", 16),
    (b"hvs.", 16),
    (b"npm_", 30),
    (b"pypi-", 16),
    (b"rk_live_", 16),
    (b"sk-", 20),
    (b"sk_live_", 16),
    (b"xoxb-", 16),
    (b"xoxp-", 16),
    (b"ya29.", 16),
];

/// Kinds of bytes, a bit each, for the runs that every word is measured for.
pub(super) const MIXED: u8 = 1;
pub(super) const BASE64: u8 = 1 << 1;
pub(super) const LOCAL: u8 = 1 << 2;
pub(super) const TOKEN: u8 = 1 << 3;

/// The kinds of every byte. [`TOKEN`]: a [token](TOKENS) may begin with it.
pub(super) const KINDS: [u8; 256] = {
    let (mut kinds, mut at) = ([0; 256], 0);
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            kinds[at] = MIXED | BASE64 | LOCAL;
        }
        at += 1;
    }
    kinds[b'+' as usize] = MIXED | BASE64 | LOCAL;
    kinds[b'=' as usize] = MIXED;
    kinds[b'/' as usize] = BASE64;
    (kinds[b'.' as usize], kinds[b'_' as usize]) = (LOCAL, LOCAL);
    (kinds[b'%' as usize], kinds[b'-' as usize]) = (LOCAL, LOCAL);
    at = 0;
    while at < TOKENS.len() {
        kinds[TOKENS[at].0[0] as usize] |= TOKEN;
        at += 1;
    }
    kinds
};

/// Length of the run of one kind at the beginning, up to `cap`.
#[inline]
pub(super) fn run_of(bytes: &[u8], cap: usize, kind: u8) -> usize {
    run(bytes, cap, |b| KINDS[usize::from(b)] & kind != 0)
}
