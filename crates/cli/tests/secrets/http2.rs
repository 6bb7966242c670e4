//! HTTP/2 and gRPC with a secret in every place, written out by hand: frames (RFC 9113 §4.1) and header blocks of
//! literals (RFC 7541 §6.2), so that no reader of ours has a part in what is planted.

use wirereel_testkit::{Conversation, Packets};

use crate::planted::{self, API_KEY, AUTH_TOKEN, BEARER, COOKIE, CSRF_TOKEN, Fields, SET_COOKIE};

const SECOND_NS: i64 = 1_000_000_000;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const WHOLE: u8 = END_STREAM | END_HEADERS;

/// First bytes of a literal with a new name: added to the table, not added, never to be added.
const ADDED: u8 = 0x40;
const NOT_ADDED: u8 = 0x00;
const NEVER_ADDED: u8 = 0x10;
/// The newest entry of a table (RFC 7541 §2.3.3).
const NEWEST: u8 = 62;
/// A table that is made smaller behind a field, which is forbidden.
const LATE_RESIZE: u8 = 0x20;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn opening() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()
}

/// A length in seven bits, and on (RFC 7541 §5.1).
fn string(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match u8::try_from(text.len()) {
        Ok(short @ ..127) => bytes.push(short),
        _ => {
            bytes.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                bytes.push((rest % 128) as u8 | 0x80);
                rest /= 128;
            }
            bytes.push(rest as u8);
        }
    }
    bytes.extend(text.as_bytes());
    bytes
}

fn block(form: u8, fields: &Fields) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| [vec![form], string(name), string(value)].concat()).collect()
}

/// The fields that a block has just added, all by their numbers in the table.
fn by_number(fields: &Fields) -> Vec<u8> {
    (0..fields.len() as u8).rev().map(|behind| 0x80 | (NEWEST + behind)).collect()
}

fn request(method: &str) -> Fields {
    let pseudo = [
        (":method", method.to_owned()),
        (":scheme", "http".to_owned()),
        (":authority", planted::authority()),
        (":path", planted::target()),
    ];
    pseudo.into_iter().chain(planted::of_request()).collect()
}

/// A gRPC call. Metadata are header fields; names that end in `-bin` hold bytes in base64.
fn call() -> Fields {
    let metadata = [
        ("content-type", "application/grpc".to_owned()),
        ("te", "trailers".to_owned()),
        ("session-token-bin", AUTH_TOKEN.to_owned()),
        ("client-secret", CSRF_TOKEN.to_owned()),
    ];
    request("POST").into_iter().chain(metadata).collect()
}

fn response() -> Fields {
    [(":status", "302".to_owned())].into_iter().chain(planted::of_response()).collect()
}

fn grpc_head() -> Fields {
    vec![
        (":status", "200".into()),
        ("content-type", "application/grpc".into()),
        ("set-cookie", format!("sid={SET_COOKIE}")),
    ]
}

fn grpc_trailers() -> Fields {
    vec![("grpc-status", "7".into()), ("x-api-key", API_KEY.into()), ("next-token", AUTH_TOKEN.into())]
}

/// What client and server say on one connection.
type Talk = (Vec<u8>, Vec<u8>);

/// The same request in each form that a field has, and the same response.
fn whole() -> Talk {
    let (asked, answered) = (request("GET"), response());
    let client = [
        opening(),
        frame(HEADERS, WHOLE, 1, &block(ADDED, &asked)),
        frame(HEADERS, WHOLE, 3, &by_number(&asked)),
        frame(HEADERS, WHOLE, 5, &block(NEVER_ADDED, &asked)),
        frame(HEADERS, END_STREAM, 7, &block(NOT_ADDED, &asked)[..300]),
        frame(CONTINUATION, END_HEADERS, 7, &block(NOT_ADDED, &asked)[300..]),
    ];
    let server = [
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, WHOLE, 1, &block(ADDED, &answered)),
        frame(HEADERS, WHOLE, 3, &by_number(&answered)),
        frame(PUSH_PROMISE, END_HEADERS, 5, &[&2_u32.to_be_bytes()[..], &block(NOT_ADDED, &asked)].concat()),
        frame(HEADERS, WHOLE, 2, &block(NOT_ADDED, &answered)),
        frame(HEADERS, WHOLE, 5, &block(NEVER_ADDED, &answered)),
        frame(HEADERS, WHOLE, 7, &block(NOT_ADDED, &answered)),
    ];
    (client.concat(), server.concat())
}

/// A gRPC call with secrets in its metadata and its trailers. Bodies are exported as they were sent, so it has none there.
fn grpc() -> Talk {
    let message = [&[0, 0, 0, 0, 5][..], b"shoes"].concat();
    let client = [
        opening(),
        frame(HEADERS, END_HEADERS, 1, &block(ADDED, &call())),
        frame(DATA, 0, 1, &message),
        frame(HEADERS, WHOLE, 1, &block(ADDED, &vec![("x-auth-token", AUTH_TOKEN.into())])),
    ];
    let server = [
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_HEADERS, 1, &block(ADDED, &grpc_head())),
        frame(DATA, 0, 1, &message),
        frame(HEADERS, WHOLE, 1, &block(ADDED, &grpc_trailers())),
    ];
    (client.concat(), server.concat())
}

/// Blocks that break off or break the rules with a secret in them.
fn broken() -> Vec<Talk> {
    let asked = block(NOT_ADDED, &request("GET"));
    let shouted = request("GET").into_iter().flat_map(|(name, value)| {
        let name = if name.starts_with(':') { name.to_owned() } else { name.to_uppercase() };
        [vec![NOT_ADDED], string(&name), string(&value)].concat()
    });
    let requests = [
        frame(HEADERS, WHOLE, 1, &asked[..asked.len() - 10]),
        frame(HEADERS, WHOLE, 1, &[&asked[..], &[LATE_RESIZE]].concat()),
        frame(HEADERS, WHOLE, 1, &shouted.collect::<Vec<u8>>()),
        [frame(HEADERS, END_STREAM, 1, &asked), frame(SETTINGS, 0, 0, BEARER.as_bytes())].concat(),
        format!("{BEARER}{COOKIE}{SET_COOKIE}").into_bytes(),
        frame(HEADERS, WHOLE, 1, &asked)[..200].to_vec(),
    ];
    let debug = [&[0, 0, 0, 1, 0, 0, 0, 11], BEARER.as_bytes()].concat();
    let answer = [
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_HEADERS, 1, &block(ADDED, &response())),
        frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes()),
        frame(GOAWAY, 0, 0, &debug),
        COOKIE.as_bytes().to_vec(),
    ];
    requests.into_iter().map(|client| ([opening(), client].concat(), answer.concat())).collect()
}

/// An HTTP/1 request that is answered in HTTP/2 (RFC 7540 §3.2).
fn upgraded() -> Vec<Vec<u8>> {
    let fields: String = planted::of_request().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let ask = format!(
        "GET {} HTTP/1.1\r\nHost: shop\r\n{fields}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABk\r\n\r\n",
        planted::target()
    );
    let switched = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    let answer = [&switched[..], &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, WHOLE, 1, &block(ADDED, &response()))];
    vec![ask.into_bytes(), answer.concat(), opening()]
}

/// Each talk has a connection of its own. The last two are an upgrade, and one whose beginning was not captured.
pub(crate) fn packets() -> Packets {
    let connection = |n: u16| Conversation::tcp(&format!("198.51.100.7:{}", 30_001 + n), "10.0.0.1:8080");
    let mut all = Packets::default();
    let mut count = 0;
    for (client, server) in [whole(), grpc()].into_iter().chain(broken()) {
        let talk = connection(count).handshake().client(&client).server(&server).close().packets();
        all = all.merge(talk.later(SECOND_NS * i64::from(count)));
        count += 1;
    }
    let [ask, answer, open] = upgraded().try_into().expect("three parts");
    let upgrade = connection(count).handshake().client(&ask).server(&answer).client(&open).close().packets();
    let (client, server) = whole();
    let client = &client[opening().len()..];
    let unseen = connection(count + 1).client(client).server(&server).close().packets();
    all.merge(upgrade.later(SECOND_NS * i64::from(count))).merge(unseen.later(SECOND_NS * i64::from(count + 1)))
}
