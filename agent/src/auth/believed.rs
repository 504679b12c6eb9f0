//! What Kubernetes said of tokens, for a while: so many at most, by their hashes.

use std::collections::HashMap;

use sentinel_core::Millis;

use super::Identity;

/// Tokens remembered at most. Each pod has one, and a new one every hour.
const MOST: usize = 16 * 1024;

/// What was said of a token.
#[derive(Clone, Debug)]
struct Answer {
    identity: Option<Identity>,
    fresh_until: Millis,
    /// While nobody can be asked, it is good until then.
    good_until: Millis,
}

/// What was said of tokens.
#[derive(Debug, Default)]
pub(super) struct Believed(HashMap<[u8; 32], Answer>);

impl Believed {
    /// What was said of a token, if that was just now.
    pub(super) fn fresh(&self, token: &[u8; 32], now: Millis) -> Option<Option<Identity>> {
        let answer = self.0.get(token)?;
        (now < answer.fresh_until).then(|| answer.identity.clone())
    }

    /// Whose token it is, as it was said once, if it has not expired. One that was refused stays refused, for as long as
    /// there is room to remember it.
    pub(super) fn once(&self, token: &[u8; 32], now: Millis) -> Option<Option<Identity>> {
        let answer = self.0.get(token)?;
        let good = now < answer.good_until || answer.identity.is_none();
        good.then(|| answer.identity.clone())
    }

    /// Remembers what was said of a token that expires then.
    pub(super) fn remember(
        &mut self,
        token: [u8; 32],
        identity: Option<Identity>,
        (now, believe, expires): (Millis, Millis, Millis),
    ) {
        if self.0.len() >= MOST && !self.0.contains_key(&token) {
            self.make_room(now);
        }
        let fresh_until = (now + believe).min(expires);
        let good_until = match identity {
            Some(_) => expires,
            None => fresh_until,
        };
        let answer = Answer {
            identity,
            fresh_until,
            good_until,
        };
        self.0.insert(token, answer);
    }

    /// What is over goes; if nothing is, what was refused, and then who has the least time left.
    fn make_room(&mut self, now: Millis) {
        self.0.retain(|_, answer| now < answer.good_until);
        if self.0.len() < MOST {
            return;
        }
        self.0.retain(|_, answer| answer.identity.is_some());
        if self.0.len() < MOST {
            return;
        }
        let mut ends: Vec<Millis> = self.0.values().map(|answer| answer.good_until).collect();
        let (_, middle, _) = ends.select_nth_unstable(MOST / 2);
        let middle = *middle;
        self.0.retain(|_, answer| answer.good_until > middle);
    }
}

#[cfg(test)]
mod tests {
    use sentinel_config::Scope;

    use super::*;

    fn somebody() -> Option<Identity> {
        Some(Identity {
            name: "pod".into(),
            scope: Scope::Send,
            pod_uid: Some("uid".into()),
            offline: false,
        })
    }

    fn token(n: usize) -> [u8; 32] {
        let mut token = [0; 32];
        token[..8].copy_from_slice(&n.to_le_bytes());
        token
    }

    #[test]
    fn an_answer_is_fresh_for_a_while_and_good_until_the_token_expires() {
        let mut believed = Believed::default();
        believed.remember(token(1), somebody(), (0, 60, 600));
        assert_eq!(believed.fresh(&token(1), 59), Some(somebody()));
        assert_eq!(believed.fresh(&token(1), 60), None);
        assert_eq!(believed.once(&token(1), 599), Some(somebody()));
        assert_eq!(believed.once(&token(1), 600), None);
        assert_eq!(believed.fresh(&token(2), 0), None);
        // A token that ends before is not believed longer.
        believed.remember(token(1), somebody(), (0, 60, 30));
        assert_eq!(believed.fresh(&token(1), 30), None);
    }

    #[test]
    fn a_refusal_is_fresh_and_never_good() {
        let mut believed = Believed::default();
        believed.remember(token(1), None, (0, 60, 600));
        assert_eq!(believed.fresh(&token(1), 59), Some(None));
        assert_eq!(believed.once(&token(1), 599), Some(None));
        assert_eq!(believed.once(&token(2), 599), None);
    }

    #[test]
    fn there_are_never_more_than_fit_and_refusals_go_before_pods() {
        let mut believed = Believed::default();
        for n in 0..MOST {
            let identity = somebody().filter(|_| n < 10);
            believed.remember(token(n), identity, (0, 60, 600));
        }
        believed.remember(token(MOST), somebody(), (0, 60, 600));
        assert_eq!(believed.0.len(), 11);
        for n in 0..3 * MOST {
            let expires = 600 + Millis::try_from(n).unwrap();
            believed.remember(token(MOST + n), somebody(), (0, 60, expires));
            assert!(believed.0.len() <= MOST);
        }
        assert_eq!(believed.once(&token(4 * MOST - 1), 0), Some(somebody()));
    }
}
