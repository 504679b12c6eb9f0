//! An agent that takes several streams at once, each by the position rule.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};

use sentinel_parsers::wire::OpenStream;

use crate::common::{Reply, Request, Stored, frames, serve};
use crate::process::BINARY;

type Streams = BTreeMap<String, Stored>;

pub(crate) struct Agents {
    address: SocketAddr,
    streams: Arc<Mutex<Streams>>,
}

impl Agents {
    pub(crate) fn start() -> Agents {
        let streams = Arc::new(Mutex::new(Streams::new()));
        let shared = Arc::clone(&streams);
        let address = serve(move |request| Some(answer(&mut shared.lock().unwrap(), &request)));
        Agents { address, streams }
    }

    /// `tail` with these arguments, to these agents, keeping its state below a directory.
    pub(crate) fn tail(&self, args: &[&str], dir: &Path) -> Command {
        let mut command = Command::new(BINARY);
        let url = format!("http://{}", self.address);
        command.args(["tail", "--agent", &url, "--run-id", "r", "--state"]);
        command.arg(dir.join("state")).args(args);
        command
    }

    fn kept(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap()
    }

    pub(crate) fn committed(&self, name: &str) -> u64 {
        self.kept().get(name).map_or(0, |s| s.committed)
    }

    pub(crate) fn closed(&self) -> usize {
        self.kept().values().filter(|s| s.closed).count()
    }

    /// The events of each stream.
    pub(crate) fn streams(&self) -> BTreeMap<String, Vec<String>> {
        let told = |(name, stream): (&String, &Stored)| (name.clone(), stream.events.clone());
        self.kept().iter().map(told).collect()
    }
}

fn answer(streams: &mut Streams, request: &Request) -> Reply {
    let opened: Option<OpenStream> = serde_json::from_slice(&request.body).ok();
    let name = match &opened {
        Some(open) => format!("{}/{}", open.identity.container, open.identity.restart),
        None => request
            .path
            .trim_start_matches("/v1/streams/")
            .trim_end_matches("/frames")
            .to_owned(),
    };
    let stream = streams.entry(name.clone()).or_default();
    let mut status = 200;
    if opened.is_none() {
        for frame in frames(&request.body) {
            status = status.max(stream.take(&frame));
        }
    }
    Reply::new(status, stream.position(name))
}
