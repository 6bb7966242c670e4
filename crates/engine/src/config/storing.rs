//! How rows of live traffic are stored: soon, or cheaply.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;

/// How rows of live traffic are stored. Each batch costs about the same, whether it holds ten rows or ten thousand: a commit, a wait for the
/// disk, and roll-ups for what is new. Small and frequent ones show a request sooner; large and rare ones leave more of the processor to
/// traffic. Packets do not wait for any of this: they are durable within a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Storing {
    /// A batch is stored at least this often. A request shows after this and at most a second more, because rows wait for a look at the
    /// host's sockets; the default shows it within two seconds. At 200ms the store takes five times as much of the processor, at 5s a
    /// fifth. At most 60s counts.
    pub flush_every: Span,
    /// The same while no page is open and nobody has asked for some seconds: whoever does then is shown everything at once. At most 60s counts,
    /// and never more often than `flush_every`.
    pub unwatched_flush_every: Span,
    /// A batch is stored as soon as it has so many rows, whatever the time. Fewer cost more time per row, more cost memory: about 300 bytes
    /// for each row. 1000 to 61440 count.
    pub batch_rows: u32,
}

impl Default for Storing {
    fn default() -> Self {
        Self {
            flush_every: Span::from_millis(1_000),
            unwatched_flush_every: Span::from_millis(5_000),
            batch_rows: 61_440,
        }
    }
}

impl Storing {
    /// How often while somebody looks, or nobody, within what is allowed.
    pub fn interval(&self, is_watched: bool) -> Duration {
        let within = |span: &Span| span.as_duration().clamp(Duration::from_millis(50), Duration::from_secs(60));
        let watched = within(&self.flush_every);
        if is_watched { watched } else { watched.max(within(&self.unwatched_flush_every)) }
    }

    /// How many, within what is allowed.
    pub fn rows(&self) -> usize {
        self.batch_rows.clamp(1_000, 61_440) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_never_stored_more_often_while_nobody_looks() {
        let usual = Storing::default();
        assert_eq!((usual.interval(true).as_secs(), usual.interval(false).as_secs()), (1, 5));
        let seldom = Storing { flush_every: Span::from_secs(20), ..Storing::default() };
        assert_eq!((seldom.interval(true).as_secs(), seldom.interval(false).as_secs()), (20, 20));
    }
}
