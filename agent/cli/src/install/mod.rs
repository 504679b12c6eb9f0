//! `sentinel install`: prints the manifests that bring the agent into a cluster, from the same templates as the chart.

mod template;
mod values;

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Args, ValueEnum};
use sentinel_config::Config;

use crate::exit::{Exit, Failure};
use crate::runs::deliver;
use values::Values;

/// The templates of the chart, in the order in which a cluster wants them.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "namespace.yaml",
        include_str!("../../../../deploy/chart/templates/namespace.yaml"),
    ),
    (
        "rbac.yaml",
        include_str!("../../../../deploy/chart/templates/rbac.yaml"),
    ),
    (
        "config.yaml",
        include_str!("../../../../deploy/chart/templates/config.yaml"),
    ),
    (
        "service.yaml",
        include_str!("../../../../deploy/chart/templates/service.yaml"),
    ),
    (
        "hub.yaml",
        include_str!("../../../../deploy/chart/templates/hub.yaml"),
    ),
    (
        "node.yaml",
        include_str!("../../../../deploy/chart/templates/node.yaml"),
    ),
    (
        "collector.yaml",
        include_str!("../../../../deploy/chart/templates/collector.yaml"),
    ),
    (
        "logs.yaml",
        include_str!("../../../../deploy/chart/templates/logs.yaml"),
    ),
    (
        "networkpolicy.yaml",
        include_str!("../../../../deploy/chart/templates/networkpolicy.yaml"),
    ),
    (
        "injector.yaml",
        include_str!("../../../../deploy/chart/templates/injector.yaml"),
    ),
    (
        "podmonitor.yaml",
        include_str!("../../../../deploy/chart/templates/podmonitor.yaml"),
    ),
];
const VALUES: &str = include_str!("../../../../deploy/chart/values.yaml");

/// Prints what `kubectl apply -f -` needs to bring the agent into a cluster
///
/// They are the manifests of the Helm chart, with its values: nothing is asked of a cluster, and nothing secret is in
/// them.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// One agent for the whole cluster, or one on each node and a hub
    #[arg(long, value_enum, default_value_t = Mode::Standalone)]
    mode: Mode,
    /// The namespace of the agents; other than the default, `sentinel inject --agent` has to be told
    #[arg(long, value_name = "NAME", default_value = "sentinel")]
    namespace: String,
    /// The agent's image [default: the one of this version]
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Any other value of the chart, as podMonitor.enabled=true
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print one template of the chart only, as hub.yaml
    #[arg(long, value_name = "FILE")]
    only: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// One agent
    Standalone,
    /// One agent on each node, and a hub that owns the runs
    Cluster,
}

/// Runs the subcommand.
pub(crate) fn run(args: &InstallArgs) -> Result<Exit, Failure> {
    deliver(&manifests(args).map_err(Failure::usage)?, None)?;
    Ok(Exit::Ok)
}

fn manifests(args: &InstallArgs) -> Result<String, String> {
    if !is_namespace(&args.namespace) {
        return Err(format!(
            "'{}' is no namespace: 1 to 63 of a-z, 0-9 and '-', with a letter or a digit at both ends",
            args.namespace
        ));
    }
    let mut values = Values::read(VALUES, &args.namespace)?;
    values.set("createNamespace", "true")?;
    for set in &args.set {
        let (key, value) = set
            .split_once('=')
            .ok_or_else(|| format!("--set {set}: expected KEY=VALUE"))?;
        if key == "mode" {
            return Err("--set mode: use --mode".to_owned());
        }
        values.set(key, value)?;
    }
    let mode = match args.mode {
        Mode::Standalone => "standalone",
        Mode::Cluster => "cluster",
    };
    values.set("mode", mode)?;
    if let Some(image) = &args.image {
        values.set("image", image)?;
    }
    print(&values, args.only.as_deref())
}

/// The templates with the values in them, as one stream of documents.
fn print(values: &Values, only: Option<&str>) -> Result<String, String> {
    if let Some(only) = only
        && !TEMPLATES.iter().any(|(name, _)| *name == only)
    {
        let names: Vec<&str> = TEMPLATES.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(format!("--only {only}: the templates are {names}"));
    }
    let mut out = String::new();
    for (name, text) in TEMPLATES {
        if only.is_some_and(|only| only != *name) {
            continue;
        }
        let text = template::render(text, values).map_err(|e| format!("{name}: {e}"))?;
        if text.is_empty() {
            continue;
        }
        check_configuration(&text)?;
        if !out.is_empty() {
            out.push_str("---\n");
        }
        out.push_str(&text);
    }
    Ok(out)
}

/// Whether the agent would start with what its ConfigMap says: better told here than by a pod that does not start.
fn check_configuration(text: &str) -> Result<(), String> {
    let objects: Vec<serde_json::Value> =
        serde_saphyr::from_multiple(text).map_err(|e| e.to_string())?;
    for object in &objects {
        if let Some(config) = object["data"]["sentinel.toml"].as_str() {
            Config::parse(Path::new("sentinel.toml"), config, &BTreeMap::new())
                .map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}

/// Whether a namespace may be called that (RFC 1123).
fn is_namespace(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
