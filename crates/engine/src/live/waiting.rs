//! Records of live packets wait until the host's sockets were looked at after them: a new connection's first rows already say whose it is.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use wirereel_dissect::record::{DnsQuery, Flow, FlowEvent, FlowSpan, HttpExchange, Problem, Sink, TlsHandshake};

/// So long at most, in packet time: rows are to be seen within two seconds.
const LONGEST_NS: i64 = 1_000_000_000;
/// And so long by this machine's clock, where no packet and nothing else tells the time any more.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);
/// So many at most; what came first goes on without an owner then.
pub(crate) const MOST_RECORDS: usize = 32_768;

enum Record {
    Flow(Box<Flow>),
    Event(FlowEvent),
    Span(FlowSpan),
    Exchange(Box<HttpExchange>),
    Dns(Box<DnsQuery>),
    Tls(Box<TlsHandshake>),
    Problem(Box<Problem>),
}

/// A record, and the packet that it came with.
struct Held {
    at_ns: i64,
    /// The how manyth of the run.
    packet: u64,
    record: Record,
}

/// Records in the order in which they came.
#[derive(Default)]
pub(crate) struct Waiting {
    records: VecDeque<Held>,
    now_ns: i64,
    packets: u64,
    /// Records of packets up to this one have gone.
    gone: u64,
    /// Since when it has been so late.
    moved: Option<Instant>,
}

impl Waiting {
    /// It is so late; records that come from now on came then.
    pub(crate) fn set_now(&mut self, now_ns: i64) {
        if now_ns > self.now_ns {
            self.now_ns = now_ns;
            self.moved = Some(Instant::now());
        }
    }

    /// Another packet: records that come from now on come with it.
    pub(crate) fn packet(&mut self) {
        self.packets += 1;
    }

    /// Packets so far, and up to which of them records have gone.
    pub(crate) fn reached(&self) -> (u64, u64) {
        (self.packets, self.gone)
    }

    /// Lets go what came with the first so many packets.
    pub(crate) fn let_go_of(&mut self, packets: u64, sink: &mut dyn Sink) {
        while self.records.front().is_some_and(|held| held.packet <= packets) && self.one(sink) {}
    }

    /// Lets go what came before the last look at the sockets, and what has waited long enough.
    pub(crate) fn let_go(&mut self, looked_ns: Option<i64>, sink: &mut dyn Sink) {
        if self.moved.is_some_and(|moved| moved.elapsed() >= LONGEST_SILENCE) {
            return self.let_all_go(sink);
        }
        let looked_ns = looked_ns.unwrap_or(i64::MIN).max(self.now_ns.saturating_sub(LONGEST_NS));
        let may_go = |held: &Held| held.at_ns <= looked_ns;
        while (self.records.len() > MOST_RECORDS || self.records.front().is_some_and(may_go)) && self.one(sink) {}
    }

    /// Lets everything go.
    pub(crate) fn let_all_go(&mut self, sink: &mut dyn Sink) {
        while self.one(sink) {}
    }

    /// Lets the first one go; false when there is none.
    fn one(&mut self, sink: &mut dyn Sink) -> bool {
        let Some(Held { packet, record, .. }) = self.records.pop_front() else { return false };
        self.gone = packet;
        hand_on(record, sink);
        true
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    fn hold(&mut self, record: Record) {
        self.records.push_back(Held { at_ns: self.now_ns, packet: self.packets, record });
    }
}

fn hand_on(record: Record, sink: &mut dyn Sink) {
    match record {
        Record::Flow(flow) => sink.flow(*flow),
        Record::Event(event) => sink.flow_event(event),
        Record::Span(span) => sink.flow_span(span),
        Record::Exchange(exchange) => sink.http_exchange(*exchange),
        Record::Dns(query) => sink.dns_query(*query),
        Record::Tls(handshake) => sink.tls_handshake(*handshake),
        Record::Problem(problem) => sink.problem(*problem),
    }
}

impl Sink for Waiting {
    fn flow(&mut self, flow: Flow) {
        self.hold(Record::Flow(Box::new(flow)));
    }

    fn flow_event(&mut self, event: FlowEvent) {
        self.hold(Record::Event(event));
    }

    fn flow_span(&mut self, span: FlowSpan) {
        self.hold(Record::Span(span));
    }

    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.hold(Record::Exchange(Box::new(exchange)));
    }

    fn dns_query(&mut self, query: DnsQuery) {
        self.hold(Record::Dns(Box::new(query)));
    }

    fn tls_handshake(&mut self, handshake: TlsHandshake) {
        self.hold(Record::Tls(Box::new(handshake)));
    }

    fn problem(&mut self, problem: Problem) {
        self.hold(Record::Problem(Box::new(problem)));
    }
}

#[cfg(test)]
mod tests {
    use wirereel_dissect::record::{Endpoint, FlowEventKind, FlowId};

    use super::*;

    #[derive(Default)]
    struct Came(Vec<i64>);

    impl Sink for Came {
        fn flow_event(&mut self, event: FlowEvent) {
            self.0.push(event.at_ns);
        }
    }

    fn event(at_ns: i64) -> FlowEvent {
        let end = Endpoint { ip: "127.0.0.1".parse().unwrap(), port: 1 };
        FlowEvent { at_ns, flow: FlowId(0), kind: FlowEventKind::Connect, client: end, server: end }
    }

    fn holding(times: &[i64]) -> Waiting {
        let mut waiting = Waiting::default();
        for &at_ns in times {
            waiting.set_now(at_ns);
            waiting.flow_event(event(at_ns));
        }
        waiting
    }

    #[test]
    fn records_wait_for_the_next_look_and_keep_their_order() {
        let mut waiting = holding(&[100, 200, 300]);
        let mut came = Came::default();
        waiting.let_go(Some(200), &mut came);
        assert_eq!(came.0, [100, 200]);
        waiting.let_all_go(&mut came);
        assert_eq!(came.0, [100, 200, 300]);
    }

    #[test]
    fn nothing_waits_longer_than_a_second() {
        let mut waiting = holding(&[100, 200]);
        let mut came = Came::default();
        waiting.set_now(150 + LONGEST_NS);
        waiting.let_go(None, &mut came);
        assert_eq!(came.0, [100]);
    }

    #[test]
    fn nothing_waits_for_a_source_that_has_fallen_silent() {
        let mut waiting = holding(&[100]);
        let mut came = Came::default();
        waiting.let_go(None, &mut came);
        assert_eq!(came.0, [] as [i64; 0]);
        waiting.moved = Instant::now().checked_sub(LONGEST_SILENCE);
        waiting.let_go(None, &mut came);
        assert_eq!(came.0, [100]);
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let times: Vec<i64> = (0..MOST_RECORDS as i64 + 3).map(|n| n + 1).collect();
        let mut waiting = holding(&times);
        let mut came = Came::default();
        waiting.let_go(None, &mut came);
        assert_eq!(came.0, [1, 2, 3]);
    }

    #[test]
    fn read_again_records_go_with_their_packets_as_they_went_before() {
        let (mut waiting, mut came) = (Waiting::default(), Came::default());
        for at_ns in [10, 20, 30] {
            waiting.packet();
            waiting.flow_event(event(at_ns));
        }
        waiting.let_go_of(2, &mut came);
        assert_eq!((came.0.as_slice(), waiting.reached()), ([10, 20].as_slice(), (3, 2)));
        waiting.let_go_of(u64::MAX, &mut came);
        assert_eq!((came.0.as_slice(), waiting.reached()), ([10, 20, 30].as_slice(), (3, 3)));
    }
}
