//! Whether libpcap can read a capture filter, and from where on it cannot.

use pcap::{Capture, Linktype};
use wirereel_whisper::ConfigProblem;

/// Checks the user's part of the filter.
pub(crate) fn problem(filter: &str) -> Option<ConfigProblem> {
    let message = complaint(filter)?;
    Some(ConfigProblem {
        path: "filter".into(),
        found: format!("{filter:?}"),
        allowed: format!("a capture filter ({message})"),
        at: Some(readable_up_to(filter)),
    })
}

/// What libpcap says against a filter.
fn complaint(filter: &str) -> Option<String> {
    let dead = Capture::dead(Linktype::ETHERNET).ok()?;
    dead.compile(filter, true).err().map(|error| error.to_string())
}

/// libpcap does not say where it stopped: the first word after the longest beginning that is a filter by itself, in characters.
fn readable_up_to(filter: &str) -> usize {
    let starts: Vec<usize> = filter
        .char_indices()
        .scan(true, |was_space, (at, c)| {
            let begins = *was_space && !c.is_whitespace();
            *was_space = c.is_whitespace();
            Some((at, begins))
        })
        .filter_map(|(at, begins)| begins.then_some(at))
        .collect();
    let readable =
        starts.iter().rev().find(|&&at| !filter[..at].trim().is_empty() && complaint(&filter[..at]).is_none());
    let byte = readable.or(starts.first()).copied().unwrap_or(0);
    filter[..byte].chars().count()
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn a_filter_that_cannot_be_read_says_from_where_on() {
        assert_eq!(problem(""), None);
        assert_eq!(problem("tcp port 80 or udp"), None);
        let wrong = problem("tcp port 80 prot 5").unwrap();
        assert_eq!((wrong.path.as_str(), wrong.at), ("filter", Some(12)));
        assert!(wrong.allowed.contains("syntax error"), "{wrong}");
        assert_eq!(problem("nonsense").unwrap().at, Some(0));
        assert_eq!(problem("host ü").unwrap().at, Some(0));
    }
}
