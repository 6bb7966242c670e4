//! The tables that events are appended to. The views of [`crate::schema`] are what the world reads.
//!
//! `batch` is the number of the batch a row came with: roll-ups take in what came after the last one they saw.

use super::columns::table;

table! {
    /// Every combination of address, port and names that was seen as an end of a flow. Clients have port 0.
    Peers "peers" {
        peer_id: Peer,
        ip: Text,
        port: U16,
        dns_name: Text,
        host_name: Text,
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
        vlan: U16,
        tunnel: Text,
        app_protocol: Text,
        opened_at: Instant,
        closed_at: Instant,
        close_reason: Text,
        handshake: Text,
        direction_known: Flag,
        rtt_us: I64,
        rtt_min_us: I64,
        rtt_mean_us: I64,
        rtt_max_us: I64,
        upgraded_to: Text,
        upgraded_client_bytes: U64,
        upgraded_server_bytes: U64,
        client_packets: U64,
        server_packets: U64,
        client_bytes: U64,
        server_bytes: U64,
        client_missed_bytes: U64,
        server_missed_bytes: U64,
        client_retransmits: U64,
        server_retransmits: U64,
        client_out_of_order: U64,
        server_out_of_order: U64,
        client_keep_alives: U64,
        server_keep_alives: U64,
        client_zero_windows: U64,
        server_zero_windows: U64,
        client_conflicting_bytes: U64,
        server_conflicting_bytes: U64,
        history: Text,
        server_name: Text,
        batch: U32,
    }
}

table! {
    /// Lifecycle events of TCP flows, in capture order.
    FlowEvents "flow_events" {
        happened_at: Instant,
        flow_id: U64,
        kind: Text,
        client_peer: Peer,
        server_peer: Peer,
        batch: U32,
    }
}

table! {
    /// HTTP exchanges in the order in which they were completed. `protocol` is a place in [`super::PROTOCOLS`]; `path` is NULL where it is
    /// what precedes the query in the target, and empty without one; `origin_ip` is NULL where it is the client's address.
    HttpExchanges "http_exchanges" {
        exchange_id: U64,
        flow_id: U64,
        ordinal: U32,
        client_peer: Peer,
        client_port: U16,
        server_peer: Peer,
        started_at: Instant,
        response_at: Instant,
        finished_at: Instant,
        latency_class: U16,
        protocol: Code,
        shape_id: Peer,
        target: Text,
        decoded_target: Text,
        path: Text,
        status: U16,
        grpc_status: U32,
        request_messages: U32,
        response_messages: U32,
        stream_id: U32,
        request_headers: Text,
        response_headers: Text,
        request_body_bytes: U64,
        response_body_bytes: U64,
        x_forwarded_for: Text,
        origin_ip: Text,
        identity: Text,
        trace_id: Text,
        complete: Flag,
        failed: Flag,
        error: Text,
        batch: U32,
    }
}

table! {
    /// What exchanges have in common.
    HttpShapes "http_shapes" {
        shape_id: Peer,
        method: Text,
        scheme: Text,
        host: Text,
        request_content_encoding: Text,
        response_content_encoding: Text,
        content_type: Text,
        user_agent: Text,
        identity_kind: Text,
    }
}

table! {
    /// Sums per pair of peers and second; several rows may have one second.
    PeerSeconds "peer_seconds" {
        bucket_s: I64,
        client_peer: Peer,
        server_peer: Peer,
        connects: I64,
        accepts: I64,
        closes: I64,
        resets: I64,
        refused: I64,
        open_delta: I64,
        requests: I64,
        errors_4xx: I64,
        errors_5xx: I64,
        failed: I64,
        bytes_up: I64,
        bytes_down: I64,
        batch: U32,
    }
}

table! {
    /// Exchanges per pair of peers, second and latency class.
    PeerLatencies "peer_latencies" {
        bucket_s: I64,
        client_peer: Peer,
        server_peer: Peer,
        class: U16,
        n: I64,
        batch: U32,
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
