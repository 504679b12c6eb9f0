//! Recordings and spools on a disk that is full, fails or loses its power.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;
use std::sync::Arc;

use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::segments::{
    Limits, RECORDS, SegmentWriter, StreamInfo, read_acked, write_acked,
};
use sentinel_sidecar::tail::{SegmentSource, Source, Step};
use sentinel_sim::chance::Chance;
use sentinel_sim::disk::Disk;

const LIMITS: Limits = Limits {
    segment_bytes: 300,
    cap_bytes: 1 << 20,
};

fn dir() -> &'static Path {
    Path::new("/stream")
}

fn disk(seed: u64) -> (Disk, Arc<dyn Fs>) {
    let disk = Disk::new(Chance::new(seed), true, false);
    (disk.clone(), Arc::new(disk))
}

fn info() -> StreamInfo {
    StreamInfo::new("tests".to_owned(), None)
}

/// What can be read of the stream, and what is lost of it.
fn read(fs: &Arc<dyn Fs>) -> (Vec<u8>, Vec<(u64, u64)>) {
    let mut source = Source::Segments(SegmentSource::on(Arc::clone(fs), dir()).unwrap());
    source.rewind(0).unwrap();
    let (mut bytes, mut lost, mut buffer) = (Vec::new(), Vec::new(), [0; 100]);
    loop {
        match source.read(&mut buffer).unwrap() {
            Step::Bytes(n) => bytes.extend_from_slice(&buffer[..n]),
            Step::Gap(gap) => lost.push((gap.from, gap.to)),
            Step::End(_) => return (bytes, lost),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_a_spool_made_durable_outlives_a_power_cut_over_all_its_segments() {
    for seed in 0..50 {
        let (disk, fs) = disk(seed);
        let info = StreamInfo {
            format: RECORDS,
            ..info()
        };
        let mut spool = SegmentWriter::spool_on(Arc::clone(&fs), dir(), &info, LIMITS).unwrap();
        let lines: Vec<u8> = (0..100)
            .flat_map(|n| format!("line {n}\n").into_bytes())
            .collect();
        for line in lines.chunks(37) {
            spool.append(line);
        }
        spool.flush();
        let durable = lines.len();
        spool.append(b"not durable yet\n");
        drop(spool);
        disk.cut_power();
        let (bytes, lost) = read(&fs);
        assert_eq!(bytes[..durable], lines[..], "seed {seed}");
        assert!(
            lost.iter().all(|(from, _)| *from >= durable as u64),
            "seed {seed}: {lost:?}"
        );
    }
}

#[test]
fn what_a_recording_had_on_a_full_disk_is_kept_and_the_rest_is_a_loss() {
    let (disk, fs) = disk(1);
    let mut writer = SegmentWriter::create_on(Arc::clone(&fs), dir(), &info(), LIMITS).unwrap();
    writer.append(b"kept\n");
    disk.fill(true);
    writer.append(b"lost\n");
    disk.fill(false);
    let end = writer.finish(Some(0), None).unwrap();
    assert_eq!(
        end.lost.iter().map(|l| (l.from, l.to)).collect::<Vec<_>>(),
        [(5, 10)]
    );
    let (bytes, lost) = read(&fs);
    assert_eq!((&bytes[..], &lost[..]), (&b"kept\n"[..], &[(5, 10)][..]));
}

#[test]
fn what_the_agent_has_is_told_to_the_writer_once_the_disk_takes_it_again() {
    let (disk, fs) = disk(2);
    let mut writer = SegmentWriter::create_on(Arc::clone(&fs), dir(), &info(), LIMITS).unwrap();
    writer.append(b"line\n");
    let mut source = Source::Segments(SegmentSource::on(Arc::clone(&fs), dir()).unwrap());
    source.rewind(0).unwrap();
    let mut buffer = [0; 100];
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Bytes(5));
    disk.fill(true);
    source.acked(5);
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Idle);
    assert_eq!(read_acked(&*fs, dir()), 0);
    disk.fill(false);
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Idle);
    assert_eq!(read_acked(&*fs, dir()), 5);
}

#[test]
fn s13_nothing_is_deleted_that_an_agent_no_longer_has() {
    let (_disk, fs) = disk(3);
    let info = StreamInfo {
        format: RECORDS,
        ..info()
    };
    let limits = Limits {
        segment_bytes: 100,
        cap_bytes: 400,
    };
    let mut spool = SegmentWriter::spool_on(Arc::clone(&fs), dir(), &info, limits).unwrap();
    spool.append(&[b'a'; 200]);
    write_acked(&*fs, dir(), 200).unwrap();
    // The beginning stays whatever comes. The disk is asked when room is needed: first it says 200, then less.
    spool.append(&[b'b'; 150]);
    let first = sentinel_sidecar::segments::list(&*fs, dir()).unwrap()[1];
    write_acked(&*fs, dir(), first).unwrap();
    spool.append(&[b'c'; 400]);
    let now = sentinel_sidecar::segments::list(&*fs, dir()).unwrap()[1];
    assert_eq!(now, first);
}
