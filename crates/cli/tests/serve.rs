//! The web host as a browser, and as a hostile page, sees it.

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::{
    StatusCode,
    blocking::{Client, Response},
    redirect::Policy,
};
use serde_json::{Value, json};
use support::{Shell, repository, sample};
use tempfile::TempDir;

/// A running web host with a page that has been let in.
struct Host {
    child: Child,
    base: String,
    client: Client,
    _frontend: TempDir,
    _shell: Shell,
}

impl Host {
    /// Serves a workspace with the sample and a one-file frontend; `url` is what it printed.
    fn start() -> (Self, String) {
        let frontend = tempfile::tempdir().expect("a folder");
        fs::write(frontend.path().join("index.html"), "<!doctype html><title>Wirereel</title>").expect("written");
        let shell = Shell::with_sample("shop-flash-sale.pcapng");
        let mut child = Command::new(env!("CARGO_BIN_EXE_wirereel"))
            .args(["serve", "--workspace"])
            .arg(shell.folder.path())
            .env("WIREREEL_FRONTEND", frontend.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("wirereel serve");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("the URL");
        let url = url.trim().to_owned();
        let base = url.split("/?").next().expect("a base").to_owned();
        // Built together with what speaks TLS, the client wants to know by whose cryptography, also for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().cookie_store(true).redirect(Policy::limited(2)).build().expect("a client");
        (Self { child, base, client, _frontend: frontend, _shell: shell }, url)
    }

    /// As [`Host::start`], with the token already traded for the session.
    fn open() -> Self {
        let (host, url) = Self::start();
        assert_eq!(host.client.get(&url).send().expect("an answer").status(), StatusCode::OK);
        host
    }

    fn call(&self, command: &str, args: &Value) -> Response {
        self.client.post(format!("{}/api/{command}", self.base)).json(args).send().expect("an answer")
    }

    fn answer(&self, command: &str, args: &Value) -> Value {
        let response = self.call(command, args);
        assert_eq!(response.status(), StatusCode::OK, "{command}");
        response.json().expect("JSON")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself, which is what some tests wait for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_token_lets_in_once_and_the_page_carries_a_strict_policy() {
    let (host, url) = Host::start();
    let page = host.client.get(&url).send().expect("an answer");
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let stranger = Client::new().get(&url).send().expect("an answer");
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    assert!(stranger.text().expect("text").contains("used already"));
}

#[test]
fn nothing_is_told_without_the_session() {
    let (host, _) = Host::start();
    for path in [
        "/",
        "/api/app_state",
        "/api/ticks",
        "/export/pcap?flow_id=1",
        "/export/rows?rows=flows&format=csv",
        "/export/body?exchange_id=1&message=response",
        "/?token=guess",
    ] {
        let answer = Client::new().get(format!("{}{path}", host.base)).send().expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[test]
fn another_sites_requests_are_refused() {
    let host = Host::open();
    let url = format!("{}/api/app_state", host.base);
    let send = |name: &str, value: &str| {
        host.client.post(&url).header(name, value).json(&json!({})).send().expect("an answer").status()
    };
    assert_eq!(send("host", "evil.example"), StatusCode::FORBIDDEN);
    assert_eq!(send("origin", "http://evil.example"), StatusCode::FORBIDDEN);
    assert_eq!(send("sec-fetch-site", "cross-site"), StatusCode::FORBIDDEN);
    assert_eq!(send("origin", &host.base), StatusCode::OK);
}

#[test]
fn files_outside_the_frontend_are_not_served() {
    let host = Host::open();
    for path in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "//etc/passwd", "/assets/../../x"] {
        let answer = host.client.get(format!("{}{path}", host.base)).send().expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn commands_answer_and_errors_carry_codes() {
    let host = Host::open();
    let state = host.answer("app_state", &json!({}));
    assert_eq!(state["host"], "browser");
    assert_eq!(state["recording"]["services"], 15);
    assert_eq!(host.answer("topology", &json!({}))["entry_points"], json!(["api-gateway"]));

    for (command, args, status, code) in [
        ("no_such_command", json!({}), StatusCode::NOT_FOUND, "not_found"),
        ("exchange", json!({ "exchange_id": "x" }), StatusCode::BAD_REQUEST, "bad_request"),
        ("exchange", json!({ "exchange_id": 4_000_000_000u64 }), StatusCode::NOT_FOUND, "not_found"),
        ("topology", json!({ "filter": "statsu:500" }), StatusCode::BAD_REQUEST, "bad_filter"),
        ("sql", json!({ "query": "SELEC" }), StatusCode::BAD_REQUEST, "bad_sql"),
        ("open_paths", json!({ "paths": ["/etc/hosts"] }), StatusCode::NOT_FOUND, "not_found"),
        ("choose_files", json!({}), StatusCode::NOT_IMPLEMENTED, "unsupported"),
    ] {
        let response = host.call(command, &args);
        assert_eq!(response.status(), status, "{command} {args}");
        assert_eq!(response.json::<Value>().expect("JSON")["code"], code, "{command} {args}");
    }
}

#[test]
fn a_filters_error_points_at_its_place() {
    let host = Host::open();
    let error: Value = host.call("topology", &json!({ "filter": "service:order statsu:500" })).json().expect("JSON");
    let problem: Value = serde_json::from_str(error["detail"].as_str().expect("text")).expect("a problem");
    assert_eq!((&problem["start"], &problem["end"]), (&json!(14), &json!(20)), "{problem}");
}

#[test]
fn bodies_are_read_back_from_the_capture_and_decoded() {
    let host = Host::open();
    let scope = json!({ "range": null, "filter": "status:200 server:api-gateway method:GET -path:/health" });
    let page = host.answer(
        "exchanges",
        &json!({ "scope": scope, "sort": "started_at", "descending": false, "offset": 0, "limit": 60 }),
    );
    let rows = page["rows"].as_array().expect("rows");
    assert!(!rows.is_empty());
    let mut encodings = Vec::new();
    for row in rows {
        let body = host.answer("exchange_body", &json!({ "exchange_id": row["exchange_id"], "message": "response" }));
        assert_eq!(body["kind"], "json", "{body}");
        assert_eq!(body["sent_bytes"], row["response_body_bytes"]);
        assert_eq!(body["truncated"], false);
        encodings.push(body["content_encoding"].clone());
    }
    assert!(encodings.contains(&json!("gzip")), "{encodings:?}");
    assert!(encodings.contains(&Value::Null), "{encodings:?}");
}

#[test]
fn an_uploaded_capture_is_opened_and_its_packets_come_back() {
    let host = Host::open();
    let bytes = fs::read(sample("shop-flash-sale.pcapng")).expect("the sample");
    let upload = host
        .client
        .post(format!("{}/api/upload?name=my%20shop.pcapng", host.base))
        .body(bytes)
        .send()
        .expect("an answer");
    assert_eq!(upload.status(), StatusCode::OK);
    let until = Instant::now() + Duration::from_secs(60);
    let state = loop {
        let state = host.answer("app_state", &json!({}));
        if state["import"]["state"] == "done" {
            break state;
        }
        assert!(Instant::now() < until, "{}", state["import"]);
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(state["recording"]["name"], "my shop.pcapng");
    assert_eq!(state["recording"]["services"], 15);
    assert_eq!(state["recents"][0]["name"], "my shop.pcapng");

    let page = host.answer(
        "exchanges",
        &json!({ "scope": {}, "sort": "started_at", "descending": false, "offset": 0, "limit": 1 }),
    );
    let flow = &page["rows"][0]["flow_id"];
    let packets = host.client.get(format!("{}/export/pcap?flow_id={flow}", host.base)).send().expect("an answer");
    assert_eq!(packets.status(), StatusCode::OK);
    let packets = packets.bytes().expect("bytes");
    assert_eq!(packets[..4], [0x0a, 0x0d, 0x0d, 0x0a], "a pcapng section header");
}

#[test]
fn what_is_no_capture_is_refused_and_the_open_recording_stays() {
    let host = Host::open();
    let upload = host
        .client
        .post(format!("{}/api/upload?name=notes.txt", host.base))
        .body("just text\n")
        .send()
        .expect("an answer");
    assert_eq!(upload.status(), StatusCode::BAD_REQUEST);
    assert_eq!(upload.json::<Value>().expect("JSON")["code"], "bad_capture");
    assert_eq!(host.answer("app_state", &json!({}))["recording"]["services"], 15);
}

#[test]
fn ticks_begin_with_the_newest() {
    let host = Host::open();
    let mut stream = host.client.get(format!("{}/api/ticks", host.base)).send().expect("an answer");
    let mut start = [0; 11];
    stream.read_exact(&mut start).expect("a first event");
    assert_eq!(&start, b"event: tick");
}

#[test]
fn settings_and_bookmarks_are_remembered() {
    let host = Host::open();
    assert_eq!(host.answer("get_setting", &json!({ "key": "columns" })), Value::Null);
    host.answer("set_setting", &json!({ "key": "columns", "value": ["time", "path"] }));
    assert_eq!(host.answer("get_setting", &json!({ "key": "columns" })), json!(["time", "path"]));
    let bookmark = host.answer("add_bookmark", &json!({ "at_us": 1_795_000_000_000_000i64, "note": "deploy" }));
    assert_eq!(host.answer("bookmarks", &json!({})), json!([bookmark]));
    host.answer("remove_bookmark", &json!({ "id": bookmark["id"] }));
    assert_eq!(host.answer("bookmarks", &json!({})), json!([]));
}

#[test]
fn the_built_in_sample_opens_by_name() {
    let host = Host::open();
    assert!(repository().join("sample-pcaps").is_dir());
    let samples = host.answer("app_state", &json!({}))["samples"].clone();
    assert_eq!(samples.as_array().map(Vec::len), Some(2), "{samples}");
    host.answer("open_sample", &json!({ "name": "shop-day.pcapng" }));
    assert_eq!(host.call("open_sample", &json!({ "name": "../secrets.pcap" })).status(), StatusCode::NOT_FOUND);
}

#[test]
fn flows_lead_to_packets_streams_and_problems() {
    let host = Host::open();
    let question = |filter: &str| json!({ "scope": { "range": null, "filter": filter }, "sort": "bytes", "descending": true, "offset": 0, "limit": 5 });
    let page = host.answer("flows", &question("status:>=500"));
    assert!(page["total"].as_u64() < host.answer("flows", &question(""))["total"].as_u64());
    let flow = &page["rows"][0];
    let id = json!({ "flow_id": flow["flow_id"] });
    let detail = host.answer("flow", &id);
    assert_eq!(&detail["row"], flow);
    assert!(
        detail["exchanges"].as_array().is_some_and(|rows| rows.iter().any(|row| row["status"].as_u64() >= Some(500)))
    );
    let packets = host.answer("flow_packets", &json!({ "flow_id": flow["flow_id"], "offset": 0, "limit": 1_000 }));
    let sent =
        flow["client_packets"].as_u64().unwrap_or_default() + flow["server_packets"].as_u64().unwrap_or_default();
    assert_eq!(packets["total"], sent);
    assert_eq!(host.answer("flow_sequence", &id)["packets"], sent);
    let stream = host.answer("flow_stream", &id);
    assert!(stream["chunks"].as_array().is_some_and(|chunks| chunks.len() >= 2), "{stream}");
    let first = &packets["packets"][0];
    let bytes = host.answer("packet_bytes", &json!({ "source_id": flow["source_id"], "position": first["position"] }));
    assert_eq!((&bytes["link_type"], &bytes["at_us"]), (&json!("EN10MB"), &first["at_us"]));
    let problems = host.answer("problems", &json!({ "offset": 0, "limit": 10 }));
    assert_eq!(problems["total"], host.answer("app_state", &json!({}))["recording"]["problems"]);
    for (command, args) in [
        ("flows", json!({ "scope": {}, "sort": "nothing", "descending": false, "offset": 0, "limit": 1 })),
        ("flows", json!({ "scope": {}, "sort": "bytes", "descending": false, "offset": 0, "limit": 1_001 })),
        ("flow_packets", json!({ "flow_id": flow["flow_id"], "offset": 0, "limit": 1_001 })),
        ("problems", json!({ "offset": 0, "limit": 1_001 })),
    ] {
        assert_eq!(host.call(command, &args).json::<Value>().expect("JSON")["code"], "bad_request", "{command}");
    }
    assert_eq!(host.call("flow", &json!({ "flow_id": 1 })).status(), StatusCode::NOT_FOUND);
}

#[test]
fn rows_and_bodies_are_downloaded_as_files() {
    let host = Host::open();
    let get = |path: &str| host.client.get(format!("{}/export/{path}", host.base)).send().expect("an answer");
    let scope = "%7B%22range%22%3Anull%2C%22filter%22%3A%22status%3A%3E%3D500%22%7D";
    let har = get(&format!("rows?rows=exchanges&format=har&scope={scope}"));
    assert_eq!(har.headers()["content-disposition"], "attachment; filename=\"wirereel.har\"");
    let har: Value = har.json().expect("JSON");
    assert!(har["log"]["entries"].as_array().is_some_and(|entries| !entries.is_empty()));
    let csv = get("rows?rows=flows&format=csv").text().expect("text");
    assert!(csv.starts_with("flow_id,source_id,transport,"), "{}", csv.lines().next().unwrap_or_default());
    assert!(get("rows?rows=flows&format=parquet").bytes().expect("bytes").starts_with(b"PAR1"));
    for (path, status) in [
        ("rows?rows=flows&format=har", StatusCode::BAD_REQUEST),
        ("rows?rows=flows&format=xls", StatusCode::BAD_REQUEST),
        ("rows?rows=flows&format=csv&scope=%7B", StatusCode::BAD_REQUEST),
        ("body?exchange_id=4000000000&message=response", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(get(path).status(), status, "{path}");
    }
    let page = host.answer(
        "exchanges",
        &json!({ "scope": { "filter": "status:200 response_bytes:>100" }, "sort": "started_at", "descending": false, "offset": 0, "limit": 1 }),
    );
    let body = get(&format!("body?exchange_id={}&message=response", page["rows"][0]["exchange_id"]));
    assert_eq!(body.headers()["content-type"], "application/octet-stream");
    assert!(body.headers()["content-disposition"].to_str().is_ok_and(|name| name.contains(".json\"")));
    body.json::<Value>().expect("decoded JSON");
}
