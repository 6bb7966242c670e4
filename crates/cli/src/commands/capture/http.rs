//! A workbench behind `wirereel serve`, asked over HTTP as a browser does: the URL's token buys a session once.

use std::{
    env,
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use wirereel_api::ApiError;

/// Where the session of an earlier call may stand.
const SESSION_VARIABLE: &str = "WIREREEL_SESSION";
const COOKIE: &str = "wirereel_session=";
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A web host that lets us in.
pub(super) struct WebHost {
    /// `127.0.0.1:8080`.
    address: String,
    session: String,
}

/// A response, as far as it matters here.
struct Response {
    status: u16,
    head: String,
    body: String,
}

impl WebHost {
    /// Goes in by the session of [`SESSION_VARIABLE`], else by the URL's token, which is good once: the session that it buys is told, for
    /// the next call.
    pub(super) fn enter(url: &str) -> Result<Self> {
        let rest = url
            .strip_prefix("http://")
            .context("a URL as `wirereel serve` prints it is expected: http://…/?token=…")?;
        let (address, query) = rest.split_once('/').unwrap_or((rest, ""));
        if let Ok(session) = env::var(SESSION_VARIABLE) {
            return Ok(Self { address: address.to_owned(), session });
        }
        let response = exchange(address, &format!("GET /{query} HTTP/1.1\r\n"), "")?;
        let session = response.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let value = name.eq_ignore_ascii_case("set-cookie").then_some(value)?.trim();
            Some(value.strip_prefix(COOKIE)?.split(';').next()?.to_owned())
        });
        let session = session.ok_or_else(|| anyhow!("it lets nobody in: {}", response.body.trim()))?;
        eprintln!("for the next call: export {SESSION_VARIABLE}={session}");
        Ok(Self { address: address.to_owned(), session })
    }

    /// Asks it a command.
    pub(super) fn ask(&self, command: &str, args: &Value) -> Result<Value> {
        let head = format!(
            "POST /api/{command} HTTP/1.1\r\nCookie: {COOKIE}{}\r\nContent-Type: application/json\r\n",
            self.session
        );
        let response = exchange(&self.address, &head, &args.to_string())?;
        if response.status == 200 {
            return Ok(serde_json::from_str(&response.body)?);
        }
        match serde_json::from_str::<ApiError>(&response.body) {
            Ok(error) => bail!(error.message),
            Err(_) => bail!("it answers {}: {}", response.status, response.body.trim()),
        }
    }
}

/// One request on a connection of its own.
fn exchange(address: &str, head: &str, body: &str) -> Result<Response> {
    let to = address.to_socket_addrs()?.next().with_context(|| format!("{address} has no address"))?;
    let mut stream =
        TcpStream::connect_timeout(&to, PATIENCE).with_context(|| format!("{address} cannot be reached"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let rest = format!("Host: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(rest.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut bytes)?;
    read(&String::from_utf8_lossy(&bytes)).with_context(|| format!("{address} does not speak HTTP"))
}

/// Reads a response that ends with its connection and has a known length, as those of `wirereel serve` do.
fn read(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Response { status, head: head.to_owned(), body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_and_anything_else_is_none() {
        let response = read("HTTP/1.1 409 Conflict\r\nset-cookie: a=b\r\n\r\n{\"code\": 1}").unwrap();
        assert_eq!((response.status, response.body.as_str()), (409, "{\"code\": 1}"));
        assert!(read("SSH-2.0-OpenSSH_9.2\r\n").is_none());
        assert!(read("HTTP/1.1 x\r\n\r\n").is_none());
    }
}
