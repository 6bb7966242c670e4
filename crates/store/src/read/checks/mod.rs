//! Questions about website checks.

mod captured;
mod hours;
mod runs;
mod samples;

pub(super) use runs::state_of;
pub use samples::{CheckReading, CheckSample};

use super::Reader;
use crate::error::Result;

/// Texts as a list for `IN`.
pub(super) fn quoted<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect();
    quoted.join(", ")
}

impl Reader {
    /// Names and numbers of all websites that have results, or had some.
    pub fn check_websites(&self) -> Result<Vec<(i32, String)>> {
        self.rows("SELECT website_id, name FROM raw.check_websites", [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The same of some, by their names.
    pub fn check_websites_named(&self, websites: &[&str]) -> Result<Vec<(i32, String)>> {
        if websites.is_empty() {
            return Ok(Vec::new());
        }
        let names = quoted(websites.iter().copied());
        let sql = format!("SELECT website_id, name FROM raw.check_websites WHERE name IN ({names})");
        self.rows(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Numbers of these websites, for conditions; those without results have none.
    fn check_numbers(&self, websites: &[&str]) -> Result<Vec<i32>> {
        Ok(self.check_websites_named(websites)?.into_iter().map(|(number, _)| number).collect())
    }

    /// A condition on rows that are of these websites; of all without any list.
    fn check_condition(&self, websites: Option<&[&str]>) -> Result<String> {
        let Some(websites) = websites else { return Ok("TRUE".into()) };
        let numbers: Vec<String> = self.check_numbers(websites)?.iter().map(ToString::to_string).collect();
        Ok(match &numbers[..] {
            [] => "FALSE".into(),
            [one] => format!("website_id = {one}"),
            several => format!("website_id IN ({})", several.join(", ")),
        })
    }
}
