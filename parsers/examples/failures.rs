//! A filter from test output to its failures, a line each: `pytest 2>&1 | failures`.

use std::io::{Read, Write, stdin, stdout};

use sentinel_parsers::{Ledger, Parser};

fn main() -> std::io::Result<()> {
    let (mut parser, mut ledger, mut chunk) = (Parser::new(), Ledger::new(), [0; 8192]);
    loop {
        match stdin().read(&mut chunk)? {
            0 => break,
            n => parser.feed(&chunk[..n], &mut |event| ledger.apply(event)),
        }
    }
    parser.finish(&mut |event| ledger.apply(event));
    for test in ledger.tests().iter().filter(|t| t.status().is_failure()) {
        let (last, suite) = (test.last(), test.suite.as_deref().unwrap_or_default());
        let (status, why) = (last.status.as_str(), last.message.as_deref().unwrap_or("?"));
        writeln!(stdout(), "{status} {suite} > {}: {why}", test.name)?;
    }
    Ok(())
}
