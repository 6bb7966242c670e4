//! Starts the second process and passes on what it tells.

use std::{
    io::{self, BufReader},
    net::IpAddr,
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    thread,
    time::Duration,
};

use wirereel_whisper::{Frame, FrameReader, FromAgent, Interface};

use super::OPTION;
use crate::outbox::Outbox;

/// How long to wait before a full outbox is asked again: what changed must not be left out.
const PATIENCE: Duration = Duration::from_millis(20);

/// A running second process. It ends when this is dropped, since its stdin does.
pub(crate) struct Relay {
    /// Its end ends the process.
    _input: Option<ChildStdin>,
    frames: FrameReader<BufReader<ChildStdout>>,
    addresses: Vec<IpAddr>,
}

impl Relay {
    /// Starts the process. Call it before rights are given up.
    pub(crate) fn start(interfaces: &[Interface]) -> io::Result<Self> {
        let mut child =
            Command::new(std::env::current_exe()?).arg(OPTION).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
        let addresses = addresses.filter_map(|address| address.ip.parse().ok()).collect();
        Ok(Self { _input: child.stdin.take(), frames: FrameReader::new(BufReader::new(output)), addresses })
    }

    /// Passes on what it tells, from when something comes from `may_go` until `stop` is set or it ends. Ends within its time between two looks.
    pub(crate) fn run(self, outbox: Arc<Outbox>, stop: Arc<AtomicBool>, may_go: Receiver<()>) -> io::Result<()> {
        let passing = move || {
            if may_go.recv().is_ok() {
                self.pass_on(&outbox, &stop);
            }
        };
        thread::Builder::new().name("sockets".into()).spawn(passing).map(drop)
    }

    fn pass_on(mut self, outbox: &Outbox, stop: &AtomicBool) {
        while let Ok(Some((Frame::Control, contents))) = self.frames.read() {
            let Ok(FromAgent::Sockets(mut changes)) = serde_json::from_slice(contents) else { break };
            changes.addresses = std::mem::take(&mut self.addresses);
            let mut message = FromAgent::Sockets(changes);
            while let Err(refused) = outbox.tell(message) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                thread::sleep(PATIENCE);
                message = refused;
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}
