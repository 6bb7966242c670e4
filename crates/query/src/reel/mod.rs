//! What the reel and the panes along it ask and get: what passes, series, incidents, differences, sequences.

mod difference;
mod incidents;
mod passing;
mod sequence;
mod series;

pub use difference::{Difference, DifferenceQuestion, DifferentEdge, DifferentNode, Effect, Presence, Trend, Window};
pub use incidents::{CallerSaw, Incident, IncidentKind, IncidentsQuestion};
pub use passing::{Passing, PassingEvent, PassingKind, PassingQuestion};
pub use sequence::{Sequence, SequenceOf, SequenceQuestion, SequenceSpan};
pub use series::{Metric, Remark, RemarkKind, Series, SeriesQuestion, ServiceSeries};
