//! One check from its beginning to its verdict.

use super::{
    Failure, Measurement, Phase, check::Check, dial::Layer, http::Answer, lookups::Lookups, tls::Trust, trace::Trace,
    verdict,
};
use crate::config::Target;

/// Measures websites. Cheap to keep, made once: it knows whom this machine trusts.
#[derive(Debug)]
pub struct Checker {
    trust: Trust,
    lookups: Lookups,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

/// What came, before it is judged.
enum Came {
    Connection,
    Http(Answer),
    Records(Vec<String>),
}

impl Checker {
    /// One that trusts the system's authorities.
    pub fn new() -> Self {
        Self { trust: Trust::new(), lookups: Lookups::new() }
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// Checks a website once, on a connection of its own. Takes no longer than the website's timeout; may be dropped at any time.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wirereel_checks::{Checker, Website};
    /// let checker = Checker::new();
    /// let check = checker.prepare(&Website::new("nobody", "http://127.0.0.1:9/")).expect("nothing is wrong with it");
    /// let measured = checker.measure(&check).await;
    /// assert_eq!(measured.failure.expect("nobody listens").to_string(), "127.0.0.1:9 refused the connection");
    /// assert_eq!(measured.phases.connect_us, None, "there was no connection");
    /// # }
    /// ```
    pub async fn measure(&self, check: &Check) -> Measurement {
        let mut trace = Trace::start();
        let timeout = check.website.timeout;
        let came = match tokio::time::timeout(timeout.as_duration(), self.run(check, &mut trace)).await {
            Ok(came) => came,
            Err(_) => {
                // Between two phases there is no waiting; only then is there none.
                let phase = trace.phase().unwrap_or(Phase::Write);
                Err(Failure::Timeout { phase, after_ms: timeout.as_millis() })
            }
        };
        let (failure, came) = match came {
            Ok(came) => (None, Some(came)),
            Err(failure) => (Some(failure), None),
        };
        let mut measured = trace.finish(failure);
        // Judging is no part of the website's time.
        match came {
            None => {}
            Some(came) => {
                measured.failure = match &came {
                    Came::Connection => None,
                    Came::Http(answer) => verdict::of_answer(check, answer),
                    Came::Records(records) => verdict::of_records(check, records),
                }
                .or_else(|| verdict::of_any(check, &measured));
                if let Came::Records(records) = came {
                    measured.answers = records;
                }
            }
        }
        measured
    }

    async fn run(&self, check: &Check, trace: &mut Trace) -> Result<Came, Failure> {
        match &check.target {
            Target::Http(url) => self.request(check, url, trace).await.map(Came::Http),
            Target::Tcp(at) => self.dial(check, at, Layer::Tcp, trace).await.map(|_| Came::Connection),
            Target::Tls(at) => self.dial(check, at, Layer::Tls(&[]), trace).await.map(|_| Came::Connection),
            Target::Dns { server, name, record } => {
                self.question(check, server.as_ref(), name, *record, trace).await.map(Came::Records)
            }
            Target::Icmp(host) => self.echo(check, host, trace).await.map(|()| Came::Connection),
            Target::Grpc { tls, at, service } => {
                self.health(check, *tls, at, service, trace).await.map(|()| Came::Connection)
            }
        }
    }
}
