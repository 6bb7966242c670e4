//! A second opinion: tshark reads the same captures and must have seen the same requests, names and servers.
//!
//! Needs tshark, and compares with the corpus where it is at hand: `WIREREEL_CORPUS`, else `../shared/corpus` beside the checkout.
#![allow(clippy::print_stdout, reason = "what was compared is worth reading when a test fails, and that nothing was")]

mod support;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use support::{Shell, repository, sample};
use wirereel_testkit::Conversation;

/// What is compared: a name, tshark's filter and fields, and our query for the same as one text per row.
const KINDS: [(&str, &str, &[&str], &str); 3] = [
    (
        "requests",
        "http.request",
        &["http.host", "http.request.uri"],
        "SELECT DISTINCT coalesce(host, '') || chr(9) || coalesce(target_as_sent, '') AS v FROM http_exchanges WHERE method IS NOT NULL",
    ),
    ("DNS names", "dns.qry.name", &["dns.qry.name"], "SELECT DISTINCT name AS v FROM dns_queries"),
    (
        "TLS server names",
        "tls.handshake.extensions_server_name",
        &["tls.handshake.extensions_server_name"],
        "SELECT DISTINCT lower(sni) AS v FROM tls_handshakes WHERE sni IS NOT NULL",
    ),
];

/// Differences on purpose: capture, kind, what begins so, and why.
const DIFFERENCES: [(&str, &str, &str, &str); 5] = [
    (
        "http__connect-with-smtp.pcap",
        "requests",
        "\tmailin03.sul.t-online.de:25",
        "a request line with two targets: tshark shows the first, we show both, as sent",
    ),
    ("tunnels__Teredo.pcap", "requests", "ipv6.google.com\t/", "Teredo away from its port: tshark does not open it"),
    (
        "tunnels__teredo_bubble_with_payload.pcap",
        "requests",
        "ipv6.google.com\t/",
        "Teredo away from its port: tshark does not open it",
    ),
    ("*", "DNS names", "<Root>", "tshark's word for a question about the root, which has no name"),
    ("*", "DNS names", "", "a question about the root: its name without the final dot is empty"),
];

fn has_tshark() -> bool {
    let started = Command::new("tshark").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    started.is_ok_and(|status| status.success())
}

/// The samples, and the corpus' captures where they are at hand.
fn captures() -> Vec<PathBuf> {
    let mut captures = vec![sample("shop-flash-sale.pcapng"), sample("shop-day.pcapng")];
    let corpus = env::var_os("WIREREEL_CORPUS").map_or_else(|| repository().join("../shared/corpus"), PathBuf::from);
    match fs::read_dir(corpus.join("captures")) {
        Ok(entries) => captures.extend(entries.map(|entry| entry.expect("an entry").path())),
        Err(_) => println!("no corpus at {}: set WIREREEL_CORPUS to compare with it", corpus.display()),
    }
    captures
}

fn seen_by_tshark(path: &Path, filter: &str, fields: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(path).args([
        "-Y",
        filter,
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "occurrence=a",
    ]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.stderr(Stdio::null()).output().expect("tshark");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match fields {
        // Several names of one packet are joined by commas, which names do not hold.
        [_] => text.lines().flat_map(|line| line.split(',')).map(str::to_lowercase).collect(),
        _ => text.lines().map(str::to_owned).collect(),
    }
}

fn seen_by_us(shell: &Shell, query: &str) -> BTreeSet<String> {
    shell.sql(query).into_iter().filter_map(|row| row["v"].as_str().map(str::to_owned)).collect()
}

fn is_on_purpose(capture: &str, kind: &str, value: &str) -> bool {
    DIFFERENCES.iter().any(|(of, what, begins, _)| {
        let begins =
            if begins.is_empty() { value.is_empty() } else { value.to_lowercase().starts_with(&begins.to_lowercase()) };
        (*of == "*" || *of == capture) && *what == kind && begins
    })
}

/// What only one of both has seen, without what differs on purpose; and how much both have.
fn compare(path: &Path) -> (Vec<String>, [usize; 3]) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let shell = Shell::new();
    shell.done(&["import", &path.display().to_string()]);
    let mut differences = Vec::new();
    let mut agreed = [0; 3];
    for (index, (kind, filter, fields, query)) in KINDS.into_iter().enumerate() {
        let (theirs, ours) = (seen_by_tshark(path, filter, fields), seen_by_us(&shell, query));
        agreed[index] = theirs.intersection(&ours).count();
        let only = [("tshark", theirs.difference(&ours)), ("wirereel", ours.difference(&theirs))];
        for (who, values) in only {
            for value in values.filter(|value| !is_on_purpose(&name, kind, value)) {
                differences.push(format!("{name}: {kind}: only {who}: {value:?}"));
            }
        }
    }
    (differences, agreed)
}

/// A ClientHello that asks for a server by name (RFC 8446 §4.1.2, RFC 6066 §3).
fn client_hello(server: &str) -> Vec<u8> {
    let sized = |bytes: Vec<u8>| [(bytes.len() as u16).to_be_bytes().to_vec(), bytes].concat();
    let name = sized([vec![0], sized(server.as_bytes().to_vec())].concat());
    let extension = [vec![0, 0], sized(name)].concat();
    let body =
        [vec![3, 3], vec![7; 32], vec![0], sized(vec![0x13, 0x01, 0xc0, 0x2f]), vec![1, 0], sized(extension)].concat();
    let handshake = [vec![1, 0], sized(body)].concat();
    [vec![22, 3, 1], sized(handshake)].concat()
}

#[test]
fn requests_names_and_servers_are_those_that_tshark_sees() {
    if !has_tshark() {
        println!("tshark is not installed: nothing was compared");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let hellos = folder.path().join("hellos.pcapng");
    let packets = ["shop.example", "Cart.Example"].into_iter().enumerate().map(|(n, server)| {
        Conversation::tcp(&format!("10.0.0.1:{}", 40_000 + n), "10.0.0.2:443")
            .handshake()
            .client(&client_hello(server))
            .close()
            .packets()
    });
    fs::write(&hellos, packets.reduce(wirereel_testkit::Packets::merge).expect("two").pcapng()).expect("written");

    let mut differences = Vec::new();
    let mut agreed = [0; 3];
    for path in captures().into_iter().chain([hellos]) {
        let (different, same) = compare(&path);
        differences.extend(different);
        (0..3).for_each(|kind| agreed[kind] += same[kind]);
    }
    for ((kind, ..), count) in KINDS.iter().zip(agreed) {
        println!("{kind}: {count} seen by both");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(agreed[0] > 500 && agreed[1] > 20 && agreed[2] == 2, "{agreed:?}");
}
