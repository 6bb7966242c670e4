//! An agent's process: started, listened to, told things, ended.
//!
//! Its pipes are read by threads of their own, so that whoever drives it can wait for what it says and for orders at the same time, with
//! limits of time.

use std::{
    io::{self, BufReader, Read},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use wirereel_whisper::{Frame, FrameReader, FromAgent, ToAgent, write_frame};

use crate::health::{Gauges, QueueWatch};

/// Of what an agent says on stderr, kept for the user.
const LAST_WORDS_BYTES: usize = 4_096;
/// And of these, told: the end.
const TOLD_CHARS: usize = 400;
/// Frames read ahead: the pipe behind them fills when nobody takes them.
const FRAMES_AHEAD: usize = 2;
/// How long last words are waited for once the agent has ended.
const LAST_WORDS_PATIENCE: Duration = Duration::from_millis(300);
const LOOK: Duration = Duration::from_millis(5);

/// What comes from an agent.
pub(crate) enum Heard {
    Message(FromAgent),
    /// A batch of packets.
    Packets(Vec<u8>),
    /// Nothing more comes: it has ended, or it says what cannot be understood.
    Ended(Option<String>),
}

/// A running agent.
pub(crate) struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    heard: Receiver<Heard>,
    /// Goes with the receiver.
    watch: Option<Arc<QueueWatch>>,
    last_heard: Arc<Mutex<Instant>>,
    words: Arc<Mutex<Vec<u8>>>,
    listening: JoinHandle<()>,
    minding: JoinHandle<()>,
}

impl Agent {
    /// Starts the program.
    ///
    /// # Errors
    /// A sentence when it cannot be started.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |error: io::Error| format!("{program} cannot be started: {error}");
        // A process group of its own: Ctrl-C in a terminal is for the workbench, which stops its agents in order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(output), Some(errors)) = (output, errors) else { return Err(format!("{program} has no pipes")) };
        let (sender, heard) = bounded(FRAMES_AHEAD);
        let last_heard = Arc::new(Mutex::new(Instant::now()));
        let words = Arc::new(Mutex::new(Vec::new()));
        let source = Timed { source: output, last_heard: Arc::clone(&last_heard) };
        let listening = thread::Builder::new().name("wr-listen".into()).spawn(move || listen(source, &sender));
        let kept = Arc::clone(&words);
        let minding = thread::Builder::new().name("wr-stderr".into()).spawn(move || mind(errors, &kept));
        match (listening, minding) {
            (Ok(listening), Ok(minding)) => {
                Ok(Self { child, input, heard, watch: None, last_heard, words, listening, minding })
            }
            (Err(error), _) | (_, Err(error)) => {
                end(&mut child);
                Err(failed(error))
            }
        }
    }

    /// Has what was read ahead of it watched under a name.
    pub(crate) fn watch(&mut self, health: &Gauges, whisperer: &str) {
        self.watch = Some(health.queues.watch(format!("heard:{whisperer}"), &self.heard));
    }

    /// What comes from it, in order. [`Heard::Ended`] is last.
    pub(crate) fn heard(&self) -> &Receiver<Heard> {
        &self.heard
    }

    /// How long ago the last byte of it came.
    pub(crate) fn silent_for(&self) -> Duration {
        self.last_heard.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Tells it something.
    pub(crate) fn say(&mut self, message: &ToAgent) -> io::Result<()> {
        let Some(input) = self.input.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        write_frame(input, Frame::Control, &serde_json::to_vec(message).map_err(io::Error::other)?)
    }

    /// What it said last on stderr, in one line; waits for it a moment when the agent has ended.
    pub(crate) fn last_words(&self) -> Option<String> {
        let began = Instant::now();
        while !self.minding.is_finished() && began.elapsed() < LAST_WORDS_PATIENCE {
            thread::sleep(LOOK);
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&words);
        let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Without the frames that ssh draws around its warnings, and the end of it: that is where the cause stands.
        let words = clean.split_whitespace().filter(|word| word.chars().any(|c| c != '@'));
        let line = words.collect::<Vec<_>>().join(" ");
        let beyond = line.chars().count().saturating_sub(TOLD_CHARS);
        let told = match line.char_indices().nth(beyond) {
            Some((at, _)) if beyond > 0 => format!("… {}", &line[at..]),
            _ => line,
        };
        (!told.is_empty()).then_some(told)
    }

    /// Ends it: at once, where it has not ended by itself within `patience`.
    pub(crate) fn end(mut self, patience: Duration) {
        self.input = None;
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && began.elapsed() < patience {
            thread::sleep(LOOK);
        }
        end(&mut self.child);
        let Self { heard, watch, listening, minding, .. } = self;
        drop((heard, watch));
        // A program that it had started may still hold the pipes; the threads end with it.
        for thread in [listening, minding] {
            let began = Instant::now();
            while !thread.is_finished() && began.elapsed() < LAST_WORDS_PATIENCE {
                thread::sleep(LOOK);
            }
            if thread.is_finished() {
                // A panic of it was reported when it happened.
                let _ = thread.join();
            }
        }
    }
}

/// Ends a process and what it has started, and takes its exit code from the system.
fn end(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Remembers when something came.
struct Timed {
    source: ChildStdout,
    last_heard: Arc<Mutex<Instant>>,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        *self.last_heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(read)
    }
}

fn listen(source: Timed, heard: &Sender<Heard>) {
    let mut frames = FrameReader::new(BufReader::with_capacity(64 * 1024, source));
    loop {
        let next = match frames.read() {
            Ok(Some((Frame::Packets, contents))) => Heard::Packets(contents.to_vec()),
            Ok(Some((Frame::Control, contents))) => match serde_json::from_slice(contents) {
                Ok(message) => Heard::Message(message),
                Err(error) => Heard::Ended(Some(format!("it says what cannot be read: {error}"))),
            },
            Ok(None) => Heard::Ended(None),
            Err(error) => Heard::Ended(Some(error.to_string())),
        };
        let is_last = matches!(next, Heard::Ended(_));
        if heard.send(next).is_err() || is_last {
            return;
        }
    }
}

/// Keeps the end of what is said on stderr, and keeps that pipe empty.
fn mind(mut errors: ChildStderr, words: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1_024];
    loop {
        match errors.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => {
                let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
                words.extend_from_slice(&buffer[..read]);
                let beyond = words.len().saturating_sub(LAST_WORDS_BYTES);
                words.drain(..beyond);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
