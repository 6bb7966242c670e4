//! `wirereel.probe.v1.Probe/Echo`: an answer with its times, after the work that is asked for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tonic::{Request, Response, Status};

use super::{
    options::Load,
    proto::{EchoAnswer, EchoRequest, probe_server::Probe},
    recording::Hop,
    work::Work,
};

/// What an answer can be made to carry; gRPC's own limit of a message is 4 MiB.
const MOST_ANSWER_BYTES: u32 = 4_000_000;

/// Who answers, and how where a request does not say.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) hop: Arc<Hop>,
    /// May be set while it answers.
    pub(super) load: Arc<Mutex<Load>>,
}

#[tonic::async_trait]
impl Probe for Echo {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoAnswer>, Status> {
        let received_at_ns = self.hop.now_ns();
        let load = self.load.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let request = request.into_inner();
        if request.answer_bytes > MOST_ANSWER_BYTES {
            return Err(Status::invalid_argument(format!("answer_bytes is at most {MOST_ANSWER_BYTES}")));
        }
        let mut work = Work::of(&load);
        work.delay = request.delay_us.map_or(work.delay, Duration::from_micros);
        work.errors_per_mille = request.errors_per_mille.unwrap_or(work.errors_per_mille);
        work.error_code = request.error_code.unwrap_or(work.error_code);
        work.play().await?;
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
