//! The log of one start of a container through the logs API: which start an answer is of, and what is no log.

use std::time::Duration;

use sentinel_delivery::client::Credentials;
use sentinel_delivery::fetch::Fetcher;
use sentinel_sidecar::tail::{ApiSource, Source, Stage, Step, Wanted, Word};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::common::{Reply, serve};

/// The logs of the start that is read and of the one after it.
const OURS: &str = "2026-11-27T08:00:00.1Z ours\n";
const NEXT: &str = "2026-11-27T08:00:09.1Z the next one's\n";

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A source at a server that gives the log of the next start, and ours as the one before; how often it was asked.
struct Asking {
    source: Source,
    word: watch::Sender<Word>,
    asked: watch::Receiver<u64>,
}

impl Asking {
    fn set(previous: &'static str) -> Asking {
        let (asks, asked) = watch::channel(0);
        let server = serve(move |request| {
            asks.send_modify(|asked| *asked += 1);
            let log = match request.path.contains("previous=true") {
                true => previous,
                false => NEXT,
            };
            Some(Reply::new(200, log.to_owned()))
        });
        let server = format!("http://{server}");
        let fetcher = Fetcher::new(&server, Credentials::default(), "a test").unwrap();
        let (word, told) = watch::channel(Word::default());
        let path = "/api/v1/namespaces/ci/pods/x/log?container=c".to_owned();
        let source = ApiSource::new(fetcher, path, told, None);
        let mut source = Source::Api(Box::new(source));
        source.rewind(0).unwrap();
        Asking {
            source,
            word,
            asked,
        }
    }

    /// The agent was asked so often, and says this.
    fn say(&self, stage: Stage, asked: u64) {
        self.word.send_replace(Word { stage, asked });
    }

    async fn until_asked(&mut self) {
        let asked = timeout(PATIENCE, self.asked.changed()).await;
        asked.expect("somebody asks").unwrap();
    }

    /// All until the end, while the agent is asked again and again, and says this.
    async fn read_while_asked(&mut self, stage: Stage) -> (String, Vec<String>) {
        let (word, mut asks) = (self.word.clone(), self.asked.clone());
        asks.mark_changed();
        let words = async move {
            // An answer is read after two more words.
            while asks.changed().await.is_ok() {
                word.send_modify(|word| {
                    word.stage = stage;
                    word.asked += 2;
                });
            }
        };
        tokio::select! {
            read = self.read(true) => read,
            () = words => unreachable!("the server goes on"),
        }
    }

    /// All that there is until the end or, of a log that goes on, until something came.
    async fn read(&mut self, to_end: bool) -> (String, Vec<String>) {
        let (mut text, mut gaps, mut buffer) = (String::new(), Vec::new(), [0; 4096]);
        loop {
            match self.source.read(&mut buffer).unwrap() {
                Step::Bytes(n) => text.push_str(std::str::from_utf8(&buffer[..n]).unwrap()),
                Step::Gap(lost) => gaps.push(format!("{}..{}", lost.from, lost.to)),
                Step::End(_) => return (text, gaps),
                Step::LineStart => {}
                Step::Idle if !to_end && !text.is_empty() => return (text, gaps),
                Step::Idle => {
                    let Wanted::Word(word) = self.source.wanted() else {
                        panic!("nothing tells");
                    };
                    let told = timeout(PATIENCE, word.notified()).await;
                    told.unwrap_or_else(|_| panic!("no end: {text}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn what_a_later_start_prints_is_never_taken_for_the_one_before() {
    let mut asking = Asking::set(OURS);
    // The container was started again, and the agent does not know it yet.
    asking.until_asked().await;
    asking.say(Stage::Latest, 1);
    let read = asking.read_while_asked(Stage::Before).await;
    assert_eq!(read, (OURS.to_owned(), Vec::new()));
}

#[tokio::test]
async fn an_answer_is_read_once_it_is_known_whose_it_is() {
    let mut asking = Asking::set(OURS);
    asking.until_asked().await;
    let mut buffer = [0; 64];
    for asked in [0, 1] {
        asking.say(Stage::Latest, asked);
        tokio::task::yield_now().await;
        assert_eq!(asking.source.read(&mut buffer).unwrap(), Step::Idle);
    }
    asking.say(Stage::Latest, 2);
    assert_eq!(asking.read(false).await, (NEXT.to_owned(), Vec::new()));
}

#[tokio::test]
async fn what_the_api_says_in_place_of_a_log_is_a_gap_and_no_line() {
    let lost = (String::new(), vec!["0..1".to_owned()]);
    let said = "unable to retrieve container logs for containerd://cd55";
    for stage in [Stage::Before, Stage::Gone] {
        let mut asking = Asking::set(said);
        asking.say(stage, 1);
        asking.source.rewind(0).unwrap();
        assert_eq!(asking.read_while_asked(stage).await, lost, "{stage:?}");
    }
}
