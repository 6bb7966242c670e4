//! Values of a field, for completion in the query box.

use wirereel_query::{
    filter::{Field, Rows},
    question::TimeRange,
};

use super::Reader;
use crate::error::Result;

impl Reader {
    /// Values of a field that begin with a prefix (whatever case), most frequent first, with how many rows have each:
    /// exchanges, or flows for what only they have.
    pub fn values_of(
        &self,
        field: &Field,
        prefix: &str,
        range: Option<TimeRange>,
        limit: u32,
    ) -> Result<Vec<(String, u64)>> {
        let kinds = [
            (Rows::Exchanges, field.columns, "started_us"),
            (Rows::Flows, field.flow_columns, "opened_us"),
            (Rows::Handshakes, field.handshake_columns, "epoch_us(happened_at)"),
        ];
        let Some((rows, columns, at)) = kinds.into_iter().find(|(_, columns, _)| !columns.is_empty()) else {
            return Ok(Vec::new());
        };
        let value = match columns {
            [only] => format!("{only}::VARCHAR"),
            several => {
                let texts: Vec<String> = several.iter().map(|column| format!("{column}::VARCHAR")).collect();
                format!("unnest([{}])", texts.join(", "))
            }
        };
        let in_range = range
            .map_or_else(|| "true".into(), |range| format!("{at} >= {} AND {at} < {}", range.from_us, range.to_us));
        let sql = format!(
            "SELECT value, count(*)::UBIGINT AS n FROM (SELECT {value} AS value FROM {} WHERE {in_range}) \
             WHERE starts_with(lower(value), lower(?)) GROUP BY value ORDER BY n DESC, value LIMIT {limit}",
            rows.table()
        );
        self.rows(&sql, [prefix], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
