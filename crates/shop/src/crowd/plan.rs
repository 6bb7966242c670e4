//! Who comes when and wants what: worked out beforehand from a seed, so that every run sees the same crowd.

use std::time::Duration;

use hyper::Method;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Customer;
use crate::addresses::Plan;
use crate::goods::{ARTICLES, BARGAINS};

/// How many different customers there are.
const CUSTOMERS: u16 = 240;
const SEARCHES: [&str; 6] = ["lamp", "armchair", "table", "vase", "stool", "caf%C3%A9"];

/// Load at an instant; between two points it changes evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadPoint {
    pub at: Duration,
    /// Visits that begin per second.
    pub visits_per_second: f64,
    /// Share of visits that come for the flash sale, 0 to 1.
    pub flash_share: f64,
}

/// Load over time.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadCurve {
    /// In order of time; nothing happens before the first and after the last.
    pub points: Vec<LoadPoint>,
    /// How long customers read a page before they ask for the next.
    pub think: Duration,
    /// How often the watchman asks for `/health`.
    pub watch_every: Duration,
}

impl LoadCurve {
    /// The same load from beginning to end.
    pub fn even(length: Duration, visits_per_second: f64, think: Duration) -> Self {
        let point = |at| LoadPoint { at, visits_per_second, flash_share: 0.3 };
        Self { points: vec![point(Duration::ZERO), point(length)], think, watch_every: Duration::from_secs(10) }
    }

    /// When it ends.
    pub fn length(&self) -> Duration {
        self.points.last().map_or(Duration::ZERO, |p| p.at)
    }

    fn at(&self, at: Duration) -> LoadPoint {
        let none = LoadPoint { at, visits_per_second: 0.0, flash_share: 0.0 };
        let next = self.points.partition_point(|p| p.at <= at);
        let (Some(from), Some(to)) = (next.checked_sub(1).and_then(|i| self.points.get(i)), self.points.get(next))
        else {
            return none;
        };
        let way = (at - from.at).as_secs_f64() / (to.at - from.at).as_secs_f64();
        let between = |a: f64, b: f64| a + (b - a) * way;
        LoadPoint {
            at,
            visits_per_second: between(from.visits_per_second, to.visits_per_second),
            flash_share: between(from.flash_share, to.flash_share),
        }
    }
}

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub method: Method,
    pub target: String,
    /// Empty for GET.
    pub body: String,
}

impl Wish {
    fn get(target: impl Into<String>) -> Self {
        Self { method: Method::GET, target: target.into(), body: String::new() }
    }

    fn post(target: impl Into<String>, item: Option<&str>) -> Self {
        let body = item.map_or_else(|| "{}".to_owned(), |item| format!(r#"{{"item":"{item}"}}"#));
        Self { method: Method::POST, target: target.into(), body }
    }
}

/// One request of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Time after the answer before.
    pub think: Duration,
    pub wish: Wish,
}

/// A customer's stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// After the beginning of the curve.
    pub start: Duration,
    pub customer: Customer,
    /// One connection for the visit, or one for each request.
    pub keep_alive: bool,
    pub steps: Vec<Step>,
}

/// Plans every visit of a load curve. The same seed gives the same crowd.
pub fn plan(curve: &LoadCurve, addresses: Plan, seed: u64) -> Vec<Visit> {
    let mut dice = StdRng::seed_from_u64(seed);
    let peak = curve.points.iter().map(|p| p.visits_per_second).fold(0.0, f64::max);
    let mut visits = watch(curve, addresses);
    let mut at = Duration::ZERO;
    // Arrivals of an uneven Poisson process by thinning: draw at the peak rate, keep in proportion to the load.
    // Without any load the wait is not finite, and nobody comes.
    while let Ok(wait) = Duration::try_from_secs_f64(-(1.0 - dice.random::<f64>()).ln() / peak) {
        at = at.saturating_add(wait);
        if at >= curve.length() {
            break;
        }
        let load = curve.at(at);
        if dice.random_bool((load.visits_per_second / peak).clamp(0.0, 1.0)) {
            visits.push(visit(at, load, curve.think, addresses, &mut dice));
        }
    }
    visits.sort_by_key(|v| v.start);
    visits
}

fn watch(curve: &LoadCurve, addresses: Plan) -> Vec<Visit> {
    let asked = |n: u32| curve.watch_every * n + curve.watch_every / 2;
    let times = (0..).map(asked).take_while(|at| *at < curve.length());
    let step = Step { think: Duration::ZERO, wish: Wish::get("/health") };
    let visit =
        |start| Visit { start, customer: Customer::watchman(addresses), keep_alive: false, steps: vec![step.clone()] };
    times.map(visit).collect()
}

fn visit(start: Duration, load: LoadPoint, think: Duration, addresses: Plan, dice: &mut StdRng) -> Visit {
    let number = dice.random_range(0..CUSTOMERS);
    let customer = Customer::new(addresses, number, dice);
    let wishes = if dice.random_bool(load.flash_share) { bargain_hunt(dice) } else { stroll(dice) };
    let steps = wishes.into_iter().enumerate().map(|(n, wish)| {
        let pause = if n == 0 { Duration::ZERO } else { think.mul_f64(dice.random_range(0.4..1.8)) };
        Step { think: pause, wish }
    });
    let steps = steps.collect();
    Visit { start, customer, keep_alive: dice.random_bool(0.75), steps }
}

/// In for the sale: look, reserve, perhaps buy.
fn bargain_hunt(dice: &mut StdRng) -> Vec<Wish> {
    let id = BARGAINS[dice.random_range(0..BARGAINS.len())].id;
    let mut wishes = vec![Wish::get("/flash-sale"), Wish::post(format!("/flash-sale/{id}/reserve"), None)];
    if dice.random_bool(0.5) {
        wishes.push(Wish::post("/orders", Some(any_article(dice))));
    }
    wishes
}

/// Looking around, and sometimes buying.
fn stroll(dice: &mut StdRng) -> Vec<Wish> {
    let id = any_article(dice);
    let mut wishes = match dice.random_range(0..10) {
        0..4 => vec![Wish::get("/products"), Wish::get(format!("/products/{id}"))],
        4..7 => vec![
            Wish::get(format!("/search?q={}", SEARCHES[dice.random_range(0..SEARCHES.len())])),
            Wish::get(format!("/products/{id}")),
        ],
        7 => vec![Wish::get("/products"), Wish::get("/flash-sale")],
        8 => vec![Wish::get(format!("/products/p-{}", dice.random_range(200..300)))],
        _ => vec![Wish::get("/cart")],
    };
    if dice.random_bool(0.35) {
        wishes.push(Wish::post("/cart", Some(id)));
        wishes.push(Wish::get("/cart"));
        if dice.random_bool(0.7) {
            wishes.push(Wish::post("/orders", Some(id)));
        }
    }
    wishes
}

fn any_article(dice: &mut StdRng) -> &'static str {
    ARTICLES[dice.random_range(0..ARTICLES.len())].id
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_same_seed_brings_the_same_crowd_and_another_brings_others() {
        let curve = LoadCurve::even(MINUTE, 2.0, Duration::from_secs(1));
        let crowd = plan(&curve, Plan::Loopback, 7);
        assert_eq!(crowd, plan(&curve, Plan::Loopback, 7));
        assert_ne!(crowd, plan(&curve, Plan::Loopback, 8));
        assert!((90..150).contains(&crowd.len()), "{}", crowd.len());
    }

    #[test]
    fn more_come_when_the_curve_is_higher() {
        let point =
            |s, visits_per_second| LoadPoint { at: Duration::from_secs(s), visits_per_second, flash_share: 0.0 };
        let curve = LoadCurve {
            points: vec![point(0, 0.5), point(60, 0.5), point(61, 8.0), point(120, 8.0)],
            think: Duration::from_secs(1),
            watch_every: MINUTE,
        };
        let crowd = plan(&curve, Plan::Loopback, 1);
        let early = crowd.iter().filter(|v| v.start < MINUTE).count();
        assert!(crowd.len() - early > 8 * early);
    }

    #[test]
    fn every_route_of_the_gateway_is_wished_for() {
        let crowd = plan(&LoadCurve::even(MINUTE * 5, 4.0, Duration::from_secs(1)), Plan::Loopback, 3);
        let wished: std::collections::BTreeSet<_> = crowd
            .iter()
            .flat_map(|v| &v.steps)
            .map(|s| format!("{} {}", s.wish.method, crate::route::fold(&s.wish.target)))
            .collect();
        let all = [
            "GET /cart",
            "GET /flash-sale",
            "GET /health",
            "GET /products",
            "GET /products/:id",
            "GET /search",
            "POST /cart",
            "POST /flash-sale/:id/reserve",
            "POST /orders",
        ];
        assert_eq!(wished, all.map(str::to_owned).into());
    }
}
