//! Which captures a workspace was made of, in a file beside its database: what the database knows is of no use when it cannot be read.
//!
//! One JSON object per line, appended. A line that a crash cut off is left out.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

const FILE_NAME: &str = "sources.jsonl";

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    path: PathBuf,
}

/// Notes a capture that is imported, in the order of importing. One that is imported twice counts twice.
pub(crate) fn note(workspace: &Path, capture: &Path) -> io::Result<()> {
    // On a line of its own, also behind one that was cut off.
    let mut line = b"\n".to_vec();
    serde_json::to_writer(&mut line, &Line { path: capture.to_owned() }).map_err(io::Error::other)?;
    line.push(b'\n');
    let mut file = OpenOptions::new().append(true).create(true).open(workspace.join(FILE_NAME))?;
    file.write_all(&line)?;
    file.sync_data()
}

/// The captures in the order in which they were imported.
pub(crate) fn read(workspace: &Path) -> io::Result<Vec<PathBuf>> {
    let bytes = match fs::read(workspace.join(FILE_NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    Ok(lines.map(|line| line.path).collect())
}

/// Begins the list anew: what is imported next is all there is.
pub(crate) fn clear(workspace: &Path) -> io::Result<()> {
    match fs::remove_file(workspace.join(FILE_NAME)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_told_in_order_but_for_a_line_that_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), Vec::<PathBuf>::new());
        for name in ["/a.pcap", "/b \"quoted\".pcap", "/a.pcap"] {
            note(folder.path(), Path::new(name)).unwrap();
        }
        let mut file = OpenOptions::new().append(true).open(folder.path().join(FILE_NAME)).unwrap();
        file.write_all(b"{\"path\":\"/c").unwrap();
        note(folder.path(), Path::new("/d.pcap")).unwrap();
        let expected: Vec<PathBuf> = ["/a.pcap", "/b \"quoted\".pcap", "/a.pcap", "/d.pcap"].map(PathBuf::from).into();
        assert_eq!(read(folder.path()).unwrap(), expected);
        clear(folder.path()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Vec::<PathBuf>::new());
    }
}
