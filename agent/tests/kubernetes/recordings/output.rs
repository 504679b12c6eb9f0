//! What a test prints in a container that was recorded without any output, and what a sidecar makes of it.

use sentinel_core::fact::Terminated;
use sentinel_parsers::Parser;
use sentinel_parsers::event::Event;
use sentinel_parsers::frame::{FrameBuilder, Header};

use crate::common::{Client, EPOCH, end_of, hello};

/// Printed when a container begins.
const BEGINS: &str = "=== RUN   TestShop\n";
const PASSES: &str = "--- PASS: TestShop (1.00s)\nPASS\nok  \tshop\t1.0s\n";
const FAILS: &str =
    "    shop_test.go:7: got 2, want 3\n--- FAIL: TestShop (1.00s)\nFAIL\nFAIL\tshop\t1.0s\n";
/// Of a test whose helper process the kernel killed.
const LOSES_A_CHILD: &str = "    shop_test.go:9: importer: signal: killed\n--- FAIL: TestShop (1.00s)\nFAIL\nFAIL\tshop\t1.0s\n";

/// The output of one start of a container.
pub(super) struct Output {
    stream: String,
    parser: Parser,
    sent: u64,
    ended: bool,
}

impl Output {
    /// The container began.
    pub(super) fn begin(
        agent: &Client,
        run: &str,
        pod: &str,
        container: &str,
        restart: u32,
    ) -> Output {
        let mut open = hello(run);
        // What the cluster calls the pipeline is the question.
        open.run.pipeline = None;
        open.identity.pod_uid = pod.to_owned();
        open.identity.container = container.to_owned();
        open.identity.restart = restart;
        let mut output = Output {
            stream: agent.open(&open).stream,
            parser: Parser::new(),
            sent: 0,
            ended: false,
        };
        output.send(agent, BEGINS, None, None);
        output
    }

    /// The container ended; a test that was asked to end, or was killed, comes to no result.
    pub(super) fn end(&mut self, agent: &Client, end: &Terminated, asked: bool) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let says = match (end.exit_code, end.reason.as_str()) {
            (0, _) if asked => "",
            (0, _) => PASSES,
            (130 | 137 | 143, _) => "",
            (_, "OOMKilled") => LOSES_A_CHILD,
            _ => FAILS,
        };
        // The watch tells later what the output told at once.
        self.send(agent, says, end.finished_ms, Some(end.exit_code));
    }

    fn send(&mut self, agent: &Client, text: &str, time_ms: Option<i64>, exit_code: Option<i32>) {
        let mut builder = FrameBuilder::new();
        let mut push = |event: &Event<'_>| {
            builder.push(&Event {
                time_ms,
                ..event.clone()
            });
        };
        self.parser.feed(text.as_bytes(), &mut push);
        if exit_code.is_some() {
            self.parser.finish(&mut push);
        }
        let end = match exit_code {
            Some(_) => self.parser.read(),
            None => self.parser.position(),
        };
        if let Some(code) = exit_code {
            builder.push(&Event {
                offset: end,
                sub: 0,
                line: 0,
                time_ms: None,
                lane: 0,
                dialect: "stream",
                body: end_of(end, code),
            });
        }
        let frame = builder.finish(Header {
            epoch: EPOCH,
            seq: 0,
            start: self.sent,
            end,
            last: exit_code.is_some(),
        });
        self.sent = end;
        let answer = agent.frames(&self.stream, &frame.encode());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
