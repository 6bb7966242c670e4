//! `grpc-timeout`, as gRPC over HTTP/2 has it: at most eight digits and a unit.

use std::time::Duration;

use hyper::HeaderMap;

/// How long a call may take, where it says so in a form that gRPC has.
pub(super) fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    parse(headers.get("grpc-timeout")?.as_bytes())
}

/// As metadata.
pub(super) fn written(timeout: Duration) -> String {
    format!("{}u", timeout.as_micros().min(99_999_999))
}

fn parse(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(number * 3_600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn timeouts_have_units_and_eight_digits_at_most() {
        assert_eq!(parse(b"1H"), Some(Duration::from_secs(3_600)));
        assert_eq!(parse(b"99999999M"), Some(Duration::from_secs(99_999_999 * 60)));
        assert_eq!(parse(b"250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse(b"7n"), Some(Duration::from_nanos(7)));
        for text in ["", "S", "1", "1s", "-1S", "123456789S", "1 S", "é"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(written(Duration::from_millis(250)), "250000u");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_timeout_or_none(bytes: Vec<u8>) {
            if let Some(timeout) = parse(&bytes) {
                prop_assert!(timeout <= Duration::from_secs(99_999_999 * 3_600));
            }
        }

        #[test]
        fn what_is_written_is_read(micros in 0_u64..100_000_000) {
            prop_assert_eq!(parse(written(Duration::from_micros(micros)).as_bytes()), Some(Duration::from_micros(micros)));
        }
    }
}
