use proptest::prelude::*;

use super::*;

fn record(hop: &str, role: Role, residence_ns: u64, waited_ns: u64) -> HopRecord {
    HopRecord {
        hop: hop.into(),
        region: String::new(),
        role,
        residence_ns,
        waited_ns,
        queue_ns: 1,
        backend_ns: (role == Role::Responder).then_some(residence_ns / 2),
        received_at_ns: 9,
    }
}

fn expected(names: &[&str]) -> Vec<HopConfig> {
    names.iter().map(|hop| HopConfig { hop: (*hop).into(), region: "eu".into(), address: None }).collect()
}

/// Name, own, link.
fn told(parts: &Parts) -> Vec<(&str, Option<i64>, Option<i64>)> {
    parts.hops.iter().map(|hop| (hop.hop.as_str(), hop.own_ns, hop.link_ns)).collect()
}

fn sum(hops: &[Hop], unattributed: Option<i64>) -> i128 {
    let parts = hops.iter().flat_map(|hop| [hop.own_ns, hop.link_ns]).chain([unattributed]);
    parts.flatten().map(i128::from).sum()
}

fn measured(parts: &Parts, total_ns: u64) -> Measured {
    Measured {
        total_ns,
        hops: parts.hops.clone(),
        unattributed_ns: parts.unattributed_ns,
        inconsistent: parts.inconsistent,
        ..Measured::default()
    }
}

const A: &str = "Mediary A";
const B: &str = "Mediary B";

#[test]
fn every_hop_that_reports_has_its_own_time_and_the_link_before_it() {
    let records =
        [record(A, Role::Relay, 90, 80), record(B, Role::Gateway, 70, 50), record("catalog", Role::Responder, 30, 0)];
    let parts = split(&records, &expected(&[A, B, "catalog"]), 100);
    assert_eq!(told(&parts), [(A, Some(10), Some(10)), (B, Some(20), Some(10)), ("catalog", Some(30), Some(20))]);
    assert_eq!((parts.unattributed_ns, parts.inconsistent), (None, false));
    assert_eq!(parts.hops[2].backend_ns, Some(15));
    assert_eq!(parts.hops.iter().map(|hop| hop.position).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(parts.hops[0].region, "eu", "a record without a region takes that of the configuration");
}

#[test]
fn a_silent_hop_is_part_of_the_link_behind_it_and_the_last_one_has_the_rest() {
    let records = [record(A, Role::Relay, 90, 80), record(B, Role::Gateway, 70, 50)];
    let parts = split(&records, &expected(&[A, "nginx", B, "catalog"]), 100);
    let wanted = [(A, Some(10), Some(10)), ("nginx", None, None), (B, Some(20), Some(10)), ("catalog", None, Some(50))];
    assert_eq!(told(&parts), wanted);
    assert_eq!(parts.unattributed_ns, None);
}

#[test]
fn what_nobody_is_expected_to_explain_is_not_attributed() {
    let parts = split(&[record(A, Role::Relay, 90, 80)], &[], 100);
    assert_eq!((told(&parts), parts.unattributed_ns), (vec![(A, Some(10), Some(10))], Some(80)));
    let parts = split(&[], &expected(&[A, "catalog"]), 100);
    assert_eq!((told(&parts), parts.unattributed_ns), (vec![(A, None, None), ("catalog", None, None)], Some(100)));
    assert!(parts.hops.iter().all(|hop| hop.reported == Reported::Opaque && hop.role.is_none()));
}

#[test]
fn hops_that_are_not_configured_are_kept_at_their_place() {
    let records = [
        record("edge", Role::Relay, 95, 94),
        record(B, Role::Relay, 90, 80),
        record(A, Role::Gateway, 70, 50),
        record("catalog-7f", Role::Responder, 30, 0),
    ];
    let parts = split(&records, &expected(&["nginx", A, B, "catalog"]), 100);
    let names: Vec<&str> = told(&parts).iter().map(|part| part.0).collect();
    assert_eq!(
        names,
        ["edge", "nginx", B, A, "catalog-7f"],
        "the order is that of records, the service is the last one"
    );
    assert_eq!(parts.hops[4].region, "eu");
}

#[test]
fn negative_links_are_kept_and_flagged() {
    let parts = split(&[record(A, Role::Relay, 90, 20), record("s", Role::Responder, 50, 0)], &[], 100);
    assert_eq!(told(&parts), [(A, Some(70), Some(10)), ("s", Some(50), Some(-30))]);
    assert!(parts.inconsistent);
    let parts = split(&[record(A, Role::Relay, u64::MAX, u64::MAX)], &[], 100);
    assert_eq!((sum(&parts.hops, parts.unattributed_ns), parts.inconsistent), (100, true));
}

#[test]
fn packets_split_what_a_silent_hop_and_its_neighbour_had_together() {
    let records = [record(A, Role::Relay, 90, 80), record("catalog", Role::Responder, 30, 0)];
    let mut seen = measured(&split(&records, &expected(&[A, "nginx", "catalog"]), 100), 100);
    let nginx = Observation { residence_ns: 60, waited_ns: 45, received_at_ns: 7 };
    assert!(observe(&mut seen, "nginx", nginx));
    assert!(!observe(&mut seen, "nginx", nginx), "it is known now");
    assert!(!observe(&mut seen, A, nginx) && !observe(&mut seen, "nobody", nginx));
    let parts = Parts { hops: seen.hops.clone(), ..Parts::default() };
    assert_eq!(told(&parts), [(A, Some(10), Some(10)), ("nginx", Some(15), Some(20)), ("catalog", Some(30), Some(15))]);
    assert_eq!((parts.hops[1].reported, parts.hops[1].received_at_ns), (Reported::Observed, Some(7)));
}

#[test]
fn packets_explain_a_path_that_nobody_reports_of() {
    let mut seen = measured(&split(&[], &expected(&["nginx", "catalog"]), 100), 100);
    assert!(observe(&mut seen, "nginx", Observation { residence_ns: 60, waited_ns: 45, received_at_ns: 7 }));
    assert_eq!(seen.hops.iter().map(|hop| hop.link_ns).collect::<Vec<_>>(), [Some(40), Some(45)]);
    assert_eq!(seen.unattributed_ns, None);
    assert!(observe(&mut seen, "catalog", Observation { residence_ns: 41, waited_ns: 1, received_at_ns: 8 }));
    assert_eq!((seen.hops[1].own_ns, seen.hops[1].link_ns, seen.unattributed_ns), (Some(40), Some(4), Some(1)));
}

fn any_ns() -> impl Strategy<Value = u64> {
    prop_oneof![0..1_000_u64, 0..20_000_000_000_u64, any::<u64>()]
}

fn any_records() -> impl Strategy<Value = Vec<HopRecord>> {
    let role = prop::sample::select(vec![Role::Relay, Role::Gateway, Role::Responder]);
    let one = ("[a-e]", role, any_ns(), any_ns());
    let one = one.prop_map(|(hop, role, residence, waited)| record(&hop, role, residence, waited));
    prop::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn parts_sum_up_to_the_total_whatever_hops_say(
        records in any_records(),
        path in prop::collection::vec("[a-g]", 0..7),
        total in 0..i64::MAX as u64,
        seen in prop::collection::vec(("[a-g]", any_ns(), any_ns()), 0..6),
    ) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let parts = split(&records, &expected(&path), total);
        prop_assert_eq!(sum(&parts.hops, parts.unattributed_ns), i128::from(total));

        let reported: Vec<&str> =
            parts.hops.iter().filter(|hop| hop.reported == Reported::Reported).map(|hop| hop.hop.as_str()).collect();
        prop_assert_eq!(reported, records.iter().map(|record| record.hop.as_str()).collect::<Vec<_>>());
        let negative = parts.hops.iter().flat_map(|hop| [hop.link_ns, hop.own_ns]).flatten().any(|part| part < 0);
        prop_assert_eq!(parts.inconsistent, negative);
        for (place, hop) in parts.hops.iter().enumerate() {
            prop_assert_eq!(usize::from(hop.position), place);
            let last = place + 1 == parts.hops.len();
            let opaque = hop.reported == Reported::Opaque;
            prop_assert_eq!(hop.own_ns.is_none(), opaque);
            prop_assert_eq!(hop.link_ns.is_none(), opaque && (!last || records.is_empty()));
        }

        let mut measured = measured(&parts, total);
        for (hop, residence_ns, waited_ns) in seen {
            let before = measured.clone();
            let taken = observe(&mut measured, &hop, Observation { residence_ns, waited_ns, received_at_ns: 0 });
            prop_assert_eq!(sum(&measured.hops, measured.unattributed_ns), i128::from(total));
            prop_assert_eq!(taken, before != measured);
            prop_assert_eq!(before.hops.len(), measured.hops.len());
        }
    }

    #[test]
    fn an_expected_hop_is_there_once(records in any_records(), path in prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..5)) {
        let parts = split(&records, &expected(&path), 1_000);
        let responder_took_the_end = records.last().is_some_and(|last| last.role == Role::Responder && !path.contains(&last.hop.as_str()));
        for (place, hop) in path.iter().enumerate() {
            if place + 1 == path.len() && responder_took_the_end { continue; }
            let said = records.iter().filter(|record| record.hop == *hop).count();
            let there = parts.hops.iter().filter(|known| known.hop == *hop).count();
            prop_assert_eq!(there, said.max(1), "{}", hop);
        }
    }
}
