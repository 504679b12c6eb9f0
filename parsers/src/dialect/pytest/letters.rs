//! Results without a name: the letters of the short progress, and pytest-sugar's symbols.

use super::node;
use super::report::{Progress, strip_progress};
use crate::event::Status;

/// A line of letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Letters<'a> {
    /// The file they belong to, if the line names one.
    pub file: Option<&'a str>,
    pub letters: &'a str,
    /// Whether a percentage or count confirmed that it is a progress line.
    pub confirmed: bool,
}

/// What a letter stands for; `None` for what the framework does not count as a test.
pub(super) fn status(letter: char) -> Option<Status> {
    Some(match letter {
        '.' | '✓' => Status::Passed,
        'F' | '⨯' | 'u' => Status::Failed,
        'E' | 'ₓ' => Status::Errored,
        's' | '-' => Status::Skipped,
        'x' | 'y' => Status::Xfail,
        'X' => Status::Xpass,
        _ => return None,
    })
}

/// The letters of pytest itself; `R` is a try that was repeated, `,` a sub-test that passed.
fn is_letter(c: char) -> bool {
    matches!(
        c,
        '.' | 'F' | 'E' | 's' | 'x' | 'X' | 'R' | 'u' | '-' | ',' | 'y'
    )
}

fn is_symbol(c: char) -> bool {
    matches!(c, '✓' | '⨯' | 'ₓ' | 's' | 'x' | 'X' | 'R' | '?')
}

/// `file letters [ 42%]` or `letters [ 42%]`, the percentage maybe missing.
pub(super) fn letters(text: &str) -> Option<Letters<'_>> {
    // The interpreter's last words stick to the letters.
    let crash = memchr::memmem::find(text.as_bytes(), b"Fatal Python error: ");
    let (body, progress) = match crash {
        Some(at) => (
            &text[..at],
            Progress {
                shown: true,
                ..Progress::default()
            },
        ),
        None => strip_progress(text),
    };
    let (file, letters) = match body.rsplit_once(' ') {
        Some((file, letters)) => (Some(file.trim_end()), letters),
        None => (None, body),
    };
    let whole = !letters.is_empty() && letters.chars().all(is_letter);
    let placed = file.is_none_or(|f| node::is_file(f, progress.shown));
    (whole && placed).then_some(Letters {
        file,
        letters,
        confirmed: progress.shown,
    })
}

/// A line of pytest-sugar: ` file ✓✓⨯    42% ████▎     `, verbose with an id for the file.
pub(super) fn symbols(text: &str) -> Option<Letters<'_>> {
    let body = text.trim_end_matches(|c: char| c == ' ' || ('\u{2588}'..='\u{258f}').contains(&c));
    let body = body.strip_suffix('%')?;
    let body = body
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end();
    // A line that was full goes on in the next, indented.
    let (file, letters) = body.rsplit_once(' ')?;
    let file = Some(file.trim()).filter(|f| !f.is_empty());
    let whole = !letters.is_empty() && letters.chars().all(is_symbol);
    let placed = file.is_none_or(|f| node::is_file(node::file(f), true));
    (whole && placed).then_some(Letters {
        file,
        letters,
        confirmed: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(Option<&str>, &str, bool)> {
        letters(text).map(|l| (l.file, l.letters, l.confirmed))
    }

    #[test]
    fn letters_may_have_a_file_and_a_percentage() {
        assert_eq!(
            parts("d/a.py ..F.s    [  3%]"),
            Some((Some("d/a.py"), "..F.s", true))
        );
        assert_eq!(parts("..xX    [100%]"), Some((None, "..xX", true)));
        assert_eq!(parts("d/a.py ..E"), Some((Some("d/a.py"), "..E", false)));
        assert_eq!(
            parts("d/a.py ...Fatal Python error: Aborted"),
            Some((Some("d/a.py"), "...", true))
        );
    }

    #[test]
    fn words_are_no_letters() {
        for text in ["hello", "see a.py yes", "two words [ 3%]", "", "[ 10%]"] {
            assert_eq!(letters(text), None, "{text}");
        }
    }

    #[test]
    fn symbols_stand_between_file_and_bar() {
        let l = symbols(" d/a.py ⨯✓✓        7% ▋         ").unwrap();
        assert_eq!((l.file, l.letters), (Some("d/a.py"), "⨯✓✓"));
        let l = symbols(" d/a.py::t[a b] ✓  100% ██████████").unwrap();
        assert_eq!((l.file, l.letters), (Some("d/a.py::t[a b]"), "✓"));
        assert_eq!(symbols("done 50%"), None);
    }
}
