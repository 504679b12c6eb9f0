//! A place to run the command line in: its own directory, its own data, nothing of the user's.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A finished command.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Fails with everything the command said unless it ended with the code.
pub(crate) fn check_exit(done: &Done, code: i32) {
    assert_eq!(
        done.code,
        Some(code),
        "stdout: {}\nstderr: {}",
        done.stdout,
        done.stderr
    );
}

/// A directory of its own.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench {
            dir: tempfile::tempdir().expect("a temporary directory can be made"),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self) -> String {
        self.path("data").display().to_string()
    }

    /// Writes a file; its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("the directory is writable");
        path.display().to_string()
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SENTINEL_") {
                command.env_remove(name);
            }
        }
        command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
        command
    }

    /// Runs `sentinel`.
    pub(crate) fn sentinel(&self, args: &[&str]) -> Done {
        self.piped(args, "")
    }

    /// Runs `sentinel` with the text on its standard input.
    pub(crate) fn piped(&self, args: &[&str], input: &str) -> Done {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_sentinel")));
        Bench::fed(command.args(args), input)
    }

    /// Runs a command with the text on its standard input.
    pub(crate) fn fed(command: &mut Command, input: &str) -> Done {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sentinel starts");
        let mut stdin = child.stdin.take().expect("it was piped");
        // A command that reads nothing closes the pipe first.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("sentinel ends");
        Done {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// `sentinel run` of a shell script.
    pub(crate) fn run_script(&self, script: &str, args: &[&str]) -> Done {
        let script = self.file("script.sh", script);
        let data = self.data();
        let mut all = vec!["run", "--data", &data];
        all.extend(args);
        all.extend(["--", "sh", &script]);
        self.sentinel(&all)
    }

    /// The text without what differs from run to run: directories, ids, times.
    pub(crate) fn stable(&self, text: &str) -> String {
        let dir = self.dir.path();
        let mut text = text.replace(&dir.display().to_string(), "DIR");
        if let Some(name) = dir.file_name() {
            text = text.replace(&*name.to_string_lossy(), "PIPELINE");
        }
        text.lines().map(stable_line).collect::<Vec<_>>().join("\n")
    }

    /// The report of the script captured, shipped and stored by three processes; `None` when the
    /// other programs were not built.
    pub(crate) fn apart(&self, script: &str) -> Option<String> {
        let (agent, sidecar) = (sibling("sentinel-agent")?, sibling("sentinel-sidecar")?);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound").to_string();
        drop(listener);
        let data = self.path("apart");
        let mut agent = Reaped(
            self.command(&agent)
                .args(["--data", &data.display().to_string(), "--listen", &address])
                .env("SENTINEL_RUN__FINALIZE_AFTER", "0s")
                .stderr(Stdio::null())
                .spawn()
                .expect("the agent starts"),
        );
        until("the agent to listen", || {
            std::net::TcpStream::connect(&address).is_ok()
        });
        let url = format!("http://{address}");
        let script = self.file("apart.sh", script);
        let capture = [
            "capture",
            "--agent",
            &url,
            "--run-id",
            "apart",
            "--pipeline",
            "p",
        ];
        let status = self
            .command(&sidecar)
            .args(capture)
            .args(["--", "sh", &script])
            .stdout(Stdio::null())
            .status()
            .expect("the sidecar starts");
        assert_eq!(status.code(), Some(7));
        let mut report = String::new();
        until("the run to close", || {
            report = self.sentinel(&["report", "apart", "--agent", &url]).stdout;
            report.starts_with("FAILED")
        });
        agent.0.kill().expect("it still runs");
        Some(report)
    }
}

/// Replaces the figures that differ from run to run.
fn stable_line(line: &str) -> String {
    let trimmed = line.trim_start();
    let volatile = |key: &str| trimmed.starts_with(&format!("\"{key}\":"));
    if volatile("started_ms") || volatile("ended_ms") || volatile("first_ms") || volatile("last_ms")
    {
        return line
            .split_once(':')
            .map(|(key, _)| format!("{key}: TIME"))
            .unwrap_or_default();
    }
    let hex = |word: &str| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.');
    let mut out = String::new();
    let mut after_in = false;
    for piece in words {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let rest = &piece[word.len()..];
        match word {
            w if hex(w) => out.push_str("STREAM"),
            w if w.starts_with("run-") && w.len() == 20 => out.push_str("RUN"),
            w if after_in && (w.ends_with("ms") || w.ends_with('s')) => out.push_str("TIME"),
            w => out.push_str(w),
        }
        out.push_str(rest);
        after_in = word == "in";
    }
    out
}

/// A program of the workspace beside the tested one. Built by the workspace's tests; alone, this
/// package's tests say that they skip, unless CI asks for everything.
pub(crate) fn sibling(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_BIN_EXE_sentinel")).with_file_name(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|v| v != "true"),
        "{} was not built",
        path.display()
    );
    eprintln!(
        "skipped: {} was not built; test the whole workspace",
        path.display()
    );
    None
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that ends with its handle.
pub(crate) struct Reaped(pub(crate) Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
