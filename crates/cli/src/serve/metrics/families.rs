//! Metrics before they are written: families of series, with a bound for whatever grows with what is observed.

use std::collections::BTreeMap;

use prometheus_client::metrics::MetricType;
use wirereel_engine::metering::Distribution;

/// Names and values.
pub(super) type Labels = Vec<(&'static str, String)>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Gauge(f64),
    Count(u64),
    Histogram(Distribution),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) series: Vec<(Labels, Value)>,
}

impl Family {
    pub(super) fn kind(&self) -> MetricType {
        match self.series.first() {
            Some((_, Value::Count(_))) => MetricType::Counter,
            Some((_, Value::Histogram(_))) => MetricType::Histogram,
            Some((_, Value::Gauge(_))) | None => MetricType::Gauge,
        }
    }
}

/// Families in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct Families {
    families: Vec<Family>,
    places: BTreeMap<&'static str, usize>,
    /// What is beyond its bound just now: its series are counted and dropped.
    beyond: Option<&'static str>,
    dropped: BTreeMap<&'static str, u64>,
}

impl Families {
    /// Adds the series of so many subjects of a kind, and counts those of the rest. Whoever comes first by name stays, so that series do not
    /// come and go.
    pub(super) fn subjects<T>(
        &mut self,
        of: &'static str,
        most: usize,
        subjects: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.dropped.entry(of).or_default();
        for (place, subject) in subjects.into_iter().enumerate() {
            self.beyond = (place >= most).then_some(of);
            each(self, subject);
        }
        self.beyond = None;
    }

    pub(super) fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: f64,
    ) {
        self.add(name, help, labels, || Value::Gauge(value));
    }

    /// A gauge where there is a value.
    pub(super) fn known(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: Option<f64>,
    ) {
        if let Some(value) = value {
            self.gauge(name, help, labels, value);
        }
    }

    /// A counter; `_total` is added to its name as it is written.
    pub(super) fn count(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: u64,
    ) {
        self.add(name, help, labels, || Value::Count(value));
    }

    pub(super) fn histogram(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: &Distribution,
    ) {
        self.add(name, help, labels, || Value::Histogram(value.clone()));
    }

    /// Series that were dropped elsewhere.
    pub(super) fn dropped(&mut self, of: &'static str, series: u64) {
        *self.dropped.entry(of).or_default() += series;
    }

    /// All of them, with what was dropped.
    pub(super) fn done(mut self) -> Vec<Family> {
        for (of, series) in std::mem::take(&mut self.dropped) {
            const HELP: &str = "Series that are left out because there are too many subjects of a kind.";
            self.gauge("wirereel_metrics_dropped_series", HELP, &[("of", of)], series as f64);
        }
        self.families
    }

    fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: impl FnOnce() -> Value,
    ) {
        if let Some(of) = self.beyond {
            *self.dropped.entry(of).or_default() += 1;
            return;
        }
        let place = *self.places.entry(name).or_insert_with(|| {
            self.families.push(Family { name, help, series: Vec::new() });
            self.families.len() - 1
        });
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.families[place].series.push((labels, value()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_a_bound_is_left_out_and_counted() {
        let mut families = Families::default();
        families.subjects("website", 2, ["a", "b", "c"], |families, name| {
            families.gauge("up", "Up.", &[("name", name)], 1.0);
            families.count("seen", "Seen.", &[("name", name)], 7);
        });
        families.gauge("other", "Other.", &[], 1.0);
        let done = families.done();
        let told: Vec<_> = done.iter().map(|family| (family.name, family.series.len())).collect();
        assert_eq!(told, [("up", 2), ("seen", 2), ("other", 1), ("wirereel_metrics_dropped_series", 1)]);
        assert_eq!(done[3].series[0], (vec![("of", "website".to_owned())], Value::Gauge(2.0)));
        assert_eq!(done[1].kind(), MetricType::Counter);
    }
}
