//! What the two hellos say in clear (RFC 8446 §4.1, RFC 5246 §7.4.1).

use super::bytes::Bytes;

const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;

/// A client offers a handful of protocols; more are not listed.
const MAX_ALPN_OFFERS: usize = 16;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClientHello {
    /// Lower case.
    pub server_name: Option<String>,
    /// In order of preference.
    pub alpn: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub version: u16,
    pub cipher: u16,
    /// Visible up to TLS 1.2; later it is encrypted.
    pub alpn: Option<String>,
}

impl ClientHello {
    /// `None` when the body ends inside a field.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut body = Bytes(body);
        let _version_and_random = body.take(2 + 32)?;
        let _session_id = body.vector8()?;
        let _ciphers = body.vector16()?;
        let _compressions = body.vector8()?;
        let mut hello = Self::default();
        for_each_extension(body, |kind, content| {
            match kind {
                SERVER_NAME => hello.server_name = host_name(content)?,
                ALPN => hello.alpn = protocols(content)?,
                _ => {}
            }
            Some(())
        })?;
        Some(hello)
    }
}

impl ServerHello {
    /// `None` when the body ends inside a field.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut body = Bytes(body);
        let legacy_version = body.u16()?;
        let _random = body.take(32)?;
        let _session_id = body.vector8()?;
        let cipher = body.u16()?;
        let _compression = body.u8()?;
        let mut hello = Self { version: legacy_version, cipher, alpn: None };
        for_each_extension(body, |kind, mut content| {
            match kind {
                // TLS 1.3 calls itself 1.2 in the old place (RFC 8446 §4.1.3).
                SUPPORTED_VERSIONS => hello.version = content.u16()?,
                ALPN => hello.alpn = protocols(content)?.into_iter().next(),
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

fn protocols(mut content: Bytes<'_>) -> Option<Vec<String>> {
    let mut list = content.vector16()?;
    let mut protocols = Vec::new();
    while !list.is_empty() {
        let name = list.vector8()?;
        if protocols.len() < MAX_ALPN_OFFERS {
            protocols.push(text(name.0));
        }
    }
    Some(protocols)
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

    /// The body of a ServerHello of TLS 1.3.
    pub(in super::super) fn server_hello() -> Vec<u8> {
        let extensions = with_length16(&extension(SUPPORTED_VERSIONS, &[3, 4]));
        [&[3, 3][..], &[9; 32], &[0], &[0x13, 0x01], &[0], &extensions].concat()
    }

    #[test]
    fn a_client_hello_names_the_server_and_offers_protocols() {
        assert_eq!(
            ClientHello::parse(&client_hello("Shop.Example")),
            Some(ClientHello { server_name: Some("shop.example".into()), alpn: vec!["h2".into(), "http/1.1".into()] })
        );
    }

    #[test]
    fn the_version_of_tls_1_3_is_in_an_extension_rfc_8446_4_1_3() {
        assert_eq!(
            ServerHello::parse(&server_hello()),
            Some(ServerHello { version: 0x0304, cipher: 0x1301, alpn: None })
        );
    }

    #[test]
    fn a_server_hello_of_tls_1_2_may_show_the_chosen_protocol() {
        let extensions = with_length16(&extension(ALPN, &with_length16(b"\x02h2")));
        let body = [&[3, 3][..], &[9; 32], &[0], &[0xc0, 0x2f], &[0], &extensions].concat();
        let hello = ServerHello { version: 0x0303, cipher: 0xc02f, alpn: Some("h2".into()) };
        assert_eq!(ServerHello::parse(&body), Some(hello));
    }

    #[test]
    fn hellos_without_extensions_are_whole() {
        let body = [&[3, 1][..], &[7; 32], &[0], &[0, 2, 0, 0x2f], &[1, 0]].concat();
        assert_eq!(ClientHello::parse(&body), Some(ClientHello::default()));
    }

    #[test]
    fn a_hello_that_ends_inside_a_field_is_refused_wherever_it_ends() {
        let body = client_hello("a.example");
        let whole_without_extensions = 2 + 32 + 1 + 4 + 2;
        for end in (0..body.len()).filter(|end| *end != whole_without_extensions) {
            assert_eq!(ClientHello::parse(&body[..end]), None, "{end}");
        }
    }
}
