//! The segments of a run read again, as after a crash: the same rows as when they were captured.

use std::path::{Path, PathBuf};

use wirereel_capture::{CaptureFile, Place, segments};
use wirereel_dissect::Packet;

use super::{
    figures,
    notes::{self, Begun, Note},
    reading::Reading,
    recorder::writer_of,
    run::source_of,
    socket_notes,
};
use crate::{
    EngineError, Workspace,
    config::ParsingConfig,
    import::{Watch, import_source},
};

/// Reads a run's segments, which were recovered before.
///
/// # Errors
/// When a segment cannot be read or the store cannot be written.
pub(crate) fn rebuild(workspace: &Workspace, folder: &Path, watch: &dyn Watch) -> Result<(), EngineError> {
    let mut writer = writer_of(workspace)?;
    let notes = notes::read(folder).map_err(EngineError::io(folder))?;
    let begun = match notes.first() {
        Some(Note::Begun(begun)) => (**begun).clone(),
        _ => unnoted(workspace, folder),
    };
    let source = source_of(folder, &begun.name, begun.of_file);
    let mut losses = Vec::new();
    let done = import_source(workspace, &mut writer, &source, watch, |collector, batches| {
        let mut reading = Reading::new(begun.parsing.parsing());
        for changes in socket_notes::read(folder)? {
            reading.sockets(&changes, collector);
        }
        for segment in segments(folder).map_err(EngineError::capture(folder))? {
            let failed = || EngineError::capture(PathBuf::from(&segment.path));
            let mut file = CaptureFile::open(&segment.path).map_err(failed())?;
            while let Some(packet) = file.next().map_err(failed())? {
                let place = Place { segment: segment.number, offset: packet.position };
                reading.push(&Packet { position: place.position(), ..packet });
                reading.let_go(collector);
                if collector.is_full() {
                    let _ = batches.send(collector.take());
                }
            }
        }
        for note in &notes {
            match note {
                Note::Begun(_) => {}
                Note::Lost(loss) => {
                    reading.figures.dropped += loss.packets;
                    losses.push(*loss);
                }
                Note::Alive { at_ns } => reading.reach(*at_ns),
                Note::Ended { warnings } => reading.figures.warnings.extend(warnings.iter().cloned()),
            }
        }
        let figures = reading.finish(collector);
        let _ = batches.send(collector.take());
        Ok(figures)
    });
    let id = done?;
    figures::record_losses(&mut writer, id, &losses)?;
    workspace.rename(&mut writer)?;
    Ok(writer.checkpoint()?)
}

/// What is known of a run without notes: its folder is called by when it began and what it captured.
fn unnoted(workspace: &Workspace, folder: &Path) -> Begun {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.split_once('-').map_or(name.clone(), |(_, interfaces)| interfaces.to_owned());
    Begun { whisperer: "local".into(), name, of_file: false, parsing: workspace.parsing() }
}

impl Workspace {
    /// How packets are read where nothing else was said.
    pub(crate) fn parsing(&self) -> ParsingConfig {
        ParsingConfig::of(&self.config())
    }
}
