//! Records in, parts of the total out.
//!
//! With Rᵢ the time that hop i holds the call and Dᵢ the time that it waits for the next, ownᵢ = Rᵢ − Dᵢ and linkᵢ = Dᵢ₋₁ − Rᵢ, where D₀ is
//! the sender's total. Then total = Σ link + Σ own + Dₙ, exactly, whatever clocks say, and Dₙ is nothing where the service itself reports.
//! A hop that does not report is part of the link behind it; what the last hop that reports waits for is the link of the path's last hop,
//! or not attributed where nobody is expected there. A negative link is kept and flagged.

use serde::{Deserialize, Serialize};

use crate::{
    config::HopConfig,
    record::{HopRecord, Role},
    result::Measured,
};

/// How a hop's times are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// It said so itself.
    Reported,
    /// From packets that were captured where it runs.
    Observed,
    /// It said nothing: its time is in a neighbouring link.
    Opaque,
}

/// One hop of one probe. Parts that are there sum up to the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// From 0, in the order of the request.
    pub position: u16,
    pub hop: String,
    pub region: String,
    /// `None` of an opaque hop.
    pub role: Option<Role>,
    pub reported: Reported,
    /// What the hop itself took; `None` of an opaque one.
    pub own_ns: Option<i64>,
    /// What lies between this hop and the one before that reports. Of an opaque hop it is `None`, but for the last of a path: nobody behind
    /// it reports, so it has what is left and is not split.
    pub link_ns: Option<i64>,
    pub residence_ns: Option<u64>,
    /// Of its own time, waiting for a connection.
    pub queue_ns: Option<u64>,
    /// Of its own time, the service's work.
    pub backend_ns: Option<u64>,
    /// By its wall clock, nanoseconds since 1970: for drawing only.
    pub received_at_ns: Option<i64>,
}

/// A call's total, split.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// In the order of the request.
    pub hops: Vec<Hop>,
    /// Of the total, what no hop and no link explains.
    pub unattributed_ns: Option<i64>,
    /// Some hop's times do not fit its neighbour's.
    pub inconsistent: bool,
}

/// How long packets say that a hop held a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// From the request's arrival until the answer's end left.
    pub residence_ns: u64,
    /// Of that, from the request sent on until the next hop's answer ended; 0 when it was not sent on.
    pub waited_ns: u64,
    /// When the request arrived, by the clock of the host that captured, nanoseconds since 1970.
    pub received_at_ns: i64,
}

/// Splits a total. Records are in the order of the request, the hop that is nearest the sender first; trailers have them the other way
/// round, as each hop appends its own.
///
/// Hops that are configured and say nothing are opaque, at their place; those that report and are not configured keep theirs. A responder
/// of a name that is not configured is the service at the end of the path, where that is silent.
pub fn split(records: &[HopRecord], path: &[HopConfig], total_ns: u64) -> Parts {
    let places = places(records, path);
    let unplaced = |name: &str| records.iter().zip(&places).any(|(record, at)| at.is_none() && record.hop == name);
    let silent = |at: &usize| !places.contains(&Some(*at)) && path.get(*at).is_some_and(|hop| !unplaced(&hop.hop));
    let mut hops = Vec::new();
    let mut next = 0;
    for (record, place) in records.iter().zip(&places) {
        if let Some(place) = *place {
            hops.extend((next..place).filter(silent).filter_map(|at| path.get(at)).map(opaque));
            next = place + 1;
        }
        let configured = place.and_then(|place| path.get(place));
        hops.push(reported(record, configured));
    }
    hops.extend((next..path.len()).filter(silent).filter_map(|at| path.get(at)).map(opaque));
    for (position, hop) in (0..).zip(&mut hops) {
        hop.position = position;
    }
    let mut parts = Parts { hops, ..Parts::default() };
    let told = parts.hops.iter().any(|hop| hop.residence_ns.is_some());
    let waited: Vec<Option<i64>> = {
        let mut of_records = records.iter();
        let mut of = |hop: &Hop| (hop.reported == Reported::Reported).then(|| of_records.next()).flatten();
        parts.hops.iter().map(|hop| of(hop).map(|record| nanos(record.waited_ns))).collect()
    };
    if told {
        attribute(&mut parts, &waited, nanos(total_ns));
    } else {
        parts.unattributed_ns = Some(nanos(total_ns));
    }
    parts
}

/// Takes what packets say of a hop that says nothing itself. Its neighbours' links become shorter by what is its own, and everything still
/// sums up to the total. `false` when there is no such hop, or when it is known already.
pub fn observe(measured: &mut Measured, hop: &str, seen: Observation) -> bool {
    let Some(at) = measured.hops.iter_mut().find(|known| known.hop == hop && known.reported == Reported::Opaque) else {
        return false;
    };
    at.reported = Reported::Observed;
    at.residence_ns = Some(seen.residence_ns);
    at.own_ns = Some(nanos(seen.residence_ns) - nanos(seen.waited_ns));
    at.received_at_ns = Some(seen.received_at_ns);
    let waited: Vec<Option<i64>> =
        measured.hops.iter().map(|hop| Some(nanos(hop.residence_ns?).saturating_sub(hop.own_ns?))).collect();
    let mut parts = Parts { hops: std::mem::take(&mut measured.hops), ..Parts::default() };
    attribute(&mut parts, &waited, nanos(measured.total_ns));
    measured.hops = parts.hops;
    measured.unattributed_ns = parts.unattributed_ns;
    measured.inconsistent = parts.inconsistent;
    true
}

/// Gives every hop its own time and its link, and the rest to whom it belongs.
fn attribute(parts: &mut Parts, waited: &[Option<i64>], total: i64) {
    // Every sum of parts is a difference of two of these, which are not negative: nothing overflows.
    let mut before = total;
    for (hop, waited) in parts.hops.iter_mut().zip(waited) {
        let (Some(residence), Some(waited)) = (hop.residence_ns.map(nanos), *waited) else {
            hop.link_ns = None;
            continue;
        };
        let (link, own) = (before - residence, residence - waited);
        (hop.link_ns, hop.own_ns) = (Some(link), Some(own));
        parts.inconsistent |= link < 0 || own < 0;
        before = waited;
    }
    match parts.hops.last_mut().filter(|last| last.reported == Reported::Opaque) {
        Some(last) => last.link_ns = Some(before),
        None => parts.unattributed_ns = Some(before).filter(|rest| *rest != 0),
    }
}

/// For each record the place of its hop in the path, ascending; `None` where it has none.
fn places(records: &[HopRecord], path: &[HopConfig]) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut places: Vec<Option<usize>> = records
        .iter()
        .map(|record| {
            let place = (next..path.len()).find(|at| path.get(*at).is_some_and(|hop| hop.hop == record.hop))?;
            next = place + 1;
            Some(place)
        })
        .collect();
    if let (Some(record), Some(place)) = (records.last(), places.last_mut())
        && record.role == Role::Responder
        && next < path.len()
        && !path.iter().any(|hop| hop.hop == record.hop)
    {
        *place = Some(path.len() - 1);
    }
    places
}

fn opaque(configured: &HopConfig) -> Hop {
    Hop {
        position: 0,
        hop: configured.hop.clone(),
        region: configured.region.clone(),
        role: None,
        reported: Reported::Opaque,
        own_ns: None,
        link_ns: None,
        residence_ns: None,
        queue_ns: None,
        backend_ns: None,
        received_at_ns: None,
    }
}

fn reported(record: &HopRecord, configured: Option<&HopConfig>) -> Hop {
    let region = match (record.region.as_str(), configured) {
        ("", Some(configured)) => configured.region.clone(),
        (said, _) => said.to_owned(),
    };
    Hop {
        position: 0,
        hop: record.hop.clone(),
        region,
        role: Some(record.role),
        reported: Reported::Reported,
        own_ns: None,
        link_ns: None,
        residence_ns: Some(record.residence_ns),
        queue_ns: Some(record.queue_ns),
        backend_ns: record.backend_ns,
        received_at_ns: Some(record.received_at_ns),
    }
}

/// No probe lasts for 292 years; a record that says so counts as the longest that can be said.
fn nanos(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
