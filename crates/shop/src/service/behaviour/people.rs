//! Who is there and who is told: auth, user, notification, analytics.

use serde_json::{Value, json};

use super::not_found;
use crate::service::message::{Inbound, Outcome};

const CITIES: [&str; 6] = ["Lyon", "Porto", "Graz", "Malmö", "Ghent", "Bergen"];

/// Anybody who gives a name is who they say: these are demo credentials.
pub(super) fn auth(request: &Inbound) -> Outcome {
    match (request.segments().as_slice(), request.identity()) {
        (["verify"], Some(user)) => Outcome::ok(json!({ "user": user })),
        (["verify"], None) => Outcome::error(401, "no valid credentials"),
        _ => not_found(),
    }
}

pub(super) fn user(request: &Inbound) -> Outcome {
    match request.segments().as_slice() {
        ["users", id] => {
            let city = CITIES[id.bytes().map(usize::from).sum::<usize>() % CITIES.len()];
            Outcome::ok(json!({ "id": id, "city": city, "newsletter": false }))
        }
        _ => not_found(),
    }
}

pub(super) fn notification(request: &Inbound) -> Outcome {
    match request.segments().as_slice() {
        ["notifications"] => Outcome { status: 202, ..Outcome::ok(json!({ "queued": true })) },
        _ => not_found(),
    }
}

pub(super) fn analytics(request: &Inbound) -> Outcome {
    match request.segments().as_slice() {
        ["events"] => Outcome { status: 204, ..Outcome::ok(Value::Null) },
        _ => not_found(),
    }
}
