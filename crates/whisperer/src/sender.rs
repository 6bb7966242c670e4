//! Writes what waits in the outbox to the pipe.

use std::{
    io::{self, BufWriter, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use wirereel_whisper::{Frame, FromAgent, write_frame};

use crate::outbox::{Next, Outbox};

/// Times of writes kept between two statuses.
const MOST_TIMES: usize = 1_024;

/// What the sender counts.
#[derive(Default)]
pub(crate) struct Sent {
    bytes: AtomicU64,
    times_us: Mutex<Vec<u64>>,
}

impl Sent {
    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: usize, took: Duration) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let mut times = self.times_us.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() < MOST_TIMES {
            times.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Median and 99th percentile of the times since the last call.
    pub(crate) fn take_percentiles(&self) -> Option<(u64, u64)> {
        let mut times = std::mem::take(&mut *self.times_us.lock().unwrap_or_else(PoisonError::into_inner));
        times.sort_unstable();
        let at =
            |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().checked_sub(1)?)).copied();
        Some((at(0.5)?, at(0.99)?))
    }
}

/// Writes until the outbox is closed and empty, or the pipe is gone.
pub(crate) fn send(outbox: &Arc<Outbox>, sent: &Arc<Sent>, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(256 * 1024, out);
    while let Some(next) = outbox.next() {
        match next {
            Next::Message(message) => write_message(&mut out, &message)?,
            Next::Packets(batch) => {
                let bytes = batch.bytes().len();
                write_frame(&mut out, Frame::Packets, batch.bytes())?;
                sent.count(bytes, outbox.took(batch));
            }
        }
    }
    Ok(())
}

/// One control message.
pub(crate) fn write_message(out: &mut impl Write, message: &FromAgent) -> io::Result<()> {
    let json = serde_json::to_vec(message).map_err(io::Error::other)?;
    write_frame(out, Frame::Control, &json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_times_since_the_last_status() {
        let sent = Sent::default();
        assert_eq!(sent.take_percentiles(), None);
        for ms in 1..=100 {
            sent.count(10, Duration::from_millis(ms));
        }
        assert_eq!(sent.take_percentiles(), Some((51_000, 100_000)));
        assert_eq!(sent.take_percentiles(), None);
        assert_eq!(sent.bytes(), 1_000);
    }
}
