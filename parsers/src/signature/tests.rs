//! Which blocks and lines are occurrences of which class, and where they end.

use std::fmt::Write;

use super::*;
use crate::Parser;

/// The signatures of a text, one a line.
fn told(text: &str) -> String {
    let mut told = String::new();
    let mut write = |event: &crate::Event<'_>| {
        if let Body::Signature(s) = &event.body {
            let exception = s.exception.map_or(String::new(), |e| format!("{e}: "));
            let _ = write!(
                told,
                "{}-{} {} {exception}{}",
                event.line, s.end_line, s.class, s.message
            );
            let _ = s.outer.map(|outer| write!(told, " | of {outer}"));
            let _ = s.within.map(|line| write!(told, " | in {line}"));
            for frame in s.frames.into_iter().flatten() {
                let _ = write!(told, " | {frame}");
            }
            told.push('\n');
        }
    };
    let mut parser = Parser::with_dialects(|_| false);
    parser.feed(text.as_bytes(), &mut write);
    parser.finish(&mut write);
    told
}

#[test]
fn a_block_without_end_is_cut() {
    let mut text = "Traceback (most recent call last):\n".to_owned();
    text.push_str(&"  File \"a.py\", line 1, in f\n".repeat(2 * BLOCK_CAP as usize));
    let told = told(&text);
    assert!(
        told.starts_with(&format!("1-{BLOCK_CAP} python_traceback ")),
        "{told}"
    );
}

#[test]
fn every_keyword_is_a_literal_worth_searching_for() {
    for keyword in Signatures::needles() {
        assert!(keyword.len() >= 4, "{keyword:?} is too short");
    }
}

#[test]
fn bits_of_the_line_classes_mean_what_their_names_say() {
    let class = |bit: u32| table::LINES[bit.trailing_zeros() as usize].class;
    assert_eq!(class(table::MEMORY), "oom");
    let causes = table::LINES.iter().enumerate();
    let others: Vec<&str> = causes
        .filter(|(bit, _)| table::CAUSES >> bit & 1 == 0)
        .map(|(_, class)| class.class)
        .collect();
    assert_eq!(others, ["segfault"]);
}

#[test]
fn a_stack_dump_of_thousands_of_goroutines_is_one_occurrence() {
    let mut text = "fatal error: all goroutines are asleep - deadlock!\n".to_owned();
    for n in 1..=4000 {
        let _ = write!(
            text,
            "\ngoroutine {n} [select]:\nmain.main.func1()\n\t./main.go:3 +0xf\n"
        );
    }
    assert_eq!(
        told(&text),
        "1-16001 go_panic all goroutines are asleep - deadlock! | main.main.func1 (main.go:3)\n"
    );
}

#[test]
fn parts_beyond_the_limit_belong_to_the_block_and_are_not_told() {
    let mut text = "java.lang.IllegalStateException: 0\n\tat a.B.c(B.java:1)\n".to_owned();
    for n in 1..100 {
        let _ = write!(
            text,
            "Caused by: java.lang.Error: {n}\n\tat a.B.c(B.java:{n})\n"
        );
    }
    let told = told(&text);
    assert!(told.starts_with("1-200 java_exception "), "{told}");
    assert_eq!(told.lines().count(), 32, "{told}");
}

#[test]
fn occurrences_of_one_fault_have_one_fingerprint_wherever_they_ran() {
    let of = |text: &str| {
        let mut found = None;
        let mut parser = Parser::with_dialects(|_| false);
        let mut see = |event: &crate::Event<'_>| {
            if let Body::Signature(s) = &event.body {
                found = Some((s.fingerprint.to_owned(), s.group.to_owned()));
            }
        };
        parser.feed(text.as_bytes(), &mut see);
        parser.finish(&mut see);
        found.expect("a signature")
    };
    let traceback = |dir: &str, line: u32, id: &str, function: &str| {
        format!(
            "\u{1b}[31mTraceback (most recent call last):\n  File \"{dir}/shop.py\", line {line}, in {function}\n\
             KeyError: 'order {id}'\u{1b}[0m\n"
        )
    };
    let here = of(&traceback("/home/ann/w", 7, "4711", "load"));
    let there = of(&traceback("/builds/12/w", 9, "123456", "load"));
    assert_eq!(here, there);
    let elsewhere = of(&traceback("/home/ann/w", 7, "4711", "save"));
    assert_ne!(here.0, elsewhere.0);
    assert_eq!(here.1, elsewhere.1);
}
