//! `sentinel-sidecar collect`: pods that have no sidecar, to the agent, from a node's files or the logs API.

use sentinel_sidecar::collect::{self, ApiLogs, NodeLogs};
use sentinel_sidecar::ship;

use crate::args::{Collect, complain};
use crate::{USAGE, configuration, prepare, state};

pub(crate) fn run(args: &Collect) -> i32 {
    let (config, reading) = match configuration(args.config.as_deref()) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let agent = args.agent.clone().unwrap_or_else(|| config.agent.clone());
    if let Err(error) = ship::check_address(&agent, &config) {
        complain(&error.to_string());
        return USAGE;
    }
    let (runtime, signals) = match prepare() {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    let state = state(args.state.as_deref());
    let collecting = async {
        if let Some(server) = &args.api {
            let logs = ApiLogs {
                server: server.clone(),
                token_file: Some(args.api_token_file.clone()),
                ca_file: Some(args.api_ca_file.clone()),
                state,
            };
            return collect::api(&logs, &agent, &config, &reading, args.every).await;
        }
        let logs = NodeLogs {
            node: args.node.clone().unwrap_or_default(),
            dir: args.logs.clone(),
            state,
        };
        collect::node(&logs, &agent, &config, &reading, args.every).await
    };
    runtime.block_on(async {
        tokio::select! {
            ended = collecting => ended.map_or_else(
                |error| {
                    complain(&error.to_string());
                    USAGE
                },
                |()| 0,
            ),
            // Logs are there for whoever comes next, who goes on at the agent's position.
            () = signals.count(1) => 0,
        }
    })
}
