//! How many and how much: inventory, pricing, and the flash sale that asks both.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hyper::Method;
use serde_json::{Value, json};

use super::{need, not_found};
use crate::goods::{self, BARGAINS, BARGAINS_EACH};
use crate::service::Shopkeeper;
use crate::service::message::{Inbound, Outcome};
use crate::topology::Service;

/// Bargains taken so far; ordinary articles never run out. Gone after a crash, like any memory.
#[derive(Debug, Default)]
pub(in crate::service) struct Stock {
    taken: Mutex<HashMap<&'static str, i64>>,
}

impl Stock {
    /// How many are left, `None` for an unknown article.
    fn left(&self, id: &str) -> Option<i64> {
        let article = goods::find(id)?;
        if !BARGAINS.contains(article) {
            return Some(1000);
        }
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        Some(BARGAINS_EACH - taken.get(article.id).copied().unwrap_or(0))
    }

    /// Takes one; false when none is left.
    fn take(&self, id: &str) -> bool {
        let left = self.left(id);
        if let Some(article) = goods::find(id).filter(|_| left > Some(0)) {
            *self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(article.id).or_default() += 1;
        }
        left > Some(0)
    }
}

pub(super) fn inventory(keeper: &Shopkeeper, request: &Inbound) -> Outcome {
    let stock = &keeper.stock;
    match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["stock"]) => Outcome::ok(each_of(request, |id| stock.left(id).map(Value::from))),
        (&Method::GET, ["stock", id]) => stock.left(id).map_or_else(not_found, |n| Outcome::ok(json!({ "left": n }))),
        (&Method::POST, ["stock", _, "hold"]) if keeper.chance(0.01) => Outcome::error(409, "held by somebody else"),
        (&Method::POST, ["stock", id, "hold"]) if goods::find(id).is_some() => match stock.take(id) {
            true => Outcome::created(json!({ "held": id, "left": stock.left(id) })),
            false => Outcome::error(409, "none left"),
        },
        _ => not_found(),
    }
}

pub(super) fn prices(request: &Inbound) -> Outcome {
    let price = |id: &str| goods::find(id).map(|a| json!({ "cents": a.cents, "currency": "EUR" }));
    match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["prices"]) => Outcome::ok(each_of(request, price)),
        (&Method::GET, ["prices", id]) => price(id).map_or_else(not_found, Outcome::ok),
        _ => not_found(),
    }
}

/// An object with a value for every id of the query's `ids`.
fn each_of(request: &Inbound, value: impl Fn(&str) -> Option<Value>) -> Value {
    let ids = request.query("ids").unwrap_or_default().split(',');
    ids.filter_map(|id| Some((id.to_owned(), value(id)?))).collect::<serde_json::Map<_, _>>().into()
}

pub(super) async fn flash_sale(keeper: &Shopkeeper, request: &Inbound) -> Outcome {
    let get = |to, target: String| request.call(keeper.me, to, Method::GET, target);
    match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["flash-sale"]) => {
            let ids = BARGAINS.map(|b| b.id).join(",");
            let stock = need(keeper, get(Service::Inventory, format!("/stock?ids={ids}")));
            let prices = need(keeper, get(Service::Pricing, format!("/prices?ids={ids}")));
            match tokio::join!(stock, prices) {
                (Ok(stock), Ok(prices)) => Outcome::ok(json!({ "stock": stock, "prices": prices })).chunked(),
                (Err(instead), _) | (_, Err(instead)) => instead,
            }
        }
        (&Method::POST, ["flash-sale", id, "reserve"]) => {
            let price = match need(keeper, get(Service::Pricing, format!("/prices/{id}"))).await {
                Ok(price) => price,
                Err(instead) => return instead,
            };
            let hold = request.call(keeper.me, Service::Inventory, Method::POST, format!("/stock/{id}/hold"));
            match need(keeper, hold).await {
                Ok(_) => Outcome::created(json!({ "reserved": id, "price": price, "minutes": 10 })),
                Err(instead) => instead,
            }
        }
        _ => not_found(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bargains_run_out_and_articles_do_not() {
        let stock = Stock::default();
        assert!((0..BARGAINS_EACH).all(|_| stock.take("f-1")));
        assert!(!stock.take("f-1"));
        assert_eq!(stock.left("f-1"), Some(0));
        assert!((0..2000).all(|_| stock.take("p-101")));
        assert_eq!(stock.left("p-999"), None);
    }
}
