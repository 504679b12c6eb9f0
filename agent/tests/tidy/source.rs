//! The workspace's Rust files, with and without what is not code.

use std::path::{Path, PathBuf};

/// A Rust file of the workspace.
pub(crate) struct Source {
    /// From the workspace's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and the insides of literals blanked, line by line the same.
    pub(crate) code: String,
}

impl Source {
    /// Whether the file is there for tests only: by its place, or as a `tests.rs` that holds tests
    /// (the store has a table and the API a resource of that name).
    pub(crate) fn is_test(&self) -> bool {
        let holds_tests = self.code.contains("#[test]") || self.code.contains("proptest!");
        self.path
            .split('/')
            .any(|part| matches!(part, "tests" | "fuzz") || (part == "tests.rs" && holds_tests))
    }

    /// The code without the inline test module that ends the file.
    pub(crate) fn product(&self) -> &str {
        let mut from = 0;
        while let Some(at) = self.code[from..].find("#[cfg(test)]") {
            let at = from + at;
            let rest = &self.code[at + "#[cfg(test)]".len()..];
            let is_module = rest.trim_start().starts_with("mod ");
            if is_module && rest.find('{') < rest.find(';') {
                return &self.code[..at];
            }
            from = at + 1;
        }
        &self.code
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files of the workspace.
pub(crate) fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    walk(&root(), "", &mut sources);
    assert!(sources.len() > 50, "only {} files found", sources.len());
    sources
}

fn walk(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&entry.path(), &format!("{path}/"), sources);
            }
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            sources.push(Source {
                code: blank(&text),
                path,
                text,
            });
        }
    }
}

/// Blanks comments and the insides of string and character literals.
pub(crate) fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let word_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => comment_end(&chars, at),
            '"' => string_end(&chars, at),
            'r' | 'b' | 'c' if !word_before => raw_string_end(&chars, at).unwrap_or(at),
            '\'' => char_end(&chars, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            let blanks = chars[at..end].iter();
            code.extend(blanks.map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

fn line_end(chars: &[char], at: usize) -> usize {
    let feed = chars[at..].iter().position(|c| *c == '\n');
    feed.map_or(chars.len(), |n| at + n)
}

fn comment_end(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at.min(chars.len())
}

fn string_end(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The end of `r"..."`, `r#"..."#`, `br"..."`, if one starts here.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let mut next = at + usize::from(chars[at] != 'r');
    if chars.get(next) != Some(&'r') {
        return None;
    }
    next += 1;
    let hashes = chars[next..].iter().take_while(|c| **c == '#').count();
    next += hashes;
    if chars.get(next) != Some(&'"') {
        return None;
    }
    let closes =
        |at: usize| chars[at] == '"' && chars[at + 1..].iter().take(hashes).all(|c| *c == '#');
    let quote = (next + 1..chars.len()).find(|at| closes(*at))?;
    Some(quote + 1 + hashes)
}

/// The end of a character literal, if it is one and no lifetime.
fn char_end(chars: &[char], at: usize) -> Option<usize> {
    match (chars.get(at + 1)?, chars.get(at + 2)?) {
        ('\\', _) => {
            let quote = chars[at + 3..].iter().position(|c| *c == '\'')?;
            Some(at + 3 + quote + 1)
        }
        (_, '\'') => Some(at + 3),
        _ => None,
    }
}

#[test]
fn what_is_not_code_is_blanked() {
    for (text, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (
            r#"f("a\"b{", 'x', '\'', '{')"#,
            "f(       ,    ,     ,    )",
        ),
        (
            "r#\"a\"b\"# + br\"c\" + b'{' + x",
            "         +       + b    + x",
        ),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
    ] {
        assert_eq!(blank(text), code, "{text}");
    }
}
