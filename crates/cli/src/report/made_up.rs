//! A recording made up for the report's tests.

use wirereel_query::{
    answer::{
        Density, EndpointFigures, Gap, Golden, HeatStrip, Inspection, Recording, ServiceEdge, ServiceKind, ServiceNode,
        SourceSummary, Topology,
    },
    customers::UnresolvedRow,
    question::TimeRange,
};

use super::ReportData;

const RANGE: TimeRange = TimeRange { from_us: 1_763_647_331_000_000, to_us: 1_763_647_661_000_000 };

const CALLS: &[(&str, &str, u64, f64)] = &[
    ("customers", "api-gateway", 31_220, 0.021),
    ("api-gateway", "product-catalog-service", 18_400, 0.002),
    ("api-gateway", "recommendation-service", 6_100, 0.0),
    ("api-gateway", "search-service", 4_020, 0.0),
    ("api-gateway", "flash-sale-service", 5_230, 0.03),
    ("api-gateway", "auth-service", 7_800, 0.0),
    ("api-gateway", "cart-service", 3_900, 0.004),
    ("api-gateway", "order-service", 1_150, 0.18),
    ("api-gateway", "inventory-service", 2_010, 0.0),
    ("api-gateway", "pricing-service", 2_010, 0.0),
    ("api-gateway", "analytics-service", 30_800, 0.0),
    ("search-service", "product-catalog-service", 4_020, 0.0),
    ("recommendation-service", "product-catalog-service", 6_100, 0.0),
    ("flash-sale-service", "inventory-service", 5_230, 0.01),
    ("flash-sale-service", "pricing-service", 5_230, 0.0),
    ("cart-service", "inventory-service", 3_900, 0.0),
    ("order-service", "user-service", 1_150, 0.0),
    ("order-service", "inventory-service", 1_150, 0.0),
    ("order-service", "payment-service", 1_120, 0.31),
    ("order-service", "shipping-service", 780, 0.0),
    ("order-service", "notification-service", 770, 0.0),
];

fn golden(requests: u64, error_share: f64, p50_us: u64) -> Golden {
    let failures = (requests as f64 * error_share) as u64;
    Golden {
        requests,
        rate: requests as f64 / 330.0,
        errors_4xx: requests / 50,
        errors_5xx: failures - failures / 4,
        failed: failures / 4,
        error_share,
        p50_us: Some(p50_us),
        p95_us: Some(p50_us * 6),
        p99_us: Some(p50_us * 15),
        bytes_up: requests * 400,
        bytes_down: requests * 2_300,
    }
}

fn node(name: &str, kind: ServiceKind) -> ServiceNode {
    let asked: Vec<_> = CALLS
        .iter()
        .filter(|(client, server, ..)| if kind == ServiceKind::Customers { *client == name } else { *server == name })
        .collect();
    let requests: u64 = asked.iter().map(|(_, _, requests, _)| requests).sum();
    let errors: f64 = asked.iter().map(|(_, _, requests, share)| *requests as f64 * share).sum();
    ServiceNode {
        name: name.into(),
        kind,
        golden: golden(requests, errors / requests.max(1) as f64, 1_500 + 777 * name.len() as u64),
        trend: vec![0; 24],
        error_trend: vec![0; 24],
        active_connections: 4,
        entry_point: name == "api-gateway",
        addresses: vec!["127.0.1.10".into()],
        blocks: Vec::new(),
        address_count: if kind == ServiceKind::Customers { 412 } else { 1 },
    }
}

/// A hump that is higher during the flash sale.
fn shape(bucket: usize) -> f64 {
    let t = bucket as f64 / 240.0;
    0.35 + 0.1 * (t * 40.0).sin() + if (0.35..0.7).contains(&t) { 0.5 } else { 0.0 }
}

fn inspection(name: &str) -> Inspection {
    let node = node(name, ServiceKind::Service);
    let columns = 120u32;
    let bounds_us: Vec<u64> = (0..10).map(|class| 500 << class).collect();
    let mut counts = Vec::new();
    for column in 0..columns as usize {
        for class in 0..=bounds_us.len() {
            let centre = 3.0 + 2.0 * shape(column * 2) + (column as f64 * 0.9).sin() * 0.6;
            let near = (-(class as f64 - centre).powi(2) / 2.0).exp();
            counts.push((node.golden.requests as f64 / 120.0 * shape(column * 2) * near * 0.4) as u32);
        }
    }
    let endpoint = |method: &str, path: &str, part: u64, error_share: f64| EndpointFigures {
        method: method.into(),
        path: path.into(),
        golden: golden(node.golden.requests / part, error_share, 2_000 * part),
    };
    Inspection {
        client: None,
        server: name.into(),
        kind: ServiceKind::Service,
        golden: node.golden,
        baseline: None,
        baseline_range: None,
        finding: (name == "payment-service")
            .then(|| "31 % of the answers are errors, all of them between 14:04 and 14:05".into()),
        heat: HeatStrip {
            range: RANGE,
            columns,
            bounds_us,
            counts,
            failed: (0..columns).map(|c| u32::from((50..70).contains(&c)) * 3).collect(),
        },
        endpoints: vec![
            endpoint("GET", "/products/:id", 2, 0.0),
            endpoint("POST", "/orders", 5, node.golden.error_share),
            endpoint("GET", "/a<b>&\"c\"", 9, 0.0),
        ],
        last_failing: Vec::new(),
        connects: 120,
        refused: 3,
        resets: 1,
        active_connections: 4,
        addresses: vec!["127.0.1.10".into()],
        protocol: "http/1.1".into(),
    }
}

/// The shop of fifteen services during a flash sale.
pub(super) fn shop() -> ReportData {
    let mut names: Vec<&str> = CALLS.iter().flat_map(|(client, server, ..)| [*client, *server]).collect();
    names.sort_unstable();
    names.dedup();
    let kind = |name: &str| if name == "customers" { ServiceKind::Customers } else { ServiceKind::Service };
    let edges = CALLS.iter().map(|(client, server, requests, error_share)| ServiceEdge {
        client: (*client).into(),
        server: (*server).into(),
        golden: golden(*requests, *error_share, 2_400 + 555 * server.len() as u64),
        connects: 40,
        refused: u64::from(*error_share > 0.1) * 57,
        resets: 2,
        active_connections: 3,
        protocol: "http/1.1".into(),
    });
    let requests: Vec<u32> = (0..240).map(|bucket| (shape(bucket) * 200.0) as u32).collect();
    let errors = (0..240).map(|bucket| if (100..140).contains(&bucket) { 30 } else { u32::from(bucket % 17 == 0) * 3 });
    ReportData {
        recording: Recording {
            recording_id: "1".into(),
            name: "shop-flash-sale.pcapng".into(),
            range: Some(RANGE),
            sources: vec![SourceSummary {
                source_id: 1,
                name: "shop-flash-sale.pcapng".into(),
                kind: "file".into(),
                link_type: "EN10MB".into(),
                packets: 214_332,
                bytes: 48_120_000,
                dropped: 12,
                truncated: true,
                warnings: vec![
                    "cut off at byte 48120011: the record at byte 48119980 needs 90 bytes, 31 are there".into(),
                ],
            }],
            packets: 214_332,
            bytes: 48_120_000,
            flows: 9_812,
            exchanges: 131_220,
            dns_queries: 412,
            services: 15,
            problems: 2,
        },
        topology: Topology {
            range: RANGE,
            nodes: names.iter().map(|name| node(name, kind(name))).collect(),
            edges: edges.collect(),
            entry_points: vec!["api-gateway".into()],
            entry_points_guessed: true,
        },
        incidents: Vec::new(),
        density: Density {
            range: RANGE,
            bucket_us: 330e6 / 240.0,
            requests,
            errors: errors.collect(),
            matches: Vec::new(),
            gaps: vec![Gap {
                range: TimeRange { from_us: RANGE.from_us + 200_000_000, to_us: RANGE.from_us + 215_000_000 },
                reason: "dropped".into(),
                lost_packets: 12,
            }],
        },
        inspections: ["api-gateway", "product-catalog-service", "order-service", "payment-service"]
            .map(inspection)
            .into(),
        unresolved: vec![UnresolvedRow {
            ip: "203.0.113.24".into(),
            port: Some(5432),
            first_seen_us: RANGE.from_us,
            last_seen_us: RANGE.to_us,
            flows: 12,
            requests: 0,
            bytes: 48_000,
            talks_to: vec!["user-service".into()],
            talks_to_total: 1,
            hint: "PostgreSQL".into(),
            reverse_dns: None,
        }],
    }
}

/// A capture without a packet.
pub(super) fn nothing() -> ReportData {
    let none = TimeRange { from_us: 0, to_us: 0 };
    ReportData {
        recording: Recording {
            recording_id: "1".into(),
            name: "empty.pcap".into(),
            range: None,
            sources: Vec::new(),
            packets: 0,
            bytes: 0,
            flows: 0,
            exchanges: 0,
            dns_queries: 0,
            services: 0,
            problems: 0,
        },
        topology: Topology {
            range: none,
            nodes: Vec::new(),
            edges: Vec::new(),
            entry_points: Vec::new(),
            entry_points_guessed: true,
        },
        incidents: Vec::new(),
        density: Density {
            range: none,
            bucket_us: 1.0,
            requests: Vec::new(),
            errors: Vec::new(),
            matches: Vec::new(),
            gaps: Vec::new(),
        },
        inspections: Vec::new(),
        unresolved: Vec::new(),
    }
}
