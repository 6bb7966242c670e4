//! Who calls the stock service: the calls of each recording, one after the other where nothing else is said.

use std::time::Duration;

use anyhow::bail;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Code, Request, Status, Streaming,
    codec::CompressionEncoding,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;

use crate::{
    ledger::{Entry, Ledger},
    stock::{Item, Level, stock_client::StockClient},
};

const GET: &str = "/shop.stock.v1.Stock/Get";
const RECEIVE: &str = "/shop.stock.v1.Stock/Receive";
const WATCH: &str = "/shop.stock.v1.Stock/Watch";
const RESERVE: &str = "/shop.stock.v1.Stock/Reserve";

/// Makes the calls of one recording.
pub async fn call(kind: &str, address: &str, ledger: &Ledger) -> anyhow::Result<()> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let client = StockClient::new(endpoint.connect().await?);
    match kind {
        "unary" => unary(client, ledger).await,
        "client-stream" => client_stream(client, ledger).await,
        "server-stream" => server_stream(client, ledger).await,
        "bidi" => bidi(client, ledger).await,
        "errors" => errors(endpoint, client, ledger).await,
        _ => bail!("no calls of kind {kind}"),
    }
}

fn item(sku: &str, count: u32) -> Item {
    Item { sku: sku.to_owned(), count }
}

async fn get(client: &mut StockClient<Channel>, ledger: &Ledger, request: Request<Item>) {
    let mut entry = ledger.call(GET);
    entry.requests = 1;
    let answer = client.get(request).await;
    entry.answered(&answer);
}

/// Reads a stream to its end, or only some messages of it.
async fn read(entry: &mut Entry, mut levels: Streaming<Level>, at_most: u32) {
    while entry.responses < at_most {
        match levels.message().await {
            Ok(Some(_)) => entry.responses += 1,
            Ok(None) => return entry.ended(Code::Ok),
            Err(status) => return entry.ended(status.code()),
        }
    }
}

async fn unary(mut client: StockClient<Channel>, ledger: &Ledger) -> anyhow::Result<()> {
    get(&mut client, ledger, Request::new(item("tea-1", 3))).await;
    // Both messages are empty: five bytes of frame and nothing in them.
    get(&mut client, ledger, Request::new(Item::default())).await;
    get(&mut client, ledger, Request::new(item("bulky-1", 1))).await;

    let mut request = Request::new(item("tea-2", 5));
    let metadata = request.metadata_mut();
    metadata.insert("authorization", "Bearer not-for-any-database".parse()?);
    metadata.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?);
    metadata.insert_bin("shelf-bin", tonic::metadata::MetadataValue::from_bytes(&[0, 159, 146, 150]));
    get(&mut client, ledger, request).await;

    let mut squeezed =
        client.clone().send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
    get(&mut squeezed, ledger, Request::new(item("bulky-2", 1))).await;

    // Three at once, on three streams of the connection.
    let (mut one, mut two, mut three) = (client.clone(), client.clone(), client);
    tokio::join!(
        get(&mut one, ledger, Request::new(item("cup-1", 1))),
        get(&mut two, ledger, Request::new(item("cup-2", 2))),
        get(&mut three, ledger, Request::new(item("cup-3", 3))),
    );
    Ok(())
}

async fn client_stream(mut client: StockClient<Channel>, ledger: &Ledger) -> anyhow::Result<()> {
    for count in [5, 0, 60] {
        let mut entry = ledger.call(RECEIVE);
        entry.requests = count;
        let items: Vec<Item> = (0..count).map(|n| item(&format!("tea-{n}"), n)).collect();
        let answer = client.receive(tokio_stream::iter(items)).await;
        entry.answered(&answer);
    }
    Ok(())
}

async fn server_stream(mut client: StockClient<Channel>, ledger: &Ledger) -> anyhow::Result<()> {
    // Some, none, many small ones to a DATA frame, and large ones over several.
    for wanted in [item("tea-1", 4), item("tea-2", 0), item("tea-3", 80), item("bulky-1", 2)] {
        let mut entry = ledger.call(WATCH);
        entry.requests = 1;
        let levels = client.watch(wanted).await?.into_inner();
        read(&mut entry, levels, u32::MAX).await;
    }
    Ok(())
}

async fn bidi(client: StockClient<Channel>, ledger: &Ledger) -> anyhow::Result<()> {
    // Two conversations at once, each waiting for the answer before it goes on.
    let (one, two) = tokio::join!(
        reserve(client.clone(), ledger, &["tea-1", "tea-2", "tea-3"]),
        reserve(client, ledger, &["cup-1", "cup-2"])
    );
    one.and(two)
}

async fn reserve(mut client: StockClient<Channel>, ledger: &Ledger, skus: &[&str]) -> anyhow::Result<()> {
    let mut entry = ledger.call(RESERVE);
    let (sender, receiver) = mpsc::channel(1);
    let mut levels = client.reserve(ReceiverStream::new(receiver)).await?.into_inner();
    for sku in skus {
        sender.send(item(sku, 1)).await?;
        entry.requests += 1;
        levels.message().await?;
        entry.responses += 1;
    }
    drop(sender);
    read(&mut entry, levels, u32::MAX).await;
    Ok(())
}

async fn errors(endpoint: Endpoint, mut client: StockClient<Channel>, ledger: &Ledger) -> anyhow::Result<()> {
    get(&mut client, ledger, Request::new(item("unknown-1", 1))).await;
    get(&mut client, ledger, Request::new(item("late-1", 1))).await;

    let mut entry = ledger.call(WATCH);
    entry.requests = 1;
    let levels = client.watch(item("recalled-1", 2)).await?.into_inner();
    read(&mut entry, levels, u32::MAX).await;
    drop(entry);

    // The service ends the call while this side is still open.
    let mut entry = ledger.call(RECEIVE);
    let (sender, receiver) = mpsc::channel(1);
    sender.send(item("full-1", 1)).await?;
    entry.requests = 1;
    let answer = client.receive(ReceiverStream::new(receiver)).await;
    entry.answered(&answer);
    drop((sender, entry));

    unimplemented_method(&client_channel(&endpoint).await?, ledger).await?;

    // Given up after two messages: the stream is reset.
    let mut entry = ledger.call(WATCH);
    entry.requests = 1;
    let levels = client.watch(item("stuck-1", 2)).await?.into_inner();
    read(&mut entry, levels, 2).await;
    drop(entry);

    // Given up by a timer of the client before anything came.
    let impatient = endpoint.timeout(Duration::from_millis(100));
    let mut entry = ledger.call(GET);
    entry.requests = 1;
    let answer = StockClient::new(client_channel(&impatient).await?).get(item("stuck-2", 1)).await;
    if answer.is_ok() {
        bail!("a call that nobody answers was answered");
    }
    drop(entry);
    // The reset is on its way when the connection is closed.
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(())
}

async fn client_channel(endpoint: &Endpoint) -> anyhow::Result<Channel> {
    Ok(endpoint.connect().await?)
}

async fn unimplemented_method(channel: &Channel, ledger: &Ledger) -> anyhow::Result<()> {
    const PATH: &str = "/shop.stock.v1.Stock/Burn";
    let mut entry = ledger.call(PATH);
    entry.requests = 1;
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await?;
    let codec: ProstCodec<Item, Level> = ProstCodec::default();
    let answer: Result<_, Status> =
        client.unary(Request::new(item("tea-1", 1)), PathAndQuery::from_static(PATH), codec).await;
    entry.answered(&answer);
    Ok(())
}
