//! `sentinel-sidecar collect`: a node's pods that have no sidecar, to the agent.

use sentinel_sidecar::collect::{self, NodeLogs};
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
    let logs = NodeLogs {
        node: args.node.clone(),
        dir: args.logs.clone(),
        state: state(args.state.as_deref()),
    };
    runtime.block_on(async {
        tokio::select! {
            ended = collect::node(&logs, &agent, &config, &reading, args.every) => {
                // The address was looked at before.
                ended.map_or(USAGE, |()| 0)
            }
            // Files are there for whoever comes next, who goes on at the agent's position.
            () = signals.count(1) => 0,
        }
    })
}
