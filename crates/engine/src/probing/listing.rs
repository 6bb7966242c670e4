//! The probes of a file, made ready.

use std::sync::Arc;

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
    let mut problems = Vec::new();
    let make = |item: &Value, hash| make_ready(item, hash, probing).map(Arc::new);
    let probes = config::read_whole(text)
        .and_then(|whole| config::make_ready(PROBES_KEY, &whole, before, make, &mut problems))
        .map_err(|problem| problems.push(problem))
        .ok();
    Listing { probes, problems: problems.iter().map(ToString::to_string).collect() }
}

impl config::Ready for Arc<ReadyProbe> {
    fn name(&self) -> &str {
        &self.probe.name
    }

    fn hash(&self) -> u64 {
        self.hash
    }
}

/// Makes a written probe ready.
pub(crate) fn make_ready(written: &Value, hash: u64, probing: &dyn Probing) -> Result<ReadyProbe, Vec<Problem>> {
    let (probe, problems) = Probe::read(written);
    let call = if problems.is_empty() { probing.ready(&probe) } else { Err(problems) };
    Ok(ReadyProbe::new(probe, hash, call?))
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
