//! `sentinel-sidecar tail`: one source to the agent, or all of a pod's.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::identity::{
    self, epoch_of, file_epoch, host_name, of_attempt, of_stream, told,
};
use sentinel_sidecar::pod::{self, Pod};
use sentinel_sidecar::random;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, RECORDS, StreamInfo, again, fresh_dir};
use sentinel_sidecar::ship::{self, Stop};
use sentinel_sidecar::tail::{
    FollowOptions, FollowSource, Owner, PodLogs, SegmentSource, Source, StdinSource, pod_uid, spool,
};
use tokio::sync::watch;

use crate::args::{Stream, Tail, complain};
use crate::beside;
use crate::stopping::{Signals, conduct};
use crate::{UNDELIVERED, USAGE, complain_undelivered, prepare, sending, state};

/// How often a directory is asked for its stream, and for the next one once it had one.
const LOOK: Duration = Duration::from_millis(100);
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Bytes of a segment of the spool.
const SPOOL_SEGMENT: u64 = 8 << 20;

pub(crate) fn run(args: &Tail) -> i32 {
    let read = sending(args.stream.config.as_deref(), args.agent.as_deref());
    let (config, reading, agent) = match read {
        Ok(read) => read,
        Err(code) => return code,
    };
    match prepare() {
        Ok((runtime, signals)) => {
            runtime.block_on(tail(args, (&config, &reading), &agent, &signals))
        }
        Err(code) => code,
    }
}

async fn tail(
    args: &Tail,
    (config, reading): (&SidecarConfig, &Reading),
    agent: &str,
    signals: &Signals,
) -> i32 {
    if args.cri {
        return tail_pod(args, (config, reading), agent, signals).await;
    }
    if let Some(when) = args.end_after {
        return beside::tail(when, args, ((config, reading), (agent, signals))).await;
    }
    let goes_on = args.follow && args.source.is_dir();
    let mut worst = 0;
    let mut n = 0;
    loop {
        let source = again(&args.source, n);
        let waiting = async {
            // Nothing to be sent is no failure if something was.
            signals.count(1).await;
            if n == 0 { UNDELIVERED } else { 0 }
        };
        let told = told_to_stop(signals);
        let parts = ((config, reading), (agent, signals));
        let code = tail_one(args, &source, parts, waiting, told).await;
        worst = worst.max(code);
        let next = again(&args.source, n + 1);
        let over = signals.so_far() > 0 && SegmentSource::open(&next).is_err();
        if !goes_on || code == USAGE || over {
            return worst;
        }
        n += 1;
    }
}

/// Completes with the first signal; how many came.
pub(crate) async fn told_to_stop(signals: &Signals) -> usize {
    signals.count(1).await;
    1
}

/// What a stream is read with, and whom it is sent to.
pub(crate) type Parts<'a> = ((&'a SidecarConfig, &'a Reading), (&'a str, &'a Signals));

/// Sends one stream; gives what `waiting` does if that completes before there is one. From the time on that `begin`
/// completes, with the number of signals so far, only what is there already is sent.
pub(crate) async fn tail_one(
    args: &Tail,
    path: &Path,
    ((config, reading), (agent, signals)): Parts<'_>,
    waiting: impl Future<Output = i32>,
    begin: impl Future<Output = usize>,
) -> i32 {
    let opened = tokio::select! {
        // What is there is sent even when nothing more is wanted.
        biased;
        opened = open(args, path, config.capture_cap) => opened,
        code = waiting => return code,
    };
    let (source, stream) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            complain(&format!("{}: {error}", path.display()));
            return USAGE;
        }
    };
    let (stop, stopped) = watch::channel(Stop::No);
    let shipped = tokio::select! {
        shipped = ship::run(source, stream, agent, config, reading, stopped) => shipped,
        () = conduct(begin, signals, args.drain, &stop) => return UNDELIVERED,
    };
    match shipped {
        Ok(outcome) if outcome.complete => 0,
        Ok(outcome) => {
            complain_undelivered(&outcome, agent, "");
            UNDELIVERED
        }
        Err(error) => {
            complain(&error.to_string());
            USAGE
        }
    }
}

/// Sends all of a pod's containers until it is told to stop.
async fn tail_pod(
    args: &Tail,
    (config, reading): (&SidecarConfig, &Reading),
    agent: &str,
    signals: &Signals,
) -> i32 {
    let uid = told("SENTINEL_POD_UID").or_else(|| pod_uid(&args.source));
    let uid = uid.unwrap_or_else(host_name);
    let mut run = args.stream.run();
    // Started again without a name, it must not become another run each time.
    if args.stream.run_id.is_none() {
        run.run_id = format!("run-{}", epoch_of(&["pod", &uid]));
    }
    let pod = Pod {
        logs: PodLogs::new(&args.source, args.container.clone(), &args.own),
        uid,
        source: "cri",
        run,
        state: state(args.state.as_deref()),
    };
    let (stop, stopped) = watch::channel(Stop::No);
    let begin = told_to_stop(signals);
    let shipped = tokio::select! {
        shipped = pod::run(&pod, agent, config, reading, stopped) => shipped,
        () = conduct(begin, signals, args.drain, &stop) => return UNDELIVERED,
    };
    match shipped {
        Ok(outcomes) => match outcomes.iter().find(|outcome| !outcome.complete) {
            None => 0,
            Some(outcome) => {
                complain_undelivered(outcome, agent, "");
                UNDELIVERED
            }
        },
        Err(error) => {
            complain(&error.to_string());
            USAGE
        }
    }
}

/// Opens the source; waits as long as it is a directory without a stream.
async fn open(args: &Tail, path: &Path, cap: u64) -> io::Result<(Source, OpenStream)> {
    if path.as_os_str() == "-" {
        let run = args.stream.run();
        let open = stream("stdin", "stdin", &random::epoch(), run, None);
        return Ok((open_stdin(args, cap, &open)?, open));
    }
    let first = *path == *args.source;
    match path.metadata() {
        Ok(meta) if meta.is_dir() => {}
        // A directory that a capture has yet to make.
        _ if !first => {}
        Err(error) if !args.follow => return Err(error),
        meta => {
            if meta.is_ok_and(|meta| is_our_output(&meta)) {
                return Err(io::Error::other("this is where our own output goes"));
            }
            return open_file(args);
        }
    }
    let pause = if *path == *args.source {
        LOOK
    } else {
        LOOK_AGAIN
    };
    let source = loop {
        match SegmentSource::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => break opened?,
        }
        tokio::time::sleep(pause).await;
    };
    let info = source.info();
    let mut open = info.open.clone().unwrap_or_else(|| {
        let mut run = args.stream.run();
        // Started again without a name, it must not become another run each time.
        if args.stream.run_id.is_none() {
            run.run_id = format!("run-{}", &info.epoch);
        }
        stream(&info.source, "run", &info.epoch, run, Some(&info.command))
    });
    lay_over(&mut open.run, &args.stream, info.run_id.as_deref());
    identity::lay_over(&mut open.identity);
    Ok((Source::Segments(source), open))
}

/// Standard input, by way of a spool if there is to be one and it can be made.
fn open_stdin(args: &Tail, cap: u64, open: &OpenStream) -> io::Result<Source> {
    let Some(wanted) = &args.spool else {
        return Ok(Source::Stdin(StdinSource::open()?));
    };
    let info = StreamInfo {
        format: RECORDS,
        epoch: open.identity.epoch.clone(),
        source: "stdin".to_owned(),
        open: Some(open.clone()),
        ..StreamInfo::new("standard input".to_owned(), Some(open.run.run_id.clone()))
    };
    let limits = Limits {
        segment_bytes: SPOOL_SEGMENT,
        cap_bytes: cap,
    };
    let pipe = io::stdin().as_fd().try_clone_to_owned()?;
    let spooled = fresh_dir(wanted).and_then(|dir| spool(pipe, &dir, &info, limits));
    match spooled {
        Ok(source) => Ok(Source::Segments(source)),
        Err(error) => {
            complain(&format!("no spool: {}: {error}", wanted.display()));
            Ok(Source::Stdin(StdinSource::open()?))
        }
    }
}

/// A file, which need not be there yet if it is followed.
fn open_file(args: &Tail) -> io::Result<(Source, OpenStream)> {
    let path = std::path::absolute(&args.source)?;
    let run = args.stream.run();
    let owner = path.canonicalize().ok().and_then(|real| Owner::of(&real));
    let open = match &owner {
        Some(owner) => OpenStream {
            identity: of_attempt("cri", &owner.pod_uid, &owner.container, owner.restart),
            run,
            command: None,
        },
        None => {
            let epoch = file_epoch(&run.run_id, &path.to_string_lossy());
            stream("file", &file_name(&path), &epoch, run, None)
        }
    };
    let epoch = &open.identity.epoch;
    let options = FollowOptions {
        follow: args.follow,
        cri: owner.is_some(),
        checkpoint: state(args.state.as_deref())
            .filter(|_| args.follow)
            .map(|dir| dir.join(format!("{epoch}.json"))),
        ..FollowOptions::default()
    };
    let source = FollowSource::new(&path, options);
    Ok((Source::File(Box::new(source)), open))
}

/// Whether what we print goes into this file: sending it would make more of it.
fn is_our_output(file: &Metadata) -> bool {
    let is_it = |fd: BorrowedFd<'_>| {
        let ours = fd.try_clone_to_owned().map(File::from);
        let ours = ours.and_then(|ours| ours.metadata());
        ours.is_ok_and(|ours| (ours.dev(), ours.ino()) == (file.dev(), file.ino()))
    };
    is_it(io::stdout().as_fd()) || is_it(io::stderr().as_fd())
}

/// What this command line says goes before what the recording says.
fn lay_over(run: &mut RunContext, said: &Stream, recorded: Option<&str>) {
    if let Some(id) = said.run_id.as_deref().or(recorded) {
        id.clone_into(&mut run.run_id);
    }
    for (field, said) in [
        (&mut run.pipeline, &said.pipeline),
        (&mut run.environment, &said.environment),
        (&mut run.branch, &said.branch),
        (&mut run.commit, &said.commit),
    ] {
        if said.is_some() {
            field.clone_from(said);
        }
    }
}

fn stream(
    source: &str,
    container: &str,
    epoch: &str,
    run: RunContext,
    command: Option<&str>,
) -> OpenStream {
    OpenStream {
        identity: of_stream(source, container, epoch),
        run,
        command: command.map(str::to_owned),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
