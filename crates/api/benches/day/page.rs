//! The part of `docs/benchmarks.md` about the day, written from the figures of this run.

use std::{fmt::Write, path::Path};

use crate::{
    Asked,
    figures::{machine, write_part},
};

/// Costs that the page shows: name, what it is, and the bound that it is held against.
const SHOWN: [(&str, &str, &str); 13] = [
    ("state_at_p50_ms", "state at a random instant, median of 1,000", "5"),
    ("state_at_p99_ms", "the same, 99th percentile", "16"),
    ("density_ms", "density of the whole day, 2,000 buckets", "50"),
    ("series_ms", "series of 8 services over the day: requests", "100"),
    ("series_p95_ms", "the same: 95th percentiles of latency", "100"),
    ("next_error_ms", "next error from a random place, median of 200, slower direction", "50"),
    ("next_error_forward_max_ms", "the slowest of them, forward", ""),
    ("next_error_backward_max_ms", "the slowest of them, backward", ""),
    ("topology_hour_ms", "graph over a random hour", ""),
    ("exchanges_minute_ms", "first page of the exchanges of a random minute", ""),
    ("flows_minute_ms", "first page of the flows of a random minute", ""),
    ("bytes_per_event", "database, bytes per event", "12"),
    ("bytes_per_record", "the same, an exchange counted once", ""),
];

const ABOUT: &str = "Written by `make bench-day`, which makes days of records (`crates/day`) and brings them in through the same collecting, \
naming and rolling up as those of packets. An *event* is what the reel shows at an instant: a lifecycle event of a connection (connect, accept, \
established, close, reset, refused, idle, resume), a request, or a response. The days are named for their records, in which an exchange \
counts once. Connections are tried by thousands of customers and between services, live for one exchange or \
for hours, follow the tide of a day with two bursts, and meet crashes, frozen services, two steps of the capturing clock and two gaps. \
Times are whole microseconds, as capturing programs write by default; header blocks repeat per service and page, without dates or \
request ids; there are no packets behind the records, so positions of packets take no room here.";

pub(crate) fn write(page: &Path, days: &[Asked]) {
    let mut text = format!("{ABOUT}\n\nThe machine: {}. Milliseconds, warm, through the api.\n\n|", machine());
    for day in days {
        let _ = write!(text, " | {} services, {:.0} M records", day.services, day.events as f64 / 1e6);
    }
    text += " | bound |\n|---|";
    text += &"---:|".repeat(days.len() + 1);
    text.push('\n');
    for (name, about, bound) in SHOWN {
        if days.iter().all(|day| !day.costs.contains_key(name)) {
            continue;
        }
        let _ = write!(text, "| {about}");
        for day in days {
            let cost = day.costs.get(name).map_or_else(String::new, |cost| format!("{cost:.1}"));
            let _ = write!(text, " | {cost}");
        }
        let _ = writeln!(text, " | {bound} |");
    }
    let _ = write!(text, "| building, seconds");
    for day in days {
        let _ = write!(text, " | {:.0}", day.build_seconds);
    }
    let _ = write!(text, " | |\n| events, millions");
    for day in days {
        let _ = write!(text, " | {:.1}", (day.events + day.exchanges) as f64 / 1e6);
    }
    let _ = write!(text, " | |\n| exchanges among the records, millions");
    for day in days {
        let _ = write!(text, " | {:.1}", day.exchanges as f64 / 1e6);
    }
    text += " | |\n";
    write_part(page, "What a day costs", &text);
}
