//! Incidents of a made-up day, against the faults that it was made with.
#![allow(clippy::print_stdout, reason = "the figures of the comparison are worth reading")]

use std::time::Instant;

use wirereel_day::{Day, FaultKind, Plan, Sink};
use wirereel_engine::{
    Workspace,
    import::{RecordSource, Unwatched, import_records},
};
use wirereel_query::reel::{Incident, IncidentKind, IncidentsQuestion};

/// Calls that an outage takes to be told from an accident.
const LEAST_CALLS: u64 = 6;

struct Records(Day);

impl RecordSource for Records {
    fn next_source(&mut self) -> Option<String> {
        self.0.next_source()
    }

    fn step(&mut self, sink: &mut dyn Sink) -> bool {
        self.0.step(sink)
    }
}

/// Crashes and frozen machines are found from the first call on that they could show in, where six calls met them at least. Bursts, gaps and
/// clocks that are set are no incidents; callers that answer 502 without having been seen to call the service that is out are failing.
#[test]
fn every_outage_of_a_made_up_day_is_found_and_no_other_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::open(folder.path()).expect("opens");
    let mut records = Records(Day::new(&Plan::of_15_services(1_000_000)));
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
    let outages: Vec<_> = records
        .0
        .faults()
        .into_iter()
        .filter(|fault| matches!(fault.kind, FaultKind::Crash | FaultKind::Freeze))
        .collect();
    let count = |sql: &str| reader.sql(sql, 1).expect("answers").rows[0][0].as_u64().expect("a number");
    let mut found_some = false;
    for outage in &outages {
        let service = outage.service.clone().expect("a service");
        let (from_us, to_us) = (outage.from_ns / 1_000, outage.to_ns / 1_000);
        let within = |at: &str| format!("{at} >= make_timestamp({from_us}) AND {at} < make_timestamp({to_us})");
        let met = count(&format!(
            "SELECT (SELECT count(*) FROM http_exchanges WHERE server_service = '{service}' AND status IS NULL AND {}) \
             + (SELECT count(*) FROM flow_events e WHERE kind = 'refused' AND server_service = '{service}' AND {})",
            within("started_at"),
            within("e.at")
        ));
        let is_it = |incident: &Incident| {
            (incident.service.as_str(), incident.kind) == (service.as_str(), IncidentKind::Crash)
                && incident.range.from_us < to_us
                && incident.range.to_us > from_us
        };
        let Some(place) = incidents.iter().position(is_it) else {
            println!("{:?} of {service}: {met} calls met it", outage.kind);
            assert!(met < LEAST_CALLS, "{outage:?} was not found");
            continue;
        };
        found_some = true;
        let found = incidents.remove(place);
        let late_us = found.range.from_us - from_us;
        let sql = format!(
            "SELECT count(*) FROM http_exchanges WHERE server_service = '{service}' \
             AND started_at > make_timestamp({from_us}) AND started_at < make_timestamp({})",
            found.range.from_us
        );
        let calls = count(&sql);
        println!(
            "{:?} of {service}: begin {:+.3} s ({calls} calls in between), end {:+.3} s",
            outage.kind,
            late_us as f64 / 1e6,
            (found.range.to_us - to_us) as f64 / 1e6
        );
        assert_eq!((found.kind, found.recovered), (IncidentKind::Crash, true), "{found:?}");
        assert!(late_us.abs() <= 1_000_000 || (late_us > 0 && calls == 0), "{found:?} for {outage:?}");
    }
    assert!(found_some);
    for other in incidents {
        let touches =
            |from_ns: i64, to_ns: i64| other.range.from_us < to_ns / 1_000 && other.range.to_us > from_ns / 1_000;
        let at_the_time = outages.iter().any(|outage| touches(outage.from_ns, outage.to_ns));
        assert!(other.kind == IncidentKind::Failing && at_the_time, "{other:?}");
    }
}
