//! A crowd that only holds connections open: as many as it is told, at a bounded pace, each with a request now and then.
//!
//! Both ends need a descriptor for each connection, so they are two processes: this one, and [`keep`]. Neither is a service of the shop; they
//! say as little as HTTP lets them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

const BACKLOG: u32 = 4_096;
/// Connections are opened and closed in bursts of this distance.
const TICK: Duration = Duration::from_millis(10);
const REQUEST: &[u8] = b"GET /hold HTTP/1.1\r\nHost: keeper\r\nUser-Agent: crowd\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
/// Descriptors that a process has beside its connections.
const SPARE: u64 = 256;

/// Lets this process have so many connections.
///
/// # Errors
/// When the system does not allow as many.
pub fn allow_connections(wanted: u64) -> io::Result<()> {
    let wanted = wanted + SPARE;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let maximum = maximum.map(|maximum| maximum.max(wanted));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
        .map_err(|error| io::Error::other(format!("{wanted} open files are needed, and not allowed: {error}")))
}

/// The other end's port.
///
/// # Errors
/// When the address cannot be listened at.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections and answers every request the same, until this process ends.
pub async fn keep(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream))),
            Err(_) => tokio::time::sleep(TICK).await,
        }
    }
}

/// Answers until the client has closed.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut heard, mut part) = (0, [0; REQUEST.len()]);
    loop {
        match stream.read(&mut part).await? {
            0 => return Ok(()),
            read => heard += read,
        }
        while heard >= REQUEST.len() {
            heard -= REQUEST.len();
            stream.write_all(ANSWER).await?;
        }
    }
}

/// Connections that are held.
#[derive(Debug)]
pub struct Crowd {
    to: SocketAddr,
    /// Addresses that connections come from, in turn: one has ports for 28,000 at most.
    sources: u32,
    per_second: u32,
    opened: u32,
    held: Vec<TcpStream>,
}

impl Crowd {
    /// Nobody yet.
    pub fn new(to: SocketAddr, sources: u32, per_second: u32) -> Self {
        Self { to, sources: sources.max(1), per_second: per_second.max(1), opened: 0, held: Vec::new() }
    }

    /// Obeys a line and gives how many are held then: `open N` opens connections, each with a request; `ask N` has so many of them ask again;
    /// `close N` closes the oldest; `flash N` opens and closes at once, every fourth with a reset.
    ///
    /// # Errors
    /// When a connection does not come to be or breaks, and when the line is none of these.
    pub async fn obey(&mut self, line: &str) -> io::Result<usize> {
        let wrong = || io::Error::other(format!("{line:?} is not open, ask, close or flash with a number"));
        let (verb, number) = line.split_once(' ').ok_or_else(wrong)?;
        let number: usize = number.trim().parse().map_err(|_| wrong())?;
        match verb {
            "open" => self.open(number).await?,
            "ask" => self.ask(number).await?,
            "close" => self.close(number).await,
            "flash" => self.flash(number).await?,
            _ => return Err(wrong()),
        }
        Ok(self.held.len())
    }

    async fn open(&mut self, number: usize) -> io::Result<()> {
        let mut bursts = self.bursts(number);
        while let Some(burst) = bursts.next().await {
            let mut opening = JoinSet::new();
            for _ in 0..burst {
                let (from, to) = (self.next_source(), self.to);
                opening.spawn(async move {
                    let mut stream = connect(from, to).await?;
                    request(&mut stream).await?;
                    Ok::<_, io::Error>(stream)
                });
            }
            while let Some(opened) = opening.join_next().await {
                self.held.push(opened.map_err(io::Error::other)??);
            }
        }
        Ok(())
    }

    async fn ask(&mut self, number: usize) -> io::Result<()> {
        let mut bursts = self.bursts(number.min(self.held.len()));
        let mut next = 0;
        while let Some(burst) = bursts.next().await {
            for stream in &mut self.held[next..next + burst] {
                request(stream).await?;
            }
            next += burst;
        }
        Ok(())
    }

    async fn close(&mut self, number: usize) {
        let mut bursts = self.bursts(number.min(self.held.len()));
        while let Some(burst) = bursts.next().await {
            self.held.drain(..burst);
        }
    }

    async fn flash(&mut self, number: usize) -> io::Result<()> {
        let mut bursts = self.bursts(number);
        while let Some(burst) = bursts.next().await {
            for _ in 0..burst {
                let stream = connect(self.next_source(), self.to).await?;
                if self.opened.is_multiple_of(4) {
                    stream.set_zero_linger()?;
                }
            }
        }
        Ok(())
    }

    fn next_source(&mut self) -> Ipv4Addr {
        let place = self.opened % self.sources;
        self.opened += 1;
        Ipv4Addr::new(127, 80, (place / 250) as u8, (place % 250 + 1) as u8)
    }

    fn bursts(&self, left: usize) -> Bursts {
        let each = (self.per_second as usize * TICK.as_millis() as usize).div_ceil(1_000);
        Bursts { left, each, due: Instant::now() }
    }
}

/// A number, cut into what is due at a time.
struct Bursts {
    left: usize,
    each: usize,
    due: Instant,
}

impl Bursts {
    async fn next(&mut self) -> Option<usize> {
        let burst = self.left.min(self.each);
        if burst == 0 {
            return None;
        }
        sleep_until(self.due).await;
        // Whoever is late does not hurry afterwards.
        self.due = (self.due + TICK).max(Instant::now());
        self.left -= burst;
        Some(burst)
    }
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((from, 0).into())?;
    socket.set_nodelay(true)?;
    socket.connect(to).await
}

async fn request(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(REQUEST).await?;
    stream.read_exact(&mut [0; ANSWER.len()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_held_asked_over_and_closed() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let keeper = tokio::spawn(keep(listener));
        let mut crowd = Crowd::new(address, 7, 2_000);
        crowd.open(40).await.unwrap();
        crowd.ask(40).await.unwrap();
        let mut sources: Vec<_> = crowd.held.iter().map(|stream| stream.local_addr().unwrap().ip()).collect();
        sources.sort_unstable();
        sources.dedup();
        assert_eq!((crowd.held.len(), sources.len()), (40, 7));
        crowd.close(30).await;
        crowd.flash(8).await.unwrap();
        assert_eq!(crowd.held.len(), 10);
        keeper.abort();
    }

    #[tokio::test]
    async fn a_pace_is_kept() {
        let began = Instant::now();
        let mut bursts = Crowd::new((Ipv4Addr::LOCALHOST, 9).into(), 1, 1_000).bursts(95);
        let mut all = Vec::new();
        while let Some(burst) = bursts.next().await {
            all.push(burst);
        }
        assert_eq!(all, [10, 10, 10, 10, 10, 10, 10, 10, 10, 5]);
        assert!(began.elapsed() >= 9 * TICK);
    }

    #[tokio::test]
    async fn what_is_no_order_is_refused_and_opens_nothing() {
        let mut crowd = Crowd::new((Ipv4Addr::LOCALHOST, 9).into(), 1, 1_000);
        for line in ["", "open", "open many", "hold 3"] {
            assert!(crowd.obey(line).await.is_err(), "{line:?}");
        }
        assert_eq!(crowd.obey("close 3").await.unwrap(), 0);
    }
}
