//! What is checked and probed.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wirereel_probes::{
    relay::{Relay, RelayOptions},
    responder::{Responder, ResponderOptions},
};

/// A server that answers each connection once.
fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its own").port();
    let serve = move || listener.incoming().flatten().for_each(&answer);
    thread::Builder::new().name("server".into()).spawn(serve).expect("a thread");
    port
}

fn once(mut stream: impl Read + Write) {
    // Who goes away meanwhile is checked no more.
    let _ = stream.read(&mut [0; 4_096]);
    let _ = stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    let _ = stream.flush();
}

pub(crate) fn plain() -> u16 {
    serve(once)
}

/// With a certificate of its own.
pub(crate) fn secure() -> u16 {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate that fits its key");
    let config = Arc::new(config);
    serve(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = StreamOwned::new(connection, stream);
        once(&mut stream);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

/// Relay A, a proxy that says nothing, gateway B and a service that takes three milliseconds; all of it ends with this.
pub(crate) struct Path {
    runtime: Option<Runtime>,
    /// Where the proxy listens, and where it sends on to.
    pub(crate) proxy: SocketAddr,
    pub(crate) behind: SocketAddr,
    relay: SocketAddr,
}

impl Path {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("one");
        let load = json!({ "delay": "3ms", "health": true });
        let options = json!({ "name": "cart", "region": "us", "listen": "127.0.0.1:0", "load": load });
        let options: ResponderOptions = serde_json::from_value(options).expect("options");
        let cart = runtime.block_on(Responder::bind(options)).expect("a responder");
        let address = cart.local_addr().expect("bound");
        runtime.spawn(cart.run(CancellationToken::new()));
        let relay = |more: Value, next: SocketAddr| {
            let mut options = json!({ "listen": "127.0.0.1:0", "routes": { "default": format!("grpc://{next}") } });
            options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            let options: RelayOptions = serde_json::from_value(options).expect("options");
            let relay = runtime.block_on(Relay::bind(options)).expect("a relay");
            let address = relay.local_addr().expect("bound");
            runtime.spawn(relay.run(CancellationToken::new()));
            address
        };
        let behind = relay(json!({ "name": "Gateway B", "region": "us", "role": "gateway" }), address);
        let proxy = relay(json!({ "name": "proxy", "region": "eu", "silent": true }), behind);
        let relay = relay(json!({ "name": "Relay A", "region": "eu" }), proxy);
        Self { runtime: Some(runtime), proxy, behind, relay }
    }

    /// A probe of all of it, as in `wirereel.json`.
    pub(crate) fn probe(&self) -> Value {
        json!({
            "name": "eu to us", "target": format!("grpc://{}", self.relay), "from": "eu", "to": { "region": "us", "service": "cart" },
            "interval": "300ms", "timeout": "5s",
            "path": [
                { "hop": "Relay A" }, { "hop": "proxy", "region": "eu", "address": self.proxy.to_string() }, { "hop": "Gateway B" },
                { "hop": "cart" },
            ],
        })
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
