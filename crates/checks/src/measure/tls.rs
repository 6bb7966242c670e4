//! The TLS handshake: timed, its failures told apart, and the certificate seen even when it is not accepted.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
        client::{
            Resumption, WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use url::Host;

use super::{
    Certificate, Failure, Phase, check::Check, connect::io_failure, failure::quoted, measurement::SpokenTls,
    trace::Trace,
};

/// Whom this machine trusts. The system's authorities are read once, when they are first needed.
#[derive(Debug)]
pub(crate) struct Trust {
    provider: Arc<CryptoProvider>,
    roots: OnceLock<Arc<RootCertStore>>,
    system: OnceLock<Option<Arc<dyn ServerCertVerifier>>>,
    template: OnceLock<ClientConfig>,
}

impl Trust {
    pub(crate) fn new() -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            roots: OnceLock::new(),
            system: OnceLock::new(),
            template: OnceLock::new(),
        }
    }

    fn roots(&self) -> &Arc<RootCertStore> {
        self.roots.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            // Some systems have authorities that cannot be read; the others count.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Arc::new(roots)
        })
    }

    fn system(&self) -> Option<Arc<dyn ServerCertVerifier>> {
        self.system.get_or_init(|| verifier(Arc::clone(self.roots()), &self.provider)).clone()
    }

    /// Reads the system's authorities if that was not done yet.
    pub(crate) fn warm(&self) {
        self.system();
    }

    /// One that trusts more than the system does.
    pub(crate) fn verifier_with(&self, more: Vec<CertificateDer<'static>>) -> Option<Arc<dyn ServerCertVerifier>> {
        let mut roots = RootCertStore::clone(self.roots());
        roots.add_parsable_certificates(more);
        verifier(Arc::new(roots), &self.provider)
    }

    /// The settings of one handshake. Nothing is resumed: each one is whole.
    fn config(&self, watch: &Arc<Watch>, alpn: &[&[u8]]) -> Result<ClientConfig, rustls::Error> {
        let template = match self.template.get() {
            Some(template) => template,
            None => {
                let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
                let builder = builder.with_safe_default_protocol_versions()?;
                let mut made = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
                made.resumption = Resumption::disabled();
                self.template.get_or_init(|| made)
            }
        };
        let mut config = template.clone();
        config.dangerous().set_certificate_verifier(Arc::<Watch>::clone(watch));
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }
}

fn verifier(roots: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Option<Arc<dyn ServerCertVerifier>> {
    let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build().ok()?;
    Some(built)
}

/// Whether a certificate can be trusted as an authority at all.
pub(crate) fn is_authority(der: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(der.clone()).is_ok()
}

/// Looks at the certificate before it is judged.
#[derive(Debug)]
struct Watch {
    seen: Mutex<Option<Certificate>>,
    /// `None` when no authority is known.
    judge: Option<Arc<dyn ServerCertVerifier>>,
    verify: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Watch {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Certificate::read(end_entity);
        match &self.judge {
            _ if !self.verify => Ok(ServerCertVerified::assertion()),
            Some(judge) => judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Speaks TLS on a connection.
pub(crate) async fn handshake(
    stream: TcpStream,
    host: &Host,
    alpn: &[&[u8]],
    check: &Check,
    trust: &Trust,
    trace: &mut Trace,
) -> Result<TlsStream<TcpStream>, Failure> {
    let name = match (&check.website.tls.server_name, host) {
        (Some(name), _) => named(name)?,
        (None, Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::V4(*ip)),
        (None, Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::V6(*ip)),
        (None, Host::Domain(name)) => named(name.trim_end_matches('.'))?,
    };
    let verify = check.website.tls.verify;
    let judge = match &check.verifier {
        Some(own) => Some(Arc::clone(own)),
        None if verify => trust.system(),
        None => None,
    };
    let watch = Arc::new(Watch { seen: Mutex::new(None), judge, verify, provider: Arc::clone(&trust.provider) });
    let config = trust.config(&watch, alpn).map_err(|error| rustls_failure(&error, host))?;
    trace.enter(Phase::Tls);
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let certificate = watch.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    let stream = match connected {
        Ok(stream) => stream,
        Err(error) => {
            trace.known.tls =
                certificate.map(|certificate| SpokenTls { certificate: Some(certificate), ..SpokenTls::default() });
            return Err(handshake_failure(&error, host));
        }
    };
    trace.leave();
    let (_, session) = stream.get_ref();
    trace.known.tls = Some(SpokenTls {
        version: session.protocol_version().map(|version| match version {
            rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
            rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
            other => format!("{other:?}"),
        }),
        cipher: session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())),
        certificate,
    });
    Ok(stream)
}

fn named(name: &str) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(name.to_owned())
        .map_err(|_| Failure::TlsProtocol { reason: format!("{name} is no name that TLS can ask for") })
}

fn handshake_failure(error: &io::Error, host: &Host) -> Failure {
    match rustls_error(error) {
        Some(error) => rustls_failure(error, host),
        None => io_failure(Phase::Tls, error),
    }
}

/// The TLS library's own error inside one of input and output.
pub(crate) fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// What the TLS library says, as a failure of a check.
pub(crate) fn rustls_failure(error: &rustls::Error, host: &Host) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Failure::CertificateExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Failure::CertificateNotYetValid
            }
            CertificateError::UnknownIssuer => Failure::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Failure::WrongName { host: host.to_string() }
            }
            other => Failure::CertificateInvalid { reason: quoted(&other.to_string()) },
        },
        rustls::Error::AlertReceived(alert) => Failure::TlsAlert { reason: words(&format!("{alert:?}")) },
        other => Failure::TlsProtocol { reason: quoted(&other.to_string()) },
    }
}

/// `HandshakeFailure` as `handshake failure`.
fn words(name: &str) -> String {
    let mut said = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !said.is_empty() {
            said.push(' ');
        }
        said.push(letter.to_ascii_lowercase());
    }
    said
}
