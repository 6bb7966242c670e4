//! How exchanges are read, as far as the user has a say in it.

use super::known::KnownHeads;
use super::proxies::TrustedProxies;
use super::secrets::Secrets;

/// What a user may decide about reading HTTP. The default hides secrets and trusts proxies with private addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpOptions {
    /// The proxies whose word about the client before them is taken.
    pub trusted_proxies: TrustedProxies,
    /// Keeps credentials, cookies and tokens in rows as they were sent. Only for recordings that hold nobody's real ones.
    pub keep_secrets: bool,
}

impl HttpOptions {
    pub(in crate::app) fn secrets(&self) -> Secrets {
        if self.keep_secrets { Secrets::Kept } else { Secrets::Hidden }
    }
}

/// What all connections of a dissector share: how they are read, and the heads that were read before.
#[derive(Default)]
pub(crate) struct HttpReading {
    pub(in crate::app) options: HttpOptions,
    pub(in crate::app::http) known: KnownHeads,
}

impl HttpReading {
    pub(crate) fn with(options: HttpOptions) -> Self {
        Self { options, known: KnownHeads::default() }
    }
}
