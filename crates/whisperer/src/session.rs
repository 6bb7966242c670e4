//! The conversation with the workbench: configure, start, stop.

use std::{
    io::{self, Stdout},
    net::IpAddr,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use wirereel_whisper::{
    AgentState, CaptureConfig, ConfigProblem, Frame, FrameReader, FromAgent, Interface, PROTOCOL, ToAgent,
};

use crate::{
    file, filter, host,
    interfaces::{self, Opened, Shared, now_ns},
    outbox::Outbox,
    sandbox,
    sender::{Sent, send, write_message},
    sockets::Relay,
    status::Status,
};

const MEBIBYTE: usize = 1024 * 1024;
/// The queue while a file is sent.
const FILE_QUEUE_BYTES: usize = 4 * MEBIBYTE;

/// Speaks on stdin and stdout until the other end goes or says stop.
pub(crate) fn run() -> ExitCode {
    match Session::new().converse() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// stderr is a log for whoever started it: stdout belongs to the frames.
#[allow(clippy::print_stderr, reason = "the workbench keeps what an agent says on stderr")]
pub(crate) fn report(error: &dyn std::fmt::Display) {
    eprintln!("wirereel-whisperer: {error}");
}

struct Session {
    interfaces: Vec<Interface>,
    config: Option<CaptureConfig>,
    running: Option<Running>,
}

/// Threads at work.
struct Running {
    config: CaptureConfig,
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    reading: Vec<JoinHandle<()>>,
    sending: JoinHandle<io::Result<()>>,
    status: JoinHandle<()>,
    stop_status: mpsc::SyncSender<()>,
    stop_sockets: Arc<AtomicBool>,
}

/// What to do after a message.
enum After {
    GoOn,
    End,
}

impl Session {
    fn new() -> Self {
        Self { interfaces: host::interfaces(), config: None, running: None }
    }

    fn converse(mut self) -> Result<(), Box<dyn std::error::Error>> {
        self.tell(FromAgent::Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").into(),
            host: host::name(),
            interfaces: self.interfaces.clone(),
            hindrance: host::hindrance(),
        })?;
        let mut frames = FrameReader::new(io::stdin().lock());
        while let Some((frame, contents)) = frames.read()? {
            if frame != Frame::Control {
                return Err("packets are sent from here, not to here".into());
            }
            let message = serde_json::from_slice(contents)?;
            if let After::End = self.answer(message)? {
                break;
            }
        }
        self.end()
    }

    fn answer(&mut self, message: ToAgent) -> Result<After, Box<dyn std::error::Error>> {
        match message {
            ToAgent::Hello { protocol: PROTOCOL } => {}
            ToAgent::Hello { protocol } => {
                let reason =
                    Some(format!("the workbench speaks version {protocol} of the protocol, this agent {PROTOCOL}"));
                self.tell(FromAgent::State { state: AgentState::WrongConfiguration, reason })?;
                return Ok(After::End);
            }
            ToAgent::Configure { config } => self.configure(config)?,
            ToAgent::Start => self.start()?,
            ToAgent::Stop => return Ok(After::End),
            ToAgent::SendFile { path } => {
                self.send_file(&path)?;
                return Ok(After::End);
            }
        }
        Ok(After::GoOn)
    }

    fn configure(&mut self, config: CaptureConfig) -> io::Result<()> {
        let mut problems = config.problems(&self.interfaces);
        problems.extend(filter::problem(&config.filter));
        if !problems.is_empty() {
            return self.refuse(problems);
        }
        let restart = match &mut self.running {
            Some(running) if running.config.is_live_change(&config) => {
                running.shared.use_filter(config.whole_filter(own_connection()));
                running.config = config.clone();
                false
            }
            Some(running) => running.config != config,
            None => false,
        };
        self.config = Some(config);
        self.tell(FromAgent::Configured { restart })
    }

    /// What ran goes on running with what it had.
    fn refuse(&mut self, problems: Vec<ConfigProblem>) -> io::Result<()> {
        let first = problems.first().map(ToString::to_string);
        self.tell(FromAgent::Refused { problems })?;
        match &self.running {
            Some(_) => Ok(()),
            None => self.tell(FromAgent::State { state: AgentState::WrongConfiguration, reason: first }),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let config = self.config.clone().unwrap_or_default();
        match interfaces::open(&config, &config.whole_filter(own_connection())) {
            Ok(opened) => self.capture(config, opened),
            Err(why) => self.tell(FromAgent::State { state: AgentState::WrongConfiguration, reason: Some(why) }),
        }
    }

    fn capture(&mut self, config: CaptureConfig, opened: Vec<Opened>) -> io::Result<()> {
        let system = sysinfo::System::new().ok();
        let sockets = Relay::start(&self.interfaces);
        let mut refused = sandbox::enter();
        let outbox = Arc::new(Outbox::new(config.queue_mib as usize * MEBIBYTE));
        outbox.hold();
        let shared = Arc::new(Shared::default());
        let since_ns = now_ns();
        let _ = outbox.tell(FromAgent::Opened { interfaces: interfaces::told(&opened) });
        let sent = Arc::new(Sent::default());
        let sending = start_sending(&outbox, &sent)?;
        let reading = interfaces::read_all(opened, &shared, &outbox)?;
        let (stop_status, stopped) = mpsc::sync_channel(0);
        let status = Status { shared: Arc::clone(&shared), outbox: Arc::clone(&outbox), sent, since_ns, system };
        let status = thread::Builder::new().name("status".into()).spawn(move || status.tell_until(&stopped))?;
        let stop_sockets = Arc::new(AtomicBool::new(false));
        let (go, may_go) = mpsc::sync_channel(1);
        match sockets {
            Ok(relay) => relay.run(Arc::clone(&outbox), Arc::clone(&stop_sockets), may_go)?,
            Err(error) => report(&format!("nobody tells which processes own sockets: {error}")),
        }
        refused.extend(sandbox::only_known_calls());
        for step in &refused {
            report(&format!("not sandboxed by {step}"));
        }
        let reason = (!refused.is_empty()).then(|| format!("sandboxed but for: {}", refused.join("; ")));
        outbox.tell_and_let_go(FromAgent::State { state: AgentState::Capturing, reason });
        let _ = go.send(());
        self.running = Some(Running { config, shared, outbox, reading, sending, status, stop_status, stop_sockets });
        Ok(())
    }

    fn send_file(&mut self, path: &str) -> Result<(), Box<dyn std::error::Error>> {
        if self.running.is_some() {
            return Err("a file cannot be sent while capturing".into());
        }
        let opened = match file::open(path) {
            Ok(opened) => opened,
            Err(why) => {
                return Ok(self.tell(FromAgent::State { state: AgentState::WrongConfiguration, reason: Some(why) })?);
            }
        };
        for step in sandbox::enter() {
            report(&format!("not sandboxed by {step}"));
        }
        let outbox = Arc::new(Outbox::new(FILE_QUEUE_BYTES));
        let _ = outbox.tell(FromAgent::Opened { interfaces: vec![opened.told.clone()] });
        let sending = start_sending(&outbox, &Arc::new(Sent::default()))?;
        if let Some(step) = sandbox::only_known_calls() {
            report(&format!("not sandboxed by {step}"));
        }
        file::send(opened, &outbox);
        outbox.close();
        sending.join().map_err(|_| "the sending thread failed")??;
        Ok(())
    }

    /// Closes the interfaces, sends what is queued, says that it has stopped.
    fn end(self) -> Result<(), Box<dyn std::error::Error>> {
        let stopped = FromAgent::State { state: AgentState::Stopped, reason: None };
        let Some(running) = self.running else { return Ok(write_message(&mut io::stdout(), &stopped)?) };
        running.shared.stop.store(true, Ordering::Relaxed);
        // Not waited for: it looks up from the pipe twice a second only.
        running.stop_sockets.store(true, Ordering::Relaxed);
        for thread in running.reading {
            thread.join().map_err(|_| "a reading thread failed")?;
        }
        drop(running.stop_status);
        running.status.join().map_err(|_| "the status thread failed")?;
        running.outbox.tell_after_packets(stopped);
        running.outbox.close();
        running.sending.join().map_err(|_| "the sending thread failed")??;
        Ok(())
    }

    /// Before capturing there is nobody else who writes; afterwards all goes through the outbox.
    fn tell(&self, message: FromAgent) -> io::Result<()> {
        match &self.running {
            Some(running) => {
                running.outbox.tell(message).map_err(|_| io::Error::other("the workbench takes no answers"))
            }
            None => write_message(&mut io::stdout(), &message),
        }
    }
}

fn start_sending(outbox: &Arc<Outbox>, sent: &Arc<Sent>) -> io::Result<JoinHandle<io::Result<()>>> {
    let (outbox, sent) = (Arc::clone(outbox), Arc::clone(sent));
    let out: Stdout = io::stdout();
    thread::Builder::new().name("sending".into()).spawn(move || {
        let ended = send(&outbox, &sent, out.lock());
        if ended.is_err() {
            // The workbench is gone: nobody is left to capture for.
            std::process::exit(1);
        }
        ended
    })
}

/// The connection that ssh reached this host over.
fn own_connection() -> Option<[(IpAddr, u16); 2]> {
    read_own_connection(&std::env::var("SSH_CONNECTION").ok()?)
}

/// `192.0.2.1 50000 192.0.2.9 22`: client and server, as sshd writes it.
fn read_own_connection(text: &str) -> Option<[(IpAddr, u16); 2]> {
    let mut words = text.split_whitespace();
    let mut end = || Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?));
    Some([end()?, end()?])
}

#[cfg(test)]
mod tests {
    use super::read_own_connection;

    #[test]
    fn the_own_connection_is_read_as_sshd_writes_it() {
        let ends = read_own_connection("192.0.2.1 50000 2001:db8::9 22").unwrap();
        assert_eq!(ends.map(|(ip, port)| format!("{ip} {port}")), ["192.0.2.1 50000", "2001:db8::9 22"]);
        assert_eq!(read_own_connection("192.0.2.1 50000 x 22"), None);
        assert_eq!(read_own_connection(""), None);
    }
}
