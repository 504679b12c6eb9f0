//! What a command prints, and where that goes.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::segments::{self, RecordDisk, SegmentWriter};
use sentinel_sidecar::tail::Spooling;
use tokio::time::{sleep, timeout};

use super::files::Files;
use super::{Job, Kind};
use crate::progress::{Phase, Progress};

/// Where output goes.
trait Out {
    /// Takes a piece of it, sooner or later.
    async fn take(&mut self, job: &Job, piece: &[u8]);

    /// Bytes that went there.
    fn written(&self, job: &Job) -> usize;

    /// Bytes it could not take so far.
    async fn lost(&self, _job: &Job) -> u64 {
        0
    }

    /// Waits until nothing more is lost of what comes.
    async fn calm(&self) {}
}

/// A recording.
struct Recording<D: segments::Disk>(SegmentWriter<D>);

impl<D: segments::Disk> Out for Recording<D> {
    async fn take(&mut self, job: &Job, piece: &[u8]) {
        job.printed.set(job.given.get());
        let before = job.standing();
        self.0.append(piece);
        if job.plan.kind == Kind::Spool && job.chance.one_in(2) {
            self.0.flush();
            job.synced.set(self.0.total());
        }
        job.note_losses(&self.0, before);
    }

    fn written(&self, job: &Job) -> usize {
        job.printed.get()
    }

    async fn lost(&self, _job: &Job) -> u64 {
        self.0.losses().bytes()
    }
}

/// The pipe to the sidecar.
struct ToPipe;

impl Out for ToPipe {
    async fn take(&mut self, job: &Job, piece: &[u8]) {
        job.pipe.write(piece).await;
    }

    fn written(&self, job: &Job) -> usize {
        job.pipe.written()
    }

    async fn lost(&self, job: &Job) -> u64 {
        job.pipe.drained().await;
        job.lost
            .borrow()
            .iter()
            .map(|lost| lost.to - lost.from)
            .sum()
    }
}

/// A file.
struct ToFile<'f>(&'f Files);

impl Out for ToFile<'_> {
    async fn take(&mut self, job: &Job, piece: &[u8]) {
        while !self.0.write(piece) {
            sleep(Duration::from_millis(20)).await;
        }
        job.printed.set(job.given.get());
    }

    fn written(&self, _job: &Job) -> usize {
        self.0.written()
    }

    async fn calm(&self) {
        self.0.calm().await;
    }
}

impl Job {
    /// Runs the command to its end, or until it is killed with what takes its output.
    pub async fn print(self: Rc<Self>, world: Rc<Progress>) {
        let made = match self.plan.kind {
            Kind::Capture => self.print_recorded(&world).await,
            Kind::Spool => self.print_spooled(&world).await,
            Kind::Piped(_) => self.print_piped(&world).await,
            Kind::Stdin(_) => Ok(self.print_into_pipe(&world).await),
            Kind::File(_) | Kind::Log(_) => Ok(self.print_into_file(&world).await),
        };
        let whole = made.unwrap_or_else(|error| {
            self.trace.violation(format_args!(
                "job {} is not recorded: {error}",
                self.plan.number
            ));
            false
        });
        self.trace.note(format_args!(
            "job {} printed {} bytes, whole: {whole}",
            self.plan.number,
            self.printed.get()
        ));
        self.whole.set(Some(whole));
        if let Kind::File(_) = self.plan.kind {
            self.end_shipment();
        }
    }

    async fn print_recorded(&self, world: &Progress) -> io::Result<bool> {
        let disk: Arc<dyn Fs> = Arc::new(self.disk.clone());
        let writer = SegmentWriter::create_on(disk, &self.dir, &self.info(), self.plan.limits)?;
        let mut out = Recording(writer);
        if !self.print_or_die(&mut out, world).await {
            return Ok(false);
        }
        let code = i32::from(self.log.borrow().has_failed());
        out.0.finish(Some(code), None)?;
        Ok(true)
    }

    async fn print_spooled(&self, world: &Progress) -> io::Result<bool> {
        let mut out = Recording(self.spool()?);
        if !self.print_or_die(&mut out, world).await {
            return Ok(false);
        }
        out.0.finish_at_eof()?;
        Ok(true)
    }

    /// Syncs that failed so far, and how far what was written is durable.
    fn standing(&self) -> (u64, u64) {
        (self.disk.failed_syncs(), self.synced.get())
    }

    /// Notes what a recording lost, and what it may have lost since it stood there.
    fn note_losses<D: segments::Disk>(&self, writer: &SegmentWriter<D>, before: (u64, u64)) {
        self.lost.replace(writer.losses().list().to_vec());
        let (failed, synced) = before;
        if self.disk.failed_syncs() > failed {
            let range = (synced, writer.total());
            self.doubtful.borrow_mut().push(range);
        }
    }

    fn spool(&self) -> io::Result<SegmentWriter<RecordDisk>> {
        let disk: Arc<dyn Fs> = Arc::new(self.disk.clone());
        SegmentWriter::spool_on(disk, &self.dir, &self.info(), self.plan.limits)
    }

    /// Through a pipe into a spool, which the sidecar writes and which dies with it.
    async fn print_piped(&self, world: &Progress) -> io::Result<bool> {
        let spooling = Spooling::into_spool(self.spool()?);
        let print = async {
            self.print_until_killed(&mut ToPipe, world).await;
            self.pipe.close();
        };
        tokio::select! {
            biased;
            () = self.writer_dies.notified() => Ok(false),
            (ended, ()) = async { tokio::join!(biased; self.pump(spooling), print) } => {
                ended
            }
        }
    }

    /// As the sidecar's thread does it.
    async fn pump(&self, mut spooling: Spooling) -> io::Result<bool> {
        loop {
            let most = 1 + self.chance.index(2_000);
            let patience = spooling.patience().map_or(u64::MAX / 2, u64::from);
            let patience = Duration::from_millis(patience);
            let read = timeout(patience, self.pipe.read(most)).await;
            let before = self.standing();
            match read {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => {
                    self.printed.set(self.printed.get() + bytes.len());
                    spooling.take(&bytes);
                }
                Err(_) => {
                    spooling.quiet();
                    self.synced.set(spooling.writer.total());
                }
            }
            self.note_losses(&spooling.writer, before);
        }
        // On a full disk there is no room for the end: to whoever reads the spool it was killed.
        Ok(spooling.writer.finish_at_eof().is_ok())
    }

    /// Through a pipe into the sidecar's memory.
    async fn print_into_pipe(&self, world: &Progress) -> bool {
        let mut out = ToPipe;
        tokio::select! {
            biased;
            () = self.writer_dies.notified() => return false,
            () = self.print_until_killed(&mut out, world) => {}
        }
        self.pipe.close();
        true
    }

    /// Into a file that is rotated meanwhile.
    async fn print_into_file(&self, world: &Progress) -> bool {
        let Some(files) = &self.files else {
            return false;
        };
        if let Kind::Log(_) = self.plan.kind {
            files.begin();
        }
        let known = || self.disk.has(&self.checkpoint());
        let mut out = ToFile(files);
        let print = async {
            self.print_until_killed(&mut out, world).await;
            if let Kind::Log(_) = self.plan.kind {
                // A rotation that a runtime has begun it also ends.
                files.calm().await;
            }
        };
        tokio::select! {
            biased;
            () = print => {}
            () = files.rotate(&self.chance, known, world) => {}
        }
        true
    }

    /// Whoever reads what a command wrote is not told that it was killed, and its last line is a whole one: most
    /// write line by line.
    async fn print_until_killed(&self, out: &mut impl Out, world: &Progress) {
        let killed = tokio::select! {
            biased;
            () = self.command_dies.notified() => true,
            () = self.print_all(out, world) => false,
        };
        if killed {
            self.passing.set(true);
            self.log.borrow_mut().close();
            self.given.set(out.written(self));
            self.append(out, false).await;
        }
    }

    /// Into a recording, which whoever kills the command kills with it.
    async fn print_or_die(&self, out: &mut impl Out, world: &Progress) -> bool {
        tokio::select! {
            biased;
            () = self.writer_dies.notified() => false,
            () = self.print_all(out, world) => true,
        }
    }

    async fn print_all(&self, out: &mut impl Out, world: &Progress) {
        let (mut tests, passing) = (0, self.passing.get());
        while world.phase() == Phase::Faults && !(passing && tests >= self.plan.tests) {
            if tests < self.plan.tests {
                tests += 1;
                self.log.borrow_mut().test(&self.chance);
                self.append(out, true).await;
            }
            let pause = self.chance.below(self.plan.pace + 1);
            tokio::select! {
                biased;
                () = sleep(Duration::from_millis(pause)) => {}
                () = world.reach(Phase::Calm) => {}
            }
        }
        if !passing {
            out.calm().await;
            self.print_fresh(out).await;
            world.reach(Phase::Closing).await;
        }
        self.log.borrow_mut().close();
        self.append(out, false).await;
    }

    /// A test once nothing goes wrong any more.
    async fn print_fresh(&self, out: &mut impl Out) {
        // What does not fit is printed again: the sidecar is making room.
        loop {
            let before = out.lost(self).await;
            self.log.borrow_mut().test(&self.chance);
            self.append(out, false).await;
            if out.lost(self).await == before {
                break;
            }
            sleep(Duration::from_millis(200)).await;
        }
        self.fresh.set(Some(self.given.get() as u64));
    }

    /// Gives what was printed away, in pieces that begin and end anywhere.
    async fn append(&self, out: &mut impl Out, slowly: bool) {
        loop {
            let piece = {
                let log = self.log.borrow();
                let left = &log.text()[self.given.get()..];
                let most = if self.chance.one_in(3) { 40 } else { 4_000 };
                left[..left.len().min(1 + self.chance.index(most))].to_vec()
            };
            if piece.is_empty() {
                return;
            }
            self.given.set(self.given.get() + piece.len());
            out.take(self, &piece).await;
            if slowly && self.chance.one_in(4) {
                sleep(self.pause(60)).await;
            }
        }
    }
}
