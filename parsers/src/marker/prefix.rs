//! What may stand before a marker: a log prefix, as loggers and runtimes print it, and nothing else.

/// Longest prefix that is looked at, in bytes.
const PREFIX_CAP: usize = 256;

const LEVELS: [&str; 16] = [
    "trace",
    "debug",
    "info",
    "information",
    "notice",
    "warn",
    "warning",
    "error",
    "err",
    "fatal",
    "critical",
    "crit",
    "severe",
    "dbg",
    "inf",
    "wrn",
];

const DATE_WORDS: [&str; 25] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon",
    "tue", "wed", "thu", "fri", "sat", "sun", "utc", "gmt", "cet", "cest", "stdout", "stderr",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// A date, a time, a number, or `stdout F` as container runtimes print it.
    Moment,
    Level,
    /// `[...]`, `(...)`, `<...>`.
    Group,
    /// `app:`, `app[12]:`, `app.py:12:`.
    Named,
    /// A word like loggers' names: `com.example.Login`, `api-1`.
    Logger,
    /// Any other word.
    Plain,
    /// `-`, `--`, `|`.
    Separator,
}

/// Whether the text is a log prefix, or empty.
pub(super) fn is_prefix(text: &str) -> bool {
    if text.len() > PREFIX_CAP {
        return false;
    }
    let mut rest = text.trim_start();
    if !rest.is_empty() && !rest.ends_with([' ', '\t', ':', '|', ']', ')', '>']) {
        return false;
    }
    let mut before = None;
    let mut anchored = false;
    let mut loggers = 0;
    while !rest.is_empty() {
        let Some((token, length)) = token(rest) else {
            return false;
        };
        rest = rest[length..].trim_start();
        let next = if rest.is_empty() {
            None
        } else {
            self::token(rest).map(|(t, _)| t)
        };
        anchored |= matches!(token, Token::Moment | Token::Level);
        let fits = match token {
            Token::Moment | Token::Level | Token::Group | Token::Named => true,
            Token::Separator => before.is_some(),
            Token::Logger | Token::Plain => {
                loggers += 1;
                // A host between a time and a program's name, as syslog has it, too.
                let host = next == Some(Token::Named) && before == Some(Token::Moment);
                let introduced = host || matches!(next, Some(Token::Separator | Token::Level));
                let known = anchored || next == Some(Token::Level) || rest.starts_with('|');
                loggers <= 2 && known && (introduced || token == Token::Logger)
            }
        };
        if !fits {
            return false;
        }
        before = Some(token);
    }
    true
}

/// The first token and its length.
fn token(text: &str) -> Option<(Token, usize)> {
    let first = text.as_bytes().first()?;
    let close = match first {
        b'[' => Some(']'),
        b'(' => Some(')'),
        b'<' => Some('>'),
        _ => None,
    };
    if let Some(close) = close {
        let mut length = text.find(close)? + 1;
        length += usize::from(text[length..].starts_with(':'));
        return Some((Token::Group, length));
    }
    let length = text.find([' ', '\t', '|']).unwrap_or(text.len());
    if length == 0 {
        return Some((Token::Separator, 1));
    }
    let word = &text[..length];
    Some((kind(word)?, length))
}

fn kind(word: &str) -> Option<Token> {
    if matches!(word, "-" | "--" | "---" | "—" | "::") {
        return Some(Token::Separator);
    }
    let bare = word.trim_end_matches([':', ',']);
    let is_moment = bare.bytes().any(|b| b.is_ascii_digit())
        && bare
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:.,/+TZ_".contains(&b));
    let among = |words: &[&str]| words.iter().any(|w| bare.eq_ignore_ascii_case(w));
    // `I0102` opens a line of klog; F and P follow the stream's name in CRI lines.
    let klog = bare.len() == 5
        && bare.starts_with(['I', 'W', 'E', 'F'])
        && bare.bytes().skip(1).all(|b| b.is_ascii_digit());
    if is_moment || klog || among(&DATE_WORDS) || matches!(bare, "F" | "P") {
        return Some(Token::Moment);
    }
    if among(&LEVELS) {
        return Some(Token::Level);
    }
    let in_name = |c: char| c.is_alphanumeric() || "._-/$@[]():#*".contains(c);
    if !bare.chars().all(in_name) || !bare.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    if word.ends_with(':') {
        return Some(Token::Named);
    }
    let like_a_logger = bare.contains(['.', '_', '/', ':', '$', '-']);
    Some(if like_a_logger {
        Token::Logger
    } else {
        Token::Plain
    })
}
