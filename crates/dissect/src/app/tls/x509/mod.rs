//! What a server's certificate says about itself (RFC 5280 §4.1): its names and how long it holds. Nothing is verified.

mod der;
mod name;
mod time;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::{Elements, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};

pub(super) use der::X509Error;

/// Subject alternative names that are kept. Public authorities issue for a hundred, large sites have a few more.
pub(super) const MAX_NAMES: usize = 256;

/// A name on the wire may be this long; what is longer is none (RFC 1035 §2.3.4).
const MAX_DNS_NAME_BYTES: usize = 255;

const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// 2.5.29.17.
const SUBJECT_ALTERNATIVE_NAME: [u8; 3] = [0x55, 0x1d, 0x11];
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// The fields that are shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Certificate {
    pub subject: Option<String>,
    pub issuer: Option<String>,
    /// DNS names and addresses of the subject alternative name, in its order.
    pub names: Vec<String>,
    /// How many more there are.
    pub names_left_out: usize,
    pub not_before_ns: Option<i64>,
    pub not_after_ns: Option<i64>,
}

impl Certificate {
    pub(super) fn parse(der: &[u8]) -> Result<Self, X509Error> {
        let mut signed = Elements::new(der, 0).sequence("a certificate")?;
        let mut body = signed.sequence("a certificate's body")?;
        if body.next_tag() == Some(VERSION) {
            body.next()?;
        }
        body.expect(INTEGER, "a serial number")?;
        body.expect(SEQUENCE, "a signature algorithm")?;
        let issuer = name::text(body.sequence("an issuer")?)?;
        let mut validity = body.sequence("a validity")?;
        let mut time = || validity.next().map(|element| element.and_then(time::nanoseconds));
        let (not_before_ns, not_after_ns) = (time()?, time()?);
        let subject = name::text(body.sequence("a subject")?)?;
        let mut certificate = Self { subject, issuer, not_before_ns, not_after_ns, ..Self::default() };
        while let Some(element) = body.next()? {
            if element.tag == EXTENSIONS {
                certificate.read_extensions(element.inside().sequence("a list of extensions")?)?;
            }
        }
        Ok(certificate)
    }

    fn read_extensions(&mut self, mut extensions: Elements<'_>) -> Result<(), X509Error> {
        while let Some(extension) = extensions.next()? {
            let mut parts = extension.inside();
            if parts.expect(OBJECT_IDENTIFIER, "an extension's type")?.content != SUBJECT_ALTERNATIVE_NAME {
                continue;
            }
            // Whether it is critical stands between type and value, if it does.
            while let Some(part) = parts.next()? {
                if part.tag == OCTET_STRING {
                    self.read_names(part.inside().sequence("alternative names")?)?;
                }
            }
        }
        Ok(())
    }

    fn read_names(&mut self, mut names: Elements<'_>) -> Result<(), X509Error> {
        while let Some(element) = names.next()? {
            let name = match element.tag {
                DNS_NAME if element.content.len() <= MAX_DNS_NAME_BYTES => {
                    Some(element.content.to_ascii_lowercase().escape_ascii().to_string())
                }
                IP_ADDRESS => address(element.content).map(|ip| ip.to_string()),
                _ => None,
            };
            if self.names.len() < MAX_NAMES {
                self.names.extend(name);
            } else {
                self.names_left_out += usize::from(name.is_some());
            }
        }
        Ok(())
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(octets).ok().map(|octets| Ipv4Addr::from(octets).into());
    let v6 = || <[u8; 16]>::try_from(octets).ok().map(|octets| Ipv6Addr::from(octets).into());
    v4().or_else(v6)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::der::tests::element;
    use super::*;

    /// Made with Python's cryptography for shop.example, its subdomains and two addresses; valid for 2024 and 2025.
    pub(in super::super) const SHOP: &[u8] = include_bytes!("shop.example.der");

    /// What it says.
    pub(in super::super) fn shop() -> Certificate {
        Certificate {
            subject: Some("CN=shop.example,O=Shop,C=DE".into()),
            issuer: Some("CN=shop.example,O=Shop,C=DE".into()),
            names: ["shop.example", "*.shop.example", "192.0.2.7", "2001:db8::7"].map(str::to_owned).to_vec(),
            names_left_out: 0,
            not_before_ns: Some(1_704_067_200_000_000_000),
            not_after_ns: Some(1_767_225_599_000_000_000),
        }
    }

    /// A certificate of the first version with these alternative names.
    pub(in super::super) fn with_names(names: &[u8]) -> Vec<u8> {
        let sequence = |parts: &[Vec<u8>]| element(SEQUENCE, &parts.concat());
        let extension = sequence(&[
            element(OBJECT_IDENTIFIER, &SUBJECT_ALTERNATIVE_NAME),
            element(1, &[0xff]),
            element(OCTET_STRING, &element(SEQUENCE, names)),
        ]);
        let validity = sequence(&[element(0x17, b"240101000000Z"), element(0x18, b"99991231235959Z")]);
        let body = sequence(&[
            element(INTEGER, &[1]),
            sequence(&[]),
            sequence(&[]),
            validity,
            sequence(&[]),
            sequence(&[]),
            element(EXTENSIONS, &sequence(&[extension])),
        ]);
        sequence(&[body])
    }

    #[test]
    fn a_real_certificate_is_read_whole() {
        assert_eq!(Certificate::parse(SHOP), Ok(shop()));
    }

    #[test]
    fn names_above_the_limit_are_counted() {
        let read = Certificate::parse(&with_names(&element(DNS_NAME, b"A.example").repeat(300))).unwrap();
        assert_eq!((read.names.len(), read.names_left_out), (MAX_NAMES, 300 - MAX_NAMES));
        assert_eq!((read.names[0].as_str(), read.subject), ("a.example", None));
    }

    #[test]
    fn names_of_other_kinds_and_odd_addresses_are_not_kept() {
        let names = [element(0x81, b"a@b"), element(IP_ADDRESS, &[1; 5]), element(DNS_NAME, b"a\nb")].concat();
        assert_eq!(Certificate::parse(&with_names(&names)).unwrap().names, [r"a\nb"]);
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_its_place() {
        assert_eq!(Certificate::parse(b""), Err(X509Error::CutOff { at: 0 }));
        let error = Certificate::parse(&[0x30, 2, 5, 0]).unwrap_err();
        assert_eq!(error.to_string(), "certificate has tag 0x05 at byte 2 where a certificate's body belongs");
        for end in 0..SHOP.len() {
            assert_eq!(Certificate::parse(&SHOP[..end]), Err(X509Error::CutOff { at: 0 }), "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, damage in prop::collection::vec((0..SHOP.len(), any::<u8>()), 1..8)) {
            let _ = Certificate::parse(&bytes);
            let mut damaged = SHOP.to_vec();
            for (at, byte) in damage {
                damaged[at] = byte;
            }
            let _ = Certificate::parse(&damaged);
            let _ = Certificate::parse(&with_names(&bytes[..bytes.len().min(60)]));
        }
    }
}
