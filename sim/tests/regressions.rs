//! Seeds in which something was lost, held up or untold once, each with what it was. What they draw changes with the
//! simulator; the tests named beside them stay.

use sentinel_sim::network::Weather;
use sentinel_sim::{Fault, Setup, simulate};

fn clean(seed: u64) {
    clean_in(seed, &Setup::default());
}

fn clean_in(seed: u64, setup: &Setup) {
    let violations = simulate(seed, setup).violations;
    assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
}

/// The disk was full when the agent's position should have been written down; nobody wrote it later, and the recorder
/// waited for it with a full directory until the end. (`what_the_agent_has_is_told_to_the_writer_*` in disk.rs)
#[test]
fn a_position_that_could_not_be_written_down_is_written_down_later() {
    clean(199);
}

/// The sidecar died after the agent had everything and before that was written down; the next one had nothing to
/// send, wrote nothing, and the recorder waited with a full directory.
#[test]
fn a_sidecar_that_begins_again_tells_the_recorder_what_the_agent_has() {
    clean(197);
}

/// A clock was set back by a day, and the frame in the making was held back for as long. (`s11_*` of the pipeline)
#[test]
fn s11_a_clock_set_back_does_not_hold_a_frame_back() {
    clean(89);
}

/// A recorder was killed within a line, and half a line was taken for a result. (`a_line_within_which_*` of the
/// pipeline)
#[test]
fn half_a_line_of_somebody_who_was_killed_is_a_loss() {
    clean(31);
}

/// A frame with a gap overlapped what came late from an earlier sidecar: the gap began before the position and was
/// dropped with what was old. (`a_loss_that_began_before_the_position_*` of the core)
#[test]
fn a_gap_that_begins_before_the_position_is_not_dropped() {
    let late = Weather {
        late: (50, 1_500),
        reset: 20,
        ..Weather::FAIR
    };
    let setup = Setup {
        faults: Some(vec![Fault::CutJobsPower]),
        weather: Some(late),
        ..Setup::default()
    };
    clean_in(755, &setup);
}

/// A segment of a spool ended, and its last records were never synced. (`what_a_spool_made_durable_*` in disk.rs)
#[test]
fn the_end_of_a_segment_is_synced_before_the_next_begins() {
    clean(75);
}

/// After a power cut that kept the deletion of one segment and not that of an older one, the first line the agent did
/// not have was lost with the hole before it. (`a_loss_before_the_agents_position_*` of the pipeline)
#[test]
fn a_hole_before_the_position_does_not_take_the_line_that_begins_there() {
    clean(521);
}
