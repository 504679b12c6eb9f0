//! What a parser makes of each line, for people who want to know why something was recognised, or was not.

use crate::dialect::Claim;

/// One line as the parser read it, after its events were told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// Its number in the stream; lines of one record share theirs.
    pub number: u64,
    /// Who wrote it, as events tell it.
    pub lane: u32,
    /// The envelopes that were taken off, from outside in.
    pub envelopes: &'a [&'static str],
    /// What a person would see of it, without secrets; nothing if it waits for more.
    pub text: &'a str,
    /// Names of the rules that took something out.
    pub redacted: &'a [String],
    /// Who claimed it: `sentinel` for its own markers, a pattern, a dialect.
    pub claims: &'a [(String, Claim)],
    /// Whether it is a piece of a line that goes on, or part of an entry that does.
    pub waits: bool,
}

/// Who watches a parser.
pub(super) type Watch = Box<dyn FnMut(&Seen<'_>) + Send>;

/// The claims on the line that is being read; kept only if somebody watches.
#[derive(Default)]
pub(super) struct Claims(Option<Vec<(String, Claim)>>);

impl Claims {
    pub(super) fn new(watched: bool) -> Claims {
        Claims(watched.then(Vec::new))
    }

    /// Notes a claim, and gives it.
    #[inline]
    pub(super) fn note(&mut self, by: &str, claim: Claim) -> Claim {
        if let Some(claims) = &mut self.0
            && claim != Claim::Pass
        {
            claims.push((by.to_owned(), claim));
        }
        claim
    }

    /// The claims on the line that was read.
    pub(super) fn take(&mut self) -> Vec<(String, Claim)> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
