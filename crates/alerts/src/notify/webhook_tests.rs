use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{
    Span,
    notify::{Format, Target, notice::tests::notice},
};

/// Answers one request with these bytes, and returns what was asked.
async fn answer(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/T0P-S3CRET", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        let whole = |asked: &[u8]| {
            let text = String::from_utf8_lossy(asked);
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or(0))
        };
        while !whole(&asked) {
            if socket.read_buf(&mut asked).await.unwrap() == 0 {
                break;
            }
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        if answer.is_empty() {
            // Never answers, and stays.
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        String::from_utf8(asked).unwrap()
    });
    (url, asked)
}

async fn post(url: &str, timeout: Span, headers: BTreeMap<String, String>) -> Result<(), SendFailure> {
    let to = Channel::Webhook { url: url.into(), format: Format::Slack, body: None, headers };
    let target = Target { timeout, ..Target::new("t", to) };
    let attempt = Attempt { delivery_id: "d".into(), target: Arc::new(target), notice: notice("shop") };
    WebhookSender::new().send(&attempt).await
}

const LONG: Span = Span::from_secs(20);

#[tokio::test]
async fn the_notice_is_posted_as_json_with_the_headers_of_the_target() {
    let (url, asked) = answer("HTTP/1.1 204 No Content\r\n\r\n").await;
    let headers = BTreeMap::from([("Authorization".to_owned(), "Bearer x".to_owned())]);
    assert_eq!(post(&url, LONG, headers).await, Ok(()));
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /hooks/T0P-S3CRET HTTP/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("content-type: application/json\r\n") && asked.contains("authorization: Bearer x\r\n"),
        "{asked}"
    );
    let body: serde_json::Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(body["text"].as_str().unwrap().contains("Website shop is down."));
}

#[tokio::test]
async fn an_answer_tells_whether_to_try_again_and_when() {
    let cases = [
        (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 9\r\n\r\nnot\n now\n",
            "answered 503 Service Unavailable: not now",
            false,
            None,
        ),
        (
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n",
            "answered 429 Too Many Requests",
            false,
            Some(30),
        ),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\nno_team", "answered 404 Not Found: no_team", true, None),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "answered 302 Found",
            true,
            None,
        ),
    ];
    for (bytes, message, is_final, seconds) in cases {
        let (url, _asked) = answer(bytes).await;
        let failure = post(&url, LONG, BTreeMap::new()).await.unwrap_err();
        let retry_after_ns = seconds.map(|seconds: i64| seconds * 1_000_000_000);
        assert_eq!(failure, SendFailure { message: message.into(), is_final, retry_after_ns });
    }
}

#[tokio::test]
async fn no_failure_tells_the_address() {
    let (url, asked) = answer("").await;
    let slow = post(&url, Span::from_millis(300), BTreeMap::new()).await.unwrap_err();
    assert_eq!(slow, SendFailure::passing("no answer within 300ms"));
    asked.abort();
    let _ = asked.await;
    let refused = post(&url, LONG, BTreeMap::new()).await.unwrap_err();
    assert!(!refused.is_final && !refused.message.contains("S3CRET"), "{refused}");
    assert!(refused.message.contains("refused"), "{refused}");
}

#[tokio::test]
async fn https_is_spoken_and_a_stranger_s_certificate_is_not_believed() {
    // A plain server where TLS is expected: the handshake fails, which shows that one was begun.
    let (url, asked) = answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let url = url.replace("http:", "https:");
    let failure =
        tokio::time::timeout(std::time::Duration::from_secs(10), post(&url, Span::from_secs(2), BTreeMap::new())).await;
    let failure = failure.unwrap().unwrap_err();
    assert!(!failure.is_final, "{failure}");
    asked.abort();
}
