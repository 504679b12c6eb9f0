//! Whose fault a failure is: what held round a test when it failed, weighed.
//!
//! For each test that failed, errored, ran out of its time or never ended, every interval of its own container, pod, node,
//! namespace's services and cluster that overlaps it, or began up to [`ONSET`] before it failed, is weighed:
//!
//! ```text
//! score = scope x weight x order x control x fit        each from 0 to 1
//! ```
//!
//! | factor | what it is |
//! |---|---|
//! | scope | how near to the test: own container 1, own pod 0.9, node 0.6, a service of the namespace or of the whole cluster 0.5, cluster 0.1 (both 0.9 if the failure names it) |
//! | weight | how surely such a thing makes tests fail, by its reason |
//! | order | 1 if it began before or while the test ran; less if it was over before; 0 if it began after the failure, the time aside by which the cluster tells it late |
//! | control | the share of tests that failed while it lasted, less the share that failed before it: a condition under which tests pass, or without which they failed as well, explains nothing. 1 for a test without a result in a container, pod or on a node that ended, and at least 0.4 if the failure says that just such a thing could not be reached, or was killed |
//! | fit | how well it agrees with what the failure itself says, as far as it says anything |
//!
//! Scopes and [`ONSET`] are the defaults proposed by a study of how OpenShift's origin, Prow, Robusta and kspan join tests
//! with cluster events; the control rate and the fit are what none of them has. The best score is the confidence. Below
//! [`BLAME`] the cluster is not to blame, and what the failure says decides; where it says nothing, nobody is.

mod cause;
mod own;
mod pace;
mod reason;
mod suspects;
mod words;

use crate::input::Millis;
use crate::interval::{Interval, Level, Place};
use crate::pods::{Pod, is_our_sidecar_name};
use crate::rules::Cluster;
use crate::runs::Run;
use crate::settings::millis;
use crate::step::Settings;
use crate::text::short;

pub use cause::{Cause, Culprit, Hint};
pub(crate) use pace::{Pace, Results};
pub(crate) use suspects::update;
pub use suspects::{Suspect, Suspects};
use words::Said;
pub(crate) use words::Words;

/// How long before a failure something may have begun that is over.
pub const ONSET: Millis = 120_000;
/// The least score with which somebody is blamed.
pub const BLAME: f64 = 0.35;
/// No more is ever certain.
const MOST: f64 = 0.99;
/// The least control of what the failure itself points at: tests that do not need it pass meanwhile.
const POINTED_AT: f64 = 0.4;
/// What was over for so long is worth half.
const RECOVERS: Millis = 15_000;
/// Kubernetes tells whole seconds.
const RESOLUTION: Millis = 1_000;
/// What began in the second of a failure that says nothing of its surroundings may have begun after it.
const SAME_SECOND: f64 = 0.6;
/// Errors in the output before a failure count less than its own text.
const AROUND: f64 = 0.9;
/// Passed tests that are assumed before any result is known.
const QUIET: u64 = 4;
/// Hints kept.
const HINTS: usize = 3;
/// The least score of a hint.
const WORTH_A_HINT: f64 = 0.1;

/// How near to a test an interval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    OwnContainer,
    OwnPod,
    /// Another container of the pod.
    Beside,
    /// Our own sidecar: it makes no test fail, but results may be missing for it.
    OurSidecar,
    Node,
    Service,
    Cluster,
}

impl Reach {
    /// The factor of that nearness.
    fn scope(self) -> f64 {
        match self {
            Reach::OwnContainer => 1.0,
            Reach::OwnPod | Reach::Beside | Reach::OurSidecar => 0.9,
            Reach::Node => 0.6,
            Reach::Service => 0.5,
            Reach::Cluster => 0.1,
        }
    }
}

/// A judgement, with the interval that decided it.
pub(crate) struct Judged {
    pub(crate) cause: Cause,
    /// The same for all failures of one cause: what, and since when.
    pub(crate) group: Option<(String, Millis)>,
}

/// What a test is judged by.
pub(crate) struct Court<'a> {
    pub(crate) now: Millis,
    pub(crate) run: &'a Run,
    pub(crate) settings: &'a Settings,
    pub(crate) cluster: Cluster<'a>,
}

/// An interval that may be the cause.
struct Candidate<'a> {
    interval: &'a Interval,
    culprit: Culprit,
    score: f64,
    /// Results while it lasted.
    meanwhile: Results,
}

impl<'a> Court<'a> {
    pub(crate) fn judge(&self, suspect: &Suspect) -> Judged {
        let mut candidates: Vec<Candidate<'a>> = self.candidates(suspect);
        candidates.sort_by(|a, b| {
            let first = |c: &Candidate<'_>| (c.interval.from_ms, c.interval.level);
            b.score.total_cmp(&a.score).then(first(a).cmp(&first(b)))
        });
        candidates.truncate(HINTS);
        let mut hints: Vec<Hint> = candidates.iter().map(|c| hint(c, suspect)).collect();
        if let Some(best) = candidates.first().filter(|c| c.score >= BLAME) {
            return Judged {
                cause: Cause {
                    class: best.culprit,
                    confidence: rounded(best.score),
                    hints,
                },
                group: (best.culprit == Culprit::Infra)
                    .then(|| (best.interval.title(), best.interval.from_ms)),
            };
        }
        let (class, confidence, why) = match self.hung(suspect, suspect.to_ms.unwrap_or(self.now)) {
            true => (
                Culprit::Test,
                0.5,
                Some("it had been running for very long"),
            ),
            false => own::by_words(suspect),
        };
        let why = why.map(|text| Hint {
            text: text.to_owned(),
            confidence: rounded(confidence),
        });
        hints.splice(0..0, why);
        Judged {
            cause: Cause {
                class,
                confidence: rounded(confidence),
                hints,
            },
            group: None,
        }
    }

    fn candidates(&self, suspect: &Suspect) -> Vec<Candidate<'a>> {
        let Some(stream) = self.run.streams.get(&suspect.stream) else {
            return Vec::new();
        };
        let identity = &stream.open().identity;
        let Some(pod) = self.cluster.pods.get(&identity.pod_uid) else {
            return Vec::new();
        };
        let places = [
            Some(Place::Pod(identity.pod_uid.clone())),
            pod.fact.node.clone().map(Place::Node),
            Some(Place::Namespace(pod.fact.namespace.clone())),
            Some(Place::Cluster),
        ];
        let intervals = places
            .iter()
            .flatten()
            .flat_map(|place| self.cluster.timeline.at(place));
        let weighed = intervals.filter_map(|interval| {
            let reach = reach(interval, &identity.container)?;
            self.weigh(suspect, pod, interval, reach)
        });
        weighed.filter(|c| c.score >= WORTH_A_HINT).collect()
    }

    fn weigh(
        &self,
        suspect: &Suspect,
        pod: &Pod,
        interval: &'a Interval,
        reach: Reach,
    ) -> Option<Candidate<'a>> {
        let meaning = reason::meaning(interval, reach)?;
        if interval.reason == "DeadlineExceeded" && self.hung(suspect, interval.from_ms) {
            return None;
        }
        let order = order(suspect, interval, meaning.lag_ms);
        if order == 0.0 {
            return None;
        }
        let fit = self.fit(suspect, interval, reach);
        let may_be_named = matches!(reach, Reach::Service | Reach::Cluster);
        let scope = match may_be_named && suspect.names(&interval.locator.name) {
            true => Reach::OwnPod.scope(),
            false => reach.scope(),
        };
        let meanwhile = self.results(suspect, pod, interval, reach);
        let ended = matches!(
            reach,
            Reach::OwnContainer | Reach::OwnPod | Reach::OurSidecar | Reach::Node
        );
        let control = match suspect.has_result() {
            false if ended => 1.0,
            // When in that span the child was killed nobody knows.
            _ if interval.within => 1.0,
            _ => {
                let points_at_it = reason::points_at(interval, reach, suspect.own.said());
                let least = if points_at_it { POINTED_AT } else { 0.0 };
                least + (1.0 - least) * control(meanwhile)
            }
        };
        let score = scope * meaning.weight * order * control * fit;
        Some(Candidate {
            interval,
            culprit: meaning.culprit,
            score: score.min(MOST),
            meanwhile: meanwhile.0,
        })
    }

    fn fit(&self, suspect: &Suspect, interval: &Interval, reach: Reach) -> f64 {
        let is_over = interval.to_ms < suspect.to_ms && interval.to_ms.is_some();
        let fit = |said| reason::fit(interval, reach, said, is_over);
        if !suspect.has_result() {
            return fit(None);
        }
        let own = fit(Some(suspect.own.said()));
        let around = match suspect.around.said() {
            Said::Nothing => 0.0,
            said => AROUND * fit(Some(said)),
        };
        own.max(around)
    }

    /// Whether the test had been running for so long at that time that it hung.
    fn hung(&self, suspect: &Suspect, at: Millis) -> bool {
        let patience = millis(self.settings.rules.hanging_test.in_test);
        !suspect.has_result() && at.saturating_sub(suspect.from_ms) >= patience
    }

    /// Results while an interval lasted, or until the failure if it was over before, and before it, of all streams that
    /// it reaches.
    fn results(
        &self,
        suspect: &Suspect,
        pod: &Pod,
        interval: &Interval,
        reach: Reach,
    ) -> (Results, Results) {
        let (mut during, mut before) = (Results::default(), Results::default());
        let over = interval.to_ms.unwrap_or(self.now);
        let to = over.max(suspect.to_ms.unwrap_or(self.now));
        let reached = |uid: &str| match reach {
            Reach::OwnContainer | Reach::OwnPod | Reach::Beside | Reach::OurSidecar => {
                uid == pod.fact.uid
            }
            Reach::Node => {
                let other = self.cluster.pods.get(uid);
                other.is_some_and(|other| other.fact.node == pod.fact.node)
            }
            Reach::Service | Reach::Cluster => true,
        };
        let streams = self.run.streams.values();
        for stream in streams.filter(|s| reached(&s.open().identity.pod_uid)) {
            during.add(stream.pace.during(interval.from_ms, to));
            before.add(stream.pace.before(interval.from_ms));
        }
        (during, before)
    }
}

/// How near to tests in that container an interval of their pod, node, namespace or cluster is.
fn reach(interval: &Interval, container: &str) -> Option<Reach> {
    Some(
        match (interval.level, interval.locator.container.as_deref()) {
            (Level::Container, Some(name)) if is_our_sidecar_name(name) => Reach::OurSidecar,
            (Level::Container, Some(name)) if name == container => Reach::OwnContainer,
            (Level::Container, _) => Reach::Beside,
            (Level::Pod, _) => Reach::OwnPod,
            (Level::Node, _) => Reach::Node,
            (Level::Service, _) => Reach::Service,
            (Level::Cluster, _) => Reach::Cluster,
            // What another test did is no cause.
            (Level::Test, _) => return None,
        },
    )
}

/// Whether it came first.
fn order(suspect: &Suspect, interval: &Interval, lag: Millis) -> f64 {
    let lag = match (suspect.has_result(), interval.exit_code) {
        // What ended its output may be told long after.
        (false, _) => lag.max(suspects::TOLD_WITHIN),
        // Ends of containers are told with their time.
        (true, Some(_)) => 0,
        (true, None) => lag,
    };
    let late = lag.saturating_add(RESOLUTION);
    let failed = match suspect.said() {
        // It had been waiting by then.
        Said::Late => suspect.to_ms.map(|end| end.midpoint(suspect.from_ms)),
        _ => suspect.to_ms,
    };
    if failed.is_some_and(|failed| interval.from_ms > failed.saturating_add(late)) {
        return 0.0;
    }
    let failed = suspect.to_ms.unwrap_or(suspect.from_ms);
    let age = failed.saturating_sub(interval.from_ms);
    let over = interval.to_ms.map(|to| suspect.from_ms.saturating_sub(to));
    match over.filter(|gap| *gap > 0) {
        Some(_) if age > ONSET || interval.within => 0.0,
        Some(gap) => 1.0 / (1.0 + gap as f64 / RECOVERS as f64),
        None if suspect.has_result()
            && (0..RESOLUTION).contains(&age)
            && !suspect.said().is_of_surroundings() =>
        {
            SAME_SECOND
        }
        None => 1.0,
    }
}

/// The share that failed while it lasted, less the share that failed before. Few results show little either way: the
/// failure that is judged, which is one of them, counts for two, and [`QUIET`] more are taken for passed before.
fn control((during, before): (Results, Results)) -> f64 {
    let share =
        |failed: u64, passed: u64| failed as f64 / failed.saturating_add(passed).max(1) as f64;
    let with_it = share(during.failed.max(1).saturating_add(1), during.passed);
    let without = share(before.failed, before.passed.saturating_add(QUIET));
    (with_it - without).max(0.0)
}

fn hint(candidate: &Candidate<'_>, suspect: &Suspect) -> Hint {
    let (interval, results) = (candidate.interval, candidate.meanwhile);
    let mut text = short(&interval.to_string());
    let seconds = |span: Millis| span.max(0) / 1_000;
    let when = match (
        interval.within,
        suspect.to_ms.filter(|_| suspect.has_result()),
    ) {
        (true, _) => ", at some time while the container ran".to_owned(),
        (false, Some(end)) => format!(
            ", {} s before",
            seconds(end.saturating_sub(interval.from_ms))
        ),
        (false, None) => {
            let after = interval.from_ms.saturating_sub(suspect.from_ms);
            format!(", {} s after it began", seconds(after))
        }
    };
    text.push_str(&when);
    let all = results.passed.saturating_add(results.failed);
    if all > 0 && !interval.within {
        text.push_str(&format!(
            "; {} of {all} tests passed meanwhile",
            results.passed
        ));
    }
    Hint {
        text,
        confidence: rounded(candidate.score),
    }
}

fn rounded(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}
