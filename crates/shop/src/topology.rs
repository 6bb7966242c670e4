//! Who is in the shop and who calls whom: the one list that services, tests and the samples' description share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A service of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Service {
    Gateway,
    Auth,
    User,
    Catalog,
    Inventory,
    Pricing,
    FlashSale,
    Cart,
    Order,
    Payment,
    Shipping,
    Notification,
    Search,
    Recommendation,
    Analytics,
}

/// The only service that customers call.
pub const ENTRY: Service = Service::Gateway;

/// How callers from outside the shop are named in the edge list.
pub const CUSTOMERS: &str = "customers";

/// The TCP port every service listens on.
pub const PORT: u16 = 8080;

impl Service {
    /// Every service, the entry point first.
    pub const ALL: [Self; 15] = [
        Self::Gateway,
        Self::Auth,
        Self::User,
        Self::Catalog,
        Self::Inventory,
        Self::Pricing,
        Self::FlashSale,
        Self::Cart,
        Self::Order,
        Self::Payment,
        Self::Shipping,
        Self::Notification,
        Self::Search,
        Self::Recommendation,
        Self::Analytics,
    ];

    /// The name it has in DNS, in Host headers and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "api-gateway",
            Self::Auth => "auth-service",
            Self::User => "user-service",
            Self::Catalog => "product-catalog-service",
            Self::Inventory => "inventory-service",
            Self::Pricing => "pricing-service",
            Self::FlashSale => "flash-sale-service",
            Self::Cart => "cart-service",
            Self::Order => "order-service",
            Self::Payment => "payment-service",
            Self::Shipping => "shipping-service",
            Self::Notification => "notification-service",
            Self::Search => "search-service",
            Self::Recommendation => "recommendation-service",
            Self::Analytics => "analytics-service",
        }
    }

    /// The services it calls, and no others.
    pub fn calls(self) -> &'static [Self] {
        match self {
            Self::Gateway => &[
                Self::Auth,
                Self::User,
                Self::Catalog,
                Self::Inventory,
                Self::Pricing,
                Self::FlashSale,
                Self::Cart,
                Self::Order,
                Self::Search,
                Self::Recommendation,
                Self::Analytics,
            ],
            Self::Search | Self::Recommendation => &[Self::Catalog],
            Self::FlashSale => &[Self::Inventory, Self::Pricing],
            Self::Cart => &[Self::Inventory],
            Self::Order => &[Self::Inventory, Self::Payment, Self::Shipping, Self::Notification],
            Self::Auth
            | Self::User
            | Self::Catalog
            | Self::Inventory
            | Self::Pricing
            | Self::Payment
            | Self::Shipping
            | Self::Notification
            | Self::Analytics => &[],
        }
    }

    /// Position in [`Service::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that belongs to no service of the shop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a service of the shop; there are: {names}", names = Service::ALL.map(Service::name).join(", "))]
pub struct UnknownService(String);

impl FromStr for Service {
    type Err = UnknownService;

    /// Accepts the full name, or the name without `-service`.
    fn from_str(text: &str) -> Result<Self, UnknownService> {
        Self::ALL
            .into_iter()
            .find(|s| s.name() == text || s.name().strip_suffix("-service") == Some(text))
            .ok_or_else(|| UnknownService(text.to_owned()))
    }
}

impl TryFrom<String> for Service {
    type Error = UnknownService;

    fn try_from(text: String) -> Result<Self, UnknownService> {
        text.parse()
    }
}

impl From<Service> for &'static str {
    fn from(service: Service) -> Self {
        service.name()
    }
}

/// A call edge: who opens connections to whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    pub client: &'static str,
    pub server: &'static str,
}

/// Every call edge of the shop, customers first, then in the order of [`Service::ALL`].
pub fn edges() -> Vec<Edge> {
    let entry = Edge { client: CUSTOMERS, server: ENTRY.name() };
    let inner = Service::ALL.into_iter().flat_map(|caller| {
        let to = |called: &Service| Edge { client: caller.name(), server: called.name() };
        caller.calls().iter().map(to).collect::<Vec<_>>()
    });
    std::iter::once(entry).chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_fifteen_services_with_distinct_names_in_index_order() {
        let names: BTreeSet<_> = Service::ALL.map(Service::name).into();
        assert_eq!(names.len(), 15);
        assert!(Service::ALL.into_iter().enumerate().all(|(i, s)| s.index() == i));
    }

    #[test]
    fn every_service_is_reached_from_the_entry_and_nothing_calls_itself_or_in_a_circle() {
        fn visit(service: Service, path: &mut Vec<Service>, seen: &mut BTreeSet<Service>) {
            assert!(!path.contains(&service), "{service} calls itself through {path:?}");
            seen.insert(service);
            path.push(service);
            for next in service.calls() {
                visit(*next, path, seen);
            }
            path.pop();
        }
        let mut seen = BTreeSet::new();
        visit(ENTRY, &mut Vec::new(), &mut seen);
        assert_eq!(seen.len(), 15);
    }

    #[test]
    fn the_edge_list_has_each_edge_once() {
        let edges = edges();
        assert_eq!(edges.len(), 21);
        assert_eq!(edges.iter().collect::<BTreeSet<_>>().len(), edges.len());
        assert_eq!(edges[0], Edge { client: "customers", server: "api-gateway" });
        assert!(edges.contains(&Edge { client: "order-service", server: "payment-service" }));
        assert!(!edges.contains(&Edge { client: "cart-service", server: "pricing-service" }));
    }

    #[test]
    fn names_parse_with_and_without_the_suffix_and_others_are_refused_with_the_list() {
        assert_eq!("payment".parse(), Ok(Service::Payment));
        assert_eq!("payment-service".parse(), Ok(Service::Payment));
        let error = "paymant".parse::<Service>().unwrap_err().to_string();
        assert!(error.starts_with("\"paymant\" is not a service") && error.contains("payment-service"));
    }
}
