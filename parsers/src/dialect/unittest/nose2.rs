//! What nose2 prints otherwise than `unittest`: functions as tests (`module.test_x`), generated tests
//! (`test_x:2`, with their parameters on lines of their own), names with blanks, reasons of skips
//! without quotes.
//!
//! Format source: `nose2/plugins/result.py` and `nose2/util.py`; seen: 0.16, run for the fixtures.

use super::describe::{Described, Outcome, parenthesised};
use crate::event::Status;

/// Splits a line that begins with a description in nose2's own form.
pub(super) fn described(text: &str) -> Option<(Described<'_>, &str)> {
    repeated(text).or_else(|| function(text, false))
}

/// The same in the heading of a section, where a function's name stands alone.
pub(super) fn headed(text: &str) -> Option<(Described<'_>, &str)> {
    function(text, true)
}

/// `should add (m.a cart.should add) ... ok`: the name again below its class; of a generated test the
/// parameters follow it in both places.
fn repeated(text: &str) -> Option<(Described<'_>, &str)> {
    let (name, inside) = parenthesised(text)?;
    let at = inside.find(") ... ");
    let end = at.or_else(|| inside.strip_suffix(')').map(str::len))?;
    let suite = inside[..end].strip_suffix(name)?.strip_suffix('.')?;
    if suite.is_empty() || suite.starts_with(' ') {
        return None;
    }
    let test = Described {
        name: generated(name.split(' ').next()?).unwrap_or(name),
        suite,
        subtest: false,
    };
    Some((test, &inside[end + 1..]))
}

/// `m.test_x ... ok`, `m.test_x:2`, and a failed fixture, which has no name at all.
fn function(text: &str, alone: bool) -> Option<(Described<'_>, &str)> {
    let end = text.find(' ').unwrap_or(text.len());
    let (dotted, rest) = text.split_at(end);
    let (suite, name) = match dotted {
        "_ErrorHolder" => ("", dotted),
        _ => dotted.rsplit_once('.')?,
    };
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let named = name.starts_with("test") || suite.is_empty();
    let bare = generated(name).map_or(name, |name| name.split(':').next().unwrap_or(name));
    if !named || suite.split('.').any(str::is_empty) != suite.is_empty() {
        return None;
    }
    let all = [suite, bare].iter().all(|part| part.chars().all(word));
    // Alone on its line it is a description only if it cannot be anything else.
    let whole = alone || !rest.is_empty() || bare != name || suite.is_empty();
    let test = Described {
        name,
        suite,
        subtest: false,
    };
    (all && whole).then_some((test, rest))
}

/// A generated test's method: `test_x:2`.
pub(super) fn generated(text: &str) -> Option<&str> {
    let (method, number) = text.split_once(':')?;
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (digits && method.starts_with("test") && method.bytes().all(word)).then_some(text)
}

/// The class of a generated test, in the line below its name: `1, 2 (m.C.test_x:2`.
pub(super) fn suite_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    generated(name)?;
    let (_, inside) = text.rsplit_once(" (")?;
    let suite = inside.strip_suffix(name)?.strip_suffix('.')?;
    (!suite.is_empty()).then_some(suite)
}

/// A skip whose reason is not quoted; what follows has to tell it from output that begins so.
pub(super) fn skipped(text: &str) -> Option<Outcome<'_>> {
    let reason = text.strip_prefix("skipped ")?;
    Some((Status::Skipped, Some(reason.trim())))
}
