//! What one flow may say about itself: a bounded number of problems.

use crate::record::{Problem, Sink, Stage};

use super::FlowContext;

/// A broken peer breaks every message in the same way: after this many, another adds nothing but rows.
const MAX_PROBLEMS_PER_FLOW: u8 = 8;

/// Counts the problems of one flow and withholds those above the limit.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    made: u8,
}

impl Complaints {
    /// Hands `message` to the sink unless this flow has complained enough.
    pub(crate) fn report(
        &mut self,
        ctx: &FlowContext,
        stage: Stage,
        at_ns: i64,
        message: impl std::fmt::Display,
        sink: &mut dyn Sink,
    ) {
        if self.made == MAX_PROBLEMS_PER_FLOW {
            return;
        }
        self.made += 1;
        let mut message = message.to_string();
        if self.made == MAX_PROBLEMS_PER_FLOW {
            message.push_str("; further problems of this flow are not listed");
        }
        sink.problem(Problem { at_ns, stage, position: ctx.position, flow: Some(ctx.flow), message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Collected, context};

    #[test]
    fn a_flow_complains_a_bounded_number_of_times_and_says_when_it_stops() {
        let (ctx, mut sink, mut complaints) = (context(), Collected::default(), Complaints::default());
        for n in 0..100 {
            complaints.report(&ctx, Stage::Http, n, "odd", &mut sink);
        }
        assert_eq!(sink.problems.len(), usize::from(MAX_PROBLEMS_PER_FLOW));
        assert_eq!(sink.problems[0].message, "odd");
        assert_eq!(sink.problems[7].message, "odd; further problems of this flow are not listed");
    }
}
