//! A server on loopback and somebody who asks it, one request after the other, each with a number of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Requests of one connection.
const PER_CONNECTION: u64 = 20;
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(2);

/// The load while it goes on.
pub(crate) struct Load {
    pub(crate) port: u16,
    /// Numbers of requests that were answered, and when.
    answered: Arc<Mutex<Vec<(u64, Instant)>>>,
    ended: Arc<AtomicBool>,
    asking: JoinHandle<()>,
}

impl Load {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::Builder::new()
            .name("server".into())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    thread::Builder::new().name("connection".into()).spawn(move || answer(stream)).unwrap();
                }
            })
            .unwrap();
        let (answered, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (list, end) = (Arc::clone(&answered), Arc::clone(&ended));
        let asking = thread::Builder::new().name("client".into()).spawn(move || ask(port, &list, &end)).unwrap();
        Self { port, answered, ended, asking }
    }

    /// Numbers of the requests that were answered between two instants.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Vec<u64> {
        let answered = self.answered.lock().unwrap();
        answered.iter().filter(|(_, at)| *at >= from && *at <= to).map(|(number, _)| *number).collect()
    }

    pub(crate) fn end(self) {
        self.ended.store(true, Ordering::Relaxed);
        self.asking.join().unwrap();
    }
}

fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    loop {
        // A head without a body ends with an empty line.
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => {}
            }
        }
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello").is_err() {
            return;
        }
    }
}

fn ask(port: u16, answered: &Mutex<Vec<(u64, Instant)>>, ended: &AtomicBool) {
    let number = AtomicU64::new(0);
    while !ended.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        for _ in 0..PER_CONNECTION {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let head = format!("GET /item/{number} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: torture\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                assert!(reader.read_line(&mut line).unwrap() > 0, "the server went away");
            }
            let mut body = [0; 5];
            reader.read_exact(&mut body).unwrap();
            answered.lock().unwrap().push((number, Instant::now()));
            thread::sleep(PAUSE);
        }
    }
}
