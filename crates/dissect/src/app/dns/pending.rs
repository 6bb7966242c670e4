//! Questions that wait for their answers.

use std::collections::{HashMap, VecDeque};

use crate::record::Endpoint;

use super::message::Question;

/// Resolvers give up after five seconds by default and ask once more; what is not answered by now never will be.
pub(super) const TIMEOUT_NS: i64 = 10 * 1_000_000_000;

/// Questions waiting at the same time, about 4 MiB of them. A resolver of a large site has a few thousand.
pub(super) const MAX_PENDING: usize = 16_384;

/// What an answer must repeat to belong to a question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub client: Endpoint,
    pub server: Endpoint,
    pub id: u16,
    pub question: Question,
}

/// Waiting questions, oldest first.
#[derive(Debug, Default)]
pub(super) struct PendingQuestions {
    asked_ns: HashMap<Key, i64>,
    /// In order of asking; holds answered ones until their turn comes.
    order: VecDeque<(i64, Key)>,
}

impl PendingQuestions {
    /// Remembers a question. The same question asked again while it waits is the same question: its time is the first.
    ///
    /// Above `most` of them the oldest makes room: `true` when one that still waits had to.
    pub(super) fn ask(&mut self, key: Key, at_ns: i64, most: usize, mut unanswered: impl FnMut(Key, i64)) -> bool {
        if self.asked_ns.contains_key(&key) {
            return false;
        }
        self.asked_ns.insert(key.clone(), at_ns);
        self.order.push_back((at_ns, key));
        let mut made_room = false;
        if self.order.len() > most {
            self.drop_oldest(|key, at_ns| {
                made_room = true;
                unanswered(key, at_ns);
            });
        }
        made_room
    }

    /// When the question was asked, if it waits. It waits no more.
    pub(super) fn answer(&mut self, key: &Key) -> Option<i64> {
        self.asked_ns.remove(key)
    }

    pub(super) fn expire(&mut self, now_ns: i64, mut unanswered: impl FnMut(Key, i64)) {
        while self.order.front().is_some_and(|(asked_ns, _)| now_ns.saturating_sub(*asked_ns) >= TIMEOUT_NS) {
            self.drop_oldest(&mut unanswered);
        }
    }

    pub(super) fn finish(&mut self, mut unanswered: impl FnMut(Key, i64)) {
        while !self.order.is_empty() {
            self.drop_oldest(&mut unanswered);
        }
    }

    fn drop_oldest(&mut self, mut unanswered: impl FnMut(Key, i64)) {
        if let Some((asked_ns, key)) = self.order.pop_front()
            // Answered, and perhaps asked again since: then a later entry stands for it.
            && self.asked_ns.get(&key) == Some(&asked_ns)
        {
            self.asked_ns.remove(&key);
            unanswered(key, asked_ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::endpoint;

    fn key(id: u16) -> Key {
        let question = Question { name: "www.example".into(), kind: 1, class: 1 };
        Key { client: endpoint(1, 40_000), server: endpoint(2, 53), id, question }
    }

    #[test]
    fn the_oldest_question_makes_room_when_too_many_wait() {
        let (mut pending, mut given_up) = (PendingQuestions::default(), Vec::new());
        for n in 0..=MAX_PENDING {
            let key = key(u16::try_from(n).unwrap());
            let made_room = pending.ask(key, n as i64, MAX_PENDING, |key, at_ns| given_up.push((key.id, at_ns)));
            assert_eq!(made_room, n == MAX_PENDING);
        }
        assert_eq!(given_up, [(0, 0)]);
        assert_eq!(pending.asked_ns.len(), MAX_PENDING);
    }

    #[test]
    fn an_answered_question_that_is_asked_again_waits_again() {
        let mut pending = PendingQuestions::default();
        pending.ask(key(1), 10, MAX_PENDING, |_, _| {});
        assert_eq!(pending.answer(&key(1)), Some(10));
        assert_eq!(pending.answer(&key(1)), None);
        pending.ask(key(1), 20, MAX_PENDING, |_, _| {});
        let mut given_up = Vec::new();
        pending.expire(TIMEOUT_NS + 15, |key, at_ns| given_up.push((key.id, at_ns)));
        assert_eq!(given_up, []);
        pending.expire(TIMEOUT_NS + 20, |key, at_ns| given_up.push((key.id, at_ns)));
        assert_eq!(given_up, [(1, 20)]);
    }
}
