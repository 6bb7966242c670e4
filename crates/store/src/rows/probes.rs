//! The tables of probes. They are written beside the packets' rows, by a writer of their own. Durations are nanoseconds, so that parts sum
//! up to their total exactly.

use super::columns::table;

table! {
    /// Probes by the number that their results have. A name that was given once stays.
    ProbeNames "probe_names" {
        number: Peer,
        name: Text,
    }
}

table! {
    /// What came of every intended instant, in the order in which it was known. `state` is 0 up, 1 down, 2 overrun, 3 self offline; `path` is
    /// the way in words.
    ProbeResults "probe_results" {
        number: Peer,
        intended_us: I64,
        at_us: I64,
        instants: U32,
        state: Code,
        white_box: Flag,
        path: SeldomText,
        reason: SeldomText,
        failure: SeldomText,
        probe_id: SeldomText,
        total_ns: U64,
        connect_ns: SeldomU64,
        unattributed_ns: SeldomI64,
        inconsistent: SeldomFlag,
        ignored_records: SeldomU32,
        last_seen: SeldomText,
        grpc_status: SeldomU32,
        http_status: SeldomU16,
        from_region: SeldomText,
        to_region: SeldomText,
        to_service: SeldomText,
        local: SeldomText,
        remote: SeldomText,
    }
}

table! {
    /// The hops of a result, of which number and intended instant are the same. `role` is 0 relay, 1 gateway, 2 responder; `reported` is
    /// 0 reported, 1 observed, 2 opaque.
    ProbeHops "probe_hops" {
        number: Peer,
        intended_us: I64,
        at_us: I64,
        probe_id: SeldomText,
        position: U16,
        hop: Text,
        region: SeldomText,
        role: SeldomCode,
        reported: Code,
        own_ns: I64,
        link_ns: I64,
        residence_ns: SeldomU64,
        queue_ns: SeldomU64,
        backend_ns: SeldomU64,
        received_at_ns: SeldomI64,
    }
}

table! {
    /// What packets tell of a result's hops, found later: every hop of it again, as it is with them. `newest_exchange` is the last of the
    /// exchanges that were looked at; what no hop explains and whether it fits are of the whole result.
    ProbeObserved "probe_observed" {
        number: Peer,
        intended_us: I64,
        position: U16,
        newest_exchange: U64,
        observed: Flag,
        own_ns: SeldomI64,
        link_ns: SeldomI64,
        received_at_ns: SeldomI64,
        unattributed_ns: SeldomI64,
        inconsistent: SeldomFlag,
    }
}
