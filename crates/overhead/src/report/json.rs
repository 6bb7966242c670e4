//! The figures as JSON.

use serde_json::{Map, Value, json};

use super::Report;
use crate::{
    bootstrap::Interval,
    judge::{Difference, Measure},
    plan::Mode,
};

const DEFINITIONS: [(&str, &str); 6] = [
    (
        "cpu_percent",
        "processor time of Wirereel's processes, user and system, percent of all cores of the machine, at the fixed rate",
    ),
    ("cpu_percent_per_1000_rps", "the same for each thousand requests a second that were answered"),
    (
        "p95_delta_percent",
        "difference of the 95th percentile from the run without Wirereel in the same round, percent of that, at the fixed rate",
    ),
    ("low, high", "the bounds of a 95 % interval: bootstrap over rounds, widened for their small number"),
    ("noise_floor", "as far from nothing as the mean difference of two runs without Wirereel may be"),
    ("verdict", "measured, or not_measurable where the difference cannot be told from nothing or from the noise"),
];

pub(super) fn json(report: &Report) -> Value {
    let mut flat = Map::new();
    if let Some(level) = report.levels.first() {
        for mode in [Mode::Lifecycle, Mode::Headers, Mode::Full] {
            let name = mode.label();
            if let Some(one) = level.difference(mode, Measure::P95Percent) {
                add(&mut flat, &format!("{name}_p95_delta_percent"), one.interval);
                flat.insert(format!("{name}_p95_verdict"), json!(one.verdict));
            }
            if let Some(one) = level.difference(mode, Measure::P95Ms) {
                add(&mut flat, &format!("{name}_p95_delta_ms"), one.interval);
            }
            if let Some(cost) = level.cost(mode) {
                add(&mut flat, &format!("{name}_cpu_percent"), cost.cpu_percent);
                let per_100 = cost.cpu_percent_per_100_rps;
                add(&mut flat, &format!("{name}_cpu_percent_per_100_rps"), per_100);
                add(&mut flat, &format!("{name}_cpu_percent_per_1000_rps"), per_100.scaled(10.0));
            }
        }
        let noise = level.difference(Mode::OffAgain, Measure::P95Percent).and_then(|one| one.noise_floor);
        flat.insert("p95_noise_floor_percent".into(), json!(noise));
        flat.insert("bounds".into(), json!(level.bounds()));
    }
    if let Some(level) = report.levels.iter().find(|level| level.rate.is_none()) {
        for one in level.differences.iter().filter(|one| one.measure == Measure::ThroughputPercent) {
            add_difference(&mut flat, &format!("saturation_{}_throughput_delta_percent", word(one.mode)), one);
        }
        for cost in &level.costs {
            add(&mut flat, &format!("saturation_{}_cpu_percent", word(cost.mode)), cost.cpu_percent);
        }
    }
    let definitions: Map<String, Value> =
        DEFINITIONS.into_iter().map(|(name, meaning)| (name.to_owned(), meaning.into())).collect();
    flat.insert("definitions".into(), definitions.into());
    if let Value::Object(whole) = json!(report) {
        flat.extend(whole);
    }
    flat.into()
}

fn word(mode: Mode) -> String {
    mode.label().replace(' ', "_")
}

fn add(flat: &mut Map<String, Value>, name: &str, interval: Interval) {
    flat.insert(name.to_owned(), json!(interval.estimate));
    flat.insert(format!("{name}_low"), json!(interval.low));
    flat.insert(format!("{name}_high"), json!(interval.high));
}

fn add_difference(flat: &mut Map<String, Value>, name: &str, one: &Difference) {
    add(flat, name, one.interval);
    flat.insert(format!("{name}_verdict"), json!(one.verdict));
}

#[cfg(test)]
mod tests {
    use super::super::tests::made;

    #[test]
    fn what_others_look_for_is_there_with_its_interval() {
        let told = made(10.0, 1.0).json();
        for name in ["full_p95_delta_percent", "full_cpu_percent", "lifecycle_cpu_percent"] {
            let value = |end: &str| told[format!("{name}{end}")].as_f64().unwrap_or_else(|| panic!("{name}{end}"));
            assert!(value("_low") <= value("") && value("") <= value("_high"), "{name}");
        }
        assert!((told["full_cpu_percent"].as_f64().unwrap() - 2.0).abs() < 1e-9);
        assert!((told["full_cpu_percent_per_1000_rps"].as_f64().unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(told["full_p95_verdict"], "measured");
        assert_eq!(told["lifecycle_p95_verdict"], "not_measurable");
        assert_eq!(told["bounds"].as_array().unwrap().len(), 4);
        assert_eq!(told["machine"]["threads"], 2);
        assert!(told["saturation_full_throughput_delta_percent"].is_number());
        assert!(told["p95_noise_floor_percent"].is_number());
        assert!(told["levels"][0]["runs"][0]["own"]["processes"][0]["user_s"].is_number());
    }
}
