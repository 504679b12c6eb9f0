//! Switches, addresses, URLs, paths and globs.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::{accept, quoted};
use crate::error::Problems;
use crate::node::Node;
use crate::section::{Kind, Sample};

/// True or false.
pub(crate) struct Switch(bool);

impl Kind for Switch {
    type Value = bool;

    fn default(&self) -> bool {
        self.0
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<bool> {
        let found = node
            .bool()
            .ok_or_else(|| format!("expected true or false, found {}", shown(node)));
        accept(key, node, problems, found)
    }

    fn schema(&self) -> Json {
        json!({ "type": "boolean" })
    }

    fn sample(&self) -> Sample {
        Sample::Line {
            value: self.0.to_string(),
            bounds: None,
        }
    }
}

/// True or false.
pub(crate) const fn switch(default: bool) -> Switch {
    Switch(default)
}

/// Text that `parse` gives a meaning to, with a default written the same way.
pub(crate) struct Parsed<T> {
    default: &'static str,
    parse: fn(&str) -> Result<T, String>,
    expected: &'static str,
}

impl<T> Kind for Parsed<T> {
    type Value = T;

    #[expect(
        clippy::expect_used,
        reason = "defaults are literals of this crate, and a test reads them all"
    )]
    fn default(&self) -> T {
        (self.parse)(self.default).expect("the default can be read")
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<T> {
        let found = match node.text() {
            Some(text) => (self.parse)(text),
            None => Err(format!("expected {}, found {}", self.expected, node.what())),
        };
        accept(key, node, problems, found)
    }

    fn schema(&self) -> Json {
        json!({ "type": "string" })
    }

    fn sample(&self) -> Sample {
        Sample::Line {
            value: quoted(self.default),
            bounds: None,
        }
    }
}

/// An IP address with port.
pub(crate) const fn address(default: &'static str) -> Parsed<SocketAddr> {
    Parsed {
        default,
        parse: |text| {
            text.parse().map_err(|_| {
                format!(
                    "expected an IP address with port such as \"127.0.0.1:7600\", found `{text}`"
                )
            })
        },
        expected: "an IP address with port",
    }
}

/// Where an agent listens, as sidecars see it.
pub(crate) const fn agent_url(default: &'static str) -> Parsed<String> {
    Parsed {
        default,
        parse: parse_agent_url,
        expected: "a URL",
    }
}

/// Where an agent listens; empty means nowhere.
pub(crate) const fn agent_url_or_none() -> Parsed<Option<String>> {
    Parsed {
        default: "",
        parse: |text| match text {
            "" => Ok(None),
            url => parse_agent_url(url).map(Some),
        },
        expected: "a URL",
    }
}

/// The name of a machine; empty means none is given.
pub(crate) const fn name_or_none() -> Parsed<Option<String>> {
    Parsed {
        default: "",
        parse: |text| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if text.len() > 253 || !text.bytes().all(fits) {
                let why = "expected at most 253 of A-Z, a-z, 0-9, `-`, `_` and `.`";
                return Err(format!("{why}, found `{text}`"));
            }
            Ok(Some(text).filter(|t| !t.is_empty()).map(str::to_owned))
        },
        expected: "a name",
    }
}

/// The name of a container's image; empty means none is given.
pub(crate) const fn image_or_none() -> Parsed<Option<String>> {
    Parsed {
        default: "",
        parse: |text| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_./:@".contains(&b);
            if text.len() > 512 || !text.bytes().all(fits) {
                let why = "expected the name of an image such as \"registry.example:5000/a:1\"";
                return Err(format!("{why}, found `{text}`"));
            }
            Ok(Some(text).filter(|t| !t.is_empty()).map(str::to_owned))
        },
        expected: "the name of an image",
    }
}

/// `http://host[:port]` or with https, a slash at the end taken off.
fn parse_agent_url(text: &str) -> Result<String, String> {
    let url = text.strip_suffix('/').unwrap_or(text);
    let wrong = || format!("expected a URL such as \"http://127.0.0.1:7600\", found `{text}`");
    let authority = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .ok_or_else(wrong)?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host_is_good = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
    let port_is_good = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    if host_is_good && port_is_good {
        Ok(url.to_owned())
    } else {
        Err(wrong())
    }
}

/// A path; empty means none is given.
pub(crate) const fn path_or_none() -> Parsed<Option<PathBuf>> {
    Parsed {
        default: "",
        parse: |text| Ok(Some(text).filter(|t| !t.is_empty()).map(PathBuf::from)),
        expected: "a path",
    }
}

/// A JSON pointer (RFC 6901); empty means that it leads to nothing.
pub(crate) const fn pointer(default: &'static str) -> Parsed<String> {
    Parsed {
        default,
        parse: |text| {
            let escapes = text.split('~').skip(1);
            let good = text.is_empty() || text.starts_with('/');
            if good && escapes.into_iter().all(|rest| rest.starts_with(['0', '1'])) {
                Ok(text.to_owned())
            } else {
                Err(format!(
                    "expected a JSON pointer such as \"/build/status\", found `{text}`"
                ))
            }
        },
        expected: "a JSON pointer",
    }
}

/// A glob: see [`crate::glob_match`].
pub(crate) const fn glob(default: &'static str) -> Parsed<String> {
    Parsed {
        default,
        parse: |text| {
            if text.is_empty() {
                Err("an empty glob matches nothing; use \"*\" for everything".to_owned())
            } else {
                Ok(text.to_owned())
            }
        },
        expected: "a glob",
    }
}

/// Text that has no default and must be given.
pub(crate) struct Given(&'static str);

impl Kind for Given {
    type Value = String;

    fn default(&self) -> String {
        String::new()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<String> {
        let found = match node.text() {
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("expected text, found {}", node.what())),
        };
        accept(key, node, problems, found)
    }

    fn schema(&self) -> Json {
        json!({ "type": "string" })
    }

    fn sample(&self) -> Sample {
        Sample::Example(quoted(self.0))
    }
}

/// Text that must be given; `example` is what the sample file shows.
pub(crate) const fn text(example: &'static str) -> Given {
    Given(example)
}

fn shown(node: &Node) -> String {
    match node.text() {
        Some(text) => format!("`{text}`"),
        None => node.what().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agent_urls() {
        for good in [
            "http://127.0.0.1:7600",
            "http://agent",
            "http://agent.monitoring.svc:80",
            "http://[::1]:7600",
            "http://[::1]",
            "https://agent.monitoring.svc:7600",
        ] {
            assert_eq!(parse_agent_url(good).as_deref(), Ok(good));
        }
        assert_eq!(parse_agent_url("http://a:1/").as_deref(), Ok("http://a:1"));
        for bad in [
            "",
            "agent:7600",
            "ftp://agent",
            "https://",
            "http://",
            "http://:7600",
            "http://agent:port",
            "http://agent:0",
            "http://agent:70000",
            "http://agent/path",
            "http://user@agent",
        ] {
            assert!(parse_agent_url(bad).is_err(), "{bad}");
        }
    }
}
