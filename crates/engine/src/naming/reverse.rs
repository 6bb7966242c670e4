//! What reverse DNS calls addresses that nobody could name. It is asked only where the user allows it, only about addresses that somebody
//! looks at, and never on the way of an answer: the answer after next has what was found.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

/// Addresses that wait to be asked about; others are when they are looked at again.
const MOST_WAITING: usize = 1_000;
/// Answers that are remembered; the oldest go.
const MOST_KNOWN: usize = 20_000;
/// Questions on their way at once, and how long each may take.
const AT_ONCE: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer holds, and how long it holds that there was none.
const HOLDS: Duration = Duration::from_secs(3_600);
const FAILURE_HOLDS: Duration = Duration::from_secs(60);
/// How often it is told that there are new names.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A question on its way: `None` when it could not be answered.
pub(crate) type Asking = Pin<Box<dyn Future<Output = Option<Option<String>>> + Send>>;

/// Whoever answers: the system's resolver, but in tests.
pub(crate) type Resolver = Arc<dyn Fn(IpAddr) -> Asking + Send + Sync>;

/// Names by reverse DNS.
pub(crate) struct ReverseNames {
    resolver: Resolver,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    known: HashMap<IpAddr, Answer>,
    waiting: VecDeque<IpAddr>,
    /// Those that wait or are on their way.
    pending: HashSet<IpAddr>,
    is_asking: bool,
}

struct Answer {
    name: Option<String>,
    until: Instant,
}

impl Default for ReverseNames {
    fn default() -> Self {
        Self::by(Arc::new(|ip| -> Asking {
            Box::pin(async move { wirereel_checks::measure::reverse_name(ip).await.ok() })
        }))
    }
}

impl ReverseNames {
    pub(crate) fn by(resolver: Resolver) -> Self {
        Self { resolver, asked: Mutex::default() }
    }

    /// The names of addresses as far as they are known. Others are asked about in the background; `tell` is called when one was found.
    pub(crate) fn names(
        self: &Arc<Self>,
        addresses: &[IpAddr],
        tell: impl Fn() + Send + 'static,
    ) -> Vec<Option<String>> {
        let now = Instant::now();
        let mut asked = self.asked();
        let names = addresses.iter().map(|&ip| {
            let answer = asked.known.get(&ip).filter(|answer| answer.until > now);
            if let Some(answer) = answer {
                return answer.name.clone();
            }
            if can_have_a_name(ip) && asked.waiting.len() < MOST_WAITING && asked.pending.insert(ip) {
                asked.waiting.push_back(ip);
            }
            // What held until now is better than nothing while it is asked for again.
            asked.known.get(&ip).and_then(|answer| answer.name.clone())
        });
        let names = names.collect();
        if !asked.waiting.is_empty() && !asked.is_asking {
            let this = Arc::clone(self);
            let run = move || this.ask_all(&tell);
            asked.is_asking = thread::Builder::new().name("wr-reverse-dns".into()).spawn(run).is_ok();
        }
        names
    }

    /// Forgets what waits: nobody allows it any more.
    pub(crate) fn stop(&self) {
        let mut asked = self.asked();
        for ip in std::mem::take(&mut asked.waiting) {
            asked.pending.remove(&ip);
        }
    }

    fn ask_all(&self, tell: &dyn Fn()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => {
                runtime.block_on(self.ask_in_turn(tell));
                runtime.shutdown_background();
            }
            Err(_) => {
                self.stop();
                self.asked().is_asking = false;
            }
        }
    }

    async fn ask_in_turn(&self, tell: &dyn Fn()) {
        let mut on_their_way = JoinSet::new();
        let (mut told, mut has_news) = (Instant::now(), false);
        loop {
            {
                let mut asked = self.asked();
                while on_their_way.len() < AT_ONCE
                    && let Some(ip) = asked.waiting.pop_front()
                {
                    let asking = (self.resolver)(ip);
                    on_their_way
                        .spawn(async move { (ip, tokio::time::timeout(PATIENCE, asking).await.ok().flatten()) });
                }
                if on_their_way.is_empty() {
                    asked.is_asking = false;
                    break;
                }
            }
            let Some(Ok((ip, answer))) = on_their_way.join_next().await else { continue };
            has_news |= matches!(answer, Some(Some(_)));
            self.asked().learn(ip, answer);
            if has_news && told.elapsed() >= TELL_EVERY {
                tell();
                (told, has_news) = (Instant::now(), false);
            }
        }
        if has_news {
            tell();
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    fn learn(&mut self, ip: IpAddr, answer: Option<Option<String>>) {
        let now = Instant::now();
        self.pending.remove(&ip);
        let until = now + if answer.is_some() { HOLDS } else { FAILURE_HOLDS };
        // A name that was there stays when it cannot be asked for now.
        let name = answer.unwrap_or_else(|| self.known.get(&ip).and_then(|known| known.name.clone()));
        self.known.insert(ip, Answer { name, until });
        if self.known.len() > MOST_KNOWN {
            let mut ends: Vec<Instant> = self.known.values().map(|answer| answer.until).collect();
            let (_, &mut middle, _) = ends.select_nth_unstable(MOST_KNOWN / 2);
            self.known.retain(|_, answer| answer.until > middle);
        }
    }
}

/// Whether reverse DNS can know it: groups, broadcasts and what only one link knows are nobody's.
fn can_have_a_name(ip: IpAddr) -> bool {
    let local = match ip {
        IpAddr::V4(ip) => ip.is_broadcast() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !local && !ip.is_multicast() && !ip.is_unspecified() && !ip.is_loopback()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn what_is_not_known_is_asked_once_in_the_background_and_few_at_a_time() {
        let (now, most, all) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&all));
        let names = Arc::new(ReverseNames::by(Arc::new(move |ip| -> Asking {
            let (now, most, all) = counted.clone();
            Box::pin(async move {
                all.fetch_add(1, Ordering::SeqCst);
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(2)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Some((ip != self::ip(7)).then(|| format!("host-{ip}")))
            })
        })));
        let (told, is_told) = crossbeam_channel::bounded(1_000);
        let addresses: Vec<IpAddr> = (0..20).map(ip).collect();
        let tell = move || {
            let _ = told.try_send(());
        };
        assert_eq!(names.names(&addresses, tell.clone()), vec![None; 20], "an answer does not wait");
        assert_eq!(names.names(&addresses, tell.clone()), vec![None; 20]);
        is_told.recv_timeout(Duration::from_secs(20)).expect("somebody is told");
        let found = names.names(&addresses, tell.clone());
        assert_eq!((found[3].as_deref(), found[7].as_deref()), (Some("host-192.0.2.3"), None));
        assert_eq!(all.load(Ordering::SeqCst), 20, "each once, also what has no name");
        assert!(most.load(Ordering::SeqCst) <= AT_ONCE);
        let nobody: Vec<IpAddr> = ["224.0.0.251", "ff02::fb", "255.255.255.255", "0.0.0.0", "169.254.1.1", "::1"]
            .map(|text| text.parse().unwrap())
            .into();
        assert_eq!(names.names(&nobody, tell), vec![None; 6]);
        assert!(names.asked().pending.is_empty(), "nobody is asked about these");
    }

    #[test]
    fn what_is_remembered_and_what_waits_is_bounded() {
        let mut asked = Asked::default();
        for number in 0..(MOST_KNOWN as u32 + 5_000) {
            asked.learn(IpAddr::from(number.to_be_bytes()), Some(Some("host".into())));
        }
        assert!(asked.known.len() <= MOST_KNOWN);
        let names = Arc::new(ReverseNames::by(Arc::new(|_| -> Asking { Box::pin(std::future::pending()) })));
        let many: Vec<IpAddr> =
            (0..5_000_u32).map(|number| IpAddr::from((0x0a00_0000 + number).to_be_bytes())).collect();
        names.names(&many, || {});
        let pending = names.asked().pending.len();
        assert!(pending <= MOST_WAITING + AT_ONCE, "{pending}");
        names.stop();
        assert!(names.asked().pending.len() <= AT_ONCE);
    }
}
