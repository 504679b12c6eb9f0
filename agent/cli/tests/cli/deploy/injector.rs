//! The admission webhook as it is installed: an API server that goes by the MutatingWebhookConfiguration asks the agent that
//! the manifests start, or nobody in its place. The row L9 of `docs/torture.md`.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use sentinel_agent::{Agent, Handle};
use sentinel_config::Watching;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::agents::told;
use super::api_server::{ApiServer, Created, Services};
use super::{everything, list, object, objects, read, title, workloads};
use crate::bench::{Bench, check_exit, until};
use crate::doors::vouched;

/// The longest that any object may wait for us.
const MOST: Duration = Duration::from_secs(2);

/// What marks a namespace, or an object, as one to be asked about.
fn chosen() -> Value {
    json!({"run-sentinel.dev/inject": "true"})
}

/// The Job of a text, marked to be injected.
fn job_of(yaml: &str) -> Value {
    let mut objects = objects(yaml).into_iter();
    let mut job = objects.find(|o| o["kind"] == "Job").expect("a Job");
    job["metadata"]["labels"] = chosen();
    job
}

fn job() -> Value {
    job_of(&read("examples/pytest.yaml"))
}

/// The pod of a workload, as its controller makes it.
fn pod(workload: &Value) -> Value {
    let template = &workload["spec"]["template"];
    let mut metadata = template["metadata"].clone();
    metadata["generateName"] = "x-".into();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
}

/// The API server of a cluster with what `sentinel install` prints.
fn server(objects: &[Value]) -> ApiServer {
    ApiServer::start(object(objects, "MutatingWebhookConfiguration sentinel"))
}

/// A network in which the webhook's service leads to this address.
fn leading_to(address: SocketAddr) -> Services {
    let name = ("sentinel".to_owned(), "sentinel-injector".to_owned());
    BTreeMap::from([(name, address)])
}

fn make(server: &ApiServer, namespace: &str, object: &Value, services: &Services) -> Created {
    let made = server.create((namespace, &chosen()), object, services);
    made.unwrap_or_else(|why| panic!("{} is not made: {why}", title(object)))
}

/// The agent that the manifests start, beside that API server, on ports of its own.
fn agent(objects: &[Value], server: &ApiServer, bench: &Bench, runtime: &Runtime) -> Handle {
    let (_, pod) = workloads(objects)[0];
    let (mut config, mut options) = told(objects, pod, bench);
    config.injector.listen = ([127, 0, 0, 1], 0).into();
    options.listen = Some(([127, 0, 0, 1], 0).into());
    config.kubernetes.watch = Watching::Off;
    let kubeconfig = bench.file("kubeconfig", &server.kubeconfig());
    config.kubernetes.kubeconfig = Some(kubeconfig.into());
    let agent = Agent::start(&config, options);
    runtime.block_on(agent).expect("it starts")
}

#[test]
fn l9_with_the_agent_there_a_job_is_made_as_inject_would_write_it_and_its_pods_stay_so() {
    let (bench, runtime) = (Bench::new(), Runtime::new().expect("a runtime"));
    let objects = everything("standalone");
    let server = server(&objects);
    let agent = agent(&objects, &server, &bench, &runtime);
    let services = leading_to(agent.injector().expect("it injects"));
    let mut made = make(&server, "shop", &job(), &services);
    until("the certificate to be known", || {
        made = make(&server, "shop", &job(), &services);
        made.ignored.is_empty()
    });
    assert_eq!((made.called, made.warnings.len()), (1, 0));
    println!("injected after {:?}", made.took);
    let injected = bench.piped(&["inject", "-f", "-"], &read("examples/pytest.yaml"));
    check_exit(&injected, 0);
    let wanted = job_of(&injected.stdout);
    assert_eq!(made.object, wanted);

    let mut of_job = pod(&made.object);
    of_job["metadata"]["labels"] = chosen();
    let again = make(&server, "shop", &of_job, &services);
    assert_eq!((again.called, again.object), (1, of_job));
    runtime.block_on(agent.shutdown());
}

/// Somebody who takes connections and never says anything, until the test ends.
fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Reads what comes for as long as it comes.
            std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
        }
    });
    address
}

/// Where nobody listens.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound")
}

/// An agent whose door shows a certificate of somebody else's.
fn with_another_certificate(bench: &Bench, runtime: &Runtime) -> Handle {
    let (_, certificate, key) = vouched(bench, "theirs");
    let mut config = sentinel_config::Config::default();
    config.agent.tls.certificate = Some(certificate.into());
    config.agent.tls.key = Some(key.into());
    crate::doors::agent(bench, "other-data", runtime, &config)
}

#[test]
fn l9_whatever_is_wrong_with_the_agent_pods_are_made_as_they_are_within_two_seconds() {
    let (bench, runtime) = (Bench::new(), Runtime::new().expect("a runtime"));
    let objects = everything("standalone");
    let server = server(&objects);
    let agent = agent(&objects, &server, &bench, &runtime);
    let there = leading_to(agent.injector().expect("it injects"));
    until("the certificate to be known", || {
        make(&server, "shop", &job(), &there).ignored.is_empty()
    });
    let other = with_another_certificate(&bench, &runtime);
    for (what, services) in [
        ("silence", leading_to(silent())),
        ("nobody listens", leading_to(nobody())),
        ("a wrong certificate", leading_to(other.addr())),
        ("no service", Services::new()),
    ] {
        for object in [job(), pod(&job())] {
            let mut object = object;
            object["metadata"]["labels"] = chosen();
            let made = make(&server, "shop", &object, &services);
            assert_eq!(made.object, object, "{what}");
            assert_eq!((made.called, made.ignored.len()), (1, 1), "{what}");
            assert!(made.patience <= MOST, "{what}: {:?}", made.patience);
            println!(
                "{what}: {} after {:?}: {:?}",
                title(&object),
                made.took,
                made.ignored
            );
        }
    }
    // Its own namespace is down, as after the loss of a node: what is to bring it back waits for nobody.
    let begun = Instant::now();
    for (_, own) in workloads(&objects) {
        let own = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": chosen()}, "spec": own});
        let made = make(&server, "sentinel", &own, &leading_to(silent()));
        assert_eq!((made.called, &made.object), (0, &own));
    }
    println!("own pods: asked about none, {:?}", begun.elapsed());
    runtime.block_on(other.shutdown());
    runtime.block_on(agent.shutdown());
}

#[test]
fn l9_only_what_is_labelled_in_a_labelled_namespace_is_asked_about_and_never_the_clusters_own() {
    for mode in super::MODES {
        let all = everything(mode);
        let server = server(&all);
        let services = leading_to(nobody());
        let asked = |namespace: &str, labels: &Value, object: &Value| {
            let made = server.create((namespace, labels), object, &services);
            made.expect("it is made").called
        };
        let mut bare = job();
        bare["metadata"]["labels"] = json!({"app": "shop"});
        assert_eq!(asked("shop", &chosen(), &job()), 1);
        assert_eq!(asked("shop", &json!({}), &job()), 0);
        assert_eq!(asked("shop", &chosen(), &bare), 0);
        let not_so = json!({"run-sentinel.dev/inject": "false"});
        assert_eq!(asked("shop", &not_so, &job()), 0);
        for own in ["sentinel", "kube-system", "kube-public", "kube-node-lease"] {
            assert_eq!(asked(own, &chosen(), &job()), 0, "{own}");
        }
        // What the agents themselves are made of, wherever it is and however it is labelled.
        for (workload, _) in workloads(&all) {
            assert_eq!(asked("sentinel", &chosen(), &pod(workload)), 0);
            assert_eq!(asked("shop", &chosen(), &pod(workload)), 0);
        }
        let other = objects(&super::install(&[
            "--namespace",
            "ci",
            "--set",
            "injector.enabled=true",
        ]));
        let server = self::server(&other);
        let made = server.create(("ci", &chosen()), &job(), &services);
        assert_eq!(made.expect("it is made").called, 0);
    }
}

#[test]
fn the_webhook_asks_for_little_and_promises_what_the_agent_keeps() {
    let objects = everything("standalone");
    let configuration = object(&objects, "MutatingWebhookConfiguration sentinel");
    let [webhook] = list(&configuration["webhooks"]) else {
        panic!("one webhook, so that nothing adds up");
    };
    assert_eq!(webhook["failurePolicy"], "Ignore");
    assert_eq!(webhook["timeoutSeconds"], 2);
    assert_eq!(webhook["sideEffects"], "None");
    assert_eq!(webhook["admissionReviewVersions"], json!(["v1"]));
    for rule in list(&webhook["rules"]) {
        assert_eq!(rule["operations"], json!(["CREATE"]));
    }
    let service = &webhook["clientConfig"]["service"];
    let known = object(&objects, "Service sentinel-injector");
    assert_eq!(known["metadata"]["namespace"], service["namespace"]);
    let (_, pod) = workloads(&objects)[0];
    let (config, _) = told(&objects, pod, &Bench::new());
    let injector = config.injector;
    assert_eq!(injector.configuration.as_deref(), Some("sentinel"));
    assert_eq!(
        injector.service.as_deref(),
        Some("sentinel-injector.sentinel.svc")
    );
    // Service, container and policy let through to where the agent listens.
    let port = &known["spec"]["ports"][0];
    assert_eq!(port["port"], service["port"]);
    let ports = list(&pod["containers"][0]["ports"]);
    let mut led = ports.iter().filter(|own| own["name"] == port["targetPort"]);
    let listens = Value::from(injector.listen.port());
    assert_eq!(
        led.next().expect("it leads somewhere")["containerPort"],
        listens
    );
    let policy = object(&objects, "NetworkPolicy sentinel-injector");
    let ingress = json!([{"ports": [{"port": listens, "protocol": "TCP"}]}]);
    assert_eq!(policy["spec"]["ingress"], ingress);
}
