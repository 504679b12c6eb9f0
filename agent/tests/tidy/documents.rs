//! The documents' links lead somewhere.

use crate::must_be_empty;
use crate::source::root;

#[test]
fn links_between_files_resolve() {
    let mut wrong = Vec::new();
    for name in [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "README.md",
        "parsers/README.md",
    ] {
        let folder = root().join(name);
        let folder = folder.parent().unwrap();
        let Ok(text) = std::fs::read_to_string(root().join(name)) else {
            wrong.push(format!("{name}: missing"));
            continue;
        };
        for target in links(&text) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !folder.join(file).exists() {
                wrong.push(format!("{name}: {target} does not exist"));
            }
        }
    }
    must_be_empty(&wrong);
}

/// The targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
}

#[test]
fn links_are_found() {
    let text = "see [a](x.md), [`b`](y/z.rs#part) and (c)";
    assert_eq!(links(text).collect::<Vec<_>>(), ["x.md", "y/z.rs#part"]);
}
