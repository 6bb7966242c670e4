//! What the two hellos say in clear (RFC 8446 §4.1, RFC 5246 §7.4.1).

use super::bytes::Bytes;
use super::ja4::Offer;

const SERVER_NAME: u16 = 0;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;

/// The random of a ServerHello that asks for another ClientHello: the SHA-256 of `HelloRetryRequest` (RFC 8446 §4.1.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// A client offers a handful of protocols; `…` stands for more.
const MAX_ALPN_OFFERS: usize = 16;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClientHello {
    /// Lower case.
    pub server_name: Option<String>,
    /// In order of preference.
    pub alpn: Vec<String>,
    /// Not made of a hello in the framing of SSL 2.0.
    pub ja4: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub version: u16,
    /// Each side of SSL 2.0 has its own say in it.
    pub cipher: Option<u16>,
    /// Whether it is a HelloRetryRequest: the client says hello once more.
    pub is_retry: bool,
    /// Visible up to TLS 1.2; later it is encrypted.
    pub alpn: Option<String>,
}

impl ClientHello {
    /// `None` when the body ends inside a field.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut body = Bytes(body);
        let mut offer = Offer { legacy_version: body.u16()?, ..Offer::default() };
        let _random = body.take(32)?;
        let _session_id = body.vector8()?;
        offer.ciphers = body.vector16()?.u16s()?;
        let _compressions = body.vector8()?;
        let mut hello = Self::default();
        for_each_extension(body, |kind, mut content| {
            offer.extensions.push(kind);
            match kind {
                SERVER_NAME => hello.server_name = host_name(content)?,
                SIGNATURE_ALGORITHMS => offer.signature_algorithms = content.vector16()?.u16s()?,
                SUPPORTED_VERSIONS => offer.supported_versions = content.vector8()?.u16s()?,
                ALPN => {
                    let names = protocol_names(content)?;
                    offer.first_alpn = names.first().copied().unwrap_or_default();
                    hello.alpn = names.iter().take(MAX_ALPN_OFFERS).map(|name| text(name)).collect();
                    hello.alpn.extend((names.len() > MAX_ALPN_OFFERS).then(|| "…".to_owned()));
                }
                _ => {}
            }
            Some(())
        })?;
        hello.ja4 = Some(offer.ja4());
        Some(hello)
    }
}

impl ServerHello {
    /// `None` when the body ends inside a field.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut body = Bytes(body);
        let legacy_version = body.u16()?;
        let is_retry = body.take(32)? == RETRY_RANDOM;
        let _session_id = body.vector8()?;
        let cipher = Some(body.u16()?);
        let _compression = body.u8()?;
        let mut hello = Self { version: legacy_version, cipher, is_retry, alpn: None };
        for_each_extension(body, |kind, mut content| {
            match kind {
                // TLS 1.3 calls itself 1.2 in the old place (RFC 8446 §4.1.3).
                SUPPORTED_VERSIONS => hello.version = content.u16()?,
                ALPN => hello.alpn = protocol_names(content)?.first().map(|name| text(name)),
                _ => {}
            }
            Some(())
        })?;
        Some(hello)
    }
}

/// Extensions may be missing altogether (RFC 5246 §7.4.1.2).
fn for_each_extension<'a>(mut body: Bytes<'a>, mut visit: impl FnMut(u16, Bytes<'a>) -> Option<()>) -> Option<()> {
    if body.is_empty() {
        return Some(());
    }
    let mut extensions = body.vector16()?;
    while !extensions.is_empty() {
        let kind = extensions.u16()?;
        visit(kind, extensions.vector16()?)?;
    }
    Some(())
}

/// The first `host_name` of the list (RFC 6066 §3); `Some(None)` when it is empty, as in a server's echo.
fn host_name(mut content: Bytes<'_>) -> Option<Option<String>> {
    if content.is_empty() {
        return Some(None);
    }
    let mut names = content.vector16()?;
    while !names.is_empty() {
        let kind = names.u8()?;
        let name = names.vector16()?;
        if kind == 0 && !name.is_empty() {
            return Some(Some(text(name.0).to_lowercase()));
        }
    }
    Some(None)
}

fn protocol_names(mut content: Bytes<'_>) -> Option<Vec<&[u8]>> {
    let mut list = content.vector16()?;
    let mut names = Vec::new();
    while !list.is_empty() {
        names.push(list.vector8()?.0);
    }
    Some(names)
}

/// Bytes that are not printable ASCII are escaped: these names are shown.
fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn with_length16(content: &[u8]) -> Vec<u8> {
        [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat()
    }

    fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &with_length16(content)].concat()
    }

    /// The body of a ClientHello that names `host` and offers h2 and http/1.1.
    pub(in super::super) fn client_hello(host: &str) -> Vec<u8> {
        let name = with_length16(&[&[0][..], &with_length16(host.as_bytes())].concat());
        let alpn = with_length16(b"\x02h2\x08http/1.1");
        let extensions = with_length16(&[extension(SERVER_NAME, &name), extension(ALPN, &alpn)].concat());
        [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 0x01], &[1, 0], &extensions].concat()
    }

    /// The JA4 of that hello.
    pub(in super::super) const JA4: &str = "t12d0102h2_0f2cb44170f4_000000000000";

    /// The body of a ServerHello of TLS 1.3.
    pub(in super::super) fn server_hello() -> Vec<u8> {
        let extensions = with_length16(&extension(SUPPORTED_VERSIONS, &[3, 4]));
        [&[3, 3][..], &[9; 32], &[0], &[0x13, 0x01], &[0], &extensions].concat()
    }

    /// The body of a HelloRetryRequest.
    pub(in super::super) fn retry_request() -> Vec<u8> {
        let mut body = server_hello();
        body[2..34].copy_from_slice(&RETRY_RANDOM);
        body
    }

    /// The body of a ServerHello of TLS 1.2 that chooses h2.
    pub(in super::super) fn server_hello_1_2() -> Vec<u8> {
        let extensions = with_length16(&extension(ALPN, &with_length16(b"\x02h2")));
        [&[3, 3][..], &[9; 32], &[0], &[0xc0, 0x2f], &[0], &extensions].concat()
    }

    #[test]
    fn a_client_hello_names_the_server_and_offers_protocols() {
        assert_eq!(
            ClientHello::parse(&client_hello("Shop.Example")),
            Some(ClientHello {
                server_name: Some("shop.example".into()),
                alpn: vec!["h2".into(), "http/1.1".into()],
                ja4: Some(JA4.into())
            })
        );
    }

    #[test]
    fn the_version_of_tls_1_3_is_in_an_extension_rfc_8446_4_1_3() {
        assert_eq!(
            ServerHello::parse(&server_hello()),
            Some(ServerHello { version: 0x0304, cipher: Some(0x1301), is_retry: false, alpn: None })
        );
    }

    #[test]
    fn a_long_list_of_protocols_ends_with_a_sign_that_there_is_more() {
        let extensions = with_length16(&extension(ALPN, &with_length16(&b"\x02h2".repeat(40))));
        let body = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 0x01], &[1, 0], &extensions].concat();
        let alpn = ClientHello::parse(&body).unwrap().alpn;
        assert_eq!((alpn.len(), alpn[MAX_ALPN_OFFERS].as_str()), (MAX_ALPN_OFFERS + 1, "…"));
    }

    #[test]
    fn a_retry_request_is_told_by_its_random_rfc_8446_4_1_3() {
        use sha2::Digest as _;
        assert_eq!(RETRY_RANDOM, *sha2::Sha256::digest("HelloRetryRequest"));
        assert!(ServerHello::parse(&retry_request()).unwrap().is_retry);
    }

    #[test]
    fn a_server_hello_of_tls_1_2_may_show_the_chosen_protocol() {
        let hello = ServerHello { version: 0x0303, cipher: Some(0xc02f), is_retry: false, alpn: Some("h2".into()) };
        assert_eq!(ServerHello::parse(&server_hello_1_2()), Some(hello));
    }

    #[test]
    fn hellos_without_extensions_are_whole() {
        let body = [&[3, 1][..], &[7; 32], &[0], &[0, 2, 0, 0x2f], &[1, 0]].concat();
        let ja4 = Some("t10i010000_ba72b8082249_000000000000".to_owned());
        assert_eq!(ClientHello::parse(&body), Some(ClientHello { ja4, ..ClientHello::default() }));
    }

    #[test]
    fn a_hello_that_ends_inside_a_field_is_refused_wherever_it_ends() {
        let body = client_hello("a.example");
        let whole_without_extensions = 2 + 32 + 1 + 4 + 2;
        for end in (0..body.len()).filter(|end| *end != whole_without_extensions) {
            assert_eq!(ClientHello::parse(&body[..end]), None, "{end}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_read_or_refused(body: Vec<u8>, at in 0usize..100, byte: u8) {
            let _ = (ClientHello::parse(&body), ServerHello::parse(&body));
            let mut damaged = client_hello("shop.example");
            let at = at.min(damaged.len() - 1);
            damaged[at] = byte;
            let _ = (ClientHello::parse(&damaged), ServerHello::parse(&damaged));
        }
    }
}
