//! What goes in comes out of the public views, column by column, and the views are what the schema says.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use recorded::{START_NS, collector, endpoint, exchange_row, flow_row, intern, name_all, open};
use serde_json::{Value, json};
use wirereel_dissect::record::{
    CloseReason, DnsAnswer, DnsCarrier, DnsQuery, FlowEvent, FlowEventKind, FlowId, FlowSpan, LifeRtt, Problem, Stage,
    TlsHandshake, Upgrade,
};
use wirereel_query::question::Scope;
use wirereel_store::{SourceFigures, Store, flow_number, schema_markdown, views};

/// A store with exactly one row of everything.
fn one_of_everything() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, source) = collector(&mut writer);
    let (gateway, cart) = (endpoint([127, 0, 1, 1], 40_001), endpoint([127, 0, 1, 2], 8080));
    let (client, server) = intern(&mut peers, gateway, cart);
    let mut flow = flow_row(FlowId(5), gateway, cart, START_NS, START_NS + 3_000_000, CloseReason::Fin);
    flow.life_rtt = Some(LifeRtt { min_us: 80, mean_us: 95, max_us: 140, samples: 6 });
    flow.upgrade = Some(Upgrade { protocol: "websocket".into(), client_bytes: 30, server_bytes: 60 });
    (flow.from_client.keep_alives, flow.from_client.conflicting_bytes) = (3, 5);
    (flow.from_server.out_of_order, flow.from_server.zero_windows) = (2, 4);
    rows.push_flow(&flow, client, server);
    let event =
        FlowEvent { at_ns: START_NS, flow: FlowId(5), kind: FlowEventKind::Connect, client: gateway, server: cart };
    rows.push_event(&event, client, server);
    let mut exchange = exchange_row(FlowId(5), 0, gateway, cart, START_NS, 1_500_000, Some(200));
    (exchange.request_messages, exchange.response_messages, exchange.stream_id) = (Some(1), Some(7), Some(3));
    rows.push_exchange(&exchange, client, server);
    let resolver = endpoint([10, 9, 8, 7], 53);
    let (asker, asked) = intern(&mut peers, gateway, resolver);
    let query = DnsQuery {
        at_ns: START_NS,
        answered_ns: Some(START_NS + 2_000_000),
        client: gateway,
        server: resolver,
        carrier: DnsCarrier::Udp,
        name: "cart.shop".into(),
        kind: "A".into(),
        rcode: Some("NOERROR".into()),
        answers: vec![DnsAnswer::Address(cart.ip), DnsAnswer::Name("cart-1.shop".into())],
    };
    rows.push_dns(&query, asker, asked);
    rows.push_tls(&TlsHandshake {
        flow: FlowId(5),
        at_ns: START_NS,
        sni: Some("cart.shop".into()),
        alpn: Some("h2".into()),
        version: Some("TLS 1.3".into()),
        cipher: None,
        ja4: None,
        certificate_subject: None,
        certificate_issuer: Some("CN=Shop CA".into()),
        certificate_names: vec!["cart.shop".into(), "127.0.1.2".into()],
        certificate_not_before_ns: Some(START_NS),
        certificate_not_after_ns: Some(START_NS),
    });
    rows.push_span(&FlowSpan {
        flow: FlowId(5),
        first_ns: START_NS,
        last_ns: START_NS,
        positions: vec![24, 150, 90_000],
    });
    rows.push_problem(&Problem {
        at_ns: START_NS,
        stage: Stage::Http,
        position: 150,
        flow: Some(FlowId(5)),
        message: "a chunk size of 99 digits".into(),
    });
    assert_eq!(rows.len(), 7);
    writer.write(rows.take(&mut peers)).unwrap();
    assert!(rows.is_empty());
    name_all(&mut writer, &peers);
    writer.rebuild_rollups().unwrap();
    let figures = SourceFigures {
        link_type: "EN10MB".into(),
        started_ns: Some(START_NS),
        ended_ns: Some(START_NS + 3_000_000),
        packets: 9,
        bytes: 4_500,
        dropped: 2,
        truncated: true,
        warnings: vec!["cut off at byte 4500".into()],
    };
    writer.update_source(source, &figures).unwrap();
    writer.record_metric(START_NS, "import", "packets_per_s", 1e6).unwrap();
    writer.checkpoint().unwrap();
    drop(writer);
    (folder, store)
}

/// The only row of a view as an object.
fn only_row(store: &Store, view: &str) -> Value {
    let result = store.reader(None).unwrap().sql(&format!("SELECT * FROM {view}"), 10).unwrap();
    assert_eq!(result.rows.len(), 1, "{view}");
    result.columns.into_iter().zip(result.rows[0].clone()).collect::<serde_json::Map<_, _>>().into()
}

const AT: &str = "2026-11-20T12:00:00.250Z";

#[test]
fn whole_rows_come_out_of_the_views_of_events() {
    let (_folder, store) = one_of_everything();
    let flow_id = flow_number(wirereel_store::SourceId(1), FlowId(5));
    assert_eq!(
        only_row(&store, "flows"),
        json!({
            "flow_id": flow_id, "source_id": 1, "transport": "tcp", "client_ip": "127.0.1.1", "client_port": 40001,
            "server_ip": "127.0.1.2", "server_port": 8080, "vlan": null, "tunnel": null, "client_service": "api-gateway",
            "server_service": "cart", "process": null, "app_protocol": "http", "opened_at": AT,
            "closed_at": "2026-11-20T12:00:00.253Z", "close_reason": "fin", "handshake": "full", "direction_known": true,
            "rtt_us": 120, "rtt_min_us": 80, "rtt_mean_us": 95, "rtt_max_us": 140, "client_packets": 5, "server_packets": 4, "client_bytes": 500, "server_bytes": 4000,
            "client_missed_bytes": 0, "server_missed_bytes": 10, "client_retransmits": 1, "server_retransmits": 0,
            "client_out_of_order": 0, "server_out_of_order": 2, "client_keep_alives": 3, "server_keep_alives": 0,
            "client_zero_windows": 0, "server_zero_windows": 4, "client_conflicting_bytes": 5, "server_conflicting_bytes": 0,
            "encrypted": false, "upgraded_to": "websocket", "upgraded_client_bytes": 30, "upgraded_server_bytes": 60,
            "history": "ShADadFf", "client_process": null, "server_process": null
        })
    );
    assert_eq!(
        only_row(&store, "flow_events"),
        json!({"at": AT, "flow_id": flow_id, "kind": "connect", "client_service": "api-gateway", "server_service": "cart"})
    );
    assert_eq!(
        only_row(&store, "http_exchanges"),
        json!({
            "exchange_id": 1, "flow_id": flow_id, "source_id": 1, "client_ip": "127.0.1.1", "client_port": 40001,
            "server_ip": "127.0.1.2", "server_port": 8080, "client_service": "api-gateway", "server_service": "cart",
            "started_at": AT, "response_at": "2026-11-20T12:00:00.250750Z", "finished_at": "2026-11-20T12:00:00.251500Z",
            "ttfb_us": 750, "duration_us": 1500, "protocol": "http/1.1", "method": "GET", "scheme": "http", "host": "cart",
            "target": "/cart?page=2",
            "target_as_sent": "/cart?page=2", "path": "/cart", "status": 200, "grpc_status": null, "request_messages": 1, "response_messages": 7, "stream_id": 3,
            "request_headers": "Host: cart\nAuthorization: <hidden>", "response_headers": "Content-Type: application/json",
            "request_body_bytes": 10, "response_body_bytes": 250, "request_content_encoding": null,
            "response_content_encoding": "gzip", "content_type": "application/json", "user_agent": "k6/1.1",
            "x_forwarded_for": "203.0.113.9", "origin_ip": "203.0.113.9", "identity": "ada", "identity_kind": "jwt",
            "trace_id": "0af7651916cd43dd8448eb211c80319c", "complete": true, "error": null
        })
    );
    assert_eq!(
        only_row(&store, "dns_queries"),
        json!({
            "at": AT, "answered_at": "2026-11-20T12:00:00.252Z", "client_ip": "127.0.1.1", "server_ip": "10.9.8.7", "carrier": "udp",
            "name": "cart.shop", "type": "A", "rcode": "NOERROR", "answers": ["127.0.1.2", "cart-1.shop"], "duration_us": 2000
        })
    );
    assert_eq!(
        only_row(&store, "tls_handshakes"),
        json!({
            "flow_id": flow_id, "at": AT, "sni": "cart.shop", "alpn": "h2", "version": "TLS 1.3", "cipher": null, "ja4": null,
            "certificate_subject": null, "certificate_issuer": "CN=Shop CA", "certificate_names": ["cart.shop", "127.0.1.2"],
            "certificate_not_before": AT, "certificate_not_after": AT
        })
    );
}

#[test]
fn whole_rows_come_out_of_the_other_views() {
    let (_folder, store) = one_of_everything();
    assert_eq!(
        only_row(&store, "sources"),
        json!({
            "source_id": 1, "kind": "file", "name": "one.pcap", "link_type": "EN10MB", "started_at": AT,
            "ended_at": "2026-11-20T12:00:00.253Z", "packets": 9, "bytes": 4500, "dropped": 2, "truncated": true,
            "warnings": ["cut off at byte 4500"], "path": "/captures/one.pcap"
        })
    );
    assert_eq!(
        only_row(&store, "ingest_errors"),
        json!({
            "at": AT, "source_id": 1, "stage": "http", "position": 150,
            "flow_id": flow_number(wirereel_store::SourceId(1), FlowId(5)), "message": "a chunk size of 99 digits",
            "attempts": 1, "state": "waiting"
        })
    );
    assert_eq!(
        only_row(&store, "self_metrics"),
        json!({"at": AT, "component": "import", "metric": "packets_per_s", "value": 1e6})
    );
    assert_eq!(
        only_row(&store, "(SELECT * FROM edge_rollups WHERE width_s = 10)"),
        json!({
            "bucket": "2026-11-20T12:00:00Z", "width_s": 10, "client_service": "api-gateway", "server_service": "cart",
            "connects": 1, "accepts": 0, "closes": 0, "resets": 0, "refused": 0, "open_delta": 0, "requests": 1,
            "errors_4xx": 0, "errors_5xx": 0, "failed": 0, "bytes_up": 40, "bytes_down": 310, "latency": {"1504": 1}
        })
    );
    assert_eq!(
        only_row(&store, "edges"),
        json!({
            "client_service": "api-gateway", "server_service": "cart", "protocol": "http/1.1", "requests": 1,
            "rate": 333.333_333_333_333_3, "errors": 0, "errors_4xx": 0, "errors_5xx": 0, "failed": 0, "error_share": 0.0,
            "p50_us": 1504, "p95_us": 1504, "p99_us": 1504, "active_connections": 0, "bytes_up": 40, "bytes_down": 310,
            "connects": 1, "refused": 0, "resets": 0
        })
    );
}

#[test]
fn exchanges_that_share_a_page_come_out_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (gateway, cart) = (endpoint([127, 0, 1, 1], 40_001), endpoint([127, 0, 1, 2], 8080));
    let (client, server) = intern(&mut peers, gateway, cart);
    let mut expected = Vec::new();
    for number in 0..60_u32 {
        let started_ns = START_NS + i64::from(number) * 700_000_001;
        // Most repeat; some have a size, a status or a target of their own, and two kinds of texts that no page can hold whole.
        let status = if number % 9 == 4 { None } else { Some(if number % 5 == 3 { 503 } else { 200 }) };
        let mut exchange = exchange_row(FlowId(5), number, gateway, cart, started_ns, 1_500_000, status);
        let second = number * 7 / 10;
        exchange.response_headers = match number % 8 {
            6 => format!("Date: about {second}"),
            7 => format!("Date: Sun, 06 Nov 1994 08:50:{:02} GMT\nA: \u{1}", second % 60),
            _ => format!("A: b\ndate: Sun, 06 Nov 1994 08:49:{:02} GMT\nC: d", second % 60),
        }
        .into();
        exchange.response_body_bytes = if number % 11 == 10 { u64::from(number) } else { 250 };
        if number % 13 == 12 {
            exchange.target = Some(format!("/cart/{number}?a=%20").into());
            exchange.path = Some(format!("/cart/{number}").into());
        }
        exchange.error = (number % 17 == 16).then(|| "reset".to_owned());
        rows.push_exchange(&exchange, client, server);
        expected.push(json!([
            number + 1,
            exchange.response_headers.as_ref(),
            exchange.request_headers.as_ref(),
            exchange.target.as_deref(),
            exchange.path.as_deref(),
            exchange.status,
            exchange.response_body_bytes,
            exchange.complete,
            exchange.error,
            exchange.status.is_none() || (exchange.status == Some(200) && exchange.error.is_some()),
        ]));
        if number % 20 == 19 {
            writer.write(rows.take(&mut peers)).unwrap();
        }
    }
    name_all(&mut writer, &peers);
    let reader = store.reader(None).unwrap();
    let sql = "SELECT x.exchange_id, x.response_headers, x.request_headers, x.target_as_sent, x.path, x.status, x.response_body_bytes, \
               x.complete, x.error, r.failed FROM http_exchanges x JOIN raw.exchanges r USING (exchange_id) ORDER BY 1";
    let found = reader.sql(sql, 100).unwrap().rows;
    assert_eq!(json!(found), json!(expected));
    let whole = reader.sql("SELECT count(*) > 20 FROM raw.http_exchanges WHERE response_headers IS NULL", 1).unwrap();
    assert_eq!(json!(whole.rows), json!([[true]]), "most of them are of pages");
}

#[test]
fn the_way_back_leads_to_packets() {
    let (_folder, store) = one_of_everything();
    let reader = store.reader(None).unwrap();
    let (flow_id, ordinal) = reader.place_of_exchange(1).unwrap();
    assert_eq!(ordinal, 0);
    assert_eq!(reader.positions(flow_id).unwrap(), [24, 150, 90_000]);
    let (source, _) = wirereel_store::source_and_flow(flow_id);
    assert_eq!(reader.source(source).unwrap().path, std::path::Path::new("/captures/one.pcap"));
    assert_eq!(reader.positions_where(&Scope::default()).unwrap(), [(source, vec![24, 150, 90_000])]);
}

#[test]
fn every_view_has_the_columns_and_types_the_schema_says() {
    let (_folder, store) = one_of_everything();
    for view in views() {
        let from = match view.parameters {
            [] => view.name.to_owned(),
            _ => format!("{}(NULL::TIMESTAMP_NS, NULL::TIMESTAMP_NS)", view.name),
        };
        let described = store.reader(None).unwrap().sql(&format!("DESCRIBE SELECT * FROM {from}"), 100).unwrap();
        let found: Vec<(String, String)> = described
            .rows
            .iter()
            .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_str().unwrap().to_owned()))
            .collect();
        let said: Vec<(String, String)> =
            view.columns.iter().map(|column| (column.name.to_owned(), column.sql_type.to_owned())).collect();
        assert_eq!(found, said, "{}", view.name);
    }
}

#[test]
fn the_schema_page_is_what_the_store_describes() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema.md");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(page, schema_markdown()).unwrap();
    }
    let written = std::fs::read_to_string(page).unwrap();
    assert!(written == schema_markdown(), "docs/schema.md is old: run this test with UPDATE_SCHEMA=1");
}
