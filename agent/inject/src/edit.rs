//! Edits of a text: lines that are put in, words that are put in, ranges that are cut out. All else stays byte for byte.

use std::ops::Range;

/// What is to be done to a text.
#[derive(Debug)]
pub(crate) struct Edits<'t> {
    text: &'t str,
    feed: &'static str,
    /// What is put in where, in the order in which it was asked for.
    added: Vec<(usize, String)>,
    cut: Vec<Range<usize>>,
}

impl<'t> Edits<'t> {
    pub(crate) fn new(text: &'t str) -> Edits<'t> {
        let feed = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Edits {
            text,
            feed,
            added: Vec::new(),
            cut: Vec::new(),
        }
    }

    /// Puts lines in where a line begins, or at the end of the text.
    pub(crate) fn lines(&mut self, at: usize, column: usize, lines: &[String]) {
        let indent = " ".repeat(column);
        let torn = at == self.text.len() && !self.text.ends_with('\n');
        let mut all = String::new();
        for line in lines {
            let (before, after) = if torn {
                (self.feed, "")
            } else {
                ("", self.feed)
            };
            for part in [before, &indent, line, after] {
                all.push_str(part);
            }
        }
        self.added.push((at, all));
    }

    /// Puts words in.
    pub(crate) fn words(&mut self, at: usize, words: String) {
        self.added.push((at, words));
    }

    /// Cuts a range out.
    pub(crate) fn cut(&mut self, range: Range<usize>) {
        self.cut.push(range);
    }

    /// The text after all of it.
    pub(crate) fn apply(mut self) -> String {
        self.added.sort_by_key(|(at, _)| *at);
        let mut out = String::with_capacity(self.text.len() + 4096);
        let mut at = 0;
        let mut added = self.added.into_iter().peekable();
        for cut in joined(self.text, self.cut) {
            while let Some((place, words)) = added.next_if(|(place, _)| *place <= cut.start) {
                out.push_str(&self.text[at..place]);
                out.push_str(&words);
                at = place;
            }
            out.push_str(&self.text[at..cut.start]);
            at = cut.end;
        }
        for (place, words) in added {
            out.push_str(&self.text[at..place]);
            out.push_str(&words);
            at = place;
        }
        out.push_str(&self.text[at..]);
        out
    }
}

/// The ranges in order, those that touch as one. Where the last line goes and had no line feed, the one before it goes,
/// as it came with it.
fn joined(text: &str, mut cuts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    cuts.sort_by_key(|cut| cut.start);
    let mut all: Vec<Range<usize>> = Vec::new();
    for cut in cuts {
        match all.last_mut() {
            Some(last) if cut.start <= last.end => last.end = last.end.max(cut.end),
            _ => all.push(cut),
        }
    }
    if let Some(last) = all.last_mut()
        && last.end == text.len()
        && !text.ends_with('\n')
    {
        let before = &text[..last.start];
        let before = before.strip_suffix('\n').unwrap_or(before);
        last.start = before.strip_suffix('\r').unwrap_or(before).len();
    }
    all
}
