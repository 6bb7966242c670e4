//! What tells one probe from all others.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// What tells one probe from all others: 128 random bits, never all zero (W3C trace context). Written as 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ProbeId(pub [u8; 16]);

/// A text that is no probe's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a probe's id: 32 lower-case hexadecimal digits, not all 0, were expected")]
pub struct NotAProbeId;

impl ProbeId {
    /// One that nobody else has.
    pub fn random() -> Self {
        loop {
            let bytes = rand::random::<[u8; 16]>();
            if bytes != [0; 16] {
                return Self(bytes);
            }
        }
    }

    /// A `traceparent` of this trace with a span id of its own, sampled (W3C trace context §3.2).
    pub fn traceparent(self) -> String {
        // A span id of zero would make the header invalid.
        let span = rand::random::<u64>().max(1);
        format!("00-{self}-{span:016x}-01")
    }

    /// The trace id of a `traceparent`, of this version or a later one (§4.3 of the same).
    pub fn from_traceparent(text: &str) -> Option<Self> {
        let (version, rest) = text.split_once('-')?;
        let known = version.len() == 2 && version != "ff" && hex::<1>(version).is_some();
        let (trace, rest) = rest.split_once('-')?;
        let (span, flags) = rest.split_once('-')?;
        let span = hex::<8>(span).filter(|span| *span != [0; 8]);
        let flags = if version == "00" { flags } else { flags.split('-').next()? };
        if !known || span.is_none() || hex::<1>(flags).is_none() {
            return None;
        }
        trace.parse().ok()
    }
}

impl fmt::Display for ProbeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ProbeId {
    type Err = NotAProbeId;

    fn from_str(text: &str) -> Result<Self, NotAProbeId> {
        hex(text).filter(|bytes| *bytes != [0; 16]).map(Self).ok_or(NotAProbeId)
    }
}

/// Exactly so many bytes in lower-case hexadecimal digits.
pub(super) fn hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits = text.as_bytes();
    if digits.len() != 2 * BYTES {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_written_as_the_trace_id_that_it_is() {
        let id: ProbeId = "4bf92f3577b34da6a3ce929d0e0e4736".parse().expect("an id");
        assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let traceparent = id.traceparent();
        assert!(traceparent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && traceparent.ends_with("-01"));
        assert_ne!(traceparent, id.traceparent(), "each has a span of its own");
        assert_eq!(ProbeId::from_traceparent(&traceparent), Some(id));
        assert_ne!(ProbeId::random(), ProbeId::random());
    }

    #[test]
    fn what_the_trace_context_forbids_is_no_id() {
        for text in [
            "",
            "00",
            "00000000000000000000000000000000",
            "4BF92F3577B34DA6A3CE929D0E0E4736",
            "4bf92f3577b34da6a3ce929d0e0e473é",
        ] {
            assert_eq!(text.parse::<ProbeId>(), Err(NotAProbeId), "{text}");
        }
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for text in [
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("00-{trace}-00f067aa0ba902b7"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01".into(),
        ] {
            assert_eq!(ProbeId::from_traceparent(&text), None, "{text}");
        }
        let later = ProbeId::from_traceparent(&format!("01-{trace}-00f067aa0ba902b7-01-more"));
        assert_eq!(later.map(|id| id.to_string()).as_deref(), Some(trace), "later versions may say more");
    }

    proptest! {
        #[test]
        fn any_id_comes_back(bytes: [u8; 16]) {
            prop_assume!(bytes != [0; 16]);
            let id = ProbeId(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(ProbeId::from_traceparent(&id.traceparent()), Some(id));
        }

        #[test]
        fn any_text_is_an_id_or_none(text: String) {
            if let Ok(id) = text.parse::<ProbeId>() {
                prop_assert_eq!(id.to_string(), text.clone());
            }
            let _ = ProbeId::from_traceparent(&text);
        }
    }
}
