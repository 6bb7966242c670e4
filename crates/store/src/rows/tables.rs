//! The tables that events are appended to. The views of [`crate::schema`] are what the world reads.
//!
//! `batch` is the number of the batch a row came with: roll-ups take in what came after the last one they saw.
//!
//! Instants are whole microseconds since 1970 UTC (`_us`) and what is left of the nanoseconds (`_rest`, 0 to 999): most captures have none,
//! and a column of zeros takes no room.

use super::columns::table;

table! {
    /// Every combination of address, port and names that was seen as an end of a flow. Clients have port 0.
    Peers "peers" {
        peer_id: Peer,
        ip: Text,
        port: U16,
        dns_name: Text,
        host_name: Text,
        process: Text,
        serves_port: U16,
    }
}

table! {
    /// Flows that have ended, or were open when the input ended.
    Flows "flows" {
        flow_id: U64,
        transport: Text,
        client_peer: Peer,
        client_port: U16,
        server_peer: Peer,
        vlan: SeldomU16,
        tunnel: SeldomText,
        app_protocol: Text,
        opened_us: I64,
        opened_rest: NonZeroU16,
        closed_us: I64,
        closed_rest: NonZeroU16,
        close_reason: Text,
        handshake: Text,
        direction_known: Flag,
        rtt_us: I64,
        rtt_min_us: I64,
        rtt_mean_us: I64,
        rtt_max_us: I64,
        upgraded_to: SeldomText,
        upgraded_client_bytes: SeldomU64,
        upgraded_server_bytes: SeldomU64,
        client_packets: U64,
        server_packets: U64,
        client_bytes: U64,
        server_bytes: U64,
        client_missed_bytes: NonZeroU64,
        server_missed_bytes: NonZeroU64,
        client_retransmits: NonZeroU64,
        server_retransmits: NonZeroU64,
        client_out_of_order: NonZeroU64,
        server_out_of_order: NonZeroU64,
        client_keep_alives: NonZeroU64,
        server_keep_alives: NonZeroU64,
        client_zero_windows: NonZeroU64,
        server_zero_windows: NonZeroU64,
        client_conflicting_bytes: NonZeroU64,
        server_conflicting_bytes: NonZeroU64,
        history: Text,
        server_name: SeldomText,
        batch: U32,
    }
}

table! {
    /// How TCP flows began, in capture order: the three steps of a handshake in one row where they came with one batch. A step that did not
    /// come, or came with another row, is NULL.
    Openings "openings" {
        flow_id: U64,
        connect_us: I64,
        connect_rest: NonZeroU16,
        accept_us: I64,
        accept_rest: NonZeroU16,
        established_us: I64,
        established_rest: NonZeroU16,
        client_peer: Peer,
        server_peer: Peer,
        batch: U32,
    }
}

table! {
    /// All other lifecycle events of TCP flows, in capture order. `kind` is a place in [`super::ENDINGS`].
    Endings "endings" {
        happened_us: I64,
        happened_rest: NonZeroU16,
        flow_id: U64,
        kind: Code,
        client_peer: Peer,
        server_peer: Peer,
        batch: U32,
    }
}

table! {
    /// HTTP exchanges in the order in which they were completed. What repeats is in the exchange's page: from `target` to `error`, a column is
    /// NULL where the page says it. `outcome` is a place in [`super::OUTCOMES`]; `date_after_s` counts from the second of the
    /// response to that of its Date field, which its page has a mark for; `path` is NULL where it is what precedes the query in the target, and
    /// empty without one; `origin_ip` is NULL where it is the client's address. `finished_after_us` counts from the response,
    /// without one from the start.
    HttpExchanges "http_exchanges" {
        exchange_id: U64,
        flow_id: U64,
        ordinal: U32,
        client_peer: Peer,
        client_port: U16,
        server_peer: Peer,
        started_us: I64,
        started_rest: NonZeroU16,
        response_us: I64,
        response_rest: NonZeroU16,
        finished_after_us: I64,
        finished_rest: NonZeroU16,
        page_id: Peer,
        outcome: NonZeroCode,
        target: SeldomText,
        decoded_target: SeldomText,
        path: SeldomText,
        status: SeldomU16,
        request_headers: SeldomText,
        response_headers: SeldomText,
        date_after_s: SeldomI32,
        request_body_bytes: SeldomU64,
        response_body_bytes: SeldomU64,
        complete: SeldomFlag,
        error: SeldomText,
        grpc_status: SeldomU32,
        request_messages: SeldomU32,
        response_messages: SeldomU32,
        stream_id: SeldomU32,
        x_forwarded_for: SeldomText,
        origin_ip: SeldomText,
        identity: SeldomText,
        trace_id: SeldomText,
        batch: U32,
    }
}

table! {
    /// What exchanges have in common. `protocol` is a place in [`super::PROTOCOLS`]. A page of exchanges that differ in their texts holds only
    /// what precedes `target`. U+0001 stands in `response_headers` for the date of an exchange that has one of its own.
    HttpPages "http_pages" {
        page_id: Peer,
        protocol: Code,
        method: Text,
        scheme: Text,
        host: Text,
        request_content_encoding: Text,
        response_content_encoding: Text,
        content_type: Text,
        user_agent: Text,
        identity_kind: Text,
        target: Text,
        decoded_target: Text,
        path: Text,
        status: U16,
        request_headers: Text,
        response_headers: Text,
        request_body_bytes: U64,
        response_body_bytes: U64,
        complete: Flag,
        error: Text,
    }
}

table! {
    /// Who opened TCP connections to whom, or sent requests; a pair may be here several times.
    PeerPairs "peer_pairs" {
        client_peer: Peer,
        server_peer: Peer,
    }
}

table! {
    /// Requests and errors of the whole recording, for the reel.
    Pulses "pulse" {
        bucket: I64,
        requests: I64,
        errors: I64,
    }
}

table! {
    /// DNS questions with their answers.
    DnsQueries "dns_queries" {
        source_id: U32,
        happened_at: Instant,
        answered_at: Instant,
        client_peer: Peer,
        client_port: U16,
        server_peer: Peer,
        carrier: Text,
        name: Text,
        kind: Text,
        rcode: Text,
        answers: Texts,
    }
}

table! {
    /// TLS handshakes as far as they are visible.
    TlsHandshakes "tls_handshakes" {
        flow_id: U64,
        happened_at: Instant,
        sni: Text,
        alpn: Text,
        version: Text,
        cipher: Text,
        ja4: Text,
        certificate_subject: Text,
        certificate_issuer: Text,
        certificate_names: Texts,
        certificate_not_before: Instant,
        certificate_not_after: Instant,
    }
}

table! {
    /// Where a flow's packets are in their file: ascending positions as delta varints.
    FlowSpans "flow_spans" {
        flow_id: U64,
        first_at: Instant,
        last_at: Instant,
        positions: Bytes,
    }
}

table! {
    /// What could not be read.
    IngestErrors "ingest_errors" {
        happened_at: Instant,
        source_id: U32,
        stage: Text,
        position: U64,
        flow_id: U64,
        message: Text,
    }
}
