//! What there is: the catalogue, the search over it, and recommendations from it.

use hyper::Method;
use serde_json::{Value, json};

use super::{need, not_found};
use crate::goods::{self, ARTICLES, Article};
use crate::service::Shopkeeper;
use crate::service::message::{Inbound, Outcome};
use crate::topology::Service;

fn row(article: &Article) -> Value {
    json!({ "id": article.id, "name": article.name })
}

pub(super) fn products(request: &Inbound) -> Outcome {
    match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["products"]) => {
            let wanted = request.query("q").unwrap_or_default().to_lowercase();
            let found = ARTICLES.iter().filter(|a| a.name.to_lowercase().contains(&wanted));
            let limit = request.query("limit").and_then(|n| n.parse().ok()).unwrap_or(ARTICLES.len());
            Outcome::ok(found.take(limit).map(row).collect()).chunked().gzip()
        }
        (&Method::GET, ["products", id]) => goods::find(id).map_or_else(not_found, |a| Outcome::ok(row(a))),
        _ => not_found(),
    }
}

pub(super) async fn search(keeper: &Shopkeeper, request: &Inbound) -> Outcome {
    let Some(q) = request.query("q").filter(|q| !q.is_empty()) else {
        return Outcome::error(400, "search for what?");
    };
    let call = request.call(keeper.me, Service::Catalog, Method::GET, format!("/products?q={q}"));
    match need(keeper, call).await {
        Ok(found) => Outcome::ok(found).gzip(),
        Err(instead) => instead,
    }
}

pub(super) async fn recommendations(keeper: &Shopkeeper, request: &Inbound) -> Outcome {
    let call = request.call(keeper.me, Service::Catalog, Method::GET, "/products?limit=3");
    match need(keeper, call).await {
        Ok(found) => Outcome::ok(found).chunked(),
        Err(instead) => instead,
    }
}
