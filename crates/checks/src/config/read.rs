//! Reading a website so that a wrong value costs only itself.

use serde_json::Value;
use wirereel_settings::{read, tell_also};

use super::{Problem, Website};

impl Website {
    /// Reads what is written and says everything that is wrong with it. What is right holds, and the rest is as by default; a website
    /// with problems is for showing and mending, not for checking.
    ///
    /// ```
    /// let written = serde_json::json!({ "url": "http://localhost:8080", "interval": "5x", "timeout": "2s" });
    /// let (website, problems) = wirereel_checks::Website::read(&written);
    /// assert_eq!(problems[0].to_string(), "interval: \"5x\" is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)");
    /// assert_eq!(website.timeout.as_millis(), 2_000);
    /// ```
    pub fn read(written: &Value) -> (Self, Vec<Problem>) {
        let (website, mut problems): (Self, _) = match read(written, "an object with a url") {
            Ok(read) => read,
            Err(problem) => return (Self::default(), vec![problem]),
        };
        if written.get("url").is_none() {
            problems.push(Problem::new("url", "nothing", "a URL such as https://example.org/health"));
        }
        tell_also(&mut problems, website.problems());
        (website, problems)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{Method, Span};

    fn told(written: &Value) -> (Website, Vec<String>) {
        let (website, problems) = Website::read(written);
        (website, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_problem_is_told_and_costs_only_itself() {
        let (website, told) = told(&json!({
            "name": "shop", "url": "htp://shop", "interval": "5x", "timeout": "5m1s", "method": "post", "redirects": 300, "colour": 1,
            "headers": { "accept": "text/html", "bad name": "x", "x-count": 3, "content-length": "3" },
            "expect": {
                "status": [200, "2xx", 9], "body_matches": "(", "json": [{ "path": "$.ok" }, { "path": "ok" }], "headers": { "b d": "" },
                "sttaus": []
            },
            "tls": { "verify": "no", "days_left": 9_999, "server_name": "a b" },
            "address_family": "ipv5", "resolver": "dns.google", "proxy": "socks5://p:1", "body_limit_kib": 0, "paused": true
        }));
        assert_eq!((website.name.as_str(), website.paused, website.method), ("shop", true, Method::Get));
        assert_eq!(website.interval, Span::from_secs(30));
        let starts = [
            "interval: \"5x\" is not a duration such as",
            "timeout: \"5m1s\" is not a duration such as",
            "method: \"post\" is not one of GET",
            "redirects: 300 is not a whole number from 0 to 255",
            "colour: an unknown setting is not one of name, url",
            "headers.x-count: 3 is not a text",
            "expect.status[2]: 9 is not a status code",
            "expect.sttaus: an unknown setting is not one of status",
            "tls.verify: \"no\" is not true or false",
            "address_family: \"ipv5\" is not one of any",
            "url: \"htp://shop\" is not a URL such as",
            "body_limit_kib: 0 is not a whole number from 1 to 65536",
            "tls.days_left: 9999 is not a whole number from 0 to 3650",
            "headers.bad name: \"bad name\" is not a header's name",
            "headers.content-length: \"content-length\" is not a header that can be set",
            "expect.body_matches: \"(\" is not a regular expression (unclosed group)",
            "expect.json[1].path: \"ok\" is not a JSON path such as",
            "expect.headers.b d: \"b d\" is not a header's name",
            "resolver: \"dns.google\" is not the address of a DNS server",
            "proxy: \"socks5://p:1\" is not the URL of an HTTP proxy",
            "tls.server_name: \"a b\" is not a host's name",
        ];
        for start in starts {
            assert!(told.iter().any(|said| said.starts_with(start)), "{start}\n{told:#?}");
        }
        assert_eq!(told.len(), starts.len(), "{told:#?}");
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let (_, told) = told(&json!({ "url": "icmp://10.0.0.1", "address_family": "ipv6", "keep_alive": true }));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("address_family: ipv6 is not any or ipv4"), "{told:?}");
        let (_, told) = self::told(&json!([1]));
        assert_eq!(told, ["[1] is not an object with a url"]);
        let (_, told) = self::told(&json!({}));
        assert_eq!(told, ["url: nothing is not a URL such as https://example.org/health"]);
    }

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let written = json!({
            "name": "cart", "url": "https://cart.local/health", "interval": "10s", "timeout": "2s", "method": "POST",
            "headers": { "accept": "application/json" }, "body": "{}", "redirects": 0,
            "expect": { "status": [200, "300-308"], "json": [{ "path": "$.status", "equals": "ok" }], "at_most": "1s" },
            "tls": { "verify": true, "days_left": 14 }, "resolver": "127.0.0.1:5353", "http_version": "2", "body_limit_kib": 64
        });
        let (website, told) = told(&written);
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(serde_json::to_value(&website).expect("written"), written);
        assert_eq!(Website::read(&serde_json::to_value(&website).expect("written")).0, website);
    }
}
