//! A JSON patch (RFC 6902) that puts into an object what is put into the same workload's text.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::pieces::{self, INJECTED};
use crate::plan::{Plan, plan};
use crate::tree::Node;
use crate::workload::{Found, Workload, find};
use crate::{Mode, Options};

/// What became of an object.
#[derive(Debug, PartialEq)]
pub enum Patched {
    /// What is to be done to it, how its output is got then, and what people should know.
    Patch(Vec<Value>, Mode, Option<String>),
    /// It was injected before, and stays as it is, whatever the options say now.
    Already,
    /// No pods are made from it, or it is of a kind that is left alone.
    NotOurs,
    /// It cannot be injected, for this reason.
    Unfit(String),
}

/// Decides what is to be done to an object.
#[must_use]
pub fn patch(object: &Value, options: &Options) -> Patched {
    let root = Node::of(object);
    let workload = match find(&root) {
        Ok(Found::Workload(workload)) => workload,
        Ok(Found::LeftAlone(_) | Found::Other) => return Patched::NotOurs,
        Err(problem) => return Patched::Unfit(problem.what),
    };
    if workload.is_injected() {
        return Patched::Already;
    }
    let patch = plan(&workload, options).map_err(|problem| problem.what);
    let patch = patch.and_then(|plan| {
        let operations = operations(object, &workload, &plan)?;
        Ok(Patched::Patch(operations, plan.mode, plan.told))
    });
    patch.unwrap_or_else(Patched::Unfit)
}

fn operations(
    object: &Value,
    workload: &Workload<'_>,
    plan: &Plan<'_>,
) -> Result<Vec<Value>, String> {
    let path = workload.path.iter();
    let pod: String = path.map(|key| format!("/{key}")).collect();
    let mut patch = Operations {
        object,
        all: Vec::new(),
    };
    patch.annotate(&pod, &plan.annotation)?;
    let spec = format!("{pod}/spec");
    patch.put_first(&format!("{spec}/initContainers"), &plan.init_containers)?;
    patch.put_first(&format!("{spec}/volumes"), &plan.volumes)?;
    for container in &plan.containers {
        patch.add(&format!("{spec}/containers/-"), container);
    }
    if plan.wraps() {
        let own = format!("{spec}/containers/{}", plan.index);
        let mounts = [pieces::shared_mount()];
        patch.put_first(&format!("{own}/volumeMounts"), &mounts)?;
        let words = pieces::wrapper().map(Value::from);
        patch.put_first(&format!("{own}/command"), &words)?;
    }
    Ok(patch.all)
}

struct Operations<'a> {
    object: &'a Value,
    all: Vec<Value>,
}

impl Operations<'_> {
    fn add(&mut self, path: &str, value: &Value) {
        self.all
            .push(json!({"op": "add", "path": path, "value": value}));
    }

    /// What is there: nothing where there is null, as some clients write.
    fn find(&self, path: &str) -> Option<&Value> {
        self.object.pointer(path).filter(|value| !value.is_null())
    }

    fn annotate(&mut self, pod: &str, annotation: &Map<String, Value>) -> Result<(), String> {
        let metadata = format!("{pod}/metadata");
        let annotations = format!("{metadata}/annotations");
        match (self.find(&metadata), self.find(&annotations)) {
            (None, _) => self.add(&metadata, &json!({"annotations": annotation})),
            (Some(Value::Object(_)), None) => self.add(&annotations, &json!(annotation)),
            (_, Some(Value::Object(_))) => {
                let key = INJECTED.replace('~', "~0").replace('/', "~1");
                self.add(&format!("{annotations}/{key}"), &annotation[INJECTED]);
            }
            _ => return Err(format!("{annotations} is no mapping")),
        }
        Ok(())
    }

    /// Puts items before all others of a list, and makes the list if there is none.
    fn put_first(&mut self, path: &str, items: &[Value]) -> Result<(), String> {
        match self.find(path) {
            None if items.is_empty() => {}
            None => self.add(path, &json!(items)),
            Some(Value::Array(_)) => {
                for (n, item) in items.iter().enumerate() {
                    self.add(&format!("{path}/{n}"), item);
                }
            }
            Some(_) => return Err(format!("{path} is no list")),
        }
        Ok(())
    }
}
