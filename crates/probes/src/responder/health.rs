//! `grpc.health.v1.Health` that takes its time where that is asked for, so that a path that is probed by health shows a service's work.

use std::sync::{Arc, Mutex, PoisonError};

use tonic::{Request, Response, Status};
use tonic_health::{
    pb::{HealthCheckRequest, HealthCheckResponse, health_server::Health},
    server::HealthService,
};

use super::{options::Load, work::Work};

/// See the module.
#[derive(Debug)]
pub(super) struct PlayedHealth {
    pub(super) told: HealthService,
    /// May be set while it answers.
    pub(super) load: Arc<Mutex<Load>>,
}

#[tonic::async_trait]
impl Health for PlayedHealth {
    type WatchStream = <HealthService as Health>::WatchStream;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let load = self.load.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if load.health {
            Work::of(&load).play().await?;
        }
        self.told.check(request).await
    }

    /// Tells each change at once: there is no work in that.
    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.told.watch(request).await
    }
}
