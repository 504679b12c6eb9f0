//! Whether a line holds one of a dialect's needles, told as the search over blocks tells it: a dialect that
//! is closed or at ease is shown other lines only by chance, and must make nothing of them.

/// Whether one of the needles stands in the line: anywhere, or, with a line feed before it, at its
/// beginning; with one behind it, it is the whole line.
pub(super) fn holds(needles: &[&str], text: &str) -> bool {
    let inner = text.trim_ascii_start();
    needles.iter().any(|needle| {
        let Some(start) = needle.strip_prefix('\n') else {
            return text.contains(needle);
        };
        // The first bytes before a call to compare the rest.
        start.as_bytes().first() == inner.as_bytes().first()
            && match start.strip_suffix('\n') {
                Some(whole) => inner == whole,
                None => inner.starts_with(start),
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needles_stand_anywhere_or_at_the_beginning_or_alone() {
        let needles = [" ... ok", "\nRan ", "\n.\n"];
        for line in ["test_a ... ok (1 s)", "  Ran 1 test", "\t."] {
            assert!(holds(&needles, line), "{line}");
        }
        for line in ["test_a ... fail", "It Ran 1 test", ". .", ""] {
            assert!(!holds(&needles, line), "{line}");
        }
    }
}
