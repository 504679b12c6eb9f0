//! An agent's name that is not known yet, that moves to another address, and that is one of IPv6 only.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sentinel_benches::process::Process;
use sentinel_benches::proxy::Proxy;

use crate::agents::{Running, append, wait_until};
use crate::processes::{PATIENCE, succeed, tail};
use crate::shipping::{log, writer};

const NAME: &str = "agent.sentinel.test";

/// A sidecar with a table of names of its own, which asks nobody else for one.
fn with_names(hosts: &Path, resolv: &Path, sidecar: &Command) -> Command {
    let script = "mount --bind $HOSTS /etc/hosts && { [ ! -e /etc/resolv.conf ] || mount --bind $RESOLV /etc/resolv.conf; } && exec \"$0\" \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-U", "-r", "-m", "sh", "-c", script]);
    command.arg(sidecar.get_program()).args(sidecar.get_args());
    let told = sidecar.get_envs().filter_map(|(k, v)| Some((k, v?)));
    command.envs(told).env("HOSTS", hosts).env("RESOLV", resolv);
    command
}

/// Proxies on the same port of these addresses.
fn proxies<const N: usize>(addresses: [IpAddr; N], target: SocketAddr) -> [Proxy; N] {
    for _ in 0..50 {
        let first = Proxy::on((addresses[0], 0).into(), target, 1).unwrap();
        let port = first.address().port();
        let others = addresses[1..].iter();
        // Somebody else may have the port on another address.
        let others: Result<Vec<Proxy>, _> = others
            .map(|address| Proxy::on((*address, port).into(), target, 1))
            .collect();
        if let Ok(others) = others {
            let all: Vec<Proxy> = [first].into_iter().chain(others).collect();
            return all.try_into().unwrap();
        }
    }
    panic!("no port is free on {addresses:?}");
}

#[test]
fn n9_a_name_that_comes_late_moves_and_ends_up_on_ipv6_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let [hosts, resolv] = ["hosts", "resolv"].map(|name| dir.path().join(name));
    let name_is = |address: IpAddr| fs::write(&hosts, format!("{address} {NAME}\n")).unwrap();
    fs::write(&hosts, "").unwrap();
    fs::write(
        &resolv,
        "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    )
    .unwrap();
    let segments = dir.path().join("segments");
    let (mut writer, open) = writer(&segments);
    let bytes = log(300);
    let parts: Vec<&[u8]> = bytes.chunks(bytes.len().div_ceil(3)).collect();
    let agent = Running::start();
    let (old, new) = (Ipv4Addr::LOCALHOST.into(), [127, 0, 0, 2].into());
    let six = Ipv6Addr::LOCALHOST.into();
    let [at_old, at_new, at_six] = proxies([old, new, six], agent.address());
    let url = format!("http://{NAME}:{}", at_old.address().port());
    let mut sidecar = tail(&segments, &url);
    sidecar.env("SENTINEL_SIDECAR__EXCHANGE_TIMEOUT", "2s");
    let sidecar = Process::start(&mut with_names(&hosts, &resolv, &sidecar)).unwrap();
    let connections = |proxy: &Proxy| proxy.seen().connections.len();
    let frames = || agent.handle().watch().frames.value();
    append(&mut writer, parts[0]);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(connections(&at_old), 0, "nobody knows the name");
    name_is(old);
    wait_until("the name is found", PATIENCE, || frames() > 0);
    // The name moves, and at its old address nobody answers any more.
    let before = frames();
    name_is(new);
    at_old.set_closed(true);
    append(&mut writer, parts[1]);
    // A frame that was on its way at the move may still be counted after it.
    wait_until("the new address is found", PATIENCE, || {
        connections(&at_new) > 0 && frames() > before
    });
    // The next time the old address refuses.
    let before = frames();
    name_is(six);
    drop(at_new);
    append(&mut writer, parts[2]);
    wait_until("the address of IPv6 is found", PATIENCE, || {
        connections(&at_six) > 0 && frames() > before
    });
    writer.finish(Some(0), None).unwrap();
    succeed(sidecar);
    agent.check(&[(&open, &bytes)]);
}
