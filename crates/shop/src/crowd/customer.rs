//! A customer: an address, a program, perhaps an account.

use std::net::Ipv4Addr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::{Rng, RngExt};

use crate::addresses::Plan;

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0",
    "shop-app/5.2 (Android 16)",
    "shop-app/5.1 (iOS 19)",
];

const NAMES: [&str; 16] = [
    "ada", "bela", "chiara", "dag", "elif", "fritz", "goran", "hedda", "ines", "jorge", "kaisa", "liam", "mira",
    "noor", "oskar", "pia",
];

/// Somebody who visits the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub ip: Ipv4Addr,
    pub agent: &'static str,
    /// Value of `Authorization`; demo credentials, worth nothing.
    pub authorization: Option<String>,
    /// An address behind the customer's own proxy, sent as `X-Forwarded-For`.
    pub behind_proxy: Option<Ipv4Addr>,
    /// Whether the program starts its own trace (`traceparent`).
    pub traces: bool,
}

impl Customer {
    /// Customer number `number`: the same person at the same address every time.
    pub fn new(plan: Plan, number: u16, dice: &mut impl Rng) -> Self {
        let networks = plan.customer_networks();
        let [a, b, c] = networks[usize::from(number) % networks.len()];
        let host = 10 + (number / networks.len() as u16) % 240;
        let name = format!("{}{}", NAMES[usize::from(number) % NAMES.len()], number);
        let agent = AGENTS[usize::from(number) % AGENTS.len()];
        let proxied = number % 8 == 5;
        let authorization = match number % 10 {
            0..=5 => Some(jwt(&name)),
            6..=8 => Some(format!("Basic {}", STANDARD.encode(format!("{name}:demo")))),
            _ => None,
        };
        Self {
            ip: Ipv4Addr::new(a, b, c, host as u8),
            agent,
            authorization,
            behind_proxy: proxied.then(|| Ipv4Addr::new(192, 168, 1, dice.random_range(20..200))),
            traces: agent.starts_with("shop-app"),
        }
    }

    /// The programme that asks the gateway for its health from outside.
    pub fn watchman(plan: Plan) -> Self {
        let [a, b, c] = plan.customer_networks()[2];
        Self {
            ip: Ipv4Addr::new(a, b, c, 5),
            agent: "uptime-check/1.3",
            authorization: None,
            behind_proxy: None,
            traces: false,
        }
    }
}

/// An unsigned JWT (`alg: none`): a demo shop checks no signatures and keeps no keys.
fn jwt(subject: &str) -> String {
    let part = |json: String| URL_SAFE_NO_PAD.encode(json);
    format!("Bearer {}.{}.", part(r#"{"alg":"none"}"#.into()), part(format!(r#"{{"sub":"{subject}"}}"#)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn customers_have_addresses_of_their_own_in_three_networks() {
        let mut dice = StdRng::seed_from_u64(1);
        let crowd: Vec<_> = (0..300).map(|n| Customer::new(Plan::Namespace, n, &mut dice)).collect();
        assert_eq!(crowd.iter().map(|c| c.ip).collect::<BTreeSet<_>>().len(), 300);
        assert_eq!(crowd.iter().map(|c| c.ip.octets()[0]).collect::<BTreeSet<_>>(), [192, 198, 203].into());
        assert!(crowd.iter().all(|c| c.ip != Customer::watchman(Plan::Namespace).ip));
    }

    #[test]
    fn some_customers_have_a_jwt_some_a_password_and_some_nothing() {
        let mut dice = StdRng::seed_from_u64(1);
        let kinds: BTreeSet<_> = (0..10)
            .map(|n| Customer::new(Plan::Loopback, n, &mut dice).authorization)
            .map(|a| a.map(|a| a.split(' ').next().unwrap().to_owned()))
            .collect();
        assert_eq!(kinds.len(), 3);
    }
}
