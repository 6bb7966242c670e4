//! SRV records as a source: asked again when they no longer hold.

use std::{net::SocketAddr, time::Duration};

use super::{
    config::Srv,
    dns::{self, Service},
    instance::Instance,
    pace::BackOff,
    sources::Teller,
};

/// Bounds of a record's time to live: a server that says 0 is not asked all the time, one that says a day is asked before.
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(30);
const FIRST_AGAIN: Duration = Duration::from_secs(1);
const LAST_AGAIN: Duration = Duration::from_secs(60);

/// Asks for ever.
pub(super) async fn run(config: Srv, teller: Teller) {
    let Some(name) = dns::name(&config.name) else { return teller.failed("its name cannot be asked for") };
    let mut back_off = BackOff::new(FIRST_AGAIN, LAST_AGAIN);
    loop {
        let server = match &config.resolver {
            Some(resolver) => dns::server(resolver),
            None => dns::system_server(),
        };
        let wait = match ask(server, &name).await {
            Ok((services, ttl)) => {
                back_off.reset();
                teller.found(services.iter().map(|service| instance(service, &config.name)).collect());
                Duration::from_secs(ttl.into()).clamp(SOONEST, LATEST)
            }
            Err(why) => {
                teller.failed(&why);
                back_off.next()
            }
        };
        tokio::time::sleep(wait).await;
    }
}

async fn ask(server: Option<SocketAddr>, name: &hickory_proto::rr::Name) -> Result<(Vec<Service>, u32), String> {
    let server = server.ok_or("the system's DNS server is not known: name one as resolver")?;
    dns::services(server, name.clone()).await.map_err(|error| format!("DNS server {server}: {error}"))
}

/// The service is the name's first label that is neither a service nor a protocol (`_grpc._tcp.cart.example` is of `cart`).
fn instance(service: &Service, name: &str) -> Instance {
    let of = name.split('.').find(|label| !label.is_empty() && !label.starts_with('_')).unwrap_or(name);
    let meta = [("priority", service.priority), ("weight", service.weight)];
    Instance {
        service: of.to_owned(),
        host: service.host.clone(),
        port: service.port,
        meta: meta.map(|(key, value)| (key.to_owned(), value.to_string())).into(),
        ..Instance::default()
    }
}

#[cfg(test)]
mod tests;
