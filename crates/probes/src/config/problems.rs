//! What is wrong with a probe: every problem, each with its path, what was found and what is allowed.

use std::{collections::BTreeSet, net::IpAddr, net::SocketAddr};

use base64::Engine as _;
use hyper::header::{HeaderName, HeaderValue};
use tokio_rustls::rustls::pki_types::ServerName;

use super::{HttpMethod, Probe, Problem, Span, Target, target};

const MIN_INTERVAL: Span = Span::from_millis(100);
const MAX_INTERVAL: Span = Span::from_secs(7 * 86_400);
const MIN_TIMEOUT: Span = Span::from_millis(10);
/// Longest timeout, which is also how long after its hour a result can still come.
pub(crate) const MAX_TIMEOUT: Span = Span::from_secs(300);
/// What travels of a name (see [`record`](crate::record)).
const MAX_NAME_BYTES: usize = 128;
const MAX_HOPS: usize = 64;
/// Names that the probe itself writes, and beginnings of such names.
const OWN_NAMES: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "proxy-connection",
    "te",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "keep-alive",
];
const OWN_BEGINNINGS: [&str; 3] = [":", "grpc-", "wirereel-"];

impl Probe {
    /// Everything that keeps it from being made as it says. Files are looked at when it is prepared.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let target = Target::of_template(&self.target)
            .map_err(|allowed| problems.push(Problem::text("target", &self.target, allowed)))
            .ok();
        self.names(&mut problems);
        self.spans(&mut problems);
        self.hops(&mut problems);
        self.metadata(target.as_ref(), &mut problems);
        self.tls(target.as_ref(), &mut problems);
        if let Some(target) = &target {
            self.call(target, &mut problems);
        }
        problems
    }

    fn names(&self, problems: &mut Vec<Problem>) {
        if self.name.trim().is_empty() {
            problems.push(Problem::text("name", &self.name, "a name"));
        }
        let named = [("from", &self.from), ("to.region", &self.to.region), ("to.service", &self.to.service)];
        for (path, name) in named {
            if name.len() > MAX_NAME_BYTES {
                problems.push(Problem::text(path, name, format!("a name of at most {MAX_NAME_BYTES} bytes")));
            }
        }
    }

    fn spans(&self, problems: &mut Vec<Problem>) {
        let spans = [
            ("interval", self.interval, MIN_INTERVAL, MAX_INTERVAL),
            ("timeout", self.timeout, MIN_TIMEOUT, MAX_TIMEOUT),
        ];
        for (path, found, least, most) in spans {
            if found < least || found > most {
                problems.push(Problem::text(path, &found.to_string(), format!("a duration from {least} to {most}")));
            }
        }
    }

    fn hops(&self, problems: &mut Vec<Problem>) {
        if self.path.len() > MAX_HOPS {
            let found = format!("a list of {}", self.path.len());
            problems.push(Problem::new("path", &found, format!("a list of at most {MAX_HOPS} hops")));
        }
        let mut known = BTreeSet::new();
        for (place, hop) in self.path.iter().enumerate() {
            if hop.hop.trim().is_empty() || hop.hop.len() > MAX_NAME_BYTES {
                let allowed = format!("a name of at most {MAX_NAME_BYTES} bytes");
                problems.push(Problem::text(format!("path[{place}].hop"), &hop.hop, allowed));
            } else if !known.insert(hop.hop.as_str()) {
                let allowed = "a name that no other hop of the path has";
                problems.push(Problem::text(format!("path[{place}].hop"), &hop.hop, allowed));
            }
            if let Some(address) = &hop.address
                && address.parse::<IpAddr>().is_err()
                && address.parse::<SocketAddr>().is_err()
            {
                let allowed = "an address such as 10.0.0.7 or 10.0.0.7:8443";
                problems.push(Problem::text(format!("path[{place}].address"), address, allowed));
            }
        }
    }

    fn metadata(&self, target: Option<&Target>, problems: &mut Vec<Problem>) {
        let grpc = target.is_some_and(Target::is_grpc);
        for (name, value) in &self.metadata {
            let path = format!("metadata.{name}");
            let lower = name.to_ascii_lowercase();
            let own = OWN_NAMES.contains(&lower.as_str())
                || OWN_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning));
            if own {
                problems.push(Problem::text(path, name, "a name that can be set: it follows from the probe itself"));
            } else if HeaderName::from_bytes(name.as_bytes()).is_err() {
                problems.push(Problem::text(path, name, "a header's name (letters, digits and -)"));
            } else if HeaderValue::from_str(value).is_err() {
                problems.push(Problem::text(path, value, "a header's value (one line of visible characters)"));
            } else if grpc && lower.ends_with("-bin") && !is_base64(value) {
                problems.push(Problem::text(path, value, "Base64, which metadata that ends in -bin is"));
            }
        }
    }

    fn tls(&self, target: Option<&Target>, problems: &mut Vec<Problem>) {
        let tls = &self.tls;
        if let Some(name) = &tls.server_name
            && ServerName::try_from(name.as_str()).is_err()
        {
            problems.push(Problem::text("tls.server_name", name, "a host's name"));
        }
        match (&tls.certificate_file, &tls.key_file) {
            (Some(_), None) => {
                problems.push(Problem::new("tls.key_file", "nothing", "a PEM file with the certificate's key"));
            }
            (None, Some(_)) => {
                let allowed = "a PEM file with the key's certificate";
                problems.push(Problem::new("tls.certificate_file", "nothing", allowed));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        if *tls != super::Tls::default() && target.is_some_and(|target| !target.is_tls()) {
            problems.push(Problem::new("tls", "a setting", "possible but with grpcs and https"));
        }
    }

    fn call(&self, target: &Target, problems: &mut Vec<Problem>) {
        let call = &self.call;
        if target.is_grpc() {
            if !call.method.is_empty() && target::method(&call.method).is_none() {
                let allowed = "a gRPC method such as shop.Catalog/List";
                problems.push(Problem::text("call.method", &call.method, allowed));
            }
            if call.method.is_empty()
                && let Some(request) = &call.request
                && !is_health_request(request)
            {
                let allowed = "{\"service\": \"…\"}, as health is asked for where no method is given";
                problems.push(Problem::new("call.request", request.to_string(), allowed));
            }
            let only_http = [
                ("call.http_method", call.http_method != HttpMethod::default()),
                ("call.body", call.body.is_some()),
                ("call.status", call.status.is_some()),
            ];
            for (path, _) in only_http.into_iter().filter(|(_, given)| *given) {
                problems.push(Problem::new(path, "a setting", "possible but for http and https"));
            }
            return;
        }
        let only_grpc = [("call.method", !call.method.is_empty()), ("call.request", call.request.is_some())];
        for (path, _) in only_grpc.into_iter().filter(|(_, given)| *given) {
            problems.push(Problem::new(path, "a setting", "possible but for grpc and grpcs"));
        }
        if let Some((from, to)) = call.status
            && !(100..=599).contains(&from) | !(from..=599).contains(&to)
        {
            let allowed = "two statuses from 100 to 599, the lower one first, such as [200, 299]";
            problems.push(Problem::new("call.status", format!("[{from}, {to}]"), allowed));
        }
        if call.body.is_some() && call.http_method == HttpMethod::Head {
            problems.push(Problem::new("call.body", "a setting", "possible with HEAD"));
        }
    }
}

fn is_health_request(request: &serde_json::Value) -> bool {
    request.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| name == "service" && value.is_string()))
}

/// With or without padding, as gRPC has it.
fn is_base64(text: &str) -> bool {
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(text.trim_end_matches('=')).is_ok()
}
