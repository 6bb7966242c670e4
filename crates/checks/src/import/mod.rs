//! Lists of websites from elsewhere: text, CSV, Uptime Kuma's JSON export, Gatus's YAML.
//!
//! What is understood is taken over; what is not is noted with its place, so that nobody believes in a check that is not made.

mod gatus;
mod kuma;
mod table;
mod text;

use std::{collections::HashSet, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Website;

/// A kind of list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One URL a line, with or without a name before it; `#` begins a comment.
    Text,
    /// A header with names of settings, such as `name,url,interval,expect.status`, then one website a line.
    Csv,
    /// What Uptime Kuma 1 writes as its backup.
    UptimeKuma,
    /// Gatus's configuration; its endpoints count.
    Gatus,
}

/// Why a list cannot be read at all. The display form is a sentence without its period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("The list is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    #[error("The list has more than {MAX_WEBSITES} websites")]
    TooMany,
    #[error("This is not JSON: {0}")]
    NotJson(String),
    #[error("This is not YAML: {0}")]
    NotYaml(String),
    #[error("This is not CSV: {0}")]
    NotCsv(String),
    #[error("There is no {wanted} in it, so it is not {format}")]
    NotThat { wanted: &'static str, format: &'static str },
}

/// Largest list that is read.
const MAX_BYTES: usize = 32 << 20;
/// Most websites that are taken from a list.
const MAX_WEBSITES: usize = 100_000;

/// Something that was not taken over, or not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Where it is: a line, or the name of a monitor or endpoint.
    pub place: String,
    /// A sentence without its period.
    pub message: String,
    /// Whether the website is not taken over at all.
    pub left_out: bool,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What came of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// Each one can be checked as it is; their names differ.
    pub websites: Vec<Website>,
    pub notes: Vec<Note>,
}

/// Reads a list.
///
/// ```
/// use wirereel_checks::import::{Format, import};
/// let list = import(Format::Text, "# shops\nCart https://cart.test/health\nshop.test\n").expect("readable");
/// assert_eq!(list.websites[0].name, "Cart");
/// assert_eq!(list.websites[1].url, "https://shop.test");
/// ```
///
/// # Errors
/// When nothing of it can be read.
pub fn import(format: Format, text: &str) -> Result<Imported, ImportError> {
    if text.len() > MAX_BYTES {
        return Err(ImportError::TooLarge);
    }
    let mut taking = Taking::default();
    match format {
        Format::Text => text::read(text, &mut taking),
        Format::Csv => table::read(text, &mut taking)?,
        Format::UptimeKuma => kuma::read(text, &mut taking)?,
        Format::Gatus => gatus::read(text, &mut taking)?,
    }
    if taking.imported.websites.len() > MAX_WEBSITES {
        return Err(ImportError::TooMany);
    }
    Ok(taking.imported)
}

/// Takes websites over one by one.
#[derive(Default)]
struct Taking {
    imported: Imported,
    names: HashSet<String>,
}

impl Taking {
    fn note(&mut self, place: &str, message: impl Into<String>) {
        self.imported.notes.push(Note { place: place.to_owned(), message: message.into(), left_out: false });
    }

    fn leave_out(&mut self, place: &str, message: impl Into<String>) {
        self.imported.notes.push(Note { place: place.to_owned(), message: message.into(), left_out: true });
    }

    /// Takes a website over as `wirereel.json` would have it. Settings that are not allowed are noted and stay at their defaults; without
    /// a URL that can be checked, it is left out.
    fn take(&mut self, place: &str, settings: Map<String, Value>) {
        let (mut website, problems) = Website::read(&Value::Object(settings));
        for problem in &problems {
            if problem.path == "url" {
                return self.leave_out(place, problem.to_string());
            }
            self.note(place, format!("{problem}; it is left at its default"));
        }
        // What can be read and is not allowed still stands in it.
        for problem in website.problems() {
            if !reset(&mut website, &problem.path) {
                return self.leave_out(place, problem.to_string());
            }
        }
        let wanted = website.display_name().to_owned();
        let mut name = wanted.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{wanted} ({number})");
        }
        if name != wanted {
            self.note(place, format!("There is another one named {wanted:?}, so this one is named {name:?}"));
            website.name = name;
        }
        self.imported.websites.push(website);
    }
}

/// Puts a setting back to its default; `false` when it is none that has one.
fn reset(website: &mut Website, path: &str) -> bool {
    let default = Website::default();
    let first = path.split(['.', '[']).next().unwrap_or_default();
    match first {
        "interval" => website.interval = default.interval,
        "timeout" => website.timeout = default.timeout,
        "redirects" => website.redirects = default.redirects,
        "body_limit_kib" => website.body_limit_kib = default.body_limit_kib,
        "tls" => website.tls = default.tls,
        "resolver" => website.resolver = None,
        "keep_alive" => website.keep_alive = false,
        "address_family" => website.address_family = default.address_family,
        "headers" => drop(website.headers.remove(path.trim_start_matches("headers."))),
        "expect" => match path.split(['.', '[']).nth(1).unwrap_or_default() {
            "status" => website.expect.status = default.expect.status,
            "body_matches" => website.expect.body_matches = None,
            "headers" => website.expect.headers.clear(),
            "json" => website.expect.json.retain(|json| serde_json_path::JsonPath::parse(&json.path).is_ok()),
            _ => return false,
        },
        _ => return false,
    }
    website.problems().iter().all(|problem| problem.path != path)
}

/// Sets a value at a path such as `expect.status`.
fn put(settings: &mut Map<String, Value>, path: &str, value: impl Into<Value>) {
    match path.split_once('.') {
        None => drop(settings.insert(path.to_owned(), value.into())),
        Some((first, rest)) => {
            let inner = settings.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Seconds with or without a fraction as a duration.
fn seconds(value: f64) -> String {
    format!("{}ms", (value * 1_000.0).round().clamp(0.0, 1e15) as u64)
}

#[cfg(test)]
mod tests;
