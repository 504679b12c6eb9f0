//! A wrong command line told in one line, for `sentinel-agent` and `sentinel` alike.

use clap::Error;
use clap::error::{ContextKind, ContextValue};

/// What is wrong and, where there is one, the likely right spelling; the usage is left to `--help`.
#[must_use]
pub fn complaint(error: &Error) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let mut line = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    // A missing argument is named on the line below.
    if line.ends_with(':') {
        line = format!("{line} {}", lines.next().unwrap_or_default());
    }
    let suggested = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let likely = suggested.iter().find_map(|kind| match error.get(*kind)? {
        ContextValue::String(likely) => Some(likely.clone()),
        ContextValue::Strings(likely) => likely.first().cloned(),
        _ => None,
    });
    if let Some(likely) = likely {
        line.push_str(&format!("; did you mean '{likely}'?"));
    }
    line + " (try --help)"
}
