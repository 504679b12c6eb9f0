//! Seeds in which something was lost, held up or untold once, each with what it was. What they draw changes with the
//! simulator; the tests named beside them stay. The first ones are of worlds of recordings and spools, which draw
//! what they drew before there were others. Those of files and pods are worlds in which the bug was seen while they
//! were being made; what is drawn for them has changed since.

use sentinel_sim::network::Weather;
use sentinel_sim::{Fault, Setup, Sources, simulate};

fn clean(seed: u64) {
    clean_from(seed, Sources::Recordings);
}

fn clean_from(seed: u64, sources: Sources) {
    let setup = Setup {
        sources,
        ..Setup::default()
    };
    clean_in(seed, &setup);
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
        sources: Sources::Recordings,
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

/// A container's log was deleted before anything of it had been read, and its stream was complete with nothing in it;
/// or the newest of its files was, and nobody missed it.
#[test]
fn a_log_that_is_gone_before_it_was_read_is_a_loss() {
    for seed in [3, 630, 1046, 1757] {
        clean_from(seed, Sources::Pods);
    }
}

/// A log was renamed and nothing had its name when the sidecar ended; files that came after the open one were not
/// looked for.
#[test]
fn files_behind_the_open_one_are_read_while_nothing_has_the_name() {
    clean_from(6, Sources::Pods);
}

/// Once all known files were read and the newest was gone, the older ones were taken for new.
#[test]
fn a_file_that_was_read_is_not_new_when_the_newest_is_gone() {
    for seed in [639, 1655] {
        clean_from(seed, Sources::Pods);
    }
}

/// A file was begun while the checkpoint could not be written, and the next sidecar read it once more.
#[test]
fn nothing_of_a_file_is_handed_out_before_it_is_in_the_checkpoint() {
    clean_from(38, Sources::Pods);
}

/// A clock was set back, and rotated files were taken for older than the stream.
#[test]
fn s11_files_that_were_rotated_after_a_clock_was_set_back_are_of_the_stream() {
    for seed in [49, 877] {
        clean_from(seed, Sources::Files);
    }
}

/// A copy was there and the file not truncated yet: both were read.
#[test]
fn a_copy_of_what_a_file_still_holds_is_not_read_as_well() {
    for seed in [183, 235] {
        clean_from(seed, Sources::Files);
    }
}

/// Frames of a dead sidecar arrived after the next had asked the agent how far it was, and lay where that one put the
/// next file, because the checkpoint knew of less than had been sent.
#[test]
fn what_was_sent_is_in_the_checkpoint_first() {
    for seed in [5_890, 5_943, 9_745] {
        clean_from(seed, Sources::All);
    }
    clean_from(662, Sources::Files);
}

/// A clock was set back, and of rotated files the younger ones were taken for older than the stream although an older
/// one was of it.
#[test]
fn s11_what_comes_after_a_file_of_the_stream_is_of_the_stream() {
    clean_from(4_485, Sources::All);
    for seed in [897, 2_074] {
        clean_from(seed, Sources::Files);
    }
}

/// The agent's address moved to one that did not know the stream; a file that was open and deleted was let go of, and
/// another that begins with the same few bytes was taken for it.
#[test]
fn a_file_that_is_open_is_read_to_its_end_when_the_stream_begins_again() {
    clean_from(2_331, Sources::Pods);
}

/// Of a file that was deleted while no sidecar ran only the first bytes were known, with which every file begins: the
/// next one was taken for it.
#[test]
fn a_file_of_which_only_a_few_bytes_are_known_is_not_known_again_by_them() {
    clean_from(5_086, Sources::Pods);
}

/// An agent's database was put back, and older files were read once more; meanwhile the newest was copied and truncated, and grew.
/// What had come since was read as what it had held, and then again as new.
/// (`t3_a_copytruncate_while_older_files_are_read_once_more_*` of the tailer)
#[test]
fn s13_a_file_that_was_truncated_before_its_turn_came_again_is_read_once() {
    clean_from(13_377, Sources::Files);
}

/// Of a renamed file only the few bytes were in it that many begin with; it was taken for a copy of a later one, and those between
/// were passed over without a word. (`t6_a_file_that_was_renamed_with_a_few_bytes_*` of the tailer)
#[test]
fn a_file_that_was_renamed_with_a_few_bytes_in_it_is_no_copy() {
    clean_from(22_359, Sources::Files);
}

/// An agent's disk was full and its clock was set; a run was over for so long that it was forgotten while what had come of it waited
/// to be written. Taken up again from what was written, it took that once more. (`a_run_that_is_over_is_not_forgotten_*` of the core)
#[test]
fn a_run_of_which_rows_wait_to_be_written_is_not_forgotten() {
    clean_from(28_394, Sources::Pods);
    clean_from(21_384, Sources::Recordings);
}

/// An agent's clock was set back by a day, and when it started again the run was settled by the time of before, in which all had been
/// quiet for long enough: it was over in memory and never in the store.
#[test]
fn s11_a_run_taken_up_again_after_the_clock_was_set_back_is_settled_by_the_latest_time() {
    clean_from(1_413, Sources::Pods);
}

/// Of a recording the beginning was deleted, and its power was cut, which took the lines by which pytest is recognised. Of what
/// was left the next sidecar recognised nothing, and did not say that it read without the beginning, for that was missing before it
/// had read a line.
#[test]
fn a_beginning_that_is_missing_before_any_line_was_read_is_told() {
    clean_from(7_986, Sources::Recordings);
}
