//! The pulse: requests and errors of the whole recording by [`PULSE_MS`], counted while exchanges come in.
//!
//! Additive: what belongs to a bucket long past adds another row for it, and whoever reads sums.

use foldhash::HashMap;
use wirereel_dissect::record::HttpExchange;

use super::{Pulses, push};
use crate::schema::PULSE_MS;

/// The pulse of one batch.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Requests and errors.
    buckets: HashMap<i64, (i64, i64)>,
}

impl Pulse {
    pub(super) fn add(&mut self, exchange: &HttpExchange) {
        let bucket = self.buckets.entry(exchange.started_ns.div_euclid(PULSE_MS * 1_000_000)).or_default();
        bucket.0 += 1;
        bucket.1 += i64::from(push::has_failed(exchange) || exchange.status.unwrap_or(0) >= 500);
    }

    /// Hands the counts over as rows in order of time, and starts anew.
    pub(super) fn take(&mut self, pulses: &mut Pulses) {
        let mut buckets: Vec<_> = self.buckets.drain().collect();
        buckets.sort_unstable();
        for (bucket, (requests, errors)) in buckets {
            pulses.bucket.append_value(bucket);
            pulses.requests.append_value(requests);
            pulses.errors.append_value(errors);
        }
    }
}
