//! What sends a probe.

use std::{future::Future, pin::Pin, sync::Arc};

use wirereel_probes::{Measured, Probe, config::Problem, sender};

/// A call that is under way.
pub(crate) type Calling<'a> = Pin<Box<dyn Future<Output = Measured> + Send + 'a>>;

/// Makes probes ready to be sent.
pub(crate) trait Probing: Send + Sync + 'static {
    /// Makes one ready: everything that can be worked out once is.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn ready(&self, probe: &Probe) -> Result<Box<dyn Call>, Vec<Problem>>;
}

/// A probe that can be sent, again and again.
pub(crate) trait Call: Send + Sync + 'static {
    fn send(&self) -> Calling<'_>;
}

/// Sends over the network.
#[derive(Default)]
pub(crate) struct TheSender(Arc<sender::Sender>);

struct Prepared {
    sender: Arc<sender::Sender>,
    probe: sender::PreparedProbe,
}

impl Probing for TheSender {
    fn ready(&self, probe: &Probe) -> Result<Box<dyn Call>, Vec<Problem>> {
        let probe = sender::PreparedProbe::new(probe.clone())?;
        Ok(Box::new(Prepared { sender: Arc::clone(&self.0), probe }))
    }
}

impl Call for Prepared {
    fn send(&self) -> Calling<'_> {
        Box::pin(self.sender.probe(&self.probe))
    }
}
