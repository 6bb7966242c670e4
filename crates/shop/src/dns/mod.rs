//! A small real DNS: one responder for the shop, and the resolver every service carries.

mod resolver;
mod responder;

pub use resolver::{Habit, ResolveError, Resolver};
pub use responder::{answer, respond};
