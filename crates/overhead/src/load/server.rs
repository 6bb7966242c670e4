//! A server of one answer, on loopback, for as long as it is held.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

/// Bytes of an answer's body.
const BODY: usize = 900;
/// Longest head of a request.
const MOST_HEAD: usize = 8_192;
const MOST_CONNECTIONS: usize = 256;
/// A connection that says nothing for so long is closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// See the module.
pub struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is none, or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        let accepting = Builder::new().name("overhead-accept".into()).spawn(move || accept(&listener, &seen))?;
        Ok(Self { address, ended, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the one that waits for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, ended: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if ended.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
            open.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let of = Arc::clone(&open);
        let spawned = Builder::new().name("overhead-answer".into()).stack_size(64 * 1024).spawn(move || {
            // One that breaks off is the client's business.
            let _ = answer(stream);
            of.fetch_sub(1, Ordering::Relaxed);
        });
        if spawned.is_err() {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Answers until the client closes, or asks for that.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = Vec::with_capacity(512);
    let mut piece = [0; 2_048];
    loop {
        let end = loop {
            if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            let read = stream.read(&mut piece)?;
            if read == 0 || head.len() + read > MOST_HEAD {
                return Ok(());
            }
            head.extend_from_slice(&piece[..read]);
        };
        let closes = head[..end].windows(17).any(|name| name.eq_ignore_ascii_case(b"connection: close"));
        let connection = if closes { "Connection: close\r\n" } else { "" };
        let mut response =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {BODY}\r\n{connection}\r\n")
                .into_bytes();
        response.resize(response.len() + BODY, b'x');
        stream.write_all(&response)?;
        if closes {
            return Ok(());
        }
        head.drain(..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_requests_one_after_the_other_and_closes_when_asked() {
        let server = Server::start().unwrap();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream
            .write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nconnection: Close\r\n\r\n")
            .unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        assert_eq!(told.matches("HTTP/1.1 200 OK").count(), 2);
        assert_eq!(told.matches('x').count(), 2 * BODY + 2, "two bodies, and the x of text");
        let address = server.address();
        drop(server);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn an_endless_head_is_not_read() {
        let server = Server::start().unwrap();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut told = Vec::new();
        let _ = stream.write_all(&[b'a'; 3 * MOST_HEAD]);
        let _ = stream.read_to_end(&mut told);
        assert_eq!(told, b"");
    }
}
