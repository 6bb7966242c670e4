//! Families as text or as protobuf, whichever a collector prefers.

use std::fmt;

use anyhow::{Result, anyhow};
use prometheus_client::{
    collector::Collector,
    encoding::{self, DescriptorEncoder, MetricEncoder, NativeHistogram, NativeHistogramBuckets, NoLabelSet},
    metrics::exemplar::Exemplar,
    registry::Registry,
};
use wirereel_engine::metering::{Distribution, SCHEMA};

use super::families::{Family, Value};

/// How figures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus' own older text.
    Text,
    /// Prometheus' protobuf: the only one that has exponential histograms, beside those with fixed bounds.
    Protobuf,
}

impl Form {
    /// What an `Accept` header prefers (RFC 9110 §12.5.1); who says nothing is given Prometheus' text, which every collector reads.
    pub(super) fn preferred(accept: &str) -> Self {
        let mut best = (Self::Text, 0.0);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let form = match parts.next() {
                Some("application/openmetrics-text") => Self::OpenMetrics,
                Some("text/plain") => Self::Text,
                Some("application/vnd.google.protobuf") if range.contains("encoding=delimited") => Self::Protobuf,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            if quality > best.1 {
                best = (form, quality);
            }
        }
        best.0
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// Writes families.
    ///
    /// # Errors
    /// When one cannot be written, which is a mistake of ours.
    pub(super) fn write(self, families: Vec<Family>) -> Result<Vec<u8>> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Exposed(families)));
        let mut text = String::new();
        match self {
            Self::OpenMetrics => encoding::text::encode(&mut text, &registry)?,
            Self::Text => encoding::prometheus_text::encode(&mut text, &registry)?,
            Self::Protobuf => {
                let bytes = encoding::prometheus_protobuf::encode_to_vec(&registry);
                return bytes.map_err(|error| anyhow!("metrics cannot be written: {error:?}"));
            }
        }
        Ok(text.into_bytes())
    }
}

#[derive(Debug)]
struct Exposed(Vec<Family>);

impl Collector for Exposed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in self.0.iter().filter(|family| !family.series.is_empty()) {
            let mut encoder = encoder.encode_descriptor(family.name, family.help, None, family.kind())?;
            for (labels, value) in &family.series {
                if labels.is_empty() {
                    written(&mut encoder, value)?;
                } else {
                    written(&mut encoder.encode_family(labels)?, value)?;
                }
            }
        }
        Ok(())
    }
}

fn written(encoder: &mut MetricEncoder<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Gauge(value) => encoder.encode_gauge(value),
        Value::Count(value) => encoder.encode_counter(value, None::<&Exemplar<NoLabelSet, u64>>),
        Value::Histogram(distribution) => {
            let (spans, deltas) = spans(distribution);
            let none = NativeHistogramBuckets { spans: &[], deltas: &[] };
            let native = NativeHistogram {
                schema: SCHEMA,
                zero_threshold: 0.0,
                zero_count: 0,
                negative: none,
                positive: NativeHistogramBuckets { spans: &spans, deltas: &deltas },
                created: None,
            };
            let (sum, count) = (distribution.sum_s(), distribution.count());
            encoder.encode_histogram_with_native::<NoLabelSet>(sum, count, &distribution.fixed(), None, native)
        }
    }
}

/// Exponential buckets as runs, each with the gap before it and its length, and counts as differences from one to the next.
fn spans(distribution: &Distribution) -> (Vec<(i32, u32)>, Vec<i64>) {
    let (mut spans, mut deltas) = (Vec::<(i32, u32)>::new(), Vec::new());
    let (mut next, mut before) = (0, 0);
    for (bucket, count) in distribution.exponential() {
        match spans.last_mut() {
            Some((_, length)) if bucket == next => *length += 1,
            _ => spans.push((bucket - next, 1)),
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        deltas.push(count - before);
        (next, before) = (bucket + 1, count);
    }
    if spans.is_empty() {
        // By this an empty one is told from one without exponential buckets.
        spans.push((0, 0));
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::serve::metrics::families::Families;

    #[test]
    fn the_form_is_what_the_collector_prefers() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(Form::preferred(prometheus), Form::OpenMetrics);
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5";
        assert_eq!(Form::preferred(native), Form::Protobuf);
        assert_eq!(Form::preferred("text/html, */*"), Form::Text);
        assert_eq!(Form::preferred("application/openmetrics-text;q=0, text/plain;q=0.1"), Form::Text);
    }

    #[test]
    fn runs_of_exponential_buckets_have_the_gap_before_them() {
        let mut distribution = Distribution::default();
        // 1 s is the upper bound of bucket 0, 2 s that of bucket 8.
        for ms in [1_000, 1_000, 1_050, 2_000] {
            distribution.record(Duration::from_millis(ms));
        }
        assert_eq!(spans(&distribution), (vec![(0, 2), (6, 1)], vec![2, -1, 0]));
        assert_eq!(spans(&Distribution::default()), (vec![(0, 0)], Vec::new()));
    }

    #[test]
    fn every_form_has_every_family_with_its_label_values_escaped() {
        let families = || {
            let mut distribution = Distribution::default();
            distribution.record(Duration::from_millis(7));
            let mut families = Families::default();
            families.gauge("up", "Up.", &[("name", "a \"b\"\n\\c")], 1.0);
            families.count("seen", "Seen.", &[], 3);
            families.histogram("took_seconds", "Took.", &[("name", "x")], &distribution);
            families.done()
        };
        let text = |form: Form| String::from_utf8(form.write(families()).expect("written")).expect("text");
        let open = text(Form::OpenMetrics);
        assert!(open.ends_with("# EOF\n") && open.contains("seen_total 3"), "{open}");
        assert!(open.contains(r#"name="a \"b\"\n\\c""#), "{open}");
        let plain = text(Form::Text);
        assert!(
            plain.contains("took_seconds_bucket{name=\"x\",le=\"0.01\"} 1")
                || plain.contains("le=\"0.01\",name=\"x\"} 1"),
            "{plain}"
        );
        assert!(plain.contains("took_seconds_count{name=\"x\"} 1") && !plain.contains("# EOF"), "{plain}");
        assert!(!Form::Protobuf.write(families()).expect("written").is_empty());
    }
}
