//! `sentinel-sidecar collect`: pods that have no sidecar, to the agent, from a node's files or the logs API.

use sentinel_sidecar::collect::{self, ApiLogs, NodeLogs};

use crate::args::{Collect, complain};
use crate::{USAGE, prepare, sending, state};

pub(crate) fn run(args: &Collect) -> i32 {
    let read = sending(args.config.as_deref(), args.agent.as_deref());
    let (config, reading, agent) = match read {
        Ok(read) => read,
        Err(code) => return code,
    };
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
