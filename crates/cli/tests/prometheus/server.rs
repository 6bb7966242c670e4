//! What is checked, and what is collected beside the workbench.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

/// A server that answers each connection once.
fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its own").port();
    let serve = move || listener.incoming().flatten().for_each(&answer);
    thread::Builder::new().name("server".into()).spawn(serve).expect("a thread");
    port
}

fn once(mut stream: impl Read + Write, kind: &str, body: &str) {
    // Who goes away meanwhile is checked no more.
    let _ = stream.read(&mut [0; 4_096]);
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    let _ = stream.flush();
}

pub(crate) fn plain() -> u16 {
    serve(|stream| once(stream, "text/plain", "ok"))
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
        once(&mut stream, "text/plain", "ok");
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

/// Figures of probes as the workbench exposes them, made up: `src/serve/metrics/probes.rs` writes them, and says when they are another.
/// What counts has counted as much again each time.
pub(crate) fn exposed_probes() -> String {
    const TEXT: &str = include_str!("probes.txt");
    const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let collected = AtomicU64::new(0);
    let port = serve(move |stream| {
        let times = collected.fetch_add(1, Ordering::Relaxed) + 1;
        let line = |line: &str| match line.rsplit_once(' ') {
            Some((series, value)) if !line.starts_with('#') && counts(series) => {
                format!("{series} {}\n", value.parse::<f64>().expect("a number") * times as f64)
            }
            _ => format!("{line}\n"),
        };
        once(stream, KIND, &TEXT.lines().map(line).collect::<String>());
    });
    format!("127.0.0.1:{port}")
}

fn counts(series: &str) -> bool {
    let name = series.split('{').next().unwrap_or_default();
    ["_total", "_bucket", "_count", "_sum"].iter().any(|end| name.ends_with(end))
}
