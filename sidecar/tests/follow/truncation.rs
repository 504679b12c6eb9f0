//! Truncation: with and without a copy, seen and unseen, by writers that notice and writers that do not.

use std::fs;

use crate::chance::for_seeds;
use crate::reader::Reader;
use crate::writer::{Writer, is_past};

#[test]
fn t3_copytruncate_loses_at_most_what_came_between_copy_and_truncation_and_tells_it() {
    let (lost, known) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut writer = Writer::new(&log);
        let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
        writer.write(1);
        reader.catch_up();
        let mut between = Vec::new();
        let mut truncations = 0;
        for _ in 0..40 {
            let mut buffer = vec![0; 1 + usize::try_from(chance.below(3000)).unwrap()];
            match chance.below(8) {
                0 => {
                    writer.copy();
                    let first = writer.lines;
                    if chance.one_in(2) {
                        writer.write(chance.below(10));
                    }
                    // Sometimes the reader sees a part of what is lost to others.
                    if chance.one_in(3) {
                        reader.step(&mut buffer);
                    }
                    writer.truncate();
                    between.extend(first..writer.lines);
                    truncations += 1;
                    // It may grow beyond the old place before anybody looks.
                    writer.write(1 + chance.below(60));
                    // One copy is kept, so the reader has to come by before the next.
                    reader.catch_up();
                }
                1..=3 => writer.write(chance.below(30)),
                _ => {
                    reader.step(&mut buffer);
                }
            }
        }
        reader.end();
        let missing = reader.missing(writer.lines);
        assert!(
            missing.iter().all(|n| between.contains(n)),
            "{missing:?} {between:?}"
        );
        assert!(reader.gaps.iter().all(|g| g.reason == "truncated"));
        assert!(reader.gaps.len() <= truncations);
        lost.set(lost.get() + missing.len());
        known.set(known.get() + reader.gaps.len());
    });
    assert!(lost.get() > 0 && known.get() > 0, "the test lost nothing");
}

#[test]
fn t3_a_writer_that_keeps_its_position_tells_how_much_was_lost_to_the_byte() {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut writer = Writer::stale(&log);
        let mut reader = Reader::new(&log, false, None);
        writer.write(1 + chance.below(30));
        reader.catch_up();
        writer.copy();
        let copied = writer.all.len() as u64;
        writer.write(chance.below(10));
        let truncated = writer.all.len() as u64;
        writer.truncate();
        writer.write(1 + chance.below(100));
        reader.end();
        let gaps: Vec<(u64, u64)> = reader.gaps.iter().map(|g| (g.from, g.to)).collect();
        if copied == truncated {
            assert_eq!(gaps, []);
        } else {
            assert_eq!(gaps, [(copied, truncated)]);
        }
        // Offsets are those of the writer.
        assert_eq!(reader.committed, writer.all.len() as u64);
    });
}

#[test]
fn t3_a_copytruncate_while_the_sidecar_was_down_is_a_loss_and_a_rename_is_none() {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut writer = Writer::new(&log);
        let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
        writer.write(1 + chance.below(30));
        reader.catch_up();
        writer.write(chance.below(30));
        let copied = writer.lines;
        if !is_past(&log, dir.path()) {
            eprintln!("skipped: this file system does not tell when a file was made");
            return;
        }
        let rename = chance.one_in(2);
        if rename {
            writer.rotate(9, 10);
            writer.reopen();
        } else {
            writer.copy();
            writer.write(chance.below(5));
            writer.truncate();
        }
        let truncated = writer.lines;
        writer.write(1 + chance.below(60));
        reader.restart();
        reader.end();
        let missing = reader.missing(writer.lines);
        assert_eq!(missing, (copied..truncated).collect::<Vec<_>>());
        assert_eq!(reader.gaps.len(), usize::from(!rename));
    });
}

#[test]
fn t3_a_copytruncate_while_older_files_are_read_once_more_loses_and_doubles_nothing() {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut writer = Writer::new(&log);
        let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
        writer.write(30 + chance.below(30));
        reader.catch_up();
        writer.copy();
        writer.truncate();
        writer.write(1 + chance.below(30));
        reader.catch_up();
        reader.forgotten();
        // The copy is open, and the writer's file is planned behind it.
        assert!(reader.step(&mut [0; 100]));
        fs::rename(dir.path().join("log.1"), dir.path().join("log.2")).unwrap();
        writer.copy();
        writer.truncate();
        writer.write(1 + chance.below(60));
        reader.end();
        assert_eq!(reader.missing(writer.lines), [0; 0]);
        let told: Vec<(&str, u64)> = reader
            .gaps
            .iter()
            .map(|g| (&*g.reason, g.to - g.from))
            .collect();
        assert_eq!(told, [("truncated", 1); 2]);
    });
}

#[test]
fn t4_a_file_truncated_and_grown_past_the_old_place_while_nobody_looked_is_noticed() {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut writer = Writer::new(&log);
        let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
        writer.write(1 + chance.below(200));
        reader.catch_up();
        let read = writer.lines;
        writer.write(chance.below(5));
        let lost = writer.lines;
        writer.truncate();
        let before = fs::metadata(&log).unwrap().len();
        assert_eq!(before, 0);
        writer.write(lost + 1 + chance.below(50));
        reader.restart();
        reader.end();
        assert_eq!(
            reader.missing(writer.lines),
            (read..lost).collect::<Vec<_>>()
        );
        assert_eq!(reader.gaps.len(), 1);
        assert_eq!(reader.gaps[0].reason, "truncated");
    });
}

#[test]
fn a_file_truncated_for_good_is_a_loss_that_is_told_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut writer = Writer::new(&log);
    let mut reader = Reader::new(&log, false, None);
    writer.write(10);
    reader.catch_up();
    writer.truncate();
    reader.end();
    assert_eq!(reader.gaps.len(), 1);
    assert_eq!(reader.bytes, writer.all);
}
