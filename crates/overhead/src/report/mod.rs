//! What is told in the end: as text for a terminal, as JSON, and as a page.

mod figures;
mod json;
mod page;
mod table;
mod text;

use std::path::Path;

use serde::Serialize;

use crate::{judge::Level, machine::Machine};

pub use page::markdown;
pub use text::text;

/// Everything that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub machine: Machine,
    /// What was asked, by whom, in a sentence.
    pub target: String,
    /// Of Wirereel.
    pub version: String,
    pub levels: Vec<Level>,
}

impl Report {
    /// The figures that others look for, flat, with everything behind them.
    pub fn json(&self) -> serde_json::Value {
        json::json(self)
    }

    /// Writes them to a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_json(&self, path: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(&self.json()).map_err(std::io::Error::other)?;
        std::fs::write(path, text + "\n")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn made(full_percent: f64, noise_percent: f64) -> Report {
        let runs = crate::judge::tests::made(full_percent, noise_percent, 0.4);
        let machine = Machine {
            processor: "Made up".into(),
            cores: 2,
            threads: 2,
            memory_gb: 8.0,
            system: "Linux".into(),
            kernel: "6".into(),
        };
        let levels = vec![
            Level::judge("fixed rate", Some(1_000), runs.clone(), Vec::new(), 2),
            Level::judge("saturation", None, runs, Vec::new(), 2),
        ];
        Report { machine, target: "k6 asks nginx.".into(), version: "0.1.0".into(), levels }
    }

    #[test]
    fn the_file_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overhead.json");
        made(1.0, 1.0).write_json(&path).unwrap();
        let read: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(read["levels"][0]["runs"].as_array().unwrap().len(), 25);
    }
}
