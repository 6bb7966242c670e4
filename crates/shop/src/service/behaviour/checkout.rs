//! From the cart to the parcel: cart, order, payment, shipping.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde_json::{Value, json};

use super::{need, not_found};
use crate::goods;
use crate::outbound::Call;
use crate::service::Shopkeeper;
use crate::service::message::{Inbound, Outcome};
use crate::topology::Service;

/// How often a card is declined.
const DECLINED: f64 = 0.03;

pub(super) async fn cart(keeper: &Shopkeeper, request: &Inbound) -> Outcome {
    let item = request.field("item");
    let (item, added) = match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["carts", _]) => (goods::ARTICLES[3].id.to_owned(), false),
        (&Method::POST, ["carts", _]) => (item.unwrap_or_default(), true),
        _ => return not_found(),
    };
    let call = request.call(keeper.me, Service::Inventory, Method::GET, format!("/stock/{item}"));
    match need(keeper, call).await {
        Ok(_) if added => Outcome::created(json!({ "added": item })),
        Ok(stock) => Outcome::ok(json!({ "items": [{ "id": item, "count": 1, "stock": stock }] })),
        Err(instead) => instead,
    }
}

pub(super) async fn order(keeper: &Arc<Shopkeeper>, request: &Inbound) -> Outcome {
    let Some(item) = request.field("item").filter(|_| request.segments() == ["orders"]) else {
        return not_found();
    };
    match place(keeper, request, &item).await {
        Ok(order) => Outcome::created(order),
        Err(instead) => instead,
    }
}

/// Holds the article, charges for it, sends it, and tells the buyer; the first refusal ends it.
async fn place(keeper: &Arc<Shopkeeper>, request: &Inbound, item: &str) -> Result<Value, Outcome> {
    let number = format!("o-{}", &request.trace.id()[..8]);
    need(
        keeper,
        post(keeper, request, Service::Inventory, &format!("/stock/{item}/hold"), &json!({ "order": number })),
    )
    .await?;
    let cents = goods::find(item).map_or(0, |article| article.cents);
    let mut charge = post(keeper, request, Service::Payment, "/charges", &json!({ "order": number, "cents": cents }));
    let login = STANDARD.encode(format!("{}:demo", keeper.me));
    charge.headers.push(("authorization", format!("Basic {login}")));
    charge.timeout = Duration::from_secs(1);
    let receipt = need(keeper, charge).await?;
    let city = request.field("city").unwrap_or_default();
    let parcel = post(keeper, request, Service::Shipping, "/shipments", &json!({ "order": number, "city": city }));
    let parcel = need(keeper, parcel).await?;
    let mut word = post(keeper, request, Service::Notification, "/notifications", &json!({ "order": number }));
    word.keep_alive = false;
    let sender = Arc::clone(keeper);
    tokio::spawn(async move {
        // The order stands whether or not the mail goes out.
        let _ = sender.call(word).await;
    });
    Ok(json!({ "order": number, "receipt": receipt["receipt"], "parcel": parcel["parcel"] }))
}

fn post(keeper: &Shopkeeper, request: &Inbound, to: Service, target: &str, body: &Value) -> Call {
    let mut call = request.call(keeper.me, to, Method::POST, target);
    call.body = body.to_string().into();
    call
}

pub(super) fn payment(keeper: &Shopkeeper, request: &Inbound) -> Outcome {
    match request.segments().as_slice() {
        ["charges"] if keeper.chance(DECLINED) => Outcome::error(402, "declined by the bank"),
        ["charges"] => Outcome::created(json!({ "receipt": format!("r-{}", &request.trace.id()[..6]) })),
        _ => not_found(),
    }
}

pub(super) fn shipping(request: &Inbound) -> Outcome {
    match request.segments().as_slice() {
        ["shipments"] => Outcome::created(json!({ "parcel": format!("s-{}", &request.trace.id()[..6]), "days": 2 })),
        _ => not_found(),
    }
}
