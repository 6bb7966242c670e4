//! The report as one HTML page: pictures inlined, no scripts, nothing loaded from elsewhere.

use anyhow::Result;
use wirereel_query::answer::Golden;

use super::{
    ReportData,
    lists::{Endpoint, Totals, calls, failing, services, slowest, warnings},
};
use crate::{
    figures::{bytes, count, maybe_duration, rate, share, span},
    pictures,
};

/// Services whose latency is drawn.
const MAX_STRIPS: usize = 8;

/// Makes the page.
///
/// # Errors
/// When a picture cannot be drawn.
pub(crate) fn html(data: &ReportData) -> Result<String> {
    let name = escape(&data.recording.name);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: Wirereel report</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        include_str!("page.css")
    );
    head(data, &mut page);
    if !data.density.requests.is_empty() {
        section(&mut page, "Requests over time", "", &pictures::timeline(&data.density, &data.incidents).for_page()?);
    }
    if !data.topology.edges.is_empty() {
        section(&mut page, "Who calls whom", &entry_points(data), &pictures::graph(&data.topology).for_page()?);
    }
    let list = services(data);
    if !list.is_empty() {
        section(&mut page, "Busiest services", "", &pictures::bars(&list).for_page()?);
    }
    let strips = &data.inspections[..data.inspections.len().min(MAX_STRIPS)];
    if !strips.is_empty() {
        let legend =
            "Slow answers are at the top, a stronger colour is more of them, marks below a strip are failures.";
        section(&mut page, "Latency over time", legend, &pictures::heat(strips).for_page()?);
    }
    findings(data, &mut page);
    tables(data, &mut page);
    let version = env!("CARGO_PKG_VERSION");
    page.push_str(&format!("<footer>Made by Wirereel {version}. Times are UTC.</footer>\n</main>\n</body>\n</html>\n"));
    Ok(page)
}

/// Text for HTML, also inside attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn head(data: &ReportData, page: &mut String) {
    let recording = &data.recording;
    let range = recording.range.map_or_else(|| "no packets".to_owned(), span);
    let totals = Totals::of(data);
    let tiles = [
        ("requests", count(totals.requests)),
        ("errors", share(totals.error_share())),
        ("services", count(recording.services)),
        ("flows", count(recording.flows)),
        ("DNS queries", count(recording.dns_queries)),
        ("packets", count(recording.packets)),
        ("captured", bytes(recording.bytes)),
    ];
    page.push_str(&format!("<h1>{}</h1>\n<p>{range}</p>\n<dl>\n", escape(&recording.name)));
    for (name, figure) in tiles {
        page.push_str(&format!("<div><dt>{name}</dt><dd>{figure}</dd></div>\n"));
    }
    page.push_str("</dl>\n");
}

fn entry_points(data: &ReportData) -> String {
    let topology = &data.topology;
    match (&topology.entry_points[..], topology.entry_points_guessed) {
        ([], _) => String::new(),
        (points, true) => format!("Entry point: {}, guessed because none is configured.", points.join(", ")),
        (points, false) => format!("Entry point: {}.", points.join(", ")),
    }
}

fn section(page: &mut String, title: &str, note: &str, contents: &str) {
    page.push_str(&format!("<section>\n<h2>{}</h2>\n", escape(title)));
    if !note.is_empty() {
        page.push_str(&format!("<p>{}</p>\n", escape(note)));
    }
    page.push_str(contents);
    page.push_str("\n</section>\n");
}

/// What stands out, in the words of the inspector.
fn findings(data: &ReportData, page: &mut String) {
    let found: Vec<String> = data
        .inspections
        .iter()
        .filter_map(|inspection| {
            let finding = inspection.finding.as_ref()?;
            Some(format!("<li><b>{}</b>: {}</li>", escape(&inspection.server), escape(finding)))
        })
        .collect();
    if !found.is_empty() {
        section(page, "What stands out", "", &format!("<ul>{}</ul>", found.join("\n")));
    }
}

fn tables(data: &ReportData, page: &mut String) {
    let golden = |figures: &Golden| {
        [
            Cell::Figure(count(figures.requests)),
            Cell::Figure(rate(figures.rate)),
            errors(figures),
            Cell::Figure(maybe_duration(figures.p50_us)),
            Cell::Figure(maybe_duration(figures.p95_us)),
            Cell::Figure(maybe_duration(figures.p99_us)),
        ]
    };
    let heads = ["service", "requests", "rate", "errors", "p50", "p95", "p99", "open connections"];
    table(
        page,
        "Services",
        &heads,
        services(data).into_iter().map(|node| {
            let mut cells = vec![Cell::Text(node.name.clone())];
            cells.extend(golden(&node.golden));
            cells.push(Cell::Figure(count(node.active_connections)));
            cells
        }),
    );
    let heads = ["from", "to", "spoken", "requests", "rate", "errors", "p50", "p95", "p99", "refused", "resets"];
    table(
        page,
        "Calls",
        &heads,
        calls(data).into_iter().map(|edge| {
            let mut cells = [&edge.client, &edge.server, &edge.protocol].map(|text| Cell::Text(text.clone())).to_vec();
            cells.extend(golden(&edge.golden));
            cells.extend([edge.refused, edge.resets].map(|value| Cell::Figure(count(value))));
            cells
        }),
    );
    let place = |endpoint: &Endpoint<'_>| {
        let figures = &endpoint.figures;
        vec![
            Cell::Text(endpoint.service.to_owned()),
            Cell::Wire(figures.method.clone()),
            Cell::Wire(figures.path.clone()),
        ]
    };
    let heads = ["service", "method", "path", "requests", "errors", "4xx", "5xx", "no answer"];
    table(
        page,
        "Endpoints that failed",
        &heads,
        failing(data).iter().map(|endpoint| {
            let figures = &endpoint.figures.golden;
            let mut cells = place(endpoint);
            cells.extend([Cell::Figure(count(figures.requests)), errors(figures)]);
            cells.extend(
                [figures.errors_4xx, figures.errors_5xx, figures.failed].map(|value| Cell::Figure(count(value))),
            );
            cells
        }),
    );
    let heads = ["service", "method", "path", "requests", "rate", "errors", "p50", "p95", "p99"];
    table(
        page,
        "Slowest endpoints",
        &heads,
        slowest(data).iter().map(|endpoint| {
            let mut cells = place(endpoint);
            cells.extend(golden(&endpoint.figures.golden));
            cells
        }),
    );
    let heads = ["address", "port", "looks like", "talks to", "flows", "bytes"];
    table(
        page,
        "Addresses without a name",
        &heads,
        data.unresolved.iter().map(|address| {
            vec![
                Cell::Wire(address.ip.clone()),
                Cell::Wire(address.port.map_or_else(String::new, |port| port.to_string())),
                Cell::Text(address.hint.clone()),
                Cell::Text(address.talks_to.join(", ")),
                Cell::Figure(count(address.flows)),
                Cell::Figure(bytes(address.bytes)),
            ]
        }),
    );
    let warnings = warnings(data);
    if !warnings.is_empty() {
        let items: String = warnings.iter().map(|warning| format!("<li>{}</li>\n", escape(warning))).collect();
        page.push_str(&format!("<section class=\"warnings\">\n<h2>Warnings</h2>\n<ul>\n{items}</ul>\n</section>\n"));
    }
}

/// What a table cell holds.
#[derive(Clone)]
enum Cell {
    Text(String),
    /// Something that was on the wire.
    Wire(String),
    Figure(String),
    BadFigure(String),
}

fn errors(figures: &Golden) -> Cell {
    let told = share(figures.error_share);
    if figures.error_share < 0.01 { Cell::Figure(told) } else { Cell::BadFigure(told) }
}

/// A section with a table; nothing when there are no rows. A head is flush right where the first row has a figure.
fn table(page: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<Cell>>) {
    let mut rows = rows.peekable();
    let Some(first) = rows.peek() else { return };
    let mut out = String::from("<table>\n<thead><tr>");
    for (head, cell) in heads.iter().zip(first) {
        let class = if matches!(cell, Cell::Figure(_) | Cell::BadFigure(_)) { " class=\"figure\"" } else { "" };
        out.push_str(&format!("<th{class}>{head}</th>"));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let (class, text) = match cell {
                Cell::Text(text) => ("", text),
                Cell::Wire(text) => (" class=\"wire\"", text),
                Cell::Figure(text) => (" class=\"figure\"", text),
                Cell::BadFigure(text) => (" class=\"figure bad\"", text),
            };
            out.push_str(&format!("<td{class}>{}</td>", escape(&text)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>");
    section(page, title, "", &out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up;

    #[test]
    fn the_page_is_whole_and_loads_nothing() {
        let page = html(&made_up::shop()).unwrap();
        assert_eq!(page.matches("<svg ").count(), 4);
        assert!(
            !page.contains("<script") && !page.contains("src=") && !page.contains("url(") && !page.contains("href=")
        );
        let without_names = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!without_names.contains("http://") && !without_names.contains("https://"));
        assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
    }

    #[test]
    fn text_of_the_recording_stays_text() {
        let page = html(&made_up::shop()).unwrap();
        assert!(!page.contains("/a<b>"));
        assert!(page.contains("/a&lt;b&gt;&amp;&quot;c&quot;"));
    }

    #[test]
    fn pictures_have_no_fixed_colours() {
        let page = html(&made_up::shop()).unwrap();
        let pictures = &page[page.find("<svg").unwrap()..];
        assert!(!pictures.contains("\"#"), "{}", &pictures[pictures.find("\"#").unwrap()..][..40]);
    }

    #[test]
    fn an_empty_recording_makes_a_page_too() {
        let page = html(&made_up::nothing()).unwrap();
        assert!(page.contains("no packets") && !page.contains("<section"));
    }
}
