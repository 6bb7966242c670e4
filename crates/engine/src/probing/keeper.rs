//! Probes' results: stored with what is written of them, and counted on the board.

use std::sync::{Arc, Mutex};

use wirereel_probes::ProbeResult;
use wirereel_store::{NewProbeRun, ProbeWriter, StoreError};

use super::{
    Board, lock,
    result::{blind_ns, readings, run_of},
};
use crate::results::{Results, Told};

/// Where results of probes go.
pub(super) struct ProbeResults {
    pub(super) board: Arc<Mutex<Board>>,
    pub(super) writer: ProbeWriter,
}

impl Results for ProbeResults {
    type Result = ProbeResult;
    type Rows = Vec<NewProbeRun>;
    const WHAT: &'static str = "probes";

    fn rows(&mut self, batch: &[ProbeResult]) -> Vec<NewProbeRun> {
        let board = lock(&self.board);
        let run = |result: &ProbeResult| run_of(result, board.site(&result.probe).map(|site| &site.ready.probe));
        batch.iter().map(run).collect()
    }

    fn store(&mut self, runs: &Vec<NewProbeRun>) -> Result<(), StoreError> {
        self.writer.write(runs)
    }

    fn count(&mut self, batch: &[ProbeResult]) -> Told {
        let mut told = Told { changed: !batch.is_empty(), ..Told::default() };
        let mut board = lock(&self.board);
        for result in batch {
            // One that was taken out meanwhile is nobody's subject.
            let Some(every_ns) = board.roll(result) else { continue };
            readings(result, Some(every_ns), &mut told.readings);
            if let Some(blind_ns) = blind_ns(result, every_ns) {
                told.blind(blind_ns);
            }
        }
        told
    }

    fn hinder(&mut self, why: Option<String>) {
        lock(&self.board).hindrance = why;
    }

    fn forget(&mut self, until_us: i64, rows: u64) -> Result<u64, StoreError> {
        self.writer.forget(until_us, rows)
    }

    /// Nothing is made of results of probes that would stay longer.
    fn forget_summaries(&mut self, _: i64, _: u64) {}

    fn checkpoint_if_due(&mut self) {
        self.writer.checkpoint_if_due();
    }
}
