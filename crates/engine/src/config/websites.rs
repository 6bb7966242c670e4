//! Websites in `wirereel.json`.

use std::collections::HashSet;

use serde_json::Value;
use wirereel_checks::Website;

use super::ConfigProblem;

/// Reads a list of websites. One that has problems is told and left out: checked otherwise than it says, it would be up or down for nothing.
pub(super) fn read_websites(items: &[Value], problems: &mut Vec<ConfigProblem>) -> Vec<Website> {
    let mut read: Vec<Website> = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for (place, item) in items.iter().enumerate() {
        let at = |path: &str| match path {
            "" => format!("websites[{place}]"),
            path => format!("websites[{place}].{path}"),
        };
        let (website, mut wrong) = Website::read(item);
        if wrong.is_empty() && !names.insert(website.display_name().to_owned()) {
            let message = format!("{:?} is another one's name already", website.display_name());
            problems.push(ConfigProblem { path: at("name"), message });
            continue;
        }
        if wrong.is_empty() {
            read.push(website);
        }
        problems.extend(wrong.drain(..).map(|problem| ConfigProblem {
            path: at(&problem.path),
            message: format!("{} is not {}", problem.found, problem.allowed),
        }));
    }
    read
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
