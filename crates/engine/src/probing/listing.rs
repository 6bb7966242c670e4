//! The probes of a file, made ready.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use serde_json::Value;
use wirereel_probes::{Probe, config::Problem};

use super::{Probing, ReadyProbe};
use crate::config;

/// The key of the file.
pub(crate) const PROBES_KEY: &str = "probes";

/// What a file says.
#[derive(Default)]
pub(crate) struct Listing {
    /// In the order of the file; `None` where they cannot be told, so that what was in force stays.
    pub(crate) probes: Option<Vec<Arc<ReadyProbe>>>,
    /// In sentences.
    pub(crate) problems: Vec<String>,
}

/// Reads a file's text. What is written as it was before is not made ready again.
pub(crate) fn read_listing(text: &str, probing: &dyn Probing, before: &[Arc<ReadyProbe>]) -> Listing {
    let mut listing = Listing::default();
    let whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(error) => {
            listing.problems.push(format!("{}: not JSON: {error}; what was in force stays so", config::FILE_NAME));
            return listing;
        }
    };
    let items = match whole.get(PROBES_KEY) {
        None => &[],
        Some(Value::Array(items)) => &items[..],
        Some(_) => {
            listing.problems.push(format!("{}: {PROBES_KEY}: must be a list", config::FILE_NAME));
            return listing;
        }
    };
    let known: HashMap<u64, &Arc<ReadyProbe>> = before.iter().map(|ready| (ready.hash, ready)).collect();
    let mut names: HashSet<String> = HashSet::new();
    let mut probes = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let hash = hash_of(item);
        let ready = match known.get(&hash) {
            Some(ready) => Arc::clone(ready),
            None => match make_ready(item, hash, probing) {
                Ok(ready) => Arc::new(ready),
                Err(problems) => {
                    listing.problems.extend(problems.iter().map(|problem| told(place, problem)));
                    continue;
                }
            },
        };
        if names.insert(ready.probe.name.clone()) {
            probes.push(ready);
        } else {
            let (file, name) = (config::FILE_NAME, &ready.probe.name);
            listing
                .problems
                .push(format!("{file}: {PROBES_KEY}[{place}].name: {name:?} is another one's name already"));
        }
    }
    listing.probes = Some(probes);
    listing
}

/// Makes a written probe ready.
pub(crate) fn make_ready(written: &Value, hash: u64, probing: &dyn Probing) -> Result<ReadyProbe, Vec<Problem>> {
    let (probe, problems) = Probe::read(written);
    let call = if problems.is_empty() { probing.ready(&probe) } else { Err(problems) };
    Ok(ReadyProbe::new(probe, hash, call?))
}

fn told(place: usize, problem: &Problem) -> String {
    let Problem { path, found, allowed, .. } = problem;
    let dot = if path.is_empty() { "" } else { "." };
    format!("{}: {PROBES_KEY}[{place}]{dot}{path}: {found} is not {allowed}", config::FILE_NAME)
}

/// What tells that something is written as it was.
pub(super) fn hash_of(item: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    item.to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{super::send::TheSender, *};

    #[test]
    fn what_is_written_as_before_is_the_same_probe_and_what_is_wrong_is_told() {
        let sender = TheSender::default();
        let first = read_listing(
            r#"{ "probes": [ { "name": "a", "target": "grpc://localhost:1" }, { "name": "b", "target": "http://localhost:2/" } ] }"#,
            &sender,
            &[],
        );
        assert_eq!(first.problems, Vec::<String>::new());
        let first = first.probes.unwrap();
        let text = r#"{ "probes": [ { "name": "b", "target": "http://localhost:2/" }, { "name": "a", "target": "grpc://localhost:1", "interval": "5x" },
            { "name": "b", "target": "http://localhost:3/" }, 7 ] }"#;
        let second = read_listing(text, &sender, &first);
        let probes = second.probes.unwrap();
        assert!(probes.len() == 1 && Arc::ptr_eq(&probes[0], &first[1]));
        let problems = second.problems.join("\n");
        for part in [
            "wirereel.json: probes[1].interval: \"5x\" is not a duration",
            "wirereel.json: probes[2].name: \"b\" is another one's name already",
            "wirereel.json: probes[3]: 7 is not an object",
        ] {
            assert!(problems.contains(part), "{problems}");
        }
        let broken = read_listing("{ \"probes\": [", &sender, &probes);
        assert!(broken.probes.is_none() && broken.problems[0].contains("not JSON"));
    }
}
