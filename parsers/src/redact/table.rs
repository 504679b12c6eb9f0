//! The table of rules, and the thorough search of a line for what they find.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use aho_corasick::{AhoCorasick, Input, Span as Stretch};
use memchr::memmem::Finder;

use super::span::Span;
use super::{assignment, cloud, forge, header, jwt, pem, service, url};

/// A row of the table: one kind of secret.
pub(crate) struct Rule {
    /// The rule's word in configuration and in what stands for the secret.
    pub(crate) id: &'static str,
    /// One line for people.
    pub(crate) summary: &'static str,
    /// Literal pieces one of which stands in or beside every secret of this kind; case matters.
    pub(crate) needles: &'static [&'static str],
    /// What makes a needle a secret.
    pub(crate) shape: Shape,
}

/// What a secret looks like round a needle.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// The needle and at least so many bytes of a class behind it; all that follow belong to it.
    Token(fn(u8) -> bool, usize),
    /// Anything else; given the line and where the needle stands.
    Other(fn(&[u8], Range<usize>) -> Found),
}

/// What a needle turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    No,
    /// Nothing, and neither is any needle of the rule from here to the place given.
    NoneBefore(usize),
    /// A secret from and to.
    Secret(usize, usize),
}

/// Every rule found by needles. Where two find the same text the first one's name is shown, so what is most
/// particular comes first.
static FAMILIES: [&[Rule]; 8] = [
    jwt::RULES,
    cloud::RULES,
    forge::RULES,
    service::RULES,
    pem::RULES,
    header::RULES,
    url::RULES,
    assignment::RULES,
];

/// Numbers of the rules that are found otherwise, behind those of the table.
pub(super) const CARD: u16 = 1000;
pub(super) const VALUE: u16 = 1001;
pub(super) const FAILED: u16 = 1002;
/// The first of the configuration's expressions.
pub(super) const CUSTOM: u16 = 2000;

/// Id and summary of every rule that can be switched off.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = FAMILIES.iter().flat_map(|family| family.iter());
    rows.map(|rule| (rule.id, rule.summary))
        .chain([("card", "numbers of payment cards with a right check digit")])
}

/// The rule's id by its number.
pub(super) fn id(number: u16) -> Option<&'static str> {
    match number {
        CARD => Some("card"),
        VALUE => Some("value"),
        FAILED => None,
        n => rows().nth(usize::from(n)).map(|rule| rule.id),
    }
}

pub(super) fn rows() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// How many rules the table has.
pub(super) fn len() -> usize {
    rows().count()
}

/// What finds the needles: long ones with vector instructions, as many at once as those take; short ones
/// by a byte that is rare in logs, or each by itself.
struct Gates {
    long: Vec<Gate>,
    rare: Vec<(&'static [u8], u16, Shape)>,
    short: Vec<(Finder<'static>, u16, Shape)>,
}

struct Gate {
    search: Search,
    rules: Vec<(u16, Shape)>,
}

enum Search {
    /// With vector instructions.
    Packed(Searcher),
    /// On machines without them.
    Automaton(AhoCorasick),
    /// Never: an automaton of so few words can always be built.
    Nothing,
}

/// Needles searched for in one pass.
const GROUP: usize = 64;
/// Bytes from which on a needle is a long one.
const LONG: usize = 4;
/// Bytes that are rare in logs: a short needle that ends with one is found by it.
const RARE: [u8; 3] = *b"J~@";

static GATES: LazyLock<Gates> = LazyLock::new(|| {
    let needles = (0..).zip(rows()).flat_map(|(n, rule)| {
        rule.needles
            .iter()
            .map(move |needle| (*needle, n, rule.shape))
    });
    let (long, short): (Vec<Needle>, Vec<Needle>) =
        needles.partition(|(needle, _, _)| needle.len() >= LONG);
    let (rare, short): (Vec<Needle>, Vec<Needle>) =
        short.into_iter().partition(|(needle, _, _)| {
            needle
                .bytes()
                .next_back()
                .is_some_and(|b| RARE.contains(&b))
        });
    Gates {
        long: long.chunks(GROUP).map(Gate::new).collect(),
        rare: rare
            .into_iter()
            .map(|(w, n, shape)| (w.as_bytes(), n, shape))
            .collect(),
        short: short
            .into_iter()
            .map(|(w, n, shape)| (Finder::new(w), n, shape))
            .collect(),
    }
});

type Needle = (&'static str, u16, Shape);

impl Gate {
    fn new(needles: &[Needle]) -> Gate {
        let words = needles.iter().map(|(needle, _, _)| *needle);
        let search = match Searcher::new(words.clone()) {
            Some(searcher) => Search::Packed(searcher),
            None => AhoCorasick::new(words).map_or(Search::Nothing, Search::Automaton),
        };
        Gate {
            search,
            rules: needles
                .iter()
                .map(|(_, rule, shape)| (*rule, *shape))
                .collect(),
        }
    }

    /// The first needle at or after `from`: its number and where it stands.
    fn next(&self, bytes: &[u8], from: usize) -> Option<(usize, Range<usize>)> {
        let stretch = Stretch {
            start: from,
            end: bytes.len(),
        };
        let found = match &self.search {
            Search::Packed(searcher) => searcher.find_in(bytes, stretch)?,
            Search::Automaton(automaton) => automaton.find(Input::new(bytes).span(stretch))?,
            Search::Nothing => return None,
        };
        Some((found.pattern().as_usize(), found.range()))
    }
}

impl Gates {
    /// The needle whose last byte stands at `at`.
    fn rare_at(&self, bytes: &[u8], at: usize) -> Option<(u16, Shape, usize)> {
        let mut rows = self.rare.iter();
        let row = rows.find(|(needle, _, _)| bytes[..=at].ends_with(needle));
        row.map(|(needle, rule, shape)| (*rule, *shape, needle.len()))
    }
}

fn rare_bytes(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr3_iter(RARE[0], RARE[1], RARE[2], bytes)
}

/// Adds the secrets of the rules that are not switched off; what is replaced already is passed over.
pub(super) fn find(bytes: &[u8], off: &[bool], replaced: &[(usize, usize)], spans: &mut Vec<Span>) {
    let mut scan = Scan {
        bytes,
        replaced,
        known: off
            .iter()
            .map(|off| 0..if *off { usize::MAX } else { 0 })
            .collect(),
        spans,
    };
    for gate in &GATES.long {
        let mut from = 0;
        while let Some((needle, at)) = gate.next(bytes, from) {
            let (rule, shape) = gate.rules[needle];
            from = scan.needle(rule, shape, at);
        }
    }
    for end in rare_bytes(bytes) {
        if let Some((rule, shape, len)) = GATES.rare_at(bytes, end) {
            scan.needle(rule, shape, end + 1 - len..end + 1);
        }
    }
    for (finder, rule, shape) in &GATES.short {
        let mut from = 0;
        while let Some(found) = finder.find(&bytes[from..]) {
            let at = from + found;
            from = scan.needle(*rule, *shape, at..at + finder.needle().len());
        }
    }
}

/// A look through one line.
struct Scan<'s> {
    bytes: &'s [u8],
    replaced: &'s [(usize, usize)],
    /// For each rule where no needle is worth a look.
    known: Vec<Range<usize>>,
    spans: &'s mut Vec<Span>,
}

impl Scan<'_> {
    /// Looks at a needle; gives where to search on.
    fn needle(&mut self, rule: u16, shape: Shape, at: Range<usize>) -> usize {
        let start = at.start;
        // A replacement holds the name of its rule, which may hold needles.
        let next = self.replaced.partition_point(|(_, end)| *end <= start);
        if self
            .replaced
            .get(next)
            .is_some_and(|(from, _)| *from <= start)
        {
            return at.end;
        }
        let known = &mut self.known[usize::from(rule)];
        if known.contains(&start) {
            return start + 1;
        }
        match judge(self.bytes, at, shape) {
            Found::No => start + 1,
            Found::NoneBefore(place) => {
                *known = start..place;
                start + 1
            }
            Found::Secret(from, to) => {
                self.spans.push(Span { from, to, rule });
                // What begins within a secret is not looked at again.
                *known = from..to;
                to.max(start + 1)
            }
        }
    }
}

/// What a needle is that stands in the line.
pub(super) fn judge(bytes: &[u8], at: Range<usize>, shape: Shape) -> Found {
    let (class, least) = match shape {
        Shape::Token(class, least) => (class, least),
        Shape::Other(find) => return find(bytes, at),
    };
    let len = run(&bytes[at.end..], class);
    match len >= least {
        true => Found::Secret(at.start, at.end + len),
        false => Found::No,
    }
}

/// Length of the run at the beginning for which `is` holds.
pub(super) fn run(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let end = bytes.iter().position(|b| !is(*b));
    end.unwrap_or(bytes.len())
}

/// Length of the run at the end for which `is` holds, up to `cap`.
pub(super) fn run_back(bytes: &[u8], cap: usize, is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rev().take(cap).take_while(|b| is(**b)).count()
}

/// Letters and digits.
pub(super) fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

/// Letters, digits and underscore.
pub(super) fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Letters, digits, underscore and dash: base64 for URLs.
pub(super) fn word_dash(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

/// Capital letters and digits.
pub(super) fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

/// Hex digits.
pub(super) fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

/// Base64.
pub(super) fn base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

/// Whether a token may begin here: what stands before is no part of a word, or the end of an escape.
pub(super) fn begins(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[..at];
    match before {
        [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'] | [.., b'|', b'n' | b'r'] => true,
        [.., b'%', a, b] if hex(*a) && hex(*b) => true,
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|x| hex(**x)) => true,
        [.., last] => !word(*last),
        [] => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        let mut ids: Vec<&str> = rules().map(|(id, _)| id).collect();
        assert!(
            ids.iter()
                .all(|id| id.len() <= super::super::span::NAME_CAP)
        );
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), len() + 1, "an id stands twice");
        for rule in rows() {
            assert!(!rule.needles.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn vector_instructions_take_all_long_needles_in_two_passes() {
        if Searcher::new(["abc"]).is_none() {
            println!("skipped: no vector instructions here");
            return;
        }
        let packed = |gate: &Gate| matches!(gate.search, Search::Packed(_));
        assert!(GATES.long.iter().all(packed) && GATES.long.len() <= 2);
    }
}
