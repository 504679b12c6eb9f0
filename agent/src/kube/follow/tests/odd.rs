//! Objects that cannot be read, or are too large.

use super::*;

/// An object with an annotation of a mebibyte.
fn huge(uid: &str) -> Value {
    let mut huge = pod(uid, 7);
    let annotations = json!({"big": "x".repeat(1 << 20), "run-sentinel.dev/suite": "s"});
    huge["metadata"]["annotations"] = annotations;
    huge["metadata"]["unknown"] = json!({"deep": [1, {"x": null}]});
    huge
}

fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!("x"),
        json!({"metadata": []}),
        json!({"metadata": {"name": "without-uid", "labels": [7]}}),
        json!({"metadata": {"uid": {"a": 1}, "name": 5}, "status": "x"}),
    ]
}

/// Pods told of, in order.
fn pods(stage: &Stage) -> Vec<String> {
    let told = stage.told();
    let uid = |(_, fact): &(Duration, Fact)| match fact {
        Fact::Pod(pod) => pod.uid.clone(),
        other => panic!("{other:?}"),
    };
    told.iter().map(uid).collect()
}

/// A watch with odd objects, lines that are no JSON, one that is too long, and a good one at the end.
fn odd_lines() -> Response {
    let event = |object: Value| json!({"type": "ADDED", "object": object});
    let events = odd().into_iter().map(event);
    let later = json!({"type": "LATER", "object": 1});
    let mut text: Vec<u8> = Vec::new();
    for event in events.chain([event(huge("c")), later]) {
        text.extend(event.to_string().bytes().chain([b'\n']));
    }
    text.extend(b"no json\n\n\xff\xfe\n");
    text.extend(vec![b'x'; 9 << 20].into_iter().chain([b'\n']));
    text.extend(format!("{}\n", event(pod("d", 8))).bytes());
    let pieces = text.chunks(100_000).map(Bytes::copy_from_slice);
    let pieces: Vec<_> = pieces.map(Ok::<_, Infallible>).collect();
    axum::body::Body::from_stream(stream::iter(pieces).chain(stream::pending())).into_response()
}

#[tokio::test(start_paused = true)]
async fn w10_an_odd_object_is_passed_over_and_counted_and_list_and_watch_go_on() {
    let stage = Stage::new(|asked| match asked.is_watch() {
        true => odd_lines(),
        false => {
            let mut objects = odd();
            objects.extend([pod("a", 1), huge("b")]);
            list(&objects)
        }
    });
    stage.follow(60).await;
    assert_eq!(pods(&stage), ["a", "b", "c", "d"]);
    // Five in the list and five in the watch; three lines that are no JSON, and one that is too long.
    assert_eq!(stage.watch.cluster_odd.value(), 14);
    assert_eq!(stage.watch.cluster_errors.value(), 0);
    assert_eq!(stage.asked().len(), 2, "one list, one watch");
    let told = stage.told();
    let Fact::Pod(b) = &told[1].1 else {
        panic!("{told:?}");
    };
    assert_eq!(b.sentinel.len(), 1, "only what is ours is kept of it");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_longer_than_it_may_be_is_asked_for_in_smaller_ones() {
    const OBJECTS: usize = 40;
    let stage = Stage::new(|asked| {
        if asked.is_watch() {
            return quiet(asked);
        }
        let number = |key: &str| asked.query.get(key).map(|n| n.parse().unwrap());
        let from: usize = number("continue").unwrap_or(0);
        let to = OBJECTS.min(from + number("limit").unwrap());
        let items: Vec<Value> = (from..to).map(|n| huge(&format!("p{n:02}"))).collect();
        let more = (to < OBJECTS).then(|| to.to_string());
        let meta = json!({"resourceVersion": "9", "continue": more});
        json!({"metadata": meta, "items": items})
            .to_string()
            .into_response()
    });
    stage.follow(60).await;
    let expected: Vec<String> = (0..OBJECTS).map(|n| format!("p{n:02}")).collect();
    assert_eq!(pods(&stage), expected);
    assert_eq!(stage.watch.cluster_errors.value(), 0);
}

#[test]
fn words_are_escaped_for_an_address() {
    assert_eq!(escaped("spec.nodeName=node-1"), "spec.nodeName%3Dnode-1");
    assert_eq!(escaped("a&b=c +/\u{e9}"), "a%26b%3Dc%20%2B%2F%C3%A9");
}
