//! The workbench that `wirereel doctor --overhead` measures: a process of its own, so that its processor time is nobody else's.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    sync::Arc,
};

use anyhow::Result;
use wirereel_api::{Api, Headless, Workbench};

use crate::serve::reached_by_programs;

/// What it says once it can be asked.
pub(super) const READY: &str = "ready";

/// Opens a workbench in a folder and stays until whoever started it closes its input, or is gone. Then it takes the folder with it.
pub(super) fn run(folder: &Path) -> Result<()> {
    let workbench = Workbench::open(folder)?;
    let api = Api::new(workbench.clone(), Arc::new(Headless));
    let reached = reached_by_programs(&api, folder);
    let mut out = io::stdout();
    writeln!(out, "{READY}")?;
    out.flush()?;
    let mut rest = Vec::new();
    // Nothing is ever said: it ends with the pipe.
    let _ = io::stdin().take(1).read_to_end(&mut rest);
    drop(reached);
    workbench.shut_down();
    fs::remove_dir_all(folder)?;
    Ok(())
}
