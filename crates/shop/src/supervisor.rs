//! Starts the shop's processes, starts crashed ones again, and takes them along when it ends.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::control::{self, ControlError, Order, Reply};
use crate::site::Site;
use crate::topology::Service;

const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the shop is not running.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    #[error("cannot make {path}: {cause}")]
    State { path: PathBuf, cause: io::Error },
    #[error("another shop is running with --state {0}")]
    AlreadyRunning(PathBuf),
    #[error("cannot start {what}: {cause}")]
    Start { what: String, cause: io::Error },
    #[error("{what} ended at once ({status})")]
    Ended { what: String, status: String },
    #[error("{0} did not come up within ten seconds")]
    NotReady(Service),
    #[error(transparent)]
    Control(#[from] ControlError),
}

/// The DNS responder and the 15 services, each a process. Dropped, they end.
#[derive(Debug)]
pub struct Supervisor {
    program: PathBuf,
    site: Site,
    dns: Child,
    services: HashMap<Service, Child>,
}

impl Supervisor {
    /// Starts everything with `program` (this program's own file) and waits until every service answers.
    ///
    /// Logs of an earlier run in the same state folder are removed.
    ///
    /// # Errors
    /// When the folder is not usable or a process does not come up.
    pub async fn start(program: PathBuf, site: Site) -> Result<Self, SupervisorError> {
        let state = site.state.clone();
        if control::ask(&site.shop_socket(), &Order::Status).await.is_ok() {
            return Err(SupervisorError::AlreadyRunning(state));
        }
        std::fs::create_dir_all(&state).map_err(|cause| SupervisorError::State { path: state, cause })?;
        for service in Service::ALL {
            let path = site.journal(service);
            match std::fs::remove_file(&path) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                    return Err(SupervisorError::State { path, cause });
                }
                _ => {}
            }
        }
        let dns = spawn(&program, &site, &["dns"])?;
        let mut shop = Self { program, site, dns, services: HashMap::new() };
        for service in Service::ALL {
            shop.spawn_service(service)?;
        }
        for service in Service::ALL {
            shop.wait_ready(service).await?;
        }
        if let Ok(Some(status)) = shop.dns.try_wait() {
            return Err(SupervisorError::Ended { what: "the DNS responder".into(), status: status.to_string() });
        }
        Ok(shop)
    }

    /// Sends an order to every service and sums up what is in work. Services that are gone are left out.
    pub async fn tell_all(&self, order: &Order) -> usize {
        let mut in_work = 0;
        for service in Service::ALL {
            in_work += control::ask(&self.site.service_socket(service), order).await.unwrap_or(0);
        }
        in_work
    }

    /// Clears a service's fault, or starts it again when its process is gone.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn recover(&mut self, service: Service) -> Result<(), SupervisorError> {
        let gone = self.services.get_mut(&service).is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
        if gone {
            self.spawn_service(service)?;
            self.wait_ready(service).await?;
            control::ask(&self.site.service_socket(service), &Order::Go).await?;
        } else {
            control::ask(&self.site.service_socket(service), &Order::Clear).await?;
        }
        Ok(())
    }

    /// Answers `recover` and `status` at the shop's own socket. Never returns unless the socket cannot be made.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub async fn answer(self) -> io::Result<()> {
        let socket = self.site.shop_socket();
        let shop = std::sync::Arc::new(tokio::sync::Mutex::new(self));
        control::answer(&socket, |order| {
            let shop = std::sync::Arc::clone(&shop);
            async move {
                let done = match order {
                    Order::Recover(service) => shop.lock().await.recover(service).await,
                    Order::Status => Ok(()),
                    _ => return Reply::Failed { why: "ask the service itself".into() },
                };
                match done {
                    Ok(()) => Reply::Done { in_work: 0 },
                    Err(error) => Reply::Failed { why: error.to_string() },
                }
            }
        })
        .await
    }

    fn spawn_service(&mut self, service: Service) -> Result<(), SupervisorError> {
        let child = spawn(&self.program, &self.site, &["service", service.name()])?;
        self.services.insert(service, child);
        Ok(())
    }

    async fn wait_ready(&mut self, service: Service) -> Result<(), SupervisorError> {
        let started = Instant::now();
        let socket = self.site.service_socket(service);
        while started.elapsed() < START_TIMEOUT {
            if control::ask(&socket, &Order::Status).await.is_ok() {
                return Ok(());
            }
            if let Some(Ok(Some(status))) = self.services.get_mut(&service).map(Child::try_wait) {
                return Err(SupervisorError::Ended { what: service.to_string(), status: status.to_string() });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(SupervisorError::NotReady(service))
    }
}

/// A child holds the other end of its standard input: when this process ends in whatever way, the child sees it.
fn spawn(program: &PathBuf, site: &Site, arguments: &[&str]) -> Result<Child, SupervisorError> {
    Command::new(program)
        .args(arguments)
        .args(site.arguments())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| SupervisorError::Start { what: arguments.join(" "), cause })
}

/// Ends this process when the one that started it is gone.
///
/// # Errors
/// When the watching thread cannot be started.
pub fn end_with_parent() -> io::Result<()> {
    std::thread::Builder::new().name("parent-watch".into()).spawn(|| {
        let mut end = Vec::new();
        // Whether it ends well or badly, nobody is there any more.
        let _ = io::Read::read_to_end(&mut io::stdin().lock(), &mut end);
        std::process::exit(0);
    })?;
    Ok(())
}
