//! The report as text: aligned tables for a terminal of 100 columns.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use wirereel_query::answer::{Golden, ServiceKind};

use super::{
    ReportData,
    lists::{Totals, calls, failing, services, slowest, warnings},
};
use crate::figures::{bytes, count, counted, cut, maybe_duration, rate, share, span};

/// Columns of the timeline; with its label it fits 100.
const TIMELINE_COLUMNS: usize = 84;

/// Longest lists of a text report; the HTML report has everything.
const MAX_ROWS: usize = 40;

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub(crate) fn text(data: &ReportData, out: &mut impl Write) -> io::Result<()> {
    head(data, out)?;
    timeline(data, out)?;
    let list = services(data);
    table(
        out,
        &format!("Services ({})", list.len()),
        &["service", "*requests", "*rate", "*errors", "*p50", "*p95", "*p99", "*connections"],
        list.iter().map(|node| {
            let mut cells = vec![cut(&node.name, 32)];
            cells.extend(golden(&node.golden));
            cells.push(count(node.active_connections));
            cells
        }),
    )?;
    let list = calls(data);
    table(
        out,
        &format!("Calls ({})", list.len()),
        &["from", "to", "*requests", "*errors", "*p50", "*p95", "*refused", "*resets"],
        list.iter().map(|edge| {
            let figures = &edge.golden;
            vec![
                cut(&edge.client, 28),
                cut(&edge.server, 28),
                count(figures.requests),
                share(figures.error_share),
                maybe_duration(figures.p50_us),
                maybe_duration(figures.p95_us),
                count(edge.refused),
                count(edge.resets),
            ]
        }),
    )?;
    table(
        out,
        "Endpoints that failed",
        &["service", "method", "path", "*requests", "*5xx", "*no answer"],
        failing(data).iter().map(|endpoint| {
            let figures = &endpoint.figures.golden;
            let (method, path) = (&endpoint.figures.method, &endpoint.figures.path);
            vec![
                cut(endpoint.service, 24),
                cut(method, 8),
                cut(path, 36),
                count(figures.requests),
                count(figures.errors_5xx),
                count(figures.failed),
            ]
        }),
    )?;
    table(
        out,
        "Slowest endpoints",
        &["service", "method", "path", "*requests", "*p50", "*p95", "*p99"],
        slowest(data).iter().map(|endpoint| {
            let figures = &endpoint.figures.golden;
            let (method, path) = (&endpoint.figures.method, &endpoint.figures.path);
            let times = [figures.p50_us, figures.p95_us, figures.p99_us].map(maybe_duration);
            [&[cut(endpoint.service, 24), cut(method, 8), cut(path, 32), count(figures.requests)][..], &times].concat()
        }),
    )?;
    table(
        out,
        "Addresses without a name",
        &["address", "looks like", "talks to", "*flows", "*bytes"],
        data.unresolved.iter().map(|address| {
            let port = address.port.map_or_else(String::new, |port| format!(" :{port}"));
            vec![
                address.ip.clone() + &port,
                cut(&address.hint, 22),
                cut(&address.talks_to.join(", "), 30),
                count(address.flows),
                bytes(address.bytes),
            ]
        }),
    )?;
    let warnings = warnings(data);
    if !warnings.is_empty() {
        writeln!(out, "\nWarnings")?;
    }
    for warning in warnings {
        writeln!(out, "  {warning}")?;
    }
    Ok(())
}

fn head(data: &ReportData, out: &mut impl Write) -> io::Result<()> {
    let recording = &data.recording;
    writeln!(out, "{}", recording.name)?;
    match recording.range {
        Some(range) => writeln!(out, "{}", span(range))?,
        None => writeln!(out, "no packets")?,
    }
    let figures = [
        counted(recording.packets, "packet"),
        bytes(recording.bytes),
        counted(recording.flows, "flow"),
        counted(recording.exchanges, "HTTP exchange"),
        if recording.dns_queries == 1 {
            "1 DNS query".to_owned()
        } else {
            format!("{} DNS queries", count(recording.dns_queries))
        },
    ];
    writeln!(out, "{}", figures.join(", "))?;
    if !data.topology.entry_points.is_empty() {
        let guessed = if data.topology.entry_points_guessed { " (guessed: none is configured)" } else { "" };
        writeln!(out, "entry point: {}{guessed}", data.topology.entry_points.join(", "))?;
    }
    if let Some(customers) = data.topology.nodes.iter().find(|node| node.kind == ServiceKind::Customers) {
        let addresses = if customers.address_count == 1 { "address" } else { "addresses" };
        writeln!(out, "customers: {} {addresses}", count(customers.address_count))?;
    }
    Ok(())
}

/// Requests and errors over time in eighths of a line.
fn timeline(data: &ReportData, out: &mut impl Write) -> io::Result<()> {
    let totals = Totals::of(data);
    if totals.requests == 0 {
        return Ok(());
    }
    let requests = squeezed(&data.density.requests);
    let errors = squeezed(&data.density.errors);
    let errors_told = format!("{} errors, {}", count(totals.errors), share(totals.error_share()));
    writeln!(out, "\nOver time  ({}; {errors_told})", counted(totals.requests, "request"))?;
    writeln!(out, "  requests  {}", bars(&requests))?;
    writeln!(out, "  errors    {}", bars(&errors))
}

/// Sums neighbours until the counts fit the line.
fn squeezed(counts: &[u32]) -> Vec<u64> {
    let each = counts.len().div_ceil(TIMELINE_COLUMNS).max(1);
    counts.chunks(each).map(|part| part.iter().map(|count| u64::from(*count)).sum()).collect()
}

/// One block character per count, as high as its share of the largest; nothing is a space, anything at least an eighth.
fn bars(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let height = |count: u64| if count == 0 { 0 } else { (count * 8).div_ceil(most) as usize };
    counts.iter().filter_map(|count| " ▁▂▃▄▅▆▇█".chars().nth(height(*count))).collect()
}

fn golden(figures: &Golden) -> [String; 6] {
    [
        count(figures.requests),
        rate(figures.rate),
        share(figures.error_share),
        maybe_duration(figures.p50_us),
        maybe_duration(figures.p95_us),
        maybe_duration(figures.p99_us),
    ]
}

/// A table with a title; columns whose head starts with `*` hold figures and are flush right. Nothing when there are no rows.
fn table(
    out: &mut impl Write,
    title: &str,
    heads: &[&str],
    rows: impl ExactSizeIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let total = rows.len();
    if total == 0 {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let aligned = |text: String, head: &str| {
        let alignment = if head.starts_with('*') { CellAlignment::Right } else { CellAlignment::Left };
        Cell::new(text).set_alignment(alignment)
    };
    table.set_header(heads.iter().map(|head| aligned(head.trim_start_matches('*').to_owned(), head)));
    for row in rows.take(MAX_ROWS) {
        table.add_row(row.into_iter().zip(heads).map(|(text, head)| aligned(text, head)));
    }
    writeln!(out, "\n{title}")?;
    for line in table.lines() {
        writeln!(out, " {}", line.trim_end())?;
    }
    if total > MAX_ROWS {
        writeln!(out, "  and {} more", total - MAX_ROWS)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up;

    fn told(data: &ReportData) -> String {
        let mut out = Vec::new();
        text(data, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_fit_a_terminal_and_every_section_is_there() {
        let told = told(&made_up::shop());
        for section in [
            "Over time",
            "Services (",
            "Calls (",
            "Endpoints that failed",
            "Slowest endpoints",
            "Addresses without a name",
            "Warnings",
        ] {
            assert!(told.contains(section), "{section} in\n{told}");
        }
        for line in told.lines() {
            assert!(line.chars().count() <= 110, "{} columns: {line}", line.chars().count());
        }
    }

    #[test]
    fn figures_stand_under_their_heads() {
        let told = told(&made_up::shop());
        let lines: Vec<&str> = told.lines().skip_while(|line| !line.starts_with("Services")).skip(1).take(3).collect();
        let end =
            |line: &str, word: &str| line.find(word).map(|start| line[..start].chars().count() + word.chars().count());
        assert_eq!(end(lines[0], "requests"), end(lines[1], "31,220"), "{lines:?}");
    }

    #[test]
    fn an_empty_recording_is_told_without_empty_tables() {
        assert_eq!(
            told(&made_up::nothing()),
            "empty.pcap\nno packets\n0 packets, 0 B, 0 flows, 0 HTTP exchanges, 0 DNS queries\n"
        );
    }

    #[test]
    fn bars_show_the_least_there_is() {
        assert_eq!(bars(&[0, 1, 500, 1_000]), " ▁▄█");
    }
}
