//! Reading a website so that a wrong value costs only itself.

use serde_json::{Map, Value};

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
        let Value::Object(entries) = written else {
            return (Self::default(), vec![Problem::new("", &written.to_string(), "an object with a url")]);
        };
        let mut reading = Reading { right: Map::new(), problems: Vec::new() };
        reading.entries(&mut Vec::new(), entries);
        let website: Self = serde_json::from_value(Value::Object(reading.right)).unwrap_or_default();
        let mut problems = reading.problems;
        if !entries.contains_key("url") {
            problems.push(Problem::new("url", "nothing", "a URL such as https://example.org/health"));
        }
        for problem in website.problems() {
            // What could not even be read was told with its own words.
            if !problems.iter().any(|known| known.path == problem.path) {
                problems.push(problem);
            }
        }
        (website, problems)
    }
}

struct Reading {
    right: Map<String, Value>,
    problems: Vec<Problem>,
}

impl Reading {
    fn entries(&mut self, above: &mut Vec<String>, entries: &Map<String, Value>) {
        for (key, value) in entries {
            above.push(key.clone());
            match value {
                Value::Object(inner) if above.len() == 1 && !inner.is_empty() => self.entries(above, inner),
                _ => self.leaf(above, value),
            }
            above.pop();
        }
    }

    /// Takes a value if a website that has nothing else could be read.
    fn leaf(&mut self, keys: &[String], value: &Value) {
        let alone = keys.iter().rev().fold(value.clone(), |inner, key| {
            let mut around = Map::new();
            around.insert(key.clone(), inner);
            Value::Object(around)
        });
        let read: Result<Website, _> = serde_path_to_error::deserialize(&alone);
        match read {
            Ok(_) => insert(&mut self.right, keys, value),
            Err(error) => {
                let path = error.path().to_string();
                let found = at_path(&alone, &path).unwrap_or(value).to_string();
                self.problems.push(said(&path, &found, keys, &error.into_inner().to_string()));
            }
        }
    }
}

fn insert(into: &mut Map<String, Value>, keys: &[String], value: &Value) {
    match keys {
        [] => {}
        [key] => drop(into.insert(key.clone(), value.clone())),
        [key, rest @ ..] => {
            let inner = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The value at a path such as `expect.status[1]`.
fn at_path<'a>(whole: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(whole, |value, part| {
        let mut words = part.split('[');
        let value = value.get(words.next()?)?;
        words.try_fold(value, |value, index| value.get(index.trim_end_matches(']').parse::<usize>().ok()?))
    })
}

/// What serde says, in words for the user.
fn said(path: &str, found: &str, keys: &[String], message: &str) -> Problem {
    if let Some((_, expected)) = message.split_once("unknown field ") {
        let known = expected.split_once("expected ").map_or(expected, |(_, known)| known);
        let known = known.trim_start_matches("one of ").replace('`', "");
        return Problem::new(keys.join("."), "an unknown setting", format!("one of {known}"));
    }
    let allowed = match (message.split_once(" is not "), message.split_once("expected ")) {
        (Some((_, allowed)), _) | (None, Some((_, allowed))) => allowed,
        (None, None) => message,
    };
    let allowed = match allowed {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number, not negative".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a string" | "path string" | "a borrowed string" => "a text".into(),
        "a map" => "an object".into(),
        other => other.replace('`', ""),
    };
    Problem::new(path, found, allowed)
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
            "body_limit_kib: 0 is not a number from 1 to 65536",
            "tls.days_left: 9999 is not a number from 0 to 3650",
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
