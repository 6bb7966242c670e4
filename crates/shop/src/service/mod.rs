//! One service process: its listener, its faults, its way of working.

mod behaviour;
mod door;
mod exchange;
mod latency;
mod message;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::connection::Answer;
use crate::control::{self, Order, Reply};
use crate::dns::{Habit, Resolver};
use crate::fault::Fault;
use crate::journal::Journal;
use crate::outbound::{Call, CallError, Outbound};
use crate::site::Site;
use crate::topology::Service;
use behaviour::Stock;
use door::Door;

/// What a process that was told to crash leaves as its exit code.
pub const CRASHED: i32 = 70;

/// A running service, as its requests see it.
#[derive(Debug)]
struct Shopkeeper {
    me: Service,
    site: Site,
    journal: Arc<Journal>,
    outbound: Outbound,
    fault: Mutex<Option<Fault>>,
    checks_health: AtomicBool,
    dice: Mutex<StdRng>,
    stock: Stock,
}

/// Runs a service until the process ends. Must be called on a single-threaded runtime: see [`crate::journal`].
///
/// # Errors
/// When its address, its log or its control socket cannot be had.
pub async fn run(me: Service, site: Site) -> io::Result<()> {
    let from = site.plan.service_ip(me);
    let resolver = Resolver::new(from, site.dns_address(), habit(me));
    let keeper = Arc::new(Shopkeeper {
        me,
        journal: Journal::open(&site.journal(me))?,
        outbound: Outbound::new(from, resolver, site.pace.pool_idle()),
        fault: Mutex::default(),
        checks_health: AtomicBool::new(false),
        dice: Mutex::new(StdRng::seed_from_u64(0x5eed + me.index() as u64)),
        stock: Stock::default(),
        site,
    });
    let door = Arc::new(Mutex::new(Door::open(Arc::clone(&keeper))?));
    let expiring = Arc::clone(&keeper);
    tokio::spawn(async move { expiring.outbound.expire().await });
    let checking = Arc::clone(&keeper);
    tokio::spawn(async move { checking.check_health().await });
    let socket = keeper.site.service_socket(me);
    control::answer(&socket, |order| {
        let reply = keeper.obey(order, &door);
        async move { reply }
    })
    .await
}

/// The shop is written in several languages, as it were: their resolvers differ.
fn habit(service: Service) -> Habit {
    match service {
        Service::Search | Service::Cart | Service::FlashSale => Habit::AlsoIpv6,
        Service::Recommendation => Habit::SearchDomainFirst,
        _ => Habit::Plain,
    }
}

impl Shopkeeper {
    fn obey(self: &Arc<Self>, order: Order, door: &Mutex<Door>) -> Reply {
        let mut door = door.lock().unwrap_or_else(PoisonError::into_inner);
        match order {
            Order::Fault(Fault::Crash) => {
                self.journal.abandon();
                std::process::exit(CRASHED);
            }
            Order::Fault(fault) => {
                *self.fault() = Some(fault);
                if fault == Fault::Refuse {
                    door.close();
                }
            }
            Order::Clear => {
                *self.fault() = None;
                if let Err(error) = door.reopen(self) {
                    return Reply::Failed { why: format!("cannot listen again: {error}") };
                }
            }
            Order::Go => self.checks_health.store(true, Ordering::Relaxed),
            Order::Quiet => {
                self.checks_health.store(false, Ordering::Relaxed);
                self.outbound.close_idle();
            }
            Order::Status => {}
            Order::Recover(_) => return Reply::Failed { why: "ask the process that started me".into() },
        }
        Reply::Done { in_work: self.journal.in_work() + self.outbound.in_work() }
    }

    fn fault(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True with the given probability, from the service's own seeded dice.
    fn chance(&self, share: f64) -> bool {
        self.dice().random_bool(share.clamp(0.0, 1.0))
    }

    fn dice(&self) -> MutexGuard<'_, StdRng> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls another service.
    ///
    /// # Panics
    /// When the topology does not know the call: the edge list is the truth, so a new call belongs there first.
    async fn call(&self, call: Call) -> Result<Answer, CallError> {
        assert!(self.me.calls().contains(&call.to), "{} does not call {}", self.me, call.to);
        self.outbound.call(call).await
    }

    /// Asks every service this one depends on for its health, again and again.
    async fn check_health(&self) {
        let every = self.site.pace.health_every();
        // Spread over the interval, so that fifteen processes do not ask in the same instant.
        tokio::time::sleep(every.mul_f64(self.me.index() as f64 / Service::ALL.len() as f64)).await;
        loop {
            for to in self.me.calls() {
                if self.checks_health.load(Ordering::Relaxed) {
                    let agent = format!("{}-health/1.0", self.me);
                    let call = Call {
                        to: *to,
                        method: Method::GET,
                        target: "/health".into(),
                        headers: vec![("user-agent", agent)],
                        body: Bytes::new(),
                        timeout: Duration::from_secs(1),
                        keep_alive: false,
                    };
                    // The check is for the log of the service asked, and for whoever watches the wire.
                    let _ = self.call(call).await;
                }
            }
            tokio::time::sleep(every).await;
        }
    }
}
