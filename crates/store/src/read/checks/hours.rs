//! Hours that are over.

use duckdb::{Row, types::Value};

use super::super::{Reader, results::quoted};
use crate::{
    error::Result,
    write::{CheckHour, HourTimes},
};

fn numbers(row: &Row<'_>, index: usize) -> duckdb::Result<Vec<u32>> {
    let Value::List(values) = row.get::<_, Value>(index)? else { return Ok(Vec::new()) };
    let numbers = values.into_iter().map(|value| match value {
        Value::UInt(number) => number,
        Value::USmallInt(number) => number.into(),
        _ => 0,
    });
    Ok(numbers.collect())
}

fn texts(row: &Row<'_>, index: usize) -> duckdb::Result<Vec<String>> {
    let Value::List(values) = row.get::<_, Value>(index)? else { return Ok(Vec::new()) };
    let texts = values.into_iter().map(|value| match value {
        Value::Text(text) => text,
        _ => String::new(),
    });
    Ok(texts.collect())
}

impl Reader {
    /// A website's hours that are over, from an instant on, ascending.
    pub fn check_hours(&self, website: &str, from_us: i64) -> Result<Vec<CheckHour>> {
        let sql = format!(
            "SELECT h.hour_s, h.up, h.down, h.overruns, h.self_offline, h.responses, h.response_sum_us, h.response_max_us, h.ttfbs, \
             h.ttfb_sum_us, h.ttfb_max_us, h.outcomes, h.outcome_counts, h.outcome_failures, h.classes, h.counts \
             FROM raw.check_hours h WHERE h.website_id = (SELECT any_value(website_id) FROM raw.check_websites WHERE name = {}) \
             AND h.hour_s >= {} ORDER BY h.hour_s",
            quoted([website]),
            from_us.div_euclid(1_000_000)
        );
        let name: std::sync::Arc<str> = website.into();
        self.rows(&sql, [], |row| {
            let outcomes = texts(row, 11)?.into_iter().zip(numbers(row, 12)?).zip(numbers(row, 13)?);
            let classes = numbers(row, 14)?.into_iter().zip(numbers(row, 15)?);
            Ok(CheckHour {
                website: name.clone(),
                hour_s: row.get(0)?,
                up: row.get(1)?,
                down: row.get(2)?,
                overruns: row.get(3)?,
                self_offline: row.get(4)?,
                response: HourTimes { count: row.get(5)?, sum_us: row.get(6)?, max_us: row.get(7)? },
                ttfb: HourTimes { count: row.get(8)?, sum_us: row.get(9)?, max_us: row.get(10)? },
                outcomes: outcomes.map(|((name, count), failures)| (name, count, failures)).collect(),
                classes: classes.map(|(class, count)| (u16::try_from(class).unwrap_or(u16::MAX), count)).collect(),
            })
        })
    }

    /// Until when hours are over and stored, microseconds since 1970; `None` when none is.
    pub fn check_hours_until(&self) -> Result<Option<i64>> {
        let last = self.first("SELECT max(hour_s) FROM raw.check_hours", [], |row| row.get::<_, Option<i64>>(0))?;
        Ok(last.flatten().map(|hour_s| (hour_s + 3_600) * 1_000_000))
    }
}
