//! Results of what is measured again and again, website checks and probes alike: which rows are asked for, and how they are found.

use duckdb::Row;
use wirereel_query::{checks::CheckState, question::TimeRange};

use super::Reader;
use crate::error::{Result, StoreError};

const MOST_ROWS: u32 = 500;
/// Results that are so far apart, microseconds, are looked up one by one.
const NEAR_US: i64 = 600_000_000;
/// No measurement takes longer, microseconds.
pub(super) const LONGEST_US: i64 = 600_000_000;
/// Results are read in slices of this length, microseconds, so that memory stays bounded.
pub(super) const SLICE_US: i64 = 300_000_000;

/// The tables of one kind of results.
pub(super) struct Kind {
    /// A row each.
    results: &'static str,
    /// The names of what they are of, each with its number.
    names: &'static str,
    /// The column of that number in both.
    number: &'static str,
}

pub(super) const CHECKS: Kind = Kind { results: "check_results", names: "check_websites", number: "website_id" };
pub(super) const PROBES: Kind = Kind { results: "probe_results", names: "probe_names", number: "number" };

/// Which results, latest first.
pub(super) struct Asked<'a> {
    /// Of one name; without it, of all.
    pub(super) name: Option<&'a str>,
    pub(super) range: Option<TimeRange>,
    pub(super) intended_us: Option<i64>,
    /// Only what is not up.
    pub(super) failing: bool,
    pub(super) offset: u64,
    pub(super) limit: u32,
}

/// The state behind its number in rows.
pub(super) fn state_of(code: u8) -> CheckState {
    match code {
        0 => CheckState::Up,
        1 => CheckState::Down,
        2 => CheckState::Overrun,
        _ => CheckState::SelfOffline,
    }
}

/// Texts as a list for `IN`.
pub(super) fn quoted<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect();
    quoted.join(", ")
}

impl Kind {
    /// Names and numbers of what has results, or had some: of these names, or of all.
    pub(super) fn names(&self, reader: &Reader, names: Option<&[&str]>) -> Result<Vec<(i32, String)>> {
        let condition = match names {
            None => "TRUE".to_owned(),
            Some([]) => return Ok(Vec::new()),
            Some(names) => format!("name IN ({})", quoted(names.iter().copied())),
        };
        let sql = format!("SELECT {}, name FROM raw.{} WHERE {condition}", self.number, self.names);
        reader.rows(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// A condition on rows that are of these names; of all without any list.
    pub(super) fn condition(&self, reader: &Reader, names: Option<&[&str]>) -> Result<String> {
        if names.is_none() {
            return Ok("TRUE".into());
        }
        let numbers: Vec<String> = self.names(reader, names)?.iter().map(|(number, _)| number.to_string()).collect();
        let column = self.number;
        Ok(match &numbers[..] {
            [] => "FALSE".into(),
            [one] => format!("{column} = {one}"),
            several => format!("{column} IN ({})", several.join(", ")),
        })
    }

    /// Parts of the time in which a column's rows that satisfy a condition are.
    pub(super) fn slices(
        &self,
        reader: &Reader,
        column: &str,
        condition: &str,
        slice_us: i64,
    ) -> Result<Vec<(i64, i64)>> {
        let sql = format!("SELECT min({column}), max({column}) FROM raw.{} WHERE {condition}", self.results);
        let ends = reader.first(&sql, [], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)))?;
        let Some((Some(first), Some(last))) = ends else { return Ok(Vec::new()) };
        let mut slices = Vec::new();
        let mut from = first;
        while from <= last {
            let to = from.saturating_add(slice_us).min(last.saturating_add(1));
            slices.push((from, to));
            from = to;
        }
        Ok(slices)
    }

    /// A part of the results that are asked for, and how many there are. In columns, `r` is the result and `n` its name.
    ///
    /// # Errors
    /// `BadQuestion` when more than 500 are asked for.
    pub(super) fn page<T>(
        &self,
        reader: &Reader,
        columns: &str,
        asked: &Asked<'_>,
        read: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<(u64, Vec<T>)> {
        let Asked { limit, offset, .. } = asked;
        if *limit > MOST_ROWS {
            return Err(StoreError::BadQuestion(format!("{limit} rows: allowed are {MOST_ROWS} at most")));
        }
        let mut conditions = vec![self.condition(reader, asked.name.as_ref().map(std::slice::from_ref))?];
        if let Some(range) = asked.range {
            conditions.push(format!("intended_us >= {} AND intended_us < {}", range.from_us, range.to_us));
        }
        if let Some(intended_us) = asked.intended_us {
            conditions.push(format!("intended_us = {intended_us}"));
        }
        if asked.failing {
            conditions.push("state <> 0".into());
        }
        let conditions = conditions.join(" AND ");
        let Self { results, names, number } = self;
        let count = format!("SELECT count(*)::UBIGINT FROM raw.{results} WHERE {conditions}");
        let total = reader.first(&count, [], |row| row.get(0))?.unwrap_or(0);
        let sql = format!(
            "SELECT {columns} FROM (SELECT * FROM raw.{results} WHERE {conditions} \
             ORDER BY intended_us DESC, {number} LIMIT {limit} OFFSET {offset}) r \
             JOIN raw.{names} n ON n.{number} = r.{number} ORDER BY r.intended_us DESC, r.{number}"
        );
        Ok((total, reader.rows(&sql, [], read)?))
    }

    /// The results of some names that were intended at these instants, in any order; those that are not there any more are left out. Columns
    /// are as in [`Kind::page`].
    pub(super) fn at<T>(
        &self,
        reader: &Reader,
        columns: &str,
        wanted: &[(&str, i64)],
        mut read: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>> {
        let Self { results, names, number } = self;
        let mut wanted = wanted.to_vec();
        wanted.sort_by_key(|(_, at_us)| *at_us);
        let mut found = Vec::new();
        for near in wanted.chunk_by(|(_, one), (_, next)| next - one < NEAR_US) {
            let (Some((_, first_us)), Some((_, last_us))) = (near.first(), near.last()) else { continue };
            let pairs: Vec<String> =
                near.iter().map(|(name, at_us)| format!("({}, {at_us})", quoted([*name]))).collect();
            let sql = format!(
                "SELECT {columns} FROM (VALUES {}) t(name, at_us) JOIN raw.{names} n ON n.name = t.name \
                 JOIN raw.{results} r ON r.{number} = n.{number} AND r.intended_us = t.at_us \
                 WHERE r.intended_us BETWEEN {first_us} AND {last_us}",
                pairs.join(", ")
            );
            found.extend(reader.rows(&sql, [], &mut read)?);
        }
        Ok(found)
    }
}
