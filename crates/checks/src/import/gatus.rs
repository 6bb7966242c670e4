//! Gatus's configuration: its `endpoints`.

use serde_json::{Map, Value, json};

use super::{ImportError, Taking, put};

/// How often Gatus checks when nothing else is said.
const INTERVAL: &str = "60s";

pub(super) fn read(text: &str, taking: &mut Taking) -> Result<(), ImportError> {
    let whole: Value = serde_saphyr::from_str(text).map_err(|error| {
        let message = error.to_string();
        ImportError::NotYaml(message.lines().next().unwrap_or_default().to_owned())
    })?;
    let endpoints = whole.get("endpoints").and_then(Value::as_array);
    let endpoints =
        endpoints.ok_or(ImportError::NotThat { wanted: "list of endpoints", format: "a configuration of Gatus" })?;
    for (number, endpoint) in endpoints.iter().enumerate() {
        let text = |name: &str| endpoint.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = match (text("group"), text("name")) {
            (Some(group), Some(name)) => format!("{group} / {name}"),
            (_, name) => name.unwrap_or_default().to_owned(),
        };
        let place = if name.is_empty() { format!("endpoint {}", number + 1) } else { format!("endpoint {name:?}") };
        match url(endpoint) {
            Ok(url) => {
                let settings = settings(endpoint, &name, &url, &place, taking);
                taking.take(&place, settings);
            }
            Err(why) => taking.leave_out(&place, why),
        }
    }
    for other in ["external-endpoints", "suites", "alerting", "maintenance"] {
        if whole.get(other).is_some() {
            taking.note(other, "This part is not taken over");
        }
    }
    Ok(())
}

fn url(endpoint: &Value) -> Result<String, String> {
    let url = endpoint.get("url").and_then(Value::as_str).ok_or("It has no url")?;
    if url.contains("${") {
        return Err(format!("Its url {url:?} has a variable of the environment in it"));
    }
    if let Some(dns) = endpoint.get("dns") {
        let part = |name: &str| dns.get(name).and_then(Value::as_str);
        let name = part("query-name").ok_or("Its dns has no query-name")?;
        return Ok(format!("dns://{url}/{name}?type={}", part("query-type").unwrap_or("A")));
    }
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("http" | "https" | "tcp" | "tls" | "icmp" | "grpc" | "grpcs") => Ok(url.to_owned()),
        Some(scheme) => Err(format!("{scheme}:// cannot be checked here")),
        None => Err(format!("Its url {url:?} has no scheme")),
    }
}

fn settings(endpoint: &Value, name: &str, url: &str, place: &str, taking: &mut Taking) -> Map<String, Value> {
    let mut settings = Map::new();
    put(&mut settings, "url", url);
    put(&mut settings, "name", name);
    let field = |name: &str| endpoint.get(name).filter(|value| !value.is_null());
    let interval = field("interval").and_then(Value::as_str).unwrap_or(INTERVAL);
    duration(&mut settings, "interval", interval, place, taking);
    if field("enabled") == Some(&Value::Bool(false)) {
        put(&mut settings, "paused", true);
    }
    if let Some(method) = field("method").and_then(Value::as_str) {
        put(&mut settings, "method", method.to_uppercase());
    }
    if let Some(body) = field("body").and_then(Value::as_str) {
        put(&mut settings, "body", body);
    }
    if let Some(Value::Object(headers)) = field("headers") {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let headers: Map<String, Value> =
            headers.iter().map(|(name, value)| (name.clone(), text(value).into())).collect();
        put(&mut settings, "headers", headers);
    }
    client(endpoint, &mut settings, place, taking);
    let conditions = field("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for condition in conditions.iter().filter_map(Value::as_str) {
        if !holds(condition, &mut settings) {
            taking.note(place, format!("The condition {condition:?} is not taken over"));
        }
    }
    if conditions.iter().all(|condition| !condition.as_str().is_some_and(|text| text.contains("[STATUS]")))
        && url.starts_with("http")
    {
        // Without a condition on it, every status is fine there.
        put(&mut settings, "expect.status", json!(["100-999"]));
    }
    if field("graphql").is_some() {
        taking.note(place, "The body is sent as it is, not wrapped for GraphQL");
    }
    if field("alerts").is_some() {
        taking.note(place, "Its alerts are not taken over");
    }
    settings
}

fn client(endpoint: &Value, settings: &mut Map<String, Value>, place: &str, taking: &mut Taking) {
    let Some(Value::Object(client)) = endpoint.get("client") else { return };
    for (name, value) in client {
        match (name.as_str(), value) {
            ("insecure", Value::Bool(insecure)) => put(settings, "tls.verify", !insecure),
            ("ignore-redirect", Value::Bool(true)) => put(settings, "redirects", 0),
            ("ignore-redirect", _) => {}
            ("timeout", Value::String(timeout)) => duration(settings, "timeout", timeout, place, taking),
            // Such as tcp://1.1.1.1:53; the protocol is chosen here.
            ("dns-resolver", Value::String(resolver)) => {
                put(settings, "resolver", resolver.split_once("://").map_or(resolver.as_str(), |(_, address)| address));
            }
            ("proxy-url", Value::String(proxy)) => put(settings, "proxy", proxy.as_str()),
            (other, _) => taking.note(place, format!("The client's {other} is not taken over")),
        }
    }
}

/// A duration as Go writes it, such as `1h30m`, `1.5s` or `500ms`.
fn duration(settings: &mut Map<String, Value>, path: &str, text: &str, place: &str, taking: &mut Taking) {
    match millis(text) {
        Some(millis) => put(settings, path, format!("{millis}ms")),
        None => taking.note(place, format!("{path}: {text:?} is not a duration; it is left at its default")),
    }
}

fn millis(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit_at);
        let unit_ends = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_ends);
        let scale = match unit {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * scale;
        rest = next;
    }
    (1.0..1e12).contains(&total).then_some(total.round() as u64)
}

/// Takes a condition over if what it asks can be asked here.
fn holds(condition: &str, settings: &mut Map<String, Value>) -> bool {
    let parts: Vec<&str> = condition.splitn(3, ' ').collect();
    let [what, operator, wanted] = parts[..] else { return false };
    let wanted = wanted.trim();
    match what {
        "[STATUS]" => match status(operator, wanted) {
            Some(codes) => {
                put(settings, "expect.status", codes);
                true
            }
            None => false,
        },
        "[CONNECTED]" => operator == "==" && wanted == "true",
        "[DNS_RCODE]" => operator == "==" && wanted == "NOERROR",
        "[RESPONSE_TIME]" => match (operator, wanted.parse::<u64>()) {
            ("<" | "<=", Ok(millis)) if millis > 0 => {
                put(settings, "expect.at_most", format!("{millis}ms"));
                true
            }
            _ => false,
        },
        "[CERTIFICATE_EXPIRATION]" => match (operator, millis(wanted)) {
            (">" | ">=", Some(millis)) => {
                put(settings, "tls.days_left", millis.div_ceil(86_400_000).max(1));
                true
            }
            _ => false,
        },
        "[BODY]" if operator == "==" => body(wanted, settings),
        _ => json_path(what, operator, wanted, settings),
    }
}

fn status(operator: &str, wanted: &str) -> Option<Value> {
    if let Some(any) = wanted.strip_prefix("any(").and_then(|rest| rest.strip_suffix(')')) {
        let codes: Option<Vec<u16>> = any.split(',').map(|code| code.trim().parse().ok()).collect();
        return codes.filter(|_| operator == "==").map(Value::from);
    }
    let code: u16 = wanted.parse().ok().filter(|code| (100..=999).contains(code))?;
    Some(match operator {
        "==" => json!([code]),
        "<" if code > 100 => json!([format!("100-{}", code - 1)]),
        "<=" => json!([format!("100-{code}")]),
        ">" if code < 999 => json!([format!("{}-999", code + 1)]),
        ">=" => json!([format!("{code}-999")]),
        _ => return None,
    })
}

/// The whole body, or a pattern with `*`.
fn body(wanted: &str, settings: &mut Map<String, Value>) -> bool {
    let pattern = match wanted.strip_prefix("pat(").and_then(|rest| rest.strip_suffix(')')) {
        Some(pattern) => pattern.split('*').map(regex::escape).collect::<Vec<_>>().join(".*"),
        None if wanted.starts_with("any(") => return false,
        None => regex::escape(wanted),
    };
    put(settings, "expect.body_matches", format!("(?s)^{pattern}$"));
    true
}

/// `[BODY].path == value`, and whether something is there: `has([BODY].path) == true`.
fn json_path(what: &str, operator: &str, wanted: &str, settings: &mut Map<String, Value>) -> bool {
    let (inner, is_has) = match what.strip_prefix("has(").and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (what, false),
    };
    let Some(rest) = inner.strip_prefix("[BODY]").filter(|_| operator == "==") else { return false };
    let path = format!("${rest}");
    if serde_json_path::JsonPath::parse(&path).is_err() || wanted.contains('(') {
        return false;
    }
    let expected = match (is_has, wanted) {
        (true, "true") => json!({ "path": path }),
        (true, _) => return false,
        (false, wanted) => match serde_json::from_str::<Value>(wanted) {
            Ok(value @ (Value::Bool(_) | Value::Number(_))) => json!({ "path": path, "equals": value }),
            _ => json!({ "path": path, "equals": wanted }),
        },
    };
    let expect = settings.entry("expect").or_insert_with(|| json!({}));
    if let Some(list) = expect.as_object_mut().map(|expect| expect.entry("json").or_insert_with(|| json!([])))
        && let Some(list) = list.as_array_mut()
    {
        list.push(expected);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_go_s() {
        let said = ["1h30m", "1.5s", "500ms", "60s", "10", "x", "1d", ""].map(millis);
        assert_eq!(said, [Some(5_400_000), Some(1_500), Some(500), Some(60_000), None, None, None, None]);
    }
}
