//! Probes in `wirereel.json`.

use serde_json::Value;
use wirereel_probes::{Probe, discovery::ProbeSource};

use super::{
    ConfigProblem,
    named::{read_named, whole},
};

/// Reads a list of probes.
pub(super) fn read_probes(items: &[Value], problems: &mut Vec<ConfigProblem>) -> Vec<Probe> {
    read_named("probes", items, |item| whole(Probe::read(item)), |probe| &probe.name, problems)
}

/// Reads a list of sources of targets.
pub(crate) fn read_sources(items: &[Value], problems: &mut Vec<ConfigProblem>) -> Vec<ProbeSource> {
    read_named("probe_sources", items, ProbeSource::read, |source| &source.name, problems)
}

#[cfg(test)]
mod tests {
    use super::super::{json_schema, read_text};

    #[test]
    fn a_probe_that_is_wrong_says_all_that_is_and_leaves_the_others_sent() {
        let (config, problems) = read_text(
            r#"{ "probes": [ { "name": "a", "target": "grpc://localhost:1" }, { "name": "b", "target": "grpc://localhost:2", "interval": "5x" },
                 { "name": "a", "target": "http://localhost:3/" }, 7 ] }"#,
        );
        let names: Vec<&str> = config.probes.iter().map(|probe| probe.name.as_str()).collect();
        assert_eq!(names, ["a"]);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("wirereel.json: probes[1].interval: \"5x\" is not a duration"), "{told:?}");
        assert_eq!(told[1], "wirereel.json: probes[2].name: \"a\" is another one's name already");
        assert!(told[2].starts_with("wirereel.json: probes[3]: 7 is not an object"), "{told:?}");
        assert_eq!(json_schema()["properties"]["probes"]["type"], "array");
    }

    #[test]
    fn a_source_that_is_wrong_is_told_and_leaves_the_others_asked() {
        let (config, problems) = read_text(
            r#"{ "probe_sources": [ { "name": "two", "find": { "static": ["cart:50051"] }, "probe": { "target": "grpc://{address}" } },
                 { "name": "dns", "find": { "srv": { "name": "x", "resolver": "nobody" } }, "probe": { "target": "grpc://{address}" } },
                 { "name": "two", "find": { "static": [] }, "probe": { "target": "grpc://{address}" } } ] }"#,
        );
        let names: Vec<&str> = config.probe_sources.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names, ["two"]);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told[0].starts_with("wirereel.json: probe_sources[1].find.srv."), "{told:?}");
        assert_eq!(told.last().unwrap(), "wirereel.json: probe_sources[2].name: \"two\" is another one's name already");
        assert_eq!(json_schema()["properties"]["probe_sources"]["type"], "array");
    }
}
