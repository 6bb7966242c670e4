//! Figures about Wirereel itself, appended as columns: some dozens come every second.

use std::sync::Arc;

use duckdb::{
    Connection,
    arrow::{
        array::{ArrayRef, Float64Array, StringArray, TimestampNanosecondArray},
        record_batch::RecordBatch,
    },
};

use crate::error::Result;

/// Appends figures in the transaction that is open.
pub(super) fn append(connection: &Connection, figures: &[(i64, &str, &str, f64)]) -> Result<()> {
    let happened_at = TimestampNanosecondArray::from_iter_values(figures.iter().map(|figure| figure.0));
    let component = StringArray::from_iter_values(figures.iter().map(|figure| figure.1));
    let metric = StringArray::from_iter_values(figures.iter().map(|figure| figure.2));
    let value = Float64Array::from_iter_values(figures.iter().map(|figure| figure.3));
    let columns: [(&str, ArrayRef); 4] = [
        ("happened_at", Arc::new(happened_at)),
        ("component", Arc::new(component)),
        ("metric", Arc::new(metric)),
        ("value", Arc::new(value)),
    ];
    let rows = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let names = ["happened_at", "component", "metric", "value"];
    let mut appender = connection.appender_with_columns_to_db("self_metrics", "raw", &names)?;
    appender.append_record_batch(rows)?;
    Ok(appender.flush()?)
}
