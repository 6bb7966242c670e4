//! A proxy that makes tunnels, after a while.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// Tunnels to whatever is asked for, to those who know the login.
pub(crate) async fn serve(wait_ms: u64, login: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tunnel(stream, wait_ms, login));
        }
    });
    address
}

async fn tunnel(mut stream: TcpStream, wait_ms: u64, login: Option<&str>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    if login.is_some_and(|login| !head.contains(&format!("Proxy-Authorization: {login}\r\n"))) {
        return stream.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n").await;
    }
    let to = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap();
    let mut onward = TcpStream::connect(to).await?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: tests\r\n\r\n").await?;
    copy_bidirectional(&mut stream, &mut onward).await.map(drop)
}
