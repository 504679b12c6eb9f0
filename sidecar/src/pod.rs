//! Ships a whole pod: every start of every container as a stream of its own, found while the pod runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::clock::{Clock, SystemClock};
use crate::identity::of_attempt;
use crate::reading::Reading;
use crate::ship::{self, AddressError, ShipOutcome, Stop};
use crate::tail::{Attempt, FollowOptions, FollowSource, LastFile, PodLogs, Source, Watch};

/// How long a container's log may still grow after the container was started again.
const SETTLE: Duration = Duration::from_millis(500);
/// A time that does not come.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// What to ship, and as what.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Where its logs are.
    pub logs: PodLogs,
    /// Its uid.
    pub uid: String,
    /// By which way it is read: `cri` from within it, `node` by a collector.
    pub source: &'static str,
    /// The run its containers belong to.
    pub run: RunContext,
    /// Where to keep what is known of the logs, for the next start.
    pub state: Option<PathBuf>,
}

/// A pod's shipments that are under way.
pub type Shipments = JoinSet<Result<ShipOutcome, AddressError>>;

struct Shipping {
    /// The log's newest file, and whether it is the last.
    path: PathBuf,
    last: LastFile,
    stop: watch::Sender<Stop>,
    /// Set when the container was started again: its log is over then.
    over: Option<Instant>,
}

/// Ships a pod's streams until `stop` says that there will be no more; gives what became of each.
///
/// # Errors
/// When the address is malformed; not retryable. Everything else is retried.
pub async fn run(
    pod: &Pod,
    agent: &str,
    config: &SidecarConfig,
    reading: &Reading,
    stop: watch::Receiver<Stop>,
) -> Result<Vec<ShipOutcome>, AddressError> {
    ship::check_address(agent, config)?;
    let ship = |tasks: &mut Shipments, source, open, told| {
        let (agent, config, reading) = (agent.to_owned(), config.clone(), reading.clone());
        tasks.spawn(async move { ship::run(source, open, &agent, &config, &reading, told).await });
    };
    run_on(pod, &(Arc::new(SystemClock) as _), ship, stop).await
}

/// The same with a clock of the caller's, who ships each stream in a task of its own.
///
/// # Errors
/// When one of the shipments gives one; not retryable.
pub async fn run_on(
    pod: &Pod,
    clock: &Arc<dyn Clock>,
    mut ship: impl FnMut(&mut Shipments, Source, OpenStream, watch::Receiver<Stop>),
    mut stop: watch::Receiver<Stop>,
) -> Result<Vec<ShipOutcome>, AddressError> {
    let mut streams: BTreeMap<(String, u32), Shipping> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    let mut outcomes = Vec::new();
    let mut watch = Watch::default();
    loop {
        let wanted = *stop.borrow_and_update();
        for attempt in look(pod) {
            let key = (attempt.container.clone(), attempt.restart);
            streams.entry(key).or_insert_with(|| {
                let (say, told) = watch::channel(Stop::No);
                let open = opening(pod, &attempt);
                let last = LastFile::default();
                let source = source(pod, clock, &attempt, &open, &last);
                ship(&mut tasks, source, open, told);
                Shipping {
                    path: attempt.path,
                    last,
                    stop: say,
                    over: None,
                }
            });
        }
        let next = end_those_over(pod, &mut streams, wanted);
        if wanted != Stop::No && tasks.is_empty() {
            return Ok(outcomes);
        }
        tokio::select! {
            // In a fixed order, so that a simulation can be played again.
            biased;
            Some(ended) = tasks.join_next() => {
                // A task that was ended by force, or by a bug that has been printed, sent nothing.
                outcomes.push(ended.unwrap_or_else(|_| Ok(ShipOutcome::default()))?);
            }
            () = watch.changed(|| pod.logs.wanted()) => {}
            () = sleep_until(next) => {}
            () = ship::changed(&mut stop) => {}
        }
    }
}

fn look(pod: &Pod) -> Vec<Attempt> {
    pod.logs.look().unwrap_or_else(|error| {
        tracing::warn!("cannot list the pod's logs: {error}");
        Vec::new()
    })
}

/// Tells the streams that are over to end; gives the time when the next will be.
fn end_those_over(
    pod: &Pod,
    streams: &mut BTreeMap<(String, u32), Shipping>,
    wanted: Stop,
) -> Instant {
    let now = Instant::now();
    let mut next = now + NEVER;
    let mut later: Option<String> = None;
    for ((container, _), shipping) in streams.iter_mut().rev() {
        let newest = later.replace(container.clone()).as_ref() != Some(container);
        if !newest {
            // Nothing is written to it any more. What has its name now stays the last that had.
            if shipping.over.is_none()
                && let Ok(stat) = pod.logs.fs().stat(&shipping.path)
            {
                shipping.last.tell(stat.id);
            }
            let over = *shipping.over.get_or_insert(now + SETTLE);
            if over <= now {
                say(&shipping.stop, Stop::AtEnd);
            } else {
                next = next.min(over);
            }
        }
        say(&shipping.stop, wanted);
    }
    next
}

/// Stops go forward only.
pub(crate) fn say(stop: &watch::Sender<Stop>, wanted: Stop) {
    stop.send_if_modified(|said| {
        let more = wanted > *said;
        if more {
            *said = wanted;
        }
        more
    });
}

fn opening(pod: &Pod, attempt: &Attempt) -> OpenStream {
    OpenStream {
        identity: of_attempt(pod.source, &pod.uid, &attempt.container, attempt.restart),
        run: pod.run.clone(),
        command: None,
    }
}

fn source(
    pod: &Pod,
    clock: &Arc<dyn Clock>,
    attempt: &Attempt,
    open: &OpenStream,
    last: &LastFile,
) -> Source {
    let epoch = &open.identity.epoch;
    let options = FollowOptions {
        follow: !attempt.gone,
        cri: true,
        // It was seen, or one that came after it.
        gone: true,
        last: last.clone(),
        checkpoint: pod
            .state
            .as_ref()
            .map(|dir| dir.join(format!("{epoch}.json"))),
    };
    let (fs, clock) = (Arc::clone(pod.logs.fs()), Arc::clone(clock));
    let source = FollowSource::on(fs, clock, &attempt.path, options);
    Source::File(Box::new(source))
}
