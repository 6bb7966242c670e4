//! `wirereel schema`.

use std::io::{self, Write};

use anyhow::Result;

/// Prints the views with a comment per column, or the JSON Schema of the configuration file.
pub(super) fn run(markdown: bool, config: bool) -> Result<()> {
    let text = match (markdown, config) {
        (_, true) => serde_json::to_string_pretty(&wirereel_engine::config::json_schema())? + "\n",
        (true, false) => wirereel_engine::schema_markdown(),
        (false, false) => wirereel_engine::schema_text(),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}
