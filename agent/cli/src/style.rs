//! Colour and width: what the terminal can show, and what the user asked for.

use std::borrow::Cow;
use std::io::IsTerminal;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How to print for one destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether SGR colours are wanted.
    pub(crate) color: bool,
    /// Columns to fit into.
    pub(crate) width: usize,
}

impl Style {
    /// Plain text of a fixed width.
    pub(crate) const PLAIN: Style = Style {
        color: false,
        width: 100,
    };

    /// The style for standard output.
    pub(crate) fn stdout() -> Style {
        Style::of(std::io::stdout().is_terminal())
    }

    /// The style for standard error.
    pub(crate) fn stderr() -> Style {
        Style::of(std::io::stderr().is_terminal())
    }

    /// Colours only on a terminal and without `NO_COLOR` (`CLICOLOR_FORCE` asks for them
    /// elsewhere); the terminal's width or `COLUMNS`.
    fn of(terminal: bool) -> Style {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let width = match (columns, terminal_size::terminal_size()) {
            (Some(columns), _) => columns,
            (None, Some((width, _))) if terminal => usize::from(width.0),
            _ => Style::PLAIN.width,
        };
        Style {
            color: !no_color && (terminal || set("CLICOLOR_FORCE")),
            width: width.clamp(40, 200),
        }
    }

    fn sgr<'t>(self, code: &str, text: &'t str) -> Cow<'t, str> {
        match self.color {
            true => Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m")),
            false => Cow::Borrowed(text),
        }
    }

    pub(crate) fn bold(self, text: &str) -> Cow<'_, str> {
        self.sgr("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> Cow<'_, str> {
        self.sgr("2", text)
    }

    pub(crate) fn red(self, text: &str) -> Cow<'_, str> {
        self.sgr("1;31", text)
    }

    pub(crate) fn green(self, text: &str) -> Cow<'_, str> {
        self.sgr("1;32", text)
    }

    pub(crate) fn yellow(self, text: &str) -> Cow<'_, str> {
        self.sgr("33", text)
    }
}

/// The text cut to `width` columns, with an ellipsis where something was cut. Control characters,
/// which could move a terminal's cursor, are replaced.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let clean = inert(text);
    if clean.width() <= width {
        return clean;
    }
    let mut out = String::new();
    let mut used = 1;
    for c in clean.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The text without what a terminal or a page acts upon and does not show: names and messages come from
/// outside.
pub(crate) fn inert(text: &str) -> String {
    let acts = |c: char| c.is_control() || is_unseen(c);
    text.chars()
        .map(|c| if acts(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Whether a character changes the direction of the text round it, or has no width: two names that
/// differ in it look the same, and one can be made to look like another.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{061c}'
            | '\u{feff}'
    )
}

/// Seconds for people: `12ms`, `1.24s`, `2m 03s`, `1h 02m`.
pub(crate) fn seconds(s: f64) -> String {
    match s {
        s if s < 0.9995 => format!("{:.0}ms", s * 1e3),
        s if s < 60.0 => format!("{s:.2}s"),
        s if s < 3600.0 => format!("{}m {:02}s", s as u64 / 60, s as u64 % 60),
        s => format!("{}h {:02}m", s as u64 / 3600, s as u64 / 60 % 60),
    }
}

/// Bytes for people, in binary units.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}
