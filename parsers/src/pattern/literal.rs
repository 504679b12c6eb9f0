//! Literals that stand in every text an expression matches, so that other lines need no look.

use regex_syntax::hir::{Hir, HirKind};

/// Least bytes of a literal that is worth searching for.
const LEAST: usize = 3;
/// Literals of one expression.
const MOST: usize = 16;

/// Literals one of which stands in every text that any of the expressions matches, if there are such.
pub(super) fn needles<'r>(expressions: impl Iterator<Item = &'r str>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for expression in expressions {
        let hir = regex_syntax::parse(expression).ok()?;
        for literal in required(&hir)? {
            if !all.contains(&literal) {
                all.push(literal);
            }
        }
    }
    Some(all)
}

/// Literals one of which is in every match; of several choices the one whose shortest is longest.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            (text.len() >= LEAST).then(|| vec![text.to_owned()])
        }
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => {
            let choices = parts.iter().filter_map(required);
            choices.max_by_key(|set| set.iter().map(String::len).min())
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expression: &str) -> Option<Vec<String>> {
        needles([expression].into_iter())
    }

    fn list(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|w| (*w).to_owned()).collect())
    }

    #[test]
    fn literals_are_those_every_match_holds() {
        assert_eq!(of(r"^CHECK (?P<name>\S+): OK$"), list(&["CHECK "]));
        assert_eq!(of(r"(?P<status>PASS|FAIL) \d+"), list(&["PASS", "FAIL"]));
        assert_eq!(of(r"(passed|ok) \d+"), None);
        assert_eq!(of(r"(?i)check \S+"), None);
        assert_eq!(of(r"(abc)?\d+(def)+"), list(&["def"]));
        assert_eq!(of(r"^\d+ \S+$"), None);
        assert_eq!(needles(["abc", "x"].into_iter()), None);
        assert_eq!(
            needles(["abc.", "abc", "def"].into_iter()),
            list(&["abc", "def"])
        );
    }
}
