//! All figures of one moment: what `self_metrics` holds of it, and what the pane shows of it.

use std::borrow::Cow;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    /// Which part: `process`, `ingest`, `queue:arrivals`, `question:topology`, …
    pub(crate) component: Cow<'static, str>,
    /// What was measured, with its unit.
    pub(crate) metric: Cow<'static, str>,
    pub(crate) value: f64,
}

impl Figure {
    fn key(&self) -> (&str, &str) {
        (&self.component, &self.metric)
    }
}

/// Figures by component and metric.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Snapshot {
    pub(crate) at_us: i64,
    figures: Vec<Figure>,
}

impl Snapshot {
    /// Of figures in any order; of several with one name, the last. What is not a number was not measured.
    pub(crate) fn new(at_us: i64, mut figures: Vec<Figure>) -> Self {
        figures.retain(|figure| figure.value.is_finite());
        figures.reverse();
        figures.sort_by(|a, b| a.key().cmp(&b.key()));
        figures.dedup_by(|later, kept| later.key() == kept.key());
        Self { at_us, figures }
    }

    pub(crate) fn get(&self, component: &str, metric: &str) -> Option<f64> {
        let at = self.figures.binary_search_by(|figure| figure.key().cmp(&(component, metric))).ok()?;
        Some(self.figures[at].value)
    }

    /// A figure that counts something.
    pub(crate) fn count(&self, component: &str, metric: &str) -> Option<u64> {
        self.get(component, metric).map(|value| value.max(0.0) as u64)
    }

    /// All of them, by component and metric.
    pub(crate) fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// What stands behind a prefix in the components' names, each once: `arrivals` of `queue:arrivals`.
    pub(crate) fn named(&self, prefix: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.figures.iter().filter_map(|figure| figure.component.strip_prefix(prefix)).collect();
        names.dedup();
        names
    }

    /// The same moment with more figures.
    pub(crate) fn with(self, more: impl IntoIterator<Item = Figure>) -> Self {
        Self::new(self.at_us, self.figures.into_iter().chain(more).collect())
    }
}

/// A figure to be.
pub(crate) fn figure(component: impl Into<Cow<'static, str>>, metric: &'static str, value: f64) -> Figure {
    Figure { component: component.into(), metric: Cow::Borrowed(metric), value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_name_and_the_last_of_one_name_counts() {
        let figures = vec![
            figure("queue:rows", "depth", 1.0),
            figure("process", "cpu", 0.5),
            figure("queue:arrivals", "depth", 7.0),
            figure("queue:arrivals", "capacity", 32.0),
            figure("queue:rows", "depth", 2.0),
            figure("process", "gone", f64::NAN),
        ];
        let snapshot = Snapshot::new(5, figures);
        assert_eq!(snapshot.get("queue:rows", "depth"), Some(2.0));
        assert_eq!(snapshot.get("process", "gone"), None);
        assert_eq!(snapshot.count("queue:arrivals", "capacity"), Some(32));
        assert_eq!(snapshot.named("queue:"), ["arrivals", "rows"]);
        assert_eq!(snapshot.with([figure("health", "lag", 1.0)]).get("health", "lag"), Some(1.0));
    }
}
