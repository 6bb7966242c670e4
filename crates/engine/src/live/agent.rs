//! An agent's process: started, greeted, configured, and told to stop.

use std::{
    io::{self, BufReader, Read},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use wirereel_whisper::{
    AgentState, CaptureConfig, Frame, FrameReader, FromAgent, Interface, OpenInterface, PROTOCOL, ToAgent, write_frame,
};

use crate::EngineError;

/// Of what an agent says on stderr, kept for the user.
const LAST_WORDS_BYTES: u64 = 4_096;

/// A running agent. Its end to listen to is [`Agent::frames`]; it can be told things from another thread meanwhile.
pub(crate) struct Agent {
    input: Mutex<Option<ChildStdin>>,
    child: Mutex<Child>,
}

/// The agent's frames. Ends when the process does.
pub(crate) type Frames = FrameReader<BufReader<ChildStdout>>;

/// The interfaces of the agent's host, and why it may not capture on them.
///
/// # Errors
/// `Capturing` when it cannot be started or says something else.
pub(crate) fn look(command: &mut Command) -> Result<(Vec<Interface>, Option<String>), EngineError> {
    let (agent, mut frames) = start(command)?;
    match next(&mut frames) {
        Ok(FromAgent::Hello { interfaces, hindrance, .. }) => Ok((interfaces, hindrance)),
        Ok(_) => Err(agent.explain("it does not say hello".into())),
        Err(reason) => Err(agent.explain(reason)),
    }
}

fn start(command: &mut Command) -> Result<(Agent, Frames), EngineError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| EngineError::Capturing(format!("{program} cannot be started: {error}"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let agent = Agent { input: Mutex::new(input), child: Mutex::new(child) };
    let output = output.ok_or_else(|| EngineError::Capturing(format!("{program} has no pipes")))?;
    Ok((agent, FrameReader::new(BufReader::new(output))))
}

impl Agent {
    /// Starts the program, checks that it is a whisperer of this version, and has it capture.
    ///
    /// # Errors
    /// `Capturing` with what is in the way, in a sentence.
    pub(crate) fn capture(
        command: &mut Command,
        config: &CaptureConfig,
    ) -> Result<(Self, Frames, Vec<OpenInterface>), EngineError> {
        let (agent, mut frames) = start(command)?;
        let opened = agent.begin(&mut frames, config).map_err(|reason| agent.explain(reason))?;
        Ok((agent, frames, opened))
    }

    fn begin(&self, frames: &mut Frames, config: &CaptureConfig) -> Result<Vec<OpenInterface>, String> {
        let FromAgent::Hello { protocol, hindrance, .. } = next(frames)? else {
            return Err("it does not say hello".into());
        };
        if protocol != PROTOCOL {
            return Err(format!("it speaks version {protocol} of the protocol, this workbench {PROTOCOL}"));
        }
        if let Some(why) = hindrance {
            return Err(why);
        }
        self.say(&ToAgent::Hello { protocol: PROTOCOL }).map_err(|error| error.to_string())?;
        self.say(&ToAgent::Configure { config: config.clone() }).map_err(|error| error.to_string())?;
        self.say(&ToAgent::Start).map_err(|error| error.to_string())?;
        let mut interfaces = Vec::new();
        loop {
            match next(frames)? {
                FromAgent::Refused { problems } => {
                    return Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
                }
                FromAgent::Opened { interfaces: opened } => interfaces = opened,
                FromAgent::State { state: AgentState::Capturing, .. } => return Ok(interfaces),
                FromAgent::State { reason: Some(reason), .. } => return Err(reason),
                _ => {}
            }
        }
    }

    /// Tells it something.
    pub(crate) fn say(&self, message: &ToAgent) -> io::Result<()> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(input) = input.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        write_frame(input, Frame::Control, &serde_json::to_vec(message).map_err(io::Error::other)?)
    }

    /// Has it stop; its frames end after what it has queued. An agent that is gone has stopped.
    pub(crate) fn stop(&self) {
        if self.say(&ToAgent::Stop).is_err() {
            self.input.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    /// What was in the way, with what the program said about it.
    fn explain(&self, reason: String) -> EngineError {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // One that goes on for no reason is ended; one that has ended says why.
        let _ = child.kill();
        let mut words = String::new();
        if let Some(stderr) = child.stderr.take() {
            let _ = stderr.take(LAST_WORDS_BYTES).read_to_string(&mut words);
        }
        let _ = child.wait();
        let words = words.trim();
        EngineError::Capturing(if words.is_empty() { reason } else { format!("{reason} ({words})") })
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.input.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The next control message.
fn next(frames: &mut Frames) -> Result<FromAgent, String> {
    match frames.read() {
        Ok(Some((Frame::Control, contents))) => {
            serde_json::from_slice(contents).map_err(|error| format!("a message that cannot be read: {error}"))
        }
        Ok(Some((Frame::Packets, _))) => Err("packets before they were asked for".into()),
        Ok(None) => Err("it has ended".into()),
        Err(error) => Err(error.to_string()),
    }
}
