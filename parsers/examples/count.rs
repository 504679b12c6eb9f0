//! Counts tests while they run: a line whenever the totals change. `tail -f build.log | count`

use std::io::{Read, Write, stdin, stdout};

use sentinel_parsers::{Counts, Event, Ledger, Parser, Status};

/// The totals as a person reads them.
fn line(counts: Counts) -> String {
    let told = Status::ALL.iter().filter(|status| counts[**status] > 0);
    let words: Vec<String> = told
        .map(|s| format!("{} {}", counts[*s], s.as_str()))
        .collect();
    format!("{} tests: {}", counts.total(), words.join(", "))
}

fn main() -> std::io::Result<()> {
    let (mut parser, mut ledger, mut chunk) = (Parser::new(), Ledger::new(), [0; 8192]);
    let mut shown = Counts::ZERO;
    loop {
        let read = stdin().read(&mut chunk)?;
        let mut apply = |event: &Event<'_>| ledger.apply(event);
        match read {
            0 => parser.finish(&mut apply),
            n => parser.feed(&chunk[..n], &mut apply),
        }
        if ledger.totals() != shown {
            shown = ledger.totals();
            writeln!(stdout(), "{}", line(shown))?;
        }
        if read == 0 {
            return Ok(());
        }
    }
}
