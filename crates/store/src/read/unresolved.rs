//! Addresses nobody could name.

use std::collections::HashMap;

use duckdb::{Row, types::Value};
use wirereel_query::customers::{UnresolvedPage, UnresolvedQuestion, UnresolvedRow, UnresolvedSort};

use super::{Reader, scope::Condition};
use crate::{
    error::{Result, StoreError},
    schema,
};

/// Most rows of a page.
const MOST_ROWS: u32 = 500;
/// Most names that are told of who is at the other end.
const MOST_TALKS_TO: usize = 20;

/// Conditions on flows `f` and exchanges `x`, with their parameters in this order.
struct Among {
    flows: String,
    exchanges: String,
    params: Vec<Value>,
}

impl Reader {
    /// A page of unresolved addresses with a flow or an exchange in the range; with a filter, only flows with a matching exchange, and matching
    /// exchanges, count.
    ///
    /// # Errors
    /// `BadQuestion` for more than 500 rows, `BadFilter`.
    pub fn unresolved(&self, question: &UnresolvedQuestion) -> Result<UnresolvedPage> {
        if question.limit > MOST_ROWS {
            return Err(StoreError::BadQuestion(format!("{} rows: a page has at most {MOST_ROWS}", question.limit)));
        }
        let among = Among::of(question)?;
        let Among { flows, exchanges, params } = &among;
        // The conditions stand for each end: twice those of flows, then twice those of exchanges.
        let mut bound: Vec<Value> = params.iter().cycle().take(4 * params.len()).cloned().collect();
        let search = question.search.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        let found = schema::unresolved_sql(flows, exchanges);
        let ports = schema::unresolved_ports_sql(flows);
        bound.extend_from_slice(params);
        let matching = match &search {
            None => String::new(),
            Some(text) => {
                let pairs = schema::unresolved_pairs_sql(flows, exchanges);
                bound.extend([Value::Text(text.clone()), Value::Text(text.clone())]);
                bound.extend(params.iter().cycle().take(2 * params.len()).cloned());
                bound.push(Value::Text(text.clone()));
                format!(
                    "WHERE contains(lower(s.name), ?) OR contains(lower(raw.hint(s.name, p.port)), ?) \
                     OR s.name IN (SELECT ip FROM ({pairs}) WHERE contains(lower(other), ?))"
                )
            }
        };
        let order = order(question.sort, question.descending);
        let sql = format!(
            "WITH found AS MATERIALIZED ({found}), matching AS MATERIALIZED ( \
             SELECT s.name AS ip, p.port, f.* FROM found f JOIN raw.services s ON s.service_id = f.service_id \
             LEFT JOIN ({ports}) p ON p.service_id = f.service_id {matching}), \
             page AS (SELECT * FROM matching ORDER BY {order} LIMIT {} OFFSET {}) \
             SELECT (SELECT count(*) FROM found)::UBIGINT, (SELECT count(*) FROM matching)::UBIGINT, ip, port, first_ns // 1000, \
             last_ns // 1000, flows::UBIGINT, requests::UBIGINT, bytes::UBIGINT, raw.hint(ip, port) \
             FROM (SELECT 1) LEFT JOIN page ON true ORDER BY {order}",
            question.limit, question.offset,
        );
        let mut page = UnresolvedPage::default();
        self.each(&sql, duckdb::params_from_iter(bound.iter()), |row| {
            (page.total, page.matching) = (row.get(0)?, row.get(1)?);
            if row.get::<_, Option<String>>(2)?.is_some() {
                page.rows.push(unresolved_row(row)?);
            }
            Ok(())
        })?;
        self.add_other_ends(&among, &mut page.rows)?;
        Ok(page)
    }

    /// Who rows talk to.
    fn add_other_ends(&self, among: &Among, rows: &mut [UnresolvedRow]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let Among { flows, exchanges, params } = among;
        let listed = vec!["?"; rows.len()].join(", ");
        let ends = |table: &str| {
            format!(
                "({table}.client_peer IN (SELECT peer_id FROM listed) OR {table}.server_peer IN (SELECT peer_id FROM listed))"
            )
        };
        let pairs = schema::unresolved_pairs_sql(
            &format!("{} AND ({flows})", ends("f")),
            &format!("{} AND ({exchanges})", ends("x")),
        );
        let sql = format!(
            "WITH listed AS MATERIALIZED (SELECT peer_id, ip FROM raw.peer_names WHERE kind = 'unresolved' AND ip IN ({listed})), \
             others AS (SELECT DISTINCT ip, other FROM ({pairs}) WHERE ip IN (SELECT ip FROM listed)) \
             SELECT ip, array_to_string(min(other, {MOST_TALKS_TO}), chr(30)), count(*)::UBIGINT FROM others GROUP BY ip"
        );
        let mut bound: Vec<Value> = rows.iter().map(|row| Value::Text(row.ip.clone())).collect();
        bound.extend(params.iter().cycle().take(2 * params.len()).cloned());
        let mut others: HashMap<String, (String, u64)> = HashMap::new();
        self.each(&sql, duckdb::params_from_iter(bound.iter()), |row| {
            others.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
            Ok(())
        })?;
        for row in rows {
            if let Some((names, total)) = others.get(&row.ip) {
                row.talks_to = names.split('\u{1e}').map(str::to_owned).collect();
                row.talks_to.sort_unstable();
                row.talks_to_total = *total;
            }
        }
        Ok(())
    }
}

impl Among {
    fn of(question: &UnresolvedQuestion) -> Result<Self> {
        let scope = &question.scope;
        let (mut flows, mut exchanges) = (Condition::default(), Condition::default());
        if let Some(range) = scope.range {
            flows.and(format!("f.closed_us >= {} AND f.opened_us < {}", range.from_us, range.to_us));
            exchanges.and(format!("x.started_us >= {} AND x.started_us < {}", range.from_us, range.to_us));
        }
        let mut params = Vec::new();
        if !scope.filter.trim().is_empty() {
            let matching = Condition::of(scope)?;
            let of_exchanges = |column: &str| format!("(SELECT {column} FROM raw.exchanges WHERE {})", matching.sql());
            flows.and(format!("f.flow_id IN {}", of_exchanges("flow_id")));
            exchanges.and(format!("x.exchange_id IN {}", of_exchanges("exchange_id")));
            params = matching.params;
        }
        Ok(Self { flows: flows.sql(), exchanges: exchanges.sql(), params })
    }
}

fn order(sort: UnresolvedSort, descending: bool) -> String {
    let by = match sort {
        UnresolvedSort::Address => "ip",
        UnresolvedSort::Flows => "flows",
        UnresolvedSort::Requests => "requests",
        UnresolvedSort::Bytes => "bytes",
        UnresolvedSort::FirstSeen => "first_ns",
        UnresolvedSort::LastSeen => "last_ns",
        UnresolvedSort::Hint => "raw.hint(ip, port)",
    };
    format!("{by}{} NULLS LAST, ip", if descending { " DESC" } else { "" })
}

fn unresolved_row(row: &Row<'_>) -> duckdb::Result<UnresolvedRow> {
    Ok(UnresolvedRow {
        ip: row.get(2)?,
        port: row.get(3)?,
        first_seen_us: row.get(4)?,
        last_seen_us: row.get(5)?,
        flows: row.get(6)?,
        requests: row.get(7)?,
        bytes: row.get(8)?,
        hint: row.get(9)?,
        talks_to: Vec::new(),
        talks_to_total: 0,
        reverse_dns: None,
    })
}
