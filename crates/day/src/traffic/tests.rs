use std::collections::HashMap;

use wirereel_dissect::record::{Flow, FlowEvent, HttpExchange};

use super::*;

/// What a sink was given.
#[derive(Debug, Default, PartialEq)]
struct Given {
    events: Vec<FlowEvent>,
    exchanges: Vec<HttpExchange>,
    flows: Vec<Flow>,
}

impl Sink for Given {
    fn flow(&mut self, flow: Flow) {
        self.flows.push(flow);
    }
    fn flow_event(&mut self, event: FlowEvent) {
        self.events.push(event);
    }
    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.exchanges.push(exchange);
    }
}

/// The records of each source.
fn given(plan: &Plan) -> Vec<Given> {
    let mut day = Day::new(plan);
    let mut sources = Vec::new();
    while day.next_source().is_some() {
        let mut given = Given::default();
        while day.step(&mut given) {}
        sources.push(given);
    }
    let events: usize = sources.iter().map(|given| given.events.len() + given.exchanges.len()).sum();
    assert_eq!(day.counts().events(), events as u64);
    sources
}

#[test]
fn a_plan_gives_about_its_number_of_events_and_the_same_ones_again() {
    let plan = Plan::of_15_services(60_000);
    let sources = given(&plan);
    let events: usize = sources.iter().map(|given| given.events.len() + given.exchanges.len()).sum();
    assert!((45_000..75_000).contains(&events), "{events}");
    assert_eq!(sources.len(), 3);
    assert_eq!(sources, given(&plan));
}

#[test]
fn every_connection_lives_as_connections_do() {
    for plan in [Plan::of_15_services(60_000), Plan::of_500_services(60_000)] {
        for source in given(&plan) {
            let mut lives: HashMap<u64, Vec<FlowEventKind>> = HashMap::new();
            for event in &source.events {
                lives.entry(event.flow.0).or_default().push(event.kind);
            }
            assert_eq!(lives.len(), source.flows.len());
            for flow in &source.flows {
                check_life(flow.close_reason, &lives[&flow.id.0]);
                assert!(flow.opened_ns <= flow.closed_ns + 1_200_000_000, "{flow:?}");
            }
            let mut ordinals: HashMap<u64, u32> = HashMap::new();
            for exchange in &source.exchanges {
                let next = ordinals.entry(exchange.flow.0).or_default();
                assert_eq!(exchange.ordinal, *next);
                *next += 1;
            }
        }
    }
}

fn check_life(reason: CloseReason, events: &[FlowEventKind]) {
    use FlowEventKind::{Accept, Close, Connect, Established, Idle, Refused, Reset, Resume};
    let last = events.last().copied();
    match reason {
        CloseReason::Refused => {
            assert!(matches!(events, [Connect, Refused] | [Connect, Accept, Refused]), "{events:?}")
        }
        CloseReason::Unanswered => assert_eq!(events, [Connect]),
        CloseReason::Fin => assert_eq!(last, Some(Close)),
        CloseReason::Rst => assert_eq!(last, Some(Reset)),
        _ => assert!(!matches!(last, Some(Close | Reset | Refused)), "{events:?}"),
    }
    let mut active = 0;
    for kind in events {
        active += match kind {
            Established | Resume => 1,
            Close | Reset | Idle => -1,
            Connect | Accept | Refused => 0,
        };
        assert!((0..=1).contains(&active), "{events:?}");
    }
}

#[test]
fn nobody_answers_for_a_service_that_is_out() {
    let plan = Plan::of_15_services(400_000);
    let faults = Day::new(&plan).faults();
    let sources = given(&plan);
    for fault in faults.iter().filter(|fault| matches!(fault.kind, FaultKind::Crash | FaultKind::Freeze)) {
        let inside = |at_ns: i64| (fault.from_ns..fault.to_ns).contains(&at_ns);
        let exchanges = || sources.iter().flat_map(|given| &given.exchanges);
        let answered = exchanges()
            .filter(|x| x.host.as_deref() == fault.service.as_deref() && x.response_ns.is_some_and(inside))
            .count();
        let bad_gateways = exchanges().filter(|x| x.status == Some(502) && inside(x.started_ns)).count();
        // A frozen service's answers that were under way are on the wire already.
        assert!(answered <= if fault.kind == FaultKind::Crash { 0 } else { 3 }, "{fault:?}: {answered} answers");
        assert!(bad_gateways > 0, "{fault:?}");
    }
}
