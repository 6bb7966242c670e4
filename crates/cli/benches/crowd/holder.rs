//! The crowd: two processes of `wirereel-shop` that hold connections between them, told by lines what to do.
#![allow(dead_code, reason = "each program uses a part")]

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// Where they meet.
pub(crate) const ADDRESS: &str = "127.0.1.90";

pub(crate) struct Holder {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Holder {
    /// Nobody yet. The program lies beside `wirereel`.
    pub(crate) fn start(port: u16, connections: u64, per_second: u32) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_wirereel")).with_file_name("wirereel-shop");
        let mut child = Command::new(program)
            .args(["hold", "--to", &format!("{ADDRESS}:{port}")])
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

    /// Has it done, and gives how many are held then.
    pub(crate) fn order(&mut self, line: &str) -> u64 {
        writeln!(self.child.stdin.as_mut().expect("a pipe"), "{line}").expect("the crowd is there");
        self.hear()
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
