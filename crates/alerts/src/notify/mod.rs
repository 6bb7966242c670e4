//! Notifications: what is sent to whom and when, and the sending.
//!
//! [`Outbox`] plans and is pure: it has bounded queues, keeps to each target's rate, waits longer after each failure, and gives up in the
//! end. Whatever becomes of a delivery is a record. [`deliver`] sends what is due, off everybody's path: a target that hangs holds up
//! nothing but itself.

mod command;
mod courier;
mod notice;
mod outbox;
mod send;
mod target;
mod webhook;

pub use command::CommandSender;
pub use courier::{Courier, deliver};
pub use notice::Notice;
pub use outbox::{Attempt, Delivery, DeliveryState, Outbox, QUEUE};
pub use send::{SendFailure, Sender, Senders, Sending};
pub use target::{Channel, Format, Rate, Target};
pub use webhook::WebhookSender;
