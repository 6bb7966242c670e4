//! A server that says hello, with and without TLS, in a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{TlsAcceptor, rustls};

use super::Failed;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

/// The server in a process of its own.
pub(super) struct Server {
    process: Child,
    pub(super) plain: String,
    pub(super) tls: String,
    pub(super) authority: std::path::PathBuf,
}

impl Server {
    pub(super) fn start() -> Result<Self, Failed> {
        let authority = std::env::temp_dir().join(format!("bench-checks-{}.pem", std::process::id()));
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--server", "--ca"])
            .arg(&authority)
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output of the server")?).read_line(&mut line)?;
        let ports: Vec<&str> = line.split_whitespace().collect();
        let [plain, tls] = ports[..] else { return Err(format!("the server said {line:?}").into()) };
        Ok(Self {
            process,
            plain: format!("http://127.0.0.1:{plain}/"),
            tls: format!("https://127.0.0.1:{tls}/"),
            authority,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_file(&self.authority));
    }
}

/// Serves until it is ended.
pub(super) async fn serve(authority: String) -> Result<(), Failed> {
    let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    std::fs::write(authority, key.cert.pem())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let secret = rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der())?;
    let config = builder.with_no_client_auth().with_single_cert(vec![key.cert.der().clone()], secret)?;
    let (plain, tls) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    println!("{} {}", plain.local_addr()?.port(), tls.local_addr()?.port());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = tls.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                drop(stream.set_nodelay(true));
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(answer(stream).await);
                }
            });
        }
    });
    while let Ok((stream, _)) = plain.accept().await {
        drop(stream.set_nodelay(true));
        tokio::spawn(answer(stream));
    }
    Ok(())
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<()> {
    let mut buffer = [0; 2_048];
    loop {
        let mut length = 0;
        while !buffer[..length].ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer[length..]).await? {
                0 => return Ok(()),
                read => length += read,
            }
        }
        stream.write_all(ANSWER).await?;
        if buffer[..length].windows(17).any(|part| part == b"connection: close") {
            return stream.shutdown().await;
        }
    }
}
