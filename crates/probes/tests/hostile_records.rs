//! What strangers may say of probes, in the words of the fuzz target: nothing of it panics, and parts are always all of the total.
#![allow(unreachable_pub, reason = "shared with fuzzing")]

#[path = "../../../fuzz/src/probes.rs"]
mod probes;

use proptest::prelude::*;

/// A record, or something that is nearly one.
fn nearly_a_record() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just(String::new()),
        any::<u64>().prop_map(|n| n.to_string()),
        (0..2_000_000_u64).prop_map(|n| n.to_string()),
        "[0-9+-]{1,25}",
    ];
    let role = prop_oneof![Just("relay"), Just("gateway"), Just("responder"), Just("mediary")];
    let ending = prop_oneof![Just("answered"), Just("cancelled"), Just("failed"), Just("late"), Just("")];
    let numbers = proptest::collection::vec(number, 3..7);
    (0..3_u8, role, "[a-zA-Z%0-9 ]{0,12}", numbers, ending, "[0-9a-f]{0,4}").prop_map(
        |(version, role, name, numbers, ending, signature)| {
            let numbers = numbers.join(";");
            format!("{version};{role};{name};eu;{numbers};{ending}{signature}")
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_said_is_read_or_ignored(input in proptest::collection::vec(any::<u8>(), 0..600)) {
        probes::said(&input);
    }

    #[test]
    fn what_is_nearly_a_record_is_too(
        total_ns in any::<u64>(),
        signed in any::<bool>(),
        values in proptest::collection::vec(nearly_a_record(), 0..80),
    ) {
        let mut input = vec![u8::from(signed)];
        input.extend(total_ns.to_le_bytes());
        input.extend(values.join("\n").bytes());
        probes::said(&input);
    }
}
