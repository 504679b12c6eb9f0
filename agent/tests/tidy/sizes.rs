//! How long files and functions may be. Tests are not counted.

use std::collections::BTreeMap;

use crate::must_be_empty;
use crate::ratchet::{FILES, FUNCTIONS};
use crate::source::{blank, sources};

/// Lines of a file.
const FILE_LIMIT: usize = 400;
/// Lines of a function, from its first to its last.
const FUNCTION_LIMIT: usize = 60;
/// By how many lines an exception may be too generous.
const SLACK: usize = 20;

#[test]
fn files_stay_short() {
    let sizes = sources()
        .iter()
        .filter(|source| !source.is_test())
        .map(|source| (source.path.clone(), source.product().lines().count()))
        .collect();
    must_be_empty(&compare(&sizes, FILES, FILE_LIMIT));
}

#[test]
fn functions_stay_short() {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (name, lines) in functions(source.product()) {
            let longest = sizes.entry(format!("{}: {name}", source.path)).or_default();
            *longest = lines.max(*longest);
        }
    }
    assert!(sizes.len() > 200, "only {} functions found", sizes.len());
    must_be_empty(&compare(&sizes, FUNCTIONS, FUNCTION_LIMIT));
}

/// What is over its limit, and what in the table of exceptions could be lowered.
fn compare(
    sizes: &BTreeMap<String, usize>,
    exceptions: &[(&str, usize)],
    limit: usize,
) -> Vec<String> {
    let allowed: BTreeMap<&str, usize> = exceptions.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, lines) in sizes {
        let limit = allowed.get(name.as_str()).copied().unwrap_or(limit);
        if *lines > limit {
            wrong.push(format!(
                "{name}: {lines} lines, over {limit}; split it by idea"
            ));
        }
    }
    for (name, lines) in allowed {
        match sizes.get(name) {
            Some(now) if now + SLACK >= lines && *now > limit => {}
            Some(now) => wrong.push(format!(
                "{name}: {now} lines now; lower its exception of {lines} in ratchet.rs, or take it out"
            )),
            None => wrong.push(format!("{name}: gone; take it out of ratchet.rs")),
        }
    }
    wrong
}

/// Each function's name and number of lines, nested ones included. Comments must be blanked.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + 3..];
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if name.is_empty() {
            continue;
        }
        if let Some(end) = body_end(rest) {
            found.push((name, rest[..end].lines().count()));
        }
    }
    found
}

/// The end of the body of the function whose signature starts here, if it has one.
fn body_end(text: &str) -> Option<usize> {
    let mut brackets = 0;
    let mut braces = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn functions_are_measured_from_signature_to_last_brace() {
    let code = blank(
        "trait T { fn a(&self) -> [u8; 2]; fn b() {} }\n\
         fn c(\n    x: [u8; 3],\n) {\n    let s = \"}\";\n    fn d() {\n    }\n}\n\
         type F = fn (u8) -> u8;\n",
    );
    let named = |name: &str, lines| (name.to_owned(), lines);
    assert_eq!(
        functions(&code),
        [named("b", 1), named("c", 7), named("d", 2)]
    );
}

#[test]
fn the_ratchet_only_goes_down() {
    let sizes = [("long", 500), ("shrunk", 420), ("short", 10)];
    let sizes = sizes.map(|(name, lines)| (name.to_owned(), lines)).into();
    let complaints = |exceptions: &[(&str, usize)]| compare(&sizes, exceptions, 400).len();
    assert_eq!(complaints(&[("long", 500), ("shrunk", 430)]), 0);
    assert_eq!(complaints(&[("long", 499), ("shrunk", 430)]), 1);
    assert_eq!(complaints(&[("long", 500)]), 1);
    assert_eq!(complaints(&[("long", 500), ("shrunk", 500)]), 1);
    assert_eq!(
        complaints(&[("long", 500), ("shrunk", 430), ("short", 20)]),
        1
    );
    assert_eq!(
        complaints(&[("long", 500), ("shrunk", 430), ("gone", 500)]),
        1
    );
}
