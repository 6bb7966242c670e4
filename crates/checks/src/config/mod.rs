//! Websites as `wirereel.json` has them: reading, validation, and the JSON Schema for editors.

mod problems;
mod read;
mod status;
mod target;
mod website;

pub(crate) use problems::{MAX_TIMEOUT, REGEX_BYTES};
pub use status::StatusRange;
pub(crate) use target::{Endpoint, Target, proxy, resolver};
pub use website::{AddressFamily, Expect, ExpectJson, HttpVersion, Method, Tls, Website};
pub use wirereel_settings::Problem;
pub use wirereel_span::Span;

/// The JSON Schema of a website, for editors and forms.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Website).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_knows_every_setting_and_no_other() {
        let schema = json_schema();
        assert_eq!(schema["additionalProperties"], false);
        let mut website = Website::new("a", "http://a.test");
        website.headers.insert("a".into(), "b".into());
        (website.body, website.resolver, website.proxy) =
            (Some(String::new()), Some(String::new()), Some(String::new()));
        (website.paused, website.keep_alive, website.tls.verify) = (true, true, false);
        (website.address_family, website.http_version) = (AddressFamily::Ipv4, HttpVersion::Http2);
        website.expect.body_contains = Some(String::new());
        let written = serde_json::to_value(website).expect("written");
        let mut known: Vec<_> = schema["properties"].as_object().expect("properties").keys().collect();
        let mut used: Vec<_> = written.as_object().expect("an object").keys().collect();
        known.sort();
        used.sort();
        assert_eq!(known, used);
        assert_eq!(schema["properties"]["redirects"]["maximum"], 20);
        assert_eq!(schema["$defs"]["Duration"]["type"], "string");
    }
}
