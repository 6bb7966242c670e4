//! TLS and mutual TLS between hops.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use wirereel_probes::{
    config::Tls,
    net::{Address, ListenTls},
    relay::{RelayOptions, Routes},
};

use crate::{
    caller::{Call, Caller},
    path::{Running, address, options},
    service::Service,
};

/// An authority, and an identity by it.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
        let own = KeyPair::generate().expect("a key");
        let names = ["hop.test".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).expect("names").signed_by(&own, &authority).expect("signed");
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
        write("ca.pem", authority.pem());
        write("own.pem", certificate.pem());
        write("own.key", own.serialize_pem());
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A gateway that speaks TLS, and a relay before it that does so with these settings.
async fn through(files: &Files, mutual: bool, tls: Tls, host: &str) -> (Option<String>, String) {
    let service = Service::start().await;
    let listen = ListenTls {
        certificate_file: files.file("own.pem"),
        key_file: files.file("own.key"),
        client_ca_file: mutual.then(|| files.file("ca.pem")),
    };
    let routes = Routes { default: Some(address(service.addr)), ..Routes::default() };
    let gateway = Running::start(RelayOptions { listen_tls: Some(listen), ..options("B", "eu", routes) }).await;
    let next = Address { secure: true, host: host.into(), port: gateway.addr.port() };
    let routes = Routes { default: Some(next), ..Routes::default() };
    let relay = Running::start(RelayOptions { tls, ..options("A", "home", routes) }).await;
    let outcome = Caller::connect(relay.addr).await.call(Call::to("/test/Unary").message(&b"x"[..])).await;
    (outcome.grpc_status().map(str::to_owned), outcome.message().to_owned())
}

#[tokio::test]
async fn hops_speak_tls_with_whom_they_trust() {
    let files = Files::new();
    let trusting = Tls { ca_file: Some(files.file("ca.pem")), ..Tls::default() };
    assert_eq!(through(&files, false, trusting.clone(), "127.0.0.1").await.0.as_deref(), Some("0"));
    let (status, message) = through(&files, false, Tls::default(), "127.0.0.1").await;
    assert!(status.as_deref() == Some("14") && message.contains("TLS: "), "{message}");
    let named = Tls { server_name: Some("other.test".into()), ..trusting.clone() };
    let (status, message) = through(&files, false, named, "127.0.0.1").await;
    assert!(status.as_deref() == Some("14") && message.contains("TLS: "), "{message}");
    let named = Tls { server_name: Some("hop.test".into()), ..trusting };
    assert_eq!(through(&files, false, named, "localhost").await.0.as_deref(), Some("0"));
}

#[tokio::test]
async fn with_mutual_tls_only_who_shows_a_certificate_is_let_in() {
    let files = Files::new();
    let unknown = Tls { ca_file: Some(files.file("ca.pem")), ..Tls::default() };
    let known =
        Tls { certificate_file: Some(files.file("own.pem")), key_file: Some(files.file("own.key")), ..unknown.clone() };
    assert_eq!(through(&files, true, known, "127.0.0.1").await.0.as_deref(), Some("0"));
    let (status, message) = through(&files, true, unknown, "127.0.0.1").await;
    assert!(status.as_deref() == Some("14") && message.contains("A does not reach"), "{message}");
}
