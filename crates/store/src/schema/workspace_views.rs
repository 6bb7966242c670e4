//! Views of what the workspace holds besides traffic: sources, its own figures and problems.

use super::{View, column};

pub(super) fn sources() -> View {
    View {
        name: "sources",
        parameters: &[],
        about: "An opened capture file or a whisperer's recording.",
        columns: vec![
            column("source_id", "UINTEGER", "Unique in the workspace."),
            column("kind", "VARCHAR", "`file`, `interface` or `upload`."),
            column("name", "VARCHAR", "File name or interface."),
            column("link_type", "VARCHAR", "What its packets begin with, as libpcap names it; several are joined by commas."),
            column("started_at", "TIMESTAMP_NS", "First packet."),
            column("ended_at", "TIMESTAMP_NS", "Last packet."),
            column("packets", "UBIGINT", "Packets read."),
            column("bytes", "UBIGINT", "Captured bytes of these packets."),
            column("dropped", "UBIGINT", "Packets known to be lost before they were written."),
            column("truncated", "BOOLEAN", "The file ends in the middle of a packet."),
            column("warnings", "VARCHAR[]", "What was odd about it."),
            column("path", "VARCHAR", "Where its bytes are."),
        ],
        sql: "SELECT source_id, kind, name, link_type, started_at, ended_at, packets, bytes, dropped, truncated, warnings, path \
              FROM raw.sources"
            .into(),
    }
}

pub(super) fn lost_packets() -> View {
    View {
        name: "lost_packets",
        parameters: &[],
        about: "A second in which live capture lost packets: missing data, not silence.",
        columns: vec![
            column("source_id", "UINTEGER", "The source that lacks them."),
            column("at", "TIMESTAMP_NS", "Begin of the second, by the clock of the host that captures."),
            column("in_kernel", "UBIGINT", "Lost in the kernel's buffer: the agent was too slow."),
            column("in_queue", "UBIGINT", "Lost in the agent's queue: the receiver was too slow."),
        ],
        sql:
            "SELECT source_id, make_timestamp_ns(second * 1000000000), sum(in_kernel)::UBIGINT, sum(in_queue)::UBIGINT \
              FROM raw.lost_packets GROUP BY source_id, second"
                .into(),
    }
}

pub(super) fn self_metrics() -> View {
    View {
        name: "self_metrics",
        parameters: &[],
        about: "A figure about Wirereel itself.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "When it was taken."),
            column(
                "component",
                "VARCHAR",
                "Which part: `process`, `ingest`, `queue:<id>`, `store`, `question:<command>`, `health`, `whisperer:<id>`, …",
            ),
            column("metric", "VARCHAR", "What was measured, with its unit."),
            column("value", "DOUBLE", "The figure; not a number once it is not measured any more."),
        ],
        sql: "SELECT happened_at, component, metric, value FROM raw.self_metrics".into(),
    }
}

pub(super) fn ingest_errors() -> View {
    View {
        name: "ingest_errors",
        parameters: &[],
        about: "Something that could not be read; reading went on after it.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "Capture time of the packet."),
            column("source_id", "UINTEGER", "The source it came from."),
            column("stage", "VARCHAR", "`file`, `link`, `network`, `transport`, `http`, `dns` or `tls`."),
            column("position", "UBIGINT", "Where the packet's record starts in the (decompressed) file, in bytes."),
            column("flow_id", "UBIGINT", "The flow it belongs to; NULL where it was not yet known."),
            column("message", "VARCHAR", "What was found and what was expected, and why it was not tried again."),
            column("attempts", "INTEGER", "How often it was tried."),
            column(
                "state",
                "VARCHAR",
                "`waiting` for its second try, `recovered` when that could read it, `definitive` when not.",
            ),
        ],
        sql: "SELECT e.happened_at, e.source_id, e.stage, e.position, e.flow_id, \
              CASE WHEN coalesce(a.note, '') = '' THEN e.message ELSE e.message || '; ' || a.note END, \
              coalesce(a.attempts, 1), coalesce(a.state, 'waiting') \
              FROM raw.ingest_errors e LEFT JOIN raw.last_attempts a ON a.source_id = e.source_id AND a.stage = e.stage \
              AND a.position = e.position AND a.flow_id IS NOT DISTINCT FROM e.flow_id"
            .into(),
    }
}
