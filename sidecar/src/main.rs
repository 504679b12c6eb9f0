//! `sentinel-sidecar`: the library as a program.

mod args;

use args::{Cli, Command, complain};
use sentinel_sidecar::capture::{self, CaptureOptions};
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo, fresh_dir};

fn main() {
    let code = match Cli::read() {
        Ok(cli) => match cli.command {
            Command::Capture(args) => capture(&args),
            Command::Tail(_) => {
                complain("tail is not built yet");
                2
            }
        },
        Err(code) => code,
    };
    std::process::exit(code);
}

fn capture(args: &args::Capture) -> i32 {
    let limits = Limits {
        segment_bytes: args.segment_size.unwrap_or(16 << 20),
        cap_bytes: args.cap.unwrap_or(1 << 30),
    };
    let info = StreamInfo::new(capture::command_line(&args.cmd), args.stream.run_id.clone());
    let recording = args.dir.as_deref().and_then(|dir| {
        let made = fresh_dir(dir).and_then(|dir| SegmentWriter::create(&dir, &info, limits));
        made.inspect_err(|e| complain(&format!("not recorded: {}: {e}", dir.display())))
            .ok()
    });
    match capture::run(&args.cmd, recording, &CaptureOptions::default()) {
        Ok(outcome) => {
            for line in &outcome.trouble {
                complain(line);
            }
            outcome.shell_code()
        }
        Err(e) => {
            complain(&format!("the command was not started: {e}"));
            126
        }
    }
}
