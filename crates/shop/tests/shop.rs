//! The whole shop on loopback: what the customers saw is what the gateway logged, and every fault shows.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "the functions below are parts of one test")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use wirereel_shop::connection::{Connection, ConnectionError};
use wirereel_shop::control::{self, Order};
use wirereel_shop::crowd::{self, LoadCurve};
use wirereel_shop::fault::Fault;
use wirereel_shop::journal::{self, Served};
use wirereel_shop::payload::Payload;
use wirereel_shop::site::Site;
use wirereel_shop::supervisor::Supervisor;
use wirereel_shop::topology::{self, CUSTOMERS, ENTRY, Service};

/// One shop for all of it: two would want the same addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_serves_logs_breaks_and_recovers() {
    let state = std::env::temp_dir().join(format!("wirereel-shop-test-{}", std::process::id()));
    let site = Site::on_loopback(&state);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_wirereel-shop"));
    let mut shop = Supervisor::start(program, site.clone()).await.unwrap();
    shop.tell_all(&Order::Go).await;

    customers_see_what_the_gateway_logs(&shop, &site).await;
    the_log_shows_every_call_edge_and_no_other(&site);

    a_slow_service_is_slow(&site).await;
    a_service_with_errors_answers_with_them(&site).await;
    a_refusing_service_refuses_and_listens_again(&site).await;
    a_resetting_service_resets_and_logs_no_status(&site).await;
    a_crashed_service_refuses_until_it_is_started_again(&mut shop, &site).await;

    drop(shop);
    std::fs::remove_dir_all(state).unwrap();
}

async fn customers_see_what_the_gateway_logs(shop: &Supervisor, site: &Site) {
    let curve = LoadCurve::even(Duration::from_secs(4), 12.0, Duration::from_millis(100));
    let visits = crowd::plan(&curve, site.plan, 5);
    let seen = crowd::run(visits, site.plan.service_address(ENTRY)).await;
    while shop.tell_all(&Order::Quiet).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let count = |rows: Vec<(String, String, Option<u16>)>| {
        rows.into_iter().fold(BTreeMap::<_, u64>::new(), |mut counts, row| {
            *counts.entry(row).or_default() += 1;
            counts
        })
    };
    assert!(seen.len() > 80, "{}", seen.len());
    let seen = count(seen.into_iter().map(|s| (s.method, s.route, s.status)).collect());
    let logged = count(log(site, ENTRY).into_iter().map(|l| (l.method, l.route, l.status)).collect());
    assert_eq!(seen, logged);
}

fn the_log_shows_every_call_edge_and_no_other(site: &Site) {
    let caller = |request: &Served| site.plan.service_at(request.client.ip()).map_or(CUSTOMERS, Service::name);
    let mut edges: Vec<_> = Service::ALL
        .into_iter()
        .flat_map(|service| log(site, service))
        .map(|request| topology::Edge { client: caller(&request), server: request.service.name() })
        .collect();
    edges.sort();
    edges.dedup();
    let mut expected = topology::edges();
    expected.sort();
    assert_eq!(edges, expected);
}

async fn a_slow_service_is_slow(site: &Site) {
    tell(site, Service::Pricing, Fault::Slow { extra_ms: 300, share: 1.0 }).await;
    let started = std::time::Instant::now();
    assert_eq!(get(site, Service::Pricing, "/prices/p-101").await.unwrap(), 200);
    assert!(started.elapsed() >= Duration::from_millis(300));
    clear(site, Service::Pricing).await;
}

async fn a_service_with_errors_answers_with_them(site: &Site) {
    tell(site, Service::Search, Fault::Errors { status: 503, share: 1.0 }).await;
    assert_eq!(get(site, Service::Search, "/search?q=lamp").await.unwrap(), 503);
    assert_eq!(get(site, ENTRY, "/search?q=lamp").await.unwrap(), 502);
    clear(site, Service::Search).await;
    assert_eq!(get(site, ENTRY, "/health").await.unwrap(), 200);
}

async fn a_refusing_service_refuses_and_listens_again(site: &Site) {
    tell(site, Service::Shipping, Fault::Refuse).await;
    assert!(matches!(get(site, Service::Shipping, "/health").await, Err(ConnectionError::Connect(_))));
    clear(site, Service::Shipping).await;
    assert_eq!(get(site, Service::Shipping, "/health").await.unwrap(), 200);
}

async fn a_resetting_service_resets_and_logs_no_status(site: &Site) {
    let before = log(site, Service::User).len();
    tell(site, Service::User, Fault::Reset { share: 1.0 }).await;
    assert!(matches!(get(site, Service::User, "/users/ada1").await, Err(ConnectionError::Broken(_))));
    clear(site, Service::User).await;
    let log = log(site, Service::User);
    assert_eq!(log.len(), before + 1);
    assert_eq!(log.last().unwrap().status, None);
}

async fn a_crashed_service_refuses_until_it_is_started_again(shop: &mut Supervisor, site: &Site) {
    // Caught in the middle of a slow request, the crash leaves one line without a status.
    tell(site, Service::Payment, Fault::Slow { extra_ms: 5000, share: 1.0 }).await;
    let caught = tokio::spawn({
        let site = site.clone();
        async move { get(&site, Service::Payment, "/charges").await }
    });
    while control::ask(&site.service_socket(Service::Payment), &Order::Status).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    control::crash(&site.service_socket(Service::Payment)).await.unwrap();
    assert!(matches!(caught.await.unwrap(), Err(ConnectionError::Broken(_))));
    refuses_soon(site, Service::Payment).await;
    assert_eq!(log(site, Service::Payment).last().unwrap().status, None);
    shop.recover(Service::Payment).await.unwrap();
    assert_eq!(get(site, Service::Payment, "/health").await.unwrap(), 200);
}

/// The kernel closes a dead process's sockets one by one: for a moment the port may still accept, and reset.
async fn refuses_soon(site: &Site, service: Service) {
    for _ in 0..200 {
        match get(site, service, "/health").await {
            Err(ConnectionError::Connect(_)) => return,
            Err(ConnectionError::Broken(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            other => panic!("{service:?} is dead and answers {other:?}"),
        }
    }
    panic!("{service:?} is dead and its port still accepts");
}

async fn tell(site: &Site, service: Service, fault: Fault) {
    control::ask(&site.service_socket(service), &Order::Fault(fault)).await.unwrap();
}

async fn clear(site: &Site, service: Service) {
    control::ask(&site.service_socket(service), &Order::Clear).await.unwrap();
}

async fn get(site: &Site, service: Service, target: &str) -> Result<u16, ConnectionError> {
    let address: SocketAddr = site.plan.service_address(service);
    let from = [127, 198, 51, 200].into();
    let mut connection = Connection::open(from, address).await?;
    let request = hyper::Request::get(target).header("host", service.name()).body(Payload::default()).unwrap();
    Ok(connection.send(request).await?.status.as_u16())
}

fn log(site: &Site, service: Service) -> Vec<Served> {
    journal::read(&site.journal(service)).unwrap()
}
