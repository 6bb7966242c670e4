//! Probes as `wirereel.json` has them: reading, validation, and the JSON Schema for editors.

mod probe;
mod problems;
mod read;
mod target;

pub use probe::{Call, HopConfig, HttpMethod, Mode, Probe, Tls, To};
pub(crate) use target::{ADDRESS, Scheme, Target, method};
pub use wirereel_settings::Problem;
pub use wirereel_span::Span;

/// The JSON Schema of a probe, for editors and forms.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Probe).to_value()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schema_knows_every_setting_and_no_other() {
        let schema = json_schema();
        assert_eq!(schema["additionalProperties"], false);
        let probe = Probe {
            from: "eu".into(),
            to: To { region: "us".into(), ..To::default() },
            call: Call { method: "a.B/C".into(), ..Call::default() },
            path: vec![HopConfig::default()],
            paused: true,
            metadata: [("a".into(), "b".into())].into(),
            key_file: Some("key".into()),
            tls: Tls { ca_file: Some("ca".into()), ..Tls::default() },
            ..Probe::default()
        };
        let written = serde_json::to_value(probe).expect("written");
        let mut known: Vec<_> = schema["properties"].as_object().expect("properties").keys().collect();
        let mut used: Vec<_> = written.as_object().expect("an object").keys().collect();
        known.sort();
        used.sort();
        assert_eq!(known, used);
        assert_eq!(schema["$defs"]["Duration"]["type"], "string");
        assert_eq!(schema["$defs"]["Call"]["properties"]["http_method"]["default"], json!(HttpMethod::default()));
    }
}
