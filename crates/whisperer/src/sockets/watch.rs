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
/// A look is followed by so many times as much rest as it took of a processor, a two-hundredth of a core, but by no more than rows
/// wait for it, a second.
const REST_PER_LOOK: u32 = 199;
const USUAL_REST: Duration = Duration::from_millis(800);
/// Where looks take that long, it is a twentieth of a core.
const LEAST_REST_PER_LOOK: u32 = 19;

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
        if parent_is_gone(rest_after(processor_time().saturating_sub(began))) {
            return ExitCode::SUCCESS;
        }
    }
}

fn rest_after(look: Duration) -> Duration {
    let usual = (look * REST_PER_LOOK).clamp(REST, USUAL_REST);
    usual.max(look * LEAST_REST_PER_LOOK).min(LONGEST_REST)
}

/// Waits so long for the end of stdin.
fn parent_is_gone(patience: Duration) -> bool {
    let stdin = io::stdin();
    let patience = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
    let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut ends, Some(&patience)).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_takes_long_is_followed_by_a_longer_rest() {
        let rest = |look_ms| rest_after(Duration::from_millis(look_ms)).as_millis();
        assert_eq!([0, 1, 3, 10, 60, 1_000].map(rest), [500, 500, 597, 800, 1_140, 4_000]);
    }
}
