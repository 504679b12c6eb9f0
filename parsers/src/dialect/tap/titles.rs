//! Titles in the descriptions of vitest's flat TAP: `src/a.test.ts > describe > title`.

use crate::places::holds_any;

/// Extensions of the files vitest runs.
const EXTENSIONS: [&str; 8] = [".js", ".ts", ".jsx", ".tsx", ".mjs", ".mts", ".cjs", ".cts"];

/// Suite (the titles around the test, without the file) and title.
pub(super) fn apart(description: &str) -> Option<(&str, &str)> {
    // Most descriptions have none, and this is told sooner of one byte than of three.
    if !holds_any(description.as_bytes(), *b">") {
        return None;
    }
    let (file, rest) = description.split_once(" > ")?;
    if !EXTENSIONS.iter().any(|e| file.ends_with(e)) {
        return None;
    }
    Some(rest.rsplit_once(" > ").unwrap_or(("", rest)))
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn only_a_source_file_in_front_makes_titles() {
        assert_eq!(apart("src/a.test.ts > b > c > d"), Some(("b > c", "d")));
        assert_eq!(apart("a.test.js > d"), Some(("", "d")));
        assert_eq!(apart("1 > 0 > -1"), None);
    }
}
