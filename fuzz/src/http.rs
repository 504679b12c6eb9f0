//! The agent's HTTP surface, driven in this process over a pipe in memory: whatever is said, it answers or
//! hangs up, never with 500; and to somebody without the token nothing is read, inflated or stored.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sentinel_agent::auth::Authenticate;
use sentinel_agent::{Agent, Handle, Options, Sharing};
use sentinel_config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// The only token that is known.
const TOKEN: &str = "fuzz";

struct Surface {
    runtime: Runtime,
    agent: Handle,
}

/// Knows [`TOKEN`], which is good for what the least bit of a byte says.
struct Known(sentinel_config::Scope);

impl Authenticate for Known {
    fn identify<'a>(&'a self, token: &'a [u8]) -> sentinel_agent::auth::Identifying<'a> {
        let known = token == format!("{TOKEN}-{}", self.0.as_str()).as_bytes();
        let identity = known.then(|| sentinel_agent::auth::Identity {
            name: "fuzzer".into(),
            scope: self.0,
            pod_uid: None,
            offline: false,
        });
        Box::pin(std::future::ready(Ok(identity)))
    }
}

fn surface() -> &'static Mutex<Surface> {
    static SURFACE: OnceLock<Mutex<Surface>> = OnceLock::new();
    SURFACE.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("sentinel-fuzz-{}", std::process::id()));
        let mut options = Options::new(dir);
        options.listen = Some(([127, 0, 0, 1], 0).into());
        options.sharing = Sharing::Shared;
        for scope in [sentinel_config::Scope::Send, sentinel_config::Scope::Admin] {
            options
                .authenticators
                .push(std::sync::Arc::new(Known(scope)));
        }
        let mut config = Config::default();
        config.agent.max_runs = 16;
        config.agent.max_streams_per_run = 4;
        config.agent.body_timeout = Duration::from_millis(500);
        config.agent.header_timeout = Duration::from_millis(500);
        config.agent.request_timeout = Duration::from_secs(5);
        config.store.commit_interval = Duration::ZERO;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let agent = runtime.block_on(Agent::start(&config, options));
        Mutex::new(Surface {
            runtime,
            agent: agent.expect("the agent starts"),
        })
    })
}

/// Says the bytes to the agent. The first one chooses who says them: nobody, a sender or an admin.
pub fn http(data: &[u8]) {
    let Some((who, said)) = data.split_first() else {
        return;
    };
    let scope = match who % 3 {
        0 => None,
        1 => Some("send"),
        _ => Some("admin"),
    };
    let said = introduced(said, scope);
    let surface = surface().lock().unwrap_or_else(PoisonError::into_inner);
    let watch = surface.agent.watch();
    let counts = || [&watch.body_bytes, &watch.inflated_bytes].map(|counter| counter.value());
    let before = counts();
    let answer = surface.runtime.block_on(exchange(&surface.agent, &said));
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1."),
        "{answer}"
    );
    let failed = |version| answer.contains(&format!("HTTP/1.{version} 500"));
    assert!(!failed(0) && !failed(1), "{answer}");
    if scope.is_none() && !contains(&said, TOKEN.as_bytes()) {
        assert_eq!(counts(), before, "something was read of nobody");
    }
}

/// The request with a token behind its first line.
fn introduced(said: &[u8], scope: Option<&str>) -> Vec<u8> {
    let Some(scope) = scope else {
        return said.to_vec();
    };
    let line = said.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
    let token = format!("authorization: Bearer {TOKEN}-{scope}\r\n");
    [&said[..line], token.as_bytes(), &said[line..]].concat()
}

async fn exchange(agent: &Handle, said: &[u8]) -> Vec<u8> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (mut answers, mut says) = tokio::io::split(ours);
    let mut answer = Vec::new();
    let saying = async {
        // It may hang up before everything was said.
        let _ = says.write_all(said).await;
        let _ = says.shutdown().await;
    };
    let hearing = async {
        let _ = answers.read_to_end(&mut answer).await;
    };
    tokio::join!(agent.converse(theirs), saying, hearing);
    answer
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}
