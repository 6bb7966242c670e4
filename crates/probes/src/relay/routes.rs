//! From what a request says to where it goes.

use super::options::Routes;
use crate::{config::To, net::Address};

/// Why a request goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoRoute {
    /// No way leads to the region.
    Region(String),
    /// The region is here, the service is not.
    Service(String),
    /// It does not say where it goes, and there is no default.
    Nothing,
}

impl Routes {
    /// Every address that requests may go to, each once.
    pub(super) fn addresses(&self) -> Vec<&Address> {
        let tables = [&self.services, &self.regions, &self.authorities, &self.methods];
        let mut addresses: Vec<_> = tables.into_iter().flat_map(|table| table.values()).chain(&self.default).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// Where a request goes, at a relay of this region.
    pub(super) fn of(&self, own: &str, to: &To, authority: &str, path: &str) -> Result<&Address, NoRoute> {
        if !to.region.is_empty() && to.region != own {
            let way = self.regions.get(&to.region).or(self.default.as_ref());
            return way.ok_or_else(|| NoRoute::Region(to.region.clone()));
        }
        if let Some(address) = self.services.get(&to.service) {
            return Ok(address);
        }
        if !to.service.is_empty() {
            return self.default.as_ref().ok_or_else(|| NoRoute::Service(to.service.clone()));
        }
        let host = || authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let by_authority = self.authorities.get(authority).or_else(|| self.authorities.get(host()));
        let by_method = || {
            let fits = self.methods.iter().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
            fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, address)| address)
        };
        by_authority.or_else(by_method).or(self.default.as_ref()).ok_or(NoRoute::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str) -> Address {
        Address { secure: false, host: host.into(), port: 1 }
    }

    fn routes() -> Routes {
        let table = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), address(name))).collect();
        Routes {
            services: table(&["shop", "till"]),
            regions: table(&["us"]),
            authorities: table(&["shop.test", "till.test:443"]),
            methods: table(&["/shop.", "/shop.Till/"]),
            default: None,
        }
    }

    fn to(region: &str, service: &str) -> To {
        To { region: region.into(), service: service.into() }
    }

    #[test]
    fn region_and_service_decide_then_the_host_then_the_method() {
        let routes = routes();
        let goes = |to: To, authority, path| routes.of("eu", &to, authority, path).map(|address| address.host.as_str());
        assert_eq!(goes(to("eu", "shop"), "till.test:443", "/shop.Till/Pay"), Ok("shop"));
        assert_eq!(goes(to("", "till"), "", "/"), Ok("till"), "without a region, the own one");
        assert_eq!(goes(to("us", "shop"), "", "/"), Ok("us"), "another region's services are its own affair");
        assert_eq!(goes(to("", ""), "shop.test:50051", "/"), Ok("shop.test"));
        assert_eq!(goes(to("", ""), "till.test:443", "/"), Ok("till.test:443"));
        assert_eq!(goes(to("eu", ""), "else.test", "/shop.Till/Pay"), Ok("/shop.Till/"), "the longest that fits");
        assert_eq!(goes(to("eu", ""), "else.test", "/shop.Catalog/List"), Ok("/shop."));
    }

    #[test]
    fn what_has_no_route_goes_to_the_default_or_says_why_not() {
        let goes = |routes: &Routes, to: To| routes.of("eu", &to, "", "/x").cloned();
        let without = routes();
        assert_eq!(goes(&without, to("asia", "shop")), Err(NoRoute::Region("asia".into())));
        assert_eq!(goes(&without, to("eu", "none")), Err(NoRoute::Service("none".into())));
        assert_eq!(goes(&without, to("", "")), Err(NoRoute::Nothing));
        let with = Routes { default: Some(address("hub")), ..routes() };
        for to in [to("asia", "shop"), to("eu", "none"), to("", "")] {
            assert_eq!(goes(&with, to), Ok(address("hub")));
        }
        assert_eq!(with.addresses().len(), 8);
    }
}
