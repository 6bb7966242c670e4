//! One record as metadata.
//!
//! ```text
//! 1;relay;Mediary%20B;eu-west;residence;waited;queue;backend or nothing;received_at;signature or nothing
//! ```

use super::{
    Key, ProbeId, Refusal, Role,
    fields::{self, What},
};

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

/// Records of one answer that are looked at; more hops has no path.
pub const MOST_RECORDS: usize = 64;

impl HopRecord {
    /// The value of a `wirereel-hop`, signed for this probe where there is a key. ASCII without blanks and commas.
    pub fn encode(&self, id: ProbeId, key: Option<&Key>) -> String {
        let mut said = fields::begin(self.role, &self.hop, &self.region);
        for time in [Some(self.residence_ns), Some(self.waited_ns), Some(self.queue_ns), self.backend_ns] {
            fields::add(&mut said, time);
        }
        fields::add(&mut said, Some(self.received_at_ns));
        fields::seal(said, What::Hop, id, key)
    }

    /// What a value says. With a key, only what was signed with it for this probe; without one, whoever signed.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn decode(value: &[u8], id: ProbeId, key: Option<&Key>) -> Result<Self, Refusal> {
        let [role, hop, region, residence, waited, queue, backend, received_at] =
            fields::open(value, What::Hop, id, key)?;
        Ok(Self {
            role: fields::role(role)?,
            hop: fields::name(hop)?,
            region: fields::name(region)?,
            residence_ns: fields::number(residence)?,
            waited_ns: fields::number(waited)?,
            queue_ns: fields::number(queue)?,
            backend_ns: fields::maybe(backend)?,
            received_at_ns: fields::number(received_at)?,
        })
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
