//! Whether the time that a refusal takes tells how much of a signature or token was right, measured as dudect does: two kinds
//! of wrong ones in random order, and Welch's t-test between their times. Row X4 of `docs/torture.md`.
//!
//! Measured on demand (`SENTINEL_TORTURE=full`), as other work on the machine makes it take longer to be sure; that the test
//! finds a comparison that ends at the first difference is a part of it.

use std::hint::black_box;
use std::time::Instant;

use super::*;

/// Times of each kind.
const SAMPLES: usize = 200_000;
/// From here on times differ: what chance makes in one of a hundred thousand measurements.
const DIFFERS: f64 = 4.5;
/// Of all times so many in a hundred are looked at, the shortest: the others tell what else the machine did.
const KEPT: usize = 90;

const SECRET: &[u8] = b"a-secret-of-more-than-16-bytes";
const BODY: &[u8] = br#"{"action":"completed","workflow_run":{"id":7}}"#;

/// Welch's t of two samples.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let of = |sample: &[f64]| {
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let squares = sample.iter().map(|x| (x - mean).powi(2));
        (mean, squares.sum::<f64>() / (n - 1.0) / n)
    };
    let ((mean_a, spread_a), (mean_b, spread_b)) = (of(a), of(b));
    (mean_a - mean_b) / (spread_a + spread_b).sqrt()
}

/// Bits without a pattern that a predictor of branches could learn.
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32 & 1) as usize
    }
}

/// The t of the times that two inputs take.
fn measure<T>(inputs: &[T; 2], act: impl Fn(&T) -> bool) -> f64 {
    let mut bits = Bits(0x9e37_79b9_7f4a_7c15);
    let mut times = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    for _ in 0..2 * SAMPLES {
        let kind = bits.next();
        let begun = Instant::now();
        let is_right = black_box(act(black_box(&inputs[kind])));
        let took = begun.elapsed();
        assert!(!is_right, "both are wrong");
        times[kind].push(took.as_nanos() as f64);
    }
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let longest = all[all.len() * KEPT / 100];
    let [a, b] = times.map(|mut times| {
        times.retain(|time| *time <= longest);
        times
    });
    welch(&a, &b)
}

/// Wrong from the first byte on, and wrong in the last one only.
fn wrong(right: &[u8]) -> [Vec<u8>; 2] {
    let first = right.iter().map(|byte| !byte).collect();
    let mut last = right.to_vec();
    if let Some(byte) = last.last_mut() {
        *byte ^= 1;
    }
    [first, last]
}

#[test]
fn the_t_of_equal_samples_is_small_and_of_others_is_not() {
    let sample = |shift: f64| {
        (0..1_000)
            .map(|n| f64::from(n % 10) + shift)
            .collect::<Vec<f64>>()
    };
    assert!(welch(&sample(0.0), &sample(0.0)).abs() < 1e-9);
    // By hand: means 4.5 apart from 5.5, variances 8.2583 each.
    let t = welch(&sample(0.0), &sample(1.0));
    assert!((t + 7.781).abs() < 0.001, "{t}");
}

#[test]
fn x4_the_time_of_a_refusal_does_not_tell_how_much_was_right() {
    if std::env::var("SENTINEL_TORTURE").as_deref() != Ok("full") {
        eprintln!("on demand: SENTINEL_TORTURE=full");
        return;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(BODY);
    let right: Code = mac.finalize().into_bytes().into();
    let signed = wrong(&right).map(|code| Proof::Signed {
        key: SECRET.into(),
        before: String::new(),
        codes: vec![Code::try_from(code).unwrap()],
    });
    let signature = measure(&signed, |proof| proof.holds(BODY).is_ok());
    let token = measure(&wrong(SECRET), |told| same(told, SECRET).is_ok());
    // What ends at the first difference is found, or the measurement shows nothing.
    let leak = measure(&wrong(&right), |told| {
        let mut pairs = told.iter().zip(&right);
        pairs.all(|(a, b)| black_box(a == b))
    });
    println!(
        "|t| of a signature {:.2}, of a token {:.2}, of a comparison that leaks {:.2}",
        signature.abs(),
        token.abs(),
        leak.abs()
    );
    assert!(leak.abs() > DIFFERS, "{leak}");
    assert!(signature.abs() < DIFFERS, "{signature}");
    assert!(token.abs() < DIFFERS, "{token}");
}
