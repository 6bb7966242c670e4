//! Answers: this moment's state or a past one's, with the way there.

use std::{borrow::Cow, time::Instant};

use wirereel_query::health::{Health, HealthQuestion};
use wirereel_store::{FigurePoint, StoredFigure};

use super::{INTERVAL, Workbench, lock};
use crate::{
    EngineError,
    clock::now_us,
    health::{CHARTED, COUNTS_FOR_US, FINDINGS, Figure, Snapshot, Span, findings_shown, history, shown, spans},
};

/// Samples at most.
const MOST_POINTS: u32 = 600;
/// Without a begin: the last ten minutes.
const DEFAULT_US: i64 = 600_000_000;
/// A look comes once a second: narrower samples would be empty in turns.
const NARROWEST_US: i64 = 1_000_000;
/// Findings may have begun so long before.
const BACK_US: i64 = 86_400_000_000;
const MOST_EARLIER: usize = 200;
/// A snapshot that is so old is not this moment's.
const FRESH_US: i64 = 2_000_000;

/// What rows say.
#[derive(Default)]
struct Recorded {
    at: Vec<StoredFigure>,
    points: Vec<FigurePoint>,
    findings: Vec<StoredFigure>,
}

/// A question with everything filled in.
struct Asked {
    at_us: i64,
    present: bool,
    from_us: i64,
    to_us: i64,
    /// Of a sample; `None` where no history is asked for.
    width_us: Option<i64>,
}

impl Asked {
    fn read(question: &HealthQuestion, now_us: i64) -> Result<Self, EngineError> {
        let points = question.points;
        if points > MOST_POINTS {
            return Err(EngineError::Capturing(format!("{points} samples: allowed are {MOST_POINTS} at most")));
        }
        let at_us = question.at_us.unwrap_or(now_us);
        let to_us = question.to_us.unwrap_or(at_us.saturating_add(1));
        let from_us = question.from_us.unwrap_or_else(|| to_us.saturating_sub(DEFAULT_US));
        if from_us >= to_us {
            return Err(EngineError::Capturing("the range is empty".into()));
        }
        let wanted_us = |points| (to_us - from_us).div_euclid(i64::from(points)).max(NARROWEST_US);
        let width_us = (points > 0).then(|| -(-wanted_us(points)).div_euclid(NARROWEST_US) * NARROWEST_US);
        Ok(Self { at_us, present: question.at_us.is_none(), from_us, to_us, width_us })
    }
}

impl Workbench {
    /// How the workbench is or was, with figures over a time.
    ///
    /// # Errors
    /// When the range is empty, more than 600 samples are asked for, or rows cannot be read.
    pub fn health(&self, question: &HealthQuestion) -> Result<Health, EngineError> {
        let now_us = now_us();
        let asked = Asked::read(question, now_us)?;
        self.somebody_asks();
        if asked.present && lock(&self.health.looking).age().is_none_or(|age| age > INTERVAL) {
            self.look_at_itself();
        }
        let records = self.live.recording_now().is_none_or(|recording| recording.is_some());
        let looking = lock(&self.health.looking);
        let ring = &looking.ring;
        let remembered = if asked.present { ring.newest() } else { ring.at(asked.at_us) }.cloned();
        drop(looking);
        let fresh =
            remembered.as_ref().is_some_and(|snapshot| asked.present || asked.at_us - snapshot.at_us <= FRESH_US);
        // What lies unused is opened only for who asks about a certain time, and this moment is remembered.
        let asks_rows = !asked.present || question.from_us.is_some() || (records && asked.width_us.is_some());
        let recorded = if asks_rows { self.recorded(&asked, fresh)? } else { Recorded::default() };
        let snapshot = match remembered {
            Some(snapshot) if fresh => Some(snapshot),
            other => stored(recorded.at).or(other),
        };
        let names = self.whisperer_names();
        let mut answer = snapshot.as_ref().map(|snapshot| shown(snapshot, &names)).unwrap_or_default();
        (answer.present, answer.recorded) = (asked.present, records);
        let looking = lock(&self.health.looking);
        let until_us = asked.to_us.max(asked.at_us).min(now_us);
        let known = merged(looking.spans(), spans(&recorded.findings, until_us));
        if let Some(width_us) = asked.width_us {
            answer.history = history(&recorded.points, &looking.ring, asked.from_us, asked.to_us, width_us);
        }
        drop(looking);
        let (open, earlier) = sorted(known, &asked);
        answer.findings = findings_shown(&open, &names);
        answer.findings.sort_by_key(|finding| (finding.grade, finding.since_us));
        answer.earlier = findings_shown(&earlier, &names);
        Ok(answer)
    }

    /// From now on it looks each second.
    fn somebody_asks(&self) {
        let before = lock(&self.health.asked).replace(Instant::now());
        if before.is_none_or(|before| before.elapsed() > INTERVAL) {
            self.health.thread.wake();
        }
    }

    fn recorded(&self, asked: &Asked, fresh: bool) -> Result<Recorded, EngineError> {
        let Asked { at_us, from_us, to_us, .. } = *asked;
        self.ask_live(|reader| {
            let mut recorded = Recorded::default();
            if !fresh {
                recorded.at = reader.figures_at(at_us, COUNTS_FOR_US)?;
            }
            if let Some(width_us) = asked.width_us {
                recorded.points = reader.figure_points(&CHARTED, from_us, to_us, width_us)?;
            }
            recorded.findings = reader.figures_of(FINDINGS, from_us.min(at_us) - BACK_US, to_us.max(at_us) + 1)?;
            Ok(recorded)
        })
    }
}

/// What is wrong at the instant, and what was at any time of the history, latest first.
fn sorted(known: Vec<Span>, asked: &Asked) -> (Vec<Span>, Vec<Span>) {
    let is_open = |span: &Span| span.from_us <= asked.at_us && span.to_us.is_none_or(|to_us| to_us > asked.at_us);
    let is_near = |span: &Span| span.from_us < asked.to_us && span.to_us.is_none_or(|to_us| to_us >= asked.from_us);
    let (open, mut others): (Vec<Span>, Vec<Span>) = known.into_iter().partition(is_open);
    others.retain(is_near);
    others.sort_by_key(|span| std::cmp::Reverse(span.from_us));
    others.truncate(MOST_EARLIER);
    (open, others)
}

/// The snapshot that rows tell of, when there are any.
fn stored(rows: Vec<StoredFigure>) -> Option<Snapshot> {
    // A whisperer's own rows alone are no look at everything.
    let at_us = rows.iter().filter(|row| row.component == "process").map(|row| row.at_us).max()?;
    let figures = rows.into_iter().filter(|row| row.component != FINDINGS || row.value > 0.0);
    let figures = figures.map(|row| Figure {
        component: Cow::Owned(row.component),
        metric: Cow::Owned(row.metric),
        value: row.value,
    });
    Some(Snapshot::new(at_us, figures.collect()))
}

/// What is known from memory, and from rows what is not of the same finding at the same time.
fn merged(mut known: Vec<Span>, recorded: Vec<Span>) -> Vec<Span> {
    let overlaps = |a: &Span, b: &Span| {
        a.id == b.id && a.from_us <= b.to_us.unwrap_or(i64::MAX) && b.from_us <= a.to_us.unwrap_or(i64::MAX)
    };
    for span in recorded {
        if !known.iter().any(|other| overlaps(other, &span)) {
            known.push(span);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_that_is_remembered_and_recorded_is_told_once() {
        let span = |from_us, to_us| Span { id: "lag".into(), from_us, to_us };
        let known = merged(vec![span(100, None)], vec![span(10, Some(20)), span(101, Some(110))]);
        assert_eq!(known, [span(100, None), span(10, Some(20))]);
    }
}
