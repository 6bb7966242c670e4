//! HTTP/1 with a secret in every place.

use wirereel_testkit::{Conversation, Packets};

use crate::planted::{self, BASIC, BEARER, COOKIE, Fields};

const SECOND_NS: i64 = 1_000_000_000;

fn head(start_line: &str, fields: Fields) -> String {
    let lines: String = fields.into_iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{start_line}\r\n{lines}\r\n")
}

fn request() -> String {
    let host = ("Host", planted::authority());
    head(&format!("GET {} HTTP/1.1", planted::target()), [host].into_iter().chain(planted::of_request()).collect())
}

fn response() -> String {
    let length = ("Content-Length", "0".to_owned());
    head("HTTP/1.1 302 Found", planted::of_response().into_iter().chain([length]).collect())
}

/// Whole requests, and requests that break off or break the rules with a secret in them: those become problems.
pub(crate) fn packets() -> Packets {
    let (request, response) = (request(), response());
    let cut = request.len() - 40;
    let broken = request.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");
    let tunnel = format!("CONNECT {}:443 HTTP/1.1\r\n\r\n", planted::authority());
    let proxied = request.replacen("GET ", &format!("GET http://{}", planted::authority()), 1);
    [
        request.clone(),
        request[..cut].to_owned(),
        format!("{broken}{BEARER}\r\n{COOKIE}\r\n"),
        format!("{request}{BASIC}\r\n\r\n"),
        tunnel,
        proxied,
    ]
    .iter()
    .zip(0_u16..)
    .map(|(client, n)| {
        Conversation::tcp(&format!("198.51.100.1:{}", 20_001 + n), "10.0.0.1:80")
            .handshake()
            .client(client.as_bytes())
            .server(response.as_bytes())
            .close()
            .packets()
            .later(SECOND_NS * i64::from(n))
    })
    .fold(Packets::default(), Packets::merge)
}
