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
