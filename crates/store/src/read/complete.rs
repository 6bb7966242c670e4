//! Values of a field, for completion in the query box.

use wirereel_query::question::{Scope, TimeRange};

use super::{Reader, scope::Condition};
use crate::{
    error::{Result, StoreError},
    schema,
};

impl Reader {
    /// Values of columns of `http_exchanges` that begin with a prefix (whatever case), most frequent first, with how many
    /// exchanges have each.
    ///
    /// # Errors
    /// `BadQuestion` without a column or for one that does not exist.
    pub fn values_of(
        &self,
        columns: &[&str],
        prefix: &str,
        range: Option<TimeRange>,
        limit: u32,
    ) -> Result<Vec<(String, u64)>> {
        let known = schema::views().into_iter().find(|view| view.name == "http_exchanges").map(|view| view.columns);
        let known = known.unwrap_or_default();
        if let Some(unknown) = columns.iter().find(|name| !known.iter().any(|column| column.name == **name)) {
            return Err(StoreError::BadQuestion(format!("http_exchanges has no column {unknown:?}")));
        }
        let value = match columns {
            [] => return Err(StoreError::BadQuestion("a completion needs a column".into())),
            [only] => format!("{only}::VARCHAR"),
            several => {
                let texts: Vec<String> = several.iter().map(|column| format!("{column}::VARCHAR")).collect();
                format!("unnest([{}])", texts.join(", "))
            }
        };
        let in_range = Condition::of(&Scope { range, filter: String::new() })?;
        let sql = format!(
            "SELECT value, count(*)::UBIGINT AS n FROM (SELECT {value} AS value FROM raw.exchanges WHERE {}) \
             WHERE starts_with(lower(value), lower(?)) GROUP BY value ORDER BY n DESC, value LIMIT {limit}",
            in_range.sql()
        );
        self.rows(&sql, [prefix], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
