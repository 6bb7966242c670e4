//! Work as it is played: some time, and then perhaps an error.

use std::time::Duration;

use tonic::{Code, Status};

use super::options::Load;
use crate::relay::pause;

/// gRPC's status 14.
pub(super) const UNAVAILABLE: u8 = 14;
/// The longest work: as long as a probe may wait.
const LONGEST_DELAY: Duration = Duration::from_secs(300);
const PER_MILLE: u32 = 1_000;

/// What is to be played.
pub(super) struct Work {
    pub(super) delay: Duration,
    pub(super) errors_per_mille: u32,
    pub(super) error_code: u32,
}

impl Work {
    /// What a load says of every request.
    pub(super) fn of(load: &Load) -> Self {
        Self {
            delay: load.delay.map(|delay| delay.as_duration()).unwrap_or_default(),
            errors_per_mille: u32::from(load.errors_per_mille),
            error_code: u32::from(load.error_code),
        }
    }

    /// Plays it.
    ///
    /// # Errors
    /// The one that was drawn, or `INVALID_ARGUMENT` where it cannot be played.
    pub(super) async fn play(self) -> Result<(), Status> {
        if self.delay > LONGEST_DELAY {
            return Err(Status::invalid_argument(format!("delay_us is at most {}", LONGEST_DELAY.as_micros())));
        }
        if !self.delay.is_zero() {
            pause(self.delay).await;
        }
        if rand::random_range(0..PER_MILLE) >= self.errors_per_mille {
            return Ok(());
        }
        let code = i32::try_from(self.error_code).map_or(Code::Unknown, Code::from_i32);
        if code == Code::Ok {
            return Err(Status::invalid_argument("error_code is from 1 to 16"));
        }
        Err(Status::new(code, "an error, as it was asked for"))
    }
}
