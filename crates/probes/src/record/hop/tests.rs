//! Records there and back, and what does not count.

use proptest::prelude::*;

use super::*;
use crate::record::{MOST_RECORD_BYTES, text::cut};

const ID: ProbeId = ProbeId([7; 16]);

fn record() -> HopRecord {
    HopRecord {
        hop: "Mediary B".into(),
        region: "eu;west,1".into(),
        role: Role::Gateway,
        residence_ns: 1_500_000,
        waited_ns: 1_200_000,
        queue_ns: 12,
        backend_ns: None,
        received_at_ns: -5,
    }
}

fn key(secret: &str) -> Key {
    Key::new(secret.as_bytes()).expect("long enough")
}

#[test]
fn a_record_is_one_compact_ascii_value() {
    assert_eq!(record().encode(ID, None), "1;gateway;Mediary%20B;eu%3Bwest%2C1;1500000;1200000;12;;-5;");
}

#[test]
fn with_a_key_only_records_that_were_signed_with_it_for_this_probe_count() {
    let (ours, theirs) = (key("our own secret"), key("another secret"));
    let signed = record().encode(ID, Some(&ours));
    let decode = |value: &str, id| HopRecord::decode(value.as_bytes(), id, Some(&ours));
    assert_eq!(decode(&signed, ID), Ok(record()));
    assert_eq!(decode(&record().encode(ID, None), ID), Err(Refusal::Unsigned));
    assert_eq!(decode(&record().encode(ID, Some(&theirs)), ID), Err(Refusal::Foreign));
    assert_eq!(decode(&signed, ProbeId([8; 16])), Err(Refusal::Foreign), "one of another probe");
    assert_eq!(decode(&signed.replace("1500000", "1500001"), ID), Err(Refusal::Foreign), "one that was changed");
    let cut_off = decode(&signed[..signed.len() - 1], ID);
    assert_eq!(cut_off, Err(Refusal::Malformed("its signature is not hexadecimal")));
    assert_eq!(HopRecord::decode(signed.as_bytes(), ID, None), Ok(record()), "without a key, whoever signed");
}

#[test]
fn records_come_in_the_order_of_the_request_and_those_that_do_not_count_are_counted() {
    let named = |hop: &str| HopRecord { hop: hop.into(), ..record() };
    let joined = format!("{}, {}", named("third").encode(ID, None), named("second").encode(ID, None));
    let first = named("first").encode(ID, None);
    let records = Records::read([joined.as_bytes(), b"9;relay", &[0xff], first.as_bytes()], ID, None);
    let names: Vec<&str> = records.hops.iter().map(|record| record.hop.as_str()).collect();
    assert_eq!((names, records.ignored), (vec!["first", "second", "third"], 2));
    let many = [first.as_str()].repeat(MOST_RECORDS + 5).join(",");
    let records = Records::read([many.as_bytes()], ID, None);
    assert_eq!((records.hops.len(), records.ignored), (MOST_RECORDS, 5));
}

prop_compose! {
    fn any_record()(
        hop: String, region: String,
        role in prop_oneof![Just(Role::Relay), Just(Role::Gateway), Just(Role::Responder)],
        times: [u64; 3], backend_ns: Option<u64>, received_at_ns: i64,
    ) -> HopRecord {
        let [residence_ns, waited_ns, queue_ns] = times;
        HopRecord { hop, region, role, residence_ns, waited_ns, queue_ns, backend_ns, received_at_ns }
    }
}

proptest! {
    #[test]
    fn any_record_comes_back(record in any_record(), id: [u8; 16], signed: bool) {
        let key = signed.then(|| key("our own secret"));
        let value = record.encode(ProbeId(id), key.as_ref());
        prop_assert!(value.len() <= MOST_RECORD_BYTES);
        prop_assert!(value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
        let (hop, region) = (cut(&record.hop).to_owned(), cut(&record.region).to_owned());
        let back = HopRecord::decode(value.as_bytes(), ProbeId(id), key.as_ref());
        prop_assert_eq!(back, Ok(HopRecord { hop, region, ..record }));
    }

    #[test]
    fn any_bytes_are_a_record_or_refused(bytes: Vec<u8>) {
        let _ = HopRecord::decode(&bytes, ID, None);
        prop_assert!(HopRecord::decode(&bytes, ID, Some(&key("our own secret"))).is_err());
        let records = Records::read([bytes.as_slice()], ID, None);
        prop_assert!(records.hops.len() <= MOST_RECORDS);
    }

    #[test]
    fn a_signed_record_of_which_a_byte_was_changed_does_not_count(record in any_record(), at: prop::sample::Index, byte: u8) {
        let key = key("our own secret");
        let mut value = record.encode(ID, Some(&key)).into_bytes();
        let at = at.index(value.len());
        prop_assume!(value[at] != byte);
        value[at] = byte;
        prop_assert!(HopRecord::decode(&value, ID, Some(&key)).is_err());
    }
}
