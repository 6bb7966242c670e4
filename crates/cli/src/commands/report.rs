//! `wirereel report`.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use anyhow::{Context as _, Result};

use super::open;
use crate::report;

/// Writes the report to a file as HTML, or to stdout as text.
pub(super) fn run(folder: &Path, out: Option<&Path>) -> Result<()> {
    let workspace = open(folder)?;
    let data = report::collect(&workspace)?;
    match out {
        Some(path) => {
            fs::write(path, report::html(&data)?).with_context(|| format!("{} cannot be written", path.display()))?;
            eprintln!("written to {}", path.display());
        }
        None => {
            let mut stdout = io::stdout().lock();
            report::text(&data, &mut stdout)?;
            stdout.flush()?;
        }
    }
    Ok(())
}
