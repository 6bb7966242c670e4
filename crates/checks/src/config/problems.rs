//! What is wrong with a website: every problem, each with its path, what was found and what is allowed.

use hyper::header::{HeaderName, HeaderValue};
use serde_json_path::JsonPath;

use super::{AddressFamily, HttpVersion, Problem, Span, Target, Website, target};

const MIN_INTERVAL: Span = Span::from_millis(100);
const MAX_INTERVAL: Span = Span::from_secs(7 * 86_400);
const MIN_TIMEOUT: Span = Span::from_millis(10);
/// Longest timeout, which is also how long after its hour a result can still come.
pub(crate) const MAX_TIMEOUT: Span = Span::from_secs(300);
const MAX_REDIRECTS: u8 = 20;
const MAX_BODY_LIMIT_KIB: u32 = 65_536;
const MAX_DAYS: u16 = 3_650;
/// Bounds what a compiled expression may take in memory, per website.
pub(crate) const REGEX_BYTES: usize = 1 << 20;
/// Headers that the check itself writes.
const OWN_HEADERS: [&str; 5] = ["connection", "content-length", "transfer-encoding", "upgrade", "proxy-connection"];

impl Website {
    /// Everything that keeps it from being checked as it says. A certificate file is looked at when it is used.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let target =
            Target::parse(&self.url).map_err(|allowed| problems.push(Problem::text("url", &self.url, allowed)));
        self.numbers(&mut problems);
        self.request(&mut problems);
        self.expectations(&mut problems);
        self.network(target.ok().as_ref(), &mut problems);
        problems
    }

    fn numbers(&self, problems: &mut Vec<Problem>) {
        let spans = [
            ("interval", self.interval, MIN_INTERVAL, MAX_INTERVAL),
            ("timeout", self.timeout, MIN_TIMEOUT, MAX_TIMEOUT),
        ];
        for (path, found, least, most) in spans {
            if found < least || found > most {
                problems.push(Problem::text(path, &found.to_string(), format!("a duration from {least} to {most}")));
            }
        }
        let numbers = [
            ("redirects", u32::from(self.redirects), 0, u32::from(MAX_REDIRECTS)),
            ("body_limit_kib", self.body_limit_kib, 1, MAX_BODY_LIMIT_KIB),
            ("tls.days_left", u32::from(self.tls.days_left.unwrap_or(0)), 0, u32::from(MAX_DAYS)),
        ];
        for (path, found, least, most) in numbers {
            if found < least || found > most {
                problems.push(Problem::new(path, found.to_string(), format!("a whole number from {least} to {most}")));
            }
        }
    }

    fn request(&self, problems: &mut Vec<Problem>) {
        for (name, value) in &self.headers {
            let path = format!("headers.{name}");
            if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                problems.push(Problem::text(path, name, "a header that can be set: it follows from the check itself"));
            } else if HeaderName::from_bytes(name.as_bytes()).is_err() {
                problems.push(Problem::text(path, name, "a header's name (letters, digits and -)"));
            } else if HeaderValue::from_str(value).is_err() {
                problems.push(Problem::text(path, value, "a header's value (one line of visible characters)"));
            }
        }
    }

    fn expectations(&self, problems: &mut Vec<Problem>) {
        let expect = &self.expect;
        if expect.status.is_empty() {
            problems.push(Problem::new("expect.status", "an empty list", "one or more status codes or ranges"));
        }
        if let Some(pattern) = &expect.body_matches
            && let Err(error) = regex::bytes::RegexBuilder::new(pattern).size_limit(REGEX_BYTES).build()
        {
            let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            problems.push(Problem::text("expect.body_matches", pattern, format!("a regular expression ({reason})")));
        }
        for (place, json) in expect.json.iter().enumerate() {
            if let Err(error) = JsonPath::parse(&json.path) {
                let allowed = format!("a JSON path such as $.status ({error})");
                problems.push(Problem::text(format!("expect.json[{place}].path"), &json.path, allowed));
            }
        }
        for name in expect.headers.keys() {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                problems.push(Problem::text(
                    format!("expect.headers.{name}"),
                    name,
                    "a header's name (letters, digits and -)",
                ));
            }
        }
    }

    fn network(&self, target: Option<&Target>, problems: &mut Vec<Problem>) {
        if let Some(resolver) = &self.resolver
            && target::resolver(resolver).is_none()
        {
            problems.push(Problem::text(
                "resolver",
                resolver,
                "the address of a DNS server such as 9.9.9.9 or 127.0.0.1:5353",
            ));
        }
        if let Some(proxy) = &self.proxy
            && target::proxy(proxy).is_none()
        {
            problems.push(Problem::text("proxy", proxy, "the URL of an HTTP proxy such as http://proxy.local:3128"));
        }
        if let Some(name) = &self.tls.server_name
            && tokio_rustls::rustls::pki_types::ServerName::try_from(name.as_str()).is_err()
        {
            problems.push(Problem::text("tls.server_name", name, "a host's name"));
        }
        let Some(target) = target else { return };
        let literal = match target.host() {
            Some(url::Host::Ipv4(_)) => Some((AddressFamily::Ipv4, "any or ipv4, as the URL's address is")),
            Some(url::Host::Ipv6(_)) => Some((AddressFamily::Ipv6, "any or ipv6, as the URL's address is")),
            Some(url::Host::Domain(_)) | None => None,
        };
        if let Some((family, allowed)) = literal
            && self.address_family != AddressFamily::Any
            && self.address_family != family
            && self.proxy.is_none()
        {
            problems.push(Problem::new("address_family", format!("{:?}", self.address_family).to_lowercase(), allowed));
        }
        let udp = matches!(target, Target::Dns { .. } | Target::Icmp(_));
        if udp && self.proxy.is_some() {
            problems.push(Problem::new("proxy", "a proxy", "possible for dns and icmp"));
        }
        if self.keep_alive && !target.is_http() {
            problems.push(Problem::new("keep_alive", "true", "possible but for http and https"));
        } else if self.keep_alive && (self.proxy.is_some() || self.http_version == HttpVersion::Http2) {
            problems.push(Problem::new("keep_alive", "true", "possible through a proxy or with HTTP/2"));
        }
    }
}
