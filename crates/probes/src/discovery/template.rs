//! A target and a template make a probe.
//!
//! Names in braces stand for what the source says of the target; metadata `wirereel-…`, or a tag `wirereel-…=value`, sets what the template
//! leaves as it is. Metadata go before tags, the first of several tags with one name holds.

use std::collections::BTreeMap;

use super::instance::Instance;
use crate::config::{Mode, Probe, Problem};

/// What a template that does not name its probes calls them.
const NAME: &str = "{service} {address}";
/// What metadata and tags that are meant for probes begin with.
const PREFIX: &str = "wirereel-";
/// Longest text that a template becomes.
const LONGEST_CHARS: usize = 2_048;
const NAMES: [&str; 7] = ["service", "node", "address", "host", "port", "tag", "datacenter"];
const META: &str = "meta.";

/// Names in braces that nobody knows.
pub(super) fn problems(template: &Probe, problems: &mut Vec<Problem>) {
    let mut copy = template.clone();
    if copy.target.trim().is_empty() {
        problems.push(Problem::text("probe.target", "", "a target such as grpc://{address}"));
    }
    for_texts(&mut copy, |path, text| {
        let mut unknown = Vec::new();
        fill(text, |name| {
            if !NAMES.contains(&name) && !name.starts_with(META) {
                unknown.push(name.to_owned());
            }
            Some(String::new())
        });
        for name in unknown {
            let allowed = format!("one of {} or {{{META}KEY}}", NAMES.map(|name| format!("{{{name}}}")).join(", "));
            problems.push(Problem::text(format!("probe.{path}"), &format!("{{{name}}}"), allowed));
        }
    });
}

/// The probe of a target, and what is wrong with its settings, in sentences without their period; what is wrong does not hold.
pub(super) fn probe(template: &Probe, instance: &Instance) -> (Probe, Vec<String>) {
    let mut probe = template.clone();
    if probe.name.is_empty() {
        NAME.clone_into(&mut probe.name);
    }
    let mut wrong = Vec::new();
    for_texts(&mut probe, |_, text| {
        *text = fill(text, |name| Some(value(instance, name)));
        if let Some((end, _)) = text.char_indices().nth(LONGEST_CHARS) {
            text.truncate(end);
        }
    });
    if instance.port == 0 && (template.target.contains("{address}") || template.target.contains("{port}")) {
        wrong.push("it has no port".to_owned());
    }
    for (key, value) in settings(instance) {
        if let Err(allowed) = set(&mut probe, key, value) {
            wrong.push(format!("{PREFIX}{key}: {value:?} is not {allowed}"));
        }
    }
    (probe, wrong)
}

/// Every text of a probe that names may stand in.
fn for_texts(probe: &mut Probe, mut each: impl FnMut(&str, &mut String)) {
    each("name", &mut probe.name);
    each("target", &mut probe.target);
    each("from", &mut probe.from);
    each("to.region", &mut probe.to.region);
    each("to.service", &mut probe.to.service);
    each("call.method", &mut probe.call.method);
    for (key, value) in &mut probe.metadata {
        each(&format!("metadata.{key}"), value);
    }
    for hop in &mut probe.path {
        each("path.hop", &mut hop.hop);
        each("path.region", &mut hop.region);
        if let Some(address) = &mut hop.address {
            each("path.address", address);
        }
    }
    if let Some(name) = &mut probe.tls.server_name {
        each("tls.server_name", name);
    }
}

/// A text with every `{name}` replaced; a brace that is not closed, or is followed by no name, stands for itself.
fn fill(text: &str, mut with: impl FnMut(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let name = rest.find('}').map(|close| &rest[1..close]);
        let is_name =
            |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        match name.filter(is_name).and_then(|name| Some((name.len() + 2, with(name)?))) {
            Some((length, value)) => {
                filled.push_str(&value);
                rest = &rest[length..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

fn value(instance: &Instance, name: &str) -> String {
    match name {
        "service" => instance.service.clone(),
        "node" => instance.node.clone(),
        "address" if instance.port == 0 => instance.url_host(),
        "address" => instance.address(),
        "host" => instance.url_host(),
        "port" => instance.port.to_string(),
        "tag" => instance.tags.first().cloned().unwrap_or_default(),
        "datacenter" => instance.datacenter.clone(),
        other => other.strip_prefix(META).and_then(|key| instance.meta.get(key)).cloned().unwrap_or_default(),
    }
}

/// What a target itself sets.
fn settings(instance: &Instance) -> BTreeMap<&str, &str> {
    let mut settings = BTreeMap::new();
    let of_meta = instance.meta.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    for (key, value) in of_meta.chain(instance.tags.iter().filter_map(|tag| tag.split_once('='))) {
        if let Some(key) = key.strip_prefix(PREFIX) {
            settings.entry(key).or_insert(value);
        }
    }
    settings
}

fn set(probe: &mut Probe, key: &str, value: &str) -> Result<(), String> {
    match key {
        "interval" => probe.interval = value.parse().map_err(|_| "a duration such as 10s")?,
        "timeout" => probe.timeout = value.parse().map_err(|_| "a duration such as 5s")?,
        "method" => value.clone_into(&mut probe.call.method),
        "request" => {
            let request = serde_json::from_str(value).map_err(|error| format!("JSON ({error})"))?;
            probe.call.request = Some(request);
        }
        "target" => value.clone_into(&mut probe.target),
        "from" => value.clone_into(&mut probe.from),
        "region" => value.clone_into(&mut probe.to.region),
        "service" => value.clone_into(&mut probe.to.service),
        "server-name" => probe.tls.server_name = Some(value.to_owned()),
        "paused" => probe.paused = value.parse().map_err(|_| "true or false")?,
        "mode" => {
            probe.mode = match value {
                "black_box" => Mode::BlackBox,
                "white_box" => Mode::WhiteBox,
                _ => return Err("black_box or white_box".to_owned()),
            }
        }
        _ => {
            let known = "interval, timeout, method, request, target, from, region, service, server-name, paused, mode";
            return Err(format!("a setting that is known ({known})"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance() -> Instance {
        Instance {
            service: "cart".into(),
            node: "n1".into(),
            datacenter: "eu".into(),
            host: "::1".into(),
            port: 50_051,
            tags: vec!["grpc".into(), "wirereel-timeout=2s".into(), "wirereel-interval=1h".into()],
            meta: [("version", "7"), ("wirereel-interval", "30s"), ("wirereel-method", "shop.Cart/Get")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            ..Instance::default()
        }
    }

    fn template(name: &str, target: &str) -> Probe {
        Probe { name: name.into(), target: target.into(), ..Probe::default() }
    }

    #[test]
    fn names_in_braces_stand_for_the_target_and_metadata_sets_the_rest() {
        let mut template = template("{service} v{meta.version} ({tag}) at {node}", "grpc://{address}");
        template.to.region = "{datacenter}".into();
        let (probe, wrong) = probe(&template, &instance());
        assert_eq!((probe.name.as_str(), probe.target.as_str()), ("cart v7 (grpc) at n1", "grpc://[::1]:50051"));
        assert_eq!((probe.interval.to_string(), probe.timeout.to_string()), ("30s".into(), "2s".into()));
        assert_eq!((probe.call.method.as_str(), probe.to.region.as_str(), wrong), ("shop.Cart/Get", "eu", Vec::new()));
    }

    #[test]
    fn a_setting_that_is_wrong_is_told_and_does_not_hold() {
        let mut instance = instance();
        instance.port = 0;
        instance.meta.insert("wirereel-interval".into(), "often".into());
        instance.meta.insert("wirereel-colour".into(), "red".into());
        let (probe, wrong) = probe(&template("", "http://{address}/{}{ {nobody"), &instance);
        assert_eq!(probe.interval, Probe::default().interval);
        assert_eq!(probe.name, "cart [::1]");
        assert_eq!(probe.target, "http://[::1]/{}{ {nobody", "what is no name stays");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(
            wrong[0].contains("no port") && wrong[1].contains("colour") && wrong[2].contains("\"often\""),
            "{wrong:?}"
        );
    }
}
