//! Uptime Kuma's JSON export: its `monitorList`.

use serde_json::{Map, Value};

use super::{ImportError, Taking, put, seconds};

pub(super) fn read(text: &str, taking: &mut Taking) -> Result<(), ImportError> {
    let whole: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| ImportError::NotJson(error.to_string()))?;
    let monitors = whole.get("monitorList").and_then(Value::as_array);
    let monitors =
        monitors.ok_or(ImportError::NotThat { wanted: "monitorList", format: "an export of Uptime Kuma" })?;
    let proxies = whole.get("proxyList").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (number, monitor) in monitors.iter().enumerate() {
        let monitor = Monitor { fields: monitor, proxies };
        let place = match monitor.text("name") {
            Some(name) => format!("monitor {name:?}"),
            None => format!("monitor {}", number + 1),
        };
        match monitor.url() {
            Ok(url) => {
                let settings = monitor.settings(url, &place, taking);
                taking.take(&place, settings);
            }
            Err(why) => taking.leave_out(&place, why),
        }
    }
    if whole.get("notificationList").and_then(Value::as_array).is_some_and(|list| !list.is_empty()) {
        taking.note("notificationList", "Notifications are not taken over");
    }
    Ok(())
}

struct Monitor<'a> {
    fields: &'a Value,
    proxies: &'a [Value],
}

impl<'a> Monitor<'a> {
    /// A text that is there and not empty.
    fn text(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A number, also one that is written as a text.
    fn number(&self, name: &str) -> Option<f64> {
        let value = self.fields.get(name)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    /// Whether something is set: SQLite has 1 for it.
    fn is_set(&self, name: &str) -> bool {
        let value = self.fields.get(name);
        value.is_some_and(|value| value.as_bool().unwrap_or_else(|| value.as_f64().is_some_and(|number| number != 0.0)))
    }

    /// What is checked.
    fn url(&self) -> Result<String, String> {
        let host = || self.text("hostname").map(bracketed).ok_or_else(|| "It has no host".to_owned());
        let port = || self.number("port").filter(|port| *port > 0.0).map(|port| port as u32);
        match self.text("type").unwrap_or("http") {
            "http" | "keyword" | "json-query" => {
                self.text("url").map(str::to_owned).ok_or_else(|| "It has no URL".into())
            }
            "port" => Ok(format!("tcp://{}:{}", host()?, port().ok_or("It has no port")?)),
            "ping" => Ok(format!("icmp://{}", host()?)),
            "dns" => {
                let record = self.text("dns_resolve_type").unwrap_or("A");
                // Several servers are tried in turn there; here it is one.
                let server = self.text("dns_resolve_server").and_then(|servers| servers.split(',').next());
                let server = server.map(|server| bracketed(server.trim())).unwrap_or_default();
                let port = port().filter(|port| *port != 53 && !server.is_empty()).map(|port| format!(":{port}"));
                Ok(format!("dns://{server}{}/{}?type={record}", port.unwrap_or_default(), host()?))
            }
            "grpc-keyword" => {
                Err("It calls a gRPC method of its own; here only the standard health check of gRPC can be made".into())
            }
            "push" => Err("It waits to be called; here websites are called".into()),
            "group" => Err("It is a group; its members are taken over".into()),
            other => Err(format!("Its kind is {other:?}, which cannot be checked here")),
        }
    }

    fn settings(&self, url: String, place: &str, taking: &mut Taking) -> Map<String, Value> {
        let mut settings = Map::new();
        let is_http = url.starts_with("http");
        put(&mut settings, "url", url);
        put(&mut settings, "name", self.text("name").unwrap_or_default());
        for (theirs, ours) in [("interval", "interval"), ("timeout", "timeout")] {
            if let Some(number) = self.number(theirs).filter(|number| *number > 0.0) {
                put(&mut settings, ours, seconds(number));
            }
        }
        if self.fields.get("active").is_some() && !self.is_set("active") {
            put(&mut settings, "paused", true);
        }
        if self.is_set("ignoreTls") {
            put(&mut settings, "tls.verify", false);
        }
        if is_http {
            self.request(&mut settings, place, taking);
            self.expectations(&mut settings, place, taking);
        }
        let not_taken = [
            (self.is_set("upsideDown"), "It is up when it cannot be reached (upside down), which is not taken over"),
            (
                self.number("maxretries").is_some_and(|n| n > 0.0),
                "Its retries are not taken over: an alert waits for a share of checks instead",
            ),
            (
                self.is_set("expiryNotification"),
                "Its warning of an expiring certificate is not taken over: set tls.days_left",
            ),
            (
                self.text("authMethod").is_some_and(|m| !matches!(m, "basic" | "null")),
                "Its kind of login is not taken over",
            ),
        ];
        for (_, why) in not_taken.into_iter().filter(|(found, _)| *found) {
            taking.note(place, why);
        }
        settings
    }

    fn request(&self, settings: &mut Map<String, Value>, place: &str, taking: &mut Taking) {
        if let Some(method) = self.text("method") {
            put(settings, "method", method.to_uppercase());
        }
        if let Some(body) = self.text("body") {
            put(settings, "body", body);
        }
        if let Some(number) = self.number("maxredirects") {
            put(settings, "redirects", number.clamp(0.0, 20.0) as u64);
        }
        // Headers are JSON inside of JSON.
        match self.text("headers").map(serde_json::from_str::<Map<String, Value>>) {
            Some(Ok(headers)) => {
                for (name, value) in headers {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let inner = settings.entry("headers").or_insert_with(|| Value::Object(Map::new()));
                    inner.as_object_mut().map(|headers| headers.insert(name, value.into()));
                }
            }
            Some(Err(_)) => taking.note(place, "Its headers are not JSON, so they are not taken over"),
            None => {}
        }
        if let (Some(user), Some(Value::String(text))) = (self.text("basic_auth_user"), settings.get("url").cloned())
            && let Ok(mut url) = url::Url::parse(&text)
        {
            let password = self.text("basic_auth_pass");
            if url.set_username(user).is_ok() && url.set_password(password).is_ok() {
                put(settings, "url", url.to_string());
            }
        }
        if let Some(id) = self.number("proxyId") {
            let proxy = self.proxies.iter().find(|proxy| proxy.get("id").and_then(Value::as_f64) == Some(id));
            match proxy.and_then(proxy_url) {
                Some(url) => put(settings, "proxy", url),
                None => taking.note(place, "Its proxy is no HTTP proxy or is not in the list, so it is not taken over"),
            }
        }
    }

    fn expectations(&self, settings: &mut Map<String, Value>, place: &str, taking: &mut Taking) {
        if let Some(codes) = self.fields.get("accepted_statuscodes").filter(|codes| codes.is_array()) {
            put(settings, "expect.status", codes.clone());
        }
        match (self.text("type"), self.text("keyword")) {
            (Some("keyword"), Some(keyword)) if self.is_set("invertKeyword") => {
                put(settings, "expect.body_lacks", keyword)
            }
            (Some("keyword"), Some(keyword)) => put(settings, "expect.body_contains", keyword),
            _ => {}
        }
        if self.text("type") != Some("json-query") {
            return;
        }
        let path = self.text("jsonPath").unwrap_or("$");
        let path = if path.starts_with('$') { path.to_owned() } else { format!("$.{path}") };
        let operator = self.text("jsonPathOperator").unwrap_or("==");
        if serde_json_path::JsonPath::parse(&path).is_err() || operator != "==" {
            taking.note(
                place,
                format!(
                    "Its query {path:?} with {operator:?} is not one that can be made here, so it is not taken over"
                ),
            );
            return;
        }
        // What is expected is a text there, also of numbers and truth values.
        let expected = self.text("expectedValue").unwrap_or_default();
        let expected: Value = match serde_json::from_str(expected) {
            Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
            _ => expected.into(),
        };
        put(settings, "expect.json", serde_json::json!([{ "path": path, "equals": expected }]));
    }
}

/// An address of IPv6 as URLs have it.
fn bracketed(host: &str) -> String {
    if host.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

fn proxy_url(proxy: &Value) -> Option<String> {
    let text = |name: &str| proxy.get(name).and_then(Value::as_str);
    let port = proxy.get("port").and_then(Value::as_f64)?;
    let mut url = url::Url::parse(&format!("http://{}:{port}", bracketed(text("host")?))).ok()?;
    if text("protocol") != Some("http") {
        return None;
    }
    if let Some(user) = text("username").filter(|user| !user.is_empty()) {
        url.set_username(user).and_then(|()| url.set_password(text("password"))).ok()?;
    }
    Some(url.to_string())
}
