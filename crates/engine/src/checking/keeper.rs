//! Checks' results: stored with the hours that are over, and counted on the board.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use wirereel_checks::CheckResult;
use wirereel_store::{CheckHour, CheckWriter, NewCheckRun, StoreError};

use super::{
    Board, lock,
    result::{blind_ns, intended_us, readings, run_of},
};
use crate::{
    clock::now_ns,
    results::{Results, Told},
};

const HOURS_KEPT: Duration = Duration::from_secs(400 * 86_400);

/// Where results of checks go.
pub(super) struct CheckResults {
    pub(super) board: Arc<Mutex<Board>>,
    pub(super) writer: CheckWriter,
}

impl Results for CheckResults {
    type Result = CheckResult;
    type Rows = (Vec<NewCheckRun>, Vec<CheckHour>);
    const WHAT: &'static str = "checks";

    fn rows(&mut self, batch: &[CheckResult]) -> Self::Rows {
        let hours = lock(&self.board).close_hours(now_ns());
        (batch.iter().map(run_of).collect(), hours)
    }

    fn store(&mut self, (runs, hours): &Self::Rows) -> Result<(), StoreError> {
        self.writer.write(runs, hours)
    }

    fn count(&mut self, batch: &[CheckResult]) -> Told {
        let mut told = Told { changed: !batch.is_empty(), ..Told::default() };
        let mut board = lock(&self.board);
        for result in batch {
            board.roll(result, intended_us(result));
            let every_ns = board.site(&result.website).map(|site| site.listed.check.website().interval.as_nanos());
            // One that was taken out meanwhile is nobody's subject.
            let Some(every_ns) = every_ns else { continue };
            readings(result, Some(every_ns), &mut told.readings);
            if let Some(blind_ns) = blind_ns(result, every_ns) {
                told.blind(blind_ns);
            }
        }
        // Frames may be due to be told anew without any result.
        told.changed |= board.tell(now_ns());
        told
    }

    fn hinder(&mut self, why: Option<String>) {
        lock(&self.board).hindrance = why;
    }

    fn forget(&mut self, until_us: i64, rows: u64) -> Result<u64, StoreError> {
        self.writer.forget_results(until_us, rows)
    }

    fn forget_summaries(&mut self, now_us: i64, rows: u64) {
        // Where it fails, it is done with the next look.
        let _ = self.writer.forget_hours(now_us - HOURS_KEPT.as_micros() as i64, rows);
    }

    fn checkpoint_if_due(&mut self) {
        self.writer.checkpoint_if_due();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::mpsc;
    use wirereel_checks::State;

    use super::*;
    use crate::{Workspace, results::Keeper};

    const HOUR_NS: i64 = 3_600_000_000_000;

    fn result(at_ns: i64) -> CheckResult {
        CheckResult {
            website: "shop".into(),
            intended_at_ns: at_ns,
            at_ns,
            instants: 1,
            state: State::Up,
            reason: None,
            measured: None,
        }
    }

    #[test]
    fn results_that_are_old_leave_the_store() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wirereel.json"), r#"{ "retention": { "keep": "1h" } }"#).unwrap();
        let workspace = Arc::new(Workspace::open(folder.path()).unwrap());
        let mut results = CheckResults { board: Arc::default(), writer: workspace.store().check_writer().unwrap() };
        let now_ns = now_ns();
        let ages = [30 * 24, 4, 2, 0].map(|hours| result(now_ns - hours * HOUR_NS));
        let rows = results.rows(&ages);
        results.store(&rows).unwrap();
        let left = || {
            let left = workspace.reader(None).unwrap().sql("SELECT count(*) FROM check_results", 1).unwrap();
            left.rows[0][0].as_u64()
        };
        assert_eq!(left(), Some(4));
        let (sender, inbox) = mpsc::channel(1);
        let keeper = Keeper::new(results, Arc::clone(&workspace), Arc::default(), Box::new(drop));
        let keeps = std::thread::Builder::new().name("keeper".into()).spawn(move || keeper.run(inbox)).unwrap();
        let begun = std::time::Instant::now();
        while left() == Some(4) && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(left(), Some(2), "of the last three hours, though an hour is kept");
        drop(sender);
        keeps.join().unwrap();
        assert_eq!(left(), Some(2));
    }
}
