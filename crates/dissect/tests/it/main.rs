//! Whole packets in, whole rows out.

mod applications;
mod bodies;
mod collect;
mod lifecycle;
mod limits;
mod links;
mod order;
mod robustness;
mod timeouts;
mod tunnels;
