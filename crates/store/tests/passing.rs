//! Events as they pass, against what went in.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use recorded::{
    Recorded, SECOND_NS, START_NS, collector, endpoint, exchange_row, name_all, open, recorded, service_of,
};
use wirereel_dissect::record::{FlowEvent, FlowEventKind, FlowId, HttpExchange};
use wirereel_query::{
    question::TimeRange,
    reel::{Passing, PassingEvent, PassingKind, PassingQuestion},
};
use wirereel_store::{StoreError, flow_number};

fn ask(recorded: &Recorded, range: TimeRange, filter: &str, limit: u32) -> Passing {
    let question = PassingQuestion { range, filter: filter.into(), limit };
    recorded.store.reader(None).unwrap().passing(&question).unwrap()
}

fn kind_of(kind: FlowEventKind) -> Option<PassingKind> {
    Some(match kind {
        FlowEventKind::Connect => PassingKind::Connect,
        FlowEventKind::Accept => PassingKind::Accept,
        FlowEventKind::Established => PassingKind::Established,
        FlowEventKind::Refused => PassingKind::Refused,
        FlowEventKind::Close => PassingKind::Close,
        FlowEventKind::Reset => PassingKind::Reset,
        FlowEventKind::Idle => PassingKind::Idle,
        FlowEventKind::Resume => return None,
    })
}

/// Both messages of an exchange with their times.
fn messages(recorded: &Recorded, place: usize, exchange: &HttpExchange) -> Vec<(i64, PassingEvent)> {
    let went_wrong = exchange.status.is_none_or(|status| status >= 500 || exchange.error.as_deref() == Some("reset"));
    let request = PassingEvent {
        at_us: exchange.started_ns / 1_000,
        kind: PassingKind::Request,
        client: service_of(exchange.client).into(),
        server: service_of(exchange.server).into(),
        flow_id: flow_number(recorded.source, exchange.flow),
        exchange_id: Some(place as u64 + 1),
        label: Some(format!("GET {}", exchange.path.as_deref().unwrap())),
        status: None,
        failed: went_wrong && exchange.response_ns.is_none(),
    };
    let mut both = vec![(exchange.started_ns, request.clone())];
    both.extend(exchange.response_ns.map(|at_ns| {
        let response = PassingEvent {
            at_us: at_ns / 1_000,
            kind: PassingKind::Response,
            status: exchange.status,
            failed: went_wrong,
            ..request
        };
        (at_ns, response)
    }));
    both
}

/// Everything that happened, in order. No two events of one connection have one nanosecond here.
fn all(recorded: &Recorded) -> Vec<PassingEvent> {
    let mut events: Vec<(i64, PassingEvent)> = Vec::new();
    for event in &recorded.truth.events {
        let Some(kind) = kind_of(event.kind) else { continue };
        let shown = PassingEvent {
            at_us: event.at_ns / 1_000,
            kind,
            client: service_of(event.client).into(),
            server: service_of(event.server).into(),
            flow_id: flow_number(recorded.source, event.flow),
            exchange_id: None,
            label: None,
            status: None,
            failed: matches!(kind, PassingKind::Refused | PassingKind::Reset),
        };
        events.push((event.at_ns, shown));
    }
    for (place, exchange) in recorded.truth.exchanges.iter().enumerate() {
        events.extend(messages(recorded, place, exchange));
    }
    events.sort_by_key(|(at_ns, event)| (*at_ns, event.flow_id, event.kind));
    events.into_iter().map(|(_, event)| event).collect()
}

fn whole(recorded: &Recorded) -> TimeRange {
    recorded.store.reader(None).unwrap().recording().unwrap().range.unwrap()
}

#[test]
fn everything_passes_once_and_in_order_however_it_is_cut() {
    let recorded = recorded(31, 600, 4);
    let range = whole(&recorded);
    let expected = all(&recorded);
    let mut passed = Vec::new();
    let mut from_us = range.from_us;
    loop {
        let part = ask(&recorded, TimeRange { from_us, ..range }, "", 97);
        passed.extend(part.events);
        assert!(part.complete_to_us > from_us, "each part goes on");
        from_us = part.complete_to_us;
        if !part.truncated {
            break;
        }
    }
    assert_eq!(from_us, range.to_us);
    assert_eq!(passed, expected);
}

#[test]
fn a_range_holds_what_happens_in_it_and_no_more() {
    let recorded = recorded(32, 600, 4);
    let from_us = START_NS / 1_000 + 61_000_003;
    let range = TimeRange { from_us, to_us: from_us + 7_300_000 };
    let expected: Vec<_> =
        all(&recorded).into_iter().filter(|event| (range.from_us..range.to_us).contains(&event.at_us)).collect();
    assert!(expected.len() > 20);
    let passing = ask(&recorded, range, "", 2_000);
    assert_eq!(passing, Passing { range, events: expected, truncated: false, complete_to_us: range.to_us });
}

#[test]
fn with_a_filter_only_matching_exchanges_pass() {
    let recorded = recorded(33, 300, 4);
    let mut expected = all(&recorded);
    expected.retain(|event| event.exchange_id.is_some() && event.server == "payment");
    assert_eq!(ask(&recorded, whole(&recorded), "server:payment", 2_000).events, expected);
}

#[test]
fn what_one_connection_does_in_one_instant_keeps_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (client, server) = (endpoint([192, 0, 2, 1], 40_000), endpoint([127, 0, 1, 1], 8080));
    let flow = FlowId(5);
    let (a, b) = recorded::intern(&mut peers, client, server);
    // A capture of whole microseconds: two exchanges follow each other, and the connection ends, in one of them.
    let at_ns = START_NS + SECOND_NS;
    for ordinal in [1, 0] {
        rows.push_exchange(&exchange_row(flow, ordinal, client, server, at_ns, 0, Some(200)), a, b);
    }
    for kind in [FlowEventKind::Close, FlowEventKind::Established, FlowEventKind::Connect, FlowEventKind::Accept] {
        rows.push_event(&FlowEvent { at_ns, flow, kind, client, server }, a, b);
    }
    writer.write(rows.take(&mut peers)).unwrap();
    name_all(&mut writer, &peers);
    let range = TimeRange { from_us: at_ns / 1_000, to_us: at_ns / 1_000 + 1 };
    let question = |limit| PassingQuestion { range, filter: String::new(), limit };
    let reader = store.reader(None).unwrap();
    let passing = reader.passing(&question(100)).unwrap();
    use PassingKind::{Accept, Close, Connect, Established, Request, Response};
    let kinds: Vec<_> = passing.events.iter().map(|event| (event.kind, event.exchange_id)).collect();
    let order = [
        (Connect, None),
        (Accept, None),
        (Established, None),
        (Request, Some(2)),
        (Response, Some(2)),
        (Request, Some(1)),
        (Response, Some(1)),
        (Close, None),
    ];
    assert_eq!(kinds, order);
    let some = reader.passing(&question(3)).unwrap();
    assert_eq!((some.events, some.truncated, some.complete_to_us), (passing.events[..3].to_vec(), true, range.from_us));
    for limit in [0, 2_001] {
        assert!(matches!(reader.passing(&question(limit)), Err(StoreError::BadQuestion(_))));
    }
}
