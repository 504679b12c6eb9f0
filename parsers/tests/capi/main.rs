//! A C program reads a log through the header and each of the two libraries, built as their users build them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program's warnings are errors, and it keeps to the oldest C that has the types.
const FLAGS: &[&str] = &["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[test]
fn a_c_program_reads_through_either_library() {
    let Some(cc) = compiler() else { return };
    let libraries = build();
    let log = here().join("stream.log").display().to_string();
    let mut told = Vec::new();
    for library in ["libsentinel_parsers.a", shared()] {
        let program = compile(&cc, &libraries.join(library));
        for chunk in ["1", "7", "4096"] {
            told.push(run(&program, &[&log, chunk]));
        }
        told.push(run(&program, &["refusals"]));
    }
    let [bytewise, sevens, whole, refusals, shared @ ..] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((bytewise, sevens), (whole, whole), "chunks do not matter");
    assert_eq!(shared, &told[..4], "both libraries are the same");
    insta::assert_snapshot!("reader", whole);
    insta::assert_snapshot!("refusals", refusals);
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capi")
}

/// The C compiler. Where there is none the test says that it skips, unless CI asks for everything.
fn compiler() -> Option<String> {
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    if Command::new(&cc)
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success())
    {
        return Some(cc);
    }
    let ci = std::env::var_os("CI").is_some_and(|v| v == "true");
    assert!(!ci, "there is no C compiler `{cc}`");
    eprintln!("skipped: there is no C compiler `{cc}`");
    None
}

fn shared() -> &'static str {
    match cfg!(target_os = "macos") {
        true => "libsentinel_parsers.dylib",
        false => "libsentinel_parsers.so",
    }
}

/// Builds both libraries beside what the tests were built of; the folder they are in.
fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("it lies in the target folder");
    let done = Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--quiet",
            "--package",
            "sentinel-parsers",
            "--features",
            "capi",
        ])
        .args(["--crate-type", "cdylib,staticlib", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    target.join("debug")
}

/// Compiles the program against the library; where it is.
fn compile(cc: &str, library: &Path) -> PathBuf {
    let kind = library
        .extension()
        .expect("libraries have one")
        .display()
        .to_string();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capi-reader-{kind}"));
    let folder = library.parent().expect("it is a file's path");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let done = Command::new(cc)
        .args(FLAGS)
        .arg("-I")
        .arg(include)
        .arg(here().join("reader.c"))
        .arg(library)
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .output()
        .expect("the compiler starts");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    program
}

fn run(program: &Path, args: &[&str]) -> String {
    let done = Command::new(program)
        .args(args)
        .output()
        .expect("it was just made");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{args:?}: {told}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    told
}
