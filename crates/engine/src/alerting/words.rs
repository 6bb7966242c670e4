//! Rules in sentences.

use wirereel_alerts::{Condition, Rule, Selector, Span, duration};

/// Whom a rule is about: `website shop*`.
pub(crate) fn subjects(selector: &Selector) -> String {
    let kind = if selector.kind.is_empty() { "everything" } else { &selector.kind };
    let mut text = match selector.names.as_slice() {
        [] if selector.kind.is_empty() => kind.to_owned(),
        [] => format!("every {kind}"),
        names => format!("{kind} {}", names.join(", ")),
    };
    if !selector.except.is_empty() {
        text += &format!(" except {}", selector.except.join(", "));
    }
    text
}

/// When it opens an alert and when that is over, and why that does not flap.
pub(crate) fn condition(rule: &Rule) -> String {
    let metric = rule.metric.as_str();
    let (opens, over, between) = match &rule.when {
        Condition::Availability { percent, recover_percent, over, min_records } => (
            format!(
                "{} % or less of what was asked in the past {} was good ({min_records} outcomes or more)",
                number(*percent),
                span(*over)
            ),
            format!("more than {} % was", number(recover_percent.unwrap_or(*percent))),
            recover_percent.is_some_and(|recover| recover > *percent),
        ),
        Condition::ErrorRate { percent, recover_percent, over, min_records } => (
            format!(
                "{} % or more of what was asked in the past {} was bad ({min_records} outcomes or more)",
                number(*percent),
                span(*over)
            ),
            format!("less than {} % was", number(recover_percent.unwrap_or(*percent))),
            recover_percent.is_some_and(|recover| recover < *percent),
        ),
        Condition::AtLeast { threshold, recover, .. } => (
            format!("{metric} is {} or more", number(*threshold)),
            format!("it is less than {}", number(recover.unwrap_or(*threshold))),
            recover.is_some_and(|recover| recover < *threshold),
        ),
        Condition::AtMost { threshold, recover, .. } => (
            format!("{metric} is {} or less", number(*threshold)),
            format!("it is more than {}", number(recover.unwrap_or(*threshold))),
            recover.is_some_and(|recover| recover > *threshold),
        ),
        Condition::Count { at_least, recover, over } => (
            format!("{metric} was counted {at_least} times or more in the past {}", span(*over)),
            format!("it was fewer than {} times", recover.unwrap_or(*at_least)),
            recover.is_some_and(|recover| recover < *at_least),
        ),
        Condition::Expiry { within } => {
            (format!("{metric} ends within {}", span(*within)), "the end was moved".into(), false)
        }
        Condition::Silence { after } => {
            (format!("nothing was heard for {}", span(*after)), "it is heard again".into(), false)
        }
        Condition::BurnRate { objective_percent, windows, .. } => {
            let windows: Vec<String> = windows
                .iter()
                .map(|pair| {
                    format!("{} times in {} and still in {}", number(pair.rate), span(pair.long), span(pair.short))
                })
                .collect();
            (
                format!(
                    "errors use the budget of {} % up too fast: {}",
                    number(*objective_percent),
                    windows.join(", or ")
                ),
                "they no longer do".into(),
                false,
            )
        }
    };
    let held = |span_held: Option<Span>| span_held.map(|held| format!(" for {}", span(held))).unwrap_or_default();
    let mut sentence =
        format!("Opens when {opens}{}; is over when {over}{}.", held(rule.pending), held(rule.keep_firing));
    if between {
        sentence += " In between nothing changes, so a number that trembles opens one alert.";
    }
    if let Some(every) = rule.remind_every {
        sentence += &format!(" Said again every {}.", span(every));
    }
    sentence
}

fn number(value: f64) -> String {
    // As short as it can be told.
    format!("{value}")
}

fn span(span: Span) -> String {
    duration(span.as_nanos())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(value: serde_json::Value) -> Rule {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_rule_says_when_it_opens_when_it_is_over_and_what_lies_between() {
        let plain = rule(
            json!({ "id": "a", "subject": { "kind": "website" }, "metric": "up", "when": { "kind": "availability" } }),
        );
        assert_eq!(subjects(&plain.subject), "every website");
        assert_eq!(
            condition(&plain),
            "Opens when 80 % or less of what was asked in the past 2 min was good (6 outcomes or more); is over when more than 80 % was."
        );
        let calm = rule(json!({
            "id": "b", "subject": { "kind": "website", "names": ["shop*"], "except": ["*-test"] }, "metric": "ttfb_ms",
            "when": { "kind": "at_least", "threshold": 250.5, "recover": 200 }, "for": "30s", "keep_firing": "2m", "remind_every": "6h"
        }));
        assert_eq!(subjects(&calm.subject), "website shop* except *-test");
        assert_eq!(
            condition(&calm),
            "Opens when ttfb_ms is 250.5 or more for 30 s; is over when it is less than 200 for 2 min. In between nothing changes, so a \
             number that trembles opens one alert. Said again every 6 h."
        );
        assert_eq!(subjects(&Selector::default()), "everything");
    }
}
