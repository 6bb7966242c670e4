//! "Open in Wireshark": a pcapng of just the selection, and the program started on it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{EngineError, doctor::find_program};

/// Where the program is.
pub(crate) fn find() -> Result<PathBuf, EngineError> {
    find_program("wireshark").ok_or_else(|| {
        EngineError::Unsupported(
            "Wireshark is not installed. Export the packets instead, or install it and try again.".into(),
        )
    })
}

/// Starts Wireshark on a file and does not wait for it.
pub(crate) fn open(program: &Path, file: &Path) -> Result<(), EngineError> {
    let mut child = Command::new(program)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(EngineError::io(program))?;
    // Somebody has to take note of its end, or it stays as a zombie.
    thread::Builder::new()
        .name("wr-wireshark".into())
        .spawn(move || child.wait())
        .map(drop)
        .map_err(EngineError::io(program))
}
