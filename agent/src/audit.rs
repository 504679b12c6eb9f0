//! Who did what: an account that is only added to. Acts of callers who proved who they are, and
//! refusals, of which there are no more than somebody can read.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::extract::Request;
use sentinel_core::Millis;

use crate::server::Peer;

/// Refusals of one address are written down this far apart.
const PER_ADDRESS: Millis = 60_000;
/// Refusals of all addresses: so many at once, and one more each time this long has passed.
const BURST: i64 = 20;
const EVERY: Millis = 10_000;
/// Addresses remembered.
const ADDRESSES: usize = 1_024;
/// Bytes of an object's name kept.
const OBJECT: usize = 256;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Asked for something and was sent away.
    Refused,
    /// Was let in by the keys of whoever made its token: nobody could be asked.
    CheckedOffline,
    /// Opened a stream for the first time.
    OpenedStream,
    /// Read this account.
    ReadAudit,
}

impl Verb {
    /// The word in the store and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Refused => "refused",
            Verb::CheckedOffline => "checked_offline",
            Verb::OpenedStream => "opened_stream",
            Verb::ReadAudit => "read_audit",
        }
    }
}

/// Something somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who; `None` if it did not prove who it is.
    pub actor: Option<String>,
    /// What.
    pub verb: Verb,
    /// To what.
    pub object: String,
    /// From where.
    pub peer: Option<IpAddr>,
}

/// An act as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at_ms: Millis,
    /// Who did what.
    pub act: Act,
}

impl Act {
    pub(crate) fn of_request(actor: Option<&str>, verb: Verb, request: &Request) -> Act {
        let mut object = format!("{} {}", request.method(), request.uri().path());
        object.truncate(object.floor_char_boundary(OBJECT));
        Act {
            actor: actor.map(str::to_owned),
            verb,
            object,
            peer: request.extensions().get::<Peer>().map(|peer| peer.0.ip()),
        }
    }
}

/// Keeps an attacker from filling the account.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Refusals>);

#[derive(Debug)]
struct Refusals {
    by_address: HashMap<IpAddr, Millis>,
    left: i64,
    filled_ms: Millis,
}

impl Default for Refusals {
    fn default() -> Refusals {
        Refusals {
            by_address: HashMap::new(),
            left: BURST,
            filled_ms: Millis::MIN,
        }
    }
}

impl Throttle {
    /// Whether the act is written down. Only refusals can be too many, and what is told of every request.
    pub(crate) fn lets_through(&self, act: &Act, now: Millis) -> bool {
        if !matches!(act.verb, Verb::Refused | Verb::CheckedOffline) {
            return true;
        }
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.take(act.peer, now)
    }
}

impl Refusals {
    fn take(&mut self, peer: Option<IpAddr>, now: Millis) -> bool {
        if let Some(peer) = peer {
            let last = self.by_address.get(&peer);
            if last.is_some_and(|last| now.saturating_sub(*last) < PER_ADDRESS) {
                return false;
            }
        }
        let more = now.saturating_sub(self.filled_ms) / EVERY;
        if more > 0 {
            self.left = self.left.saturating_add(more).min(BURST);
            self.filled_ms = now;
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if let Some(peer) = peer {
            if self.by_address.len() >= ADDRESSES {
                self.by_address.retain(|_, last| now - *last < PER_ADDRESS);
            }
            if self.by_address.len() < ADDRESSES {
                self.by_address.insert(peer, now);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(throttle: &Throttle, addresses: std::ops::Range<u32>, now: Millis) -> usize {
        let refused = |n: u32| Act {
            actor: None,
            verb: Verb::Refused,
            object: "GET /".to_owned(),
            peer: Some(IpAddr::from(n.to_be_bytes())),
        };
        addresses
            .filter(|n| throttle.lets_through(&refused(*n), now))
            .count()
    }

    #[test]
    fn one_address_is_written_down_once_a_minute() {
        let throttle = Throttle::default();
        assert_eq!(written(&throttle, 1..2, 0), 1);
        assert_eq!(written(&throttle, 1..2, 59_999), 0);
        assert_eq!(written(&throttle, 1..2, 60_000), 1);
    }

    #[test]
    fn many_addresses_fill_no_more_than_the_burst_and_six_a_minute() {
        let throttle = Throttle::default();
        assert_eq!(written(&throttle, 0..10_000, 0), 20);
        assert_eq!(written(&throttle, 10_000..20_000, 60_000), 6);
    }

    #[test]
    fn what_was_done_with_a_name_is_always_written_down() {
        let throttle = Throttle::default();
        let act = Act {
            actor: Some("ci".to_owned()),
            verb: Verb::OpenedStream,
            object: "x".to_owned(),
            peer: None,
        };
        assert!((0..1_000).all(|_| throttle.lets_through(&act, 0)));
    }
}
