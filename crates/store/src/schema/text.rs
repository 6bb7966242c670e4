//! The schema as people read it.

use std::fmt::Write;

use super::{View, views};

const INTRODUCTION: &str = "Times are `TIMESTAMP_NS` in UTC and come from the capture; durations are integer microseconds (`_us`), \
sizes bytes, addresses text. Query them with `wirereel sql`. `at` is a word of DuckDB's grammar: write `\"at\"`, or `e.at` with \
the view named `e`. Tables of the schema `raw` lie behind the views and may change \
with any version.";

/// The schema for a terminal.
pub fn schema_text() -> String {
    let mut text = String::new();
    for view in views() {
        let _ = writeln!(text, "{}\n    {}", heading(&view), view.about);
        let width =
            |of: fn(&super::Column) -> &str| view.columns.iter().map(|column| of(column).len()).max().unwrap_or(0);
        let (names, types) = (width(|column| column.name), width(|column| column.sql_type));
        for column in &view.columns {
            let _ = writeln!(text, "    {:names$}  {:types$}  {}", column.name, column.sql_type, column.about);
        }
        text.push('\n');
    }
    text
}

/// The schema as `docs/schema.md`.
pub fn schema_markdown() -> String {
    let mut text = format!(
        "# Rows\n\nMade from the store's own description of its views (`wirereel schema --markdown`); do not edit.\n\n{INTRODUCTION}\n"
    );
    for view in views() {
        let _ =
            writeln!(text, "\n## `{}`\n\n{}\n\n| column | type | meaning |\n|---|---|---|", heading(&view), view.about);
        for column in &view.columns {
            let _ =
                writeln!(text, "| `{}` | `{}` | {} |", column.name, column.sql_type, column.about.replace('|', "\\|"));
        }
    }
    text
}

fn heading(view: &View) -> String {
    match view.parameters {
        [] => view.name.to_owned(),
        parameters => format!("{}({})", view.name, parameters.join(", ")),
    }
}
