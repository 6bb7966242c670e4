//! Views of probes.

use super::{View, column};

/// Codes in words, and nanoseconds as microseconds.
pub(super) const MACROS: &str = "
CREATE OR REPLACE MACRO raw.hop_role(code) AS ['relay', 'gateway', 'responder'][code + 1];
CREATE OR REPLACE MACRO raw.us(ns) AS ns / 1000.0::DOUBLE;
";

pub(super) fn views() -> [View; 2] {
    [results(), hops()]
}

fn results() -> View {
    View {
        name: "probe_results",
        parameters: &[],
        about: "What came of an instant at which a probe was to be sent. Removed when it is older than what is kept of live capture, but \
                never within three hours.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "When it began, or when it was seen that it does not."),
            column("intended_at", "TIMESTAMP_NS", "When it was to begin."),
            column("probe", "VARCHAR", "The probe's name in `wirereel.json`."),
            column("probe_id", "VARCHAR", "What hops know it by, 32 hexadecimal digits; `trace_id` of its exchanges."),
            column("mode", "VARCHAR", "`black_box` or `white_box`."),
            column("path", "VARCHAR", "The sender and the hops, in the order of the request: `EU sender > Relay A > Gateway B > catalog`."),
            column("ok", "BOOLEAN", "Whether it succeeded; NULL where that is not known."),
            column("state", "VARCHAR", "`up`, `down`, `overrun` (there was no probe) or `self_offline` (this machine could not send one)."),
            column("instants", "UINTEGER", "Intended instants that it stands for: one, but for a time in which there were no probes."),
            column("failure", "VARCHAR", "Kind of failure, such as `timeout`."),
            column("reason", "VARCHAR", "Why it is down or was not made, a sentence."),
            column("total_us", "DOUBLE", "From the request's headers sent until the answer's end; hops and links sum up to it."),
            column("connect_us", "DOUBLE", "Before that: name, connection and TLS. NULL on a connection that was there."),
            column("unattributed_us", "DOUBLE", "What no hop and no link explains of the total."),
            column("inconsistent", "BOOLEAN", "A link came out negative: two hops' records do not fit each other."),
            column("ignored_records", "UINTEGER", "Records that were not taken: unsigned, or signed by somebody else."),
            column("last_seen", "VARCHAR", "After a timeout, the last hop that saw it: `entered Relay B, never left`."),
            column("grpc_status", "UINTEGER", "The call's status, 0 being OK."),
            column("http_status", "USMALLINT", "Status of the answer."),
            column("from_region", "VARCHAR", "The region that was probed from."),
            column("to_region", "VARCHAR", "The region that relays and gateways took it to."),
            column("to_service", "VARCHAR", "The service there."),
            column("local", "VARCHAR", "Address and port that it came from: those of the flow's client."),
            column("remote", "VARCHAR", "Address and port that were connected to."),
        ],
        sql: "SELECT make_timestamp_ns(r.at_us * 1000), make_timestamp_ns(r.intended_us * 1000), n.name, r.probe_id, \
              CASE WHEN r.white_box THEN 'white_box' ELSE 'black_box' END, r.path, CASE r.state WHEN 0 THEN true WHEN 1 THEN false END, \
              raw.check_state(r.state), r.instants, r.failure, r.reason, raw.us(r.total_ns), raw.us(r.connect_ns), \
              raw.us(CASE WHEN o.number IS NULL THEN r.unattributed_ns ELSE o.unattributed_ns END), \
              coalesce(CASE WHEN o.number IS NULL THEN r.inconsistent ELSE o.inconsistent END, false), coalesce(r.ignored_records, 0)::UINTEGER, r.last_seen, \
              r.grpc_status, r.http_status, r.from_region, r.to_region, r.to_service, r.local, r.remote \
              FROM raw.probe_results r JOIN raw.probe_names n ON n.number = r.number \
              LEFT JOIN raw.probe_observed o ON o.number = r.number AND o.intended_us = r.intended_us AND o.position = 0"
            .into(),
    }
}

fn hops() -> View {
    View {
        name: "probe_hops",
        parameters: &[],
        about: "One hop of one probe. `own_us` and `link_us` of all its hops sum up to the probe's `total_us`. What packets tell of a hop that \
                says nothing is here some seconds after they were captured.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "When the probe began."),
            column("probe", "VARCHAR", "The probe's name."),
            column("probe_id", "VARCHAR", "As in `probe_results`."),
            column("position", "USMALLINT", "From 0, in the order of the request."),
            column("hop", "VARCHAR", "What the hop is called."),
            column("region", "VARCHAR", "Its region."),
            column("role", "VARCHAR", "`relay`, `gateway` or `responder`; NULL of a hop that says nothing."),
            column("reported", "BOOLEAN", "It told its times itself; false of one that is opaque or observed."),
            column("observed", "BOOLEAN", "Its times are those of its packets."),
            column("own_us", "DOUBLE", "What the hop itself took; NULL of an opaque one."),
            column("link_us", "DOUBLE", "Between this hop and the one before that has times of its own."),
            column("queue_us", "DOUBLE", "Of its own time, waiting for a connection to the next hop."),
            column("backend_us", "DOUBLE", "Of its own time, the service's work."),
            column("received_at", "TIMESTAMP_NS", "When it had the request by its own wall clock: for drawing only."),
        ],
        sql: "SELECT make_timestamp_ns(h.at_us * 1000), n.name, h.probe_id, h.position, h.hop, h.region, raw.hop_role(h.role), \
              h.reported = 0, h.reported = 1, raw.us(h.own_ns), raw.us(h.link_ns), raw.us(h.queue_ns), raw.us(h.backend_ns), \
              make_timestamp_ns(h.received_at_ns) \
              FROM raw.known_hops h JOIN raw.probe_names n ON n.number = h.number"
            .into(),
    }
}
