//! Which processes the host's sockets belong to, and which sockets listen.
//!
//! Other processes' files cannot be looked at from inside the sandbox, and looking at them needs no right to capture. So a second process
//! does it, started before rights are given up: it drops its own at once, sees no packet, and writes what changes to its parent, which
//! passes it on.

#[cfg(target_os = "linux")]
mod processes;
mod relay;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod tcp;
#[cfg(target_os = "linux")]
mod watch;

pub(crate) use relay::Relay;
#[cfg(target_os = "linux")]
pub(crate) use watch::watch;

/// The option that the second process is started with.
pub(crate) const OPTION: &str = "--watch-sockets";

/// There is nothing to ask on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn watch() -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}
