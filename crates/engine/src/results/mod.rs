//! What comes of whatever recurs, website checks and probes alike: how a result is taken in, and what is told of it.
//!
//! | file | what it does |
//! |---|---|
//! | `measuring` | the threads: one measures, one keeps |
//! | `keeper` | results in batches: stored, counted, told; old ones removed |
//! | `told` | what rules and hosts are told of them |

mod keeper;
mod measuring;
mod told;

pub(crate) use keeper::{Keeper, Results};
pub(crate) use measuring::{Measuring, Names};
pub(crate) use told::{Tell, Told, blind_time, state_of};
