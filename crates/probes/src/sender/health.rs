//! The standard health check of gRPC services (`grpc.health.v1.Health/Check`).

use prost::Message;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus};

use super::{
    failure::Failure,
    grpc::{Asks, unary},
    prepared::PreparedProbe,
    trace::Trace,
};

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// Asks whether a service serves; without a name, whether the whole server does.
pub(super) async fn check(probe: &PreparedProbe, trace: &mut Trace) -> Result<(), Failure> {
    let named = probe.probe().call.request.as_ref().and_then(|request| request.get("service")?.as_str());
    let question = HealthCheckRequest { service: named.unwrap_or_default().to_owned() };
    let answer = unary(probe, CHECK, &question.encode_to_vec(), Asks::Probe, trace).await?;
    let answer = HealthCheckResponse::decode(answer)
        .map_err(|error| Failure::Protocol { reason: format!("the health message cannot be read: {error}") })?;
    match answer.status() {
        ServingStatus::Serving => Ok(()),
        other => Err(Failure::NotServing { state: other.as_str_name().to_owned() }),
    }
}
