//! CSV: a header with names of settings, or none and a URL in one of the columns.

use serde_json::{Map, Value};

use super::{ImportError, Taking, put, seconds, text::with_scheme};

/// Names that columns have elsewhere, and the setting that is meant.
const ALIASES: [(&str, &str); 12] = [
    ("title", "name"),
    ("label", "name"),
    ("address", "url"),
    ("link", "url"),
    ("website", "url"),
    ("frequency", "interval"),
    ("status", "expect.status"),
    ("expected_status", "expect.status"),
    ("keyword", "expect.body_contains"),
    ("contains", "expect.body_contains"),
    ("regex", "expect.body_matches"),
    ("days_left", "tls.days_left"),
];

/// Settings that a column can have, with how its text is read.
const SETTINGS: [(&str, Kind); 19] = [
    ("name", Kind::Text),
    ("url", Kind::Url),
    ("interval", Kind::Duration),
    ("timeout", Kind::Duration),
    ("paused", Kind::Json),
    ("method", Kind::Upper),
    ("body", Kind::Text),
    ("redirects", Kind::Json),
    ("expect.status", Kind::List),
    ("expect.body_contains", Kind::Text),
    ("expect.body_lacks", Kind::Text),
    ("expect.body_matches", Kind::Text),
    ("expect.at_most", Kind::Duration),
    ("tls.verify", Kind::Json),
    ("tls.days_left", Kind::Json),
    ("address_family", Kind::Text),
    ("resolver", Kind::Text),
    ("proxy", Kind::Text),
    ("http_version", Kind::Text),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Upper,
    Url,
    /// As written, or a number of seconds.
    Duration,
    /// Numbers, `true`, `false`.
    Json,
    /// Parted by blanks, semicolons or bars.
    List,
}

pub(super) fn read(text: &str, taking: &mut Taking) -> Result<(), ImportError> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let delimiter =
        [b',', b';', b'\t'].into_iter().max_by_key(|delimiter| first.bytes().filter(|b| b == delimiter).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Option<(&str, Kind)>>> = None;
    for record in reader.records() {
        let record = record.map_err(|error| ImportError::NotCsv(error.to_string()))?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let Some(columns) = &columns else {
            let header: Vec<_> = record.iter().map(setting).collect();
            if header.iter().flatten().any(|(path, _)| *path == "url") {
                for (name, known) in record.iter().zip(&header) {
                    if known.is_none() && !name.is_empty() {
                        taking.note(
                            &place,
                            format!("There is no setting for the column {name:?}, so it is not taken over"),
                        );
                    }
                }
                columns = Some(header);
            } else {
                without_header(&place, &record, taking);
            }
            continue;
        };
        let mut settings = Map::new();
        for ((path, kind), cell) in
            columns.iter().zip(record.iter()).filter_map(|(column, cell)| Some(((*column)?, cell)))
        {
            if !cell.is_empty() {
                put(&mut settings, path, value(kind, &place, cell, taking));
            }
        }
        taking.take(&place, settings);
    }
    Ok(())
}

fn setting(name: &str) -> Option<(&'static str, Kind)> {
    let name = name.to_lowercase().replace([' ', '-'], "_");
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, path)| path);
    SETTINGS.into_iter().find(|(path, _)| *path == name)
}

/// A line of a table without a header: the first cell that looks like a URL, and the first that does not is its name.
fn without_header(place: &str, record: &csv::StringRecord, taking: &mut Taking) {
    let url = record.iter().find(|cell| cell.contains("://")).or_else(|| record.iter().find(|cell| cell.contains('.')));
    let Some(url) = url else {
        taking.leave_out(place, "There is no URL in this line, and it is no header with a column url");
        return;
    };
    let mut settings = Map::new();
    put(&mut settings, "name", record.iter().find(|cell| *cell != url).unwrap_or_default());
    put(&mut settings, "url", with_scheme(place, url, taking));
    taking.take(place, settings);
}

fn value(kind: Kind, place: &str, cell: &str, taking: &mut Taking) -> Value {
    match kind {
        Kind::Text => cell.into(),
        Kind::Upper => cell.to_uppercase().into(),
        Kind::Url => with_scheme(place, cell, taking).into(),
        Kind::Duration => match cell.parse::<f64>() {
            Ok(number) => seconds(number).into(),
            Err(_) => cell.into(),
        },
        Kind::Json => serde_json::from_str(&cell.to_lowercase()).unwrap_or_else(|_| cell.into()),
        Kind::List => cell.split([' ', ';', '|']).filter(|part| !part.is_empty()).collect::<Vec<_>>().into(),
    }
}
