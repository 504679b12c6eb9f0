//! Asks the logs API for one start of a container, again after every break, and hands over what is new.
//!
//! The API gives the log of whichever start is the latest, or the one before it. So an answer is read only when the agent
//! has said twice after it began that no other start came.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use sentinel_delivery::fetch::{Fetched, Fetcher};
use tokio::sync::mpsc::Sender;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::known::{Found, Known, Search, Stamp, hash};
use super::lines::Lines;
use super::{Stage, Word};

/// Words of the agent after which it is known which start an answer is of: the watch that it hears by is behind for less
/// than the time between two of them.
const WORDS: u64 = 2;
/// How long an answer is followed: one that is half open is noticed by it.
const FOLLOW: Duration = Duration::from_secs(300);
/// Pauses between two tries, from and to.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// What is handed over.
#[derive(Debug)]
pub(super) enum Piece {
    /// The next bytes, and what is known after them.
    Bytes(Vec<u8>, Known),
    /// What comes next stands at this offset; what stood before is lost.
    Gap { to: u64, reason: &'static str },
    /// There will be no more.
    End,
}

/// Where to begin.
#[derive(Debug)]
pub(super) enum Plan {
    /// Nobody read of it before.
    New,
    /// So much was read of it once.
    Again(Known),
    /// The agent has some of it, and nobody knows of which log.
    Unknown,
}

/// How the lines of an answer are taken.
#[derive(Debug)]
enum Mode {
    /// All are new.
    New,
    /// The first must be the one that was the first before. If it is not, what is known must be found.
    Verify(Known),
    /// All up to the last that is known were read before.
    Find(Search),
    /// So many bytes were read before, if they are the same.
    Skip(u64),
}

/// The task behind a source.
pub(super) struct Reader {
    fetcher: Fetcher,
    path: String,
    word: watch::Receiver<Word>,
    pieces: Sender<Piece>,
    come: Arc<Notify>,
    /// Before this the agent has everything.
    committed: u64,
    known: Known,
    /// Whether the API said something that is no log.
    odd: bool,
    /// What is wrong, as it was said.
    trouble: Option<String>,
    /// What could not be settled yet of how it began.
    begin: Option<Plan>,
    /// What is to be handed over.
    out: Vec<u8>,
}

/// What became of one answer.
#[derive(Debug, PartialEq, Eq)]
enum Pass {
    /// Nothing more will come.
    Done,
    /// Something was new.
    News,
    /// Nothing was.
    Nothing,
}

impl Reader {
    pub(super) fn new(
        fetcher: Fetcher,
        path: String,
        word: watch::Receiver<Word>,
        (pieces, come): (Sender<Piece>, Arc<Notify>),
        committed: u64,
    ) -> Reader {
        Reader {
            fetcher,
            path,
            word,
            pieces,
            come,
            committed,
            known: Known::default(),
            odd: false,
            trouble: None,
            begin: None,
            out: Vec::new(),
        }
    }

    /// Reads until the end, or until nobody takes it any more.
    pub(super) async fn run(mut self, plan: Plan) {
        self.begin = Some(plan);
        let mut pause = PAUSE;
        loop {
            match self.pass().await {
                Pass::Done => return,
                Pass::News => pause = PAUSE,
                Pass::Nothing => pause = (pause * 2).min(LONGEST),
            }
            sleep(pause).await;
        }
    }

    /// Asks once, and takes what comes.
    async fn pass(&mut self) -> Pass {
        let word = *self.word.borrow_and_update();
        let mode = self.mode();
        if word.stage == Stage::Gone {
            return self.end_lost(mode).await;
        }
        let mut path = format!("{}&timestamps=true", self.path);
        match word.stage {
            Stage::Latest => path.push_str("&follow=true"),
            Stage::Before => path.push_str("&previous=true"),
            Stage::Over | Stage::Gone => {}
        }
        if let (Mode::Find(_), Some(since)) = (&mode, self.known.since()) {
            path.push_str("&sinceTime=");
            path.push_str(&since.replace('+', "%2B"));
        }
        let answer = match self.fetcher.get(&path).await {
            Ok(answer) => answer,
            Err(error) => {
                return self.trouble(error.to_string());
            }
        };
        match (answer.status.as_u16(), word.stage) {
            (200, _) => {
                self.trouble = None;
                self.take(answer, word, mode).await
            }
            // The pod is deleted, or the start before is: what was not read is gone.
            (404, Stage::Over) | (400 | 404, Stage::Before) => self.end_lost(mode).await,
            // A container in the making has none, and the agent may not have heard of a deletion.
            (400 | 404, _) => Pass::Nothing,
            (status, _) => self.trouble(format!("refused ({status})")),
        }
    }

    /// Says once what is wrong.
    fn trouble(&mut self, why: String) -> Pass {
        if self.trouble.as_ref() != Some(&why) {
            tracing::warn!(path = self.path, "no log: {why}");
            self.trouble = Some(why);
        }
        Pass::Nothing
    }

    fn mode(&self) -> Mode {
        match &self.begin {
            None if self.known.is_blank() => Mode::New,
            None => Mode::Find(self.known.search()),
            Some(Plan::New) => Mode::New,
            Some(Plan::Again(known)) => Mode::Verify(known.clone()),
            Some(Plan::Unknown) => Mode::Skip(self.committed),
        }
    }

    /// Takes an answer to its end.
    async fn take(&mut self, mut answer: Fetched, word: Word, mut mode: Mode) -> Pass {
        if !self.is_of(word).await {
            return Pass::Nothing;
        }
        self.odd = false;
        let (mut lines, mut whole) = (Lines::default(), Vec::new());
        let (until, mut pass) = (Instant::now() + FOLLOW, Pass::Nothing);
        let ended = loop {
            let piece = tokio::select! {
                piece = timeout_at(until, answer.next()) => piece,
                // It ends by itself soon, but is asked for anew if its connection is dead.
                () = changed(&mut self.word, word.stage) => break false,
            };
            match piece {
                Ok(Ok(Some(piece))) => {
                    lines.push(&piece, |line| whole.push(line.to_vec()));
                    for line in whole.drain(..) {
                        if self.line(&line, &mut mode).await.is_break() {
                            return Pass::Nothing;
                        }
                    }
                    if !self.out.is_empty() {
                        pass = Pass::News;
                        if self.hand_over().await.is_break() {
                            return Pass::Done;
                        }
                    }
                }
                Ok(Ok(None)) => break true,
                Ok(Err(error)) => {
                    tracing::debug!("the log broke off: {error}");
                    break false;
                }
                Err(_) => break false,
            }
        };
        match word.stage {
            Stage::Before | Stage::Over if ended => {
                let rest = lines.rest();
                if !rest.is_empty() && self.line(&rest, &mut mode).await.is_break() {
                    return Pass::Nothing;
                }
                match self.odd {
                    true => self.end_lost(mode).await,
                    false => self.end(mode).await,
                }
            }
            _ => pass,
        }
    }

    /// Whether an answer that has begun is of the start that is read.
    async fn is_of(&mut self, word: Word) -> bool {
        // A pod that is over starts nothing any more.
        if word.stage == Stage::Over {
            return true;
        }
        let settled = |now: &Word| now.stage != word.stage || now.asked >= word.asked + WORDS;
        match self.word.wait_for(settled).await {
            Ok(now) => now.stage == word.stage,
            Err(_) => false,
        }
    }

    /// Takes a line; breaks when the answer is to be asked for in another way.
    async fn line(&mut self, line: &[u8], mode: &mut Mode) -> ControlFlow<()> {
        let Some(stamp) = Stamp::of(line) else {
            // The API says something of the log in place of it.
            tracing::debug!("not a line of a log");
            self.odd = true;
            return ControlFlow::Continue(());
        };
        match mode {
            Mode::New => {}
            Mode::Verify(known) if known.head == Some(hash(line)) => *mode = Mode::New,
            Mode::Verify(known) => {
                self.known = known.clone();
                self.begin = None;
                if !self.known.is_blank() {
                    // What the agent has of it is not told again, and the rest is looked for.
                    let to = self.known.offset;
                    self.gap(to).await?;
                    return ControlFlow::Break(());
                }
                self.lose().await?;
                *mode = Mode::New;
            }
            Mode::Find(search) => match search.look(line, &stamp) {
                Found::Before => return ControlFlow::Continue(()),
                Found::Last => {
                    *mode = Mode::New;
                    return ControlFlow::Continue(());
                }
                Found::Lost => {
                    self.lose().await?;
                    *mode = Mode::New;
                }
            },
            Mode::Skip(bytes) => {
                let left = bytes.checked_sub(line.len() as u64);
                if let Some(left) = left {
                    *bytes = left;
                    return ControlFlow::Continue(());
                }
                self.lose().await?;
                *mode = Mode::New;
            }
        }
        self.begin = None;
        self.accept(line, stamp);
        ControlFlow::Continue(())
    }

    fn accept(&mut self, line: &[u8], stamp: Stamp) {
        self.known.take(line, stamp);
        self.out.extend_from_slice(line);
    }

    /// What comes between what is known and the next line is not there any more; nobody knows how much it was.
    async fn lose(&mut self) -> ControlFlow<()> {
        self.hand_over().await?;
        let to = self.known.offset.max(self.committed) + 1;
        self.known = Known::after_loss(to);
        self.gap(to).await
    }

    async fn gap(&mut self, to: u64) -> ControlFlow<()> {
        let reason = "rotated_away";
        self.send(Piece::Gap { to, reason }).await
    }

    async fn hand_over(&mut self) -> ControlFlow<()> {
        if self.out.is_empty() {
            return ControlFlow::Continue(());
        }
        let bytes = std::mem::take(&mut self.out);
        self.send(Piece::Bytes(bytes, self.known.clone())).await
    }

    async fn send(&mut self, piece: Piece) -> ControlFlow<()> {
        let taken = self.pieces.send(piece).await.is_ok();
        self.come.notify_one();
        match taken {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }

    /// Everything was given that there is.
    async fn end(&mut self, mode: Mode) -> Pass {
        match mode {
            Mode::New => {
                // Whether anybody still takes it makes no difference now.
                let _ = self.hand_over().await;
                let _ = self.send(Piece::End).await;
                Pass::Done
            }
            mode => self.end_lost(mode).await,
        }
    }

    /// What was not read is gone.
    async fn end_lost(&mut self, mode: Mode) -> Pass {
        if let (Some(Plan::Again(known)), Mode::Verify(_)) = (self.begin.take(), mode) {
            self.known = known;
        }
        let _ = self.lose().await;
        let _ = self.send(Piece::End).await;
        Pass::Done
    }
}

/// Waits until the agent says something else of the start.
async fn changed(word: &mut watch::Receiver<Word>, stage: Stage) {
    if word.wait_for(|now| now.stage != stage).await.is_err() {
        std::future::pending::<()>().await;
    }
}
