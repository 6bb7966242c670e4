//! What a hop remembers of a probe: said when it is asked afterwards, by whoever waited in vain.
//!
//! ```text
//! 1;relay;Mediary%20B;eu-west;age;sent;left;answered, cancelled, failed or late;received_at;signature or nothing
//! ```

use super::{
    Key, MOST_RECORDS, ProbeId, Refusal, Role,
    fields::{self, What},
};

/// What one hop remembers of one probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    pub hop: String,
    pub region: String,
    pub role: Role,
    /// `None` when it never came, or so long ago that it is forgotten.
    pub stay: Option<Stay>,
}

/// How a probe fared at a hop. Nanoseconds of its monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// So long before the hop was asked, it came.
    pub age_ns: u64,
    /// After it came, it was sent on.
    pub sent_ns: Option<u64>,
    /// After it came, it left, and how.
    pub left: Option<(u64, Ending)>,
    /// The hop's wall clock when it came, nanoseconds since 1970; for drawing only.
    pub received_at_ns: i64,
}

/// How a probe left a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// An answer was passed on, or the hop gave one itself.
    Answered,
    /// Whoever sent it gave up.
    Cancelled,
    /// The next hop broke it off, or was not there.
    Failed,
    /// Its deadline was over, and the next hop did not say so.
    Late,
}

impl Ending {
    const ALL: [Self; 4] = [Self::Answered, Self::Cancelled, Self::Failed, Self::Late];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Late => "late",
        }
    }
}

impl Sighting {
    /// The value of a `wirereel-seen`, signed for this probe where there is a key.
    pub fn encode(&self, id: ProbeId, key: Option<&Key>) -> String {
        let mut said = fields::begin(self.role, &self.hop, &self.region);
        let stay = self.stay.as_ref();
        let left = stay.and_then(|stay| stay.left);
        fields::add(&mut said, stay.map(|stay| stay.age_ns));
        fields::add(&mut said, stay.and_then(|stay| stay.sent_ns));
        fields::add(&mut said, left.map(|(after_ns, _)| after_ns));
        fields::add(&mut said, left.map(|(_, ending)| ending.as_str()));
        fields::add(&mut said, stay.map(|stay| stay.received_at_ns));
        fields::seal(said, What::Seen, id, key)
    }

    /// What a value says, as [`super::HopRecord::decode`].
    ///
    /// # Errors
    /// Why it does not count.
    pub fn decode(value: &[u8], id: ProbeId, key: Option<&Key>) -> Result<Self, Refusal> {
        let [role, hop, region, age, sent, left, ending, received_at] = fields::open(value, What::Seen, id, key)?;
        let named = Ending::ALL.into_iter().find(|known| known.as_str() == ending);
        let left = match (fields::maybe(left)?, named) {
            (Some(after_ns), Some(ending)) => Some((after_ns, ending)),
            (None, None) if ending.is_empty() => None,
            _ => return Err(Refusal::Malformed("its ending is not known")),
        };
        let sent_ns = fields::maybe(sent)?;
        let stay = match (fields::maybe(age)?, fields::maybe(received_at)?) {
            (Some(age_ns), Some(received_at_ns)) => Some(Stay { age_ns, sent_ns, left, received_at_ns }),
            (None, None) if sent_ns.is_none() && left.is_none() => None,
            _ => return Err(Refusal::Malformed("it is and is not seen")),
        };
        let (role, hop, region) = (fields::role(role)?, fields::name(hop)?, fields::name(region)?);
        Ok(Self { hop, region, role, stay })
    }
}

/// All that hops remember of one probe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sightings {
    /// In the order of the request.
    pub hops: Vec<Sighting>,
    /// Those that do not count.
    pub ignored: u32,
}

impl Sightings {
    /// Reads every `wirereel-seen` of an answer, as [`super::Records::read`].
    pub fn read<'a>(values: impl IntoIterator<Item = &'a [u8]>, id: ProbeId, key: Option<&Key>) -> Self {
        let mut sightings = Self::default();
        let values = values.into_iter().flat_map(|value| value.split(|byte| *byte == b','));
        for (position, value) in values.enumerate() {
            let sighting = (position < MOST_RECORDS).then(|| Sighting::decode(value.trim_ascii(), id, key));
            match sighting {
                Some(Ok(sighting)) => sightings.hops.push(sighting),
                _ => sightings.ignored = sightings.ignored.saturating_add(1),
            }
        }
        sightings.hops.reverse();
        sightings
    }

    /// Where a probe was lost, in words such as "entered Mediary B, never left"; `None` when no hop says anything.
    pub fn in_words(&self) -> Option<String> {
        let last = self.hops.iter().rposition(|sighting| sighting.stay.is_some());
        let Some(last) = last else {
            return self.hops.first().map(|first| format!("never entered {}", first.hop));
        };
        let (hop, stay) = (&self.hops[last].hop, self.hops[last].stay?);
        let next = self.hops.get(last + 1).map(|next| &next.hop);
        Some(match (stay.left, stay.sent_ns, next) {
            (Some((_, Ending::Answered)), ..) => format!("{hop} answered, which never came back"),
            (Some((_, Ending::Failed)), None, _) => format!("entered {hop}, which could not send it on"),
            (Some((_, Ending::Failed)), Some(_), _) => format!("{hop} sent it on, which was broken off behind it"),
            (_, None, _) => format!("entered {hop}, never left"),
            (_, Some(_), Some(next)) => format!("left {hop}, never entered {next}"),
            (_, Some(_), None) => format!("{hop} sent it on, no answer came"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: ProbeId = ProbeId([7; 16]);

    fn sighting(hop: &str, stay: Option<Stay>) -> Sighting {
        Sighting { hop: hop.into(), region: "eu".into(), role: Role::Relay, stay }
    }

    fn stay(sent_ns: Option<u64>, left: Option<(u64, Ending)>) -> Option<Stay> {
        Some(Stay { age_ns: 5_000, sent_ns, left, received_at_ns: 17 })
    }

    #[test]
    fn a_sighting_is_one_compact_ascii_value() {
        let seen = sighting("Mediary B", stay(Some(10), Some((4_000, Ending::Cancelled))));
        assert_eq!(seen.encode(ID, None), "1;relay;Mediary%20B;eu;5000;10;4000;cancelled;17;");
        assert_eq!(sighting("B", None).encode(ID, None), "1;relay;B;eu;;;;;;");
        for wrong in [
            "1;relay;B;eu;;5;;;;",
            "1;relay;B;eu;5;;;answered;17;",
            "1;relay;B;eu;5;;9;gone;17;",
            "1;relay;B;eu;5;;;;;",
        ] {
            assert!(matches!(Sighting::decode(wrong.as_bytes(), ID, None), Err(Refusal::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn where_a_probe_was_lost_is_said_in_words() {
        let (held, sent) = (stay(None, None), stay(Some(10), Some((4_000, Ending::Cancelled))));
        let words = |hops: &[(&str, Option<Stay>)]| {
            let hops = hops.iter().map(|(hop, stay)| sighting(hop, *stay)).collect();
            Sightings { hops, ignored: 0 }.in_words()
        };
        assert_eq!(words(&[]), None);
        assert_eq!(words(&[("A", None)]).as_deref(), Some("never entered A"));
        assert_eq!(words(&[("A", sent), ("B", held)]).as_deref(), Some("entered B, never left"));
        assert_eq!(words(&[("A", sent), ("B", None)]).as_deref(), Some("left A, never entered B"));
        assert_eq!(words(&[("A", sent), ("B", sent)]).as_deref(), Some("B sent it on, no answer came"));
        let answered = stay(Some(10), Some((20, Ending::Answered)));
        assert_eq!(words(&[("A", answered)]).as_deref(), Some("A answered, which never came back"));
        let failed = stay(None, Some((20, Ending::Failed)));
        assert_eq!(words(&[("A", failed)]).as_deref(), Some("entered A, which could not send it on"));
        let broken = stay(Some(10), Some((20, Ending::Failed)));
        assert_eq!(words(&[("A", broken)]).as_deref(), Some("A sent it on, which was broken off behind it"));
    }

    #[test]
    fn a_record_is_no_sighting_whoever_signed_it() {
        let key = Key::new(b"our own secret").expect("long enough");
        // The same fields, signed as the other thing.
        let seen = sighting("B", stay(None, None));
        let said = seen.encode(ID, None);
        let as_hop = format!("{said}{}", key.sign_said(What::Hop, ID, &said));
        assert_eq!(Sighting::decode(as_hop.as_bytes(), ID, Some(&key)), Err(Refusal::Foreign));
        assert_eq!(Sighting::decode(seen.encode(ID, Some(&key)).as_bytes(), ID, Some(&key)), Ok(seen));
    }

    proptest! {
        #[test]
        fn any_sighting_comes_back(
            age_ns: u64, sent_ns: Option<u64>, left in prop::option::of((any::<u64>(), prop::sample::select(&Ending::ALL[..]))),
            received_at_ns: i64, seen: bool, signed: bool,
        ) {
            let key = signed.then(|| Key::new(b"our own secret").expect("long enough"));
            let sighting = sighting("Mediary B", seen.then_some(Stay { age_ns, sent_ns, left, received_at_ns }));
            let value = sighting.encode(ID, key.as_ref());
            prop_assert_eq!(Sighting::decode(value.as_bytes(), ID, key.as_ref()), Ok(sighting));
        }

        #[test]
        fn any_bytes_are_sightings_or_refused(bytes: Vec<u8>) {
            let sightings = Sightings::read([bytes.as_slice()], ID, None);
            prop_assert!(sightings.hops.len() <= MOST_RECORDS);
            let _ = sightings.in_words();
        }
    }
}
