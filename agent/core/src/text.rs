//! How the core words things for people: names of tests, counts, lengths.

/// Characters of a title.
const TITLE_CHARS: usize = 120;

/// Suite and name as subjects and titles spell them.
pub(crate) fn test_name(suite: Option<&str>, name: &str) -> String {
    match suite.filter(|s| !s.is_empty()) {
        Some(suite) => format!("{suite}/{name}"),
        None => name.to_owned(),
    }
}

/// So many tests.
pub(crate) fn tests(n: u64) -> String {
    match n {
        1 => "1 test".to_owned(),
        n => format!("{n} tests"),
    }
}

/// Text that fits a title.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(TITLE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text as the beginning of a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
