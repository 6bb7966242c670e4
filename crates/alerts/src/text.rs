//! The sentences of alerts: words in braces and what stands for them.

use std::fmt::Write;

use jiff::Timestamp;

/// Longest template, in bytes.
pub(crate) const MAX_TEMPLATE: usize = 2_000;

/// Words that messages may use, and what each stands for.
pub const MESSAGE_WORDS: [(&str, &str); 11] = [
    ("alert", "the alert's id"),
    ("availability", "percent of good outcomes"),
    ("duration", "how long it lasted; empty while it is open"),
    ("kind", "what the subject is, such as website"),
    ("metric", "which of the subject's numbers"),
    ("rule", "the rule's name"),
    ("subject", "the subject's name"),
    ("threshold", "what the number was held against"),
    ("time", "the instant that is told of, in UTC"),
    ("value", "the number"),
    ("website", "the same as subject"),
];

/// The parts of a template: text, and words in braces. Braces around anything but a word are text.
fn parts(template: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(open) = rest[from..].find('{').map(|place| from + place) {
            let inside = &rest[open + 1..];
            let length = inside.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_').count();
            if length > 0 && inside.as_bytes().get(length) == Some(&b'}') {
                let part = (&rest[..open], Some(&inside[..length]));
                rest = &inside[length + 1..];
                return Some(part);
            }
            from = open + 1;
        }
        Some((std::mem::take(&mut rest), None))
    })
}

/// A template with its words replaced. What replaces a word is not looked at again; a word that nobody knows stays as it is.
pub(crate) fn expand(template: &str, word: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    for (before, found) in parts(template) {
        text.push_str(before);
        match found.map(|found| (found, word(found))) {
            Some((_, Some(meant))) => text.push_str(&meant),
            Some((found, None)) => {
                text.push('{');
                text.push_str(found);
                text.push('}');
            }
            None => {}
        }
    }
    text
}

/// Words of a message that nobody knows, each with what is allowed.
pub(crate) fn unknown_words(template: &str) -> impl Iterator<Item = (String, String)> {
    let unknown = parts(template).filter_map(|(_, word)| word);
    let unknown = unknown.filter(|word| !MESSAGE_WORDS.iter().any(|(known, _)| known == word));
    unknown.map(|word| {
        let known: Vec<_> = MESSAGE_WORDS.iter().map(|(known, _)| format!("{{{known}}}")).collect();
        (format!("{{{word}}}"), format!("one of {}", known.join(", ")))
    })
}

/// An instant to the second, in UTC: `2026-11-26T15:20:54Z`.
pub fn time(at_ns: i64) -> String {
    let seconds = at_ns.div_euclid(1_000_000_000);
    // Nanoseconds in 64 bits end in 2262, far inside of what can be written.
    Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}

/// A duration in its two largest units: `2 d 3 h`, `4 min 5 s`, `12 s`, `350 ms`.
pub fn duration(nanos: i64) -> String {
    const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
    let millis = nanos.max(0) / 1_000_000;
    // Where seconds are told, to the nearest one.
    let millis = if millis < 1_000 { millis } else { (millis + 500) / 1_000 * 1_000 };
    let Some(largest) = UNITS.iter().position(|(_, scale)| millis >= *scale) else { return "0 s".into() };
    let (unit, scale) = UNITS[largest];
    let mut text = format!("{} {unit}", millis / scale);
    // Below a minute seconds are enough: nobody asks for the milliseconds of an outage.
    if let Some((unit, smaller)) = UNITS.get(largest + 1)
        && scale > 1_000
        && millis % scale >= *smaller
    {
        let _ = write!(text, " {} {unit}", millis % scale / smaller);
    }
    text
}

/// A number with at most so many digits behind the point, without zeros at its end.
pub(crate) fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// A text with its first letter as a sentence begins.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_once_and_other_braces_stay() {
        let said = expand("{a} {b} {{a}} {} { a} {c", |word| (word == "a").then(|| "{b}".to_owned()));
        assert_eq!(said, "{b} {b} {{b}} {} { a} {c");
        assert_eq!(expand("", |_| None), "");
    }

    #[test]
    fn times_durations_and_numbers_are_short() {
        assert_eq!(time(1_795_706_454_999_999_999), "2026-11-26T15:20:54Z");
        assert_eq!(time(i64::MIN).len(), "1677-09-21T00:12:43Z".len());
        for (seconds, wanted) in [
            (0.0, "0 s"),
            (0.35, "350 ms"),
            (12.9, "13 s"),
            (59.7, "1 min"),
            (245.0, "4 min 5 s"),
            (3_600.0, "1 h"),
            (183_600.0, "2 d 3 h"),
        ] {
            assert_eq!(duration((seconds * 1e9) as i64), wanted);
        }
        for (value, wanted) in [(66.666_67, "66.67"), (75.0, "75"), (100.0, "100"), (-0.001, "0"), (0.5, "0.5")] {
            assert_eq!(number(value, 2), wanted);
        }
        assert_eq!(capitalised("website"), "Website");
    }
}
