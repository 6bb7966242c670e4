//! Fuzz inputs as what hops, and whoever pretends to be one, say of probes; and what must hold whatever they say.
//!
//! Also compiled into the tests of `wirereel-probes`, which try some inputs of no corpus.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use wirereel_probes::{
    HopRecord, ProbeId,
    config::HopConfig,
    path::split,
    record::{
        HOP, Key, MOST_RECORDS, PROBE_ID, Records, SEEN, SIGNATURE, Sighting, Sightings, TARGET_REGION, TARGET_SERVICE,
        TRACEPARENT, probe_of, target_of,
    },
};

const NAMES: [&str; 7] = [PROBE_ID, SIGNATURE, TARGET_REGION, TARGET_SERVICE, TRACEPARENT, HOP, SEEN];

/// An input's first byte says whether there is a key, the next eight are the sender's total, and each line of the rest is a value that
/// somebody sent.
pub fn said(input: &[u8]) {
    let [first, total @ ..] = input else { return };
    let key = Key::new(b"a key that is long enough").ok().filter(|_| first & 1 == 1);
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(total).for_each(|(to, from)| *to = *from);
    let total_ns = u64::from_le_bytes(bytes);
    let values: Vec<&[u8]> = input.get(9..).unwrap_or_default().split(|byte| *byte == b'\n').collect();
    metadata(&values, key.as_ref());
    let Some(id) = ProbeId::from_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") else { return };
    records(&values, id, key.as_ref(), total_ns);
    sightings(&values, id, key.as_ref());
}

/// A request's metadata: each value in turn under each name.
fn metadata(values: &[&[u8]], key: Option<&Key>) {
    let mut headers = HeaderMap::new();
    for (value, name) in values.iter().take(256).zip(NAMES.iter().cycle()) {
        if let Ok(text) = std::str::from_utf8(value)
            && let Some(id) = ProbeId::from_traceparent(text)
        {
            assert_eq!(ProbeId::from_traceparent(&id.traceparent()), Some(id), "an id survives its trace context");
        }
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let to = target_of(&headers);
    assert!(to.region.len() <= 3 * 128 && to.service.len() <= 3 * 128, "names are bounded");
    if let Ok(Some(id)) = probe_of(&headers, key) {
        assert_ne!(id.to_string(), "0".repeat(32), "nobody has the id of all zeros");
    }
}

/// Records as trailers have them, and the total that they split.
fn records(values: &[&[u8]], id: ProbeId, key: Option<&Key>, total_ns: u64) {
    for value in values {
        if let Ok(record) = HopRecord::decode(value, id, key) {
            let again = HopRecord::decode(record.encode(id, key).as_bytes(), id, key);
            assert_eq!(again.as_ref(), Ok(&record), "what was read is written as it was meant");
        }
    }
    let records = Records::read(values.iter().copied(), id, key);
    assert!(records.hops.len() <= MOST_RECORDS, "records are bounded");
    let expected = |hop: &str| HopConfig { hop: hop.into(), ..HopConfig::default() };
    let named: Vec<HopConfig> = records.hops.iter().step_by(2).map(|record| expected(&record.hop)).collect();
    let silent = [&named[..], &[expected("a hop that says nothing")]].concat();
    for path in [Vec::new(), named, silent] {
        let parts = split(&records.hops, &path, total_ns);
        let told: i128 = parts.hops.iter().flat_map(|hop| [hop.own_ns, hop.link_ns]).flatten().map(i128::from).sum();
        let rest = i128::from(parts.unattributed_ns.unwrap_or(0));
        let total = i128::from(i64::try_from(total_ns).unwrap_or(i64::MAX));
        assert_eq!(told + rest, total, "parts are all of the total: {parts:?}");
        let in_order = (0..).zip(&parts.hops).all(|(position, hop)| hop.position == position);
        assert!(in_order, "every hop has its place: {parts:?}");
        let negative = parts.hops.iter().any(|hop| hop.own_ns < Some(0) && hop.own_ns.is_some());
        assert!(!negative || parts.inconsistent, "what is negative is told: {parts:?}");
    }
}

/// What hops remember, as trailers have it.
fn sightings(values: &[&[u8]], id: ProbeId, key: Option<&Key>) {
    for value in values {
        if let Ok(sighting) = Sighting::decode(value, id, key) {
            let again = Sighting::decode(sighting.encode(id, key).as_bytes(), id, key);
            assert_eq!(again.as_ref(), Ok(&sighting), "what was read is written as it was meant");
        }
    }
    let words = Sightings::read(values.iter().copied(), id, key).in_words();
    assert!(words.is_none_or(|words| words.len() < 1_024), "an account is a sentence");
}
