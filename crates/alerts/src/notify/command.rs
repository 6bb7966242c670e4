//! A program that gets the notice as JSON on its standard input.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, Command},
};

use super::{Attempt, Channel, SendFailure, Sender, Sending};

/// How much of what the program complained about is told.
const TOLD_BYTES: u64 = 500;
/// How long a program that has ended is still listened to.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Starts programs. One that takes too long is killed, and with it (on Unix) whatever it started in its group.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommandSender;

impl Sender for CommandSender {
    fn send<'a>(&'a self, attempt: &'a Attempt) -> Sending<'a> {
        Box::pin(run(attempt))
    }
}

/// Kills on drop: at a timeout, and when the workbench ends. Only a child that was not waited for is killed, so that the id can be nobody
/// else's.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.start_kill();
    }
}

async fn run(attempt: &Attempt) -> Result<(), SendFailure> {
    let Channel::Command { argv } = &attempt.target.to else {
        return Err(SendFailure::lasting("not a command"));
    };
    let Some((program, arguments)) = argv.split_first() else {
        return Err(SendFailure::lasting("no program is given"));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let child =
        command.spawn().map_err(|error| SendFailure::passing(format!("{program} cannot be started: {error}")))?;
    let timeout = attempt.target.timeout;
    let within = tokio::time::timeout(timeout.as_duration(), feed(Killed(child), attempt.notice.json().to_string()));
    match within.await {
        Ok(result) => result.map_err(|message| SendFailure::passing(format!("{program} {message}"))),
        Err(_) => Err(SendFailure::passing(format!("{program} took longer than {timeout} and was ended"))),
    }
}

async fn feed(mut child: Killed, notice: String) -> Result<(), String> {
    let (stdin, stderr) = (child.0.stdin.take(), child.0.stderr.take());
    let mut said = Vec::new();
    let status = {
        let talk = talk(stdin, stderr, &notice, &mut said);
        tokio::pin!(talk);
        tokio::select! {
            status = child.0.wait() => {
                // What it left running may hold its end open for ever; what it said itself is there already.
                let _ = tokio::time::timeout(LAST_WORDS, talk).await;
                status
            }
            () = &mut talk => child.0.wait().await,
        }
    };
    let status = status.map_err(|error| format!("cannot be waited for: {error}"))?;
    let said = String::from_utf8_lossy(&said);
    match (status.success(), said.trim()) {
        (true, _) => Ok(()),
        (false, "") => Err(format!("ended with {status}")),
        (false, said) => Err(format!("ended with {status}: {said}")),
    }
}

/// Writes the notice, and reads what is said of it.
async fn talk(stdin: Option<ChildStdin>, stderr: Option<ChildStderr>, notice: &str, said: &mut Vec<u8>) {
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program that does not care for the notice closes its end: that is its business.
            let _ = stdin.write_all(notice.as_bytes()).await;
            let _ = stdin.write_all(b"\n").await;
        }
    };
    let read = async {
        if let Some(mut stderr) = stderr {
            let _ = (&mut stderr).take(TOLD_BYTES).read_to_end(said).await;
            // Read on, so that a talkative program does not stand still.
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
    };
    tokio::join!(write, read);
}

#[cfg(all(test, unix))]
mod tests {
    use std::{sync::Arc, time::Instant};

    use super::*;
    use crate::{
        Span,
        notify::{Target, notice::tests::notice},
    };

    async fn run_shell(script: &str, timeout: Span) -> Result<(), SendFailure> {
        let argv = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        let target = Target { timeout, ..Target::new("t", Channel::Command { argv }) };
        let attempt = Attempt { delivery_id: "d".into(), target: Arc::new(target), notice: notice("a \"b\"\nc") };
        CommandSender.send(&attempt).await
    }

    const LONG: Span = Span::from_secs(20);

    #[tokio::test]
    async fn the_program_reads_the_notice_as_one_line_of_json() {
        let script =
            r#"read -r line; case "$line" in *'"subject":"a \"b\"\nc"'*) exit 0;; *) echo "$line" >&2; exit 1;; esac"#;
        assert_eq!(run_shell(script, LONG).await, Ok(()));
    }

    #[tokio::test]
    async fn a_failure_says_how_it_ended_and_what_it_complained_about() {
        let failure = run_shell("echo no such user >&2; exit 3", LONG).await.unwrap_err();
        assert_eq!(failure.message, "/bin/sh ended with exit status: 3: no such user");
        assert!(!failure.is_final);
        let talkative =
            run_shell("i=0; while [ $i -lt 20000 ]; do echo aaaaaaaaaa >&2; i=$((i+1)); done; exit 1", LONG).await;
        assert!(talkative.unwrap_err().message.len() < 600);
    }

    #[tokio::test]
    async fn what_a_program_leaves_running_is_not_waited_for() {
        let began = Instant::now();
        assert_eq!(run_shell("sleep 40 & exit 0", Span::from_secs(30)).await, Ok(()));
        assert!(began.elapsed().as_secs() < 20);
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_killed_with_what_it_started() {
        let folder = std::env::temp_dir().join(format!("wirereel-alerts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let pid = folder.join("pid");
        let began = Instant::now();
        // The shell waits for a child of its own, which must not stay behind.
        let script = format!("sleep 60 & echo $! > {}; wait", pid.display());
        let failure = run_shell(&script, Span::from_millis(700)).await.unwrap_err();
        assert_eq!(failure.message, "/bin/sh took longer than 700ms and was ended");
        assert!(began.elapsed().as_secs() < 30);
        let child: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let child = rustix::process::Pid::from_raw(child).unwrap();
        let mut gone = false;
        for _ in 0..200 {
            gone = rustix::process::test_kill_process(child).is_err() || is_zombie(child);
            if gone {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(gone, "what the program started still runs");
    }

    /// Killed, but its new parent has not looked yet.
    fn is_zombie(pid: rustix::process::Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
    }

    #[tokio::test]
    async fn a_program_that_does_not_exist_is_a_failure_like_any_other() {
        let target = Target::new("t", Channel::Command { argv: vec!["/no/such/program".into()] });
        let attempt = Attempt { delivery_id: "d".into(), target: Arc::new(target), notice: notice("a") };
        let failure = CommandSender.send(&attempt).await.unwrap_err();
        assert!(failure.message.starts_with("/no/such/program cannot be started"), "{failure}");
    }
}
