//! Services, who calls whom, and how much.

use std::net::{IpAddr, Ipv4Addr};

use wirereel_dissect::record::Endpoint;

use crate::{Plan, chance::Chance};

/// Things that services have pages for.
const THINGS: [&str; 12] = [
    "products", "carts", "orders", "payments", "users", "prices", "stock", "reviews", "search", "mails", "offers",
    "parcels",
];

/// How long connections of an edge live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habit {
    /// Exchanges of a connection.
    pub(crate) exchanges: f64,
    /// Time between two of them, seconds.
    pub(crate) pause_s: f64,
}

/// Customers: a few pages, a few seconds apart.
const BROWSING: Habit = Habit { exchanges: 4.0, pause_s: 4.0 };
/// Services without a pool: a burst of calls.
const BRIEF: Habit = Habit { exchanges: 3.0, pause_s: 0.2 };
/// Services with a pool whose connections are kept for minutes.
const KEPT: Habit = Habit { exchanges: 60.0, pause_s: 3.0 };
/// Connections that are kept for hours, and silent for longer than the idle time-out now and then.
const LASTING: Habit = Habit { exchanges: 900.0, pause_s: 14.0 };

/// A service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) socket: Endpoint,
    /// What it is asked for: method, target, type and size of the answer.
    pub(crate) pages: Vec<Page>,
    /// Median time it takes, seconds.
    pub(crate) takes_s: f64,
}

/// Something that can be asked for.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) content_type: &'static str,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

/// Who calls whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    /// `None`: customers.
    pub(crate) client: Option<usize>,
    pub(crate) server: usize,
    /// Connections per second at noon.
    pub(crate) rate: f64,
    pub(crate) habit: Habit,
}

/// The graph.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) services: Vec<Service>,
    pub(crate) edges: Vec<Edge>,
}

impl Shop {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut chance = Chance::new(plan.seed);
        let services: Vec<Service> = (0..plan.services).map(|number| Service::new(number, &mut chance)).collect();
        let mut edges = Self::connected(plan, &mut chance);
        let mut expected = 0.0;
        for edge in &edges {
            expected += edge.rate * (edge.habit.exchanges + 4.0);
        }
        // Rates so far are relative: together they make the day's events. Tides halve the mean.
        let factor = plan.events as f64 / (expected * 86_400.0 * crate::traffic::MEAN_TIDE);
        edges.iter_mut().for_each(|edge| edge.rate *= factor);
        Self { services, edges }
    }

    /// Entry points for customers; every other service is called by an earlier one; the rest by chance.
    fn connected(plan: &Plan, chance: &mut Chance) -> Vec<Edge> {
        let entries = 1 + plan.services / 60;
        let mut pairs: Vec<(Option<usize>, usize)> = (0..entries).map(|entry| (None, entry)).collect();
        pairs.extend((entries..plan.services).map(|server| (Some(chance.below(server)), server)));
        while pairs.len() < plan.edges {
            let server = entries + chance.below(plan.services - entries);
            let pair = (Some(chance.below(server)), server);
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let edge = |(client, server): (Option<usize>, usize)| {
            let habit = match (client, chance.below(20)) {
                (None, _) => BROWSING,
                (_, 0..12) => BRIEF,
                (_, 12..18) => KEPT,
                _ => LASTING,
            };
            // A few edges carry much, most carry little; customers make a fifth of all.
            let busy =
                if client.is_none() { plan.edges as f64 / entries as f64 / 4.0 } else { chance.around(1.0, 0.9) };
            Edge { client, server, rate: busy / (habit.exchanges + 4.0), habit }
        };
        pairs.into_iter().map(edge).collect()
    }

    /// Services that this one calls.
    pub(crate) fn called_by(&self, service: usize) -> impl Iterator<Item = usize> {
        self.edges.iter().filter(move |edge| edge.client == Some(service)).map(|edge| edge.server)
    }
}

impl Service {
    fn new(number: usize, chance: &mut Chance) -> Self {
        let thing = THINGS[number % THINGS.len()];
        let name =
            if number < THINGS.len() { thing.to_owned() } else { format!("{thing}-{}", number / THINGS.len() + 1) };
        let page = |item: usize| match item % 8 {
            0 => Page {
                method: "POST",
                target: format!("/v1/{thing}"),
                content_type: "application/json",
                request_bytes: 180 + 7 * (item as u64 % 40),
                response_bytes: 96,
            },
            _ => Page {
                method: "GET",
                target: format!("/v1/{thing}/{}", 1_000 + item),
                content_type: "application/json",
                request_bytes: 0,
                response_bytes: 300 + (item as u64 * 7_919) % 4_000,
            },
        };
        let number = number as u16;
        Self {
            name: format!("{name}.shop.test"),
            socket: Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 20, (number >> 8) as u8, number as u8)), port: 8_080 },
            pages: (0..400).map(page).collect(),
            takes_s: chance.around(0.008, 0.8),
        }
    }
}

/// The address of a customer.
pub(crate) fn customer(number: usize) -> IpAddr {
    let number = number as u32;
    IpAddr::V4(Ipv4Addr::from(u32::from(Ipv4Addr::new(203, 0, 0, 0)) + number * 5 + 1))
}
