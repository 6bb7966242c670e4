//! Requests at a fixed rate: each has an instant at which it is to be sent, and its time counts from there.
//!
//! So an answer that takes long makes those behind it late by what they would have waited, as it would people (what is left out of a load that
//! waits for its answers is known as coordinated omission).

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::run::Load;

/// An answer that takes longer failed.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is this late when the time is over is not sent any more.
const LATE: Duration = Duration::from_secs(1);

/// What is sent.
#[derive(Debug, Clone)]
pub struct Steady {
    pub to: SocketAddr,
    pub path: String,
    /// Requests a second.
    pub rate: u32,
    /// Connections at once, a thread each.
    pub connections: u32,
    /// Every so many requests of a connection it is a new one; 0 keeps it.
    pub fresh_every: u32,
    pub length: Duration,
}

/// Sends it, or as much of it as is wanted until `stop` is set.
///
/// # Errors
/// When no thread can be had, or nothing was answered.
pub fn send(what: &Steady, stop: &AtomicBool) -> io::Result<Load> {
    let total = (what.length.as_secs_f64() * f64::from(what.rate)).round() as u64;
    // All threads are there before the first request is due.
    let start = Instant::now() + Duration::from_millis(50);
    let mut sent = Sent::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..what.connections.max(1))
            .map(|worker| {
                let builder = thread::Builder::new().name("overhead-ask".into()).stack_size(64 * 1024);
                builder.spawn_scoped(scope, move || work(what, worker, total, start, stop))
            })
            .collect::<io::Result<_>>()?;
        for worker in workers {
            sent.add(worker.join().unwrap_or_default());
        }
        io::Result::Ok(())
    })?;
    let mut times = sent.times_us;
    if times.is_empty() {
        return Err(io::Error::other(format!("{} answered nothing", what.to)));
    }
    times.sort_unstable();
    let at = |share: f64| f64::from(times[((times.len() - 1) as f64 * share).round() as usize]) / 1e3;
    Ok(Load {
        requests: times.len() as u64 + sent.failed,
        failed: sent.failed,
        dropped: sent.dropped,
        seconds: what.length.as_secs_f64(),
        p50_ms: at(0.50),
        p95_ms: at(0.95),
        p99_ms: at(0.99),
    })
}

#[derive(Default)]
struct Sent {
    times_us: Vec<u32>,
    failed: u64,
    dropped: u64,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.times_us.extend(other.times_us);
        self.failed += other.failed;
        self.dropped += other.dropped;
    }
}

/// Every request whose number is this worker's.
fn work(what: &Steady, worker: u32, total: u64, start: Instant, stop: &AtomicBool) -> Sent {
    let mut sent = Sent::default();
    let mut connection = None;
    let request = |close: bool| {
        let how = if close { "Connection: close\r\n" } else { "" };
        format!("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: wirereel-doctor\r\n{how}\r\n", what.path, what.to)
    };
    let (kept, closing) = (request(false), request(true));
    let numbers = (u64::from(worker)..total).step_by(what.connections.max(1) as usize);
    for (turn, number) in numbers.enumerate() {
        let due = start + Duration::from_secs_f64(number as f64 / f64::from(what.rate.max(1)));
        if let Some(early) = due.checked_duration_since(Instant::now()) {
            thread::sleep(early);
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if Instant::now() > start + what.length + LATE {
            sent.dropped += 1;
            continue;
        }
        let fresh = what.fresh_every > 0 && (turn as u64 + 1).is_multiple_of(u64::from(what.fresh_every));
        let asked = if fresh {
            connect(what.to).and_then(|mut own| ask(&mut own, &closing))
        } else {
            ask_on(&mut connection, what.to, &kept)
        };
        match asked {
            Ok(()) => sent.times_us.push(due.elapsed().as_micros().try_into().unwrap_or(u32::MAX)),
            Err(_) => {
                sent.failed += 1;
                connection = None;
            }
        }
    }
    sent
}

fn ask_on(connection: &mut Option<TcpStream>, to: SocketAddr, request: &str) -> io::Result<()> {
    let stream = match connection {
        Some(stream) => stream,
        None => connection.insert(connect(to)?),
    };
    ask(stream, request)
}

fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends a request and reads its answer, whose length is told.
fn ask(stream: &mut TcpStream, request: &str) -> io::Result<()> {
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; 4_096];
    let mut filled = 0;
    loop {
        let read =
            stream.read(answer.get_mut(filled..).filter(|rest| !rest.is_empty()).ok_or(io::ErrorKind::InvalidData)?)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if let Some(length) = whole(&answer[..filled]) {
            return if length? <= filled { Ok(()) } else { continue };
        }
    }
}

/// The length of an answer with its head, once that is there.
fn whole(answer: &[u8]) -> Option<io::Result<usize>> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&answer[..head]);
    let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.trim().parse::<usize>().ok());
    Some(match length {
        Some(length) if text.starts_with("HTTP/1.1 200 ") => Ok(head + length),
        _ => Err(io::ErrorKind::InvalidData.into()),
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::load::Server;

    fn steady(to: SocketAddr) -> Steady {
        Steady { to, path: "/".into(), rate: 200, connections: 4, fresh_every: 4, length: Duration::from_millis(300) }
    }

    #[test]
    fn everything_that_is_due_is_sent_and_answered() {
        let server = Server::start().unwrap();
        let load = send(&steady(server.address()), &AtomicBool::new(false)).unwrap();
        assert_eq!((load.requests + load.dropped, load.failed), (60, 0));
        assert!(load.p50_ms > 0.0 && load.p50_ms <= load.p95_ms && load.p95_ms <= load.p99_ms, "{load:?}");
    }

    #[test]
    fn what_waits_behind_a_slow_answer_is_late_and_says_so() {
        // One connection whose first answer takes 200 ms: those that were due meanwhile waited, though their own answers are quick.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let server = move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1_024];
            let mut first = true;
            while stream.read(&mut asked).is_ok_and(|read| read > 0) {
                if std::mem::take(&mut first) {
                    thread::sleep(Duration::from_millis(200));
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            }
        };
        let server = thread::Builder::new().name("slow".into()).spawn(server).unwrap();
        let what = Steady { connections: 1, fresh_every: 0, rate: 100, ..steady(to) };
        let load = send(&what, &AtomicBool::new(false)).unwrap();
        server.join().unwrap();
        assert_eq!(load.requests, 30);
        // 20 of 30 were due while the first was answered: half of them waited a hundred milliseconds and more.
        assert!(load.p50_ms > 30.0, "{load:?}");
    }

    #[test]
    fn nobody_there_is_an_error_and_stopping_ends_it() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(send(&steady(nobody), &AtomicBool::new(false)).is_err());
        let server = Server::start().unwrap();
        let what = Steady { length: Duration::from_secs(60), ..steady(server.address()) };
        let began = Instant::now();
        assert!(send(&what, &AtomicBool::new(true)).is_err());
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
