//! Days that are kept from run to run: built once for a plan, a format of the store and an edition of the generator.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use wirereel_day::{Day, EDITION, Plan, Sink};
use wirereel_engine::{
    FORMAT, Workspace,
    import::{RecordSource, Unwatched, import_records},
};

/// A built day.
pub(crate) struct Built {
    pub(crate) folder: PathBuf,
    pub(crate) events: u64,
    /// Seconds that building it took, when it was built.
    pub(crate) seconds: f64,
    pub(crate) database_bytes: u64,
}

struct Records(Day);

impl RecordSource for Records {
    fn next_source(&mut self) -> Option<String> {
        self.0.next_source()
    }

    fn step(&mut self, sink: &mut dyn Sink) -> bool {
        self.0.step(sink)
    }
}

/// The day of a plan, from the folder of days or built into it.
pub(crate) fn day(days: &Path, plan: &Plan) -> Built {
    let folder = days.join(format!("{}-services-{}-events-format-{FORMAT}-{EDITION}", plan.services, plan.events));
    let stamp = folder.join("built");
    let known = || {
        let text = fs::read_to_string(&stamp).ok()?;
        let (events, seconds) = text.trim().split_once(' ')?;
        Some((events.parse().ok()?, seconds.parse().ok()?))
    };
    let (events, seconds) = known().unwrap_or_else(|| {
        let _ = fs::remove_dir_all(&folder);
        let begun = Instant::now();
        let mut records = Records(Day::new(plan));
        let workspace = Workspace::open(&folder).expect("the folder of days can be written");
        import_records(&workspace, &mut records, &Unwatched).expect("the day is imported");
        drop(workspace);
        let built = (records.0.counts().events(), begun.elapsed().as_secs_f64());
        fs::write(&stamp, format!("{} {}\n", built.0, built.1)).expect("the folder of days can be written");
        built
    });
    let database_bytes = fs::metadata(folder.join("events.duckdb")).expect("the database is there").len();
    Built { folder, events, seconds, database_bytes }
}
