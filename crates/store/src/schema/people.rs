//! Views of who comes in from outside: customers by address, and addresses that nobody could name.

use super::{View, column};
use crate::hint;

/// The network that an address counts to: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one. A part that `::` leaves out is
/// zero, and so are those after it that belong to the first three.
const NETWORK: &str = "
CREATE OR REPLACE MACRO raw.part_of(ip, part) AS coalesce(nullif(split_part(ip, ':', part), ''), '0');
CREATE OR REPLACE MACRO raw.network_of_parts(a, b, c) AS CASE
    WHEN c <> '0' THEN a || ':' || b || ':' || c || '::/48'
    WHEN b <> '0' THEN a || ':' || b || '::/48'
    WHEN a <> '0' THEN a || '::/48'
    ELSE '::/48' END;
CREATE OR REPLACE MACRO raw.network(ip) AS CASE
    WHEN NOT contains(ip, ':') THEN rtrim(ip, '0123456789') || '0/24'
    WHEN starts_with(ip, '::') THEN '::/48'
    WHEN split_part(ip, ':', 2) = '' THEN raw.network_of_parts(raw.part_of(ip, 1), '0', '0')
    ELSE raw.network_of_parts(raw.part_of(ip, 1), raw.part_of(ip, 2), raw.part_of(ip, 3)) END;
";

pub(super) fn macros() -> String {
    format!("CREATE OR REPLACE MACRO raw.hint(ip, port) AS {};\n{NETWORK}", hint::sql("ip", "port"))
}

/// Whether connections without a flow count: those of live traffic that have not ended. Files have a flow for everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OngoingConnections {
    Count,
    No,
}

/// TCP connections: `flow_id`, `client_peer`, `opened_us`, `closed_us` (NULL while it goes on) and `bytes`.
pub(crate) fn connections_sql(ongoing: OngoingConnections) -> String {
    let ended = "SELECT flow_id, client_peer, opened_us, closed_us, client_bytes + server_bytes AS bytes FROM raw.flows \
                 WHERE transport = 'tcp'";
    match ongoing {
        OngoingConnections::No => ended.to_owned(),
        // Steps of a handshake may be in several rows.
        OngoingConnections::Count => format!(
            "{ended} UNION ALL \
             SELECT o.flow_id, any_value(o.client_peer), min(coalesce(o.connect_us, o.accept_us, o.established_us)), NULL, 0 \
             FROM raw.openings o ANTI JOIN raw.flows f ON f.flow_id = o.flow_id GROUP BY o.flow_id"
        ),
    }
}

pub(super) fn customers() -> View {
    let connections = connections_sql(OngoingConnections::Count);
    View {
        name: "customers",
        parameters: &[],
        about: "An address that came in from outside: nobody could name it, and it reached an entry point. Origins behind proxies are not \
                among them.",
        columns: vec![
            column("ip", "VARCHAR", "The address."),
            column("network", "VARCHAR", "The first 24 bits of an IPv4 address, the first 48 of an IPv6 one."),
            column("first_seen", "TIMESTAMP_NS", "When its first connection was opened, or its first request came."),
            column(
                "last_seen",
                "TIMESTAMP_NS",
                "Last packet of its last connection that has ended, or its last request.",
            ),
            column("connections", "BIGINT", "TCP connections, also those that go on."),
            column("requests", "BIGINT", "Exchanges."),
            column("errors", "BIGINT", "Of these, answered with status 500 and above, or failed."),
            column("bytes", "BIGINT", "Payload of connections that have ended, in both directions."),
        ],
        sql: format!(
            "SELECT ip, raw.network(ip), make_timestamp_ns(min(first_us) * 1000), make_timestamp_ns(max(last_us) * 1000), \
             sum(connections)::BIGINT, sum(requests)::BIGINT, sum(errors)::BIGINT, sum(bytes)::BIGINT FROM ( \
             SELECT client_peer, min(opened_us) AS first_us, max(coalesce(closed_us, opened_us)) AS last_us, count(*) AS connections, \
             0 AS requests, 0 AS errors, sum(bytes)::BIGINT AS bytes FROM ({connections}) GROUP BY client_peer \
             UNION ALL \
             SELECT client_peer, min(started_us), max(coalesce(response_us, started_us)), 0, count(*), \
             count(*) FILTER (raw.is_error(outcome)), 0 FROM raw.http_exchanges GROUP BY client_peer \
             ) t JOIN raw.peer_names p ON p.peer_id = t.client_peer WHERE p.kind = 'customers' GROUP BY ip"
        ),
    }
}

pub(super) fn unresolved_addresses() -> View {
    View {
        name: "unresolved_addresses",
        parameters: &[],
        about: "An address nobody could name and that is no customer.",
        columns: vec![
            column("ip", "VARCHAR", "The address."),
            column("port", "USMALLINT", "Its port where it is a server; the most used one."),
            column("first_seen", "TIMESTAMP_NS", "First packet of its first flow."),
            column("last_seen", "TIMESTAMP_NS", "Last packet of its last flow."),
            column("flows", "BIGINT", "Flows it has part in."),
            column("requests", "BIGINT", "Exchanges it has part in."),
            column("bytes", "BIGINT", "Payload of these flows in both directions."),
            column("talks_to", "VARCHAR[]", "Who is at the other end."),
            column("hint", "VARCHAR", "What it looks like, from its port and kind of address."),
        ],
        sql: format!(
            "SELECT s.name, p.port, make_timestamp_ns(u.first_ns), make_timestamp_ns(u.last_ns), u.flows, u.requests, u.bytes, t.talks_to, \
             raw.hint(s.name, p.port) FROM ({}) u JOIN raw.services s ON s.service_id = u.service_id \
             LEFT JOIN ({}) p ON p.service_id = u.service_id LEFT JOIN ( \
             SELECT ip, list_sort(list(DISTINCT other)) AS talks_to FROM ({}) GROUP BY ip) t ON t.ip = s.name \
             ORDER BY u.flows DESC, s.name",
            unresolved_sql("true", "true"),
            unresolved_ports_sql("true"),
            unresolved_pairs_sql("true", "true")
        ),
    }
}

/// Unresolved addresses of flows `f` and exchanges `x` that satisfy a condition: `service_id`, `first_ns`, `last_ns`, `flows`, `requests` and
/// `bytes`. An unresolved address is a service of its own, called by it: numbers are cheaper to sum up by than names.
fn unresolved_sql(flows: &str, exchanges: &str) -> String {
    let of_flows = |peer: &str| {
        format!(
            "SELECT {peer} AS peer, 1 AS flows, (f.client_bytes + f.server_bytes)::BIGINT AS bytes, 0 AS requests, \
             f.opened_us * 1000 + f.opened_rest AS first_ns, f.closed_us * 1000 + f.closed_rest AS last_ns \
             FROM raw.flows f WHERE ({flows})"
        )
    };
    let of_exchanges = |peer: &str| {
        format!(
            "SELECT {peer}, 0, 0, 1, x.started_us * 1000 + x.started_rest, \
             coalesce(x.response_us * 1000 + x.response_rest, x.started_us * 1000 + x.started_rest) \
             FROM raw.http_exchanges x WHERE ({exchanges})"
        )
    };
    let ends = [
        of_flows("f.server_peer"),
        of_flows("f.client_peer"),
        of_exchanges("x.server_peer"),
        of_exchanges("x.client_peer"),
    ];
    format!(
        "SELECT n.service_id, min(first_ns) AS first_ns, max(last_ns) AS last_ns, sum(flows)::BIGINT AS flows, \
         sum(requests)::BIGINT AS requests, sum(bytes)::BIGINT AS bytes \
         FROM ({}) e JOIN raw.peer_names n ON n.peer_id = e.peer WHERE n.kind = 'unresolved' GROUP BY n.service_id",
        ends.join(" UNION ALL ")
    )
}

/// The most used port of unresolved addresses that are servers: `service_id` and `port`.
fn unresolved_ports_sql(flows: &str) -> String {
    format!(
        "SELECT service_id, arg_max(port, flows) AS port FROM ( \
         SELECT n.service_id, n.port, count(*) AS flows FROM raw.flows f JOIN raw.peer_names n ON n.peer_id = f.server_peer \
         WHERE n.kind = 'unresolved' AND n.port > 0 AND ({flows}) GROUP BY ALL) GROUP BY service_id"
    )
}

/// Who is at the other end of unresolved addresses, each pair of `ip` and `other` at least once.
fn unresolved_pairs_sql(flows: &str, exchanges: &str) -> String {
    let pairs = format!(
        "SELECT DISTINCT f.client_peer, f.server_peer FROM raw.flows f WHERE ({flows}) UNION \
         SELECT DISTINCT x.client_peer, x.server_peer FROM raw.http_exchanges x WHERE ({exchanges})"
    );
    format!(
        "SELECT CASE WHEN end_is_server THEN s.ip ELSE c.ip END AS ip, CASE WHEN end_is_server THEN c.service ELSE s.service END AS other \
         FROM ({pairs}) p JOIN raw.peer_names c ON c.peer_id = p.client_peer JOIN raw.peer_names s ON s.peer_id = p.server_peer \
         CROSS JOIN (VALUES (true), (false)) e(end_is_server) \
         WHERE CASE WHEN end_is_server THEN s.kind ELSE c.kind END = 'unresolved'"
    )
}
