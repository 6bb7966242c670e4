//! The second process: looks, tells, rests, until its parent is gone.

use std::{io, process::ExitCode, time::Duration};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wirereel_whisper::FromAgent;

use super::{
    table::{LONGEST_REST, Table, processor_time},
    tcp::TcpSockets,
};
use crate::{interfaces::now_ns, sandbox, sender::write_message};

/// Time between two looks. Rows of a new connection wait for the next one, and are to be seen within two seconds.
const REST: Duration = Duration::from_millis(500);
/// A look is followed by so many times as much rest as it took of a processor: a twentieth of a core at most.
const REST_PER_LOOK: u32 = 19;

/// Tells changes on stdout until stdin ends.
pub(crate) fn watch() -> ExitCode {
    let tcp = TcpSockets::open();
    for step in sandbox::enter_watching() {
        crate::session::report(&format!("sockets are watched, but not sandboxed by {step}"));
    }
    let mut table = Table::of(tcp);
    loop {
        let began = processor_time();
        // Before the look: a socket that is opened during it may be missed.
        let at_ns = now_ns();
        let Ok(changes) = table.look(at_ns) else { return ExitCode::FAILURE };
        if write_message(&mut io::stdout(), &FromAgent::Sockets(changes)).is_err() {
            return ExitCode::SUCCESS;
        }
        let rest = processor_time().saturating_sub(began) * REST_PER_LOOK;
        if parent_is_gone(rest.clamp(REST, LONGEST_REST)) {
            return ExitCode::SUCCESS;
        }
    }
}

/// Waits so long for the end of stdin.
fn parent_is_gone(patience: Duration) -> bool {
    let stdin = io::stdin();
    let patience = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
    let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut ends, Some(&patience)).is_ok_and(|ready| ready > 0)
}
