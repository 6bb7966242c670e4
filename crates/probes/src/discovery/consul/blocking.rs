//! The loop around a blocking query, with what Consul's documentation demands of clients (api-docs/features/blocking): an index that goes
//! backwards begins anew, one of 0 counts as 1, a return is no guarantee of a change, and who is told of changes all the time is held to a
//! rate.

use std::{sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::client::{AskError, Client};
use crate::discovery::pace::{BackOff, Pace};

/// Questions at once, and then one in so long.
const BURST: u32 = 2;
const EVERY: Duration = Duration::from_secs(2);
/// After failures.
const FIRST_AGAIN: Duration = Duration::from_secs(1);
const LAST_AGAIN: Duration = Duration::from_secs(60);

/// What a return says.
#[derive(Debug)]
pub(super) struct Returned<T> {
    /// `None` when it is what was known: time ran out, or somebody wrote what was there before.
    pub(super) changed: Option<T>,
    /// The index, when it is another than the one before, also across failures.
    pub(super) moved: Option<u64>,
    pub(super) is_filtered: bool,
}

/// The index to ask with after one that was asked with and one that was answered.
pub(super) fn next_index(asked: u64, answered: Option<u64>) -> u64 {
    match answered.unwrap_or(0).max(1) {
        answered if answered < asked => 0,
        answered => answered,
    }
}

/// A blocking query, asked again and again.
pub(super) struct Blocking<T> {
    path: Vec<String>,
    tags: Arc<[String]>,
    wait: Duration,
    pace: Pace,
    back_off: BackOff,
    /// Waited before the next question.
    rest: Option<Duration>,
    /// What is asked with; 0 is not held.
    index: u64,
    last_index: Option<u64>,
    known: Option<T>,
}

impl<T: DeserializeOwned + PartialEq + Clone> Blocking<T> {
    pub(super) fn new(path: Vec<String>, tags: Arc<[String]>, wait: Duration) -> Self {
        Self {
            path,
            tags,
            wait,
            pace: Pace::new(BURST, EVERY),
            back_off: BackOff::new(FIRST_AGAIN, LAST_AGAIN),
            rest: None,
            index: 0,
            last_index: None,
            known: None,
        }
    }

    /// Asks when it is time, and waits for the return. Questions that Consul does not hold take turns with others.
    pub(super) async fn next(&mut self, client: &Client, turns: &Semaphore) -> Result<Returned<T>, AskError> {
        if let Some(rest) = self.rest.take() {
            tokio::time::sleep(rest).await;
        }
        self.pace.wait().await;
        // A little shorter at random, so that those who began together do not return together.
        let held = (self.index > 0).then(|| (self.index, self.wait.mul_f64(rand::random_range(0.9..=1.0))));
        let turn = match held {
            None => turns.acquire().await.ok(),
            Some(_) => None,
        };
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let answer = client.ask::<T>(&path, &self.tags, held).await;
        drop(turn);
        let answer = answer.inspect_err(|_| {
            self.index = 0;
            self.rest = Some(self.back_off.next());
        })?;
        self.back_off.reset();
        self.index = next_index(self.index, answer.index);
        let moved = answer.index.filter(|index| self.last_index != Some(*index));
        self.last_index = answer.index.or(self.last_index);
        let is_new = self.known.as_ref() != Some(&answer.content);
        if is_new {
            self.known = Some(answer.content.clone());
        }
        Ok(Returned { changed: is_new.then_some(answer.content), moved, is_filtered: answer.is_filtered })
    }
}

#[cfg(test)]
mod tests {
    use super::next_index;

    #[test]
    fn an_index_that_goes_backwards_begins_anew_and_is_never_nothing() {
        assert_eq!(next_index(0, Some(7)), 7);
        assert_eq!(next_index(7, Some(7)), 7, "time ran out");
        assert_eq!(next_index(7, Some(9)), 9);
        assert_eq!(next_index(9, Some(3)), 0, "backwards: ask without one");
        assert_eq!(next_index(0, Some(3)), 3, "and go on from there");
        assert_eq!(next_index(0, Some(0)), 1, "0 would never block");
        assert_eq!((next_index(0, None), next_index(5, None)), (1, 0));
    }
}
