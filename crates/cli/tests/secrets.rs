//! Secrets that were captured are in no file of a workspace and in no export but that of the packets themselves.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use support::Shell;
use wirereel_testkit::Conversation;

/// Something that is no secret: it must be found wherever rows are, or the search finds nothing at all.
const PLAIN: &str = "plainly-visible-agent";

/// Every secret that is planted. Long enough that none of them occurs by chance.
const SECRETS: [&str; 16] = [
    "Pa55-basic-9d1f",
    "Pa55-proxy-77ab",
    "bearer-opaque-1c2d3e4f",
    "jwt-signature-5f6e7d",
    "cookie-session-a1b2c3",
    "cookie-second-d4e5f6",
    "set-cookie-0f1e2d3c",
    "api-key-header-9a8b7c",
    "auth-token-header-6d5c",
    "csrf-token-header-3e2f",
    "query-token-value-8c7d",
    "query-password-6b5a4f",
    "query-api-key-2a3b4c5d",
    "referer-token-5c4b3a29",
    "location-code-7e8f9a0b",
    "userinfo-pa55-1f2e3d4c",
];

/// What a request with a secret in every place looks like, and its answer.
fn exchange() -> (String, String) {
    let s = SECRETS;
    let jwt = format!(
        "{}.{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256"}"#),
        BASE64_URL_SAFE_NO_PAD.encode(br#"{"sub":"anna"}"#),
        s[3]
    );
    let basic = BASE64_STANDARD.encode(format!("root:{}", s[0]));
    let proxy = BASE64_STANDARD.encode(format!("proxy:{}", s[1]));
    let request = [
        format!("GET /login?token={}&q=shoes&password={}&api_key={} HTTP/1.1", s[10], s[11], s[12]),
        "Host: shop".into(),
        format!("User-Agent: {PLAIN}"),
        format!("Authorization: Basic {basic}"),
        format!("Authorization: Bearer {}", s[2]),
        format!("Authorization: Bearer {jwt}"),
        format!("Proxy-Authorization: Basic {proxy}"),
        format!("Cookie: session={}; second={}", s[4], s[5]),
        format!("X-Api-Key: {}", s[7]),
        format!("X-Auth-Token: {}", s[8]),
        format!("X-CSRF-Token: {}", s[9]),
        format!("Referer: http://root:{}@shop/from?token={}", s[15], s[13]),
        String::new(),
        String::new(),
    ];
    let response = [
        "HTTP/1.1 302 Found".into(),
        format!("Set-Cookie: sid={}; HttpOnly", s[6]),
        format!("Location: /after?code={}", s[14]),
        "Content-Length: 0".into(),
        String::new(),
        String::new(),
    ];
    (request.join("\r\n"), response.join("\r\n"))
}

/// What must not be found: the secrets, and the coded forms in which they were sent.
fn forbidden() -> Vec<String> {
    let coded = [("root:", SECRETS[0]), ("proxy:", SECRETS[1])];
    let coded = coded.map(|(login, password)| BASE64_STANDARD.encode(format!("{login}{password}")));
    SECRETS.iter().map(|secret| (*secret).to_owned()).chain(coded).collect()
}

/// Whole requests, and requests that break off or break the rules with a secret in them: those become problems.
fn capture() -> Vec<u8> {
    let (request, response) = exchange();
    let mut packets = Conversation::tcp("198.51.100.1:20001", "10.0.0.1:80")
        .handshake()
        .client(request.as_bytes())
        .server(response.as_bytes())
        .close()
        .packets();
    let second = 1_000_000_000;
    let cut = request.len() - 40;
    let broken = request.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunks = format!("{}\r\n{}\r\n", SECRETS[2], SECRETS[4]);
    for (n, client) in
        [request[..cut].to_owned(), broken + &chunks, format!("{request}{}\r\n\r\n", SECRETS[0])].iter().enumerate()
    {
        let port = 20_010 + n;
        let odd = Conversation::tcp(&format!("198.51.100.2:{port}"), "10.0.0.1:80")
            .handshake()
            .client(client.as_bytes())
            .server(response.as_bytes())
            .close()
            .packets();
        packets = packets.merge(odd.later(second * (n as i64 + 1)));
    }
    packets.pcapng()
}

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
    fs::write(&source, capture()).expect("written");
    for secret in SECRETS.iter().filter(|secret| !secret.starts_with("Pa55")) {
        assert!(holds(&fs::read(&source).expect("read"), secret), "{secret} is planted");
    }
    let shell = Shell::new();
    shell.done(&["import", &source.display().to_string()]);
    assert!(shell.value("SELECT count(*) FROM ingest_errors").as_u64().is_some_and(|n| n > 0), "a problem is told");

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
    assert!(holds(&fs::read(packets).expect("the packets"), SECRETS[4]));
    assert!(shell.done(&["export", "pcap", "--help"]).contains("passwords"));
}
