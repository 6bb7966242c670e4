//! `wirereel sql`.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value};
use wirereel_query::answer::SqlResult;

use super::open;
use crate::arguments::Format;

/// Asks the workspace and prints the rows.
pub(super) fn run(folder: &Path, query: &str, format: Format) -> Result<()> {
    let workspace = open(folder)?;
    let result = workspace.reader(None)?.sql(query, usize::MAX)?;
    let out = io::BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => print_table(&result, out),
        Format::Json => print_json(&result, out),
        Format::Csv => print_csv(&result, out),
    }
}

fn print_table(result: &SqlResult, mut out: impl Write) -> Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(&result.columns);
    for row in &result.rows {
        table.add_row(row.iter().map(text));
    }
    let numeric =
        |i: usize| !result.rows.is_empty() && result.rows.iter().all(|row| row[i].is_number() || row[i].is_null());
    for i in (0..result.columns.len()).filter(|&i| numeric(i)) {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "{table}")?;
    Ok(out.flush()?)
}

fn print_json(result: &SqlResult, mut out: impl Write) -> Result<()> {
    let objects: Vec<Map<String, Value>> =
        result.rows.iter().map(|row| result.columns.iter().cloned().zip(row.iter().cloned()).collect()).collect();
    serde_json::to_writer(&mut out, &objects)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn print_csv(result: &SqlResult, out: impl Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(&result.columns)?;
    for row in &result.rows {
        writer.write_record(row.iter().map(|value| if value.is_null() { String::new() } else { text(value) }))?;
    }
    Ok(writer.flush()?)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "NULL".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> SqlResult {
        SqlResult {
            columns: vec!["name".into(), "n".into()],
            rows: vec![vec!["a, \"b\"".into(), 12.into()], vec![Value::Null, 3.into()]],
            truncated: false,
        }
    }

    fn printed(print: impl Fn(&SqlResult, &mut Vec<u8>) -> Result<()>) -> String {
        let mut out = Vec::new();
        print(&result(), &mut out).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn json_is_a_list_of_objects() {
        assert_eq!(
            printed(|r, out| print_json(r, out)),
            "[{\"name\":\"a, \\\"b\\\"\",\"n\":12},{\"name\":null,\"n\":3}]\n"
        );
    }

    #[test]
    fn csv_is_quoted_where_needed_and_null_is_empty() {
        assert_eq!(printed(|r, out| print_csv(r, out)), "name,n\n\"a, \"\"b\"\"\",12\n,3\n");
    }

    #[test]
    fn a_table_aligns_numbers_to_the_right() {
        let text = printed(|r, out| print_table(r, out));
        assert!(text.contains(" 12") && text.contains("  3") && text.contains("NULL"), "{text}");
    }
}
