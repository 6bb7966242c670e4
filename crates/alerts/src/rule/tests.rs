use serde_json::json;

use super::*;

const FED: [Series<'_>; 4] = [
    Series { kind: "website", metric: "up", reads: Reads::Outcomes },
    Series { kind: "website", metric: "certificate", reads: Reads::Deadline },
    Series { kind: "probe", metric: "up", reads: Reads::Outcomes },
    Series { kind: "wirereel", metric: "trouble", reads: Reads::Value },
];

fn told(config: serde_json::Value) -> Vec<String> {
    let config: AlertConfig = serde_json::from_value(config).unwrap();
    config.problems(&FED).iter().map(ToString::to_string).collect()
}

#[test]
fn the_rules_that_come_with_it_are_right_and_survive_the_file() {
    let config = AlertConfig::default();
    assert_eq!(config.problems(&FED), []);
    let written = serde_json::to_value(&config).unwrap();
    assert_eq!(serde_json::from_value::<AlertConfig>(written).unwrap(), config);
}

#[test]
fn every_problem_has_its_path_what_was_found_and_what_is_allowed() {
    let rule = |id: &str, subject: &str, metric: &str, when: serde_json::Value| json!({ "id": id, "subject": { "kind": subject }, "metric": metric, "when": when });
    let down = json!({ "kind": "availability" });
    assert_eq!(
        told(json!({ "rules": [
            rule("a b", "website", "up", down.clone()),
            rule("one", "websites", "up", down.clone()),
            rule("two", "website", "latency", down.clone()),
            rule("three", "website", "certificate", down.clone()),
            rule("three", "probe", "up", json!({ "kind": "availability", "percent": -1 })),
        ] })),
        [
            "rules[0].id: \"a b\" is not 1 to 64 letters, digits, - and _",
            "rules[1].subject.kind: \"websites\" is not one of probe, website, wirereel",
            "rules[2].metric: \"latency\" is not one of certificate, up",
            "rules[3].when.kind: a condition that certificate cannot meet: it is an end is not expiry or silence",
            "rules[4].when.percent: -1 is not a number from 0 to 100",
            "rules[4].id: \"three\" is not an id that no other has",
        ]
    );
}

#[test]
fn a_message_with_a_word_that_nobody_knows_is_told() {
    let rule = json!({ "id": "a", "subject": { "kind": "website" }, "metric": "up", "when": { "kind": "availability" },
        "message": "{subject} is {colour}" });
    let said = told(json!({ "rules": [rule] }));
    assert!(said[0].starts_with("rules[0].message: {colour} is not one of {alert}"), "{said:?}");
}

#[test]
fn the_schema_names_every_condition_for_forms() {
    let schema = json_schema().to_string();
    for kind in ["availability", "error_rate", "at_least", "at_most", "count", "expiry", "silence", "burn_rate"] {
        assert!(schema.contains(&format!("\"const\":\"{kind}\"")), "{kind}");
    }
    assert!(schema.contains("\"for\":") && schema.contains("remind_every"));
}
