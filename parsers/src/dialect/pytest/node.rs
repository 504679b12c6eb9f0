//! Node ids (`tests/test_a.py::TestA::test_b[x-1]`): what one looks like and how it falls in two.

use crate::places::{find_any, holds_any, places_of};

/// Cuts an id into suite and name: at the last `::` before any `[`. A file alone has no name.
///
/// An example: `a.py::T::t[x::y]` is suite `a.py::T`, name `t[x::y]`.
pub(super) fn split(id: &str) -> (&str, &str) {
    let base = find_any(id.as_bytes(), *b"[").map_or(id, |i| &id[..i]);
    match rfind_colons(base) {
        Some(i) => (&id[..i], &id[i + 2..]),
        None => (id, ""),
    }
}

/// Where the first `::` stands. Every line of a verbose run is asked, and a search for a text of two
/// bytes costs more to set up than to do.
fn find_colons(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    places_of(bytes, b':').find(|at| bytes.get(at + 1) == Some(&b':'))
}

/// Where the last `::` stands.
fn rfind_colons(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memrchr_iter(b':', bytes)
        .filter_map(|last| last.checked_sub(1))
        .find(|at| bytes[*at] == b':')
}

/// The file of an id.
pub(super) fn file(id: &str) -> &str {
    id.split("::").next().unwrap_or(id)
}

/// Whether the bytes hold what stands in no file's path.
fn is_no_path(bytes: &[u8]) -> bool {
    holds_any(bytes, *b"\"'(=<")
}

/// Whether the text could be a collected file: its last part has an extension.
pub(super) fn is_file(path: &str, spaces: bool) -> bool {
    let bytes = path.as_bytes();
    let Some(dot) = memchr::memrchr(b'.', bytes) else {
        return false;
    };
    let extension = &bytes[dot + 1..];
    let first = dot.checked_sub(1).map(|before| bytes[before]);
    !matches!(first, None | Some(b'/' | b'\\'))
        && !extension.is_empty()
        && extension.iter().all(u8::is_ascii_alphanumeric)
        && !is_no_path(bytes)
        && match spaces {
            true => !path.starts_with(char::is_whitespace),
            false if path.is_ascii() => {
                !bytes.iter().any(|b| b.is_ascii_whitespace() || *b == 0x0b)
            }
            false => !path.contains(char::is_whitespace),
        }
}

/// Whether the whole text is a node id; `spaces` allows them in file and name, outside brackets.
pub(super) fn is_id(text: &str, spaces: bool) -> bool {
    let Some(colons) = find_colons(text) else {
        return false;
    };
    is_file(&text[..colons], spaces)
        && text.len() > colons + 2
        && (spaces || end_in(text) == Some(text.len()))
}

/// Where the node id ends that the text begins with, if it does and free text may follow: at the
/// first space outside the brackets of the parameters.
pub(super) fn end_in(text: &str) -> Option<usize> {
    let colons = find_colons(text)?;
    if !is_file(&text[..colons], false) {
        return None;
    }
    let name = &text[colons + 2..];
    let stop = name.find([' ', '[']).unwrap_or(name.len());
    let end = if name[stop..].starts_with('[') {
        match name.find("] ") {
            Some(close) => close + 1,
            None if name.ends_with(']') => name.len(),
            None => name[stop..].find(' ').map_or(name.len(), |i| stop + i),
        }
    } else {
        stop
    };
    (end > 0).then_some(colons + 2 + end)
}

/// The id that a line of several workers ends with, without what other processes wrote on the same
/// line: in Python files only the brackets of parameters hold spaces.
pub(super) fn at_end_of_line(text: &str) -> &str {
    let text = without_origin(text.trim());
    if text.ends_with(']') || !file(text).ends_with(".py") {
        return text;
    }
    end_in(text).map_or(text, |end| &text[..end])
}

/// Takes ` <- other/file.py` off, which says where an inherited test is defined.
pub(super) fn without_origin(id: &str) -> &str {
    let arrow = memchr::memrchr(b'<', id.as_bytes()).and(id.rfind(" <- "));
    match arrow {
        Some(at) if is_file(&id[at + 4..], true) => &id[..at],
        _ => id,
    }
}

/// Whether a traceback's heading names this id: `TestA.test_b[x]`, the file alone (a crashed
/// worker), `[doctest] module.function`.
pub(super) fn is_titled(id: &str, title: &str) -> bool {
    let Some((file, rest)) = id.split_once("::") else {
        return id == title;
    };
    if title == file {
        return true;
    }
    let title = title.strip_prefix("[doctest] ").unwrap_or(title);
    let (base, params) = rest.split_at(rest.find('[').unwrap_or(rest.len()));
    let mut left = title;
    for (i, part) in base.split("::").enumerate() {
        if i > 0 {
            match left.strip_prefix('.') {
                Some(after) => left = after,
                None => return false,
            }
        }
        match left.strip_prefix(part) {
            Some(after) => left = after,
            None => return false,
        }
    }
    left.strip_prefix(params)
        .is_some_and(|after| after.is_empty() || after.starts_with(' '))
}

/// The suite of a test of which only the heading and the file are known, and its name.
pub(super) fn from_title<'t>(file: &str, title: &'t str) -> (String, &'t str) {
    let title = title.strip_prefix("[doctest] ").unwrap_or(title);
    let base = title.find('[').map_or(title, |i| &title[..i]);
    match base.rfind('.') {
        Some(dot) => (
            format!("{file}::{}", title[..dot].replace('.', "::")),
            &title[dot + 1..],
        ),
        None => (file.to_owned(), title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_falls_in_two_before_its_parameters() {
        assert_eq!(split("a.py::T::t[x::y]"), ("a.py::T", "t[x::y]"));
        assert_eq!(split("a.py::t"), ("a.py", "t"));
        assert_eq!(split("a.py"), ("a.py", ""));
    }

    #[test]
    fn an_id_ends_at_the_first_space_outside_brackets() {
        let end = |text: &'static str| end_in(text).map(|i| &text[..i]);
        assert_eq!(end("d/a.py::t hello"), Some("d/a.py::t"));
        assert_eq!(end("d/a.py::t[a b] hello"), Some("d/a.py::t[a b]"));
        assert_eq!(end("d/a.py::t[a b]"), Some("d/a.py::t[a b]"));
        assert_eq!(end("std::vec::Vec is full"), None);
        assert_eq!(end("see d/a.py::t"), None);
    }

    #[test]
    fn a_worker_line_may_be_followed_by_other_output() {
        assert_eq!(at_end_of_line("d/a.py::t[a b] Aborted"), "d/a.py::t[a b]");
        assert_eq!(at_end_of_line("d/a.py::t sys:1: Warning"), "d/a.py::t");
        assert_eq!(at_end_of_line("d/a.py::t[a] b] "), "d/a.py::t[a] b]");
        assert_eq!(at_end_of_line("d/a.yaml::two words"), "d/a.yaml::two words");
    }

    #[test]
    fn a_heading_names_its_test_with_dots() {
        assert!(is_titled("a.py::T::t[x.y]", "T.t[x.y]"));
        assert!(is_titled("a.py::t", "a.py"));
        assert!(is_titled("a.py::t", "t [second] (i=1)"));
        assert!(is_titled("m.py::m.f", "[doctest] m.f"));
        assert!(!is_titled("a.py::T::t", "T.t2"));
    }
}
