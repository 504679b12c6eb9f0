//! `sentinel-sidecar capture`: runs the command, with or without an agent to send to.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::OpenStream;
use sentinel_sidecar::capture::{self, CaptureOptions, CaptureOutcome};
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo, fresh_dir};
use sentinel_sidecar::ship::{self, ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::sync::{oneshot, watch};

use crate::args::{Capture, complain};
use crate::stopping::{Signals, conduct};
use crate::{USAGE, complain_undelivered, configuration};

/// Exit code when the command was not started for a reason that is ours.
const NOT_STARTED: i32 = 126;

pub(crate) fn run(args: Capture) -> i32 {
    let (config, reading) = match configuration(args.stream.config.as_deref()) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let checked = args.agent.as_deref();
    let checked = checked.map(|agent| ship::check_address(agent, &config));
    if let Some(Err(error)) = checked {
        complain(&error.to_string());
        return USAGE;
    }
    if args.dir.is_none() && args.agent.is_none() {
        complain("neither --dir nor --agent: where should the recording go? (try --help)");
        return USAGE;
    }
    let (open, recording) = match record(&args, &config) {
        Ok((open, dir, writer)) => (open, Some((dir, writer))),
        Err((dir, error)) => {
            // The test runs all the same.
            complain(&format!("not recorded: {}: {error}", dir.display()));
            return code(capture::run(
                &args.cmd,
                None,
                &CaptureOptions::default(),
                None,
            ));
        }
    };
    match (&args.agent, recording) {
        (Some(agent), Some((dir, writer))) => {
            let agent = agent.clone();
            both(args, (&config, &reading), &agent, open, &dir, writer)
        }
        (_, recording) => {
            let writer = recording.map(|(_, writer)| writer);
            code(capture::run(
                &args.cmd,
                writer,
                &CaptureOptions::default(),
                None,
            ))
        }
    }
}

type Recording = (OpenStream, PathBuf, SegmentWriter);

/// Starts the recording.
fn record(args: &Capture, config: &SidecarConfig) -> Result<Recording, (PathBuf, io::Error)> {
    let run = args.stream.run();
    let command = capture::command_line(&args.cmd);
    let mut info = StreamInfo::new(command.clone(), Some(run.run_id.clone()));
    let open = OpenStream {
        identity: of_stream("capture", "run", &info.epoch),
        run,
        command: Some(command),
    };
    info.open = Some(open.clone());
    let limits = Limits {
        segment_bytes: args.segment_size.unwrap_or(config.segment_size),
        cap_bytes: args.cap.unwrap_or(config.capture_cap),
    };
    let limits = match args.volume_limit {
        Some(limit) => limits.on_volume(limit),
        None => limits,
    };
    let wanted = match &args.dir {
        Some(dir) => dir.clone(),
        None => env::temp_dir().join(format!("sentinel-{}", info.epoch)),
    };
    let made = fresh_dir(&wanted).and_then(|dir| {
        let writer = SegmentWriter::create(&dir, &info, limits)?;
        Ok((dir, writer))
    });
    match made {
        Ok((dir, writer)) => Ok((open, dir, writer)),
        Err(error) => Err((wanted, error)),
    }
}

/// Captures in one thread and ships in this one.
fn both(
    args: Capture,
    config: (&SidecarConfig, &Reading),
    agent: &str,
    open: OpenStream,
    dir: &Path,
    writer: SegmentWriter,
) -> i32 {
    let Capture { cmd, drain, .. } = args;
    let (ended, has_ended) = oneshot::channel();
    let capturing = thread::Builder::new()
        .name("capture".to_owned())
        .spawn(move || capture_then_tell(&cmd, writer, ended));
    let capturing = match capturing {
        Ok(capturing) => capturing,
        Err(error) => return code(Err(error)),
    };
    let shipped = send(config, agent, open, dir, drain, has_ended);
    let code = match capturing.join() {
        Ok(outcome) => code(outcome),
        Err(_) => NOT_STARTED,
    };
    match shipped {
        Ok(outcome) if outcome.complete => {
            if args.dir.is_none() {
                // Ours and delivered; what cannot be removed costs space and nothing else.
                let _ = std::fs::remove_dir_all(dir);
            }
        }
        Ok(outcome) => {
            let kept = format!("; it is kept: sentinel-sidecar tail {}", dir.display());
            complain_undelivered(&outcome, agent, &kept);
        }
        Err(error) => complain(&format!("not sent: {error}")),
    }
    code
}

fn capture_then_tell(
    command: &[OsString],
    writer: SegmentWriter,
    ended: oneshot::Sender<()>,
) -> io::Result<CaptureOutcome> {
    let outcome = capture::run(command, Some(writer), &CaptureOptions::default(), None);
    // Nobody listens only if sending has ended already.
    let _ = ended.send(());
    outcome
}

fn send(
    (config, reading): (&SidecarConfig, &Reading),
    agent: &str,
    open: OpenStream,
    dir: &Path,
    drain: std::time::Duration,
    has_ended: oneshot::Receiver<()>,
) -> io::Result<ShipOutcome> {
    let source = Source::Segments(SegmentSource::open(dir)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let signals = Signals::catch()?;
    let (stop, stopped) = watch::channel(Stop::No);
    runtime.block_on(async {
        // Signals up to the command's end were the command's.
        let begin = async {
            let _ = has_ended.await;
            signals.so_far()
        };
        tokio::select! {
            shipped = ship::run(source, open, agent, config, reading, stopped) => {
                shipped.map_err(io::Error::other)
            }
            () = conduct(begin, &signals, drain, &stop) => Ok(ShipOutcome::default()),
        }
    })
}

/// Complains about what went wrong and gives the command's code.
fn code(outcome: io::Result<CaptureOutcome>) -> i32 {
    match outcome {
        Ok(outcome) => {
            for line in &outcome.trouble {
                complain(line);
            }
            outcome.shell_code()
        }
        Err(error) => {
            complain(&format!("the command was not started: {error}"));
            NOT_STARTED
        }
    }
}
