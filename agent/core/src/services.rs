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

    /// Takes a slice's state into account; whether there was room for it.
    pub(crate) fn take(&mut self, now: Millis, fact: SliceFact) -> bool {
        let known = self.slices.get(&fact.uid);
        if known == Some(&fact) {
            return true;
        }
        if known.is_none() && self.slices.len() >= self.limit {
            return false;
        }
        let place = (fact.namespace.clone(), fact.service.clone());
        let service = self.services.entry(place.clone()).or_default();
        service.slices.insert(fact.uid.clone());
        service.had |= fact.ready > 0;
        self.slices.insert(fact.uid.clone(), fact);
        self.judge(now, place);
        true
    }

    /// A slice is gone. A service without any is gone as well, and missed by nobody.
    pub(crate) fn delete(&mut self, now: Millis, uid: &str) {
        let Some(fact) = self.slices.remove(uid) else {
            return;
        };
        let place = (fact.namespace, fact.service);
        if let Some(service) = self.services.get_mut(&place) {
            service.slices.remove(uid);
            if service.slices.is_empty() {
                self.services.remove(&place);
            }
        }
        self.judge(now, place);
    }

    fn judge(&mut self, now: Millis, place: Place) {
        let service = self.services.get(&place);
        let uids = service.iter().flat_map(|service| &service.slices);
        let (mut ready, mut unready) = (0u32, 0u32);
        for slice in uids.filter_map(|uid| self.slices.get(uid)) {
            ready = ready.saturating_add(slice.ready);
            unready = unready.saturating_add(slice.unready);
        }
        let had = service.is_some_and(|service| service.had);
        // One that never had any may have no pods by intent.
        if ready > 0 || (unready == 0 && !had) {
            self.down.remove(&place);
            return;
        }
        let known = self.down.get(&place);
        let since_ms = known.map_or(now, |down| down.since_ms);
        let down = Down {
            since_ms,
            had,
            unready,
        };
        self.down.insert(place, down);
    }
}
