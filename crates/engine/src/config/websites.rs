//! Websites in `wirereel.json`.

use serde_json::Value;
use wirereel_checks::Website;

use super::{
    ConfigProblem,
    named::{read_named, whole},
};

/// Reads a list of websites.
pub(super) fn read_websites(items: &[Value], problems: &mut Vec<ConfigProblem>) -> Vec<Website> {
    read_named("websites", items, |item| whole(Website::read(item)), Website::display_name, problems)
}

#[cfg(test)]
mod tests {
    use super::super::read_text;

    #[test]
    fn a_website_that_is_wrong_says_all_that_is_and_leaves_the_others_checked() {
        let (config, problems) = read_text(
            r#"{ "websites": [ { "url": "http://localhost:1/" }, { "url": "http://localhost:2/", "interval": "5x", "redirects": 99 },
                 { "name": "shop", "url": "http://localhost:3/" }, { "name": "shop", "url": "http://localhost:4/" }, 7 ] }"#,
        );
        let urls: Vec<&str> = config.websites.iter().map(|website| website.url.as_str()).collect();
        assert_eq!(urls, ["http://localhost:1/", "http://localhost:3/"]);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "wirereel.json: websites[1].interval: \"5x\" is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)",
                "wirereel.json: websites[1].redirects: 99 is not a whole number from 0 to 20",
                "wirereel.json: websites[3].name: \"shop\" is another one's name already",
                "wirereel.json: websites[4]: 7 is not an object with a url",
            ]
        );
    }
}
