//! What could not be read is read once more, apart from everything else: its flow's packets, or its packet, by a fresh dissector.
//!
//! Never while packets are coming in: an import asks for it when a file has ended, and the workbench some minutes later for what still
//! waits then. A problem that does not come again is recovered; the others are definitive.

use std::collections::HashSet;

use wirereel_capture::PacketReader;
use wirereel_dissect::{
    Dissector, Limits,
    record::{Problem, Sink, Stage},
};
use wirereel_query::answer::ProblemState;
use wirereel_store::{Attempt, SourceId, WaitingProblem, Writer};

use crate::{EngineError, Workspace, clock::now_ns};

/// Problems looked at in one go.
const MOST_PROBLEMS: usize = 20_000;

/// Flows read again in one go: a broken peer breaks every flow in the same way, and a second look at some tells enough.
const MOST_FLOWS: usize = 1_000;

/// Packets read again in one go.
const MOST_PACKETS: usize = 1_000_000;

/// Added to problems beyond these numbers.
const TOO_MANY: &str = "not tried again, because too many others were";

/// Added to problems of packets that say nothing without the other fragments of their datagram.
const FRAGMENT: &str = "its packet alone tells nothing, being a fragment";

/// Added to problems whose capture was gone at the second try too.
const GONE: &str = "not tried again, because its capture cannot be read any more";

/// When problems are tried whose capture cannot be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfGone {
    /// They keep waiting.
    Later,
    Never,
}

/// Tries everything once more that waits for it. Returns how many problems have another state now.
///
/// # Errors
/// When the store cannot be read or written; captures that are gone are no error.
pub(crate) fn second_try(workspace: &Workspace, writer: &mut Writer, if_gone: IfGone) -> Result<usize, EngineError> {
    let reader = workspace.reader(None)?;
    let waiting = reader.waiting_problems(MOST_PROBLEMS)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut left = Left { flows: MOST_FLOWS, packets: MOST_PACKETS };
    let mut capture: Option<(SourceId, Option<PacketReader>)> = None;
    let mut limits = workspace.limits();
    let mut attempts = Vec::new();
    let mut beyond = waiting.len() == MOST_PROBLEMS;
    for group in waiting.chunk_by(|a, b| a.flow.is_some() && (a.source, a.flow) == (b.source, b.flow)) {
        let source = group[0].source;
        if capture.as_ref().is_none_or(|(known, _)| *known != source) {
            capture = Some((source, workspace.packets_of(&reader, source).ok()));
            limits =
                reader.source(source).map_or_else(|_| workspace.limits(), |source| workspace.limits_of(&source.path));
        }
        let positions = match group[0].flow {
            Some(flow) => reader.positions(flow)?,
            None => vec![group[0].position],
        };
        if group.iter().all(is_of_file) {
            attempts.extend(group.iter().map(|problem| definitive(problem, 1, "")));
        } else if !left.take(group[0].flow.is_some(), positions.len()) {
            beyond = true;
        } else {
            let again = capture
                .as_mut()
                .and_then(|(_, capture)| capture.as_mut())
                .and_then(|capture| read_again(capture, &positions, limits.clone()));
            match again {
                Some(again) => attempts.extend(group.iter().map(|problem| again.attempt(problem))),
                None if if_gone == IfGone::Never => {
                    attempts.extend(group.iter().map(|problem| definitive(problem, 1, GONE)));
                }
                None => {}
            }
        }
    }
    let now_ns = now_ns();
    writer.append_attempts(now_ns, &attempts)?;
    if beyond {
        writer.end_waiting(now_ns, TOO_MANY)?;
    }
    Ok(if beyond { waiting.len() } else { attempts.len() })
}

/// How much may still be read.
struct Left {
    flows: usize,
    packets: usize,
}

impl Left {
    fn take(&mut self, is_flow: bool, packets: usize) -> bool {
        let fits = packets <= self.packets && (!is_flow || self.flows > 0);
        if fits {
            self.packets -= packets;
            self.flows -= usize::from(is_flow);
        }
        fits
    }
}

/// The file's own bytes do not change by reading them again.
fn is_of_file(problem: &WaitingProblem) -> bool {
    problem.stage == Stage::File.name()
}

fn definitive(problem: &WaitingProblem, attempts: u32, note: &'static str) -> Attempt {
    Attempt { problem: problem.clone(), attempts, state: ProblemState::Definitive, note }
}

/// What went wrong at the second try.
struct Again {
    problems: HashSet<(&'static str, u64)>,
    /// Fragments were read that did not make a datagram.
    fragments: bool,
}

impl Again {
    fn attempt(&self, problem: &WaitingProblem) -> Attempt {
        let came_again = self.problems.contains(&(problem.stage.as_str(), problem.position));
        match (is_of_file(problem), came_again) {
            (true, _) => definitive(problem, 1, ""),
            (false, true) => definitive(problem, 2, ""),
            (false, false) if self.fragments => definitive(problem, 2, FRAGMENT),
            (false, false) => {
                Attempt { problem: problem.clone(), attempts: 2, state: ProblemState::Recovered, note: "" }
            }
        }
    }
}

impl Sink for Again {
    fn problem(&mut self, problem: Problem) {
        self.problems.insert((problem.stage.name(), problem.position));
    }
}

/// Reads packets with a fresh dissector; `None` when the capture cannot be read.
fn read_again(capture: &mut PacketReader, positions: &[u64], limits: Limits) -> Option<Again> {
    let mut again = Again { problems: HashSet::new(), fragments: false };
    let mut dissector = Dissector::new(limits);
    for &position in positions {
        dissector.push(&capture.read(position).ok()?, &mut again);
    }
    dissector.finish(&mut again);
    let figures = dissector.figures();
    again.fragments = figures.fragments > 0 && figures.reassembled == 0;
    Some(again)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wirereel_dissect::record::FlowId;
    use wirereel_query::question::ProblemsQuestion;
    use wirereel_testkit::Conversation;

    use super::*;
    use crate::import::{Unwatched, import};

    /// A workspace with one good flow and a problem that somebody claims to have had with it.
    fn claimed(folder: &std::path::Path) -> Workspace {
        let packets = Conversation::tcp("198.51.100.1:20001", "10.0.0.1:80")
            .handshake()
            .client(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
            .server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .close()
            .packets();
        let path = folder.join("good.pcap");
        fs::write(&path, packets.pcap()).expect("written");
        let workspace = Workspace::open(&folder.join("workspace")).expect("opens");
        import(&workspace, &[path], &Unwatched).expect("imports");
        let mut writer = workspace.store().writer().expect("a writer");
        let mut rows = writer.rows(SourceId(1));
        for (position, flow) in [(24, Some(FlowId(0))), (24, None)] {
            let message = "a passing trouble".into();
            rows.push_problem(&Problem { at_ns: 0, stage: Stage::Transport, position, flow, message });
        }
        let batch = rows.take(&mut writer.peer_table().expect("peers"));
        writer.write(batch).expect("written");
        drop(writer);
        workspace
    }

    fn states(workspace: &Workspace) -> Vec<(u32, ProblemState, String)> {
        let question = ProblemsQuestion { limit: 10, ..ProblemsQuestion::default() };
        let page = workspace.reader(None).expect("a reader").problems(&question).expect("answers");
        page.rows.into_iter().map(|row| (row.attempts, row.state, row.message)).collect()
    }

    #[test]
    fn a_problem_that_does_not_come_again_is_recovered() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = claimed(folder.path());
        let mut writer = workspace.store().writer().expect("a writer");
        assert_eq!(second_try(&workspace, &mut writer, IfGone::Later).expect("tries"), 2);
        assert_eq!(second_try(&workspace, &mut writer, IfGone::Later).expect("tries"), 0, "once, not again and again");
        let recovered = (2, ProblemState::Recovered, "a passing trouble".to_owned());
        assert_eq!(states(&workspace), [recovered.clone(), recovered]);
    }

    #[test]
    fn a_problem_waits_while_its_capture_is_gone_until_its_last_try() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = claimed(folder.path());
        fs::remove_file(folder.path().join("good.pcap")).expect("removed");
        let mut writer = workspace.store().writer().expect("a writer");
        assert_eq!(second_try(&workspace, &mut writer, IfGone::Later).expect("tries"), 0);
        assert!(
            states(&workspace).iter().all(|(attempts, state, _)| (*attempts, *state) == (1, ProblemState::Waiting))
        );
        assert_eq!(second_try(&workspace, &mut writer, IfGone::Never).expect("tries"), 2);
        for (attempts, state, message) in states(&workspace) {
            assert_eq!((attempts, state), (1, ProblemState::Definitive));
            assert!(message.ends_with(GONE), "{message}");
        }
    }

    #[test]
    fn what_waits_is_tried_when_its_time_has_come() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = claimed(folder.path());
        assert!(!workspace.try_waiting().expect("looks"), "ten minutes are not over");
        fs::write(folder.path().join("workspace/wirereel.json"), r#"{ "errors": { "second_try_after": "1ms" } }"#)
            .expect("written");
        assert!(workspace.follow_config(false).expect("follows"));
        assert!(workspace.try_waiting().expect("looks"));
        assert!(states(&workspace).iter().all(|(_, state, _)| *state == ProblemState::Recovered));
    }
}
