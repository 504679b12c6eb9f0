//! Rotation by renaming: with several between two looks, with gzip, with the oldest deleted, with restarts.

use std::fs;

use crate::chance::{Chance, for_seeds};
use crate::reader::Reader;
use crate::writer::{Writer, is_past, line};

/// Reads a few steps, or everything.
fn read_some(reader: &mut Reader, chance: &mut Chance) {
    let mut buffer = vec![0; 1 + usize::try_from(chance.below(4000)).unwrap()];
    for _ in 0..chance.below(12) {
        if !reader.step(&mut buffer) {
            return;
        }
    }
}

fn clean(reader: &mut Reader, writer: &mut Writer) {
    // The rest of a line that was begun.
    writer.write(0);
    reader.end();
    assert_eq!(reader.gaps, []);
    assert_eq!(reader.missing(writer.lines), [0; 0]);
    assert_eq!(reader.bytes, writer.all);
}

#[test]
fn t1_renames_between_two_looks_and_restarts_lose_nothing() {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("app.log");
        let mut writer = Writer::new(&log);
        let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
        for _ in 0..60 {
            match chance.below(8) {
                0 => {
                    for _ in 0..=chance.below(3) {
                        writer.rotate(1000, 1001);
                        // Before the new file is there the old one is still written to.
                        if chance.one_in(2) {
                            writer.write(chance.below(5));
                        }
                        if chance.one_in(2) {
                            read_some(&mut reader, chance);
                        }
                        writer.reopen();
                        if chance.one_in(2) {
                            writer.write(chance.below(30));
                        }
                    }
                }
                1 => writer.write_part(),
                2 if chance.one_in(4) => reader.restart(),
                2 if chance.one_in(3) => reader.kill(),
                3 | 4 => writer.write(chance.below(40)),
                _ => read_some(&mut reader, chance),
            }
        }
        clean(&mut reader, &mut writer);
    });
}

#[test]
fn t1_two_hundred_rotations_by_a_writer_that_does_not_wait_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("app.log");
    let mut writer = Writer::new(&log);
    let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..200 {
                for _ in 0..40 {
                    writer.write(100);
                }
                writer.rotate(1000, 1001);
                writer.write(10);
                writer.reopen();
            }
            over.store(true, std::sync::atomic::Ordering::Release);
        });
        while !over.load(std::sync::atomic::Ordering::Acquire) {
            reader.catch_up();
        }
    });
    clean(&mut reader, &mut writer);
}

#[test]
fn t2_gzip_at_once_and_deletion_of_the_oldest_lose_nothing_while_the_reader_is_less_than_four_files_behind()
 {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("0.log");
        let mut writer = Writer::new(&log);
        let dated = chance.one_in(2);
        let mut reader = Reader::new(&log, dated, Some(dir.path().join("state.json")));
        let mut behind = 0;
        for second in 0..80 {
            if behind == 3 {
                reader.catch_up();
                behind = 0;
            }
            if chance.one_in(4) {
                if dated {
                    writer.rotate_dated(second, 5);
                } else {
                    let from = 1 + u32::try_from(chance.below(2)).unwrap();
                    writer.rotate(4, from);
                }
                writer.reopen();
                behind += 1;
            }
            if chance.one_in(9) {
                reader.kill();
            }
            writer.write(chance.below(40));
            read_some(&mut reader, chance);
        }
        clean(&mut reader, &mut writer);
    });
}

#[test]
fn t2_what_was_deleted_unread_is_a_gap_in_its_place_and_nothing_else_is() {
    let total = std::cell::Cell::new(0usize);
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("0.log");
        let mut writer = Writer::new(&log);
        let mut reader = Reader::new(&log, true, Some(dir.path().join("state.json")));
        writer.write(1);
        reader.catch_up();
        // Which lines were in files that were deleted.
        let (mut files, mut deleted) = (vec![0], 0);
        for second in 0..60 {
            if chance.one_in(3) {
                writer.rotate_dated(second, 5);
                writer.reopen();
                files.push(writer.lines);
                deleted = files[files.len().saturating_sub(5)];
            }
            if chance.one_in(9) {
                reader.restart();
            }
            writer.write(1 + chance.below(20));
            if chance.one_in(6) {
                read_some(&mut reader, chance);
            }
        }
        reader.end();
        let missing = reader.missing(writer.lines);
        // Only what was deleted can be missing, and each gap stands for something.
        assert!(
            missing.iter().all(|n| *n < deleted),
            "{missing:?} of {deleted}"
        );
        assert!(reader.gaps.iter().all(|g| g.reason == "rotated_away"));
        total.set(total.get() + missing.len());
    });
    assert!(total.get() > 0, "the test lost nothing");
}

#[test]
fn t5_a_file_deleted_and_made_again_is_read_from_its_beginning_a_thousand_times() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut writer = Writer::new(&log);
    let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
    let mut chance = Chance::new(5);
    for _ in 0..1000 {
        writer.write(chance.below(4));
        reader.catch_up();
        // What comes after the last look is read from the file without a name.
        writer.write(chance.below(3));
        fs::remove_file(&log).unwrap();
        writer.write(chance.below(2));
        writer.reopen();
    }
    writer.write(1);
    clean(&mut reader, &mut writer);
}

#[test]
fn t6_two_files_that_begin_alike_are_both_read_whole() {
    for size in [100, 4096, 10_000, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let banner = "the same in every file\n".repeat(size / 23 + 1);
        let mut written = String::new();
        let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
        for n in 0..6 {
            let text = format!("{banner}{}", line(n));
            fs::write(&log, &text).unwrap();
            written += &text;
            if n % 2 == 0 {
                reader.catch_up();
            }
            reader.restart();
            fs::rename(&log, dir.path().join(format!("log.{}", 6 - n))).unwrap();
            if n % 3 == 0 {
                reader.restart();
            }
        }
        reader.end();
        assert_eq!(reader.gaps, []);
        assert_eq!(String::from_utf8_lossy(&reader.bytes).len(), written.len());
        assert!(reader.bytes == written.as_bytes());
    }
}

#[test]
fn t6_a_file_that_was_renamed_with_a_few_bytes_in_it_is_not_taken_for_a_copy_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut writer = Writer::new(&log);
    let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
    writer.write(3);
    reader.catch_up();
    let rotate = |writer: &mut Writer| {
        writer.rotate(9, 10);
        writer.reopen();
    };
    rotate(&mut writer);
    writer.write_first("line ".len());
    reader.catch_up();
    rotate(&mut writer);
    writer.write(10);
    rotate(&mut writer);
    writer.write(10);
    reader.restart();
    clean(&mut reader, &mut writer);
}

#[test]
fn a_file_of_which_a_few_bytes_were_read_is_not_taken_for_an_older_one_that_begins_alike() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    fs::write(dir.path().join("log.1"), line(700) + &line(701)).unwrap();
    if !is_past(&dir.path().join("log.1"), dir.path()) {
        eprintln!("skipped: this file system does not tell when a file was made");
        return;
    }
    let mut writer = Writer::new(&log);
    let mut reader = Reader::new(&log, false, Some(dir.path().join("state.json")));
    writer.write_first("line ".len());
    reader.catch_up();
    reader.restart();
    clean(&mut reader, &mut writer);
}

#[test]
fn a_link_that_is_turned_to_another_file_is_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let current = dir.path().join("current");
    let mut reader = Reader::new(&current, false, Some(dir.path().join("state.json")));
    let mut written = Vec::new();
    for n in 0..20 {
        let target = dir.path().join(format!("part-{n}"));
        fs::write(&target, line(n)).unwrap();
        let _ = fs::remove_file(&current);
        std::os::unix::fs::symlink(&target, &current).unwrap();
        reader.catch_up();
        // Written to the old one up to the last moment.
        fs::write(&target, line(n) + &line(n + 100)).unwrap();
        written.extend_from_slice((line(n) + &line(n + 100)).as_bytes());
    }
    reader.end();
    assert_eq!(reader.gaps, []);
    assert_eq!(reader.bytes, written);
}

#[test]
fn a_file_that_comes_later_is_read_when_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("not/yet/there.log");
    let mut reader = Reader::new(&log, false, None);
    reader.catch_up();
    fs::create_dir_all(log.parent().unwrap()).unwrap();
    reader.catch_up();
    let mut writer = Writer::new(&log);
    reader.catch_up();
    writer.write(3);
    clean(&mut reader, &mut writer);
}
