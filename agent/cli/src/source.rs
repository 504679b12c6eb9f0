//! Where reports come from: a data directory read directly, or a running agent's HTTP API. Both
//! answer with the same views.

use std::path::{Path, PathBuf};

use clap::Args;
use sentinel_agent::api::read::{self, Paging, TestsQuery};
use sentinel_agent::api::view::{AnomalyView, Page, RunView, TestView};
use sentinel_agent::store::Reader;

use crate::exit::Failure;
use crate::http;

/// Tests asked for at a time.
const PAGE: usize = 1_000;

/// Where to look for runs.
#[derive(Debug, Default, Args)]
pub(crate) struct SourceArgs {
    /// Data directory [default: $XDG_STATE_HOME/sentinel or ~/.local/state/sentinel]
    #[arg(
        long,
        env = "SENTINEL_DATA",
        value_name = "DIR",
        conflicts_with = "agent"
    )]
    pub(crate) data: Option<PathBuf>,
    /// Ask a running agent instead of a data directory
    #[arg(long, env = "SENTINEL_AGENT", value_name = "URL")]
    pub(crate) agent: Option<String>,
    /// File with the token that the agent asks for [default: the token in $SENTINEL_TOKEN]
    #[arg(long, env = "SENTINEL_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// File with the certificates of those who may vouch for an agent at an https address
    #[arg(long, env = "SENTINEL_CA_FILE", value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// Somebody who knows about runs.
pub(crate) enum Source {
    /// The store of a data directory.
    Store(Reader),
    /// The API of an agent.
    Agent(http::Client),
}

/// The installation's key for redaction, in the data directory.
pub(crate) const KEY_FILE: &str = "redaction.key";

/// The data directory: as given, or the platform's place for state that outlives a session.
pub(crate) fn data_dir(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(dir) = given {
        return Ok(dir.to_owned());
    }
    let var = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    var("XDG_STATE_HOME")
        .or_else(|| var("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("sentinel"))
        .ok_or_else(|| {
            Failure::usage("no home directory to keep data in; name one with --data DIR")
        })
}

impl SourceArgs {
    /// Opens the source.
    pub(crate) fn open(&self) -> Result<Source, Failure> {
        if let Some(url) = &self.agent {
            let (token, trust) = (self.token_file.as_deref(), self.ca_file.as_deref());
            return Ok(Source::Agent(http::Client::new(url, token, trust)?));
        }
        let dir = data_dir(self.data.as_deref())?;
        if !dir.exists() {
            let line = format!("no data in {}: nothing was run yet", dir.display());
            return Err(Failure::usage(line));
        }
        Ok(Source::Store(
            Reader::open(&dir).map_err(|e| Failure::usage(told(&e)))?,
        ))
    }
}

/// An error with its causes, in one line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}

impl Source {
    /// A page of runs, newest first.
    pub(crate) fn runs(&self, limit: usize) -> Result<Page<RunView>, Failure> {
        match self {
            Source::Store(reader) => {
                let paging = Paging { limit, after: None };
                read::runs(reader, &paging).map_err(|e| Failure::usage(told(&e)))
            }
            Source::Agent(client) => client.get(&format!("/api/v1/runs?limit={limit}")),
        }
    }

    /// The run with this id; `last` is the newest.
    pub(crate) fn run(&self, id: &str) -> Result<RunView, Failure> {
        let newest = match id {
            "last" => self.runs(1)?.items.pop().map(|run| run.run_id),
            id => Some(id.to_owned()),
        };
        let unknown = || Failure::usage(format!("no run '{id}'; `sentinel runs` lists them"));
        let id = newest.ok_or_else(|| Failure::usage("no run is stored yet"))?;
        match self {
            Source::Store(reader) => read::run(reader, &id)
                .map_err(|e| Failure::usage(told(&e)))?
                .ok_or_else(unknown),
            Source::Agent(client) => client
                .find(&format!("/api/v1/runs/{}", http::escape(&id)))?
                .ok_or_else(unknown),
        }
    }

    /// All tests of a run, in the order of the output.
    pub(crate) fn tests(&self, id: &str) -> Result<Vec<TestView>, Failure> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self.test_page(id, after)?;
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    fn test_page(&self, id: &str, after: Option<String>) -> Result<Page<TestView>, Failure> {
        match self {
            Source::Store(reader) => {
                let paging = Paging { limit: PAGE, after };
                let query = TestsQuery {
                    paging,
                    ..TestsQuery::default()
                };
                let page = read::tests(reader, id, &query);
                Ok(page
                    .map_err(|e| Failure::usage(told(&e)))?
                    .unwrap_or_default())
            }
            Source::Agent(client) => {
                let after = after.map(|a| format!("&after={}", http::escape(&a)));
                let query = format!("limit={PAGE}{}", after.unwrap_or_default());
                client.get(&format!("/api/v1/runs/{}/tests?{query}", http::escape(id)))
            }
        }
    }

    /// The first thousand anomalies of a run.
    pub(crate) fn anomalies(&self, id: &str) -> Result<Vec<AnomalyView>, Failure> {
        let page: Page<AnomalyView> = match self {
            Source::Store(reader) => {
                let paging = Paging {
                    limit: PAGE,
                    after: None,
                };
                let page = read::anomalies(reader, id, &paging);
                page.map_err(|e| Failure::usage(told(&e)))?
                    .unwrap_or_default()
            }
            Source::Agent(client) => {
                let path = format!("/api/v1/runs/{}/anomalies?limit={PAGE}", http::escape(id));
                client.get(&path)?
            }
        };
        Ok(page.items)
    }
}
