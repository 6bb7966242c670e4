//! Pages: what exchanges have in common, kept once and named by number.
//!
//! Method, host, user agent and the like repeat from exchange to exchange, and so does, for most traffic, everything else about them but times
//! and ends: the target, the fields of both messages, the status. Exchanges of which all of that came before are a page, and leave the texts of
//! their rows empty; a Date field, and sizes of bodies that are not its page's, stay in the row. What has not come before, or never comes again,
//! shares only its short texts, and has its own texts in its row.

mod dates;
mod remembered;
mod texts;

use std::{hash::BuildHasher, sync::Arc};

use foldhash::{HashMap, fast::RandomState};
use wirereel_dissect::record::HttpExchange;

use super::HttpPages;
use dates::Dates;
use remembered::{Known, Remembered};
use texts::{Shape, Texts, Whole, is_near, sizes};

/// Pages whose texts are at hand, and bytes of these texts. Others are recognised by their fingerprint, up to a bound; an import that meets
/// more, such as one with a host per customer, forgets all that it knew and gives later exchanges new numbers: rows stay right, only larger.
const MOST_AT_HAND: usize = 1 << 16;
const MOST_BYTES_AT_HAND: usize = 16 << 20;

/// Where so many exchanges were of a known page, the next one that is not makes a page at once: a few rows with texts among many without cost
/// more than pages that are not met again.
const PRICE: u32 = 32;

/// Most exchanges of known pages that count for new ones.
const MOST_CREDIT: u32 = 64 * PRICE;

/// Exchanges that are remembered as seen once, by half of their hash in the place that the other half names.
const SEEN: usize = 1 << 19;

/// What an exchange's page is, for its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) page: i32,
    /// Sizes of the bodies that the page holds, when it holds all texts of the exchange.
    pub(super) whole: Option<[u64; 2]>,
    /// The response's Date in seconds since 1970, where the page has a mark for it.
    pub(super) date_s: Option<i64>,
}

impl Place {
    /// Of an exchange whose texts are in its row.
    fn bare(page: i32) -> Self {
        Self { page, whole: None, date_s: None }
    }
}

/// Gives exchanges the number of their page. Lives on the dissecting thread; new pages become rows of the batch they are met in.
#[derive(Debug, Default)]
pub(super) struct PageTable {
    hasher: RandomState,
    dates: Dates,
    /// By the hash of texts and sizes, and the first of each by that of texts alone.
    whole: HashMap<u64, Vec<Whole>>,
    /// The same, and those that are not at hand any more.
    remembered: Remembered,
    shapes: HashMap<Shape, i32>,
    /// Half hashes of exchanges whose texts came once.
    seen: Vec<u32>,
    /// Exchanges of known pages, less the price of pages made at once.
    credit: u32,
    at_hand: usize,
    bytes_at_hand: usize,
    next: i32,
}

impl PageTable {
    /// A table that gives numbers from `next` on.
    pub(super) fn starting(next: i32) -> Self {
        Self { next, ..Self::default() }
    }

    /// The number the next new page gets.
    pub(super) fn next(&self) -> i32 {
        self.next
    }

    /// The page of an exchange; a new one is appended to `rows`.
    pub(super) fn place(&mut self, exchange: &HttpExchange, rows: &mut HttpPages) -> Place {
        let dated = self.dates.of(&exchange.response_headers).filter(|dated| is_near(exchange, dated.date_s));
        let Texts { response_headers, date_s } = Texts::of(exchange, dated);
        let of_texts = self.hash(exchange, &response_headers);
        let of_all = self.hasher.hash_one((of_texts, sizes(exchange)));
        if let Some(place) = self.known(of_all, exchange, &response_headers) {
            return self.met(place, date_s);
        }
        let print = self.remembered.fingerprint(exchange, &response_headers);
        if let Some(known) = self.remembered.get(print.of_all) {
            let place = self.take_to_hand(of_all, exchange, &response_headers, known);
            return self.met(place, date_s);
        }
        let of_other_size = self
            .known(of_texts, exchange, &response_headers)
            .or_else(|| {
                let known = self.remembered.get(print.of_texts)?;
                Some(self.take_to_hand(of_texts, exchange, &response_headers, known))
            })
            .map(|place| Place { date_s, ..place });
        let is_page = match of_other_size {
            // Sizes that differ each time are no reason for a page each.
            Some(_) => self.came_before(of_all) && self.can_pay(),
            None => self.came_before(of_texts) || self.can_pay(),
        };
        if !is_page {
            return of_other_size.unwrap_or_else(|| Place::bare(self.shape(exchange, rows)));
        }
        if self.remembered.is_full() {
            self.forget();
            self.remembered.clear();
        }
        let known = Known { page: self.number(), body_bytes: sizes(exchange) };
        Whole::of(exchange, Arc::clone(&response_headers), known).push(exchange, rows);
        if of_other_size.is_none() {
            self.remembered.insert(print.of_texts, known);
            self.take_to_hand(of_texts, exchange, &response_headers, known);
        }
        self.remembered.insert(print.of_all, known);
        let place = self.take_to_hand(of_all, exchange, &response_headers, known);
        Place { date_s, ..place }
    }

    /// The place of an exchange whose page is known.
    fn met(&mut self, place: Place, date_s: Option<i64>) -> Place {
        self.credit = (self.credit + 1).min(MOST_CREDIT);
        Place { date_s, ..place }
    }

    /// Has the texts of a page at hand from now on, under a hash.
    fn take_to_hand(&mut self, hash: u64, exchange: &HttpExchange, response_headers: &Arc<str>, known: Known) -> Place {
        let bytes = exchange.request_headers.len() + response_headers.len();
        if self.at_hand >= MOST_AT_HAND || self.bytes_at_hand + bytes > MOST_BYTES_AT_HAND {
            self.forget();
        }
        self.at_hand += 1;
        self.bytes_at_hand += bytes;
        let whole = Whole::of(exchange, Arc::clone(response_headers), known);
        let place = whole.place();
        self.whole.entry(hash).or_default().push(whole);
        place
    }

    fn forget(&mut self) {
        self.whole.clear();
        self.shapes.clear();
        (self.at_hand, self.bytes_at_hand) = (0, 0);
    }

    /// A known page with the texts of an exchange, among those of a hash.
    fn known(&self, hash: u64, exchange: &HttpExchange, response_headers: &Arc<str>) -> Option<Place> {
        self.whole.get(&hash)?.iter().find(|whole| whole.is_of(exchange, response_headers)).map(Whole::place)
    }

    /// Of the texts that tell exchanges apart; the others follow from them, or are compared.
    fn hash(&self, exchange: &HttpExchange, response_headers: &str) -> u64 {
        self.hasher.hash_one((
            &exchange.host,
            &exchange.target,
            exchange.status,
            &exchange.request_headers,
            response_headers,
            &exchange.error,
        ))
    }

    /// Whether these texts came before, as far as that is remembered; remembers them.
    fn came_before(&mut self, hash: u64) -> bool {
        if self.seen.is_empty() {
            self.seen.resize(SEEN, 0);
        }
        let half = (hash >> 32) as u32;
        std::mem::replace(&mut self.seen[hash as usize % SEEN], half) == half
    }

    fn can_pay(&mut self) -> bool {
        let left = self.credit.checked_sub(PRICE);
        self.credit = left.unwrap_or(self.credit);
        left.is_some()
    }

    /// The page of exchanges that have only their short texts in common.
    fn shape(&mut self, exchange: &HttpExchange, rows: &mut HttpPages) -> i32 {
        let shape = Shape::of(exchange);
        if let Some(page) = self.shapes.get(&shape) {
            return *page;
        }
        if self.at_hand >= MOST_AT_HAND {
            self.forget();
        }
        self.at_hand += 1;
        let page = self.number();
        shape.push(page, rows);
        rows.target.append_null();
        rows.decoded_target.append_null();
        rows.path.append_null();
        rows.status.append_null();
        rows.request_headers.append_null();
        rows.response_headers.append_null();
        rows.request_body_bytes.append_null();
        rows.response_body_bytes.append_null();
        rows.complete.append_null();
        rows.error.append_null();
        self.shapes.insert(shape, page);
        page
    }

    fn number(&mut self) -> i32 {
        let number = self.next;
        self.next += 1;
        number
    }
}

#[cfg(test)]
mod tests {
    use wirereel_dissect::record::{Endpoint, FlowId, Protocol};

    use super::*;

    fn exchange(target: &str) -> HttpExchange {
        let end = Endpoint { ip: [127, 0, 0, 1].into(), port: 80 };
        HttpExchange {
            flow: FlowId(1),
            ordinal: 0,
            client: end,
            server: end,
            started_ns: 0,
            response_ns: Some(1),
            finished_ns: 2,
            protocol: Protocol::Http11,
            method: Some("GET".into()),
            scheme: "http",
            host: Some("shop".into()),
            target: Some(target.into()),
            path: Some(target.into()),
            status: Some(200),
            grpc_status: None,
            request_messages: None,
            response_messages: None,
            stream_id: None,
            request_headers: "Host: shop".into(),
            response_headers: "Server: a".into(),
            request_body_bytes: 0,
            response_body_bytes: 5,
            request_content_encoding: None,
            response_content_encoding: None,
            content_type: None,
            user_agent: None,
            x_forwarded_for: None,
            origin_ip: None,
            identity: None,
            identity_kind: None,
            trace_id: None,
            complete: true,
            error: None,
        }
    }

    /// The page of each exchange, and whether it holds all texts.
    fn places(table: &mut PageTable, rows: &mut HttpPages, exchanges: &[HttpExchange]) -> Vec<(i32, bool)> {
        let place = |exchange| {
            let place = table.place(exchange, rows);
            (place.page, place.whole.is_some())
        };
        exchanges.iter().map(place).collect()
    }

    #[test]
    fn what_comes_a_second_time_is_a_page_from_then_on() {
        let (mut table, mut rows) = (PageTable::starting(7), HttpPages::default());
        let other_status = HttpExchange { status: Some(404), ..exchange("/a") };
        let all = [exchange("/a"), exchange("/b"), exchange("/a"), exchange("/a"), other_status];
        let expected = [(7, false), (7, false), (8, true), (8, true), (7, false)];
        assert_eq!(places(&mut table, &mut rows, &all), expected, "short texts are shared by all");
        assert_eq!((rows.take().unwrap().num_rows(), table.next()), (2, 9));
    }

    #[test]
    fn another_size_of_a_body_is_the_same_page_until_it_repeats() {
        let (mut table, mut rows) = (PageTable::starting(0), HttpPages::default());
        let longer = HttpExchange { response_body_bytes: 9, ..exchange("/a") };
        places(&mut table, &mut rows, &[exchange("/a"), exchange("/a")]);
        let of_the_first = Place { page: 1, whole: Some([0, 5]), date_s: None };
        assert_eq!(table.place(&longer, &mut rows), of_the_first);
        assert_eq!(table.place(&longer, &mut rows), of_the_first, "nothing has paid for a page of its own yet");
        places(&mut table, &mut rows, &vec![exchange("/a"); PRICE as usize]);
        assert_eq!(table.place(&longer, &mut rows), Place { page: 2, whole: Some([0, 9]), date_s: None });
        assert_eq!(table.place(&exchange("/a"), &mut rows), of_the_first);
    }

    #[test]
    fn answers_that_differ_in_their_date_are_one_page() {
        let (mut table, mut rows) = (PageTable::starting(0), HttpPages::default());
        let at = |second: i64| HttpExchange {
            response_headers: format!("Date: Thu, 01 Jan 1970 00:00:{second:02} GMT").into(),
            ..exchange("/a")
        };
        let places: Vec<_> = (0..4).map(|second| table.place(&at(second), &mut rows)).collect();
        assert_eq!(places.iter().map(|place| place.page).collect::<Vec<_>>(), [0, 1, 1, 1]);
        assert_eq!(places.iter().map(|place| place.date_s).collect::<Vec<_>>(), [None, Some(1), Some(2), Some(3)]);
        let far = HttpExchange { started_ns: i64::MIN, response_ns: None, ..at(5) };
        assert_eq!(table.place(&far, &mut rows).date_s, None, "no row could tell it");
    }

    #[test]
    fn among_exchanges_that_repeat_a_new_one_is_a_page_at_once_and_among_others_it_is_none() {
        let (mut table, mut rows) = (PageTable::starting(0), HttpPages::default());
        let fresh: Vec<HttpExchange> = (0..1_000).map(|n| exchange(&format!("/{n}"))).collect();
        assert!(places(&mut table, &mut rows, &fresh).iter().all(|place| *place == (0, false)));
        let same = vec![exchange("/same"); PRICE as usize + 2];
        places(&mut table, &mut rows, &same);
        let later = places(&mut table, &mut rows, &[exchange("/new"), exchange("/newer")]);
        assert_eq!(later.iter().map(|place| place.1).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn pages_whose_texts_are_not_at_hand_any_more_are_met_again() {
        let (mut table, mut rows) = (PageTable::starting(0), HttpPages::default());
        let long =
            |n: usize| HttpExchange { request_headers: "x".repeat(1 << 20).into(), ..exchange(&format!("/{n}")) };
        let many = 3 * MOST_BYTES_AT_HAND / (1 << 20);
        let first: Vec<_> =
            (0..many).map(|n| places(&mut table, &mut rows, &[long(n), long(n)]).swap_remove(1)).collect();
        assert!(table.bytes_at_hand <= MOST_BYTES_AT_HAND && table.at_hand <= MOST_BYTES_AT_HAND >> 20);
        let next = table.next();
        let again: Vec<_> = (0..many).flat_map(|n| places(&mut table, &mut rows, &[long(n)])).collect();
        assert_eq!((first, table.next()), (again, next));
        let other = HttpExchange { status: Some(500), ..long(0) };
        assert_ne!(places(&mut table, &mut rows, &[other.clone(), other])[1].0, 0);
        assert!(table.bytes_at_hand <= MOST_BYTES_AT_HAND);
    }
}
