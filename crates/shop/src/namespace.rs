//! A network namespace of the shop's own (Linux, root): 10.x addresses, port 53, and nothing else on the wire.

use std::io;
use std::process::{Command, ExitStatus};

use crate::addresses::Plan;

/// Why there is no namespace.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    #[error("a network namespace needs root on Linux: try `sudo {program} {arguments}`")]
    NotRoot { program: String, arguments: String },
    #[error("`ip {arguments}` failed: {message}")]
    Ip { arguments: String, message: String },
    #[error("a shop is running in the network namespace {0} (processes: {1})")]
    InUse(String, String),
    #[error("cannot run `ip` (package iproute2)")]
    NoIp(#[from] io::Error),
}

/// A named network namespace with the shop's addresses on its loopback device; dropped, it is deleted.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes the namespace, or takes over one of that name that an earlier run left behind.
    ///
    /// # Errors
    /// When this process is not root, or `ip` fails.
    pub fn make(name: &str) -> Result<Self, NamespaceError> {
        if !is_root() {
            let mut arguments = std::env::args();
            let program = arguments.next().unwrap_or_default();
            return Err(NamespaceError::NotRoot { program, arguments: arguments.collect::<Vec<_>>().join(" ") });
        }
        match ip(&["netns", "pids", name]) {
            Ok(pids) if pids.trim().is_empty() => drop(ip(&["netns", "delete", name])?),
            Ok(pids) => return Err(NamespaceError::InUse(name.to_owned(), pids.trim().replace('\n', ", "))),
            // There is none yet.
            Err(_) => {}
        }
        ip(&["netns", "add", name])?;
        let made = Self { name: name.to_owned() };
        made.ip(&["link", "set", "lo", "up"])?;
        for network in Plan::Namespace.networks_to_add() {
            made.ip(&["address", "add", &network, "dev", "lo"])?;
        }
        Ok(made)
    }

    /// Runs this program with other arguments inside the namespace and waits for it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run_self(&self, arguments: &[String]) -> Result<ExitStatus, NamespaceError> {
        let program = std::env::current_exe()?;
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program).args(arguments);
        Ok(command.status()?)
    }

    fn ip(&self, arguments: &[&str]) -> Result<String, NamespaceError> {
        ip(&[&["-netns", &self.name], arguments].concat())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // A namespace that stays is taken over by the next run.
        let _ = ip(&["netns", "delete", &self.name]);
    }
}

/// Whether this process may make namespaces.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    cfg!(target_os = "linux") && id.is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

fn ip(arguments: &[&str]) -> Result<String, NamespaceError> {
    let output = Command::new("ip").args(arguments).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(NamespaceError::Ip { arguments: arguments.join(" "), message })
}
