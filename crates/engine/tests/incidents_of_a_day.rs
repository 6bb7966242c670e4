//! Incidents of a made-up day, against the faults that it was made with.
#![allow(clippy::print_stdout, reason = "the figures of the comparison are worth reading")]

use std::time::Instant;

use wirereel_day::{Day, FaultKind, Plan, Sink};
use wirereel_engine::{
    Workspace,
    import::{RecordSource, Unwatched, import_records},
};
use wirereel_query::reel::{Incident, IncidentKind, IncidentsQuestion};

struct Records(Day);

impl RecordSource for Records {
    fn next_source(&mut self) -> Option<String> {
        self.0.next_source()
    }

    fn step(&mut self, sink: &mut dyn Sink) -> bool {
        self.0.step(sink)
    }
}

/// Crashes and frozen machines are found from the first call on that they could show in; bursts, gaps and clocks that are set are none.
#[test]
fn every_outage_of_a_made_up_day_is_found_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::open(folder.path()).expect("opens");
    let mut records = Records(Day::new(&Plan::of_15_services(2_000_000)));
    let begun = Instant::now();
    import_records(&workspace, &mut records, &Unwatched).expect("imports");
    println!("imported in {:?}", begun.elapsed());
    let reader = workspace.reader(None).expect("a reader");
    let begun = Instant::now();
    let mut incidents = reader.incidents(&IncidentsQuestion::default()).expect("answers");
    println!("{} incidents in {:?}", incidents.len(), begun.elapsed());
    for incident in &incidents {
        println!("{incident:?}");
    }
    let outages =
        records.0.faults().into_iter().filter(|fault| matches!(fault.kind, FaultKind::Crash | FaultKind::Freeze));
    for outage in outages {
        let service = outage.service.clone().expect("a service");
        let (from_us, to_us) = (outage.from_ns / 1_000, outage.to_ns / 1_000);
        let is_it = |incident: &Incident| {
            incident.service == service && incident.range.from_us < to_us && incident.range.to_us > from_us
        };
        let place = incidents.iter().position(is_it).unwrap_or_else(|| panic!("{outage:?} was not found"));
        let found = incidents.remove(place);
        let late_us = found.range.from_us - from_us;
        let sql = format!(
            "SELECT count(*) FROM http_exchanges WHERE server_service = '{service}' \
             AND started_at > make_timestamp({from_us}) AND started_at < make_timestamp({})",
            found.range.from_us
        );
        let calls = reader.sql(&sql, 1).expect("answers").rows[0][0].as_u64().expect("a number");
        println!(
            "{:?} of {service}: begin {:+.3} s ({calls} calls in between), end {:+.3} s",
            outage.kind,
            late_us as f64 / 1e6,
            (found.range.to_us - to_us) as f64 / 1e6
        );
        assert_eq!((found.kind, found.recovered), (IncidentKind::Crash, true), "{found:?}");
        assert!(late_us.abs() <= 1_000_000 || (late_us > 0 && calls == 0), "{found:?} for {outage:?}");
    }
    assert_eq!(incidents, [], "nothing else is reported");
}
