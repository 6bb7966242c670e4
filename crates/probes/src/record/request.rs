//! What a request says of the probe that it is, and of where it goes.

use hyper::HeaderMap;

use super::{Key, PROBE_ID, ProbeId, Refusal, SIGNATURE, TARGET_REGION, TARGET_SERVICE, TRACEPARENT, text};
use crate::config::To;

/// Names and values that make a request a probe whose hops say their part: the probe's id, its trace, where it goes, and the signature
/// where there is a key. Where it goes is left out where it is empty.
pub fn request_metadata(id: ProbeId, to: &To, key: Option<&Key>) -> Vec<(&'static str, String)> {
    let mut metadata = vec![(PROBE_ID, id.to_string()), (TRACEPARENT, id.traceparent())];
    metadata.extend(target_metadata(to));
    metadata.extend(key.map(|key| (SIGNATURE, key.sign_request(id, to))));
    metadata
}

/// Names and values that say only where a request goes: of a black box, no hop is asked.
pub fn target_metadata(to: &To) -> Vec<(&'static str, String)> {
    let parts = [(TARGET_REGION, &to.region), (TARGET_SERVICE, &to.service)];
    let parts = parts.into_iter().filter(|(_, part)| !part.is_empty());
    parts
        .map(|(name, part)| {
            let mut value = String::new();
            text::encode(part, &mut value);
            (name, value)
        })
        .collect()
}

/// Where a request goes; what it does not say, or says in a form that nobody wrote, is empty.
pub fn target_of(headers: &HeaderMap) -> To {
    let part = |name| headers.get(name).and_then(|value| text::decode(value.as_bytes())).unwrap_or_default();
    To { region: part(TARGET_REGION), service: part(TARGET_SERVICE) }
}

/// The probe that a request is, when it is one and its hops are to say their part; with a key, only of somebody who has it.
///
/// # Errors
/// Why a request that says it is a probe does not count as one.
pub fn probe_of(headers: &HeaderMap, key: Option<&Key>) -> Result<Option<ProbeId>, Refusal> {
    let Some(value) = headers.get(PROBE_ID) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    let id = id.ok_or(Refusal::Malformed("its id is none"))?;
    if let Some(key) = key {
        key.check_request(id, &target_of(headers), headers.get(SIGNATURE).map(|value| value.as_bytes()))?;
    }
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn headers(metadata: &[(&'static str, String)]) -> HeaderMap {
        let value = |text: &String| HeaderValue::from_str(text).expect("visible ASCII");
        metadata.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
    }

    fn key(secret: &[u8]) -> Key {
        Key::new(secret).expect("long enough")
    }

    #[test]
    fn a_request_without_an_id_is_no_probe_but_may_say_where_it_goes() {
        let to = To { region: "süd".into(), service: "shop".into() };
        let headers = headers(&target_metadata(&to));
        assert_eq!(headers[TARGET_REGION], "s%C3%BCd");
        assert_eq!((probe_of(&headers, None), target_of(&headers)), (Ok(None), to));
        assert_eq!(target_metadata(&To::default()), []);
    }

    #[test]
    fn with_a_key_only_requests_that_were_signed_with_it_are_probes() {
        let (id, ours, theirs) = (ProbeId::random(), key(b"our own secret"), key(b"another secret"));
        let to = To { region: "eu".into(), service: "shop".into() };
        let signed = headers(&request_metadata(id, &to, Some(&ours)));
        assert_eq!(probe_of(&signed, Some(&ours)), Ok(Some(id)));
        assert_eq!(probe_of(&signed, Some(&theirs)), Err(Refusal::Foreign));
        assert_eq!(probe_of(&signed, None), Ok(Some(id)), "without a key, whoever signed");
        let mut unsigned = signed.clone();
        unsigned.remove(SIGNATURE);
        assert_eq!(probe_of(&unsigned, Some(&ours)), Err(Refusal::Unsigned));
        for (name, value) in
            [(TARGET_REGION, "us"), (TARGET_SERVICE, "till"), (PROBE_ID, "4bf92f3577b34da6a3ce929d0e0e4736")]
        {
            let mut changed = signed.clone();
            changed.insert(name, HeaderValue::from_static(value));
            assert_eq!(probe_of(&changed, Some(&ours)), Err(Refusal::Foreign), "{name}");
        }
    }

    #[test]
    fn where_one_part_ends_is_signed_as_well() {
        let (id, key) = (ProbeId::random(), key(b"our own secret"));
        let to = |region: &str, service: &str| To { region: region.into(), service: service.into() };
        assert_ne!(key.sign_request(id, &to("a", "bc")), key.sign_request(id, &to("ab", "c")));
    }

    #[test]
    fn short_secrets_are_no_keys_and_a_key_says_nothing_of_its_secret() {
        assert!(matches!(Key::new(b"short"), Err(super::super::NoKey::Short)));
        assert_eq!(format!("{:?}", key(b"our own secret")), "Key");
    }

    proptest! {
        #[test]
        fn any_target_comes_back(region: String, service: String, id: [u8; 16]) {
            prop_assume!(id != [0; 16]);
            let (id, key, to) = (ProbeId(id), key(b"our own secret"), To { region, service });
            let headers = headers(&request_metadata(id, &to, Some(&key)));
            prop_assert_eq!(probe_of(&headers, Some(&key)), Ok(Some(id)));
            let back = target_of(&headers);
            prop_assert!(to.region.starts_with(&back.region) && to.service.starts_with(&back.service));
        }

        #[test]
        fn any_metadata_is_a_probe_or_refused(values: [Vec<u8>; 4]) {
            let mut headers = HeaderMap::new();
            for (name, value) in [PROBE_ID, TARGET_REGION, TARGET_SERVICE, SIGNATURE].into_iter().zip(&values) {
                headers.extend(HeaderValue::from_bytes(value).ok().map(|value| (HeaderName::from_static(name), value)));
            }
            let _ = (probe_of(&headers, None), target_of(&headers));
            let signed = probe_of(&headers, Some(&key(b"our own secret")));
            prop_assert_eq!(signed == Ok(None), !headers.contains_key(PROBE_ID));
        }
    }
}
