//! An EndpointSlice's JSON, trimmed to how many of a service's endpoints are ready.

use sentinel_core::fact::SliceFact;
use serde_json::Value;

use super::trim::{list, text};

/// What matters of an EndpointSlice; `None` if it has no uid. One that is of no service has an empty name there.
#[must_use]
pub fn slice_fact(slice: &Value) -> Option<SliceFact> {
    let meta = &slice["metadata"];
    let endpoints = list(&slice["endpoints"]);
    // What is not said counts as ready; what says nothing that can be read does not.
    let is_ready = |endpoint: &&Value| {
        let ready = &endpoint["conditions"]["ready"];
        endpoint.is_object() && (ready.is_null() || *ready == true)
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let ready = endpoints.iter().filter(is_ready).count();
    Some(SliceFact {
        uid: text(&meta["uid"])?,
        namespace: text(&meta["namespace"]).unwrap_or_default(),
        service: text(&meta["labels"]["kubernetes.io/service-name"]).unwrap_or_default(),
        ready: number(ready),
        unready: number(endpoints.len() - ready),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn endpoints_are_ready_unless_it_is_said_that_they_are_not() {
        let slice = json!({
            "metadata": {"uid": "u", "namespace": "ns", "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [
                {"conditions": {"ready": true}}, {"conditions": {}}, {},
                {"conditions": {"ready": false, "serving": true}}, {"conditions": {"ready": "x"}}, null,
            ],
        });
        let fact = slice_fact(&slice).unwrap();
        assert_eq!((fact.ready, fact.unready), (3, 3));
        assert_eq!(fact.service, "web");
        let none = slice_fact(&json!({"metadata": {"uid": "u"}, "endpoints": null})).unwrap();
        assert_eq!((none.ready, none.unready), (0, 0));
        assert_eq!(slice_fact(&json!({"metadata": {}})), None);
    }
}
