//! Followers beside a scripted API server in memory, on virtual time: minutes of silence and hours of watching take no time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::*;
use crate::kube::kind::KINDS;

mod odd;
mod trouble;

/// A request as the server saw it.
#[derive(Clone, Debug)]
struct Asked {
    at: Duration,
    path: String,
    query: BTreeMap<String, String>,
}

impl Asked {
    fn is_watch(&self) -> bool {
        self.query.contains_key("watch")
    }
}

type Answers = Arc<dyn Fn(&Asked) -> Response + Send + Sync>;

/// A server that answers as it is told, one follower or many, and what they tell.
#[derive(Clone)]
struct Stage {
    begun: Instant,
    answers: Answers,
    asked: Arc<Mutex<Vec<Asked>>>,
    told: Arc<Mutex<Vec<(Duration, Fact)>>>,
    watch: Arc<Watch>,
}

impl Tell for Stage {
    async fn tell(&mut self, fact: Fact) {
        self.told.lock().unwrap().push((self.begun.elapsed(), fact));
    }
}

impl Stage {
    fn new(answers: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Stage {
        Stage {
            begun: Instant::now(),
            answers: Arc::new(answers),
            asked: Arc::default(),
            told: Arc::default(),
            watch: Arc::default(),
        }
    }

    fn client(&self) -> Client {
        let stage = self.clone();
        let router = Router::new().fallback(move |request: Request| {
            let answer = stage.answer(&request);
            async move { answer }
        });
        Client::new(router, "default")
    }

    fn answer(&self, request: &Request) -> Response {
        let uri = request.uri();
        let words = uri.query().unwrap_or_default().split('&');
        let pairs = words.filter_map(|word| word.split_once('='));
        let asked = Asked {
            at: self.begun.elapsed(),
            path: uri.path().to_owned(),
            query: pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        };
        self.asked.lock().unwrap().push(asked.clone());
        (self.answers)(&asked)
    }

    /// A follower of pods.
    fn follower(&self, times: Times) -> Follower<Stage> {
        let kind = KINDS.iter().find(|kind| kind.name == "pods").unwrap();
        let target = (kind, self.client(), "/api/v1/pods?".to_owned());
        let watch = Arc::clone(&self.watch);
        Follower::new(target, times, Pace::new(chance), watch, self.clone())
    }

    /// Follows pods for so long.
    async fn follow(&self, seconds: u64) {
        let follower = self.follower(TIMES);
        let over = timeout(Duration::from_secs(seconds), follower.follow()).await;
        assert!(over.is_err(), "a follower never ends by itself");
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// When lists, or watches, were asked for.
    fn times(&self, watches: bool) -> Vec<Duration> {
        let asked = self.asked();
        let of_kind = asked.iter().filter(|asked| asked.is_watch() == watches);
        of_kind.map(|asked| asked.at).collect()
    }

    fn told(&self) -> Vec<(Duration, Fact)> {
        self.told.lock().unwrap().clone()
    }
}

const TIMES: Times = Times {
    spread: Duration::ZERO,
    relist: Duration::from_secs(600),
    watch: Duration::from_secs(270),
};

/// Chance that is the same each time, but for the order in which tests ask.
fn chance() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let mixed = (n ^ (n << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn pod(uid: &str, version: u32) -> Value {
    json!({"metadata": {"uid": uid, "name": uid, "resourceVersion": version.to_string()}})
}

fn list(objects: &[Value]) -> Response {
    let meta = json!({"resourceVersion": "100"});
    json!({"kind": "PodList", "metadata": meta, "items": objects})
        .to_string()
        .into_response()
}

/// The lines of a watch, and whether it then ends or is silent for ever.
fn lines(lines: &[Value], ends: bool) -> Response {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    raw(text.into(), ends)
}

fn raw(text: Bytes, ends: bool) -> Response {
    let told = stream::iter([Ok::<_, Infallible>(text)]);
    match ends {
        true => axum::body::Body::from_stream(told).into_response(),
        false => axum::body::Body::from_stream(told.chain(stream::pending())).into_response(),
    }
}

/// A watch that brings nothing but bookmarks, each minute, and ends in its time.
fn quiet(asked: &Asked) -> Response {
    let seconds: u64 = asked.query["timeoutSeconds"].parse().unwrap();
    let minutes = (seconds / 60).max(1);
    let begun = Instant::now();
    let marks = stream::iter(1..=minutes).then(move |minute| async move {
        let at = Duration::from_secs(seconds).min(Duration::from_secs(60 * minute));
        tokio::time::sleep_until(begun + at).await;
        let meta = json!({"resourceVersion": (200 + minute).to_string()});
        let mark =
            json!({"type": "BOOKMARK", "object": {"metadata": meta, "spec": {"containers": null}}});
        Ok::<_, Infallible>(Bytes::from(format!("{mark}\n")))
    });
    axum::body::Body::from_stream(marks).into_response()
}

#[tokio::test(start_paused = true)]
async fn w2_what_is_gone_without_a_word_is_gone_after_the_next_list_which_is_at_most_ten_minutes_away()
 {
    let stage = Stage::new(|asked| match (asked.is_watch(), asked.at.as_secs()) {
        (true, _) => quiet(asked),
        (false, 0) => list(&[pod("stays", 1), pod("goes", 2)]),
        (false, _) => list(&[pod("stays", 1)]),
    });
    stage.follow(3_600).await;
    let lists = stage.times(false);
    for pair in lists.windows(2) {
        assert!(pair[1] - pair[0] <= Duration::from_secs(600), "{lists:?}");
    }
    assert!(lists.len() <= 9, "{lists:?}");
    let gone: Vec<_> = stage.told();
    let gone: Vec<_> = gone
        .iter()
        .filter(|(_, fact)| matches!(fact, Fact::PodDeleted { .. }))
        .collect();
    let [(at, Fact::PodDeleted { uid })] = gone.as_slice() else {
        panic!("{gone:?}");
    };
    assert!(uid == "goes" && *at <= Duration::from_secs(600), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_goes_on_from_its_bookmark_and_is_never_called_silent() {
    let stage = Stage::new(|asked| match asked.is_watch() {
        true => quiet(asked),
        false => list(&[]),
    });
    stage.follow(440).await;
    let asked = stage.asked();
    let versions: Vec<&str> = asked
        .iter()
        .filter_map(|asked| asked.query.get("resourceVersion").map(String::as_str))
        .collect();
    assert_eq!(versions, ["100", "204"]);
    assert!(
        asked
            .iter()
            .all(|a| a.path == "/api/v1/pods" && (a.is_watch() || a.query["limit"] == "500"))
    );
    assert_eq!(stage.told().len(), 0);
    assert_eq!(stage.watch.cluster_errors.value(), 0);
    assert_eq!(stage.watch.cluster_requests.value(), asked.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn w7_the_first_lists_of_a_thousand_nodes_that_start_at_once_are_spread_over_a_minute() {
    let stage = Stage::new(|asked| match asked.is_watch() {
        true => quiet(asked),
        false => list(&[]),
    });
    let times = Times {
        spread: Duration::from_secs(60),
        ..TIMES
    };
    let nodes: Vec<_> = (0..1_000)
        .map(|_| tokio::spawn(stage.follower(times).follow()))
        .collect();
    sleep(Duration::from_secs(660)).await;
    for node in &nodes {
        node.abort();
    }
    let mut by_second: BTreeMap<u64, usize> = BTreeMap::new();
    for at in stage.times(false) {
        *by_second.entry(at.as_secs()).or_default() += 1;
    }
    let first: BTreeMap<&u64, &usize> = by_second.range(..=60).collect();
    assert_eq!(first.values().copied().sum::<usize>(), 1_000);
    let most = first.values().max().unwrap();
    assert!(**most <= 60, "{most} lists in one second");
    assert!(first.len() >= 55, "lists in {} seconds only", first.len());
    let again = by_second
        .range(61..)
        .map(|(_, lists)| *lists)
        .max()
        .unwrap();
    assert!(
        again <= 60,
        "lists come at once again: {again} in one second"
    );
    let all = stage.asked().len();
    println!(
        "1,000 agents, per kind: at most {most} lists a second at the start, {again} later; {:.1} requests a second in 11 minutes",
        all as f64 / 660.0
    );
}
