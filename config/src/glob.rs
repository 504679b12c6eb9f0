//! Globs over names: `*` is any text, `?` any one character, everything else itself.

/// Whether `name` matches `glob`, from end to end and with letter case. `*` stands for any text,
/// the empty one and slashes included; `?` for exactly one character. There is no escape.
///
/// Takes at most `glob.len() * name.len()` steps.
///
/// ```
/// use sentinel_config::glob_match;
/// assert!(glob_match("release-*", "release-1.2"));
/// assert!(glob_match("*/e2e/v?", "shop/e2e/v2"));
/// assert!(!glob_match("main", "maintenance"));
/// ```
#[must_use]
pub fn glob_match(glob: &str, name: &str) -> bool {
    let (mut glob, mut name) = (glob.chars(), name.chars());
    // Where to go on when what follows the last `*` did not match: after the star, one character
    // further in the name than last time.
    let mut retry = None;
    loop {
        let rest_of_name = name.clone();
        match (glob.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                name = rest_of_name.clone();
                retry = Some((glob.clone(), rest_of_name));
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((after_star, from)) = &mut retry else {
                    return false;
                };
                if from.next().is_none() {
                    return false;
                }
                glob = after_star.clone();
                name = from.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, for comparison.
    fn naive(glob: &[char], name: &[char]) -> bool {
        match (glob, name) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                naive(rest, name) || (!name.is_empty() && naive(glob, &name[1..]))
            }
            (['?', g @ ..], [_, n @ ..]) => naive(g, n),
            ([a, g @ ..], [b, n @ ..]) => a == b && naive(g, n),
            _ => false,
        }
    }

    #[test]
    fn agrees_with_the_definition_on_all_short_words() {
        let words = |letters: &str| {
            let mut all = vec![String::new()];
            let mut from = 0;
            for _ in 0..5 {
                let to = all.len();
                for n in from..to {
                    for letter in letters.chars() {
                        all.push(format!("{}{letter}", all[n]));
                    }
                }
                from = to;
            }
            all
        };
        let names = words("aö");
        for glob in words("aö*?") {
            let glob_chars: Vec<char> = glob.chars().collect();
            for name in &names {
                let name_chars: Vec<char> = name.chars().collect();
                assert_eq!(
                    glob_match(&glob, name),
                    naive(&glob_chars, &name_chars),
                    "{glob} {name}"
                );
            }
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let glob = "a*".repeat(500) + "b";
        assert!(!glob_match(&glob, &"a".repeat(20_000)));
    }
}
