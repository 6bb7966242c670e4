//! Views of what was captured: flows and what ran on them.

use super::{Column, View, column};

const FLOW_ID: &str = "The flow; unique in the workspace.";
const CLIENT_SERVICE: &str =
    "Name of the end that opened; `customers` for customers, the address for an unresolved one.";
const SERVER_SERVICE: &str = "Name of the end that was opened to; the address for an unresolved one.";

/// The columns as a select list.
fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

pub(super) fn flows() -> View {
    let columns = vec![
        column("flow_id", "UBIGINT", FLOW_ID),
        column("source_id", "UINTEGER", "The source it was seen in."),
        column("transport", "VARCHAR", "`tcp`, `udp`, `icmp` or `ip-<protocol number>`."),
        column("client_ip", "VARCHAR", "Address of the end that opened."),
        column("client_port", "USMALLINT", "Its port; for ICMP the identifier of an echo, else 0."),
        column("server_ip", "VARCHAR", "Address of the end that was opened to."),
        column("server_port", "USMALLINT", "Its port."),
        column("vlan", "USMALLINT", "Outermost VLAN id, when tagged."),
        column("tunnel", "VARCHAR", "Encapsulation it was found in, such as `vxlan`."),
        column("client_service", "VARCHAR", CLIENT_SERVICE),
        column("server_service", "VARCHAR", SERVER_SERVICE),
        column(
            "process",
            "VARCHAR",
            "Process behind the server's socket, else behind the client's, where a whisperer told it; files never do.",
        ),
        column("app_protocol", "VARCHAR", "`http`, `tls`, `dns`, or NULL when not recognised."),
        column("opened_at", "TIMESTAMP_NS", "First packet."),
        column("closed_at", "TIMESTAMP_NS", "Last packet."),
        column("close_reason", "VARCHAR", "`fin`, `rst`, `idle`, `refused`, `unanswered` or `open`."),
        column("handshake", "VARCHAR", "How much of the TCP handshake was seen: `full`, `mid_stream` or `none`."),
        column("direction_known", "BOOLEAN", "False when nothing told which end is the client."),
        column("rtt_us", "BIGINT", "Handshake round trip at the capture point: SYN to the ACK of the SYN-ACK."),
        column("rtt_min_us", "BIGINT", "Shortest round trip during life, by echoed timestamps or acknowledgements."),
        column("rtt_mean_us", "BIGINT", "Mean round trip during life."),
        column("rtt_max_us", "BIGINT", "Longest round trip during life."),
        column("client_packets", "UBIGINT", "Packets the client sent, retransmissions included."),
        column("server_packets", "UBIGINT", "Packets the server sent, retransmissions included."),
        column("client_bytes", "UBIGINT", "Payload the client delivered, each byte once."),
        column("server_bytes", "UBIGINT", "Payload the server delivered, each byte once."),
        column("client_missed_bytes", "UBIGINT", "Payload of the client that was acknowledged but not captured."),
        column("server_missed_bytes", "UBIGINT", "Payload of the server that was acknowledged but not captured."),
        column("client_retransmits", "UBIGINT", "Segments of the client that had been captured before."),
        column("server_retransmits", "UBIGINT", "Segments of the server that had been captured before."),
        column("client_out_of_order", "UBIGINT", "Segments of the client that filled a hole left by later ones."),
        column("server_out_of_order", "UBIGINT", "Segments of the server that filled a hole left by later ones."),
        column("client_keep_alives", "UBIGINT", "Keep-alive probes of the client."),
        column("server_keep_alives", "UBIGINT", "Keep-alive probes of the server."),
        column("client_zero_windows", "UBIGINT", "Times the client closed its receive window."),
        column("server_zero_windows", "UBIGINT", "Times the server closed its receive window."),
        column("client_conflicting_bytes", "UBIGINT", "Bytes the client sent again with other contents."),
        column("server_conflicting_bytes", "UBIGINT", "Bytes the server sent again with other contents."),
        column("encrypted", "BOOLEAN", "What it carries cannot be read: TLS, SSH or QUIC."),
        column("upgraded_to", "VARCHAR", "What HTTP handed the connection to: `websocket`, `h2c`, `tunnel`, …"),
        column("upgraded_client_bytes", "UBIGINT", "Bytes the client sent after that."),
        column("upgraded_server_bytes", "UBIGINT", "Bytes the server sent after that."),
        column(
            "history",
            "VARCHAR",
            "What happened in order, as Zeek writes it: S H A D F R T G, upper case the client, lower case the server; ^ a flipped direction.",
        ),
        column("client_process", "VARCHAR", "Process behind the client's socket, when it is on the capturing host."),
        column("server_process", "VARCHAR", "Process behind the server's socket, when it is on the capturing host."),
    ];
    let sql = format!("SELECT {} FROM raw.named_flows", names(&columns));
    let about = "A bidirectional conversation that has ended, or was open when the input ended.";
    View { name: "flows", parameters: &[], about, columns, sql }
}

pub(super) fn flow_events() -> View {
    View {
        name: "flow_events",
        parameters: &[],
        about: "A lifecycle event of a TCP flow.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "When."),
            column("flow_id", "UBIGINT", FLOW_ID),
            column(
                "kind",
                "VARCHAR",
                "`connect`, `accept`, `established`, `refused`, `close`, `reset`, `idle` (no packet for the idle time-out) or `resume`.",
            ),
            column("client_service", "VARCHAR", CLIENT_SERVICE),
            column("server_service", "VARCHAR", SERVER_SERVICE),
        ],
        sql: "SELECT e.happened_at, e.flow_id, e.kind, c.service, s.service FROM raw.flow_events e \
              JOIN raw.peer_names c ON c.peer_id = e.client_peer JOIN raw.peer_names s ON s.peer_id = e.server_peer"
            .into(),
    }
}

pub(super) fn http_exchanges() -> View {
    let columns = vec![
        column("exchange_id", "UBIGINT", "Rises in the order in which exchanges were completed."),
        column("flow_id", "UBIGINT", FLOW_ID),
        column("source_id", "UINTEGER", "The source it was seen in."),
        column("client_ip", "VARCHAR", "Address of the client of the connection."),
        column("client_port", "USMALLINT", "Its port."),
        column("server_ip", "VARCHAR", "Address of the server."),
        column("server_port", "USMALLINT", "Its port."),
        column("client_service", "VARCHAR", CLIENT_SERVICE),
        column("server_service", "VARCHAR", SERVER_SERVICE),
        column("started_at", "TIMESTAMP_NS", "First byte of the request."),
        column("response_at", "TIMESTAMP_NS", "First byte of the final response; NULL without one."),
        column("finished_at", "TIMESTAMP_NS", "Last byte of the response, or of the request when none came."),
        column("ttfb_us", "BIGINT", "From started_at to response_at."),
        column("duration_us", "BIGINT", "From started_at to finished_at; NULL without a response."),
        column("protocol", "VARCHAR", "`http/0.9`, `http/1.0`, `http/1.1`, `h2`, `grpc` or `websocket`."),
        column("method", "VARCHAR", "The request's method; NULL when only the response was captured."),
        column("scheme", "VARCHAR", "`http` or `https`."),
        column("host", "VARCHAR", "Host header or authority, as sent."),
        column(
            "target",
            "VARCHAR",
            "Request target in readable form: percent-encoding undone where it gives printable text.",
        ),
        column("target_as_sent", "VARCHAR", "Request target as sent, secret-looking query values hidden."),
        column("path", "VARCHAR", "The target's path without its query."),
        column("status", "USMALLINT", "Status code; NULL without a response."),
        column("grpc_status", "UINTEGER", "gRPC status code, for gRPC."),
        column("request_messages", "UINTEGER", "Messages the client sent in a gRPC call."),
        column("response_messages", "UINTEGER", "Messages the server sent in a gRPC call."),
        column("stream_id", "UINTEGER", "HTTP/2 stream."),
        column("request_headers", "VARCHAR", "`name: value` lines in order of sending; secrets read `<hidden>`."),
        column("response_headers", "VARCHAR", "As request_headers."),
        column("request_body_bytes", "UBIGINT", "Body as sent: after de-chunking, before decompression."),
        column("response_body_bytes", "UBIGINT", "As request_body_bytes."),
        column("request_content_encoding", "VARCHAR", "Content-Encoding of the request."),
        column("response_content_encoding", "VARCHAR", "Content-Encoding of the response."),
        column("content_type", "VARCHAR", "Content-Type of the response."),
        column("user_agent", "VARCHAR", "User-Agent header."),
        column("x_forwarded_for", "VARCHAR", "X-Forwarded-For header."),
        column(
            "origin_ip",
            "VARCHAR",
            "The first client behind trusted proxies, from X-Forwarded-For, Forwarded or X-Real-IP; else the client.",
        ),
        column("identity", "VARCHAR", "Who asked: the login of Basic, the subject of a JWT (read, not verified)."),
        column("identity_kind", "VARCHAR", "`basic` or `jwt`."),
        column("trace_id", "VARCHAR", "Trace id of `traceparent`, 32 hexadecimal digits."),
        column("complete", "BOOLEAN", "Both messages were seen from first to last byte."),
        column(
            "error",
            "VARCHAR",
            "`no response`, `reset`, `gap`, `cut off`, `ambiguous length: …`, `headers unknown` or `malformed: …`; NULL when nothing was odd.",
        ),
    ];
    let sql = format!("SELECT {} FROM raw.exchanges", names(&columns));
    View { name: "http_exchanges", parameters: &[], about: "An HTTP request with its response.", columns, sql }
}

pub(super) fn dns_queries() -> View {
    View {
        name: "dns_queries",
        parameters: &[],
        about: "A DNS question with its answer.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "When it was asked."),
            column("answered_at", "TIMESTAMP_NS", "When it was answered; NULL without an answer."),
            column("client_ip", "VARCHAR", "Who asked."),
            column("server_ip", "VARCHAR", "Who was asked."),
            column("carrier", "VARCHAR", "`udp`, `tcp` or `mdns`."),
            column("name", "VARCHAR", "The name asked for, lower case, without the final dot."),
            column("type", "VARCHAR", "`A`, `AAAA`, `SRV`, … or `TYPE<number>`."),
            column("rcode", "VARCHAR", "`NOERROR`, `NXDOMAIN`, …; NULL without an answer."),
            column("answers", "VARCHAR[]", "Addresses and names of the answer section."),
            column("duration_us", "BIGINT", "From at to answered_at."),
        ],
        sql: "SELECT q.happened_at, q.answered_at, c.ip, s.ip, q.carrier, q.name, q.kind, q.rcode, q.answers, \
              (epoch_ns(q.answered_at) - epoch_ns(q.happened_at)) // 1000 FROM raw.dns_queries q \
              JOIN raw.peer_names c ON c.peer_id = q.client_peer JOIN raw.peer_names s ON s.peer_id = q.server_peer"
            .into(),
    }
}

pub(super) fn tls_handshakes() -> View {
    View {
        name: "tls_handshakes",
        parameters: &[],
        about: "A TLS handshake, as far as it is visible in clear.",
        columns: vec![
            column("flow_id", "UBIGINT", FLOW_ID),
            column("at", "TIMESTAMP_NS", "First byte of the client's first message."),
            column("sni", "VARCHAR", "Server name the client asked for."),
            column("alpn", "VARCHAR", "Protocol the server chose, else the client's offers joined by commas."),
            column("version", "VARCHAR", "Such as `TLS 1.3`."),
            column("cipher", "VARCHAR", "Cipher suite the server chose."),
            column("ja4", "VARCHAR", "JA4 fingerprint of the client."),
            column(
                "certificate_subject",
                "VARCHAR",
                "Subject of the server's certificate, where it was sent in clear.",
            ),
            column("certificate_issuer", "VARCHAR", "Who issued that certificate."),
            column("certificate_names", "VARCHAR[]", "Names and addresses it is for."),
            column("certificate_not_before", "TIMESTAMP_NS", "When it begins to be valid."),
            column("certificate_not_after", "TIMESTAMP_NS", "When it ends."),
        ],
        sql:
            "SELECT flow_id, happened_at, sni, alpn, version, cipher, ja4, certificate_subject, certificate_issuer, certificate_names, certificate_not_before, certificate_not_after \
              FROM raw.tls_handshakes"
                .into(),
    }
}
