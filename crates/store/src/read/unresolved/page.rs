//! A page of unresolved addresses: those that match, in their order.

use std::{cmp::Ordering, collections::BTreeSet, fmt::Write, net::IpAddr};

use wirereel_query::customers::{UnresolvedPage, UnresolvedQuestion, UnresolvedRow, UnresolvedSort};

use super::{super::who::Who, counted::Counted};
use crate::hint;

/// The text of an address, in one place for many of them.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn of(&mut self, ip: IpAddr) -> &str {
        self.0.clear();
        match ip {
            // Many of them: three times as fast as formatting.
            IpAddr::V4(ip) => {
                for (place, part) in ip.octets().into_iter().enumerate() {
                    if place > 0 {
                        self.0.push('.');
                    }
                    for (least, unit) in [(100, 100), (10, 10), (0, 1)] {
                        if part >= least {
                            self.0.push(char::from(b'0' + part / unit % 10));
                        }
                    }
                }
            }
            IpAddr::V6(ip) => write!(self.0, "{ip}").expect("a text takes everything"),
        }
        &self.0
    }
}

/// The first sixteen characters of a text, in the order of texts. No IPv4 address has more.
fn beginning(text: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = text.len().min(16);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}

/// An address that matches, with what it is sorted by.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    key: i64,
    beginning: u128,
    number: u32,
}

impl Counted {
    /// The page asked for, and the numbers of its rows. Equals come by their address as a text.
    pub(super) fn page(
        &self,
        who: &Who,
        question: &UnresolvedQuestion,
        search: Option<&str>,
    ) -> (UnresolvedPage, Vec<usize>) {
        let unresolved = who.unresolved();
        let by_hint = question.sort == UnresolvedSort::Hint;
        let (mut page, mut buffer) = (UnresolvedPage::default(), Text::default());
        let mut candidates: Vec<Candidate> = Vec::new();
        let (mut hints, mut last_hint): (Vec<&'static str>, _) = (Vec::new(), ("", false));
        let mut ports = self.ports.iter().peekable();
        for (number, did) in self.did.iter().enumerate() {
            let port = ports.next_if(|(with_port, _)| *with_port as usize == number).map(|(_, port)| *port);
            if !did.anything() {
                continue;
            }
            page.total += 1;
            let ip = unresolved.addresses[number];
            let text = buffer.of(ip);
            let needs_hint = by_hint || search.is_some();
            let hint = if needs_hint { hint::of(ip, text, port) } else { "" };
            if let Some(search) = search {
                // Most have the hint of the one before.
                if hint != last_hint.0 {
                    last_hint = (hint, hint.to_lowercase().contains(search));
                }
                if !(did.talks_to_searched || last_hint.1 || text.contains(search)) {
                    continue;
                }
            }
            let key = match question.sort {
                UnresolvedSort::Address | UnresolvedSort::Hint => 0,
                UnresolvedSort::Flows => did.flows as i64,
                UnresolvedSort::Requests => did.requests as i64,
                UnresolvedSort::Bytes => did.bytes as i64,
                UnresolvedSort::FirstSeen => did.first_ns,
                UnresolvedSort::LastSeen => did.last_ns,
            };
            if by_hint {
                hints.push(hint);
            }
            candidates.push(Candidate { key, beginning: beginning(text), number: number as u32 });
        }
        page.matching = candidates.len() as u64;
        if by_hint {
            let known: Vec<&str> = hints.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            for (candidate, hint) in candidates.iter_mut().zip(&hints) {
                candidate.key = known.partition_point(|other| other < hint) as i64;
            }
        }
        let numbers = chosen(candidates, question, &unresolved.addresses);
        page.rows = numbers.iter().map(|number| self.row(who, *number)).collect();
        (page, numbers)
    }

    fn row(&self, who: &Who, number: usize) -> UnresolvedRow {
        let (ip, did) = (who.unresolved().addresses[number], &self.did[number]);
        let port =
            self.ports.binary_search_by_key(&(number as u32), |port| port.0).ok().map(|place| self.ports[place].1);
        let text = ip.to_string();
        let hint = hint::of(ip, &text, port).to_owned();
        UnresolvedRow {
            ip: text,
            port,
            first_seen_us: did.first_ns.div_euclid(1_000),
            last_seen_us: did.last_ns.div_euclid(1_000),
            flows: did.flows,
            requests: did.requests,
            bytes: did.bytes,
            hint,
            talks_to: Vec::new(),
            talks_to_total: 0,
            reverse_dns: None,
        }
    }
}

/// Numbers of a page's rows in their order.
fn chosen(mut candidates: Vec<Candidate>, question: &UnresolvedQuestion, addresses: &[IpAddr]) -> Vec<usize> {
    let by_text = |a: &Candidate, b: &Candidate| {
        let whole = |one: &Candidate| addresses[one.number as usize].to_string();
        a.beginning
            .cmp(&b.beginning)
            .then_with(|| if a.number == b.number { Ordering::Equal } else { whole(a).cmp(&whole(b)) })
    };
    let order = |a: &Candidate, b: &Candidate| -> Ordering {
        match (question.sort, question.descending) {
            (UnresolvedSort::Address, true) => by_text(b, a),
            (_, true) => b.key.cmp(&a.key).then_with(|| by_text(a, b)),
            (_, false) => a.key.cmp(&b.key).then_with(|| by_text(a, b)),
        }
    };
    let first = usize::try_from(question.offset).unwrap_or(usize::MAX).min(candidates.len());
    let last = first.saturating_add(question.limit as usize).min(candidates.len());
    if first == last {
        return Vec::new();
    }
    // What is before or beyond the page need not be in order.
    if last < candidates.len() {
        candidates.select_nth_unstable_by(last, order);
        candidates.truncate(last);
    }
    if first > 0 {
        candidates.select_nth_unstable_by(first, order);
    }
    candidates[first..].sort_unstable_by(order);
    candidates[first..].iter().map(|one| one.number as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_rows_have_it_and_begins_in_their_order() {
        let texts =
            ["0.0.0.0", "1.10.100.255", "10.0.0.1", "10.0.0.10", "101.2.3.4", "255.255.255.255", "2001:db8::1", "::"];
        let mut buffer = Text::default();
        for text in texts {
            assert_eq!(buffer.of(text.parse().unwrap()), text);
            for other in texts {
                assert_eq!(beginning(text).cmp(&beginning(other)), text.cmp(other), "{text} {other}");
            }
        }
    }

    #[test]
    fn addresses_that_begin_alike_are_told_apart_by_the_rest() {
        let texts = ["2001:db8:aaaa:bbbb::2", "2001:db8:aaaa:bbbb::1", "2001:db8:aaaa:bbbb::10"];
        let addresses: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let candidates: Vec<Candidate> = texts
            .iter()
            .zip(0..)
            .map(|(text, number)| Candidate { key: 0, beginning: beginning(text), number })
            .collect();
        let question = UnresolvedQuestion { limit: 2, offset: 1, ..UnresolvedQuestion::default() };
        assert_eq!(chosen(candidates, &question, &addresses), [2, 0]);
    }
}
