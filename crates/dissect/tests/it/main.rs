//! Whole packets in, whole rows out.

mod applications;
mod bodies;
mod collect;
mod crowd;
mod detail;
mod lifecycle;
mod limits;
mod links;
mod order;
mod regressions;
mod robustness;
mod segments;
mod timeouts;
mod troubles;
mod tunnels;
