//! A pod as a kubelet runs it: containers that are started again and again, their logs, and one sidecar that sends
//! them all.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sentinel_parsers::wire::OpenStream;
use sentinel_sidecar::clock::Clock;
use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::identity::of_attempt;
use sentinel_sidecar::pod::{self, Shipments};
use sentinel_sidecar::random::Rng;
use sentinel_sidecar::ship::{ShipOutcome, Stop};
use sentinel_sidecar::tail::{PodLogs, Source};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::chance::Chance;
use crate::disk::mortal::Mortal;
use crate::job::{Job, Life, Living, Place, Plan};
use crate::network::Network;
use crate::progress::Progress;
use crate::trace::Trace;

/// Where a kubelet keeps a pod's logs.
pub(crate) fn dir_of(uid: &str) -> PathBuf {
    PathBuf::from(format!("/var/log/pods/ci_tests_{uid}"))
}

/// A pod.
#[derive(Debug)]
pub(crate) struct Pod {
    uid: String,
    /// Each start of its one container, in order.
    pub(crate) attempts: Vec<Rc<Job>>,
    place: Place,
    chance: Chance,
    trace: Rc<Trace>,
    over: watch::Sender<Stop>,
}

impl Pod {
    /// A pod whose container is started so often; `plan` tells what each start prints.
    pub(crate) fn new(starts: Vec<Plan>, place: Place, chance: Chance, trace: &Rc<Trace>) -> Pod {
        let uid = format!("{:016x}", chance.number());
        let last = starts.len().saturating_sub(1);
        let attempts = starts.into_iter().zip(0..).map(|(plan, restart)| {
            let identity = of_attempt("cri", &uid, "tests", restart);
            let trace = Rc::clone(trace);
            let job = Job::of(plan, identity, place.clone(), chance.fork(), trace);
            job.passing.set(usize::try_from(restart) != Ok(last));
            Rc::new(job)
        });
        Pod {
            attempts: attempts.collect(),
            uid,
            place,
            chance,
            trace: Rc::clone(trace),
            over: watch::Sender::new(Stop::No),
        }
    }

    /// Runs the container as often as it is started. Of what was started before the last time a kubelet keeps nothing
    /// for long.
    pub(crate) async fn run(self: Rc<Self>, progress: Rc<Progress>) {
        for (n, job) in self.attempts.iter().enumerate() {
            if n >= 2
                && self.chance.one_in(2)
                && let Some(files) = &self.attempts[n - 2].files
            {
                files.delete();
            }
            Rc::clone(job).print(Rc::clone(&progress)).await;
            if n + 1 < self.attempts.len() {
                sleep(Duration::from_millis(self.chance.below(900))).await;
            }
        }
        self.over.send_replace(Stop::AtEnd);
    }

    /// Runs sidecars, one after the other, until one has delivered everything.
    pub(crate) async fn ship(self: Rc<Self>, network: Rc<Network>, kills: Rc<Cell<bool>>) {
        let rng: Arc<dyn Rng> = Arc::new(self.chance.fork());
        let life = Life {
            network,
            kills,
            rng,
        };
        loop {
            if let Some(outcomes) = self.live(&life).await {
                for outcome in outcomes {
                    let its = |job: &&Rc<Job>| outcome.stream.as_ref() == Some(&job.stream());
                    if let Some(job) = self.attempts.iter().find(its) {
                        job.delivered(outcome.clone(), &life.network);
                    }
                }
                return;
            }
            self.trace
                .note(format_args!("pod {}'s sidecar dies", self.uid));
            sleep(Duration::from_millis(self.chance.below(800))).await;
        }
    }

    /// One sidecar; what became of the streams, if it was not killed.
    async fn live(&self, life: &Life) -> Option<Vec<ShipOutcome>> {
        let fs = Mortal::on(self.place.disk.clone());
        let clock = Arc::clone(&self.place.wall) as Arc<dyn Clock>;
        let disk: Arc<dyn Fs> = Arc::new(fs.clone());
        let pod = pod::Pod {
            logs: PodLogs::on(disk, &dir_of(&self.uid), Vec::new(), "sentinel-sidecar"),
            uid: self.uid.clone(),
            source: "cri",
            run: self.attempts[0].open.run.clone(),
            state: Some(PathBuf::from("/state")),
        };
        let ship = |tasks: &mut Shipments, source, open, told| {
            self.ship_one(life, &fs, tasks, (source, open, told));
        };
        let stop = self.over.subscribe();
        let running = pod::run_on(&pod, &clock, ship, stop);
        let kill = || fs.kill();
        let kills = Rc::clone(&life.kills);
        let living = Living::new(&self.attempts[0], running, kills, kill);
        let lived = tokio::select! {
            biased;
            () = async { self.place.sidecar_dies.notified().await; fs.kill() } => None,
            lived = living => lived,
        };
        match lived? {
            Ok(outcomes) => Some(outcomes),
            Err(error) => {
                self.trace.violation(format_args!("no shipment: {error}"));
                Some(Vec::new())
            }
        }
    }

    /// One stream of a sidecar. When it dies, all of the process does.
    fn ship_one(
        &self,
        life: &Life,
        fs: &Mortal,
        tasks: &mut Shipments,
        (source, open, told): (Source, OpenStream, watch::Receiver<Stop>),
    ) {
        let its = |job: &&Rc<Job>| job.open.identity == open.identity;
        let Some(job) = self.attempts.iter().find(its).map(Rc::clone) else {
            return self
                .trace
                .violation(format_args!("nobody has the stream {:?}", open.identity));
        };
        let (life, fs) = (life.clone(), fs.clone());
        let dies = Rc::clone(&self.place.sidecar_dies);
        tasks.spawn_local(async move {
            let kills = Rc::clone(&life.kills);
            let shipping = job.try_shipping(&life, source, told);
            match Living::new(&job, shipping, kills, || fs.kill()).await {
                Some(shipped) => shipped,
                None => {
                    dies.notify_one();
                    std::future::pending().await
                }
            }
        });
    }
}
