//! The scores as a table for people.

use std::fmt::Write as _;

use crate::score::Score;

/// Misses listed of a case.
const LISTED: usize = 24;

fn percent(part: usize, whole: usize) -> String {
    match whole {
        0 => "-".to_owned(),
        // Not rounded up to a whole that it is not.
        _ => format!("{:.1}%", (1000 * part / whole) as f64 / 10.0),
    }
}

/// Per framework, or per case with the misses.
pub(crate) fn table(scores: &[Score], detailed: bool) -> String {
    let mut text = format!(
        "{:<46} {:>5} {:>7} {:>6} {:>6} {:>8} {:>8} {:>6} {:>6} {:>9} {:>6} {:>7}\n",
        "",
        "cases",
        "totals",
        "named",
        "right",
        "invented",
        "failures",
        "said",
        "agree",
        "durations",
        "right",
        "unshown"
    );
    let rows = match detailed {
        true => scores.to_vec(),
        false => Score::by_framework(scores),
    };
    for s in &rows {
        let _ = writeln!(
            text,
            "{:<46} {:>5} {:>7} {:>6} {:>6} {:>8} {:>8} {:>6} {:>6} {:>9} {:>6} {:>7}",
            s.case,
            s.cases,
            format!("{}/{}", s.totals_right, s.cases),
            s.named,
            percent(s.right, s.named),
            s.invented,
            s.failures,
            percent(s.said, s.failures),
            percent(s.messages_right, s.messages),
            s.durations,
            percent(s.durations_right, s.durations),
            s.unshown,
        );
        for miss in s.misses.iter().take(if detailed { LISTED } else { 0 }) {
            let _ = writeln!(text, "    {miss}");
        }
    }
    text
}
