//! What the roles allow is what the agent does, verb by verb.

use std::collections::BTreeSet;

use sentinel_agent::kube::{LOGS, REVIEW, Right, watching};
use sentinel_config::{Config, Watching};
use serde_json::Value;

use super::agents::told;
use super::{MODES, collecting, everything, list, object, title, workloads};
use crate::bench::Bench;

type Rights = BTreeSet<(String, String, String)>;

fn right(group: &str, resource: &str, verb: &str) -> (String, String, String) {
    (group.to_owned(), resource.to_owned(), verb.to_owned())
}

/// What a role allows. A rule that names single objects or paths, or that anything else of is unknown, is none of ours.
fn allowed(role: &Value) -> Rights {
    let mut allowed = Rights::new();
    for rule in list(&role["rules"]) {
        let keys: Vec<&String> = rule.as_object().expect("a mapping").keys().collect();
        assert_eq!(keys, ["apiGroups", "resources", "verbs"], "{}", title(role));
        let words = |key: &str| -> Vec<&str> {
            let words = list(&rule[key]).iter();
            words.map(|word| word.as_str().expect("a word")).collect()
        };
        for group in words("apiGroups") {
            for resource in words("resources") {
                for verb in words("verbs") {
                    let new = allowed.insert(right(group, resource, verb));
                    assert!(new, "{group} {resource} {verb} is allowed twice");
                }
            }
        }
    }
    allowed
}

/// What an agent does that is configured so.
fn used(config: &Config) -> Rights {
    let mut used = Rights::new();
    if config.kubernetes.watch != Watching::Off {
        used.extend(watching().map(named));
    }
    if config.agent.auth.service_accounts.audience.is_some() {
        used.insert(named(REVIEW));
    }
    used
}

fn named(used: Right) -> (String, String, String) {
    right(used.group, used.resource, used.verb)
}

/// What each agent of a mode does, and what the role of its account allows.
fn compared(mode: &str) -> Vec<(String, Rights, Rights)> {
    let objects = everything(mode);
    let agents = workloads(&objects).into_iter().map(|(workload, pod)| {
        let (config, _) = told(&objects, pod, &Bench::new());
        assert_eq!(pod["automountServiceAccountToken"], true);
        let account = pod["serviceAccountName"].as_str().expect("a name");
        let role = object(&objects, &format!("ClusterRole {account}"));
        (title(workload), used(&config), allowed(role))
    });
    agents.collect()
}

#[test]
fn a_role_allows_what_its_agent_does_and_nothing_else() {
    for mode in MODES {
        for (agent, used, allowed) in compared(mode) {
            assert_eq!(allowed, used, "{mode}: {agent}");
        }
    }
}

#[test]
fn a_verb_that_is_added_is_noticed() {
    let objects = everything("standalone");
    let mut role = object(&objects, "ClusterRole sentinel-hub").clone();
    let verbs = role["rules"][0]["verbs"].as_array_mut().expect("a list");
    verbs.push("get".into());
    let (_, used, _) = &compared("standalone")[0];
    assert_ne!(allowed(&role), *used);
}

#[test]
fn who_reads_logs_through_the_api_may_do_that_and_nothing_else() {
    let objects = collecting("standalone");
    let pod = &object(&objects, "StatefulSet sentinel-logs")["spec"]["template"]["spec"];
    let account = pod["serviceAccountName"].as_str().expect("a name");
    let role = object(&objects, &format!("ClusterRole {account}"));
    assert_eq!(allowed(role), [named(LOGS)].into());
}

#[test]
fn a_role_is_bound_to_the_account_of_its_agent_and_to_nobody_else() {
    for mode in MODES {
        let objects = collecting(mode);
        let roles = objects.iter().filter(|o| o["kind"] == "ClusterRole");
        let names: Vec<&str> = roles
            .filter_map(|r| r["metadata"]["name"].as_str())
            .collect();
        let bindings = objects.iter().filter(|o| o["kind"] == "ClusterRoleBinding");
        let mut bound = Vec::new();
        for binding in bindings {
            let name = binding["roleRef"]["name"].as_str().expect("a name");
            let account = serde_json::json!([
                {"kind": "ServiceAccount", "name": name, "namespace": "sentinel"}
            ]);
            assert_eq!(binding["subjects"], account, "{mode}");
            object(&objects, &format!("ServiceAccount {name}"));
            bound.push(name);
        }
        assert_eq!(bound, names, "{mode}");
        assert!(!objects.iter().any(|o| o["kind"] == "Role"), "{mode}");
    }
}
