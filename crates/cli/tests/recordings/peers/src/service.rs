//! The stock service. What an item's sku says is what the service does:
//!
//! | sku | what happens |
//! |---|---|
//! | `unknown…` | NOT_FOUND, without any message: trailers only |
//! | `late…` | DEADLINE_EXCEEDED after 50 ms, as if something behind the service were slow |
//! | `stuck…` | nothing more, until the caller gives up |
//! | `recalled…` | ABORTED in the trailers, after two messages |
//! | `full…` | RESOURCE_EXHAUSTED while the caller still has its side open |
//! | `bulky…` | notes of 20,000 bytes, which is more than a DATA frame takes |
//! | anything else | it is in stock |

use std::{future, net::SocketAddr, pin::Pin, time::Duration};

use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Request, Response, Status, Streaming, codec::CompressionEncoding, transport::Server};

use crate::{
    ledger::{Entry, Ledger},
    stock::{
        Item, Level,
        stock_server::{Stock, StockServer},
    },
};

type Levels = Pin<Box<dyn Stream<Item = Result<Level, Status>> + Send>>;

/// Serves until the process is ended.
pub async fn serve(address: SocketAddr, ledger: Ledger) -> anyhow::Result<()> {
    let stock = StockServer::new(Warehouse { ledger })
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    Ok(Server::builder().add_service(stock).serve(address).await?)
}

struct Warehouse {
    ledger: Ledger,
}

/// What there is of an item.
async fn level(item: Item) -> Result<Level, Status> {
    let left = 40_u32.saturating_sub(item.count);
    let note = match item.sku.as_str() {
        sku if sku.starts_with("unknown") => return Err(Status::not_found(format!("no shelf for “{sku}”"))),
        sku if sku.starts_with("late") => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            return Err(Status::deadline_exceeded("the warehouse did not answer in 50 ms"));
        }
        sku if sku.starts_with("stuck") => future::pending().await,
        sku if sku.starts_with("bulky") => "shelf ".repeat(20_000 / 6),
        "" => return Ok(Level::default()),
        _ => String::new(),
    };
    Ok(Level { sku: item.sku, left, note })
}

/// Sends on, and counts what was taken.
async fn send(sender: &mpsc::Sender<Result<Level, Status>>, entry: &mut Entry, answer: Result<Level, Status>) {
    let sent = answer.as_ref().map(|_| ()).map_err(Status::code);
    if sender.send(answer).await.is_ok() {
        match sent {
            Ok(()) => entry.responses += 1,
            Err(code) => entry.ended(code),
        }
    }
}

#[tonic::async_trait]
impl Stock for Warehouse {
    type WatchStream = Levels;
    type ReserveStream = Levels;

    async fn get(&self, request: Request<Item>) -> Result<Response<Level>, Status> {
        let mut entry = self.ledger.call("/shop.stock.v1.Stock/Get");
        entry.requests = 1;
        let answer = level(request.into_inner()).await;
        entry.answered(&answer);
        answer.map(Response::new)
    }

    async fn receive(&self, request: Request<Streaming<Item>>) -> Result<Response<Level>, Status> {
        let mut entry = self.ledger.call("/shop.stock.v1.Stock/Receive");
        let mut items = request.into_inner();
        let mut total = Level::default();
        while let Some(item) = items.message().await? {
            entry.requests += 1;
            if item.sku.starts_with("full") {
                let refusal = Err(Status::resource_exhausted("no shelf is free"));
                entry.answered(&refusal);
                return refusal;
            }
            total.left += item.count;
            total.sku = item.sku;
        }
        let answer = Ok(total);
        entry.answered(&answer);
        answer.map(Response::new)
    }

    async fn watch(&self, request: Request<Item>) -> Result<Response<Levels>, Status> {
        let mut entry = self.ledger.call("/shop.stock.v1.Stock/Watch");
        entry.requests = 1;
        let item = request.into_inner();
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            for count in 0..item.count {
                let changed = if item.sku.starts_with("bulky") { item.sku.clone() } else { format!("{count}") };
                send(&sender, &mut entry, level(Item { sku: changed, count }).await).await;
            }
            match item.sku.as_str() {
                sku if sku.starts_with("recalled") => {
                    send(&sender, &mut entry, Err(Status::aborted("the item was recalled"))).await;
                }
                sku if sku.starts_with("stuck") => sender.closed().await,
                _ => entry.ended(Code::Ok),
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn reserve(&self, request: Request<Streaming<Item>>) -> Result<Response<Levels>, Status> {
        let mut entry = self.ledger.call("/shop.stock.v1.Stock/Reserve");
        let mut items = request.into_inner();
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(Ok(item)) = items.next().await {
                entry.requests += 1;
                send(&sender, &mut entry, level(item).await).await;
            }
            if !sender.is_closed() {
                entry.ended(Code::Ok);
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}
