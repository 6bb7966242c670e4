//! The name that TLS asks for, and what failed in a handshake.

use std::io;

use rustls::{CertificateError, pki_types::ServerName};
use thiserror::Error;
use url::Host;

use crate::quoted;

/// A name that no certificate can have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0} is no name that TLS can ask for")]
pub struct NoServerName(String);

/// The name to ask for: the one that is given, or the host's.
///
/// # Errors
/// When there can be no such name.
pub fn server_name(given: Option<&str>, host: &Host) -> Result<ServerName<'static>, NoServerName> {
    let named = |name: &str| ServerName::try_from(name.to_owned()).map_err(|_| NoServerName(name.to_owned()));
    match (given, host) {
        (Some(name), _) => named(name),
        (None, Host::Ipv4(ip)) => Ok(ServerName::from(std::net::IpAddr::V4(*ip))),
        (None, Host::Ipv6(ip)) => Ok(ServerName::from(std::net::IpAddr::V6(*ip))),
        (None, Host::Domain(name)) => named(name.trim_end_matches('.')),
    }
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    Expired,
    NotYetValid,
    UnknownIssuer,
    WrongName,
    /// In the TLS library's words.
    Other(String),
}

/// What failed in TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    Certificate(CertificateFault),
    /// The other side ended it: its alert in words.
    Alert(String),
    /// Anything else, in the TLS library's words.
    Protocol(String),
}

impl TlsFault {
    /// What failed where input or output did; `None` when it was not TLS.
    pub fn in_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().map(Self::from)
    }
}

impl From<&rustls::Error> for TlsFault {
    fn from(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => Self::Certificate(match error {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    CertificateFault::NotYetValid
                }
                CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    CertificateFault::WrongName
                }
                other => CertificateFault::Other(quoted(&other.to_string())),
            }),
            rustls::Error::AlertReceived(alert) => Self::Alert(alert_words(&format!("{alert:?}"))),
            other => Self::Protocol(quoted(&other.to_string())),
        }
    }
}

/// `HandshakeFailure` as `handshake failure`.
pub fn alert_words(name: &str) -> String {
    let mut said = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !said.is_empty() {
            said.push(' ');
        }
        said.push(letter.to_ascii_lowercase());
    }
    said
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;

    #[test]
    fn what_failed_is_told_apart_also_inside_of_input_and_output() {
        let of = |error: rustls::Error| TlsFault::in_io(&io::Error::other(error));
        let expired = rustls::Error::InvalidCertificate(CertificateError::Expired);
        assert_eq!(of(expired), Some(TlsFault::Certificate(CertificateFault::Expired)));
        let alert = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert_eq!(of(alert), Some(TlsFault::Alert("handshake failure".into())));
        assert_eq!(TlsFault::in_io(&io::ErrorKind::ConnectionReset.into()), None);
    }

    #[test]
    fn a_name_that_is_given_is_asked_for_before_the_hosts() {
        let host = Host::parse("shop.test.").unwrap();
        assert_eq!(server_name(None, &host).unwrap().to_str(), "shop.test");
        assert_eq!(server_name(Some("other.test"), &host).unwrap().to_str(), "other.test");
        assert_eq!(server_name(None, &Host::parse("[::1]").unwrap()).unwrap().to_str(), "::1");
        let none = server_name(Some("no name"), &host).unwrap_err();
        assert_eq!(none.to_string(), "no name is no name that TLS can ask for");
    }
}
