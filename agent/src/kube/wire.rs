//! What the API server says, off the wire: pages of lists, lines of watches, refusals. Objects are trimmed one by one as
//! they are read, so that a page never stands whole in memory as anything but its text.

use std::fmt;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::header::RETRY_AFTER;
use hyper::{Request, Response};
use kube::Client;
use kube::client::Body;
use sentinel_delivery::policy::LONGEST_RETRY_AFTER;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Bytes of a page, which is asked for in smaller ones if it is longer.
const PAGE_BYTES: usize = 16 << 20;
/// Bytes of a line of a watch: an object is at most 1.5 MiB in the API server's store, and has grown by what JSON adds.
const LINE_BYTES: usize = 8 << 20;
/// Bytes of what is never long.
const SHORT_BYTES: usize = 64 << 10;
/// Bytes of a refusal that are read.
const REFUSAL_BYTES: usize = 64 << 10;

/// Why a list or a watch did not work.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The history asked for is gone: list anew.
    Gone,
    /// A page is longer than it may be: ask for fewer objects.
    TooLong,
    /// Not now.
    Refused {
        why: String,
        /// How long the server wants to be left alone.
        pause: Option<Duration>,
    },
    /// Nothing, or nothing that can be read.
    Broken(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Gone => f.write_str("the history is gone"),
            Trouble::TooLong => f.write_str("a page is too long"),
            Trouble::Refused { why, .. } | Trouble::Broken(why) => f.write_str(why),
        }
    }
}

/// What a page says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta {
    pub(super) resource_version: Option<String>,
    #[serde(rename = "continue")]
    pub(super) more: Option<String>,
}

/// Asks; gives what answers with 200.
pub(super) async fn ask(client: &Client, target: &str) -> Result<Response<Body>, Trouble> {
    let request = Request::get(target).body(Body::empty());
    let request = request.map_err(|e| Trouble::Broken(e.to_string()))?;
    let answer = client.send(request).await;
    let answer = answer.map_err(|e| Trouble::Broken(chain(&e)))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let wait = answer.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let said = text(answer.into_body(), REFUSAL_BYTES)
        .await
        .unwrap_or_default();
    let said: Value = serde_json::from_slice(&said).unwrap_or_default();
    if status == 410 {
        return Err(Trouble::Gone);
    }
    let message = said["message"].as_str().unwrap_or_default();
    Err(Trouble::Refused {
        why: format!("{status} {message}").trim_end().to_owned(),
        pause: wait.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER)),
    })
}

/// Asks for something that is never long.
pub(super) async fn short(client: &Client, target: &str) -> Result<Vec<u8>, Trouble> {
    let answer = ask(client, target).await?;
    text(answer.into_body(), SHORT_BYTES).await
}

/// An error with what caused it: the outermost rarely says what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

async fn text(mut body: Body, most: usize) -> Result<Vec<u8>, Trouble> {
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Trouble::Broken(chain(&e)))?;
        if let Ok(data) = frame.into_data() {
            if text.len() + data.len() > most {
                return Err(Trouble::TooLong);
            }
            text.extend_from_slice(&data);
        }
    }
    Ok(text)
}

/// Reads a page and hands over its objects one by one.
pub(super) async fn page(
    body: Body,
    take: &mut (dyn FnMut(&Value) + Send),
) -> Result<Meta, Trouble> {
    let text = text(body, PAGE_BYTES).await?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    let meta = Page(take).deserialize(&mut json);
    meta.map_err(|e| Trouble::Broken(e.to_string()))
}

struct Page<'a>(&'a mut (dyn FnMut(&Value) + Send));

impl<'de> DeserializeSeed<'de> for Page<'_> {
    type Value = Meta;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Meta, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Page<'_> {
    type Value = Meta;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Meta, A::Error> {
        let mut meta = Meta::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => meta = map.next_value()?,
                "items" => map.next_value_seed(Items(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(meta)
    }
}

struct Items<'a>(&'a mut (dyn FnMut(&Value) + Send));

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }

    /// An empty list may be null.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(object) = items.next_element::<Value>()? {
            (self.0)(&object);
        }
        Ok(())
    }
}

/// The lines of a watch.
pub(super) struct Lines {
    body: Body,
    /// What came and was not given yet.
    text: Vec<u8>,
    /// Of that, what holds no line end.
    searched: usize,
    /// Whether the line that comes is too long, and passed over.
    skips: bool,
}

/// A line of a watch.
pub(super) enum Line {
    Text(Vec<u8>),
    /// It was too long.
    TooLong,
    /// The server ended the watch.
    End,
}

impl Lines {
    pub(super) fn new(body: Body) -> Lines {
        Lines {
            body,
            text: Vec::new(),
            searched: 0,
            skips: false,
        }
    }

    /// The next line, once it is whole; what was broken off in its middle is none. Nothing is lost when the
    /// caller stops waiting.
    pub(super) async fn next(&mut self) -> Result<Line, Trouble> {
        loop {
            let end = self.text[self.searched..].iter().position(|b| *b == b'\n');
            if let Some(end) = end.map(|end| self.searched + end) {
                let rest = self.text.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.text, rest);
                line.truncate(end);
                self.searched = 0;
                return Ok(match std::mem::take(&mut self.skips) {
                    true => Line::TooLong,
                    false => Line::Text(line),
                });
            }
            self.searched = self.text.len();
            if self.text.len() > LINE_BYTES {
                self.skips = true;
                self.text.clear();
                self.searched = 0;
            }
            match self.body.frame().await {
                None => return Ok(Line::End),
                Some(Err(error)) => return Err(Trouble::Broken(chain(&error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.text.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}
