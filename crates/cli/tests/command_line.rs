//! What scripts rely on: exit codes, what goes where, formats, clear errors.

mod support;

use std::{fs, process::Command};

use support::{Shell, sample};

#[test]
fn an_import_ends_with_a_summary_on_stdout() {
    let shell = Shell::new();
    let text = shell.done(&["import", &sample("shop-flash-sale.pcapng").display().to_string()]);
    for label in ["packets", "flows", "exchanges", "services", "warnings"] {
        assert!(text.contains(label), "{text}");
    }
    assert!(text.lines().any(|line| line.split_whitespace().eq(["services", "15"])), "{text}");
}

#[test]
fn usage_errors_exit_with_2_and_failures_with_1() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["no-such-command"]).status.code(), Some(2));
    let missing = shell.run(&["import", "no-such-file.pcap"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such-file.pcap"));
}

#[test]
fn a_file_that_is_no_capture_is_refused_with_what_it_looks_like() {
    let shell = Shell::new();
    let path = shell.folder.path().join("picture.pcap");
    fs::write(&path, b"\x89PNG\r\n\x1a\n0000000000000000").expect("written");
    let output = shell.run(&["import", &path.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("PNG"), "{error}");
}

#[test]
fn a_cut_off_file_is_imported_up_to_the_cut_and_the_warning_names_the_byte() {
    let shell = Shell::new();
    let bytes = fs::read(sample("shop-flash-sale.pcapng")).expect("the sample");
    let path = shell.folder.path().join("cut.pcapng");
    fs::write(&path, &bytes[..bytes.len() / 3]).expect("written");
    let output = shell.run(&["import", &path.display().to_string()]);
    assert!(output.status.success());
    let warning = String::from_utf8_lossy(&output.stderr);
    assert!(warning.contains("byte"), "{warning}");
    assert_eq!(shell.value("SELECT truncated FROM sources"), true);
    assert!(shell.value("SELECT count(*) FROM http_exchanges").as_u64().is_some_and(|n| n > 100));
}

#[test]
fn wrong_sql_says_so_and_writing_is_refused() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let wrong = shell.run(&["sql", "SELECT nothing FROM flows"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("nothing"));
    for forbidden in [
        "DELETE FROM flows",
        "CREATE TABLE x(i INT)",
        "COPY flows TO '/tmp/out.csv'",
        "ATTACH '/tmp/x.db'",
        "SELECT * FROM read_csv('/etc/passwd')",
    ] {
        assert_eq!(shell.run(&["sql", forbidden]).status.code(), Some(1), "{forbidden}");
    }
    assert!(shell.value("SELECT count(*) FROM flows").as_u64().is_some_and(|n| n > 0));
}

#[test]
fn rows_come_as_csv_and_table_too() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let query = "SELECT name, kind FROM services WHERE kind = 'service' ORDER BY name LIMIT 2";
    let csv = shell.done(&["sql", "--format", "csv", query]);
    assert_eq!(csv, "name,kind\nanalytics-service,service\napi-gateway,service\n");
    assert!(shell.done(&["sql", query]).contains("api-gateway"));
}

#[test]
fn a_workspace_that_is_not_there_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args(["sql", "SELECT 1", "--workspace", "no/such/folder"])
        .output()
        .expect("wirereel can be started");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/folder"));
}

#[test]
fn a_report_is_one_self_contained_page() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let text = shell.done(&["report"]);
    assert!(text.contains("payment-service"), "{text}");
    let path = shell.folder.path().join("report.html");
    shell.done(&["report", "--out", &path.display().to_string()]);
    let html = fs::read_to_string(path).expect("the page");
    assert!(html.contains("<svg") && html.contains("payment-service"));
    assert!(!html.contains("<script") && !html.contains("src=\"http"));
}

#[test]
fn exported_packets_import_to_the_same_exchanges() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let path = shell.folder.path().join("errors.pcapng");
    shell.done(&["export", "pcap", "--filter", "server:payment-service", "--out", &path.display().to_string()]);
    let again = Shell::new();
    again.done(&["import", &path.display().to_string()]);
    let count = "SELECT count(*) FROM http_exchanges WHERE host LIKE 'payment-service%'";
    assert_eq!(shell.value(count), again.value(count));
}

#[test]
fn rows_are_exported_as_har_csv_and_parquet_by_filter_and_time() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let out = |name: &str| shell.folder.path().join(name).display().to_string();
    let count = |query: &str| shell.value(&format!("SELECT count(*) FROM {query}")).as_u64().expect("a count");
    let filter = "server:payment-service status:402,none";
    let errors = count("http_exchanges WHERE server_service = 'payment-service' AND (status = 402 OR status IS NULL)");
    assert!(errors > 0);

    let har = out("errors.har");
    let told = shell.done(&["export", "har", "--filter", filter, "--out", &har]);
    assert_eq!(told, format!("{errors} exchanges written to {har}\n"));
    let archive: serde_json::Value = serde_json::from_str(&fs::read_to_string(&har).expect("read")).expect("JSON");
    let entries = archive["log"]["entries"].as_array().expect("a list");
    assert_eq!(entries.len() as u64, errors);
    assert!(entries.iter().all(|entry| [0, 402].map(Some).contains(&entry["response"]["status"].as_u64())));

    let (csv, half) = (out("half.csv"), "2000-01-01");
    let first = shell.value("SELECT strftime(min(started_at), '%Y-%m-%dT%H:%M:%SZ') FROM http_exchanges");
    let middle = shell.value(
        "SELECT strftime(to_timestamp((epoch(min(started_at)) + epoch(max(started_at))) / 2) AT TIME ZONE 'UTC', \
         '%Y-%m-%dT%H:%M:%SZ') FROM http_exchanges",
    );
    let (first, middle) = (first.as_str().expect("a time"), middle.as_str().expect("a time"));
    let told = shell.done(&["export", "csv", "--from", half, "--to", middle, "--out", &csv]);
    let before = count(&format!("http_exchanges WHERE started_at < '{}'", middle.trim_end_matches('Z')));
    assert!(before > 0 && before < count("http_exchanges"), "{first} {middle}");
    assert_eq!(told, format!("{before} exchanges written to {csv}\n"));

    let parquet = out("flows.parquet");
    let told = shell.done(&["export", "parquet", "--flows", "--filter", "transport:tcp", "--out", &parquet]);
    assert_eq!(told, format!("{} flows written to {parquet}\n", count("flows WHERE transport = 'tcp'")));
    assert!(fs::read(&parquet).expect("read").starts_with(b"PAR1"));
}

#[test]
fn a_wrong_export_says_so_by_its_exit_code() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let out = shell.folder.path().join("x").display().to_string();
    let code = |args: &[&str]| shell.run(args).status.code();
    assert_eq!(code(&["export", "har"]), Some(2), "where to is missing");
    assert_eq!(code(&["export", "har", "--flows", "--out", &out]), Some(2), "HAR holds exchanges");
    assert_eq!(code(&["export", "csv", "--from", "yesterday", "--out", &out]), Some(2));
    assert_eq!(code(&["export", "pcap", "--flow", "1", "--filter", "status:1", "--out", &out]), Some(2));
    assert_eq!(code(&["export", "csv", "--filter", "statsu:500", "--out", &out]), Some(1));
    assert_eq!(code(&["export", "csv", "--out", "/no/such/folder/x.csv"]), Some(1));
    assert_eq!(code(&["export", "csv", "--filter", "status:200", "--out", &out]), Some(0));
}

#[test]
fn the_schema_names_every_view_with_its_columns() {
    let output = Command::new(env!("CARGO_BIN_EXE_wirereel")).arg("schema").output().expect("wirereel can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["http_exchanges", "ttfb_us", "unresolved_addresses", "edge_rollups"] {
        assert!(text.contains(name), "{name} is missing");
    }
}

#[test]
fn docs_schema_is_what_the_program_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args(["schema", "--markdown"])
        .output()
        .expect("wirereel can be started");
    let file = fs::read_to_string(support::repository().join("docs/schema.md")).expect("docs/schema.md");
    assert!(
        String::from_utf8_lossy(&output.stdout) == file,
        "docs/schema.md is old: run `wirereel schema --markdown > docs/schema.md`"
    );
}

#[test]
fn incidents_are_listed_for_people_and_for_scripts() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let table = shell.done(&["incidents"]);
    assert!(table.contains("payment-service") && table.contains("stopped answering"), "{table}");
    assert!(table.contains("order-service: 25 calls, 24 refused, 1 unanswered"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&shell.done(&["incidents", "--format", "json"])).expect("JSON");
    let kinds: Vec<&str> = json.as_array().expect("a list").iter().filter_map(|one| one["kind"].as_str()).collect();
    assert_eq!(kinds, ["slow", "crash"]);
}

#[test]
fn two_windows_and_two_workspaces_are_compared() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let text = shell.done(&["diff", "..2026-11-21T04:09", "2026-11-21T04:10:25..2026-11-21T04:10:50"]);
    let order = text.lines().find(|line| line.contains("api-gateway → order-service")).expect("a row");
    assert!(order.contains("changed") && order.contains("(h "), "{text}");
    let here = shell.folder.path().display().to_string();
    assert!(shell.done(&["diff", &here, &here]).contains("no edge is new, gone or changed"));
    let json: serde_json::Value =
        serde_json::from_str(&shell.done(&["diff", "..", &here, "--format", "json"])).expect("JSON");
    assert!(json["edges"].as_array().expect("a list").iter().all(|edge| edge["presence"] == "same"));
    let empty = shell.run(&["diff", "2026-11-21..2026-11-20", ".."]);
    assert_eq!(empty.status.code(), Some(1));
    assert_eq!(shell.run(&["diff", "/no/such/folder", ".."]).status.code(), Some(1));
}

#[test]
fn pictures_show_what_was_recorded_in_both_kinds_of_file() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let out = |name: &str| shell.folder.path().join(name).display().to_string();
    shell.done(&["picture", "reel", "--out", &out("reel.svg")]);
    let reel = fs::read_to_string(out("reel.svg")).expect("written");
    assert!(reel.contains("payment-service stops answering") && reel.contains("requests"), "{reel}");
    shell.done(&["picture", "series", "--metric", "p95", "--service", "order-service", "--out", &out("p95.svg")]);
    let series = fs::read_to_string(out("p95.svg")).expect("written");
    assert!(series.contains("order-service") && series.contains("95th percentile"), "{series}");
    for what in ["reel", "topology", "series", "latency"] {
        let name = out(&format!("{what}.png"));
        shell.done(&["picture", what, "--theme", "dark", "--out", &name]);
        let picture = image::open(&name).expect("a picture").to_rgb8();
        let ground = picture.get_pixel(0, 0);
        let drawn = picture.pixels().filter(|pixel| *pixel != ground).count();
        assert!(drawn > 2_000, "{what}: {drawn} pixels are drawn");
    }
    let wrong = shell.run(&["picture", "series", "--metric", "p12", "--out", &out("x.svg")]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("active_connections"), "the metrics are named");
    let outside = shell.run(&["picture", "reel", "--from", "2031-01-01", "--out", &out("x.svg")]);
    assert!(String::from_utf8_lossy(&outside.stderr).contains("nothing of the recording lies in the range"));
}

#[test]
fn rows_are_made_anew_and_the_database_of_before_is_set_aside() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let rows = || {
        let ask = |query: &str| shell.done(&["sql", query, "--format", "csv"]);
        [ask("SELECT * FROM http_exchanges ORDER BY exchange_id"), ask("SELECT * FROM flows ORDER BY flow_id")]
    };
    let before = rows();
    let said = shell.done(&["rebuild"]);
    assert!(
        said.contains("made anew of 1 capture and 0 live runs") && said.contains("events.duckdb.aside-20"),
        "{said}"
    );
    assert_eq!(rows(), before);
    // Whoever asks a database that cannot be read is answered all the same, and told.
    fs::write(shell.folder.path().join("events.duckdb"), b"torn").expect("written");
    let asked = shell.run(&["sql", "SELECT count(*) FROM flows", "--format", "csv"]);
    let warning = String::from_utf8_lossy(&asked.stderr);
    assert!(warning.contains("cannot be read") && warning.contains("rows were made anew of 1 capture"), "{warning}");
    assert_eq!(rows(), before);
    let missing = Shell::new().run(&["rebuild"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("holds no Wirereel workspace"));
}

#[test]
fn retention_never_touches_what_was_imported() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let before = shell.value("SELECT count(*) FROM flows");
    for command in [vec!["retention", "--dry-run"], vec!["retention"]] {
        assert!(shell.done(&command).starts_with("nothing goes: it holds imported captures"));
    }
    assert_eq!(shell.value("SELECT count(*) FROM flows"), before);
}
