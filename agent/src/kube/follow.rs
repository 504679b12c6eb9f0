//! Following one kind of object: a list in pages, then watches one after the other, and a list again before long.
//!
//! kube's own runtime does this too, but tells neither of bookmarks, which show that a quiet watch lives, nor of
//! objects that it cannot read: one odd object of a page would hold up the whole kind.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::client::Body;
use sentinel_core::fact::Fact;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::kind::{Kind, Trimmed};
use super::pace::Pace;
use super::wire::{Line, Lines, Meta, Trouble, ask, page};
use crate::watch::Watch;

/// Objects asked for at once: the API server answers lists of any length, and takes its time for them.
const PAGE: usize = 500;
/// Time for a page, and for the head of a watch.
const ANSWER: Duration = Duration::from_secs(60);
/// How much longer than its time a watch may be silent.
const GRACE: Duration = Duration::from_secs(10);
/// After so long without a word after trouble the core hears that what it knows may be old.
const SILENT: Duration = Duration::from_secs(30);
/// A watch that ends sooner is no watch: beginning it again at once could go on for ever.
const SHORT: Duration = Duration::from_secs(1);

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// The first list comes after a time up to this.
    pub(super) spread: Duration,
    /// Lists are this far apart at most.
    pub(super) relist: Duration,
    /// A watch lasts this long, and is over when it has been silent for a little longer.
    pub(super) watch: Duration,
}

/// Who is told.
pub(super) trait Tell: Send {
    /// Tells the core; waits until there is room.
    fn tell(&mut self, fact: Fact) -> impl Future<Output = ()> + Send;
}

/// One kind of object, as followed.
pub(super) struct Follower<T> {
    kind: &'static Kind,
    client: Client,
    /// Path and selector of what is asked for.
    target: String,
    times: Times,
    pace: Pace,
    watch: Arc<Watch>,
    tell: T,
    /// Objects a page is asked for with.
    page: usize,
    /// What was seen, by uid or name.
    known: HashSet<String>,
    /// Since when nothing works.
    trouble: Option<Instant>,
    silent: bool,
}

impl<T: Tell> Follower<T> {
    pub(super) fn new(
        (kind, client, target): (&'static Kind, Client, String),
        times: Times,
        pace: Pace,
        watch: Arc<Watch>,
        tell: T,
    ) -> Follower<T> {
        Follower {
            kind,
            client,
            target,
            times,
            pace,
            watch,
            tell,
            page: PAGE,
            known: HashSet::new(),
            trouble: None,
            silent: false,
        }
    }

    /// Follows for as long as somebody waits for it.
    pub(super) async fn follow(mut self) {
        sleep(self.pace.up_to(self.times.spread)).await;
        loop {
            match self.list().await {
                Ok(version) => {
                    self.pace.well();
                    let until = Instant::now() + self.pace.about(self.times.relist);
                    self.watch_until(until, version).await;
                }
                // A page's token has expired: from the beginning, at once, unless that goes on.
                Err(trouble) => self.pause(trouble).await,
            }
        }
    }

    /// Lists everything; gives the version that watches go on from.
    async fn list(&mut self) -> Result<String, Trouble> {
        let mut listed = HashSet::new();
        let mut more: Option<String> = None;
        let version = loop {
            let meta = match self.list_page(more.as_deref(), &mut listed).await {
                Err(Trouble::TooLong) if self.page > 1 => {
                    self.page /= 2;
                    continue;
                }
                meta => meta?,
            };
            self.heard().await;
            match meta.more.filter(|more| !more.is_empty()) {
                Some(next) => more = Some(next),
                None => break meta.resource_version.unwrap_or_default(),
            }
        };
        // What is not listed any more went while nobody watched.
        let known = std::mem::replace(&mut self.known, listed);
        if let Some(gone) = self.kind.gone {
            let gone_now = known.into_iter().filter(|key| !self.known.contains(key));
            let gone_now: Vec<String> = gone_now.collect();
            for key in gone_now {
                self.told(gone(key)).await;
            }
        }
        self.watch.cluster_known(self.kind.name);
        Ok(version)
    }

    async fn list_page(
        &mut self,
        more: Option<&str>,
        listed: &mut HashSet<String>,
    ) -> Result<Meta, Trouble> {
        let limit = self.page;
        let mut target = format!("{}limit={limit}", self.target);
        if let Some(more) = more {
            target.push_str("&continue=");
            target.push_str(&escaped(more));
        }
        self.watch.cluster_requests.one();
        let mut objects = Vec::new();
        let trim = self.kind.trim;
        let asked = async {
            let answer = ask(&self.client, &target).await?;
            page(answer.into_body(), &mut |object| objects.push(trim(object))).await
        };
        let asked = timeout(ANSWER, asked).await;
        let meta = asked.unwrap_or_else(|_| Err(Trouble::Broken("no answer".to_owned())))?;
        for object in objects {
            if let Some((key, fact)) = self.readable(object) {
                if self.kind.gone.is_some() {
                    listed.insert(key);
                }
                self.told(fact).await;
            }
        }
        Ok(meta)
    }

    /// Watches until then, or until the history is gone.
    async fn watch_until(&mut self, until: Instant, mut version: String) {
        while Instant::now() < until {
            let begun = Instant::now();
            let end = match timeout_at(until, self.watch_once(&mut version)).await {
                Err(_) => return,
                Ok(end) => end,
            };
            let trouble = match end {
                Ok(()) if begun.elapsed() >= SHORT => continue,
                Ok(()) => Trouble::Broken("watches end as soon as they begin".to_owned()),
                Err(Trouble::Gone) => return,
                Err(trouble) => trouble,
            };
            self.pause(trouble).await;
        }
    }

    async fn watch_once(&mut self, version: &mut String) -> Result<(), Trouble> {
        let seconds = self.times.watch.as_secs().max(1);
        let target = format!(
            "{}watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={}",
            self.target,
            escaped(version)
        );
        self.watch.cluster_requests.one();
        let answer = timeout(ANSWER, ask(&self.client, &target)).await;
        let answer = answer.unwrap_or_else(|_| Err(Trouble::Broken("no answer".to_owned())))?;
        self.heard().await;
        self.watch.cluster_known(self.kind.name);
        self.read(answer.into_body(), version).await
    }

    async fn read(&mut self, body: Body, version: &mut String) -> Result<(), Trouble> {
        let mut lines = Lines::new(body);
        let patience = self.times.watch + GRACE;
        loop {
            let line = timeout(patience, lines.next()).await;
            let line = line.map_err(|_| Trouble::Broken("the watch was silent".to_owned()))??;
            let line = match line {
                Line::End => return Ok(()),
                Line::TooLong => {
                    self.watch.cluster_odd.one();
                    continue;
                }
                Line::Text(line) => line,
            };
            self.heard().await;
            self.pace.well();
            let Ok(event) = serde_json::from_slice::<Value>(&line) else {
                self.watch.cluster_odd.one();
                continue;
            };
            self.take(&event).await?;
            let seen = event["object"]["metadata"]["resourceVersion"].as_str();
            if let Some(seen) = seen.filter(|seen| !seen.is_empty()) {
                seen.clone_into(version);
            }
        }
    }

    /// Takes what a line tells.
    async fn take(&mut self, event: &Value) -> Result<(), Trouble> {
        let object = &event["object"];
        let deleted = match event["type"].as_str() {
            Some("ADDED" | "MODIFIED") => false,
            Some("DELETED") => true,
            Some("ERROR") if object["code"] == 410 => return Err(Trouble::Gone),
            Some("ERROR") => {
                let why = object["message"]
                    .as_str()
                    .unwrap_or("an error without a word");
                return Err(Trouble::Refused {
                    why: why.to_owned(),
                    pause: None,
                });
            }
            // A bookmark, or something that a later server sends.
            _ => return Ok(()),
        };
        let Some((key, fact)) = self.readable((self.kind.trim)(object)) else {
            return Ok(());
        };
        match (self.kind.gone, deleted) {
            (None, true) => {}
            (None, false) => self.told(fact).await,
            (Some(_), false) => {
                self.known.insert(key);
                self.told(fact).await;
            }
            (Some(gone), true) => {
                // A deletion comes with the last state, which may say how it ended.
                self.known.remove(&key);
                self.told(fact).await;
                self.told(gone(key)).await;
            }
        }
        Ok(())
    }

    /// What an object tells; what cannot be read is counted.
    fn readable(&self, object: Trimmed) -> Option<(String, Fact)> {
        match object {
            Trimmed::Told(key, fact) => Some((key, *fact)),
            Trimmed::Nothing => None,
            Trimmed::Odd => {
                self.watch.cluster_odd.one();
                None
            }
        }
    }

    async fn told(&mut self, fact: Fact) {
        self.watch.cluster_facts.one();
        self.tell.tell(fact).await;
    }

    /// The server said something.
    async fn heard(&mut self) {
        self.trouble = None;
        self.watch.cluster_heard(self.kind.name);
        if std::mem::take(&mut self.silent) {
            let kind = self.kind.name.to_owned();
            self.tell.tell(Fact::Heard { kind }).await;
        }
    }

    /// Waits after trouble, and says what is wrong.
    async fn pause(&mut self, trouble: Trouble) {
        let asked = match &trouble {
            Trouble::Refused { pause, .. } => *pause,
            _ => None,
        };
        self.watch.cluster_errors.one();
        self.watch
            .cluster_unknown(self.kind.name, &trouble.to_string());
        let since = *self.trouble.get_or_insert_with(Instant::now);
        if !self.silent && since.elapsed() >= SILENT {
            self.silent = true;
            let kind = self.kind.name.to_owned();
            self.tell.tell(Fact::Silent { kind }).await;
        }
        sleep(self.pace.pause(asked)).await;
    }
}

/// A word as a part of an address's query.
pub(super) fn escaped(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for byte in word.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests;
