//! How long a service's own work takes: mostly fast, sometimes a cache miss or a slow disk.

use std::time::Duration;

use rand::{Rng, RngExt};

use crate::topology::Service;

/// Two humps of a latency distribution, milliseconds.
struct Bimodal {
    fast: (f64, f64),
    slow: (f64, f64),
    slow_share: f64,
}

fn of(service: Service) -> Bimodal {
    let humps = |fast, slow, slow_share| Bimodal { fast, slow, slow_share };
    match service {
        Service::Gateway => humps((0.4, 1.2), (3.0, 8.0), 0.03),
        Service::Auth => humps((2.0, 5.0), (28.0, 45.0), 0.12),
        Service::User => humps((3.0, 7.0), (22.0, 40.0), 0.10),
        Service::Catalog => humps((3.0, 9.0), (45.0, 90.0), 0.15),
        Service::Inventory => humps((2.0, 6.0), (18.0, 35.0), 0.10),
        Service::Pricing => humps((1.0, 4.0), (15.0, 25.0), 0.08),
        Service::FlashSale => humps((3.0, 8.0), (30.0, 60.0), 0.10),
        Service::Cart => humps((2.0, 6.0), (20.0, 35.0), 0.08),
        Service::Order => humps((5.0, 12.0), (35.0, 60.0), 0.10),
        Service::Payment => humps((35.0, 70.0), (180.0, 320.0), 0.18),
        Service::Shipping => humps((12.0, 25.0), (80.0, 140.0), 0.10),
        Service::Notification => humps((4.0, 9.0), (30.0, 50.0), 0.05),
        Service::Search => humps((8.0, 20.0), (90.0, 160.0), 0.18),
        Service::Recommendation => humps((10.0, 22.0), (70.0, 120.0), 0.15),
        Service::Analytics => humps((0.5, 2.0), (6.0, 12.0), 0.05),
    }
}

/// Draws the time one request takes, calls to other services not counted.
pub(super) fn draw(service: Service, path: &str, dice: &mut impl Rng) -> Duration {
    if path == "/health" {
        return Duration::from_micros(dice.random_range(200..900));
    }
    let humps = of(service);
    let (from, to) = if dice.random_bool(humps.slow_share) { humps.slow } else { humps.fast };
    // The product of two draws leans towards the lower end, as waiting times do.
    let lean: f64 = dice.random::<f64>() * dice.random::<f64>();
    Duration::from_secs_f64((from + (to - from) * lean) / 1000.0)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn payment_has_two_humps_and_nothing_between() {
        let mut dice = StdRng::seed_from_u64(1);
        let drawn: Vec<_> = (0..1000).map(|_| draw(Service::Payment, "/charges", &mut dice).as_millis()).collect();
        let slow = drawn.iter().filter(|ms| **ms >= 180).count();
        assert!((120..260).contains(&slow), "{slow}");
        assert!(drawn.iter().all(|ms| *ms <= 70 || *ms >= 180));
    }

    #[test]
    fn health_is_quick_everywhere() {
        let mut dice = StdRng::seed_from_u64(1);
        assert!(Service::ALL.into_iter().all(|s| draw(s, "/health", &mut dice) < Duration::from_millis(1)));
    }
}
