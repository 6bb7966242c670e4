//! What is known about a run besides its packets, beside its segments: by which rules it is read, what was lost, how long it was listened to.
//!
//! One JSON object per line, appended. A line that a crash cut off is left out.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use wirereel_whisper::Loss;

use crate::config::ParsingConfig;

const FILE_NAME: &str = "run.jsonl";

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(crate) enum Note {
    /// The first line.
    Begun(Box<Begun>),
    Lost(Loss),
    /// It was listened to up to this time.
    Alive {
        at_ns: i64,
    },
    /// It was ended in order; what was odd, in sentences.
    Ended {
        warnings: Vec<String>,
    },
}

/// What a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// The id of the whisperer.
    pub(crate) whisperer: String,
    /// What its source is called.
    pub(crate) name: String,
    /// A capture file of the whisperer's host; else interfaces.
    pub(crate) of_file: bool,
    /// How its packets are read, also when they are read again.
    pub(crate) parsing: ParsingConfig,
}

/// Appends to the notes of a run. Noting never fails; what the disk does not take waits until it does.
pub(crate) struct Notes {
    file: File,
    waiting: Vec<u8>,
    /// Length of the file: everything before it was handed on.
    written: u64,
    is_synced: bool,
}

impl Notes {
    /// Begins the notes of a folder that has none.
    pub(crate) fn begin(folder: &Path, begun: Begun) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(folder.join(FILE_NAME))?;
        let mut notes = Self { file, waiting: Vec::new(), written: 0, is_synced: false };
        notes.append(&Note::Begun(Box::new(begun)));
        notes.hand_on()?;
        Ok(notes)
    }

    pub(crate) fn append(&mut self, note: &Note) {
        // Everything noted is plain data, which is always JSON.
        if serde_json::to_writer(&mut self.waiting, note).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// Makes them durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.hand_on()?;
        if !self.is_synced {
            self.file.sync_data()?;
            self.is_synced = true;
        }
        Ok(())
    }

    fn hand_on(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.is_synced = false;
        let handed = self.file.seek(SeekFrom::Start(self.written)).and_then(|_| self.file.write_all(&self.waiting));
        if let Err(error) = handed {
            let _ = self.file.set_len(self.written);
            return Err(error);
        }
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

/// The notes of a run; none where there is no such file.
pub(crate) fn read(folder: &Path) -> io::Result<Vec<Note>> {
    match fs::read(folder.join(FILE_NAME)) {
        Ok(bytes) => {
            Ok(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The first note of a run: what it is.
pub(crate) fn begun(folder: &Path) -> io::Result<Option<Begun>> {
    let mut line = String::new();
    match File::open(folder.join(FILE_NAME)) {
        Ok(file) => BufReader::new(file).read_line(&mut line)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(match serde_json::from_str(&line) {
        Ok(Note::Begun(begun)) => Some(*begun),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use wirereel_whisper::LostWhere;

    use super::*;

    #[test]
    fn notes_are_read_as_they_were_written_but_for_a_line_that_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(begun(folder.path()).unwrap(), None);
        let parsing = ParsingConfig::default();
        let what = Begun { whisperer: "local".into(), name: "lo".into(), of_file: false, parsing };
        let mut notes = Notes::begin(folder.path(), what.clone()).unwrap();
        let lost = Note::Lost(Loss { second: 7, place: LostWhere::Queue, packets: 3, bytes: 0 });
        notes.append(&lost);
        notes.append(&Note::Ended { warnings: vec!["odd".into()] });
        notes.sync().unwrap();
        let path = folder.path().join(FILE_NAME);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [Note::Begun(Box::new(what.clone())), lost]);
        assert_eq!(begun(folder.path()).unwrap(), Some(what));
    }
}
