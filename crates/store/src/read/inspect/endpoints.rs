//! Endpoints: method and path, with the parts that name one thing folded.

use std::collections::HashMap;

use wirereel_query::answer::EndpointFigures;

use super::super::{Reader, golden::Counters, scope::Condition};
use crate::{error::Result, latency::Histogram};

/// Endpoints listed, busiest first.
const LISTED: usize = 12;

impl Reader {
    pub(super) fn endpoints(&self, condition: &Condition, seconds: f64) -> Result<Vec<EndpointFigures>> {
        let sql = format!(
            "SELECT coalesce(method, '?'), coalesce(path, '?'), latency_class, {} FROM raw.exchanges WHERE {} GROUP BY ALL",
            Counters::EXCHANGE_SUMS,
            condition.sql()
        );
        let mut endpoints: HashMap<(String, String), (Counters, Histogram)> = HashMap::new();
        self.each(&sql, condition.bound(), |row| {
            let (method, path): (String, String) = (row.get(0)?, row.get(1)?);
            let (sums, latency) = endpoints.entry((method, fold_ids(&path))).or_default();
            let counters = Counters::read(row, 3)?;
            if let Some(class) = row.get(2)? {
                latency.add(class, counters.requests);
            }
            *sums += counters;
            Ok(())
        })?;
        let mut list: Vec<EndpointFigures> = endpoints
            .into_iter()
            .map(|((method, path), (sums, latency))| EndpointFigures {
                method,
                path,
                golden: sums.golden(&latency, seconds),
            })
            .collect();
        list.sort_unstable_by(|a, b| {
            b.golden.requests.cmp(&a.golden.requests).then_with(|| (&a.path, &a.method).cmp(&(&b.path, &b.method)))
        });
        list.truncate(LISTED);
        Ok(list)
    }
}

/// The path with segments that look like an identifier replaced by `:id`.
fn fold_ids(path: &str) -> String {
    path.split('/').map(|segment| if is_id(segment) { ":id" } else { segment }).collect::<Vec<_>>().join("/")
}

/// A number, or eight and more hexadecimal digits (with or without dashes) of which one is a digit, or a word with digits
/// after a dash such as `sku-1042`.
fn is_id(segment: &str) -> bool {
    let all = |test: fn(u8) -> bool| !segment.is_empty() && segment.bytes().all(test);
    let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
    if all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    if segment.len() >= 8 && has_digit && all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return true;
    }
    segment.rsplit_once('-').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_folded_and_words_are_not() {
        assert_eq!(fold_ids("/products/1042"), "/products/:id");
        assert_eq!(fold_ids("/orders/3f2b8c1e-5d6a-4b7c-8d9e-0f1a2b3c4d5e/items"), "/orders/:id/items");
        assert_eq!(fold_ids("/flash-sale/sku-7/reserve"), "/flash-sale/:id/reserve");
        assert_eq!(fold_ids("/deadbeef/feedface"), "/deadbeef/feedface");
        assert_eq!(fold_ids("/v1/cart"), "/v1/cart");
        assert_eq!(fold_ids("/"), "/");
    }
}
