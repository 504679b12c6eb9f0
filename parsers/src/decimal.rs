//! Reads decimals as logs print them: a few digits and a point, in a part of the time that any number takes.

/// Digits that a whole number may have which a double holds exactly.
const DIGITS: usize = 15;
/// Powers of ten, all exact.
const POWERS: [f64; DIGITS + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// The number that digits with at most one point between, before or behind them are; the same as [`str::parse`] says.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let is = |b: u8| b.is_ascii_digit() || b == b'.';
    if text.len() > DIGITS {
        return text.parse().ok().filter(|_| text.bytes().all(is));
    }
    let (mut number, mut point) = (0u64, None);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let behind = point.map_or(0, |at| text.len() - at - 1);
    let digits = text.len() - usize::from(point.is_some());
    // Both are exact, so their quotient is rounded once, as it should be.
    (digits > 0).then(|| number as f64 / POWERS[behind])
}

/// The same of what begins with a digit: `12.34` without sign or exponent.
pub(crate) fn decimal_from_digit(text: &str) -> Option<f64> {
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    digit.then(|| decimal(text))?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::decimal;

    proptest! {
        #[test]
        fn decimals_are_read_as_by_the_library(text in "[0-9]{0,17}[.]?[0-9]{0,17}|[0-9.]{0,3}[-+eE ]?[0-9]{0,3}") {
            let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let parsed = text.parse::<f64>().ok().filter(|_| plain);
            prop_assert_eq!(decimal(&text).map(f64::to_bits), parsed.map(f64::to_bits));
        }
    }
}
