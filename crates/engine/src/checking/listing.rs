//! The websites of a file, made ready to be checked.

use std::sync::Arc;

use serde_json::Value;
use wirereel_checks::{Checker, Frame, Website};

use super::Listed;
use crate::config;

/// Keys of the file.
pub(crate) const WEBSITES_KEY: &str = "websites";
pub(crate) const FRAMES_KEY: &str = "check_frames";

/// What a file says.
#[derive(Default)]
pub(crate) struct Listing {
    /// In the order of the file; `None` where they cannot be told, so that what was in force stays.
    pub(crate) websites: Option<Vec<Listed>>,
    pub(crate) frames: Option<Vec<Frame>>,
    /// In sentences.
    pub(crate) problems: Vec<String>,
}

/// Reads a file's text. What is written as it was before is not made ready again.
pub(crate) fn read_listing(text: &str, checker: &Checker, before: &[Listed]) -> Listing {
    let mut listing = Listing::default();
    let whole = match config::read_whole(text) {
        Ok(whole) => whole,
        Err(problem) => return Listing { problems: vec![problem.to_string()], ..listing },
    };
    let mut problems = Vec::new();
    match config::read_frames(whole.get(FRAMES_KEY)) {
        Ok(frames) => listing.frames = Some(frames),
        Err(wrong) => problems.extend(wrong),
    }
    let make = |item: &Value, hash| {
        let (website, wrong) = Website::read(item);
        let check = if wrong.is_empty() { checker.prepare(&website) } else { Err(wrong) };
        Ok(Listed { check: Arc::new(check?), hash })
    };
    match config::make_ready(WEBSITES_KEY, &whole, before, make, &mut problems) {
        Ok(websites) => listing.websites = Some(websites),
        Err(problem) => problems.push(problem),
    }
    listing.problems = problems.iter().map(ToString::to_string).collect();
    listing
}

impl config::Ready for Listed {
    fn name(&self) -> &str {
        self.check.website().display_name()
    }

    fn hash(&self) -> u64 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_before_is_the_same_check_and_what_is_wrong_is_told() {
        let checker = Checker::new();
        let first = read_listing(
            r#"{ "websites": [ { "url": "http://localhost:1/" }, { "url": "http://localhost:2/" } ] }"#,
            &checker,
            &[],
        );
        let first = first.websites.unwrap();
        let text = r#"{ "websites": [ { "url": "http://localhost:2/" }, { "url": "http://localhost:1/", "interval": "5x" },
            { "name": "http://localhost:2/", "url": "http://localhost:3/" }, 7 ], "check_frames": [ { "past": "1m", "every": "5s" } ] }"#;
        let second = read_listing(text, &checker, &first);
        let websites = second.websites.unwrap();
        assert_eq!(websites.len(), 1);
        assert!(Arc::ptr_eq(&websites[0].check, &first[1].check));
        assert_eq!(second.frames.unwrap()[0].past.as_millis(), 60_000);
        let problems = second.problems.join("\n");
        for part in [
            "wirereel.json: websites[1].interval: \"5x\" is not a duration",
            "wirereel.json: websites[2].name: \"http://localhost:2/\" is another one's name already",
            "wirereel.json: websites[3]: 7 is not an object with a url",
        ] {
            assert!(problems.contains(part), "{problems}");
        }
        let broken = read_listing("{ \"websites\": [", &checker, &websites);
        assert!(broken.websites.is_none() && broken.problems[0].contains("not JSON"));
        let wrong = read_listing(r#"{ "check_frames": [ { "past": "1s", "every": "1s" } ] }"#, &checker, &[]);
        assert!(wrong.frames.is_none() && wrong.problems[0].contains("check_frames[0].past"), "{:?}", wrong.problems);
    }
}
