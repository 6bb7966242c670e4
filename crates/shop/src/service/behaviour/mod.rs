//! What each service does with a request.

mod catalog;
mod checkout;
mod gateway;
mod people;
mod stock;

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::Shopkeeper;
use super::message::{Inbound, Outcome};
use crate::connection::Answer;
use crate::outbound::{Call, CallError};
use crate::topology::Service;

pub(super) use stock::Stock;

/// Requests that fail for no reason anybody would find out: as in every real shop.
const UNEXPLAINED_FAILURES: f64 = 0.004;

/// Answers a request.
pub(super) async fn answer(keeper: &Arc<Shopkeeper>, request: &Inbound) -> Outcome {
    if request.uri.path() == "/health" {
        return Outcome::ok(json!({ "status": "ok", "service": keeper.me.name() }));
    }
    if keeper.chance(UNEXPLAINED_FAILURES) {
        return Outcome::error(500, "internal error");
    }
    match keeper.me {
        Service::Gateway => gateway::answer(keeper, request).await,
        Service::Catalog => catalog::products(request),
        Service::Search => catalog::search(keeper, request).await,
        Service::Recommendation => catalog::recommendations(keeper, request).await,
        Service::Inventory => stock::inventory(keeper, request),
        Service::Pricing => stock::prices(request),
        Service::FlashSale => stock::flash_sale(keeper, request).await,
        Service::Cart => checkout::cart(keeper, request).await,
        Service::Order => checkout::order(keeper, request).await,
        Service::Payment => checkout::payment(keeper, request),
        Service::Shipping => checkout::shipping(request),
        Service::Auth => people::auth(request),
        Service::User => people::user(request),
        Service::Notification => people::notification(request),
        Service::Analytics => people::analytics(request),
    }
}

fn not_found() -> Outcome {
    Outcome::error(404, "not found")
}

/// Calls another service and takes only success for an answer.
///
/// # Errors
/// The response to give instead: 4xx of the other service is passed on, its 5xx and silence become 502 and 504.
async fn need(keeper: &Shopkeeper, call: Call) -> Result<Value, Outcome> {
    let to = call.to;
    match keeper.call(call).await {
        Ok(Answer { status, body }) if status.is_success() => Ok(serde_json::from_slice(&body).unwrap_or(Value::Null)),
        Ok(Answer { status, .. }) if status.is_client_error() => Err(refusal(to, status)),
        Ok(Answer { status, .. }) if status == StatusCode::GATEWAY_TIMEOUT => {
            Err(Outcome::error(504, &format!("{to} waited in vain")))
        }
        Ok(_) => Err(Outcome::error(502, &format!("{to} failed"))),
        Err(CallError::Timeout) => Err(Outcome::error(504, &format!("{to} did not answer in time"))),
        Err(_) => Err(Outcome::error(502, &format!("{to} cannot be reached"))),
    }
}

fn refusal(by: Service, status: StatusCode) -> Outcome {
    let why = match status {
        StatusCode::UNAUTHORIZED => "please sign in".to_owned(),
        StatusCode::PAYMENT_REQUIRED => "the card was declined".to_owned(),
        StatusCode::CONFLICT => "sold out".to_owned(),
        StatusCode::NOT_FOUND => "not found".to_owned(),
        _ => format!("{by} refused"),
    };
    Outcome::error(status.as_u16(), &why)
}
