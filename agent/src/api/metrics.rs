//! `GET /metrics`: counters in the text format of Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::app::App;
use crate::watch::{BUCKETS_MS, Watch};
use crate::webhooks::KINDS;

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], page(&app.watch))
}

/// The whole page. Labels come from fixed lists only.
pub(crate) fn page(watch: &Watch) -> String {
    let mut page = Text(String::with_capacity(8 * 1024));
    http(&mut page, watch);
    ingest(&mut page, watch);
    webhooks(&mut page, watch);
    core(&mut page, watch);
    store(&mut page, watch);
    forward(&mut page, watch);
    cluster(&mut page, watch);
    injector(&mut page, watch);
    page.0
}

fn http(page: &mut Text, watch: &Watch) {
    page.gauge(
        "sentinel_http_connections",
        "Connections open now.",
        watch.connections.value(),
    );
    page.counter(
        "sentinel_http_connections_refused_total",
        "Connections closed at once because their address had too many.",
        watch.connections_refused.value(),
    );
    page.counter(
        "sentinel_http_connections_dropped_total",
        "Connections of slow clients ended to make room for others.",
        watch.connections_dropped.value(),
    );
    page.counter(
        "sentinel_http_tls_failed_total",
        "Connections that did not come to TLS.",
        watch.tls_failed.value(),
    );
    page.counter(
        "sentinel_http_refused_total",
        "Requests of somebody who did not prove who it is, or may not do that.",
        watch.refused.value(),
    );
    page.counter(
        "sentinel_audit_left_out_total",
        "Acts not written down: refusals beyond what is kept, or no room.",
        watch.audit_left_out.value(),
    );
    page.counter(
        "sentinel_http_accept_errors_total",
        "Errors of the accept loop.",
        watch.accept_errors.value(),
    );
    page.head(
        "sentinel_http_requests_total",
        "Requests by class of answer.",
        "counter",
    );
    for (class, counter) in ["2xx", "3xx", "4xx", "5xx"].iter().zip(&watch.requests) {
        page.labelled(
            "sentinel_http_requests_total",
            "class",
            class,
            counter.value(),
        );
    }
}

fn ingest(page: &mut Text, watch: &Watch) {
    page.counter(
        "sentinel_ingest_body_bytes_total",
        "Bytes of request bodies with frames.",
        watch.body_bytes.value(),
    );
    page.counter(
        "sentinel_ingest_inflated_bytes_total",
        "Bytes of frames once inflated.",
        watch.inflated_bytes.value(),
    );
    page.head(
        "sentinel_ingest_frames_total",
        "Frames by what became of them.",
        "counter",
    );
    for (outcome, counter) in [
        ("taken", &watch.frames),
        ("duplicate", &watch.frames_duplicate),
        ("hole", &watch.frames_hole),
        ("rejected", &watch.frames_rejected),
    ] {
        page.labelled(
            "sentinel_ingest_frames_total",
            "outcome",
            outcome,
            counter.value(),
        );
    }
    page.counter(
        "sentinel_ingest_busy_total",
        "Requests sent away because core, store or memory budget were full.",
        watch.busy.value(),
    );
    page.counter(
        "sentinel_ingest_limited_total",
        "Requests or parts of them over a limit.",
        watch.limited.value(),
    );
}

fn webhooks(page: &mut Text, watch: &Watch) {
    let name = "sentinel_webhook_deliveries_total";
    page.head(
        name,
        "Deliveries of webhooks by what became of them.",
        "counter",
    );
    for (kind, counts) in KINDS.iter().zip(&watch.webhooks) {
        for (outcome, counter) in [
            ("accepted", &counts.accepted),
            ("repeated", &counts.repeated),
            ("refused", &counts.refused),
            ("ignored", &counts.ignored),
        ] {
            let (kind, value) = (kind.name, counter.value());
            page.line(format_args!(
                "{name}{{kind=\"{kind}\",outcome=\"{outcome}\"}} {value}"
            ));
        }
    }
}

fn core(page: &mut Text, watch: &Watch) {
    let (core, open_runs) = watch.core();
    page.gauge(
        "sentinel_runs_open",
        "Runs that are not over.",
        open_runs as u64,
    );
    page.counter(
        "sentinel_core_steps_total",
        "Inputs taken into account.",
        watch.steps.value(),
    );
    page.counter("sentinel_core_events_total", "Events taken.", core.events);
    page.counter(
        "sentinel_core_unknown_events_total",
        "Events of kinds that a later version knows, passed over.",
        core.unknown_events,
    );
    page.counter(
        "sentinel_core_replayed_frames_total",
        "Stored frames taken up again.",
        watch.replayed.value(),
    );
    page.counter(
        "sentinel_core_verdicts_total",
        "Runs that came to a verdict.",
        core.verdicts,
    );
    page.counter(
        "sentinel_core_reopened_total",
        "Runs reopened after their verdict.",
        core.reopened,
    );
    page.counter(
        "sentinel_lost_bytes_total",
        "Bytes of streams known to be lost.",
        core.lost_bytes,
    );
    page.head(
        "sentinel_core_limited_total",
        "Parts left out, by limit.",
        "counter",
    );
    for (limit, parts) in &core.limits {
        page.labelled("sentinel_core_limited_total", "limit", limit, *parts);
    }
}

fn store(page: &mut Text, watch: &Watch) {
    let up = u64::from(watch.store_failing().is_none());
    page.gauge(
        "sentinel_store_up",
        "Whether the latest commit succeeded.",
        up,
    );
    page.gauge(
        "sentinel_store_quarantined",
        "Damaged databases put aside since the start.",
        watch.quarantines() as u64,
    );
    page.gauge(
        "sentinel_degraded_parts",
        "Parts that do not work as they should; /ready names them.",
        watch.degraded().len() as u64,
    );
    page.counter(
        "sentinel_store_commits_total",
        "Transactions.",
        watch.commits.value(),
    );
    page.counter(
        "sentinel_store_commit_errors_total",
        "Transactions that failed and were tried again.",
        watch.commit_errors.value(),
    );
    page.counter(
        "sentinel_store_committed_steps_total",
        "Steps of the core made durable.",
        watch.committed_steps.value(),
    );
    page.counter(
        "sentinel_store_runs_deleted_total",
        "Runs deleted because they had been over for longer than store.retain.",
        watch.runs_deleted.value(),
    );
    let name = "sentinel_store_commit_seconds";
    page.head(
        name,
        "Time of a transaction, with its sync to disk.",
        "histogram",
    );
    let mut sum = 0;
    for (counter, bound) in watch.commit_buckets.iter().zip(BUCKETS_MS) {
        sum += counter.value();
        let bound = bound as f64 / 1_000.0;
        page.line(format_args!("{name}_bucket{{le=\"{bound}\"}} {sum}"));
    }
    let count = watch.commits.value();
    page.line(format_args!("{name}_bucket{{le=\"+Inf\"}} {count}"));
    let seconds = watch.commit_micros.value() as f64 / 1e6;
    page.line(format_args!("{name}_sum {seconds}"));
    page.line(format_args!("{name}_count {count}"));
}

fn forward(page: &mut Text, watch: &Watch) {
    let up = u64::from(watch.forward_failing().is_none());
    page.gauge(
        "sentinel_forward_up",
        "Whether the hub took what it was last sent; 1 where there is none.",
        up,
    );
    page.gauge(
        "sentinel_forward_backlog_streams",
        "Streams the hub does not have all of, as far as they were looked at.",
        watch.forward_backlog_streams.value(),
    );
    page.gauge(
        "sentinel_forward_backlog_bytes",
        "Bytes of those streams the hub does not have.",
        watch.forward_backlog_bytes.value(),
    );
    page.counter(
        "sentinel_forward_frames_total",
        "Frames the hub took.",
        watch.forwarded_frames.value(),
    );
    page.counter(
        "sentinel_forward_errors_total",
        "Requests the hub did not answer or refused.",
        watch.forward_errors.value(),
    );
}

fn cluster(page: &mut Text, watch: &Watch) {
    page.counter(
        "sentinel_kubernetes_facts_total",
        "Objects and deletions that the watch of the cluster told.",
        watch.cluster_facts.value(),
    );
    page.counter(
        "sentinel_kubernetes_errors_total",
        "Times that a list or watch of the cluster broke.",
        watch.cluster_errors.value(),
    );
    page.counter(
        "sentinel_kubernetes_requests_total",
        "Lists, by their pages, and watches asked of the API server.",
        watch.cluster_requests.value(),
    );
    page.counter(
        "sentinel_kubernetes_odd_objects_total",
        "Objects of the cluster that could not be read, and were passed over.",
        watch.cluster_odd.value(),
    );
    let name = "sentinel_kubernetes_silence_seconds";
    page.head(
        name,
        "Time since the API server said something of a kind of object.",
        "gauge",
    );
    for (kind, silence) in watch.cluster_silence() {
        page.labelled(name, "kind", kind, silence.as_secs());
    }
}

fn injector(page: &mut Text, watch: &Watch) {
    let counts = &watch.injector;
    let name = "sentinel_injector_reviews_total";
    page.head(
        name,
        "Questions of the API server about new workloads, by what became of them.",
        "counter",
    );
    for (outcome, counter) in [
        ("injected", &counts.injected),
        ("already", &counts.already),
        ("unfit", &counts.unfit),
        ("not_ours", &counts.not_ours),
        ("unanswered", &counts.unanswered),
    ] {
        page.labelled(name, "outcome", outcome, counter.value());
    }
    page.gauge(
        "sentinel_injector_certificate_seconds",
        "Time that the certificate shown to the API server is still good; 0 where nothing is injected.",
        counts.certificate.value(),
    );
}

struct Text(String);

impl Text {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(format_args!("{name} {value}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        self.line(format_args!("{name} {value}"));
    }

    fn labelled(&mut self, name: &str, label: &str, word: &str, value: u64) {
        self.line(format_args!("{name}{{{label}=\"{word}\"}} {value}"));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{text}");
    }
}
