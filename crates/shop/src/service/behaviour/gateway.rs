//! The gateway: the only door for customers; turns a page into calls.

use std::sync::Arc;

use hyper::Method;
use serde_json::json;

use super::{need, not_found};
use crate::goods;
use crate::outbound::Call;
use crate::service::Shopkeeper;
use crate::service::message::{Inbound, Outcome};
use crate::topology::Service;

pub(super) async fn answer(keeper: &Arc<Shopkeeper>, request: &Inbound) -> Outcome {
    let page = Page { keeper, request };
    let done = match (request.method.as_str(), request.segments().as_slice()) {
        ("GET", ["products"]) => page.listing().await,
        ("GET", ["products", id]) => page.product(id).await,
        ("GET", ["search"]) => page.search().await,
        ("GET", ["flash-sale"]) => page.flash_sale().await,
        ("POST", ["flash-sale", id, "reserve"]) => page.reserve(id).await,
        ("GET", ["cart"]) => page.cart(Method::GET).await,
        ("POST", ["cart"]) => page.cart(Method::POST).await,
        ("POST", ["orders"]) => page.order().await,
        _ => Err(not_found()),
    };
    done.unwrap_or_else(|instead| instead)
}

struct Page<'a> {
    keeper: &'a Arc<Shopkeeper>,
    request: &'a Inbound,
}

type Done = Result<Outcome, Outcome>;

impl Page<'_> {
    async fn listing(&self) -> Done {
        let goods = self.get(Service::Catalog, "/products").packed();
        let advice = self.get(Service::Recommendation, "/recommendations");
        let (goods, advice) = tokio::join!(need(self.keeper, goods.0), need(self.keeper, advice.0));
        // A listing without recommendations is still a listing.
        Ok(Outcome::ok(json!({ "products": goods?, "you_may_like": advice.ok() })).chunked().gzip())
    }

    async fn product(&self, id: &str) -> Done {
        self.tell_analytics("product_view");
        let article = self.get(Service::Catalog, format!("/products/{id}"));
        let article = need(self.keeper, article.0).await?;
        let stock = self.get(Service::Inventory, format!("/stock/{id}"));
        let price = self.get(Service::Pricing, format!("/prices/{id}"));
        let (stock, price) = tokio::join!(need(self.keeper, stock.0), need(self.keeper, price.0));
        Ok(Outcome::ok(json!({ "product": article, "stock": stock?, "price": price? })))
    }

    async fn search(&self) -> Done {
        self.tell_analytics("search");
        let q = self.request.query("q").unwrap_or_default();
        let found = need(self.keeper, self.get(Service::Search, format!("/search?q={q}")).packed().0).await?;
        Ok(Outcome::ok(json!({ "results": found })).gzip())
    }

    async fn flash_sale(&self) -> Done {
        let sale = need(self.keeper, self.get(Service::FlashSale, "/flash-sale").0).await?;
        Ok(Outcome::ok(sale).chunked())
    }

    async fn reserve(&self, id: &str) -> Done {
        let user = self.sign_in().await?;
        self.tell_analytics("reserve");
        let hold = self.post(Service::FlashSale, format!("/flash-sale/{id}/reserve"), &json!({ "user": user }));
        Ok(Outcome::created(need(self.keeper, hold.0).await?))
    }

    async fn cart(&self, method: Method) -> Done {
        let user = self.sign_in().await?;
        let target = format!("/carts/{user}");
        if method == Method::GET {
            return Ok(Outcome::ok(need(self.keeper, self.get(Service::Cart, target).0).await?));
        }
        let item = self.request.field("item").unwrap_or_else(|| goods::ARTICLES[0].id.to_owned());
        let put = self.post(Service::Cart, target, &json!({ "item": item }));
        Ok(Outcome::created(need(self.keeper, put.0).await?))
    }

    async fn order(&self) -> Done {
        let user = self.sign_in().await?;
        let buyer = need(self.keeper, self.get(Service::User, format!("/users/{user}")).0).await?;
        let item = self.request.field("item").unwrap_or_else(|| goods::ARTICLES[0].id.to_owned());
        let body = json!({ "user": user, "city": buyer["city"], "item": item });
        let mut call = self.post(Service::Order, "/orders", &body).0;
        call.timeout = std::time::Duration::from_secs(4);
        let order = need(self.keeper, call).await;
        self.tell_analytics(if order.is_ok() { "order" } else { "order_failed" });
        Ok(Outcome::created(order?))
    }

    /// Asks auth who the customer is.
    async fn sign_in(&self) -> Result<String, Outcome> {
        let mut call = self.get(Service::Auth, "/verify").0;
        call.headers.extend(self.request.authorization.clone().map(|value| ("authorization", value)));
        let session = need(self.keeper, call).await?;
        session["user"].as_str().map(str::to_owned).ok_or_else(|| Outcome::error(401, "please sign in"))
    }

    /// Tells analytics without waiting for it.
    fn tell_analytics(&self, event: &str) {
        let call = self.post(Service::Analytics, "/events", &json!({ "event": event })).0;
        let keeper = Arc::clone(self.keeper);
        tokio::spawn(async move {
            // Nobody waits: a lost event is a lost event.
            let _ = keeper.call(call).await;
        });
    }

    fn get(&self, to: Service, target: impl Into<String>) -> Forwarded {
        let mut call = self.request.call(self.keeper.me, to, Method::GET, target);
        call.headers.push(("x-forwarded-for", self.forwarded_for()));
        Forwarded(call)
    }

    fn post(&self, to: Service, target: impl Into<String>, body: &serde_json::Value) -> Forwarded {
        let mut forwarded = self.get(to, target);
        forwarded.0.method = Method::POST;
        forwarded.0.body = body.to_string().into();
        forwarded
    }

    /// What the customer's own proxy said, then the customer's address.
    fn forwarded_for(&self) -> String {
        let client = self.request.client.ip();
        match &self.request.forwarded_for {
            Some(before) => format!("{before}, {client}"),
            None => client.to_string(),
        }
    }
}

/// A call on a customer's behalf.
struct Forwarded(Call);

impl Forwarded {
    fn packed(mut self) -> Self {
        self.0.headers.push(("accept-encoding", "gzip".into()));
        self
    }
}
