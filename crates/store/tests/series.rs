//! Series over time, against what went in.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use recorded::{
    Recorded, SECOND_NS, START_NS, Truth, collector, endpoint, exchange_row, intern, name_all, open, recorded,
    service_of,
};
use wirereel_dissect::record::{Endpoint, FlowEvent, FlowEventKind, FlowId, HttpExchange};
use wirereel_query::{
    question::TimeRange,
    reel::{Metric, Remark, RemarkKind, Series, SeriesQuestion},
};
use wirereel_store::StoreError;

const METRICS: [Metric; 8] = [
    Metric::RequestsIn,
    Metric::RequestsOut,
    Metric::FailureRate,
    Metric::P50,
    Metric::P95,
    Metric::P99,
    Metric::ActiveConnections,
    Metric::Bytes,
];
const NAMES: [&str; 4] = ["payment", "customers", "api-gateway", "10.9.8.7"];

fn question(range: TimeRange, points: u32, metric: Metric, filter: &str) -> SeriesQuestion {
    SeriesQuestion { range, points, metric, services: NAMES.map(str::to_owned).to_vec(), filter: filter.into() }
}

fn ask(recorded: &Recorded, question: &SeriesQuestion) -> Series {
    recorded.store.reader(None).unwrap().series(question).unwrap()
}

/// Whether an edge counts for a service by a metric.
fn counts(metric: Metric, name: &str, client: Endpoint, server: Endpoint) -> bool {
    match metric {
        Metric::RequestsIn if name == "customers" => false,
        Metric::RequestsOut => service_of(client) == name,
        _ if name == "customers" => service_of(client) == name,
        _ => service_of(server) == name,
    }
}

/// First and last instant of everything that went in.
fn extent_ns(recorded: &Recorded) -> (i64, i64) {
    let Truth { exchanges, events, flows } = &recorded.truth;
    let ends = exchanges.iter().map(|x| x.finished_ns).chain(events.iter().map(|event| event.at_ns));
    let last_ns = ends.chain(flows.iter().map(|flow| flow.closed_ns)).max().unwrap();
    (flows.iter().map(|flow| flow.opened_ns).min().unwrap(), last_ns)
}

/// The value of a bucket, added up from every single record.
fn expected(
    recorded: &Recorded,
    extent_ns: (i64, i64),
    metric: Metric,
    name: &str,
    from_ns: i64,
    to_ns: i64,
    status: Option<u16>,
) -> Option<f64> {
    if metric == Metric::RequestsIn && name == "customers" {
        return None;
    }
    let (first_ns, last_ns) = extent_ns;
    let seconds = (to_ns.min(last_ns + 1) - from_ns.max(first_ns)) as f64 / 1e9;
    if seconds <= 0.0 {
        return None;
    }
    let ours = |client, server| counts(metric, name, client, server);
    let exchanges: Vec<&HttpExchange> = recorded
        .truth
        .exchanges
        .iter()
        .filter(|x| {
            (from_ns..to_ns).contains(&x.started_ns)
                && ours(x.client, x.server)
                && status.is_none_or(|status| x.status == Some(status))
        })
        .collect();
    let failed = |x: &&&HttpExchange| x.status.is_none_or(|status| status >= 500 || x.error.is_some());
    let percentile = |share: f64| {
        let mut took: Vec<i64> =
            exchanges.iter().filter(|x| x.status.is_some()).map(|x| (x.finished_ns - x.started_ns) / 1_000).collect();
        took.sort_unstable();
        (!took.is_empty()).then(|| took[(((share * took.len() as f64).ceil() as usize).max(1)) - 1] as f64)
    };
    match metric {
        Metric::RequestsIn | Metric::RequestsOut => Some(exchanges.len() as f64 / seconds),
        Metric::FailureRate => {
            (!exchanges.is_empty()).then(|| exchanges.iter().filter(failed).count() as f64 / exchanges.len() as f64)
        }
        Metric::P50 => percentile(0.5),
        Metric::P95 => percentile(0.95),
        Metric::P99 => percentile(0.99),
        Metric::Bytes => {
            Some(exchanges.iter().map(|x| (x.request_body_bytes + x.response_body_bytes) as f64).sum::<f64>() / seconds)
        }
        Metric::ActiveConnections => {
            let delta = |event: &&FlowEvent| match event.kind {
                FlowEventKind::Established | FlowEventKind::Resume => 1.0,
                FlowEventKind::Close | FlowEventKind::Reset | FlowEventKind::Idle => -1.0,
                _ => 0.0,
            };
            let before =
                recorded.truth.events.iter().filter(|event| event.at_ns < to_ns && ours(event.client, event.server));
            Some(before.map(|event| delta(&event)).sum())
        }
    }
}

fn compare(recorded: &Recorded, range: TimeRange, points: u32, filter: &str, status: Option<u16>, bucket_us: i64) {
    let extent_ns = extent_ns(recorded);
    for metric in METRICS {
        let series = ask(recorded, &question(range, points, metric, filter));
        assert_eq!((series.metric, series.bucket_us), (metric, bucket_us));
        assert!(series.range.from_us <= range.from_us && series.range.to_us >= range.to_us);
        for (one, name) in series.series.iter().zip(NAMES) {
            assert_eq!(one.service, name);
            let status = status.filter(|_| metric != Metric::ActiveConnections);
            let count = (series.range.to_us - series.range.from_us) / bucket_us;
            assert_eq!(one.values.len() as i64, count);
            for (place, value) in one.values.iter().enumerate() {
                let from_ns = (series.range.from_us + place as i64 * bucket_us) * 1_000;
                let told = expected(recorded, extent_ns, metric, name, from_ns, from_ns + bucket_us * 1_000, status);
                let close = match (*value, told) {
                    // A latency is the middle of its class, which is 3 % off at most.
                    (Some(value), Some(told)) => (value - told).abs() <= told.abs() * 0.0313 + 1e-9,
                    (value, told) => value == told,
                };
                assert!(close, "{metric:?} of {name} in bucket {place}: {value:?} instead of {told:?}");
            }
            let (from_ns, to_ns) = (series.range.from_us * 1_000, series.range.to_us * 1_000);
            if metric != Metric::ActiveConnections {
                let (mean, told) = (one.mean, expected(recorded, extent_ns, metric, name, from_ns, to_ns, status));
                let close = match (mean, told) {
                    (Some(mean), Some(told)) => (mean - told).abs() <= told.abs() * 0.0313 + 1e-9,
                    (mean, told) => mean == told,
                };
                assert!(close, "mean {metric:?} of {name}: {mean:?} instead of {told:?}");
            }
        }
    }
}

#[test]
fn every_metric_is_what_the_records_add_up_to() {
    let recorded = recorded(41, 900, 6);
    let whole = recorded.store.reader(None).unwrap().recording().unwrap().range.unwrap();
    // Beyond the recording on both sides: there is nothing there, not zero.
    let range = TimeRange { from_us: whole.from_us - 7_000_000, to_us: whole.to_us + 9_000_000 };
    compare(&recorded, range, 300, "", None, 2_000_000);
    compare(&recorded, range, 9, "", None, 60_000_000);
    let inside = TimeRange { from_us: whole.from_us + 60_000_123, to_us: whole.from_us + 68_000_000 };
    compare(&recorded, inside, 40, "", None, 199_997);
    compare(&recorded, range, 30, "status:503", Some(503), 20_000_000);
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let recorded = recorded(42, 20, 1);
    let range = TimeRange { from_us: START_NS / 1_000, to_us: START_NS / 1_000 + 1 };
    let refused = |question: &SeriesQuestion| recorded.store.reader(None).unwrap().series(question).unwrap_err();
    let good = question(range, 10, Metric::P50, "");
    for bad in [
        SeriesQuestion { points: 0, ..good.clone() },
        SeriesQuestion { points: 4_001, ..good.clone() },
        SeriesQuestion { services: Vec::new(), ..good.clone() },
        SeriesQuestion { services: vec!["payment".into(); 9], ..good.clone() },
        SeriesQuestion { range: TimeRange { from_us: 5, to_us: 5 }, ..good.clone() },
    ] {
        assert!(matches!(refused(&bad), StoreError::BadQuestion(_)));
    }
    assert!(matches!(refused(&SeriesQuestion { services: vec!["nobody".into()], ..good }), StoreError::NotFound(_)));
}

#[test]
fn a_silence_is_told_from_the_last_answer_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (client, server) = (endpoint([127, 0, 1, 1], 40_000), endpoint([127, 0, 1, 4], 8080));
    let (a, b) = intern(&mut peers, client, server);
    // Four answers a second for a minute, nothing for half of one but refused connections, and as before.
    let answer_ns = 10_000_000;
    for n in 0..600_i64 {
        let started_ns = START_NS + n * SECOND_NS / 4;
        if (240..360).contains(&n) {
            if n % 20 == 0 {
                let event = FlowEvent {
                    at_ns: started_ns,
                    flow: FlowId(n as u64),
                    kind: FlowEventKind::Refused,
                    client,
                    server,
                };
                rows.push_event(&event, a, b);
            }
            continue;
        }
        rows.push_exchange(
            &exchange_row(FlowId(1), n as u32, client, server, started_ns, 2 * answer_ns, Some(200)),
            a,
            b,
        );
    }
    writer.write(rows.take(&mut peers)).unwrap();
    name_all(&mut writer, &peers);
    writer.refresh_rollups().unwrap();
    drop(writer);
    let reader = store.reader(None).unwrap();
    let range = reader.recording().unwrap().range.unwrap();
    let at_us = |n: i64| (START_NS + n * SECOND_NS / 4 + answer_ns) / 1_000;
    let silence =
        Remark { kind: RemarkKind::Silence, range: TimeRange { from_us: at_us(239), to_us: at_us(360) }, value: None };
    for (points, metric) in [(150, Metric::RequestsIn), (1_500, Metric::P95), (15, Metric::FailureRate)] {
        let services = vec!["payment".to_owned(), "api-gateway".to_owned()];
        let series = reader.series(&SeriesQuestion { range, points, metric, services, filter: String::new() }).unwrap();
        assert_eq!(series.series[0].remarks, std::slice::from_ref(&silence), "{points} points");
        assert_eq!(series.series[1].remarks, [], "a service that is not asked is not silent");
    }
}
