//! One corpus: what was found in it, and the speed of the parser beside its rivals'.

use std::hint::black_box;
use std::time::Duration;

use regex::bytes::RegexSet;
use sentinel_benches::corpus::{Corpora, Corpus, Floor, Truth, floor_of};
use sentinel_benches::figures::mb_per_s;
use sentinel_benches::parsing::{self, Redacting};
use sentinel_parsers::Parser;

use crate::Args;

/// What each reader of the corpus needed.
struct Times {
    split: Duration,
    any_match: Duration,
    every_match: Duration,
    parse: Duration,
    redact: Duration,
}

/// Verifies the corpus, times it and prints both; how many figures miss their floor.
pub(crate) fn show(args: &Args, corpora: &Corpora, name: &'static str) -> Result<usize, String> {
    let corpus = corpora.load(name)?;
    let patterns = corpora.patterns()?;
    let set = RegexSet::new(&patterns).map_err(|e| format!("patterns.txt: {e}"))?;
    let truth = Truth::of(&corpus, Parser::new());
    let redacting = Redacting::new()?;
    let redacted = Truth::of(&corpus, redacting.parser());
    println!(
        "\n{name}: {:.1} MB, {} lines, {} events, {} while redacting, {} expressions",
        corpus.bytes.len() as f64 / 1e6,
        parsing::split(&corpus.bytes),
        truth.events,
        redacted.events,
        patterns.len()
    );
    print!("{truth}");
    truth.verify(name)?;
    redacted.verify(&format!("{name}, redacting"))?;
    let times = Times::of(args, &corpus, &set, &redacting)?;
    Ok(times.show(&corpus))
}

impl Times {
    fn of(
        args: &Args,
        corpus: &Corpus,
        set: &RegexSet,
        redacting: &Redacting,
    ) -> Result<Times, String> {
        let bytes = &corpus.bytes;
        let times = parsing::best(
            args.tries,
            [
                &mut || parsing::split(black_box(bytes)),
                &mut || parsing::any_match(set, black_box(bytes)),
                &mut || parsing::every_match(set, black_box(bytes)),
                &mut || parsing::parse(black_box(bytes)),
                &mut || parsing::read(redacting.parser(), black_box(bytes)),
            ],
        )?;
        let [split, any_match, every_match, parse, redact] = times.map(|(time, _)| time);
        Ok(Times {
            split,
            any_match,
            every_match,
            parse,
            redact,
        })
    }

    fn show(&self, corpus: &Corpus) -> usize {
        let lines = parsing::split(&corpus.bytes) as f64;
        println!(
            "  {:28} {:>8} {:>8}  {:>8} {:>14}  {:>8} {:>13}",
            "reader", "MB/s", "ns/line", "of split", "floor", "x set", "floor"
        );
        let row = |reader: &str, time: Duration, judged: &str| {
            let speed = mb_per_s(corpus.bytes.len(), time);
            let ns = time.as_nanos() as f64 / lines;
            println!("  {reader:28} {speed:>8.0} {ns:>8.0}  {judged}");
        };
        row("split into lines", self.split, "");
        let (any, every) = match self.any_match <= self.every_match {
            true => (" (the set)", ""),
            false => ("", " (the set)"),
        };
        row(&format!("RegexSet is_match{any}"), self.any_match, "");
        row(&format!("RegexSet matches{every}"), self.every_match, "");
        let floor = floor_of(corpus.name);
        let (parse, missed) = self.judged(self.parse, floor);
        row("parser", self.parse, &parse);
        let (redact, more) = self.judged(self.redact, floor.redacting());
        row("parser, redacting", self.redact, &redact);
        let share = 100.0 * self.parse.as_secs_f64() / self.redact.as_secs_f64();
        println!("  redacting, at {share:.0}% of the parser's speed");
        missed + more
    }

    /// The shares of the rivals' speeds with what is required of them, and how many are too small.
    fn judged(&self, time: Duration, floor: Floor) -> (String, usize) {
        let time = time.as_secs_f64();
        let split = 100.0 * self.split.as_secs_f64() / time;
        let set = self.any_match.min(self.every_match).as_secs_f64() / time;
        let word = |ok| if ok { "ok" } else { "BELOW" };
        let (fast, faster) = (split >= floor.split, set >= floor.set);
        let text = format!(
            "{split:>7.2}% {:>7.2}% {:>5}  {set:>7.2}x {:>6.2}x {:>5}",
            floor.split,
            word(fast),
            floor.set,
            word(faster)
        );
        (text, usize::from(!fast) + usize::from(!faster))
    }
}
