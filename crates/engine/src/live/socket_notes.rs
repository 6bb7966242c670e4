//! Whose sockets were open while packets came, kept beside the segment that these are in.
//!
//! `00000012.sockets.jsonl` belongs to `00000012.pcapng`, and goes with it. One line is one message of the agent. Each file begins with all sockets that are
//! open then, so it needs none before it. Each tells between which packets it came, and of which of these there were rows already: rows that
//! are made again from segments are the same.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use wirereel_whisper::SocketChanges;

use super::sockets::SocketTable;
use crate::EngineError;

const ENDING: &str = ".sockets.jsonl";

/// The notes that belong to a segment.
pub(crate) fn sockets_beside(segment: &Path) -> PathBuf {
    segment.with_extension(ENDING.trim_start_matches('.'))
}

/// When changes were heard of, in packets of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Packets that had come.
    pub(crate) packets: u64,
    /// How many of these before the segment that the note lies beside.
    pub(crate) before_segment: u64,
    /// Rows were made of what had come with the first so many, and of nothing that came later.
    pub(crate) gone: u64,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SocketNote {
    #[serde(flatten)]
    pub(crate) changes: SocketChanges,
    /// Missing in notes of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) heard: Option<Heard>,
    /// The segment that it lies beside; its file says so.
    #[serde(skip)]
    pub(crate) segment: u32,
}

/// Writes the notes of a run.
pub(crate) struct SocketNotes {
    folder: PathBuf,
    open: Option<Open>,
}

struct Open {
    segment: u32,
    path: PathBuf,
    file: BufWriter<File>,
    unsynced: bool,
}

impl SocketNotes {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), open: None }
    }

    /// Notes down what came while `segment` was the newest. `sockets` are those before it.
    pub(crate) fn write(
        &mut self,
        segment: u32,
        heard: Heard,
        changes: &SocketChanges,
        sockets: &SocketTable,
    ) -> Result<(), EngineError> {
        if changes.opened.is_empty() && changes.closed.is_empty() {
            return Ok(());
        }
        if self.open.as_ref().is_none_or(|open| open.segment != segment) {
            self.begin(segment, heard, sockets)?;
        }
        let Some(open) = &mut self.open else { unreachable!("one was just begun") };
        open.unsynced = true;
        append(&mut open.file, heard, changes).map_err(EngineError::io(&open.path))
    }

    /// Makes what was written durable.
    pub(crate) fn sync(&mut self) -> Result<(), EngineError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if std::mem::take(&mut open.unsynced) {
            let synced = open.file.flush().and_then(|()| open.file.get_ref().sync_data());
            synced.map_err(EngineError::io(&open.path))?;
        }
        Ok(())
    }

    fn begin(&mut self, segment: u32, heard: Heard, sockets: &SocketTable) -> Result<(), EngineError> {
        self.sync()?;
        let path = self.folder.join(format!("{segment:08}{ENDING}"));
        let opened = OpenOptions::new().append(true).create(true).open(&path);
        let mut file = BufWriter::new(opened.map_err(EngineError::io(&path))?);
        let open_now = sockets.open_now();
        if !open_now.opened.is_empty() {
            append(&mut file, heard, &open_now).map_err(EngineError::io(&path))?;
        }
        self.open = Some(Open { segment, path, file, unsynced: true });
        Ok(())
    }
}

fn append(file: &mut impl Write, heard: Heard, changes: &SocketChanges) -> io::Result<()> {
    let note = SocketNote { changes: changes.clone(), heard: Some(heard), segment: 0 };
    serde_json::to_writer(&mut *file, &note)?;
    file.write_all(b"\n")
}

/// The notes of a run in their order. A line that a crash cut off ends its file.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub(crate) fn read(folder: &Path) -> Result<Vec<SocketNote>, EngineError> {
    let failed = |error| EngineError::io(folder)(error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(segment) = name.strip_suffix(ENDING).and_then(|number| number.parse::<u32>().ok()) {
            files.push((segment, path));
        }
    }
    files.sort();
    let mut notes = Vec::new();
    for (segment, path) in files {
        let file = BufReader::new(File::open(&path).map_err(EngineError::io(&path))?);
        for line in file.split(b'\n') {
            let line = line.map_err(EngineError::io(&path))?;
            let Ok(note) = serde_json::from_slice::<SocketNote>(&line) else { break };
            notes.push(SocketNote { segment, ..note });
        }
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wirereel_whisper::{Socket, SocketEnd, SocketOwner, SocketTransport};

    use super::*;

    fn opened(at_ns: i64, since_ns: Option<i64>, port: u16) -> SocketChanges {
        let end =
            SocketEnd { transport: SocketTransport::Tcp, ip: "127.0.0.1".parse().unwrap(), port, listening: false };
        let owner = Some(SocketOwner { process: "cart".into(), serves_port: 0 });
        SocketChanges { at_ns, since_ns, opened: vec![Socket { end, owner }], ..SocketChanges::default() }
    }

    const HEARD: Heard = Heard { packets: 9, before_segment: 4, gone: 7 };

    #[test]
    fn notes_of_a_later_segment_need_none_before_them() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, mut sockets) = (SocketNotes::new(folder.path()), SocketTable::default());
        for (segment, changes) in [(0, opened(100, None, 1)), (1, opened(200, Some(100), 2))] {
            writer.write(segment, HEARD, &changes, &sockets).unwrap();
            sockets.apply(&changes);
        }
        writer.sync().unwrap();
        fs::remove_file(sockets_beside(&folder.path().join("00000000.pcapng"))).unwrap();
        let mut again = SocketTable::default();
        for note in read(folder.path()).unwrap() {
            assert_eq!((note.segment, note.heard), (1, Some(HEARD)));
            again.apply(&note.changes);
        }
        assert_eq!(again.open_now(), sockets.open_now());
    }

    #[test]
    fn a_line_that_was_cut_off_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = SocketNotes::new(folder.path());
        let first = opened(100, None, 1);
        writer.write(3, HEARD, &first, &SocketTable::default()).unwrap();
        writer.write(3, HEARD, &opened(200, Some(100), 2), &SocketTable::default()).unwrap();
        writer.sync().unwrap();
        let path = folder.path().join("00000003.sockets.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [SocketNote { changes: first, heard: Some(HEARD), segment: 3 }]);
    }
}
