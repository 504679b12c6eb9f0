//! What the agent knows about its own state: counters for `/metrics`, troubles for `/ready`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sentinel_core::Reply;

use crate::store::{Quarantine, StoreError};
use crate::webhooks::KINDS;

/// Upper bounds of the commit time's buckets, in milliseconds.
pub(crate) const BUCKETS_MS: [u64; 8] = [1, 2, 5, 10, 25, 100, 500, 2_500];

/// A count that only grows, or a level; read by `/metrics`.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn one(&self) {
        self.add(1);
    }

    /// Some more.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// One less, for levels.
    pub fn less(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// The level is now this.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Deliveries of one kind of webhook, by what became of them.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// Those that told something of a run.
    pub accepted: Counter,
    /// Those that came before.
    pub repeated: Counter,
    /// Those of somebody who did not prove who it is.
    pub refused: Counter,
    /// Those that told nothing of a run.
    pub ignored: Counter,
}

/// Questions of the API server about new workloads, by what became of them.
#[derive(Debug, Default)]
pub struct Injections {
    /// Those into which the sidecar was put.
    pub injected: Counter,
    /// Those in which it was before.
    pub already: Counter,
    /// Those that cannot be injected.
    pub unfit: Counter,
    /// Those about something else.
    pub not_ours: Counter,
    /// Those that were not answered: too large, too late, not understood.
    pub unanswered: Counter,
    /// Seconds that the certificate shown is still good.
    pub certificate: Counter,
}

/// The agent's counters and troubles, shared by all its threads.
#[derive(Debug, Default)]
pub struct Watch {
    /// The core's step up to which everything is durable.
    pub durable: Counter,
    /// Connections open now.
    pub connections: Counter,
    /// Connections closed at once because too many were open.
    pub connections_refused: Counter,
    /// Connections ended to make room for others, because their clients were slow.
    pub connections_dropped: Counter,
    /// Connections that did not come to TLS.
    pub tls_failed: Counter,
    /// Requests of somebody who did not prove who it is, or may not do that.
    pub refused: Counter,
    /// Acts that were not written down: refusals beyond what is kept, or no room in the queue.
    pub audit_left_out: Counter,
    /// Errors of the accept loop.
    pub accept_errors: Counter,
    /// Requests by class of answer: 1xx is never sent, so 2xx, 3xx, 4xx, 5xx.
    pub requests: [Counter; 4],
    /// Bytes of request bodies read.
    pub body_bytes: Counter,
    /// Bytes of frames once inflated.
    pub inflated_bytes: Counter,
    /// Frames that were new.
    pub frames: Counter,
    /// Frames that told nothing new.
    pub frames_duplicate: Counter,
    /// Frames beyond the position.
    pub frames_hole: Counter,
    /// Frames or bodies that could not be read.
    pub frames_rejected: Counter,
    /// Requests sent away because the core, the store or the budget was full.
    pub busy: Counter,
    /// Requests or parts of them over a limit.
    pub limited: Counter,
    /// Deliveries of webhooks by kind.
    pub webhooks: [Deliveries; KINDS.len()],
    /// Questions of the API server.
    pub injector: Injections,
    /// Frames the hub took.
    pub forwarded_frames: Counter,
    /// Requests that the hub did not answer, or refused.
    pub forward_errors: Counter,
    /// Streams the hub does not have all of.
    pub forward_backlog_streams: Counter,
    /// Bytes of streams the hub does not have.
    pub forward_backlog_bytes: Counter,
    /// What the watch of the cluster told the core.
    pub cluster_facts: Counter,
    /// Times that a list or watch of the cluster broke.
    pub cluster_errors: Counter,
    /// Lists and watches asked of the API server.
    pub cluster_requests: Counter,
    /// Objects of the cluster that could not be read.
    pub cluster_odd: Counter,
    /// Runs deleted because they were over for long.
    pub runs_deleted: Counter,
    /// Steps of the core.
    pub steps: Counter,
    /// Frames taken again after a start.
    pub replayed: Counter,
    /// Transactions.
    pub commits: Counter,
    /// Steps made durable.
    pub committed_steps: Counter,
    /// Failed transactions.
    pub commit_errors: Counter,
    /// Transactions by time taken; the last bucket has no bound.
    pub commit_buckets: [Counter; BUCKETS_MS.len() + 1],
    /// Microseconds spent in transactions.
    pub commit_micros: Counter,
    core: Mutex<(sentinel_core::Metrics, usize)>,
    troubles: Mutex<Troubles>,
}

#[derive(Debug, Default)]
struct Troubles {
    failing: Option<(Instant, String)>,
    quarantines: Vec<Quarantine>,
    replay: Option<String>,
    log: Option<&'static str>,
    tls: Option<String>,
    forward: Option<String>,
    injector: Option<String>,
    /// Kinds of objects of which the cluster's word is missing or old, with why.
    cluster: BTreeMap<&'static str, String>,
    /// When something was heard last of each kind.
    heard: BTreeMap<&'static str, tokio::time::Instant>,
}

impl Watch {
    pub(crate) fn frame_answered(&self, reply: &Reply) {
        match reply {
            Reply::At {
                duplicate: false, ..
            } => self.frames.one(),
            Reply::At {
                duplicate: true, ..
            } => self.frames_duplicate.one(),
            Reply::Hole { .. } => self.frames_hole.one(),
            Reply::UnknownStream | Reply::Refused(_) | Reply::ToRead(_) => {
                self.frames_rejected.one();
            }
        }
    }

    /// What the core counts, and how many runs are open, as of the latest tick.
    pub(crate) fn core(&self) -> (sentinel_core::Metrics, usize) {
        self.core
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn note_core(&self, metrics: &sentinel_core::Metrics, open_runs: usize) {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        *core = (metrics.clone(), open_runs);
    }

    /// Everything up to this step of the core is durable; 0 is none of its steps.
    pub(crate) fn note_durable(&self, step: u64) {
        if step > 0 {
            self.durable.set(step);
        }
    }

    pub(crate) fn committed(&self, steps: usize, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_MS.iter().position(|bound| millis < *bound);
        self.commit_buckets[bucket.unwrap_or(BUCKETS_MS.len())].one();
        self.commit_micros
            .add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        self.commits.one();
        self.committed_steps.add(steps as u64);
        self.troubles(|t| {
            if let Some((since, _)) = t.failing.take() {
                tracing::info!(after = ?since.elapsed(), "the store works again");
            }
        });
    }

    pub(crate) fn commit_failed(&self, error: &StoreError) {
        self.commit_errors.one();
        self.troubles(|t| {
            let since = t.failing.as_ref().map_or_else(Instant::now, |f| f.0);
            t.failing = Some((since, error.to_string()));
        });
    }

    /// How long no commit has succeeded, while they fail.
    pub(crate) fn failing_for(&self) -> Duration {
        self.troubles(|t| t.failing.as_ref().map_or(Duration::ZERO, |f| f.0.elapsed()))
    }

    pub(crate) fn quarantined(&self, quarantine: Quarantine) {
        self.troubles(|t| t.quarantines.push(quarantine));
    }

    /// What the cluster says of this kind of object is not known, or old by now.
    #[cfg_attr(
        not(feature = "kubernetes"),
        expect(dead_code, reason = "nobody watches")
    )]
    pub(crate) fn cluster_unknown(&self, kind: &'static str, why: &str) {
        self.troubles(|t| {
            if t.cluster.is_empty() {
                tracing::warn!(kind, why, "what is known of the cluster may be old");
            }
            t.cluster.insert(kind, why.to_owned());
        });
    }

    /// The API server said something of this kind of object.
    #[cfg_attr(
        not(feature = "kubernetes"),
        expect(dead_code, reason = "nobody watches")
    )]
    pub(crate) fn cluster_heard(&self, kind: &'static str) {
        self.troubles(|t| t.heard.insert(kind, tokio::time::Instant::now()));
    }

    /// How long ago something was heard of each kind of object of the cluster.
    #[must_use]
    pub fn cluster_silence(&self) -> Vec<(&'static str, Duration)> {
        let ago = |at: &tokio::time::Instant| at.elapsed();
        self.troubles(|t| t.heard.iter().map(|(kind, at)| (*kind, ago(at))).collect())
    }

    /// It is known, as of now.
    #[cfg_attr(
        not(feature = "kubernetes"),
        expect(dead_code, reason = "nobody watches")
    )]
    pub(crate) fn cluster_known(&self, kind: &'static str) {
        self.troubles(|t| {
            if t.cluster.remove(kind).is_some() && t.cluster.is_empty() {
                tracing::info!("what is known of the cluster is new");
            }
        });
    }

    /// The log of the database that a killed agent left cannot be read.
    pub(crate) fn log_lost(&self, why: &'static str) {
        tracing::error!(
            why,
            "the log of the database is lost, and with it what it held"
        );
        self.troubles(|t| t.log = Some(why));
    }

    pub(crate) fn replay_failed(&self, why: String) {
        self.troubles(|t| t.replay = Some(why));
    }

    /// Why the certificate could not be read again; `None` once it could.
    pub(crate) fn tls_stale(&self, why: Option<String>) {
        self.troubles(|t| t.tls = why);
    }

    /// Why the hub takes nothing; `None` once it does.
    pub(crate) fn forward_trouble(&self, why: Option<String>) {
        self.troubles(|t| match (&t.forward, why) {
            (Some(known), Some(why)) if *known == why => {}
            (None, None) => {}
            (_, Some(why)) => {
                tracing::warn!(
                    why,
                    "nothing can be sent to the hub; it is kept and sent later"
                );
                t.forward = Some(why);
            }
            (Some(_), None) => {
                tracing::info!("the hub takes what it is sent again");
                t.forward = None;
            }
        });
    }

    /// Why the API server may not believe our certificate; `None` once it does.
    #[cfg_attr(
        not(feature = "kubernetes"),
        expect(dead_code, reason = "nobody injects")
    )]
    pub(crate) fn injector_trouble(&self, why: Option<String>) {
        self.troubles(|t| {
            if let Some(why) = why.as_ref().filter(|_| t.injector.is_none()) {
                tracing::warn!(why, "pods may be made without the sidecar");
            }
            t.injector = why;
        });
    }

    /// Why the hub takes nothing at present, if so.
    #[must_use]
    pub fn forward_failing(&self) -> Option<String> {
        self.troubles(|t| t.forward.clone())
    }

    /// Databases put aside since the start.
    #[must_use]
    pub fn quarantines(&self) -> usize {
        self.troubles(|t| t.quarantines.len())
    }

    /// Why nothing can be stored at present, if so.
    #[must_use]
    pub fn store_failing(&self) -> Option<String> {
        self.troubles(|t| t.failing.as_ref().map(|f| f.1.clone()))
    }

    /// What does not work as it should although the agent goes on, each with its part's name.
    #[must_use]
    pub fn degraded(&self) -> Vec<(&'static str, String)> {
        self.troubles(|t| {
            let mut parts = Vec::new();
            for q in &t.quarantines {
                let file = q.moved_to.file_name().unwrap_or_default().to_string_lossy();
                parts.push((
                    "store",
                    format!("damaged database put aside as {file}: {}", q.reason),
                ));
            }
            if let Some(why) = t.log {
                let told = "senders are told earlier positions and send again";
                parts.push((
                    "store",
                    format!("the log of the database is lost: {why}; {told}"),
                ));
            }
            if let Some(why) = &t.replay {
                parts.push(("replay", why.clone()));
            }
            if let Some(why) = &t.tls {
                parts.push(("tls", why.clone()));
            }
            if let Some(why) = &t.forward {
                parts.push(("forward", why.clone()));
            }
            if let Some(why) = &t.injector {
                parts.push(("injector", why.clone()));
            }
            for (kind, why) in &t.cluster {
                parts.push(("kubernetes", format!("{kind}: {why}")));
            }
            parts
        })
    }

    fn troubles<T>(&self, f: impl FnOnce(&mut Troubles) -> T) -> T {
        // Plain values: they are whole even if a thread panicked while holding the lock.
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut troubles)
    }
}
