//! What happens in each sample: how many customers when, and which faults.

use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::crowd::{LoadCurve, LoadPoint};
use crate::fault::Fault;
use crate::site::Pace;
use crate::topology::Service;

/// The recordings that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// Four minutes: calm, flash sale, payment slows down, crashes and comes back.
    FlashSale,
    /// A day with its tides and five faults, recorded in six minutes and stretched.
    Day,
}

/// The seed of both crowds.
const SEED: u64 = 2026;

/// A day's second in the recording lasts this much longer in the file.
const DAY_FACTOR: f64 = 240.0;

/// A fault's beginning or end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "change")]
pub enum Change {
    Begin { fault: Fault },
    Recover,
}

/// A change at a time after the beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    pub at: Duration,
    pub service: Service,
    pub change: Change,
}

/// A sample's script.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    pub load: LoadCurve,
    pub events: Vec<Event>,
    pub pace: Pace,
    pub seed: u64,
    /// By how much the pauses are stretched after recording.
    pub stretch: Option<f64>,
}

impl Sample {
    /// Both, in the order in which they are recorded.
    pub const ALL: [Self; 2] = [Self::FlashSale, Self::Day];

    /// The capture's file name.
    pub fn capture_name(self) -> String {
        format!("{}.pcapng", self.stem())
    }

    /// The file name of what the services say they served.
    pub fn truth_name(self) -> String {
        format!("{}.truth.json", self.stem())
    }

    /// One sentence about the sample, for the capture's section header.
    pub fn title(self) -> &'static str {
        match self {
            Self::FlashSale => "calm, flash sale, payment-service slows down, crashes and recovers",
            Self::Day => "a day with five faults, recorded in six minutes and stretched by the factor 240",
        }
    }

    /// Its script.
    pub fn story(self) -> Story {
        match self {
            Self::FlashSale => flash_sale(),
            Self::Day => day(),
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Self::FlashSale => "shop-flash-sale",
            Self::Day => "shop-day",
        }
    }
}

fn fault(from: f64, to: f64, service: Service, fault: Fault) -> [Event; 2] {
    let event = |at, change| Event { at: Duration::from_secs_f64(at), service, change };
    [event(from, Change::Begin { fault }), event(to, Change::Recover)]
}

fn curve(points: &[(f64, f64, f64)], think: Duration, watch_every: Duration) -> LoadCurve {
    let point = |&(at, visits_per_second, flash_share): &(f64, f64, f64)| LoadPoint {
        at: Duration::from_secs_f64(at),
        visits_per_second,
        flash_share,
    };
    LoadCurve { points: points.iter().map(point).collect(), think, watch_every }
}

/// Seconds, visits per second, share that comes for the sale.
fn flash_sale() -> Story {
    let points = [
        (0.0, 0.8, 0.1),
        (65.0, 0.9, 0.1),
        (70.0, 2.6, 0.7),
        (78.0, 5.0, 0.9),
        (105.0, 3.8, 0.8),
        (150.0, 2.2, 0.5),
        (190.0, 1.2, 0.2),
        (240.0, 0.8, 0.1),
    ];
    let slow = Fault::Slow { extra_ms: 900, share: 0.6 };
    let [slow, _] = fault(118.0, 132.0, Service::Payment, slow);
    let [crash, back] = fault(132.0, 167.0, Service::Payment, Fault::Crash);
    Story {
        load: curve(&points, Duration::from_secs(2), Duration::from_secs(10)),
        events: vec![slow, crash, back],
        pace: Pace::Real,
        seed: SEED,
        stretch: None,
    }
}

/// Hours of the day, visits per (recorded) second, share that comes for the sale.
fn day() -> Story {
    let hours = [
        (0.0, 0.30, 0.0),
        (3.0, 0.15, 0.0),
        (6.0, 0.40, 0.0),
        (9.0, 1.10, 0.1),
        (11.9, 1.30, 0.1),
        (12.1, 2.40, 0.7),
        (13.0, 1.40, 0.3),
        (16.0, 1.10, 0.1),
        (19.0, 1.40, 0.1),
        (20.5, 1.80, 0.1),
        (22.5, 0.80, 0.1),
        (23.6, 0.40, 0.0),
    ];
    let recorded = |hour: f64| hour * 3600.0 / DAY_FACTOR;
    let points = hours.map(|(hour, rate, flash)| (recorded(hour), rate, flash));
    let at = |from, to, service, what| fault(recorded(from), recorded(to), service, what);
    let events = [
        at(4.0, 4.75, Service::Search, Fault::Errors { status: 503, share: 0.8 }),
        at(9.5, 10.25, Service::Recommendation, Fault::Slow { extra_ms: 400, share: 0.7 }),
        at(14.0, 14.75, Service::Payment, Fault::Refuse),
        at(17.0, 17.75, Service::Inventory, Fault::Reset { share: 0.5 }),
        at(20.5, 21.0, Service::Payment, Fault::Crash),
    ];
    Story {
        load: curve(&points, Duration::from_millis(400), Duration::from_secs(5)),
        events: events.concat(),
        pace: Pace::Compressed,
        seed: SEED,
        stretch: Some(DAY_FACTOR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_order_one_service_at_a_time_and_all_is_well_before_the_customers_go() {
        for sample in Sample::ALL {
            let story = sample.story();
            assert!(story.events.is_sorted_by_key(|e| e.at));
            assert!(story.events.iter().all(|e| e.at < story.load.length()));
            let mut broken = None;
            for event in &story.events {
                assert!(broken.is_none_or(|service| service == event.service));
                broken = if event.change == Change::Recover { None } else { Some(event.service) };
            }
            assert_eq!(broken, None);
        }
    }

    #[test]
    fn the_day_has_each_kind_of_fault_once() {
        let faults: Vec<_> = Sample::Day
            .story()
            .events
            .iter()
            .filter_map(|e| match e.change {
                Change::Begin { fault } => Some(fault.name()),
                Change::Recover => None,
            })
            .collect();
        assert_eq!(faults, ["errors", "slow", "refuse", "reset", "crash"]);
    }
}
