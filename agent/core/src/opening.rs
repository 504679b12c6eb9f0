//! Opening a stream: by its sender, or by the node it comes by way of; for the first time, or again.

use sentinel_parsers::wire::OpenStream;

use crate::change::Change;
use crate::context::{Rank, Source};
use crate::input::{Millis, StreamId, Via};
use crate::nodes::Route;
use crate::output::{Outputs, Reply};
use crate::step::{Core, answer, note_source};
use crate::stream::{Stream, epoch_bytes};

/// What is opened, and how it is known.
pub(crate) struct Opening<'a> {
    pub(crate) stream: &'a StreamId,
    pub(crate) open: OpenStream,
    /// When its sender was last heard of.
    pub(crate) heard_ms: Millis,
    /// The node it comes by way of.
    pub(crate) node: Option<&'a str>,
}

/// A node opens a stream for its sender.
pub(crate) fn relay(
    core: &mut Core,
    now: Millis,
    id: &StreamId,
    open: OpenStream,
    via: &Via,
) -> Outputs {
    if !core.has_room_for_node(now, &via.node) {
        core.metrics.limit("nodes", 1);
        return core.refuse("too many nodes");
    }
    let mut outputs = core.hear_node(now, &via.node);
    let opening = Opening {
        stream: id,
        open,
        heard_ms: now.saturating_sub(via.silent_ms.max(0)),
        node: Some(&via.node),
    };
    outputs.absorb(open_stream(core, now, opening));
    outputs
}

/// Opens a stream, or takes into account that it was opened again.
pub(crate) fn open_stream(core: &mut Core, now: Millis, opening: Opening<'_>) -> Outputs {
    let Opening { stream: id, .. } = opening;
    if core.run_of.contains_key(id) {
        return open_again(core, now, &opening);
    }
    let Some(epoch) = epoch_bytes(&opening.open.identity.epoch) else {
        return core.refuse("the epoch is not 32 hex digits");
    };
    if opening.open.run.run_id.is_empty() {
        return core.refuse("the run id is empty");
    }
    let limits = core.settings.limits.clone();
    let run_id = opening.open.run.run_id.clone();
    let Some(run) = core.run_or_new(now, &run_id) else {
        return core.refuse("too many runs");
    };
    if run.streams.len() >= limits.streams_per_run {
        *run.dropped.entry("streams_per_run").or_default() += 1;
        core.metrics.limit("streams_per_run", 1);
        return core.refuse("too many streams in the run");
    }
    let open = opening.open;
    run.merged.merge(&source(id), &open.run, &limits);
    note_source(run, &open.identity.source, limits.provenance);
    if !open.identity.pod_uid.is_empty() {
        run.pods.insert(open.identity.pod_uid.clone());
    }
    run.started_ms = run.started_ms.min(now);
    run.active_ms = run.active_ms.max(opening.heard_ms);
    let mut stream = Stream::new(id.clone(), open, epoch, now);
    stream.route = Route::by(opening.node);
    run.streams.insert(id.clone(), stream);
    run.changed |= Change::STATE | Change::CONTEXT | Change::PODS;
    core.run_of.insert(id.clone(), run_id.clone());
    core.settle(now, &run_id, Some(id))
}

fn open_again(core: &mut Core, now: Millis, opening: &Opening<'_>) -> Outputs {
    let id = opening.stream;
    let Some(run_id) = core.run_of.get(id).cloned() else {
        return answer(Reply::UnknownStream);
    };
    let limits = core.settings.limits.clone();
    if let Some(run) = core.runs.get_mut(&run_id) {
        run.merged.merge(&source(id), &opening.open.run, &limits);
        run.changed |= Change::CONTEXT;
        if let Some(stream) = run.streams.get_mut(id).filter(|s| !s.is_closed()) {
            stream.route = Route::by(opening.node);
            run.changed |= Change::STATE;
            run.active_ms = run.active_ms.max(opening.heard_ms);
        }
    }
    core.settle(now, &run_id, Some(id))
}

fn source(id: &StreamId) -> Source<'_> {
    Source {
        rank: Rank::Stream,
        name: id,
        offset: 0,
    }
}
