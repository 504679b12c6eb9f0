//! What the roles allow is what the agent does, verb by verb.

use std::collections::BTreeSet;

use sentinel_agent::kube::{KEEP, KEYS, LOGS, PATH, REVIEW, Right, watching};
use sentinel_config::{Config, Watching};
use serde_json::Value;

use super::agents::told;
use super::{MODES, collecting, everything, list, object, title, workloads};
use crate::bench::Bench;

type Rights = BTreeSet<(String, String, String)>;

fn right(group: &str, resource: &str, verb: &str) -> (String, String, String) {
    (group.to_owned(), resource.to_owned(), verb.to_owned())
}

/// What a role allows. A rule that names single objects allows that of these only; one of which anything else is unknown
/// is none of ours.
fn allowed(role: &Value) -> Rights {
    let mut allowed = Rights::new();
    for rule in list(&role["rules"]) {
        let mut keys: Vec<&String> = rule.as_object().expect("a mapping").keys().collect();
        keys.retain(|key| *key != "resourceNames");
        let of_paths = keys == ["nonResourceURLs", "verbs"];
        let of_objects = keys == ["apiGroups", "resources", "verbs"];
        assert!(of_paths || of_objects, "{}: {keys:?}", title(role));
        let words = |key: &str| -> Vec<String> {
            let words = list(&rule[key]).iter();
            words
                .map(|word| word.as_str().expect("a word").to_owned())
                .collect()
        };
        let (groups, mut resources) = match of_paths {
            true => (vec![PATH.to_owned()], words("nonResourceURLs")),
            false => (words("apiGroups"), words("resources")),
        };
        if !rule["resourceNames"].is_null() {
            let names = words("resourceNames");
            let each = |resource: &String| -> Vec<String> {
                names.iter().map(|name| one(resource, name)).collect()
            };
            resources = resources.iter().flat_map(each).collect();
        }
        for group in groups {
            for resource in &resources {
                for verb in words("verbs") {
                    let new = allowed.insert(right(&group, resource, &verb));
                    assert!(new, "{group} {resource} {verb} is allowed twice");
                }
            }
        }
    }
    allowed
}

/// One object of a kind.
fn one(resource: &str, name: &str) -> String {
    format!("{resource} {name}")
}

/// What an agent does that is configured so.
fn used(config: &Config) -> Rights {
    let mut used = Rights::new();
    if config.kubernetes.watch != Watching::Off {
        used.extend(watching().map(named));
    }
    if config.agent.auth.service_accounts.audience.is_some() {
        used.extend([REVIEW, KEYS].map(named));
    }
    if let Some(configuration) = &config.injector.configuration {
        for keep in KEEP {
            let resource = one(keep.resource, configuration);
            used.insert(right(keep.group, &resource, keep.verb));
        }
    }
    used
}

fn named(used: Right) -> (String, String, String) {
    right(used.group, used.resource, used.verb)
}

/// The roles that are bound to an account.
fn roles_of<'a>(objects: &'a [Value], account: &str) -> Vec<&'a str> {
    let bindings = objects.iter().filter(|o| o["kind"] == "ClusterRoleBinding");
    let bound = bindings.filter(|binding| binding["subjects"][0]["name"] == account);
    bound
        .map(|binding| binding["roleRef"]["name"].as_str().expect("a name"))
        .collect()
}

/// What each agent of a mode does, and what the role of its account allows.
fn compared(mode: &str) -> Vec<(String, Rights, Rights)> {
    let objects = everything(mode);
    let agents = workloads(&objects).into_iter().map(|(workload, pod)| {
        let (config, _) = told(&objects, pod, &Bench::new());
        assert_eq!(pod["automountServiceAccountToken"], true);
        let account = pod["serviceAccountName"].as_str().expect("a name");
        let mut allows = Rights::new();
        for role in roles_of(&objects, account) {
            let role = object(&objects, &format!("ClusterRole {role}"));
            for right in allowed(role) {
                assert!(allows.insert(right), "{}: allowed twice", title(role));
            }
        }
        (title(workload), used(&config), allows)
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
fn a_path_that_is_added_is_noticed() {
    let objects = everything("standalone");
    let mut role = object(&objects, "ClusterRole sentinel-hub").clone();
    let rules = role["rules"].as_array_mut().expect("a list");
    let mut of_paths = rules
        .iter_mut()
        .filter_map(|rule| rule.get_mut("nonResourceURLs"));
    let paths = of_paths.next().and_then(Value::as_array_mut);
    paths.expect("a rule of paths").push("/metrics".into());
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
            // Who owns the runs injects as well.
            let owner = match name {
                "sentinel-injector" => "sentinel-hub",
                other => other,
            };
            let account = serde_json::json!([
                {"kind": "ServiceAccount", "name": owner, "namespace": "sentinel"}
            ]);
            assert_eq!(binding["subjects"], account, "{mode}");
            object(&objects, &format!("ServiceAccount {owner}"));
            bound.push(name);
        }
        assert_eq!(bound, names, "{mode}");
        assert!(!objects.iter().any(|o| o["kind"] == "Role"), "{mode}");
    }
}
