//! The grammar of a service message: `##teamcity[name key='value' ...]` with `|` escapes, as in
//! TeamCity's documentation, "Service messages formats".

use std::borrow::Cow;

/// What every message begins with.
pub(super) const OPEN: &str = "##teamcity[";
/// Attributes of a message that are read.
const ATTRIBUTE_CAP: usize = 32;

/// A service message; it borrows from its line.
#[derive(Debug, PartialEq)]
pub(super) struct Message<'a> {
    pub name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    /// Whether its end was seen; a line over the cap ends within a message.
    pub complete: bool,
}

impl<'a> Message<'a> {
    /// The value of an attribute, without escapes.
    pub(super) fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.attributes.iter().find(|(k, _)| *k == key)?;
        Some(unescape(value))
    }

    /// The first line of an attribute's value that is not blank.
    pub(super) fn first_line(&self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        let line = value.lines().map(str::trim).find(|l| !l.is_empty())?;
        Some(line.to_owned())
    }
}

/// The messages of a line, in order.
pub(super) fn messages(line: &str) -> impl Iterator<Item = Message<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        while let Some(at) = memchr::memmem::find(rest.as_bytes(), OPEN.as_bytes()) {
            let body = &rest[at + OPEN.len()..];
            if let Some((message, length)) = message(body) {
                rest = &body[length..];
                return Some(message);
            }
            rest = body;
        }
        None
    })
}

/// The message whose text follows the opening, and its length.
fn message(body: &str) -> Option<(Message<'_>, usize)> {
    let end = body.find(|c: char| !c.is_ascii_alphanumeric())?;
    let mut message = Message {
        name: &body[..end],
        attributes: Vec::new(),
        complete: false,
    };
    if message.name.is_empty() {
        return None;
    }
    let mut at = end;
    loop {
        at += body[at..].len() - body[at..].trim_start().len();
        if body[at..].starts_with(']') {
            message.complete = true;
            return Some((message, at + 1));
        }
        let Some(equals) = body[at..].find('=') else {
            return Some((message, body.len()));
        };
        let key = &body[at..at + equals];
        let value = at + equals + 1;
        if !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        let quoted = body[value..].strip_prefix('\'')?;
        let Some(length) = closing(quoted) else {
            return Some((message, body.len()));
        };
        if message.attributes.len() < ATTRIBUTE_CAP {
            message.attributes.push((key, &quoted[..length]));
        }
        at = value + length + 2;
    }
}

/// Length of a value up to its closing quote.
fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'|', b'\'', &bytes[from..])?;
        if bytes[at] == b'\'' {
            return Some(at);
        }
        from = at + 2;
        if from > bytes.len() {
            return None;
        }
    }
}

/// The value that was meant: `|n`, `|r`, `||`, `|'`, `|[`, `|]`, `|0xABCD` and the Unicode line ends.
fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('|') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(bar) = rest.find('|') {
        plain.push_str(&rest[..bar]);
        let mut after = rest[bar + 1..].chars();
        let escaped = after.next();
        rest = after.as_str();
        match escaped {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('x') => plain.push('\u{85}'),
            Some('l') => plain.push('\u{2028}'),
            Some('p') => plain.push('\u{2029}'),
            Some('0') => {
                let code = rest.strip_prefix('x').and_then(|r| r.get(..4));
                match code.and_then(|c| u32::from_str_radix(c, 16).ok()) {
                    Some(code) => {
                        plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                        rest = &rest[5..];
                    }
                    None => plain.push('0'),
                }
            }
            Some(c) => plain.push(c),
            None => {}
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(line: &str) -> Message<'_> {
        messages(line).next().unwrap()
    }

    #[test]
    fn escapes_are_undone() {
        let m = only("##teamcity[testFailed name='a|'b' message='|[x|]|n||y |0x00e9']");
        assert_eq!(m.get("name").as_deref(), Some("a'b"));
        assert_eq!(m.get("message").as_deref(), Some("[x]\n|y é"));
        assert!(m.complete);
    }

    #[test]
    fn a_line_may_hold_several_messages_and_other_text() {
        let line = "ok ##teamcity[testStarted name='a'] and ##teamcity[testFinished name='a']";
        let names: Vec<&str> = messages(line).map(|m| m.name).collect();
        assert_eq!(names, ["testStarted", "testFinished"]);
    }

    #[test]
    fn a_cut_message_keeps_what_came_before_the_cut() {
        let m = only("##teamcity[testFailed flowId='7' details='aaaa");
        assert_eq!((m.complete, m.get("flowId").as_deref()), (false, Some("7")));
    }

    #[test]
    fn what_is_no_message_is_none() {
        assert_eq!(messages("##teamcity[").count(), 0);
        assert_eq!(messages("##teamcity[a b c=d]").count(), 0);
        assert_eq!(messages("teamcity[testStarted name='a']").count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_quoted(text in "[a-z|'\\[\\]\n é=]{0,20}") {
            let mut quoted = String::new();
            for c in text.chars() {
                match c {
                    '\n' => quoted.push_str("|n"),
                    '|' | '\'' | '[' | ']' => { quoted.push('|'); quoted.push(c); }
                    c => quoted.push(c),
                }
            }
            let line = format!("##teamcity[m key='{quoted}']");
            proptest::prop_assert_eq!(only(&line).get("key").unwrap(), text);
        }
    }
}
