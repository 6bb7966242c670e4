//! Against a Consul that behaves as its documentation says, by a clock that is not waited for.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;
use wirereel_testkit::consul::{Acl, Consul, Instance, Outage, Status};

use crate::discovery::{Health, ProbeSource, Sources, Targets};

/// What a change may take to be seen.
const SOON: Duration = Duration::from_secs(2);

struct Scene {
    consul: Consul,
    _running: Sources,
    targets: watch::Receiver<Arc<Targets>>,
}

impl Scene {
    /// With services of one instance each.
    async fn with(services: usize, more: Value) -> Self {
        let consul = Consul::start().await.expect("a port");
        for n in 0..services {
            consul.register(instance(n));
        }
        Self::at(consul, more)
    }

    fn at(consul: Consul, more: Value) -> Self {
        let mut find = json!({ "address": consul.url() });
        find.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let probe = json!({ "name": "{service}/{node}", "target": "grpc://{address}" });
        let written = json!({ "name": "consul", "find": { "consul": find }, "probe": probe });
        let running = Sources::new(vec![ProbeSource::read(&written).expect("a source")], &CancellationToken::new());
        let targets = running.targets();
        Self { consul, _running: running, targets }
    }

    /// The set, once it is as it should be, which must be soon.
    async fn soon(&mut self, what: &str, is_right: impl Fn(&Targets) -> bool) -> Arc<Targets> {
        self.within(SOON, what, is_right).await
    }

    async fn within(&mut self, time: Duration, what: &str, is_right: impl Fn(&Targets) -> bool) -> Arc<Targets> {
        let begin = Instant::now();
        let told = tokio::time::timeout(Duration::from_secs(3_600), self.targets.wait_for(|all| is_right(all))).await;
        let told = told.unwrap_or_else(|_| panic!("{what} never came")).expect("told").clone();
        assert!(begin.elapsed() <= time, "{what} took {:?}", begin.elapsed());
        told
    }

    fn now(&self) -> Arc<Targets> {
        self.targets.borrow().clone()
    }
}

fn name(n: usize) -> String {
    format!("service-{n:04}")
}

fn instance(n: usize) -> Instance {
    Instance::new(&name(n), &format!("{n}"), 1_000 + n as u16)
}

fn health(all: &Targets, service: &str) -> Option<Health> {
    all.targets.iter().find(|target| target.service == service).map(|target| target.health)
}

#[tokio::test(start_paused = true)]
async fn every_change_is_in_the_set_soon_and_nothing_is_asked_without_reason() {
    let mut scene = Scene::with(5, json!({})).await;
    let all = scene.soon("the first set", |all| all.targets.len() == 5).await;
    assert_eq!(all.targets[0].probe.target, "grpc://127.0.0.1:1000");
    assert!(all.targets.iter().all(|target| target.service != "consul"), "its own service is not probed unless named");

    // Each on its own: who changes all the time is held to a rate.
    let pause = Duration::from_secs(30);
    scene.consul.set_check(&name(3), "3", Status::Critical);
    scene.soon("a check", |all| health(all, &name(3)) == Some(Health::Critical)).await;
    assert_eq!(scene.now().targets.len(), 5, "health is a label: who is ill is probed all the more");
    tokio::time::sleep(pause).await;
    let second = Instance { id: "4b".into(), node: "other".into(), ..instance(4) };
    scene.consul.register(second.clone());
    scene.soon("a second instance", |all| all.targets.len() == 6).await;
    tokio::time::sleep(pause).await;
    scene.consul.register(Instance { meta: [("wirereel-interval".to_owned(), "3s".to_owned())].into(), ..second });
    scene.soon("metadata", |all| all.targets.iter().any(|target| target.probe.interval.as_millis() == 3_000)).await;
    tokio::time::sleep(pause).await;
    scene.consul.deregister(&name(0), "0");
    scene.soon("a service that is gone", |all| all.targets.len() == 5).await;
    tokio::time::sleep(pause).await;
    scene.consul.register(instance(9));
    scene.soon("a new service", |all| all.targets.len() == 6).await;
    let asked = scene.consul.asked().all();
    assert!(asked <= 30, "{asked} questions");
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    // Seven questions that are held for five minutes, for an hour.
    let idle = scene.consul.asked().all() - asked;
    assert!(idle <= 7 * 14, "{idle} questions in an hour in which nothing changed");
}

#[tokio::test(start_paused = true)]
async fn a_return_without_a_change_is_not_told_and_constant_writing_is_no_busy_loop() {
    let mut scene = Scene::with(2, json!({})).await;
    scene.soon("the first set", |all| all.targets.len() == 2).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    scene.targets.mark_unchanged();
    let before = scene.consul.asked().all();
    for _ in 0..600 {
        scene.consul.write_nothing();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let asked = scene.consul.asked().all() - before;
    // Three questions, each twice at once and then once in two seconds, for a minute.
    assert!((10..=3 * 33).contains(&asked), "{asked} questions in a minute of six hundred writes");
    assert!(!scene.targets.has_changed().expect("open"), "nothing is new");
}

#[tokio::test(start_paused = true)]
async fn an_index_that_goes_backwards_or_is_nothing_loses_no_change() {
    let mut scene = Scene::with(3, json!({})).await;
    for _ in 0..50 {
        scene.consul.write_nothing();
    }
    scene.soon("the first set", |all| all.targets.len() == 3).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    scene.consul.restore_snapshot(3);
    tokio::time::sleep(Duration::from_secs(30)).await;
    scene.consul.set_check(&name(1), "1", Status::Warning);
    scene.soon("a change at a low index", |all| health(all, &name(1)) == Some(Health::Warning)).await;
    tokio::time::sleep(Duration::from_secs(30)).await;

    scene.consul.answer_index_zero(true);
    scene.consul.write_nothing();
    let before = scene.consul.asked().all();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = scene.consul.asked().all() - before;
    assert!(asked <= 4 * 33, "{asked} questions in a minute: an index of 0 counts as 1");
    scene.consul.answer_index_zero(false);
    scene.consul.register(instance(7));
    scene.within(5 * SOON, "a change afterwards", |all| all.targets.len() == 4).await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_keeps_the_last_good_set_as_stale_and_ends_by_itself() {
    for (services, outage) in [(3, Outage::Gone), (3, Outage::NoLeader), (150, Outage::Gone)] {
        let mut scene = Scene::with(services, json!({})).await;
        scene.soon("the first set", |all| all.targets.len() == services).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        scene.consul.set_outage(Some(outage));
        let stale = scene.soon("the outage", |all| all.sources[0].trouble.is_some()).await;
        assert_eq!(stale.targets.len(), services, "the last good set");
        let why = stale.targets[0].stale.clone().expect("stale");
        let expected = if outage == Outage::Gone { "cannot be reached" } else { "No cluster leader" };
        assert!(why.contains(expected), "{why}");
        let before = scene.consul.asked().all();
        tokio::time::sleep(Duration::from_secs(600)).await;
        let asked = scene.consul.asked().all() - before;
        assert!(asked <= 60, "{asked} questions in ten minutes without Consul");
        assert_eq!(scene.now().targets.len(), services);
        // What happened meanwhile is seen afterwards, addresses too.
        scene.consul.register(Instance { port: 9, ..instance(1) });
        scene.consul.set_outage(None);
        let is_right = |all: &Targets| {
            let moved = all.targets.iter().any(|target| target.address == "127.0.0.1:9");
            moved && all.targets.iter().all(|target| target.stale.is_none())
        };
        // As long as it is waited after failures, at most.
        let all = scene.within(Duration::from_secs(80), "the recovery", is_right).await;
        assert_eq!((all.targets.len(), &all.sources[0].trouble), (services, &None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_services_are_right_soon_and_asked_only_when_they_changed() {
    let mut scene = Scene::with(1_000, json!({})).await;
    scene.soon("the first set", |all| all.targets.len() == 1_000).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let first = scene.consul.asked();
    assert!(first.service <= 1_010, "each is asked once: {first:?}");
    assert!(first.most_connections <= 40, "an agent allows one address 200: {first:?}");
    tokio::time::sleep(Duration::from_secs(300)).await;
    let idle = scene.consul.asked();
    assert!(idle.all() - first.all() <= 8, "nothing changed: {idle:?} after {first:?}");

    scene.consul.set_check(&name(500), "500", Status::Critical);
    scene.soon("a check", |all| health(all, &name(500)) == Some(Health::Critical)).await;
    scene.consul.register(Instance { id: "x".into(), ..instance(501) });
    scene.soon("an instance", |all| all.targets.len() == 1_001).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    scene.consul.deregister(&name(502), "502");
    scene.soon("a service that is gone", |all| all.targets.len() == 1_000).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let named = scene.consul.asked();
    assert!(named.service - idle.service <= 6, "only who changed is asked: {named:?} after {idle:?}");

    // No check and no tag tells who changed: everybody is asked.
    scene.consul.register(Instance { port: 77, ..instance(503) });
    scene.soon("a port", |all| all.targets.iter().any(|target| target.address == "127.0.0.1:77")).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let all = scene.consul.asked();
    assert!(all.service - named.service <= 1_005, "{all:?} after {named:?}");

    // Somebody writes all the time, and nobody knows what.
    for _ in 0..300 {
        scene.consul.write_nothing();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let churn = scene.consul.asked();
    assert!(churn.service - all.service <= 7_000, "at most everybody every fifteen seconds: {churn:?} after {all:?}");
    assert!(churn.most_connections <= 40 && churn.refused == 0, "{churn:?}");
}

#[tokio::test(start_paused = true)]
async fn a_catalog_that_grows_and_shrinks_changes_how_it_is_watched() {
    let mut scene = Scene::with(95, json!({})).await;
    scene.soon("the first set", |all| all.targets.len() == 95).await;
    assert!(scene.consul.asked().most_connections <= 120, "{:?}", scene.consul.asked());
    (95..110).for_each(|n| scene.consul.register(instance(n)));
    scene.within(3 * SOON, "the larger one", |all| all.targets.len() == 110).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(scene.consul.asked().state > 0, "bells ring");
    (50..110).for_each(|n| scene.consul.deregister(&name(n), &n.to_string()));
    scene.within(3 * SOON, "the smaller one", |all| all.targets.len() == 50).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    scene.consul.set_check(&name(1), "1", Status::Warning);
    scene.soon("a check", |all| health(all, &name(1)) == Some(Health::Warning)).await;
}

#[tokio::test(start_paused = true)]
async fn only_what_is_asked_for_is_found_by_name_tag_and_namespace() {
    let consul = Consul::start().await.expect("a port");
    let tagged =
        |n: usize, tags: &[&str]| Instance { tags: tags.iter().map(ToString::to_string).collect(), ..instance(n) };
    consul.register(tagged(1, &["grpc", "eu"]));
    consul.register(Instance { id: "1b".into(), ..tagged(1, &["grpc"]) });
    consul.register(tagged(2, &["http"]));
    consul.register(Instance { namespace: "shop".into(), ..tagged(3, &["grpc", "eu"]) });
    let mut by_tag = Scene::at(consul, json!({ "tags": ["grpc", "eu"] }));
    let all = by_tag.soon("by tag", |all| !all.targets.is_empty()).await;
    assert_eq!(all.targets.iter().map(|target| &*target.name).collect::<Vec<_>>(), ["service-0001/node-1"]);
    let mut by_namespace = Scene::at(by_tag.consul, json!({ "namespace": "shop", "datacenter": "dc1" }));
    let all = by_namespace.soon("by namespace", |all| !all.targets.is_empty()).await;
    assert_eq!((all.targets.len(), all.targets[0].service.as_str()), (1, "service-0003"));
    let mut by_name = Scene::at(by_namespace.consul, json!({ "services": ["consul", "service-0002"] }));
    let all = by_name.soon("by name", |all| all.targets.len() == 2).await;
    assert_eq!(all.targets[0].service, "consul");
    let mut elsewhere = Scene::at(by_name.consul, json!({ "datacenter": "mars" }));
    let all = elsewhere.soon("elsewhere", |all| all.sources[0].trouble.is_some()).await;
    assert_eq!(all.sources[0].trouble.as_deref(), Some("Consul has trouble (500): No path to datacenter"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_shown_read_again_when_it_is_refused_and_what_it_may_not_see_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let consul = Consul::start().await.expect("a port");
    (0..3).for_each(|n| consul.register(instance(n)));
    let some = Some(vec![name(0), name(1)]);
    consul.set_acl(Some(Acl { tokens: [("old".to_owned(), some), ("new".to_owned(), None)].into() }));
    let mut scene = Scene::at(consul, json!({ "token_file": file }));
    let missing = scene.soon("the missing file", |all| all.sources[0].trouble.is_some()).await;
    assert!(missing.sources[0].trouble.as_deref().is_some_and(|why| why.starts_with("the ACL token cannot be read")));
    std::fs::write(&file, "old\n").expect("written");
    let all = scene.soon("what the token may see", |all| all.targets.len() == 2).await;
    assert_eq!(all.sources[0].problems, ["Consul leaves out what the ACL token may not see."]);
    scene.consul.set_acl(Some(Acl { tokens: [("new".to_owned(), None)].into() }));
    let stale = scene.soon("the refusal", |all| all.sources[0].trouble.is_some()).await;
    assert_eq!(stale.targets.len(), 2);
    let why = stale.sources[0].trouble.as_deref();
    assert_eq!(why, Some("Consul refuses the ACL token (403): rpc error making call: ACL not found"));
    std::fs::write(&file, "new").expect("written");
    let all = scene.within(Duration::from_secs(60), "the new token", |all| all.targets.len() == 3).await;
    assert_eq!((&all.sources[0].trouble, all.sources[0].problems.len()), (&None, 0));
}

#[tokio::test(start_paused = true)]
async fn sources_that_are_cancelled_end_with_everything_that_they_began() {
    let consul = Consul::start().await.expect("a port");
    (0..20).for_each(|n| consul.register(instance(n)));
    let written = json!({ "name": "c", "find": { "consul": { "address": consul.url() } }, "probe": { "target": "grpc://{address}" } });
    let cancellation = CancellationToken::new();
    let running = Sources::new(vec![ProbeSource::read(&written).expect("a source")], &cancellation);
    running.targets().wait_for(|all| all.targets.len() == 20).await.expect("told");
    cancellation.cancel();
    running.ended().await;
    let asked = consul.asked().all();
    (0..20).for_each(|n| consul.set_check(&name(n), &n.to_string(), Status::Warning));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(consul.asked().all(), asked);
}
