//! Secrets that were captured are in no file of a workspace and in no export but that of the packets themselves.

mod http1;
mod http2;
mod planted;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use planted::{COOKIE, PLAIN, SECRETS, forbidden, standing_in};
use support::Shell;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Bytes that are no text become other characters, which no secret has.
fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in forbidden() {
        assert!(!text.contains(&secret), "{what} holds {secret}");
    }
}

#[test]
fn captured_secrets_are_in_no_file_but_the_packets() {
    let outside = tempfile::tempdir().expect("a folder");
    let source = outside.path().join("secrets.pcapng");
    let (one, two) = (http1::packets(), http2::packets());
    for packets in [&one, &two] {
        assert_eq!(standing_in(&packets.pcapng()), SECRETS, "all are planted");
    }
    fs::write(&source, one.merge(two).pcapng()).expect("written");
    let shell = Shell::new();
    shell.done(&["import", &source.display().to_string()]);
    assert!(shell.value("SELECT count(*) FROM ingest_errors").as_u64().is_some_and(|n| n > 0), "a problem is told");
    for (protocol, rows) in [("http/1.1", 6), ("h2", 12), ("grpc", 1)] {
        let found = format!("SELECT count(*) FROM http_exchanges WHERE protocol = '{protocol}' AND method IS NOT NULL");
        assert!(shell.value(&found).as_u64() >= Some(rows), "{protocol} is read: {}", shell.value(&found));
        let plain =
            format!("SELECT count(*) FROM http_exchanges WHERE protocol = '{protocol}' AND user_agent = '{PLAIN}'");
        assert!(shell.value(&plain).as_u64() > Some(0), "what is no secret is in rows of {protocol}");
    }

    for (format, more) in [
        ("har", &[][..]),
        ("har", &["--bodies"]),
        ("csv", &[]),
        ("csv", &["--flows"]),
        ("parquet", &[]),
        ("parquet", &["--flows"]),
    ] {
        let path = outside.path().join(format!("out.{format}"));
        let path_text = path.display().to_string();
        shell.done(&[&["export", format, "--out", &path_text], more].concat());
        let bytes = fs::read(&path).expect("the export");
        assert!(!bytes.is_empty());
        assert_clean(&format!("the export as {format} {more:?}"), &bytes);
        if format == "har" || (format == "csv" && more.is_empty()) {
            assert!(holds(&bytes, PLAIN), "{format} {more:?} has rows");
        }
    }
    let page = outside.path().join("report.html");
    shell.done(&["report", "--out", &page.display().to_string()]);
    assert_clean("the report as a page", &fs::read(page).expect("the page"));
    assert_clean("the report as text", shell.done(&["report"]).as_bytes());

    // Files hold strings compressed, so every row is looked at as well.
    let tables = "SELECT schema_name || '.' || table_name AS name FROM duckdb_tables() WHERE NOT internal UNION ALL \
                  SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal";
    let tables = shell.sql(tables);
    assert!(tables.len() > 20, "{tables:?}");
    let mut told = 0;
    for table in tables {
        let name = table["name"].as_str().expect("a name");
        let rows = shell.done(&["sql", "--format", "json", &format!("SELECT * FROM {name}")]);
        assert_clean(name, rows.as_bytes());
        told += usize::from(holds(rows.as_bytes(), PLAIN));
    }
    assert!(told >= 2, "the table and the view of exchanges hold what is no secret");
    let files = files_below(shell.folder.path());
    assert!(files.iter().any(|path| path.ends_with("events.duckdb")), "{files:?}");
    for path in files {
        assert_clean(&path.display().to_string(), &fs::read(&path).expect("readable"));
    }

    // The packets are the bytes as captured, and the help says so.
    let packets = outside.path().join("out.pcapng");
    shell.done(&["export", "pcap", "--out", &packets.display().to_string()]);
    assert!(holds(&fs::read(packets).expect("the packets"), COOKIE));
    assert!(shell.done(&["export", "pcap", "--help"]).contains("passwords"));
}
