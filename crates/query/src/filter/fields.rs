//! The fields a filter may name: what they mean, which columns they read and what values they take.

use super::field::{Field, Kind, field, of_flow};

/// Ports.
const PORT: Kind = Kind::Number { least: 0, most: 65_535 };

/// Things that are counted.
const COUNT: Kind = Kind::Number { least: 0, most: i64::MAX };

/// Every field, in the order in which they are suggested.
pub static FIELDS: &[Field] = &[
    field("service", &["client_service", "server_service"], Kind::Name, "service:cart", "calls or is called")
        .flow_too()
        .always(),
    field("client", &["client_service"], Kind::Name, "client:api-gateway", "service that asks")
        .flow_too()
        .alias(&["client_service"])
        .always(),
    field("server", &["server_service"], Kind::Name, "server:payment", "service that answers")
        .flow_too()
        .alias(&["server_service"])
        .always(),
    field(
        "process",
        &["client_process", "server_process"],
        Kind::Folded,
        "process:nginx",
        "behind a socket, captured live",
    )
    .flow_too(),
    field("status", &["status"], Kind::Status, "status:>=400,none", "HTTP status; none: no response")
        .values(&["2xx", "3xx", "4xx", "5xx"]),
    field("method", &["method"], Kind::Folded, "method:POST", "request method")
        .values(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    field("path", &["path"], Kind::Name, "path:/api/*", "path without query"),
    field("target", &["target"], Kind::Name, "target:*q=shoes*", "path with query, as sent"),
    field("host", &["host"], Kind::Folded, "host:shop.example", "Host header")
        .flow(&["server_name"])
        .also_by_exchange(),
    field("duration", &["duration_us"], Kind::Duration, "duration:>250ms", "of an exchange, or of a flow").flow_too(),
    field("ttfb", &["ttfb_us"], Kind::Duration, "ttfb:>=1s", "time to first byte of the response"),
    field("error", &["error"], Kind::Words, "error:reset", "why it is not complete"),
    field("complete", &["complete"], Kind::Flag, "complete:false", "both messages seen to their end")
        .values(&["true", "false"])
        .always(),
    field("protocol", &["protocol"], Kind::Folded, "protocol:http/1.1", "what it was spoken in")
        .flow(&["app_protocol", "transport", "upgraded_to"])
        .also_by_exchange()
        .values(&["http/0.9", "http/1.0", "http/1.1", "h2", "grpc", "websocket", "tls", "dns"])
        .always(),
    field("identity", &["identity"], Kind::Name, "identity:anna", "login or JWT subject"),
    field("identity_kind", &["identity_kind"], Kind::Folded, "identity_kind:jwt", "where the identity was read")
        .values(&["basic", "jwt"]),
    field(
        "origin_ip",
        &["origin_ip"],
        Kind::Address,
        "origin_ip:192.0.2.0/24",
        "first address of X-Forwarded-For, else the client",
    )
    .alias(&["origin"]),
    field("ip", &["client_ip", "server_ip"], Kind::Address, "ip:10.0.0.7", "address of either side")
        .flow_too()
        .always(),
    field("client_ip", &["client_ip"], Kind::Address, "client_ip:10.0.0.0/8", "address that asks").flow_too().always(),
    field("server_ip", &["server_ip"], Kind::Address, "server_ip:10.0.0.7", "address that answers").flow_too().always(),
    field("port", &["client_port", "server_port"], PORT, "port:8080", "port of either side").flow_too().always(),
    field("client_port", &["client_port"], PORT, "client_port:>=32768", "port that asks").flow_too().always(),
    field("server_port", &["server_port"], PORT, "server_port:443", "port that answers").flow_too().always(),
    field(
        "request_bytes",
        &["request_body_bytes"],
        Kind::Size,
        "request_bytes:>0",
        "size of the request's body, as sent",
    )
    .alias(&["request_body_bytes"])
    .always(),
    field(
        "response_bytes",
        &["response_body_bytes"],
        Kind::Size,
        "response_bytes:>10kB",
        "size of the response's body, as sent",
    )
    .alias(&["response_body_bytes"])
    .always(),
    field("content_type", &["content_type"], Kind::Words, "content_type:json", "of the response"),
    field("user_agent", &["user_agent"], Kind::Words, "user_agent:curl", "what the client says it is"),
    field("trace_id", &["trace_id"], Kind::Folded, "trace_id:4bf92f35*", "W3C trace id").alias(&["trace"]),
    field("grpc_status", &["grpc_status"], Kind::Number { least: 0, most: 16 }, "grpc_status:>0", "gRPC status code"),
    field("flow_id", &["flow_id"], Kind::Number { least: 0, most: i64::MAX }, "flow_id:12", "number of the connection")
        .flow_too()
        .alias(&["flow"])
        .always(),
    of_flow("transport", &["transport"], Kind::Folded, "transport:udp", "what carries the flow")
        .values(&["tcp", "udp", "icmp"])
        .always(),
    of_flow("close", &["close_reason"], Kind::Folded, "close:rst", "how the flow ended")
        .alias(&["close_reason"])
        .values(&["fin", "rst", "idle", "refused", "unanswered", "open"])
        .always(),
    of_flow("handshake", &["handshake"], Kind::Folded, "handshake:mid_stream", "how much of TCP's handshake was seen")
        .values(&["full", "mid_stream", "none"])
        .always(),
    of_flow("encrypted", &["encrypted"], Kind::Flag, "encrypted:true", "the flow carries TLS, SSH or QUIC")
        .values(&["true", "false"])
        .always(),
    of_flow("bytes", &["bytes"], Kind::Size, "bytes:>1MB", "payload of the flow, both directions").always(),
    of_flow("packets", &["packets"], COUNT, "packets:>1000", "packets of the flow, both directions").always(),
    of_flow("rtt", &["rtt_us"], Kind::Duration, "rtt:>20ms", "round trip of the flow's handshake"),
    of_flow("retransmits", &["retransmits"], COUNT, "retransmits:>0", "segments of the flow sent again").always(),
    of_flow("out_of_order", &["out_of_order"], COUNT, "out_of_order:>0", "segments of the flow that came late")
        .always(),
    of_flow("zero_windows", &["zero_windows"], COUNT, "zero_windows:>0", "times a receiver of the flow was full")
        .always(),
    of_flow("missed", &["missed_bytes"], Kind::Size, "missed:>0", "bytes of the flow that were not captured")
        .alias(&["missed_bytes"])
        .always(),
    of_flow("history", &["history"], Kind::Name, "history:*T*", "what happened in the flow, as Zeek writes it")
        .always(),
    of_flow("tunnel", &["tunnel"], Kind::Folded, "tunnel:vxlan", "encapsulation the flow was found in"),
    of_flow("vlan", &["vlan"], Kind::Number { least: 0, most: 4_095 }, "vlan:100", "outermost VLAN of the flow"),
    field("sni", &[], Kind::Folded, "sni:*.example.com", "server name asked for in TLS").handshake(&["sni"]),
    field("ja4", &[], Kind::Folded, "ja4:t13d*", "fingerprint of the TLS client").handshake(&["ja4"]),
];
