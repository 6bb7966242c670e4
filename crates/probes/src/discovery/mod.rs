//! Where probe targets come from: Consul, DNS SRV records, files and lists.
//!
//! ```text
//!  Consul ─ blocking queries ─┐
//!  DNS ──── SRV, by its TTL ──┤
//!  file ─── when it changes ──┼─▶ instances ─ template ─▶ targets, each a probe ─▶ whoever watches the set
//!  list ──────────────────────┘
//! ```
//!
//! A source that cannot be asked keeps what it said last, marked as stale with the reason; it never empties the set.
//!
//! | file | what it does |
//! |---|---|
//! | `config`, `problem` | sources as they are written, and what is wrong with them |
//! | `instance`, `template` | what a source says of a target, and the probe that is made of it |
//! | `sources` | runs all of them and tells the set |
//! | `pace` | how often somebody is asked, and how soon again after a failure |
//! | `consul` | a Consul catalog, by its HTTP API |
//! | `srv`, `dns` | SRV records |
//! | `file` | a file that is read again when it changes |

mod config;
mod consul;
mod dns;
mod file;
mod instance;
mod pace;
mod problem;
mod sources;
mod srv;
mod template;

pub use config::{Consul, Entry, File, Find, ProbeSource, Srv, Told};
pub use instance::Health;
pub use sources::{SourceState, Sources, Target, Targets};
