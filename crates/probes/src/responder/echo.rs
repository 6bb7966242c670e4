//! `wirereel.probe.v1.Probe/Echo`: an answer with its times, after the work that is asked for.

use std::{sync::Arc, time::Duration};

use tonic::{Code, Request, Response, Status};

use crate::relay::pause;

use super::{
    options::Load,
    proto::{EchoAnswer, EchoRequest, probe_server::Probe},
    recording::Hop,
};

/// gRPC's status 14.
pub(super) const UNAVAILABLE: u8 = 14;
/// What an answer can be made to carry; gRPC's own limit of a message is 4 MiB.
const MOST_ANSWER_BYTES: u32 = 4_000_000;
/// The longest work: as long as a probe may wait.
const LONGEST_DELAY: Duration = Duration::from_secs(300);
const PER_MILLE: u32 = 1_000;

/// Who answers, and how where a request does not say.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) hop: Arc<Hop>,
    pub(super) load: Load,
}

#[tonic::async_trait]
impl Probe for Echo {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoAnswer>, Status> {
        let received_at_ns = self.hop.now_ns();
        let request = request.into_inner();
        if request.answer_bytes > MOST_ANSWER_BYTES {
            return Err(Status::invalid_argument(format!("answer_bytes is at most {MOST_ANSWER_BYTES}")));
        }
        let delay = match request.delay_us {
            Some(micros) => Duration::from_micros(micros),
            None => self.load.delay.map(|delay| delay.as_duration()).unwrap_or_default(),
        };
        if delay > LONGEST_DELAY {
            return Err(Status::invalid_argument(format!("delay_us is at most {}", LONGEST_DELAY.as_micros())));
        }
        if !delay.is_zero() {
            pause(delay).await;
        }
        let errors = request.errors_per_mille.unwrap_or(u32::from(self.load.errors_per_mille));
        if rand::random_range(0..PER_MILLE) < errors {
            let code = request.error_code.unwrap_or(u32::from(self.load.error_code));
            let code = i32::try_from(code).map_or(Code::Unknown, Code::from_i32);
            return Err(Status::new(code, "an error, as it was asked for"));
        }
        let mut payload = request.payload;
        let wanted = usize::try_from(request.answer_bytes).unwrap_or(usize::MAX);
        if payload.len() < wanted {
            payload.resize(wanted, 0);
        }
        Ok(Response::new(EchoAnswer {
            received_at_ns,
            sent_at_ns: self.hop.now_ns(),
            responder: self.hop.name.clone(),
            region: self.hop.region.clone(),
            payload,
        }))
    }
}
