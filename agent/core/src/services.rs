//! The cluster's services by what their EndpointSlices said: which of them have no ready endpoint, and since when.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::SliceFact;
use crate::input::Millis;

/// Namespace and name.
type Place = (String, String);

/// Services, bounded by their slices.
#[derive(Debug, Default)]
pub(crate) struct Services {
    limit: usize,
    slices: BTreeMap<String, SliceFact>,
    services: BTreeMap<Place, Service>,
    /// Those without a ready endpoint that had one, or have some that are not ready.
    down: BTreeMap<Place, Down>,
}

#[derive(Debug, Default)]
struct Service {
    slices: BTreeSet<String>,
    had: bool,
}

/// A service without a ready endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Down {
    pub(crate) since_ms: Millis,
    /// Whether it had one.
    pub(crate) had: bool,
    /// Endpoints that are not ready.
    pub(crate) unready: u32,
}

/// What became of a slice's state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There was no room for it.
    Full,
    /// Its service is down, or not, as before.
    Same,
    /// Its service went down, or came up.
    Turned(Turn),
}

/// A service that went down or came up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) is_ready: bool,
}

impl Services {
    pub(crate) fn new(limit: usize) -> Services {
        Services {
            limit,
            ..Services::default()
        }
    }

    /// Those of a namespace that are down.
    pub(crate) fn down<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a str, Down)> + 'a {
        let of = self.down.range((namespace.to_owned(), String::new())..);
        let here = of.take_while(move |((other, _), _)| other == namespace);
        here.map(|((_, name), down)| (name.as_str(), *down))
    }

    /// Takes a slice's state into account.
    pub(crate) fn take(&mut self, now: Millis, fact: SliceFact) -> Taken {
        let known = self.slices.get(&fact.uid);
        if known == Some(&fact) {
            return Taken::Same;
        }
        if known.is_none() && self.slices.len() >= self.limit {
            return Taken::Full;
        }
        let place = (fact.namespace.clone(), fact.service.clone());
        let service = self.services.entry(place.clone()).or_default();
        service.slices.insert(fact.uid.clone());
        service.had |= fact.ready > 0;
        self.slices.insert(fact.uid.clone(), fact);
        self.judge(now, place).map_or(Taken::Same, Taken::Turned)
    }

    /// A slice is gone. A service without any is gone as well, and missed by nobody.
    pub(crate) fn delete(&mut self, now: Millis, uid: &str) -> Option<Turn> {
        let fact = self.slices.remove(uid)?;
        let place = (fact.namespace, fact.service);
        if let Some(service) = self.services.get_mut(&place) {
            service.slices.remove(uid);
            if service.slices.is_empty() {
                self.services.remove(&place);
            }
        }
        self.judge(now, place)
    }

    fn judge(&mut self, now: Millis, place: Place) -> Option<Turn> {
        let service = self.services.get(&place);
        let uids = service.iter().flat_map(|service| &service.slices);
        let (mut ready, mut unready) = (0u32, 0u32);
        for slice in uids.filter_map(|uid| self.slices.get(uid)) {
            ready = ready.saturating_add(slice.ready);
            unready = unready.saturating_add(slice.unready);
        }
        let had = service.is_some_and(|service| service.had);
        let turn = |is_ready| Turn {
            namespace: place.0.clone(),
            name: place.1.clone(),
            is_ready,
        };
        // One that never had any may have no pods by intent.
        if ready > 0 || (unready == 0 && !had) {
            return self.down.remove(&place).map(|_| turn(true));
        }
        let known = self.down.get(&place);
        let turned = known.is_none().then(|| turn(false));
        let since_ms = known.map_or(now, |down| down.since_ms);
        let down = Down {
            since_ms,
            had,
            unready,
        };
        self.down.insert(place, down);
        turned
    }
}
