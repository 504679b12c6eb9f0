//! Torture row X2: names that are markup, links, commands, mail headers or escapes do nothing in any
//! report.

use crate::bench::{Bench, check_exit};

/// Each as a test's name, its suite's and its message, by a marker whose values are quoted.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "<!channel> <@U123>",
    "a\\r\\nBcc: somebody@example.com",
    "right\u{202e}tfel",
    "inside\u{2066}out\u{2069}",
    "no\u{200b}width\u{feff}",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "back\u{8}\u{8}\u{8}\u{8}space",
    "=cmd|'/C calc'!A0",
    "| a | b |",
    "`tick` **bold** _it_ # head",
    "&lt;b&gt;&amp;",
];

/// A script that prints a failed test for each, and one with a name of a megabyte.
fn script() -> String {
    let mut script = String::from("cat <<'END'\n");
    for text in HOSTILE {
        script.push_str(&format!(
            "TEST_FAIL name=\"{text}\" suite=\"{text}\" reason=\"{text}\"\n"
        ));
    }
    let long = "x".repeat(1 << 20);
    script.push_str(&format!(
        "TEST_FAIL name=\"{long}\" suite=s reason=r\nEND\n"
    ));
    script
}

#[test]
fn hostile_names_do_nothing_in_any_report() {
    for format in ["table", "json", "junit", "markdown"] {
        let bench = Bench::new();
        let out = bench.path("report").display().to_string();
        let args = ["--format", format, "-o", &out];
        let done = bench.run_script(&script(), &args);
        check_exit(&done, 1);
        let report = std::fs::read_to_string(&out).expect("a report");
        assert!(report.len() < 128 << 10, "{format}: {} bytes", report.len());
        let acts = |c: &char| c.is_control() && *c != '\n';
        assert_eq!(report.chars().find(acts), None, "{format}");
        match format {
            "json" => {
                let read: serde_json::Value = serde_json::from_str(&report).expect("JSON");
                assert!(read["totals"]["tests"].as_u64() > Some(10), "{report}");
            }
            "junit" => {
                assert!(!report.contains("<script"), "{report}");
                assert!(!report.contains("<img"), "{report}");
            }
            _ => {
                let unseen = ['\u{202e}', '\u{2066}', '\u{2069}', '\u{200b}', '\u{feff}'];
                assert!(!report.contains(unseen), "{format}: {report}");
            }
        }
        if format == "markdown" {
            assert!(!report.contains("<script"), "{report}");
            assert!(!report.contains("<img"), "{report}");
            assert!(!report.contains("[x]("), "{report}");
            assert!(!report.contains("<@"), "{report}");
            let cells = |line: &&str| line.replace("\\|", "").matches('|').count() != 7;
            let broken = report.lines().filter(|l| l.starts_with('|')).find(cells);
            assert_eq!(broken, None, "a name cannot end its cell");
        }
    }
}
