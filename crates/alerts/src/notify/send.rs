//! Sending: the trait, and who sends what.

use std::{future::Future, pin::Pin, sync::Arc};

use super::{Attempt, Channel, CommandSender, WebhookSender};

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SendFailure {
    /// In one sentence, without addresses and secrets.
    pub message: String,
    /// Whether trying again cannot help.
    pub is_final: bool,
    /// How long the receiver wants to be left alone.
    pub retry_after_ns: Option<i64>,
}

impl SendFailure {
    /// One that may be better next time.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_final: false, retry_after_ns: None }
    }

    /// One that will be the same next time.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_final: true, retry_after_ns: None }
    }
}

/// An attempt under way. Dropping it ends it.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), SendFailure>> + Send + 'a>>;

/// Something that can send. Keeps to the target's timeout.
pub trait Sender: Send + Sync {
    fn send<'a>(&'a self, attempt: &'a Attempt) -> Sending<'a>;
}

/// Who sends on which channel.
#[derive(Clone)]
pub struct Senders {
    /// `None` where there is no desktop, or no window.
    pub desktop: Option<Arc<dyn Sender>>,
    pub command: Arc<dyn Sender>,
    pub webhook: Arc<dyn Sender>,
}

impl Senders {
    /// Programs and webhooks; a desktop where there is one.
    pub fn new(desktop: Option<Arc<dyn Sender>>) -> Self {
        Self { desktop, command: Arc::new(CommandSender), webhook: Arc::new(WebhookSender::new()) }
    }
}

impl Sender for Senders {
    fn send<'a>(&'a self, attempt: &'a Attempt) -> Sending<'a> {
        match (&attempt.target.to, &self.desktop) {
            (Channel::Command { .. }, _) => self.command.send(attempt),
            (Channel::Webhook { .. }, _) => self.webhook.send(attempt),
            (Channel::Desktop {}, Some(desktop)) => desktop.send(attempt),
            (Channel::Desktop {}, None) => Box::pin(async { Err(SendFailure::passing("no window is open")) }),
        }
    }
}
