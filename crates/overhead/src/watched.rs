//! A running workbench, switched and read by its commands, whoever carries them.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    plan::Mode,
    processor::Meter,
    run::{Load, Own},
};

/// Longer than starting and stopping take.
const PATIENCE: Duration = Duration::from_secs(30);
const AT_REST: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);
/// Rows of a capture that has ended are there after so long, once they no longer become more.
const STILL: Duration = Duration::from_millis(400);
const MOST_STILL: Duration = Duration::from_secs(20);

/// Asks it a command; an error is a sentence.
pub type Ask<'a> = dyn Fn(&str, Value) -> Result<Value, String> + 'a;

/// Why a run gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error("{0}")]
    Asked(String),
    #[error("it does not capture: {0}")]
    NotCapturing(String),
    #[error("nothing to go by: {0}")]
    Load(String),
    #[error("processor time cannot be read: {0}")]
    Processor(#[from] std::io::Error),
}

/// The workbench.
pub struct Watched<'a> {
    ask: &'a Ask<'a>,
    /// Its process.
    process: u32,
    interface: String,
    filter: String,
    /// After the load, until its rows are stored.
    settle: Duration,
}

/// What is stored at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stored {
    exchanges: u64,
    events: u64,
    packets: u64,
    lost: u64,
}

impl<'a> Watched<'a> {
    pub fn new(ask: &'a Ask<'a>, process: u32, interface: &str, filter: &str, settle: Duration) -> Self {
        Self { ask, process, interface: interface.into(), filter: filter.into(), settle }
    }

    /// Ends what is captured, and starts as the mode says.
    ///
    /// # Errors
    /// When it does not start.
    pub fn switch(&self, mode: Mode) -> Result<(), WatchError> {
        self.stop()?;
        let Some(setting) = mode.setting() else { return Ok(()) };
        let config = json!({ "interfaces": [self.interface], "filter": self.filter, "mode": setting });
        let began = Instant::now();
        // What has just stopped may not be at rest yet.
        while let Err(error) = self.asked("capture_start", json!({ "config": config })) {
            if began.elapsed() > AT_REST {
                return Err(error);
            }
            thread::sleep(LOOK);
        }
        loop {
            let state = self.local()?;
            match state["state"].as_str() {
                Some("capturing") => return Ok(()),
                Some("connecting") if began.elapsed() < PATIENCE => thread::sleep(LOOK),
                _ => {
                    let why = state["reason"].as_str().or(state["hindrance"].as_str());
                    return Err(WatchError::NotCapturing(why.unwrap_or("it does not say why").to_owned()));
                }
            }
        }
    }

    /// Has the load sent, then ends what is captured, so that everything of it is stored; gives what the load tool says and what Wirereel says.
    ///
    /// # Errors
    /// When the load gave nothing to go by, or the workbench does not answer.
    pub fn around<E: std::fmt::Display>(
        &self,
        load: impl FnOnce() -> Result<Load, E>,
    ) -> Result<(Load, Own), WatchError> {
        let before = self.stored()?;
        let since_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let meter = Meter::start(Some(self.process))?;
        let load = load().map_err(|error| WatchError::Load(error.to_string()))?;
        thread::sleep(self.settle);
        let (window_s, processes, machine_busy_s) = meter.stop()?;
        let was_capturing = self.local()?["state"] == "capturing";
        self.stop()?;
        let after = if was_capturing { self.still()? } else { self.stored()? };
        let said = self.said(since_ns)?;
        let own = Own {
            processes,
            machine_busy_s,
            window_s,
            exchanges: after.exchanges.saturating_sub(before.exchanges),
            events: after.events.saturating_sub(before.events),
            packets: after.packets.saturating_sub(before.packets),
            lost: after.lost.saturating_sub(before.lost),
            lag_ms: said[0].as_f64(),
            own_cpu: said[1].as_f64(),
        };
        Ok((load, own))
    }

    fn stop(&self) -> Result<(), WatchError> {
        self.asked("capture_stop", json!({}))?;
        let began = Instant::now();
        while matches!(self.local()?["state"].as_str(), Some("capturing" | "connecting")) {
            if began.elapsed() > PATIENCE {
                return Err(WatchError::Asked("the capture does not stop".into()));
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// This machine's whisperer.
    fn local(&self) -> Result<Value, WatchError> {
        let mut all = self.asked("whisperers", json!({}))?;
        let local = all.as_array_mut().and_then(|all| all.iter_mut().find(|one| one["id"] == "local"));
        local.map(Value::take).ok_or_else(|| WatchError::Asked("there is no whisperer of this machine".into()))
    }

    fn stored(&self) -> Result<Stored, WatchError> {
        let row = self.row(
            "SELECT (SELECT count(*) FROM http_exchanges), (SELECT count(*) FROM flow_events), \
             (SELECT coalesce(sum(packets), 0)::BIGINT FROM sources), \
             (SELECT coalesce(sum(in_kernel + in_queue), 0)::BIGINT FROM lost_packets)",
        )?;
        let at = |place: usize| row[place].as_u64().unwrap_or_default();
        Ok(Stored { exchanges: at(0), events: at(1) + 2 * at(0), packets: at(2), lost: at(3) })
    }

    /// Once nothing more appears.
    fn still(&self) -> Result<Stored, WatchError> {
        let began = Instant::now();
        let mut last = self.stored()?;
        loop {
            thread::sleep(STILL);
            let now = self.stored()?;
            if now == last || began.elapsed() > MOST_STILL {
                return Ok(now);
            }
            last = now;
        }
    }

    /// The longest lag and the mean share of a core since an instant, as it says itself; null where it said nothing.
    fn said(&self, since_ns: u128) -> Result<Value, WatchError> {
        self.row(&format!(
            "SELECT max(value) FILTER (component = 'ingest' AND metric = 'lag_ms'), \
             avg(value) FILTER (component = 'process' AND metric = 'cpu') \
             FROM self_metrics WHERE NOT isnan(value) AND \"at\" >= make_timestamp_ns({since_ns})"
        ))
    }

    fn row(&self, query: &str) -> Result<Value, WatchError> {
        let mut answer = self.asked("sql", json!({ "query": query }))?;
        Ok(answer["rows"][0].take())
    }

    fn asked(&self, command: &str, args: Value) -> Result<Value, WatchError> {
        (self.ask)(command, args).map_err(WatchError::Asked)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// Answers as a workbench does that captures when it is told to, or not.
    struct Made {
        asked: RefCell<Vec<String>>,
        mode: RefCell<Option<String>>,
        may: bool,
        stored: Cell<u64>,
    }

    impl Made {
        fn new(may: bool) -> Self {
            Self { asked: RefCell::default(), mode: RefCell::default(), may, stored: Cell::new(100) }
        }

        fn answer(&self, command: &str, args: &Value) -> Result<Value, String> {
            match command {
                "capture_start" => {
                    let mode = args["config"]["mode"].as_str().unwrap_or_default().to_owned();
                    self.asked.borrow_mut().push(format!("start {mode} {}", args["config"]["filter"]));
                    *self.mode.borrow_mut() = self.may.then_some(mode);
                }
                "capture_stop" => *self.mode.borrow_mut() = None,
                "whisperers" => {
                    let state = if self.mode.borrow().is_some() { "capturing" } else { "stopped" };
                    return Ok(json!([{ "id": "local", "state": state, "reason": "no right to capture" }]));
                }
                "sql" if args["query"].as_str().is_some_and(|query| query.contains("self_metrics")) => {
                    return Ok(json!({ "rows": [[12.5, null]] }));
                }
                "sql" => return Ok(json!({ "rows": [[self.stored.get(), 10, 40, 0]] })),
                other => return Err(format!("{other} is no command")),
            }
            Ok(json!({}))
        }
    }

    #[test]
    fn a_mode_is_what_the_capture_is_started_with_and_off_starts_nothing() {
        let made = Made::new(true);
        let ask = |command: &str, args: Value| made.answer(command, &args);
        let watched = Watched::new(&ask, std::process::id(), "lo", "tcp port 80", Duration::ZERO);
        for mode in [Mode::Off, Mode::Lifecycle, Mode::OffAgain, Mode::Full] {
            watched.switch(mode).unwrap();
            assert_eq!(made.mode.borrow().as_deref(), mode.setting());
        }
        assert_eq!(made.asked.borrow()[..], ["start lifecycle \"tcp port 80\"", "start full \"tcp port 80\""]);
    }

    #[test]
    fn what_does_not_start_says_why() {
        let made = Made::new(false);
        let ask = |command: &str, args: Value| made.answer(command, &args);
        let watched = Watched::new(&ask, std::process::id(), "lo", "", Duration::ZERO);
        assert_eq!(watched.switch(Mode::Full).unwrap_err().to_string(), "it does not capture: no right to capture");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_stored_of_a_load_is_what_became_more() {
        let made = Made::new(true);
        let ask = |command: &str, args: Value| made.answer(command, &args);
        let watched = Watched::new(&ask, std::process::id(), "lo", "", Duration::ZERO);
        watched.switch(Mode::Full).unwrap();
        let load = || {
            made.stored.set(130);
            Ok::<_, String>(Load { requests: 30, ..Load::default() })
        };
        let (load, own) = watched.around(load).unwrap();
        assert_eq!((load.requests, own.exchanges, own.events, own.lost), (30, 30, 60, 0));
        assert_eq!((own.lag_ms, own.own_cpu), (Some(12.5), None));
        assert_eq!(*made.mode.borrow(), None, "it is stopped, so that everything is stored");
        let broken = watched.around(|| Err::<Load, _>("k6 is gone")).unwrap_err();
        assert_eq!(broken.to_string(), "nothing to go by: k6 is gone");
    }
}
