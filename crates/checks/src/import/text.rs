//! One URL a line.

use serde_json::Map;

use super::{Taking, put};

pub(super) fn read(text: &str, taking: &mut Taking) {
    for (number, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        // A `#` inside a URL is its fragment.
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("line {}", number + 1);
        let (name, url) = match line.rsplit_once(char::is_whitespace) {
            Some((name, url)) => (name.trim_end_matches([',', ';', ':']).trim(), url),
            None => ("", line),
        };
        let mut settings = Map::new();
        put(&mut settings, "name", name);
        put(&mut settings, "url", with_scheme(&place, url, taking));
        taking.take(&place, settings);
    }
}

/// A host alone is a website of that host.
pub(super) fn with_scheme(place: &str, url: &str, taking: &mut Taking) -> String {
    let is_host =
        !url.contains("://") && url.contains(['.', ':']) && url.chars().next().is_some_and(char::is_alphanumeric);
    if is_host || url == "localhost" {
        taking.note(place, format!("{url} has no scheme, https:// is taken"));
        return format!("https://{url}");
    }
    url.to_owned()
}
