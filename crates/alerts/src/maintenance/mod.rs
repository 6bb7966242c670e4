//! Maintenance windows: when nothing opens and nobody is notified.

mod calendar;
mod cron;

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
    tz::{TimeZone, TimeZoneDatabase},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Problem, Selector, Span};
pub(crate) use calendar::Calendar;
use cron::Cron;

/// A window and whom it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// What it is called.
    pub name: String,
    /// Whom it is for; everybody without.
    #[serde(default)]
    pub subject: Selector,
    /// When.
    pub when: Schedule,
    /// Whose clock it follows, such as `Europe/Berlin`. Daylight saving is that of the place.
    #[serde(default = "utc")]
    pub time_zone: String,
}

fn utc() -> String {
    "UTC".into()
}

/// When a window begins and ends. It ends as much real time after its beginning as it lasts, whatever the clock is turned to meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// From one instant to another: local times such as `2026-11-26T22:00`, or instants such as `2026-11-26T22:00:00Z`.
    Once { from: String, until: String },
    /// On days of the week at a time of day such as `22:30`.
    Weekly { days: Vec<Weekday>, at: String, lasts: Span },
    /// As cron has it: minute, hour, day of the month, month, day of the week.
    Cron { cron: String, lasts: Span },
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    fn civil(self) -> jiff::civil::Weekday {
        use jiff::civil::Weekday as Civil;
        match self {
            Self::Mon => Civil::Monday,
            Self::Tue => Civil::Tuesday,
            Self::Wed => Civil::Wednesday,
            Self::Thu => Civil::Thursday,
            Self::Fri => Civil::Friday,
            Self::Sat => Civil::Saturday,
            Self::Sun => Civil::Sunday,
        }
    }
}

/// Longest window that comes again and again.
const LONGEST: Span = Span::from_secs(31 * 86_400);

/// A schedule that was understood.
#[derive(Debug, Clone)]
enum Parsed {
    Once { from_ns: i64, until_ns: i64 },
    Weekly { days: Vec<jiff::civil::Weekday>, at: Time, lasts_ns: i64 },
    Cron { cron: Box<Cron>, lasts_ns: i64 },
}

/// The rules of a time zone, from the table that comes with the program: the same on every machine.
fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// An instant, or a local time in a zone. A local time that the clock jumps over is as much later as the clock jumps; of one that comes
/// twice the first is meant.
fn instant(text: &str, zone: &TimeZone) -> Option<i64> {
    let at = match text.parse::<Timestamp>() {
        Ok(at) => at,
        Err(_) => zone.to_ambiguous_timestamp(text.parse::<DateTime>().ok()?).compatible().ok()?,
    };
    i64::try_from(at.as_nanosecond()).ok()
}

fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| (digits.len() == 2).then(|| digits.parse().ok()).flatten();
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

impl Maintenance {
    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        self.read().err().unwrap_or_default()
    }

    /// Its windows on the clock.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn calendar(&self) -> Result<Calendar, Vec<Problem>> {
        let (zone, parsed) = self.read()?;
        Ok(Calendar::new(zone, parsed))
    }

    fn read(&self) -> Result<(TimeZone, Parsed), Vec<Problem>> {
        let mut problems: Vec<_> =
            self.subject.problems().into_iter().map(|problem| problem.under("subject")).collect();
        let zone = time_zone(&self.time_zone);
        if zone.is_none() {
            let allowed = "a time zone such as UTC or Europe/Berlin";
            problems.push(Problem::new("time_zone", format!("{:?}", self.time_zone), allowed));
        }
        let zone = zone.unwrap_or(TimeZone::UTC);
        let parsed = self.when.parse(&zone, &mut problems);
        match parsed {
            Some(parsed) if problems.is_empty() => Ok((zone, parsed)),
            _ => Err(problems),
        }
    }
}

impl Schedule {
    fn parse(&self, zone: &TimeZone, problems: &mut Vec<Problem>) -> Option<Parsed> {
        let mut wrong = |path: &str, found: String, allowed: &str| {
            problems.push(Problem::new(format!("when.{path}"), found, allowed));
        };
        let lasting = |lasts: Span, wrong: &mut dyn FnMut(&str, String, &str)| {
            if lasts > LONGEST {
                wrong("lasts", lasts.to_string(), "at most 31d");
            }
            lasts.as_nanos()
        };
        match self {
            Self::Once { from, until } => {
                let allowed = "a time such as 2026-11-26T22:00 or 2026-11-26T22:00:00Z";
                let read = [("from", from), ("until", until)].map(|(path, text)| {
                    let at = instant(text, zone);
                    if at.is_none() {
                        wrong(path, format!("{text:?}"), allowed);
                    }
                    at
                });
                let [Some(from_ns), Some(until_ns)] = read else { return None };
                if until_ns <= from_ns {
                    wrong("until", format!("{until:?}"), &format!("after {from}"));
                }
                Some(Parsed::Once { from_ns, until_ns })
            }
            Self::Weekly { days, at, lasts } => {
                if days.is_empty() {
                    wrong("days", "an empty list".into(), "one or more of mon, tue, wed, thu, fri, sat, sun");
                }
                let lasts_ns = lasting(*lasts, &mut wrong);
                let time = time_of_day(at);
                if time.is_none() {
                    wrong("at", format!("{at:?}"), "a time of day such as 22:30");
                }
                Some(Parsed::Weekly { days: days.iter().map(|day| day.civil()).collect(), at: time?, lasts_ns })
            }
            Self::Cron { cron, lasts } => {
                let lasts_ns = lasting(*lasts, &mut wrong);
                match Cron::parse(cron) {
                    Ok(cron) => Some(Parsed::Cron { cron: Box::new(cron), lasts_ns }),
                    Err(allowed) => {
                        wrong("cron", format!("{cron:?}"), &allowed);
                        None
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
