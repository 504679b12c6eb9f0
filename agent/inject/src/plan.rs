//! The decision: what is put into one workload, and why not otherwise. Both ways of putting it in, as edits of a text and as
//! a patch of an object, do what stands here.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::pieces::{self, Told};
use crate::tree::Node;
use crate::workload::{OF_JOB, Workload, mode_of};
use crate::{Mode, Options, Problem, Sidecar};

/// What is put into one workload.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) mode: Mode,
    /// The test container, its name as it stands there, and which of the containers it is.
    pub(crate) container: &'a Node,
    pub(crate) name: &'a Node,
    pub(crate) index: usize,
    pub(crate) annotation: Map<String, Value>,
    pub(crate) init_containers: Vec<Value>,
    /// Those that go behind the others.
    pub(crate) containers: Vec<Value>,
    pub(crate) volumes: Vec<Value>,
    /// What people should know about it.
    pub(crate) told: Option<String>,
}

impl Plan<'_> {
    /// What the test container mounts and the words before its command; none where its log is read.
    pub(crate) fn wraps(&self) -> bool {
        self.mode == Mode::Capture
    }
}

/// Decides what to put into a workload in which nothing was put before.
pub(crate) fn plan<'a>(workload: &Workload<'a>, options: &Options) -> Result<Plan<'a>, Problem> {
    let (index, container) = workload.test_container(options.container.as_deref())?;
    let name = container
        .at_path(&["name"])
        .and_then(|name| Some((name, name.text()?)));
    let (named, name) =
        name.ok_or_else(|| Problem::at(container.at, "this container has no name"))?;
    vacant(workload, container)?;
    let (mode, why) = mode_of(container, options.mode);
    let spec = &workload.spec.value;
    let restart = spec.at_path(&["restartPolicy"]).and_then(Node::text);
    let restart = restart.unwrap_or("Always");
    let run_id = workload.field_of("run-sentinel.dev/run-id");
    let pipeline = workload.field_of("run-sentinel.dev/pipeline");
    let told = Told {
        options,
        mode,
        restart,
        container: name,
        run_id: run_id.as_deref().unwrap_or(of_job(workload, options)),
        pipeline: pipeline.as_deref(),
    };
    if mode == Mode::Cri && options.sidecar == Sidecar::Container && restart != "Always" {
        let why = why.unwrap_or("is read from the node's log");
        let line = format!(
            "container `{name}` {why}, and a sidecar that is an ordinary container would not know when its pod may end"
        );
        return Err(Problem::at(container.at, line));
    }
    if let Some(why) = why
        && !options.host_logs
    {
        let line = format!(
            "container `{name}` {why}; its log could be read from the node, which is not allowed here"
        );
        return Err(Problem::at(container.at, line));
    }
    Ok(Plan {
        mode,
        container,
        name: named,
        index,
        annotation: pieces::annotation(mode),
        init_containers: pieces::init_containers(&told),
        containers: pieces::containers(&told),
        volumes: pieces::volumes(&told),
        told: why
            .map(|why| format!("container `{name}` {why}: its log is read from the node (cri)")),
    })
}

/// Where the run's identifier stands. Servers that know no native sidecars may know a Job's label by its older name only.
fn of_job(workload: &Workload<'_>, options: &Options) -> &'static str {
    match options.sidecar {
        Sidecar::Container if workload.run_id == OF_JOB => "metadata.labels['controller-uid']",
        _ => workload.run_id,
    }
}

/// Complains where something of the user's has a name or a place of ours.
fn vacant(workload: &Workload<'_>, container: &Node) -> Result<(), Problem> {
    let spec = &workload.spec.value;
    let taken = |list: &str, names: &[&str]| {
        let list = spec.at_path(&[list]).map_or(&[][..], Node::items);
        let clash = list
            .iter()
            .find(|item| item.name().is_some_and(|n| names.contains(&n)));
        clash.map(|item| (item.at, item.name().unwrap_or_default().to_owned()))
    };
    let containers = [pieces::INSTALL, pieces::SIDECAR];
    let volumes = [pieces::SHARED, pieces::POD_LOGS, pieces::TOKEN];
    let clash = taken("initContainers", &containers)
        .or_else(|| taken("containers", &containers))
        .or_else(|| taken("volumes", &volumes));
    if let Some((at, name)) = clash {
        let line = format!(
            "`{name}` is a name that injecting needs, and this was not injected: rename it"
        );
        return Err(Problem::at(at, line));
    }
    let mounts = container
        .at_path(&["volumeMounts"])
        .map_or(&[][..], Node::items);
    let mounted = mounts.iter().find(|mount| {
        let path = mount.at_path(&["mountPath"]).and_then(Node::text);
        path.is_some_and(|path| path.trim_end_matches('/') == pieces::DIR)
    });
    match mounted {
        Some(mount) => {
            let line = format!(
                "{} is where injecting mounts its volume: mount this elsewhere",
                pieces::DIR
            );
            Err(Problem::at(mount.at, line))
        }
        None => Ok(()),
    }
}
