//! The packets of several sources in the order of their times: a merge that holds one packet's place per source.

use std::{cmp::Reverse, collections::BinaryHeap};

use wirereel_capture::{CaptureError, PacketReader, Secrets};
use wirereel_dissect::Packet;
use wirereel_store::{Reader, SourceId, SourcePath};

use crate::{EngineError, Workspace};

/// Captures open at a time: each holds a megabyte and a file descriptor. More sources than this that overlap at one
/// moment are closed and opened again.
const MOST_OPEN: usize = 64;

/// What comes next.
pub(super) enum Found<'a> {
    /// A source's packets begin: what decrypts them.
    Secrets(&'a [Secrets]),
    Packet {
        packet: Packet<'a>,
        source: &'a SourcePath,
        /// Name of the interface, where the source tells it.
        interface: Option<&'a str>,
    },
}

/// What is left to write of one source.
struct Run {
    source: SourcePath,
    positions: Vec<u64>,
    /// The next of `positions`.
    next: usize,
    begun: bool,
    /// Time of the next packet; before the first, when the source begins.
    at_ns: i64,
    capture: Option<PacketReader>,
}

/// Visits the packets at `positions`, per source ascending. Each source keeps the order of its file, whatever its clock did.
///
/// # Errors
/// Those of `visit`, and when a capture is gone or cannot be read.
pub(super) fn in_time_order(
    workspace: &Workspace,
    reader: &Reader,
    positions: Vec<(SourceId, Vec<u64>)>,
    mut visit: impl FnMut(Found<'_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut runs = Vec::new();
    for (source, positions) in positions {
        let source = reader.source(source)?;
        // Opened when its time has come, so that files recorded one after the other are open one after the other.
        let at_ns = source.started_ns.unwrap_or(i64::MIN);
        runs.push(Run { source, positions, next: 0, begun: false, at_ns, capture: None });
    }
    let mut order: BinaryHeap<_> = runs.iter().enumerate().map(|(index, run)| Reverse((run.at_ns, index))).collect();
    while let Some(Reverse((_, index))) = order.pop() {
        if runs[index].capture.is_none() {
            make_room(&mut runs);
        }
        let run = &mut runs[index];
        if run.begun {
            run.visit_next(workspace, reader, &mut visit)?
        } else {
            run.begin(workspace, reader, &mut visit)?
        }
        if run.find_next()? {
            order.push(Reverse((run.at_ns, index)));
        }
    }
    Ok(())
}

/// Closes the capture that is needed last when too many are open.
fn make_room(runs: &mut [Run]) {
    let open = runs.iter_mut().filter(|run| run.capture.is_some());
    let (count, last) = open.fold((0, None::<&mut Run>), |(count, last), run| match last {
        Some(last) if last.at_ns >= run.at_ns => (count + 1, Some(last)),
        _ => (count + 1, Some(run)),
    });
    if let Some(last) = last.filter(|_| count >= MOST_OPEN) {
        last.capture = None;
    }
}

impl Run {
    fn begin(
        &mut self,
        workspace: &Workspace,
        reader: &Reader,
        visit: &mut impl FnMut(Found<'_>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        self.begun = true;
        if let Some(last) = self.positions.last() {
            let mut capture = workspace.packets_of(reader, self.source.source)?;
            let secrets = capture.secrets_before(*last).map_err(EngineError::capture(&self.source.path))?;
            visit(Found::Secrets(secrets))?;
            self.capture = Some(capture);
        }
        Ok(())
    }

    fn visit_next(
        &mut self,
        workspace: &Workspace,
        reader: &Reader,
        visit: &mut impl FnMut(Found<'_>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let capture = match &mut self.capture {
            Some(capture) => capture,
            closed => closed.insert(workspace.packets_of(reader, self.source.source)?),
        };
        let position = self.positions[self.next];
        self.next += 1;
        let (packet, interface) =
            capture.read_on_interface(position).map_err(EngineError::capture(&self.source.path))?;
        visit(Found::Packet { packet, source: &self.source, interface })
    }

    /// Whether there is another packet; its time is then known. At the end the capture is closed.
    fn find_next(&mut self) -> Result<bool, EngineError> {
        while let (Some(capture), Some(position)) = (&mut self.capture, self.positions.get(self.next)) {
            match capture.read(*position) {
                // Retention has removed it: the others are exported.
                Err(CaptureError::SegmentGone { .. }) => self.next += 1,
                packet => {
                    self.at_ns = packet.map_err(EngineError::capture(&self.source.path))?.at_ns;
                    return Ok(true);
                }
            }
        }
        (self.capture, self.positions) = (None, Vec::new());
        Ok(false)
    }
}
