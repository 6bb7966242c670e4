//! A small recording with known contents, for tests that compare the store's answers with what went in.
#![allow(dead_code, reason = "every test program uses its own part of this")]

use std::{net::IpAddr, path::Path};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use wirereel_dissect::record::{
    CloseReason, DirectionFigures, Endpoint, Flow, FlowEvent, FlowEventKind, FlowId, FlowSpan, Handshake, HttpExchange,
    IdentityKind, Protocol, Transport,
};
use wirereel_query::answer::ServiceKind;
use wirereel_store::{
    NewSource, Opened, PeerId, PeerName, PeerTable, Rows, SourceFigures, SourceId, SourceKind, Store, Writer,
};

/// 2026-11-20 12:00:00.25 UTC: not on a second, so that no bucket begins where the recording does.
pub(crate) const START_NS: i64 = 1_795_176_000_250_000_000;
pub(crate) const SECOND_NS: i64 = 1_000_000_000;

/// Services of the recording: name and address, the first one the entry point.
pub(crate) const SERVICES: [(&str, [u8; 4]); 4] =
    [("api-gateway", [127, 0, 1, 1]), ("cart", [127, 0, 1, 2]), ("order", [127, 0, 1, 3]), ("payment", [127, 0, 1, 4])];
/// Who calls whom, by index; the caller 100 is a customer.
const CALLS: [(usize, usize); 5] = [(100, 0), (0, 1), (0, 2), (2, 3), (1, 3)];
/// An address nobody names, which looks at the gateway now and then.
pub(crate) const STRANGER: [u8; 4] = [10, 9, 8, 7];

/// What went in, as plain values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    pub(crate) exchanges: Vec<HttpExchange>,
    pub(crate) events: Vec<FlowEvent>,
    pub(crate) flows: Vec<Flow>,
}

/// A store that holds the truth.
pub(crate) struct Recorded {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) truth: Truth,
    pub(crate) source: SourceId,
}

pub(crate) fn open(folder: &Path) -> Opened {
    Store::open(folder).unwrap()
}

pub(crate) fn endpoint(ip: [u8; 4], port: u16) -> Endpoint {
    Endpoint { ip: IpAddr::from(ip), port }
}

/// The name an address has in the recording.
pub(crate) fn service_of(end: Endpoint) -> &'static str {
    if end.ip == IpAddr::from(STRANGER) {
        return "10.9.8.7";
    }
    SERVICES.iter().find(|(_, ip)| IpAddr::from(*ip) == end.ip).map_or("customers", |(name, _)| name)
}

/// Opens a store and fills it with connections and exchanges of some minutes, in several batches.
pub(crate) fn recorded(seed: u64, connections: u64, minutes: i64) -> Recorded {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let truth = make_truth(seed, connections, minutes * 60 * SECOND_NS);
    let mut writer = store.writer().unwrap();
    writer.name_recording("r1", "shop").unwrap();
    let source = begin(&mut writer, "shop.pcapng");
    let mut peers = writer.peer_table().unwrap();
    let mut rows = writer.rows(source);
    let parts = 4;
    for part in 0..parts {
        let slice = |len: usize| len * part / parts..len * (part + 1) / parts;
        for event in &truth.events[slice(truth.events.len())] {
            let (client, server) = intern(&mut peers, event.client, event.server);
            rows.push_event(event, client, server);
        }
        for exchange in &truth.exchanges[slice(truth.exchanges.len())] {
            let (client, server) = intern(&mut peers, exchange.client, exchange.server);
            rows.push_exchange(exchange, client, server);
        }
        for flow in &truth.flows[slice(truth.flows.len())] {
            let (client, server) = intern(&mut peers, flow.client, flow.server);
            rows.push_flow(flow, client, server);
            rows.push_span(&FlowSpan {
                flow: flow.id,
                first_ns: flow.opened_ns,
                last_ns: flow.closed_ns,
                positions: vec![24 + flow.id.0 * 1_000, 124 + flow.id.0 * 1_000],
            });
        }
        writer.write(rows.take(&mut peers)).unwrap();
        name_all(&mut writer, &peers);
        writer.refresh_rollups().unwrap();
    }
    writer.replace_entry_points(&["api-gateway".into()], true).unwrap();
    let figures = SourceFigures { link_type: "EN10MB".into(), packets: 10, bytes: 1_000, ..SourceFigures::default() };
    writer.update_source(source, &figures).unwrap();
    drop(writer);
    Recorded { folder, store, truth, source }
}

pub(crate) fn begin(writer: &mut Writer, name: &str) -> SourceId {
    let source = NewSource { kind: SourceKind::File, name: name.into(), path: format!("/captures/{name}").into() };
    writer.begin_source(&source).unwrap()
}

pub(crate) fn intern(peers: &mut PeerTable, client: Endpoint, server: Endpoint) -> (PeerId, PeerId) {
    (
        peers.intern(client.ip, 0, None, None, None),
        peers.intern(server.ip, server.port, None, Some(service_of(server)), None),
    )
}

/// Names every peer as [`service_of`] says.
pub(crate) fn name_all(writer: &mut Writer, peers: &PeerTable) -> bool {
    let names: Vec<PeerName> = peers
        .iter()
        .map(|(peer, known)| {
            let service = service_of(Endpoint { ip: known.ip, port: known.port });
            let kind = match service {
                "customers" => ServiceKind::Customers,
                "10.9.8.7" => ServiceKind::Unresolved,
                _ => ServiceKind::Service,
            };
            PeerName { peer, service: service.into(), kind }
        })
        .collect();
    writer.replace_naming(&names).unwrap()
}

fn make_truth(seed: u64, connections: u64, length_ns: i64) -> Truth {
    let mut random = StdRng::seed_from_u64(seed);
    let mut truth = Truth::default();
    for id in 0..connections {
        let opened_ns = START_NS + random.random_range(0..length_ns);
        let (client, server, port) = match random.random_range(0..20) {
            0 => (STRANGER, SERVICES[0].1, 8080),
            n => {
                let (from, to) = CALLS[n % CALLS.len()];
                let customer = [192, 0, (id % 7) as u8, (id % 250) as u8];
                (SERVICES.get(from).map_or(customer, |service| service.1), SERVICES[to].1, 8080)
            }
        };
        let (client, server) = (endpoint(client, 30_000 + (id % 30_000) as u16), endpoint(server, port));
        connection(&mut random, &mut truth, FlowId(id), client, server, opened_ns);
    }
    truth.events.sort_by_key(|event| event.at_ns);
    truth.exchanges.sort_by_key(|exchange| exchange.finished_ns);
    truth.flows.sort_by_key(|flow| flow.closed_ns);
    truth
}

/// One connection: refused, or with some exchanges, an idle time now and then, and an end or none.
fn connection(
    random: &mut StdRng,
    truth: &mut Truth,
    flow: FlowId,
    client: Endpoint,
    server: Endpoint,
    opened_ns: i64,
) {
    let mut at_ns = opened_ns;
    let mut event = |at_ns: i64, kind| truth.events.push(FlowEvent { at_ns, flow, kind, client, server });
    event(at_ns, FlowEventKind::Connect);
    at_ns += random.random_range(1_000..900_000);
    let refused = random.random_range(0..25) == 0;
    let mut close_reason = CloseReason::Refused;
    if refused {
        event(at_ns, FlowEventKind::Refused);
    } else {
        event(at_ns, FlowEventKind::Accept);
        event(at_ns + 500, FlowEventKind::Established);
        at_ns += 1_000;
        for ordinal in 0..random.random_range(0..5) {
            let exchange = exchange(random, flow, ordinal, client, server, at_ns);
            at_ns = exchange.finished_ns + random.random_range(0..3 * SECOND_NS);
            truth.exchanges.push(exchange);
        }
        if random.random_range(0..6) == 0 {
            event(at_ns + 30 * SECOND_NS, FlowEventKind::Idle);
            at_ns += 40 * SECOND_NS;
            event(at_ns, FlowEventKind::Resume);
        }
        close_reason = match random.random_range(0..10) {
            0 => CloseReason::Rst,
            1 => CloseReason::Open,
            _ => CloseReason::Fin,
        };
        match close_reason {
            CloseReason::Rst => event(at_ns, FlowEventKind::Reset),
            CloseReason::Fin => event(at_ns, FlowEventKind::Close),
            _ => {}
        }
    }
    truth.flows.push(flow_row(flow, client, server, opened_ns, at_ns, close_reason));
}

pub(crate) fn flow_row(
    id: FlowId,
    client: Endpoint,
    server: Endpoint,
    opened_ns: i64,
    closed_ns: i64,
    close_reason: CloseReason,
) -> Flow {
    Flow {
        id,
        transport: Transport::Tcp,
        client,
        server,
        vlan: None,
        tunnel: None,
        opened_ns,
        closed_ns,
        close_reason,
        handshake: Handshake::Full,
        direction_known: true,
        rtt_us: Some(120),
        life_rtt: None,
        upgrade: None,
        from_client: DirectionFigures {
            packets: 5,
            bytes: 500,
            missed_bytes: 0,
            retransmits: 1,
            ..DirectionFigures::default()
        },
        from_server: DirectionFigures {
            packets: 4,
            bytes: 4_000,
            missed_bytes: 10,
            retransmits: 0,
            ..DirectionFigures::default()
        },
        app_protocol: Some("http"),
        history: "ShADadFf".into(),
        server_name: None,
    }
}

fn exchange(
    random: &mut StdRng,
    flow: FlowId,
    ordinal: u32,
    client: Endpoint,
    server: Endpoint,
    started_ns: i64,
) -> HttpExchange {
    let status = match random.random_range(0..100) {
        0..2 => None,
        2..6 => Some(503),
        6..12 => Some(404),
        _ => Some(200),
    };
    let shape: f64 = random.random_range(0.0..1.0);
    let took_ns = (200_000.0 * (1.0 + 400.0 * shape.powi(6))) as i64;
    let mut exchange = exchange_row(flow, ordinal, client, server, started_ns, took_ns, status);
    let path = format!("/{}/{}", service_of(server), random.random_range(1..40));
    (exchange.target, exchange.path) = (Some(path.as_str().into()), Some(path.into()));
    if status.is_none() {
        exchange.error = Some("no response".into());
    } else if random.random_range(0..60) == 0 {
        exchange.error = Some("reset".into());
    }
    exchange
}

pub(crate) fn exchange_row(
    flow: FlowId,
    ordinal: u32,
    client: Endpoint,
    server: Endpoint,
    started_ns: i64,
    took_ns: i64,
    status: Option<u16>,
) -> HttpExchange {
    HttpExchange {
        flow,
        ordinal,
        client,
        server,
        started_ns,
        response_ns: status.map(|_| started_ns + took_ns / 2),
        finished_ns: started_ns + took_ns,
        protocol: Protocol::Http11,
        method: Some("GET".into()),
        scheme: "http",
        host: Some(service_of(server).into()),
        target: Some("/cart?page=2".into()),
        path: Some("/cart".into()),
        status,
        grpc_status: None,
        request_messages: None,
        response_messages: None,
        stream_id: None,
        request_headers: "Host: cart\nAuthorization: <hidden>".into(),
        response_headers: "Content-Type: application/json".into(),
        request_body_bytes: 10,
        response_body_bytes: 250,
        request_content_encoding: None,
        response_content_encoding: Some("gzip".into()),
        content_type: Some("application/json".into()),
        user_agent: Some("k6/1.1".into()),
        x_forwarded_for: Some("203.0.113.9".into()),
        origin_ip: Some("203.0.113.9".into()),
        identity: Some("ada".into()),
        identity_kind: Some(IdentityKind::Jwt),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
        complete: status.is_some(),
        error: None,
    }
}

/// An empty collector with a fresh source, for tests that write their own rows.
pub(crate) fn collector(writer: &mut Writer) -> (Rows, PeerTable, SourceId) {
    let source = begin(writer, "one.pcap");
    (writer.rows(source), writer.peer_table().unwrap(), source)
}
