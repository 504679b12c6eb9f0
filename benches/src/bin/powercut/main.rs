//! Cuts the power at every write and sync that the agent's database makes: the agent runs under strace,
//! and the files are built again as a disk could hold them at each of these moments.
//!
//! `cargo build --release --workspace && target/release/powercut --transactions 2000 --seed 1`
//!
//! What was synced is there; of what was written since, nothing, all, some, or some with the last
//! write torn within its page. Each state is opened with SQLite: it must be sound, and hold every frame
//! that had been acknowledged by then. `kill -9` cannot show this, for the kernel keeps what was written.

mod disk;
mod load;
mod trace;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use rusqlite::Connection;
use sentinel_benches::chance::Chance;
use sentinel_benches::frames::PER_TEST;
use sentinel_benches::process::{Process, sibling};

use disk::{Disk, How};
use trace::{Event, Trace};

#[derive(Debug, Parser)]
#[command(about = "Cuts the power at every write and sync of the agent's database")]
struct Args {
    /// Frames sent one after another, each a transaction
    #[arg(long, default_value_t = 2_000)]
    transactions: u64,
    /// Look at every so many writes; every sync is looked at before and after
    #[arg(long, default_value_t = 4)]
    every: u64,
    /// Chooses what of unsynced writes is on the disk
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pretend that the agent's syncs of the log do nothing: the check must then fail
    #[arg(long)]
    no_sync: bool,
}

fn main() -> ExitCode {
    match torture(&Args::parse()) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(line) => {
            eprintln!("powercut: {line}");
            ExitCode::FAILURE
        }
    }
}

fn torture(args: &Args) -> Result<String, String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (data, log) = (dir.path().join("data"), dir.path().join("trace"));
    std::fs::create_dir(&data).map_err(|e| e.to_string())?;
    let agent = sibling("sentinel-agent")?;
    // The database is made and closed first: what is cut is work, not the making of the schema.
    load::send(&mut Command::new(&agent), &data, 0..1)?;
    let before = std::fs::read(data.join("sentinel.db")).map_err(|e| e.to_string())?;
    let mut traced = Command::new("strace");
    traced.args(["-f", "-y", "-xx", "-s", "65536", "-e"]);
    traced.arg("trace=pwrite64,fsync,fdatasync,ftruncate,write,writev,sendto,sendmsg");
    traced.arg("-o").arg(&log).arg(&agent);
    load::send(&mut traced, &data, 1..args.transactions)?;
    replay(args, &log, before, dir.path())
}

/// What was looked at.
#[derive(Debug, Default)]
struct Looked {
    writes: u64,
    syncs: u64,
    acknowledged: u64,
    states: u64,
}

fn replay(args: &Args, log: &Path, before: Vec<u8>, dir: &Path) -> Result<String, String> {
    let lines = BufReader::new(File::open(log).map_err(|e| format!("no trace: {e}"))?);
    let (mut trace, mut disk) = (Trace::default(), Disk::new(before));
    let mut look = Look {
        dir: dir.join("cut"),
        chance: Chance::new(args.seed),
        acked: PER_TEST,
        looked: Looked::default(),
    };
    std::fs::create_dir(&look.dir).map_err(|e| e.to_string())?;
    for line in lines.lines() {
        let line = line.map_err(|e| e.to_string())?;
        let Some(event) = trace.read(&line) else {
            continue;
        };
        match event {
            Event::Acknowledged(committed) => {
                look.acked = committed.max(look.acked);
                look.looked.acknowledged += 1;
            }
            Event::Sync(file) => {
                look.looked.syncs += 1;
                look.at(&disk)?;
                if !(args.no_sync && file.is_log()) {
                    disk.sync(file);
                }
                look.one(&disk, How::Nothing)?;
            }
            Event::Write { file, at, data } => {
                look.looked.writes += 1;
                disk.write(file, at, data);
                if look.looked.writes.is_multiple_of(args.every) {
                    look.at(&disk)?;
                }
            }
            Event::Cut { file, length } => {
                look.looked.writes += 1;
                disk.cut(file, length);
                look.at(&disk)?;
            }
        }
    }
    let Looked {
        writes,
        syncs,
        acknowledged,
        states,
    } = look.looked;
    if acknowledged + 1 < args.transactions {
        let told = "frames were acknowledged in the trace, not all";
        return Err(format!("{acknowledged} of {} {told}", args.transactions));
    }
    Ok(format!(
        "seed {}: {acknowledged} frames acknowledged over {writes} writes and {syncs} syncs; \
         {states} states of the disk sound, with every acknowledged frame",
        args.seed
    ))
}

/// Looks at states of the disk.
struct Look {
    dir: PathBuf,
    chance: Chance,
    /// The position that was acknowledged last.
    acked: u64,
    looked: Looked,
}

impl Look {
    /// One state of many that the power may be cut in.
    fn at(&mut self, disk: &Disk) -> Result<(), String> {
        let how = match self.chance.between(0, 5) {
            0 => How::Nothing,
            1 => How::All,
            2 | 3 => How::Some,
            _ => How::Torn,
        };
        self.one(disk, how)
    }

    fn one(&mut self, disk: &Disk, how: How) -> Result<(), String> {
        disk.lay_down(&self.dir, how, &mut self.chance)
            .map_err(|e| e.to_string())?;
        self.looked.states += 1;
        let Looked { writes, syncs, .. } = self.looked;
        sound(&self.dir.join("sentinel.db"), self.acked).map_err(|why| {
            format!("cut after write {writes}, sync {syncs}, {how:?} of the unsynced: {why}")
        })
    }
}

/// Whether the database is sound and holds the stream up to a position at least.
fn sound(path: &Path, acked: u64) -> Result<(), String> {
    let error = |e: rusqlite::Error| e.to_string();
    let db = Connection::open(path).map_err(error)?;
    let check: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(error)?;
    if check != "ok" {
        return Err(format!("integrity_check: {check}"));
    }
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let committed = number("SELECT committed FROM streams").map_err(error)?;
    if committed < acked as i64 {
        return Err(format!(
            "{acked} bytes were acknowledged, {committed} are there"
        ));
    }
    let tests = number("SELECT count(*) FROM tests").map_err(error)?;
    let holes = number(
        "SELECT count(*) FROM frames WHERE start_at > 0 AND start_at NOT IN
         (SELECT end_at FROM frames)",
    )
    .map_err(error)?;
    let end = number("SELECT max(end_at) FROM frames").map_err(error)?;
    if (tests * PER_TEST as i64, holes, end) != (committed, 0, committed) {
        return Err(format!(
            "at {committed}: {tests} tests, {holes} holes, frames up to {end}"
        ));
    }
    Ok(())
}

/// An agent that says where it listens, with nothing of what it says shown.
fn quiet(command: &mut Command) -> Result<Process, String> {
    command
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Process::start(command).map_err(|e| format!("{:?}: {e}", command.get_program()))
}
