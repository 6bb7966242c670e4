//! A scope as a SQL condition over `raw.exchanges` or `raw.named_flows`.

use duckdb::types::Value;
use wirereel_query::{
    filter::{self, Compiled, Filter, Param},
    question::{Scope, TimeRange},
};

use crate::error::{Result, StoreError};

/// A condition with the values of its parameters.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    parts: Vec<String>,
    filtered: bool,
    pub(super) params: Vec<Value>,
}

impl Condition {
    /// Exchanges of a scope: started in its range and matching its filter.
    pub(super) fn of(scope: &Scope) -> Result<Self> {
        let mut condition = Self::matching(&scope.filter)?;
        if let Some(range) = scope.range {
            condition.started_in(range);
        }
        Ok(condition)
    }

    /// Flows of a scope, over `raw.named_flows`: alive in its range, and matching its filter themselves or by an exchange.
    pub(super) fn of_flows(scope: &Scope) -> Result<Self> {
        let mut condition = Self::default();
        condition.filter(&scope.filter, Filter::to_flow_sql)?;
        if let Some(range) = scope.range {
            condition.and(format!("closed_us >= {} AND opened_us < {}", range.from_us, range.to_us));
        }
        Ok(condition)
    }

    /// Exchanges matching a filter text; all for an empty one.
    ///
    /// # Errors
    /// `BadFilter` with the place of the problem.
    pub(super) fn matching(filter: &str) -> Result<Self> {
        let mut condition = Self::default();
        condition.filter(filter, Filter::to_sql)?;
        Ok(condition)
    }

    fn filter(&mut self, text: &str, compile: fn(&Filter) -> Compiled) -> Result<()> {
        if !text.trim().is_empty() {
            let compiled = compile(&filter::parse(text).map_err(StoreError::BadFilter)?);
            self.parts.push(compiled.sql);
            self.filtered = true;
            self.params.extend(compiled.params.into_iter().map(bindable));
        }
        Ok(())
    }

    /// Whether a filter text narrows it.
    pub(super) fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// Narrows to exchanges started in a range, over `raw.exchanges` or its table. By microseconds, since only stored columns spare reading.
    pub(super) fn started_in(&mut self, range: TimeRange) {
        self.and(format!("started_us >= {} AND started_us < {}", range.from_us, range.to_us));
    }

    /// Narrows by a condition without parameters.
    pub(super) fn and(&mut self, sql: impl Into<String>) {
        self.parts.push(sql.into());
    }

    /// Narrows by equality of a column with a text.
    pub(super) fn and_equals(&mut self, column: &str, value: &str) {
        self.parts.push(format!("{column} = ?"));
        self.params.push(Value::Text(value.to_owned()));
    }

    /// Narrows by equality of a column with one of some texts.
    pub(super) fn and_any(&mut self, column: &str, values: &[&str]) {
        self.parts.push(format!("{column} IN ({})", vec!["?"; values.len()].join(", ")));
        self.params.extend(values.iter().map(|value| Value::Text((*value).to_owned())));
    }

    /// The condition, for `WHERE`.
    pub(super) fn sql(&self) -> String {
        if self.parts.is_empty() {
            return "true".into();
        }
        let parts: Vec<String> = self.parts.iter().map(|part| format!("({part})")).collect();
        parts.join(" AND ")
    }

    /// The values, for binding.
    pub(super) fn bound(&self) -> impl duckdb::Params + '_ {
        duckdb::params_from_iter(self.params.iter())
    }
}

/// Microseconds to nanoseconds; instants beyond what nanoseconds can say become the last one.
pub(super) fn nanos(us: i64) -> i64 {
    us.saturating_mul(1_000)
}

fn bindable(param: Param) -> Value {
    match param {
        Param::Text(text) => Value::Text(text),
        Param::Integer(number) => Value::BigInt(number),
    }
}
