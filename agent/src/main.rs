//! `sentinel-agent`: the daemon. Reads its configuration, starts the agent, waits for a signal, and
//! lets everything it has taken become durable before it ends.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sentinel_agent::{Agent, Handle, Options, usage};
use sentinel_config::{Config, Environment, LogConfig, LogFormat};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Takes the streams of sidecars, judges their runs, stores and serves them.
///
/// Sidecars and `sentinel` talk to it over HTTP; `GET /ready` says whether it works, `GET /metrics`
/// how. It keeps everything in one directory, of which it must be the only user. SIGTERM or SIGINT
/// ends it after all it acknowledged is on disk; kill -9 loses nothing acknowledged either.
///
/// Exit codes: 0 ended by a signal, 2 wrong flag, configuration, address or data directory.
#[derive(Parser)]
#[command(name = "sentinel-agent", version, max_term_width = 100)]
struct Cli {
    /// Configuration file, TOML or YAML; every key has a default, and SENTINEL_SECTION__KEY overrides
    #[arg(long, env = "SENTINEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data directory [default: store.path, else $XDG_STATE_HOME/sentinel or ~/.local/state/sentinel,
    /// else /var/lib/sentinel]
    #[arg(long, env = "SENTINEL_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port instead of agent.listen; port 0 takes a free one and logs it
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Allow an address beyond this machine although there are no tokens (agent.auth)
    #[arg(long)]
    allow_unauthenticated: bool,
    /// Allow an address beyond this machine although there is no certificate (agent.tls)
    #[arg(long)]
    allow_plain_http: bool,
}

fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(e) if e.use_stderr() => Err(usage::complaint(&e)),
        // Help or version; there is nothing to do if it cannot be printed.
        Err(e) => e.print().or(Ok(())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("sentinel-agent: {line}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    let config = Config::load(cli.config.as_deref(), &Environment).map_err(|e| e.to_string())?;
    trace(&config.log);
    let data = cli.data.or_else(|| config.store.path.clone());
    let mut options = Options::new(match data {
        Some(dir) => dir,
        None => sentinel_agent::default_data_dir().map_err(|e| e.to_string())?,
    });
    options.listen = cli.listen;
    // Every container of a pod is told where the API server is.
    options.in_pod = std::env::var_os("KUBERNETES_SERVICE_HOST").is_some();
    options.open_to_network = cli.allow_unauthenticated;
    options.plain_to_network = cli.allow_plain_http;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|e| format!("cannot start: {e}"))?;
    runtime.block_on(async {
        let data = options.data.display().to_string();
        let agent = Agent::start(&config, options)
            .await
            .map_err(|e| e.to_string())?;
        tracing::info!(address = %agent.addr(), data, "ready");
        wait(&agent)
            .await
            .map_err(|e| format!("cannot wait for signals: {e}"))?;
        agent.shutdown().await;
        tracing::info!("ended");
        Ok(())
    })
}

/// Until somebody wants the agent to end.
async fn wait(_running: &Handle) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: ending"),
        _ = interrupt.recv() => tracing::info!("SIGINT: ending"),
    }
    Ok(())
}

fn trace(log: &LogConfig) {
    let filter = EnvFilter::new(log.level.as_str());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
