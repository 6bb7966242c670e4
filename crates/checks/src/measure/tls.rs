//! The TLS handshake: timed, its failures told apart, and the certificate seen even when it is not accepted.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
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
use wirereel_dial::{CertificateFault, TlsFault, server_name};

use super::{Certificate, Failure, Phase, check::Check, connect::io_failure, measurement::SpokenTls, trace::Trace};

/// Whom this machine trusts. The system's authorities are read once, when they are first needed.
#[derive(Debug)]
pub(crate) struct Trust {
    provider: Arc<CryptoProvider>,
    roots: OnceLock<Arc<RootCertStore>>,
    system: OnceLock<Option<Arc<dyn ServerCertVerifier>>>,
    /// Those that trust more, by what they trust besides the system's: a list of authorities is large, and websites share one.
    own: Mutex<Vec<(Vec<CertificateDer<'static>>, Weak<WebPkiServerVerifier>)>>,
    template: OnceLock<ClientConfig>,
}

impl Trust {
    pub(crate) fn new() -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            roots: OnceLock::new(),
            system: OnceLock::new(),
            own: Mutex::new(Vec::new()),
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
        let made =
            || verifier(Arc::clone(self.roots()), &self.provider).map(|made| made as Arc<dyn ServerCertVerifier>);
        self.system.get_or_init(made).clone()
    }

    /// Reads the system's authorities if that was not done yet.
    pub(crate) fn warm(&self) {
        self.system();
    }

    /// One that trusts more than the system does.
    pub(crate) fn verifier_with(&self, more: Vec<CertificateDer<'static>>) -> Option<Arc<dyn ServerCertVerifier>> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|(_, known)| known.strong_count() > 0);
        if let Some(known) = own.iter().find(|(trusted, _)| *trusted == more).and_then(|(_, known)| known.upgrade()) {
            return Some(known);
        }
        let mut roots = RootCertStore::clone(self.roots());
        roots.add_parsable_certificates(more.iter().cloned());
        let made = verifier(Arc::new(roots), &self.provider)?;
        own.push((more, Arc::downgrade(&made)));
        Some(made)
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

fn verifier(roots: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build().ok()
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
    let name = server_name(check.website.tls.server_name.as_deref(), host)
        .map_err(|none| Failure::TlsProtocol { reason: none.to_string() })?;
    let verify = check.website.tls.verify;
    let judge = match &check.verifier {
        Some(own) => Some(Arc::clone(own)),
        None if verify => trust.system(),
        None => None,
    };
    let watch = Arc::new(Watch { seen: Mutex::new(None), judge, verify, provider: Arc::clone(&trust.provider) });
    let config = trust.config(&watch, alpn).map_err(|error| tls_failure(TlsFault::from(&error), host))?;
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

fn handshake_failure(error: &io::Error, host: &Host) -> Failure {
    match TlsFault::in_io(error) {
        Some(fault) => tls_failure(fault, host),
        None => io_failure(Phase::Tls, error),
    }
}

/// What failed in TLS, as a failure of a check.
pub(crate) fn tls_failure(fault: TlsFault, host: &Host) -> Failure {
    match fault {
        TlsFault::Certificate(CertificateFault::Expired) => Failure::CertificateExpired,
        TlsFault::Certificate(CertificateFault::NotYetValid) => Failure::CertificateNotYetValid,
        TlsFault::Certificate(CertificateFault::UnknownIssuer) => Failure::UnknownIssuer,
        TlsFault::Certificate(CertificateFault::WrongName) => Failure::WrongName { host: host.to_string() },
        TlsFault::Certificate(CertificateFault::Other(reason)) => Failure::CertificateInvalid { reason },
        TlsFault::Alert(reason) => Failure::TlsAlert { reason },
        TlsFault::Protocol(reason) => Failure::TlsProtocol { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> CertificateDer<'static> {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&rcgen::KeyPair::generate().expect("a key")).expect("signed").der().clone()
    }

    #[test]
    fn websites_with_the_same_authorities_share_them_for_as_long_as_one_is_left() {
        let trust = Trust::new();
        let (one, other) = (authority(), authority());
        let first = trust.verifier_with(vec![one.clone()]).expect("an authority");
        let same = trust.verifier_with(vec![one.clone()]).expect("an authority");
        let another = trust.verifier_with(vec![one, other]).expect("authorities");
        assert!(Arc::ptr_eq(&first, &same) && !Arc::ptr_eq(&first, &another));
        drop((first, same));
        let _third = trust.verifier_with(vec![authority()]);
        assert_eq!(trust.own.lock().expect("whole").len(), 2, "what nobody uses is forgotten");
        assert!(is_authority(&authority()) && !is_authority(&CertificateDer::from(vec![1, 2, 3])));
    }
}
