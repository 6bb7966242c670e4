//! One record as metadata.
//!
//! ```text
//! 1;relay;Mediary%20B;eu-west;residence;waited;queue;backend or nothing;received_at;signature or nothing
//! ```

use super::{Key, ProbeId, Refusal, Role, key::SIGNATURE_LEN, text};

/// How long one hop held one probe. Nanoseconds of its monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopRecord {
    /// Of this and the region, 128 bytes travel.
    pub hop: String,
    pub region: String,
    pub role: Role,
    /// From the request's headers until the answer's trailers.
    pub residence_ns: u64,
    /// Of that, from the request's headers sent on until the next hop's trailers; a responder waits for nobody.
    pub waited_ns: u64,
    /// Of the hop's own time, waiting for a connection to the next.
    pub queue_ns: u64,
    /// Of a responder's time, the service's work.
    pub backend_ns: Option<u64>,
    /// Its wall clock when the request came, nanoseconds since 1970; for drawing only.
    pub received_at_ns: i64,
}

/// Bytes of one record's metadata at most: two names of which every byte is encoded, and numbers.
pub const MOST_RECORD_BYTES: usize = 1_024;
/// Records of one answer that are looked at; more hops has no path.
pub const MOST_RECORDS: usize = 64;

const VERSION: &str = "1";
const FIELDS: usize = 10;

impl HopRecord {
    /// The value of a `wirereel-hop`, signed for this probe where there is a key. ASCII without blanks and commas.
    pub fn encode(&self, id: ProbeId, key: Option<&Key>) -> String {
        let mut said = String::with_capacity(192);
        said.push_str(VERSION);
        said.push(';');
        said.push_str(self.role.as_str());
        for name in [&self.hop, &self.region] {
            said.push(';');
            text::encode(name, &mut said);
        }
        for number in [Some(self.residence_ns), Some(self.waited_ns), Some(self.queue_ns), self.backend_ns] {
            said.push(';');
            said.extend(number.map(|number| number.to_string()));
        }
        said.push(';');
        said.push_str(&self.received_at_ns.to_string());
        said.push(';');
        if let Some(key) = key {
            let signature = key.sign_record(id, &said);
            said.push_str(&signature);
        }
        said
    }

    /// What a value says. With a key, only what was signed with it for this probe; without one, whoever signed.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn decode(value: &[u8], id: ProbeId, key: Option<&Key>) -> Result<Self, Refusal> {
        if value.len() > MOST_RECORD_BYTES {
            return Err(Refusal::Malformed("it is too long"));
        }
        let value = std::str::from_utf8(value).map_err(|_| Refusal::Malformed("it is not ASCII"))?;
        let mut fields = [""; FIELDS];
        let mut parts = value.split(';');
        for field in &mut fields {
            *field = parts.next().ok_or(Refusal::Malformed("it lacks a field"))?;
        }
        if parts.next().is_some() {
            return Err(Refusal::Malformed("it has too many fields"));
        }
        let [version, role, hop, region, residence, waited, queue, backend, received_at, signature] = fields;
        if version != VERSION {
            return Err(Refusal::Malformed("its version is not known"));
        }
        if let Some(key) = key {
            key.check_record(id, &value[..value.len() - signature.len()], Some(signature.as_bytes()))?;
        } else if signature.len() > SIGNATURE_LEN {
            return Err(Refusal::Malformed("its signature is too long"));
        }
        Ok(Self {
            role: Role::named(role).ok_or(Refusal::Malformed("its role is not known"))?,
            hop: name(hop)?,
            region: name(region)?,
            residence_ns: number(residence)?,
            waited_ns: number(waited)?,
            queue_ns: number(queue)?,
            backend_ns: if backend.is_empty() { None } else { Some(number(backend)?) },
            received_at_ns: number(received_at)?,
        })
    }
}

fn name(text: &str) -> Result<String, Refusal> {
    text::decode(text.as_bytes()).ok_or(Refusal::Malformed("a name is not percent-encoded"))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("a number is none, or too large"))
}

impl Role {
    /// As records say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Gateway => "gateway",
            Self::Responder => "responder",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Relay, Self::Gateway, Self::Responder].into_iter().find(|role| role.as_str() == name)
    }
}

/// All records of one answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// In the order of the request: the hop that saw it first is first.
    pub hops: Vec<HopRecord>,
    /// Those that do not count.
    pub ignored: u32,
}

impl Records {
    /// Reads every `wirereel-hop` of an answer, in the order in which they stand there. Values that somebody joined with commas are taken
    /// apart (RFC 9110 §5.3).
    pub fn read<'a>(values: impl IntoIterator<Item = &'a [u8]>, id: ProbeId, key: Option<&Key>) -> Self {
        let mut records = Self::default();
        let values = values.into_iter().flat_map(|value| value.split(|byte| *byte == b','));
        for (position, value) in values.enumerate() {
            // What is beyond the limit costs no signature.
            let record = (position < MOST_RECORDS).then(|| HopRecord::decode(value.trim_ascii(), id, key));
            match record {
                Some(Ok(record)) => records.hops.push(record),
                _ => records.ignored = records.ignored.saturating_add(1),
            }
        }
        // Each hop appends its own behind what came from the hops after it.
        records.hops.reverse();
        records
    }
}

#[cfg(test)]
mod tests;
