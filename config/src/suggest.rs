//! "Did you mean": the nearest known word to a misspelt one.

/// `; did you mean ...?` for the known word nearest to `word`, or the list of known words when none
/// is near and they are few, or nothing.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    let near = near(word, known);
    if near.is_empty() && (1..=12).contains(&known.len()) {
        return format!("; known: {}", known.join(", "));
    }
    near
}

/// `; did you mean ...?` for the known word nearest to `word`, or nothing when none is near.
pub(crate) fn near(word: &str, known: &[&str]) -> String {
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .min()
        .filter(|(far, _)| *far <= (word.chars().count() / 3).max(1))
        .map_or(String::new(), |(_, candidate)| {
            format!("; did you mean `{candidate}`?")
        })
}

/// Edit distance with transposition of neighbours as one edit, letter case and `-`/`_` ignored.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().map(fold).collect();
    let right: Vec<char> = right.chars().map(fold).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, r) in right.iter().enumerate() {
            let mut cost = (last[j] + usize::from(l != r))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

fn fold(c: char) -> char {
    if c == '-' {
        '_'
    } else {
        c.to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (left, right, edits) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "", 3),
            ("segmnt_size", "segment_size", 1),
            ("Segment-Size", "segment_size", 0),
            ("retry_mni", "retry_min", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
    }

    #[test]
    fn far_words_are_not_suggested() {
        assert_eq!(hint("colour", &["agent", "store"]), "; known: agent, store");
        assert_eq!(
            hint("agnet", &["agent", "store"]),
            "; did you mean `agent`?"
        );
        assert_eq!(hint("x", &[]), "");
    }
}
