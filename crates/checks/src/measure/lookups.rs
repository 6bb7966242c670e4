//! Look-ups by the system: each one holds a thread until the system is done with it, also when nobody waits for it any more.

use std::{
    collections::HashMap,
    net::{IpAddr, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Semaphore;

use super::{Failure, resolve::not_found};

/// Look-ups at once, below the number of threads that tokio has for such work.
const AT_ONCE: usize = 448;
/// Look-ups of one host at once. The system takes up to half a minute over a name whose servers are silent: such a name must not take all
/// threads from the others.
const OF_ONE_HOST: usize = 2;
/// So many hosts are remembered before those that nobody looks up are forgotten.
const REMEMBERED: usize = 1_024;

/// Bounds how many look-ups there are.
#[derive(Debug)]
pub(crate) struct Lookups {
    all: Arc<Semaphore>,
    of_host: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Lookups {
    pub(crate) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), of_host: Mutex::new(HashMap::new()) }
    }

    /// Asks the system as everyone does: hosts file, DNS, and whatever else it is set up for.
    pub(crate) async fn by_system(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let own = |_| Failure::OwnLimits { reason: "names are not looked up any more".to_owned() };
        // The host's place first: who waits for it takes none of all.
        let place_of_host = self.of_host(name).acquire_owned().await.map_err(own)?;
        let place = Arc::clone(&self.all).acquire_owned().await.map_err(own)?;
        let asked = name.to_owned();
        let looked_up = tokio::task::spawn_blocking(move || {
            let found = (asked.as_str(), 0).to_socket_addrs();
            drop((place, place_of_host));
            found
        });
        match looked_up.await {
            Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
            Ok(Err(error)) => Err(not_found(name, &error)),
            Err(error) => Err(Failure::OwnLimits { reason: error.to_string() }),
        }
    }

    fn of_host(&self, name: &str) -> Arc<Semaphore> {
        let mut hosts = self.of_host.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= REMEMBERED && !hosts.contains_key(name) {
            hosts.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < OF_ONE_HOST);
        }
        let places = hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_HOST)));
        Arc::clone(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_has_its_places_and_gives_them_back() {
        let lookups = Lookups::new();
        let held =
            [lookups.of_host("localhost").acquire_owned().await, lookups.of_host("localhost").acquire_owned().await];
        let wait = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(wait, lookups.by_system("localhost")).await.is_err(), "both places are taken");
        drop(held);
        assert!(lookups.by_system("localhost").await.expect("found").iter().any(IpAddr::is_loopback));
        for n in 0..3 * REMEMBERED {
            lookups.of_host(&format!("host{n}"));
        }
        assert!(lookups.of_host.lock().expect("whole").len() <= REMEMBERED);
    }
}
