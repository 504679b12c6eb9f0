//! The string table of version 3: names of tests are made of the same words again and again, so each text is told as
//! its skeleton, and of its words and numbers only those that the text before with that skeleton had not.
//!
//! ```text
//! TestCart/test_ledger-17, TestCart/test_refund-18   skeleton w/w_w-n, the second time its third and fourth token
//! ```

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::FrameError;
use super::columns::{Columns, NUMBERS, Readers, SKELETONS, TEXT, TOKENS, WORDS, WORDS_LOW};
use super::strings::Strings;
use super::tokens::{Apart, NUMBER, SPREAD, TOKENS_MAX, Token, bits};
use super::varint;

/// What stands in place of a skeleton's number: a new one follows.
const NEW: u8 = 0;
/// What stands in place of a skeleton's number: the text itself follows.
const PLAIN: u8 = 1;
const FIRST_SKELETON: usize = 2;
const SKELETONS_MAX: usize = 256 - FIRST_SKELETON;

/// Words told in one byte; 0 says that a new one follows.
const SHORT: usize = 239;
const FIRST_LONG: usize = SHORT + 1;
/// Words told at all: the others are told in one byte and a second.
const WORDS_MAX: usize = SHORT + (256 - FIRST_LONG) * 256;

/// Places for words that were told lately, as bits of a hash.
const RECENT: u32 = 10;
/// The same for skeletons.
const LIKELY_SHIFT: u32 = 64 - 8;

const BAD: FrameError = FrameError::Malformed { what: "words" };

/// What a skeleton looks like, and which tokens the last text that had it had.
struct Skeleton {
    hash: u64,
    numbers: u64,
    gaps: Vec<u32>,
    pattern: Vec<u8>,
    tokens: Vec<Token>,
}

/// Writes strings into columns.
struct Encoder<'a> {
    text: &'a [u8],
    columns: &'a mut Columns,
    apart: Apart,
    skeletons: Vec<Skeleton>,
    /// By a part of the hash of their gaps: the skeleton told last.
    likely: [u8; 1 << (64 - LIKELY_SHIFT)],
    words: Vec<Token>,
    seen: HashTable<u16>,
    hasher: DefaultHashBuilder,
    /// By a part of a hash of its first eight bytes, which anybody can foresee: the number of the word told last, from 1.
    recent: [u16; 1 << RECENT],
}

/// Writes the string table into the columns that are for it.
pub(super) fn split(strings: &Strings, columns: &mut Columns) {
    let mut encoder = Encoder {
        text: strings.text.as_bytes(),
        columns,
        apart: Apart::default(),
        skeletons: Vec::new(),
        likely: [0; 1 << (64 - LIKELY_SHIFT)],
        words: Vec::new(),
        seen: HashTable::new(),
        hasher: DefaultHashBuilder::default(),
        recent: [0; 1 << RECENT],
    };
    let mut from = 0;
    for to in strings.ends.iter().map(|end| *end as usize) {
        encoder.string(from, to);
        from = to;
    }
}

impl Encoder<'_> {
    fn string(&mut self, from: usize, to: usize) {
        let fits = self.apart.take(self.text, from, to);
        let known = if fits { self.skeleton(from, to) } else { None };
        let Some(index) = known else {
            self.columns.0[SKELETONS].push(PLAIN);
            return self.columns.text(&self.text[from..to]);
        };
        let (tokens, before) = (self.apart.tokens(), &mut self.skeletons[index].tokens);
        let mut changed = 0;
        for (n, (token, old)) in tokens.iter().zip(before).enumerate() {
            changed |= u64::from(!token.is_same(*old, self.text)) << n;
            *old = *token;
        }
        varint::put(&mut self.columns.0[TOKENS], changed);
        for n in bits(changed) {
            let token = self.apart.tokens()[n];
            match self.apart.numbers >> n & 1 {
                1 => varint::put(&mut self.columns.0[NUMBERS], token.number(self.text)),
                _ => self.told(token),
            }
        }
    }

    /// The number of the skeleton of the text that was taken apart, told; `None` if there are too many.
    fn skeleton(&mut self, from: usize, to: usize) -> Option<usize> {
        let apart = &self.apart;
        // Bytes of long gaps are in the pattern alone.
        let long = apart.is_gaping.then(|| apart.pattern(self.text, from, to));
        let same = |skeleton: &Skeleton| {
            (skeleton.hash, skeleton.numbers) == (apart.hash, apart.numbers)
                && skeleton.gaps == apart.gaps()
                && long.as_ref().is_none_or(|p| *p == skeleton.pattern)
        };
        let slot = (apart.hash >> LIKELY_SHIFT) as usize;
        let likely = usize::from(self.likely[slot]);
        let known = match self.skeletons.get(likely).is_some_and(same) {
            true => Some(likely),
            false => self.skeletons.iter().position(same),
        };
        let index = known.unwrap_or(self.skeletons.len());
        if index == SKELETONS_MAX {
            return None;
        }
        // There are no more than a byte tells.
        self.likely[slot] = index as u8;
        if known.is_some() {
            self.columns.0[SKELETONS].push((index + FIRST_SKELETON) as u8);
            return known;
        }
        let pattern = long.unwrap_or_else(|| apart.pattern(self.text, from, to));
        self.columns.0[SKELETONS].push(NEW);
        self.columns.text(&pattern);
        self.skeletons.push(Skeleton {
            hash: apart.hash,
            numbers: apart.numbers,
            gaps: apart.gaps().to_vec(),
            pattern,
            // Before the first text with it stood one whose tokens are all empty.
            tokens: vec![Token::default(); apart.tokens().len()],
        });
        Some(index)
    }

    /// Tells a word that is another than that of the text before.
    #[inline]
    fn told(&mut self, word: Token) {
        // What was told lately mostly comes again.
        let slot = (word.key.wrapping_mul(SPREAD) >> (u64::BITS - RECENT)) as usize;
        let recent = usize::from(self.recent[slot]);
        let known = self.words.get(recent.wrapping_sub(1));
        if known.is_some_and(|known| known.is_same(word, self.text)) {
            return self.columns.word(recent - 1);
        }
        self.recent[slot] = self.word(word);
    }

    /// Tells a word; gives its number from 1, 0 if it has none.
    fn word(&mut self, word: Token) -> u16 {
        let (text, hasher) = (self.text, &self.hasher);
        let hash = |word: Token| match word.is_short() {
            true => hasher.hash_one(word.key),
            false => hash_of(hasher, word.bytes(text)),
        };
        let same = |i: &u16| self.words[usize::from(*i)].is_same(word, text);
        if let Some(index) = self.seen.find(hash(word), same) {
            self.columns.word(usize::from(*index));
            return index + 1;
        }
        self.columns.0[WORDS].push(0);
        self.columns.text(word.bytes(text));
        if self.words.len() == WORDS_MAX {
            return 0;
        }
        let index = self.words.len() as u16;
        self.words.push(word);
        let words = &self.words;
        self.seen
            .insert_unique(hash(word), index, |i| hash(words[usize::from(*i)]));
        index + 1
    }
}

impl Columns {
    /// Tells a word by its number.
    fn word(&mut self, index: usize) {
        if let Some(long) = index.checked_sub(SHORT) {
            self.0[WORDS].push((FIRST_LONG + (long >> 8)) as u8);
            self.0[WORDS_LOW].push(long as u8);
        } else {
            self.0[WORDS].push(index as u8 + 1);
        }
    }

    /// Tells a text with its length.
    fn text(&mut self, bytes: &[u8]) {
        varint::put(&mut self.0[TEXT], bytes.len() as u64);
        self.0[TEXT].extend_from_slice(bytes);
    }
}

/// A hash that others cannot foresee, for a table that lives as long as a frame is made.
pub(super) fn hash_of(hasher: &DefaultHashBuilder, bytes: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Reads strings from columns.
#[derive(Default)]
struct Decoder<'a> {
    text: Vec<u8>,
    /// Bytes that the text may have.
    most: usize,
    skeletons: Vec<(&'a [u8], Vec<Known>)>,
    words: Vec<&'a [u8]>,
}

/// What a token was last.
#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Word(usize),
    Number(u32),
}

/// Reads a string table of `count` strings with at most `most` bytes of text.
pub(super) fn join(
    readers: &mut Readers<'_>,
    count: usize,
    most: usize,
) -> Result<Strings, FrameError> {
    let mut decoder = Decoder {
        most,
        ..Decoder::default()
    };
    let mut ends = Vec::with_capacity(count);
    for _ in 0..count {
        decoder.string(readers)?;
        ends.push(u32::try_from(decoder.text.len()).map_err(|_| BAD)?);
    }
    let text = String::from_utf8(decoder.text).map_err(|_| BAD)?;
    if !ends.iter().all(|end| text.is_char_boundary(*end as usize)) {
        return Err(BAD);
    }
    Ok(Strings { text, ends })
}

impl<'a> Decoder<'a> {
    fn string(&mut self, from: &mut Readers<'a>) -> Result<(), FrameError> {
        let index = match from.0[SKELETONS].byte()? {
            PLAIN => return self.append(from.text()?),
            NEW => {
                let pattern = from.text()?;
                let tokens = pattern.iter().filter(|b| **b <= NUMBER).count();
                if self.skeletons.len() == SKELETONS_MAX || tokens > TOKENS_MAX {
                    return Err(BAD);
                }
                self.skeletons.push((pattern, vec![Known::Nothing; tokens]));
                self.skeletons.len() - 1
            }
            known => usize::from(known) - FIRST_SKELETON,
        };
        let (pattern, mut tokens) = self
            .skeletons
            .get_mut(index)
            .map(|(pattern, tokens)| (*pattern, std::mem::take(tokens)))
            .ok_or(BAD)?;
        let mut changed = from.0[TOKENS].number()?;
        let mut at = 0;
        for byte in pattern {
            if *byte > NUMBER {
                self.append(&[*byte])?;
                continue;
            }
            // There are as many tokens as such bytes.
            let token = &mut tokens[at];
            at += 1;
            if changed & 1 == 1 {
                *token = self.token(*byte, from)?;
            }
            changed >>= 1;
            self.put(*token)?;
        }
        self.skeletons[index].1 = tokens;
        Ok(())
    }

    /// Reads a token that is not that of the text before.
    fn token(&mut self, kind: u8, from: &mut Readers<'a>) -> Result<Known, FrameError> {
        if kind == NUMBER {
            return Ok(Known::Number(from.0[NUMBERS].small()?));
        }
        let index = match usize::from(from.0[WORDS].byte()?) {
            0 => {
                let word = from.text()?;
                self.words.push(word);
                self.words.len() - 1
            }
            short @ 1..=SHORT => short - 1,
            long => SHORT + ((long - FIRST_LONG) << 8) + usize::from(from.0[WORDS_LOW].byte()?),
        };
        match index < self.words.len() {
            true => Ok(Known::Word(index)),
            false => Err(BAD),
        }
    }

    fn put(&mut self, token: Known) -> Result<(), FrameError> {
        match token {
            Known::Nothing => Ok(()),
            Known::Word(index) => self.append(self.words[index]),
            Known::Number(n) => self.append(n.to_string().as_bytes()),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        if bytes.len() > self.most - self.text.len() {
            return Err(FrameError::TooLarge { what: "payload" });
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }
}
