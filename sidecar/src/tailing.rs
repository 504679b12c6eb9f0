//! `sentinel-sidecar tail`: one source to the agent.

use std::io;
use std::path::Path;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::identity::{file_epoch, of_stream};
use sentinel_sidecar::random;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::ship::{self, Stop};
use sentinel_sidecar::tail::{FileSource, SegmentSource, Source, StdinSource};
use tokio::sync::watch;

use crate::args::{Stream, Tail, complain};
use crate::stopping::{Signals, conduct};
use crate::{USAGE, complain_undelivered, configuration};

/// Exit code when the agent does not have everything.
const UNDELIVERED: i32 = 1;
/// How often a directory is asked for its stream.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &Tail) -> i32 {
    let (config, reading) = match configuration(args.stream.config.as_deref()) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let agent = args.agent.clone().unwrap_or_else(|| config.agent.clone());
    if let Err(error) = ship::check_address(&agent, &config) {
        complain(&error.to_string());
        return USAGE;
    }
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ready = runtime.and_then(|runtime| Ok((runtime, Signals::catch()?)));
    match ready {
        Ok((runtime, signals)) => {
            runtime.block_on(tail(args, (&config, &reading), &agent, &signals))
        }
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            UNDELIVERED
        }
    }
}

async fn tail(
    args: &Tail,
    (config, reading): (&SidecarConfig, &Reading),
    agent: &str,
    signals: &Signals,
) -> i32 {
    let opened = tokio::select! {
        opened = open(args) => opened,
        () = signals.count(1) => return UNDELIVERED,
    };
    let (source, stream) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            complain(&format!("{}: {error}", args.source.display()));
            return USAGE;
        }
    };
    let (stop, stopped) = watch::channel(Stop::No);
    let begin = async {
        signals.count(1).await;
        1
    };
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

/// Opens the source; waits as long as it is a directory without a stream.
async fn open(args: &Tail) -> io::Result<(Source, OpenStream)> {
    let path = &args.source;
    if path.as_os_str() == "-" {
        let run = args.stream.run();
        let open = stream("stdin", "stdin", &random::epoch(), run, None);
        return Ok((Source::Stdin(StdinSource::open()?), open));
    }
    if !path.metadata()?.is_dir() {
        let run = args.stream.run();
        let name = path.canonicalize()?.to_string_lossy().into_owned();
        let epoch = file_epoch(&run.run_id, &name);
        let open = stream("file", &file_name(path), &epoch, run, None);
        let source = FileSource::open(path, args.follow)?;
        return Ok((Source::File(source), open));
    }
    let source = loop {
        match SegmentSource::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => break opened?,
        }
        tokio::time::sleep(LOOK).await;
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
    Ok((Source::Segments(source), open))
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
