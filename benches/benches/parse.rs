//! Criterion's view of `parse_speed`: the parser and a split into lines over the same logs, for
//! comparing one revision with another.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sentinel_benches::{log, parsing};

/// Tests per log: a few megabytes, past the caches of one core.
const TESTS: u64 = 20_000;

fn parse(criterion: &mut Criterion) {
    for log in log::all(TESTS) {
        let speeds = parsing::compare(&log, 3);
        let speeds = speeds.expect("the parser finds what the generator wrote");
        let ratio = 100.0 * speeds.split.as_secs_f64() / speeds.parse.as_secs_f64();
        println!("{}: parse at {ratio:.2}% of the split's speed", log.name);
        let mut group = criterion.benchmark_group(log.name);
        group.throughput(Throughput::Bytes(log.bytes.len() as u64));
        group.bench_function("parse", |b| {
            b.iter(|| parsing::parse(black_box(&log.bytes)));
        });
        group.bench_function("split", |b| {
            b.iter(|| parsing::split(black_box(&log.bytes)));
        });
        group.finish();
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
