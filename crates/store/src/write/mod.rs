//! The writing side: batches in, names decided elsewhere, roll-ups on top.

mod alerts;
mod attempts;
mod beside;
mod checks;
mod forget;
mod keyframes;
mod losses;
mod naming;
mod news;
mod observed;
mod probes;
mod removal;
mod rollups;
mod sources;
mod tallied;
mod tidy;
mod waiting;

use duckdb::{
    Connection,
    arrow::{array::ArrayRef, record_batch::RecordBatch},
    params,
};

use crate::{
    error::Result,
    read::{PEER_COLUMNS, peers_of},
    rows::{Batch, Peer, PeerTable, Peers, Rows, SourceId, Tally},
    store::WriterPlace,
};

pub use alerts::{AlertSaving, AlertWriter, SavedAlert, SavedAlertEvent, SavedAlertState, SavedAlerts, SavedDelivery};
pub use attempts::Attempt;
pub use checks::{CheckHour, CheckWriter, HourTimes, NewCheckRun};
pub use forget::Forgetting;
pub use losses::LostPackets;
use naming::Naming;
pub use naming::PeerName;
use news::Gathered;
pub use news::{Came, Mark, News};
pub use observed::{NewObservation, ObservationWriter, ObservedHop};
pub use probes::{NewProbeHop, NewProbeRun, ProbeWriter};
pub use removal::KeptSource;
pub use sources::{NewSource, SourceFigures, SourceKind};
use waiting::Waiting;

/// Rows of one transaction. DuckDB writes full row groups (122,880 rows) of a large transaction straight into its file, compressed; those
/// of small ones go through the log and are written a second time at the checkpoint. The last row group of a transaction stays as short as
/// it is.
const COMMIT_ROWS: usize = 8 * 122_880;

/// The number of the last batch of which rows are there; -1 without any.
pub(crate) const LAST_BATCH: &str = "SELECT coalesce(max(batch)::BIGINT, -1) FROM (SELECT max(batch) AS batch FROM raw.http_exchanges \
     UNION ALL SELECT max(batch) FROM raw.openings UNION ALL SELECT max(batch) FROM raw.endings \
     UNION ALL SELECT max(batch) FROM raw.flows)";

/// Appends to a recording. One exists at a time, on the ingest thread.
pub struct Writer {
    pub(crate) connection: Connection,
    place: WriterPlace,
    naming: Naming,
    next_exchange: u64,
    next_page: i32,
    next_batch: u32,
    /// Batches before this one are durable.
    kept_up_to: u32,
    /// A transaction is open.
    begun: bool,
    /// Rows that came since the last commit.
    uncommitted: usize,
    /// Those of them that are appended by the next one.
    waiting: Waiting,
    /// Roll-ups hold everything from batches before this one.
    rolled_up_to: u32,
    /// What batches since then add to them, where all of that was counted.
    tally: Option<Tally>,
    /// Widths of stored roll-ups with the rows that they have at most, where that is known.
    widths: Option<Vec<(i64, u64)>>,
    /// Peers and calls that names were not decided by yet.
    news: Gathered,
    /// Names of peers that had one have changed since the last commit.
    has_renamed: bool,
    /// Roll-ups hold peers under names that they do not have any more.
    are_rollups_old: bool,
}

impl Writer {
    pub(crate) fn new(connection: Connection, place: WriterPlace) -> Result<Self> {
        let naming = Naming::load(&connection)?;
        let next_exchange = connection.query_row(
            "SELECT coalesce(max(exchange_id) + 1, 1)::UBIGINT FROM raw.http_exchanges",
            [],
            |row| row.get(0),
        )?;
        let next_page =
            connection
                .query_row("SELECT coalesce(max(page_id) + 1, 0)::INTEGER FROM raw.http_pages", [], |row| row.get(0))?;
        let next_batch =
            connection.query_row(&format!("SELECT (({LAST_BATCH}) + 1)::UINTEGER"), [], |row| row.get(0))?;
        let (uncommitted, rolled_up_to) = (0, next_batch);
        let mut writer = Self {
            connection,
            place,
            naming,
            next_exchange,
            next_page,
            next_batch,
            kept_up_to: next_batch,
            begun: false,
            uncommitted,
            waiting: Waiting::default(),
            rolled_up_to,
            tally: None,
            widths: None,
            news: Gathered::nothing(),
            has_renamed: false,
            are_rollups_old: false,
        };
        match writer.meta("rolled_up_to")?.and_then(|text| text.parse().ok()) {
            Some(rolled_up_to) if rolled_up_to < next_batch => {
                // The last writer stopped before its roll-ups were in.
                writer.rolled_up_to = rolled_up_to;
                writer.refresh_rollups()?;
            }
            // Rows of the newest batches may have been removed since: their numbers are not given again.
            Some(rolled_up_to) => (writer.rolled_up_to, writer.next_batch) = (rolled_up_to, rolled_up_to),
            None => writer.rebuild_rollups()?,
        }
        writer.tally = Some(Tally::default());
        Ok(writer)
    }

    /// An empty collector for a source that [`Writer::begin_source`] has numbered.
    pub fn rows(&self, source: SourceId) -> Rows {
        Rows::starting(source, self.next_exchange, self.next_page, self.next_batch)
    }

    /// The peers of the workspace, to intern more.
    pub fn peer_table(&self) -> Result<PeerTable> {
        Ok(PeerTable::continuing(self.peers()?))
    }

    /// The peers of the workspace, in order of number, from 0 on.
    pub fn peers(&self) -> Result<Vec<Peer>> {
        let sql = format!("SELECT {PEER_COLUMNS} FROM raw.peers ORDER BY peer_id");
        let mut statement = self.connection.prepare(&sql)?;
        let mut peers = Vec::new();
        for batch in statement.query_arrow([])? {
            peers.extend(peers_of(&batch, 0)?);
        }
        Ok(peers)
    }

    /// Appends a batch and commits it. New peers are unresolved until [`Writer::name_peers`] names them.
    pub fn write(&mut self, batch: Batch) -> Result<()> {
        self.write_soon(batch)?;
        self.commit()
    }

    /// As [`Writer::write`], but it is committed by [`Writer::commit_if_large`], or with the next commit. What was not committed when
    /// something fails is gone: its bytes are still where they came from.
    pub fn write_soon(&mut self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.begin_if_needed()?;
        self.next_exchange = batch.next_exchange;
        self.next_page = batch.next_page;
        self.next_batch = batch.number + 1;
        self.uncommitted += batch.len().max(1);
        self.news.add(&batch);
        let counted = self.tally.take().zip(batch.tally.clone());
        self.tally = counted.and_then(|(before, more)| before.with(more));
        if let Err(error) = self.append(batch) {
            self.roll_back();
            return Err(error);
        }
        Ok(())
    }

    /// Commits when enough rows have come together.
    pub fn commit_if_large(&mut self) -> Result<()> {
        if self.uncommitted >= COMMIT_ROWS { self.commit() } else { Ok(()) }
    }

    /// Whether a batch that was given is durable.
    pub fn keeps(&self, batch: &Batch) -> bool {
        batch.number < self.kept_up_to
    }

    fn begin_if_needed(&mut self) -> Result<()> {
        if !self.begun {
            self.connection.execute_batch("BEGIN")?;
            self.begun = true;
        }
        Ok(())
    }

    /// Makes what was appended durable and visible.
    pub fn commit(&mut self) -> Result<()> {
        if self.uncommitted == 0 { Ok(()) } else { self.commit_with(|_| Ok(())) }
    }

    /// Does something more in the transaction of what was appended, and commits both or neither.
    fn commit_with<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let done = self.begin_if_needed().and_then(|()| {
            if self.naming.has_unwritten() {
                self.has_renamed |= self.naming.write(&self.connection)?;
            }
            let mut waiting = std::mem::take(&mut self.waiting);
            waiting.write(&self.connection)?;
            let done = work(self)?;
            self.connection.execute_batch("COMMIT")?;
            Ok(done)
        });
        if done.is_err() {
            self.roll_back();
        } else {
            (self.begun, self.uncommitted, self.kept_up_to) = (false, 0, self.next_batch);
            if std::mem::take(&mut self.has_renamed) {
                self.place.renamed();
            }
            self.place.committed();
        }
        done
    }

    fn roll_back(&mut self) {
        (self.begun, self.uncommitted, self.tally, self.widths) = (false, 0, None, None);
        (self.waiting, self.news, self.has_renamed) = (Waiting::default(), Gathered::nothing(), false);
        // The first error is what matters; a failed roll-back ends with the connection.
        let _ = self.connection.execute_batch("ROLLBACK");
        // Names that were given with the rows are gone with them.
        if let Ok(naming) = Naming::load(&self.connection) {
            self.naming = naming;
        }
    }

    fn append(&mut self, batch: Batch) -> Result<()> {
        if !batch.peers.is_empty() {
            self.append_peers(&batch.peers)?;
            self.naming.append_new(&batch.peers);
        }
        for (table, rows) in batch.tables {
            let schema = rows.schema();
            let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            let mut appender = self.connection.appender_with_columns_to_db(table, "raw", &columns)?;
            appender.append_record_batch(rows)?;
            appender.flush()?;
        }
        for reached in batch.reached {
            self.waiting.reached(SourceId(reached.source), reached.first_ns, reached.last_ns);
        }
        Ok(())
    }

    fn append_peers(&self, peers: &[(crate::PeerId, Peer)]) -> Result<()> {
        let mut columns = Peers::default();
        for (id, peer) in peers {
            columns.peer_id.append_value(id.0);
            columns.ip.append_value(peer.ip.to_string());
            columns.port.append_value(peer.port);
            columns.dns_name.append_option(peer.dns_name.as_deref());
            columns.host_name.append_option(peer.host_name.as_deref());
            columns.process.append_option(peer.process.as_deref());
            columns.serves_port.append_value(peer.serves_port);
        }
        let Some(rows) = columns.take() else { return Ok(()) };
        let mut appender = self.connection.appender_to_db(Peers::TABLE, "raw")?;
        appender.append_record_batch(rows)?;
        Ok(appender.flush()?)
    }

    /// Moves the log into the database file. Call it when an import has ended.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.commit()?;
        self.place.checkpoint(&self.connection)
    }

    /// Gives the recording its identity and name.
    pub fn name_recording(&mut self, recording_id: &str, name: &str) -> Result<()> {
        self.in_transaction(|writer| {
            writer.set_meta("recording_id", recording_id)?;
            writer.set_meta("recording_name", name)
        })
    }

    /// Figures about a part of Wirereel itself, at a wall-clock time. They are committed with the next rows, or by [`Writer::commit`].
    pub fn record_metrics(&mut self, at_ns: i64, component: &str, figures: &[(&str, f64)]) -> Result<()> {
        self.record_figures(
            &figures.iter().map(|(metric, value)| (at_ns, component, *metric, *value)).collect::<Vec<_>>(),
        )
    }

    /// As [`Writer::record_metrics`], of several parts and instants: wall-clock time in nanoseconds, component, metric, value.
    pub fn record_figures(&mut self, figures: &[(i64, &str, &str, f64)]) -> Result<()> {
        self.uncommitted += figures.len();
        self.waiting.figures(figures);
        Ok(())
    }

    /// Writes rows that are committed with the next ones.
    pub(crate) fn uncommitted_work(&mut self, rows: usize, work: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        self.begin_if_needed()?;
        self.uncommitted += rows.max(1);
        let done = work(self);
        if done.is_err() {
            self.roll_back();
        }
        done
    }

    /// A figure about Wirereel itself, at a wall-clock time.
    pub fn record_metric(&mut self, at_ns: i64, component: &str, metric: &str, value: f64) -> Result<()> {
        self.connection.execute(
            "INSERT INTO raw.self_metrics VALUES (make_timestamp_ns(?::BIGINT), ?, ?, ?)",
            params![at_ns, component, metric, value],
        )?;
        self.place.committed();
        Ok(())
    }

    fn meta(&self, key: &str) -> Result<Option<String>> {
        Ok(self.connection.query_row("SELECT max(value) FROM raw.meta WHERE key = ?", [key], |row| row.get(0))?)
    }

    pub(crate) fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        let there =
            self.connection.prepare_cached("UPDATE raw.meta SET value = ? WHERE key = ?")?.execute([value, key])?;
        if there == 0 {
            self.connection.execute("INSERT INTO raw.meta VALUES (?, ?)", [key, value])?;
        }
        Ok(())
    }

    /// All of it or nothing; readers see it from the next question on.
    fn in_transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.commit()?;
        self.commit_with(work)
    }
}

/// Appends columns of one length to a small table.
fn append_columns<'a>(
    connection: &Connection,
    table: &str,
    columns: impl IntoIterator<Item = (&'a str, ArrayRef)>,
) -> Result<()> {
    let rows = RecordBatch::try_from_iter(columns).expect("all columns are made from one list");
    if rows.num_rows() == 0 {
        return Ok(());
    }
    let mut appender = connection.appender_to_db(table, "raw")?;
    appender.append_record_batch(rows)?;
    Ok(appender.flush()?)
}
