//! Reads captures into records and counts them, without a store: what dissection alone costs.
//!
//! `cargo run --release -p wirereel-capture --example read -- FILE...`
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::{env, error::Error, path::Path, time::Instant};

use wirereel_capture::CaptureFile;
use wirereel_dissect::{
    Dissector, Limits,
    record::{DnsQuery, Flow, FlowEvent, FlowSpan, HttpExchange, Problem, Sink, TlsHandshake},
};

#[derive(Default)]
struct Counting {
    flows: u64,
    events: u64,
    positions: u64,
    exchanges: u64,
    dns_queries: u64,
    handshakes: u64,
    problems: u64,
}

impl Sink for Counting {
    fn flow(&mut self, _: Flow) {
        self.flows += 1;
    }
    fn flow_event(&mut self, _: FlowEvent) {
        self.events += 1;
    }
    fn flow_span(&mut self, span: FlowSpan) {
        self.positions += span.positions.len() as u64;
    }
    fn http_exchange(&mut self, _: HttpExchange) {
        self.exchanges += 1;
    }
    fn dns_query(&mut self, _: DnsQuery) {
        self.dns_queries += 1;
    }
    fn tls_handshake(&mut self, _: TlsHandshake) {
        self.handshakes += 1;
    }
    fn problem(&mut self, _: Problem) {
        self.problems += 1;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args().skip(1) {
        let started = Instant::now();
        let mut file = CaptureFile::open(Path::new(&path))?;
        let (mut dissector, mut counted) = (Dissector::new(Limits::default()), Counting::default());
        while let Some(packet) = file.next()? {
            dissector.push(&packet, &mut counted);
        }
        dissector.finish(&mut counted);
        let seconds = started.elapsed().as_secs_f64();
        let figures = dissector.figures();
        let Counting { flows, events, positions, exchanges, dns_queries, handshakes, problems } = counted;
        println!("{path}: {seconds:.2} s, {:.2} million packets/s", figures.packets as f64 / seconds / 1e6);
        println!("  {} packets, {flows} flows, {events} events, {positions} positions", figures.packets);
        println!("  {exchanges} exchanges, {dns_queries} DNS, {handshakes} TLS, {problems} problems");
    }
    Ok(())
}
