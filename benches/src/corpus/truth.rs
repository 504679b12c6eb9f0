//! Compares what a parser found with what the corpus says of each line.

use std::collections::BTreeMap;
use std::fmt;

use sentinel_parsers::Parser;

use super::Corpus;
use crate::parsing::CHUNK;

/// What has to hold of the lines of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Must {
    /// Each has an event.
    All,
    /// None has one.
    None,
    /// Nothing: the figure is shown.
    Shown,
}

impl Must {
    /// Errors are recognised anywhere, and lines of a dialect standing alone if nothing else looks like them;
    /// the others need their session round them, which they have in the dense corpus only.
    fn of(corpus: &str, kind: &str) -> Must {
        match kind {
            "plain" | "near" => Must::None,
            "ev.marker" | "ev.gotext" | "ev.gojson" | "err.head" | "err.http" => Must::All,
            _ if corpus == "dense" && kind.starts_with("ev.") => Must::All,
            _ => Must::Shown,
        }
    }
}

/// What was found in the lines of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Lines of the kind.
    pub lines: u64,
    /// Lines an event is about.
    pub found: u64,
    /// Events about them.
    pub events: u64,
    /// What has to hold.
    pub must: Must,
    /// The first line of which it does not.
    pub wrong: Option<(u64, String)>,
}

/// What was found in a corpus, by kind of line.
#[derive(Clone, Debug)]
pub struct Truth {
    /// Rows by kind.
    pub rows: BTreeMap<String, Row>,
    /// Events, those about no line included.
    pub events: u64,
}

impl Truth {
    /// Lets the parser read the corpus.
    #[must_use]
    pub fn of(corpus: &Corpus, mut parser: Parser) -> Truth {
        let mut found = vec![0_u32; corpus.numbers.len()];
        let mut events = 0;
        let mut note = |event: &sentinel_parsers::Event<'_>| {
            events += 1;
            let at = usize::try_from(event.line.wrapping_sub(1));
            if let Some(count) = at.ok().and_then(|at| found.get_mut(at)) {
                *count += 1;
            }
        };
        for chunk in corpus.bytes.chunks(CHUNK) {
            parser.feed(chunk, &mut note);
        }
        parser.finish(&mut note);
        let mut rows = BTreeMap::new();
        for ((n, (kind, line)), events) in (1..).zip(corpus.lines()).zip(found) {
            let kind = apart(kind, line);
            if !rows.contains_key(kind) {
                rows.insert(kind.to_owned(), Row::new(Must::of(corpus.name, kind)));
            }
            if let Some(row) = rows.get_mut(kind) {
                row.add(n, line, events);
            }
        }
        Truth { rows, events }
    }

    /// The first thing that is wrong.
    ///
    /// # Errors
    /// A line that says what.
    pub fn verify(&self, corpus: &str) -> Result<(), String> {
        let wrong = |(kind, row): (&String, &Row)| {
            let (n, line) = row.wrong.as_ref()?;
            let (found, lines) = (row.found, row.lines);
            Some(format!(
                "{corpus}: {kind}: {found} of {lines} lines with an event, first wrong: line {n}: {line}"
            ))
        };
        self.rows.iter().find_map(wrong).map_or(Ok(()), Err)
    }
}

/// `TEST_END` closes a run in the corpus; it is no word of ours, so its lines are counted apart.
fn apart<'k>(kind: &'k str, line: &[u8]) -> &'k str {
    match kind {
        "ev.marker" if memchr::memmem::find(line, b"TEST_END ").is_some() => "ev.marker TEST_END",
        _ => kind,
    }
}

impl Row {
    fn new(must: Must) -> Row {
        Row {
            lines: 0,
            found: 0,
            events: 0,
            must,
            wrong: None,
        }
    }

    fn add(&mut self, n: u64, line: &[u8], events: u32) {
        self.lines += 1;
        self.found += u64::from(events > 0);
        self.events += u64::from(events);
        let right = match self.must {
            Must::All => events > 0,
            Must::None => events == 0,
            Must::Shown => true,
        };
        if !right && self.wrong.is_none() {
            let text = String::from_utf8_lossy(line);
            self.wrong = Some((n, text.trim_end().chars().take(200).collect()));
        }
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, lines, found) = ("kind of line", "lines", "with event");
        writeln!(
            f,
            "  {kind:20} {lines:>9} {found:>10} {:>9}  required",
            "events"
        )?;
        for (kind, row) in &self.rows {
            let must = match (row.must, &row.wrong) {
                (Must::Shown, _) => "-",
                (Must::All, None) => "all: ok",
                (Must::None, None) => "none: ok",
                (Must::All, Some(_)) => "all: WRONG",
                (Must::None, Some(_)) => "none: WRONG",
            };
            let (lines, found, events) = (row.lines, row.found, row.events);
            writeln!(f, "  {kind:20} {lines:>9} {found:>10} {events:>9}  {must}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A corpus of the lines given with their kinds.
    fn corpus(name: &'static str, lines: &[(&str, &str)]) -> Corpus {
        let mut kinds = vec![String::new(); 256];
        for (kind, (name, _)) in kinds.iter_mut().zip(lines) {
            (*name).clone_into(kind);
        }
        let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        Corpus {
            name,
            bytes: text.into_bytes(),
            numbers: (0..lines.len() as u8).collect(),
            kinds,
        }
    }

    fn verified(name: &'static str, lines: &[(&str, &str)]) -> Result<(), String> {
        let truth = Truth::of(&corpus(name, lines), Parser::new());
        truth.verify(name)
    }

    #[test]
    fn lines_with_and_without_their_events_are_told_apart() {
        let plain = ("plain", "some text");
        assert!(verified("quiet", &[plain, ("ev.marker", "TEST_PASS name=a")]).is_ok());
        let missing = verified("quiet", &[plain, ("ev.marker", "some text")]).unwrap_err();
        let claim = "quiet: ev.marker: 0 of 1 lines with an event, first wrong: line 2: some text";
        assert_eq!(missing, claim);
        let invented = verified("quiet", &[("near", "TEST_PASS name=a")]);
        assert!(invented.is_err(), "{invented:?}");
    }

    #[test]
    fn what_needs_its_session_is_required_only_where_it_has_one() {
        let line = [("ev.tap", "ok then")];
        assert!(verified("quiet", &line).is_ok());
        assert!(verified("dense", &line).is_err());
    }
}
