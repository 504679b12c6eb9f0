//! Tags and text out of the lines of an XML document: bounded, lenient, without a tree.

/// Bytes kept of a tag that is spread over lines, and how many lines it may take.
const TAG_CAP: usize = 64 * 1024;
const TAG_LINES: u32 = 2000;

/// A piece of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name attributes>`, or `<name attributes/>`.
    Open(Tag<'a>),
    /// `</name>`
    Close(&'a str),
    /// Text between tags, with entities, as far as it stands in one line.
    Text(&'a str),
    /// The same of a CDATA section, where nothing is escaped.
    Data(&'a str),
}

/// An opening tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    attributes: &'a str,
    /// Whether it closes itself.
    pub(super) empty: bool,
}

/// Where the scanner stands between two lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Content,
    /// In a tag, maybe within quotes.
    Tag(Option<u8>),
    Data,
    Comment,
    Instruction,
    Declaration,
}

/// Cuts lines into tokens; what is spread over lines is put together.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    inside: Inside,
    /// The tag so far, of earlier lines.
    tag: String,
    lines: u32,
}

impl Scanner {
    /// Whether the next line begins in a tag, a comment or the like.
    pub(super) fn in_markup(&self) -> bool {
        !matches!(self.inside, Inside::Content | Inside::Data)
    }

    /// Whether the next line begins in a CDATA section.
    pub(super) fn in_data(&self) -> bool {
        self.inside == Inside::Data
    }

    pub(super) fn line(&mut self, text: &str, out: &mut dyn FnMut(Token<'_>)) {
        let mut rest = text;
        while !rest.is_empty() {
            rest = match self.inside {
                Inside::Content => self.content(rest, out),
                Inside::Tag(quote) => self.tag(rest, quote, out),
                Inside::Data => {
                    let (data, rest) = self.until("]]>", rest);
                    out(Token::Data(data));
                    rest
                }
                Inside::Comment => self.until("-->", rest).1,
                Inside::Instruction => self.until("?>", rest).1,
                Inside::Declaration => self.until(">", rest).1,
            };
        }
        if let Inside::Tag(_) = self.inside {
            self.keep("\n");
            self.lines += 1;
            if self.lines > TAG_LINES {
                *self = Scanner::default();
            }
        }
    }

    fn content<'t>(&mut self, text: &'t str, out: &mut dyn FnMut(Token<'_>)) -> &'t str {
        let at = memchr::memchr(b'<', text.as_bytes()).unwrap_or(text.len());
        if at > 0 {
            out(Token::Text(&text[..at]));
        }
        let rest = &text[at..];
        let (inside, length) = match rest.as_bytes() {
            [] => return "",
            [b'<', b'?', ..] => (Inside::Instruction, 2),
            _ if rest.starts_with("<![CDATA[") => (Inside::Data, "<![CDATA[".len()),
            _ if rest.starts_with("<!--") => (Inside::Comment, "<!--".len()),
            [b'<', b'!', ..] => (Inside::Declaration, 2),
            [b'<', c, ..] if c.is_ascii_alphabetic() || matches!(c, b'/' | b'_') => {
                self.tag.clear();
                self.lines = 0;
                (Inside::Tag(None), 1)
            }
            // No markup: whoever wrote the document did not escape it.
            _ => {
                out(Token::Text("<"));
                (Inside::Content, 1)
            }
        };
        self.inside = inside;
        &rest[length..]
    }

    fn tag<'t>(
        &mut self,
        text: &'t str,
        quote: Option<u8>,
        out: &mut dyn FnMut(Token<'_>),
    ) -> &'t str {
        let mut quote = quote;
        for (i, byte) in text.bytes().enumerate() {
            match (quote, byte) {
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), close) if open == close => quote = None,
                (None, b'>') => {
                    self.inside = Inside::Content;
                    if self.tag.is_empty() {
                        tell(&text[..i], out);
                    } else {
                        self.keep(&text[..i]);
                        tell(&self.tag, out);
                    }
                    return &text[i + 1..];
                }
                // What was taken for a tag was none.
                (None, b'<') => {
                    self.inside = Inside::Content;
                    return &text[i..];
                }
                _ => {}
            }
        }
        self.keep(text);
        self.inside = Inside::Tag(quote);
        ""
    }

    /// What stands before the end of a section, and what behind it.
    fn until<'t>(&mut self, end: &str, text: &'t str) -> (&'t str, &'t str) {
        match memchr::memmem::find(text.as_bytes(), end.as_bytes()) {
            Some(at) => {
                self.inside = Inside::Content;
                (&text[..at], &text[at + end.len()..])
            }
            None => (text, ""),
        }
    }

    fn keep(&mut self, text: &str) {
        let room = TAG_CAP.saturating_sub(self.tag.len()).min(text.len());
        self.tag.push_str(&text[..text.floor_char_boundary(room)]);
    }
}

/// Hands over the tag with that inner text.
fn tell(inner: &str, out: &mut dyn FnMut(Token<'_>)) {
    if let Some(name) = inner.strip_prefix('/') {
        return out(Token::Close(name.trim()));
    }
    let (inner, empty) = match inner.strip_suffix('/') {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    let end = inner.find(|c: char| c.is_whitespace());
    let (name, attributes) = inner.split_at(end.unwrap_or(inner.len()));
    out(Token::Open(Tag {
        name,
        attributes,
        empty,
    }));
}

impl<'a> Tag<'a> {
    /// Keys and values of the attributes, the values as they stand there.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (key, value) = rest.split_once('=')?;
            let value = value.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, behind) = value[1..].split_once(quote)?;
            rest = behind;
            Some((key.trim(), value))
        })
    }

    /// The value of an attribute, as it stands there.
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.attributes()
            .find(|(k, _)| *k == key)
            .map(|(_, value)| value)
    }
}

/// The text without entities, at most `cap` bytes of it.
pub(super) fn decoded(text: &str, cap: usize) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while plain.len() < cap && !rest.is_empty() {
        let at = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        plain.push_str(&rest[..rest.floor_char_boundary(at.min(cap - plain.len()))]);
        rest = &rest[at..];
        if rest.is_empty() {
            break;
        }
        match entity(rest) {
            Some((c, length)) => {
                plain.push(c);
                rest = &rest[length..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.truncate(plain.floor_char_boundary(cap));
    plain
}

/// The character of the entity that begins the text, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    // The longest known: `&#x10FFFF;`.
    let head = &text[..text.floor_char_boundary(12)];
    let end = head.find(';')?;
    let c = match &head[1..end] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        number => {
            let digits = number.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end + 1))
}
