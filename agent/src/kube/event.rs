//! An Event's JSON, trimmed to what the core judges by. Counts stand in three places: a series, which the scheduler
//! writes; the counter of the older API, which the kubelet writes; or nowhere.

use sentinel_core::fact::{About, EventFact};
use serde_json::Value;

use super::trim::{bounded, count, text, time};

/// What matters of an Event of `events.k8s.io/v1`, or of the older one of `v1`; `None` if it has no uid or no reason.
#[must_use]
pub fn event_fact(event: &Value) -> Option<EventFact> {
    let first_of = |names: [&'static str; 2]| {
        let mut found = names.into_iter().map(|name| &event[name]);
        found.find(|value| !value.is_null()).unwrap_or(&Value::Null)
    };
    let about = first_of(["regarding", "involvedObject"]);
    let old = first_of(["deprecatedCount", "count"]);
    let series = &event["series"];
    let first = [
        first_of(["deprecatedFirstTimestamp", "firstTimestamp"]),
        &event["eventTime"],
    ];
    let last = [
        &series["lastObservedTime"],
        first_of(["deprecatedLastTimestamp", "lastTimestamp"]),
        &event["eventTime"],
    ];
    Some(EventFact {
        uid: text(&event["metadata"]["uid"])?,
        about: About {
            kind: text(&about["kind"]).unwrap_or_default(),
            namespace: text(&about["namespace"]).unwrap_or_default(),
            name: text(&about["name"]).unwrap_or_default(),
            uid: text(&about["uid"]).unwrap_or_default(),
            container: container(about["fieldPath"].as_str().unwrap_or_default()),
        },
        reason: text(&event["reason"])?,
        message: bounded(first_of(["note", "message"])).unwrap_or_default(),
        count: count(&series["count"]).max(count(old)).max(1),
        first_ms: first.into_iter().filter_map(time).min(),
        last_ms: last.into_iter().filter_map(time).max(),
    })
}

/// The container of a path such as `spec.containers{tests}`.
fn container(path: &str) -> Option<String> {
    let (list, rest) = path.split_once('{')?;
    let name = rest.strip_suffix('}')?;
    (list.starts_with("spec.") && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_and_times_are_found_wherever_they_stand() {
        let event = |more: Value| {
            let mut event = json!({"metadata": {"uid": "e"}, "reason": "BackOff"});
            let fields = more.as_object().unwrap().clone();
            event.as_object_mut().unwrap().extend(fields);
            let fact = event_fact(&event).unwrap();
            (fact.count, (fact.first_ms, fact.last_ms))
        };
        let at = "1970-01-01T00:00:01Z";
        for (more, expected) in [
            (json!({}), (1, (None, None))),
            (
                json!({"eventTime": at, "deprecatedCount": null}),
                (1, (Some(1_000), Some(1_000))),
            ),
            (
                json!({"deprecatedCount": 900, "deprecatedLastTimestamp": at}),
                (900, (None, Some(1_000))),
            ),
            (
                json!({"count": 3, "firstTimestamp": "1970-01-01T00:00:00Z", "lastTimestamp": at}),
                (3, (Some(0), Some(1_000))),
            ),
            (
                json!({"series": {"count": 40, "lastObservedTime": "1970-01-01T00:00:02.5Z"}, "eventTime": at}),
                (40, (Some(1_000), Some(2_500))),
            ),
            (
                json!({"series": 7, "deprecatedCount": -4}),
                (1, (None, None)),
            ),
        ] {
            assert_eq!(event(more.clone()), expected, "{more}");
        }
    }

    #[test]
    fn the_container_is_named_by_the_path() {
        for (path, expected) in [
            ("spec.containers{tests}", Some("tests")),
            (
                "spec.initContainers{sentinel-sidecar}",
                Some("sentinel-sidecar"),
            ),
            ("spec.containers{}", None),
            ("spec.containers", None),
            ("", None),
        ] {
            assert_eq!(container(path).as_deref(), expected, "{path}");
        }
    }
}
