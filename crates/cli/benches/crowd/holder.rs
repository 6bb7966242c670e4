//! The crowd: two processes of `wirereel-shop` that hold connections between them, told by lines what to do.
#![allow(dead_code, reason = "each program uses a part")]

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// Where a pair of processes meets; the next pair one address further.
const FIRST_ADDRESS: [u8; 4] = [127, 0, 1, 90];
/// What one process may hold where nothing else is allowed.
const MOST_OF_ONE: u64 = 15_000;

/// As many pairs as it takes.
pub(crate) struct Holders {
    pairs: Vec<Holder>,
}

impl Holders {
    /// Nobody yet: pairs for so many connections, which are opened at this pace together.
    pub(crate) fn start(port: u16, connections: u64, per_second: u32) -> Self {
        let pairs = connections.div_ceil(MOST_OF_ONE).max(1);
        let (each, pace) = (connections.div_ceil(pairs), per_second / pairs as u32);
        let start = |place: u64| Holder::start(place as u8, port, each, pace);
        Self { pairs: (0..pairs).map(start).collect() }
    }

    /// Has each do its share of so many, at the same time, and gives how many are held then.
    pub(crate) fn order(&mut self, verb: &str, number: u64) -> u64 {
        let pairs = self.pairs.len() as u64;
        for (place, holder) in (0..).zip(&mut self.pairs) {
            let share = number / pairs + u64::from(place < number % pairs);
            holder.tell(&format!("{verb} {share}"));
        }
        self.pairs.iter_mut().map(Holder::hear).sum()
    }
}

struct Holder {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Holder {
    /// The program lies beside `wirereel`.
    fn start(place: u8, port: u16, connections: u64, per_second: u32) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_wirereel")).with_file_name("wirereel-shop");
        let [a, b, c, d] = FIRST_ADDRESS;
        let mut child = Command::new(program)
            .args(["hold", "--to", &format!("{a}.{b}.{c}.{}:{port}", d + place)])
            .args(["--connections", &connections.to_string(), "--per-second", &per_second.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the shop is built: cargo build -p wirereel-shop");
        let said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut holder = Self { child, said };
        assert_eq!(holder.hear(), 0);
        holder
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().expect("a pipe"), "{line}").expect("the crowd is there");
    }

    fn hear(&mut self) -> u64 {
        let line = self.said.next().expect("the crowd has ended").expect("text");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        said["held"].as_u64().expect("a number")
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // The end of its input is its end.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
