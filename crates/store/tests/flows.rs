//! Questions about flows and problems, and rows written to files.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use std::{collections::HashSet, fs};

use recorded::{Recorded, SECOND_NS, START_NS, collector, open, recorded, service_of};
use wirereel_dissect::record::{FlowId, Problem, Stage};
use wirereel_query::{
    answer::ProblemState,
    question::{FlowsQuestion, ProblemsQuestion, RowsOf, Scope, TimeRange},
};
use wirereel_store::{Attempt, CopyFormat, Reader, StoreError, source_and_flow, views};

fn filtered(filter: &str) -> Scope {
    Scope { range: None, filter: filter.into() }
}

fn page(scope: Scope, sort: &str, descending: bool, offset: u64, limit: u32) -> FlowsQuestion {
    FlowsQuestion { scope, sort: sort.into(), descending, offset, limit }
}

fn reader(recorded: &Recorded) -> Reader {
    recorded.store.reader(None).unwrap()
}

fn total(recorded: &Recorded, filter: &str) -> u64 {
    reader(recorded).flows(&page(filtered(filter), "opened_at", false, 0, 1)).unwrap().total
}

#[test]
fn flows_come_in_pages_by_every_column_of_their_view() {
    let recorded = recorded(31, 300, 5);
    let columns = views().into_iter().find(|view| view.name == "flows").unwrap().columns;
    for column in columns {
        let all = reader(&recorded).flows(&page(Scope::default(), column.name, false, 0, 1_000)).expect(column.name);
        assert_eq!((all.total, all.rows.len()), (300, 300), "{}", column.name);
        let tail = reader(&recorded).flows(&page(Scope::default(), column.name, true, 0, 50)).unwrap();
        assert!(tail.rows.iter().eq(all.rows.iter().rev().take(50)), "{}", column.name);
    }
    let error = reader(&recorded).flows(&page(Scope::default(), "nothing", false, 0, 1)).unwrap_err();
    assert!(matches!(error, StoreError::BadQuestion(_)));
    assert!(reader(&recorded).flows(&page(Scope::default(), "bytes", false, 0, 1_001)).is_err());
}

#[test]
fn pages_near_the_ends_and_in_the_middle_are_parts_of_one_order() {
    let recorded = recorded(36, 5_000, 5);
    for sort in ["opened_at", "bytes", "client_ip", "close_reason", "rtt_us"] {
        let asked = |descending: bool, offset: u64, limit: u32| -> Vec<u64> {
            let page = page(Scope::default(), sort, descending, offset, limit);
            let answer = reader(&recorded).flows(&page).unwrap();
            assert_eq!(answer.total, 5_000);
            answer.rows.into_iter().map(|row| row.flow_id).collect()
        };
        // Those near the ends come first: once the middle was asked for, all comes from the order that was remembered.
        let ends = [asked(false, 0, 1_000), asked(false, 4_000, 1_000), asked(false, 4_990, 100)];
        let from_behind = [asked(true, 4_000, 1_000), asked(true, 0, 1_000)];
        let whole: Vec<u64> = (1..4).flat_map(|n| asked(false, n * 1_000, 1_000)).collect();
        let whole = [&asked(false, 0, 1_000)[..], &whole, &asked(false, 4_000, 1_000)].concat();
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), 5_000, "{sort}");
        assert_eq!(ends, [&whole[..1_000], &whole[4_000..], &whole[4_990..]].map(<[u64]>::to_vec), "{sort}");
        let reversed = from_behind.map(|ids| ids.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(reversed, [&whole[..1_000], &whole[4_000..]].map(<[u64]>::to_vec), "{sort}");
        assert_eq!(asked(true, 5_000, 10), [0; 0]);
        assert_eq!(asked(false, u64::MAX, 10), [0; 0]);
    }
}

#[test]
fn a_range_holds_the_flows_that_are_alive_in_it() {
    let recorded = recorded(32, 400, 5);
    let (from_ns, to_ns) = (START_NS + 60 * SECOND_NS, START_NS + 61 * SECOND_NS);
    let expected: HashSet<u64> = recorded
        .truth
        .flows
        .iter()
        .filter(|flow| flow.opened_ns < to_ns && flow.closed_ns >= from_ns)
        .map(|flow| flow.id.0)
        .collect();
    let range = Some(TimeRange { from_us: from_ns / 1_000, to_us: to_ns / 1_000 });
    let scope = Scope { range, filter: String::new() };
    let page = reader(&recorded).flows(&page(scope, "opened_at", false, 0, 1_000)).unwrap();
    let found: HashSet<u64> = page.rows.iter().map(|row| source_and_flow(row.flow_id).1.0).collect();
    assert!(expected.len() > 1);
    assert_eq!(found, expected);
}

#[test]
fn a_filter_finds_flows_by_themselves_and_by_their_exchanges() {
    let recorded = recorded(33, 500, 5);
    let truth = &recorded.truth;
    let with = |matches: &dyn Fn(&wirereel_dissect::record::HttpExchange) -> bool| {
        truth.exchanges.iter().filter(|x| matches(x)).map(|x| x.flow).collect::<HashSet<FlowId>>()
    };
    let failing = with(&|x| x.status == Some(503));
    assert_eq!(total(&recorded, "status:503"), failing.len() as u64);
    assert_eq!(total(&recorded, "-status:503"), (500 - failing.len()) as u64);
    let payment = truth.flows.iter().filter(|flow| service_of(flow.server) == "payment");
    assert_eq!(total(&recorded, "server:payment"), payment.clone().count() as u64);
    let both = payment.filter(|flow| failing.contains(&flow.id)).count() as u64;
    assert!(both > 0);
    assert_eq!(total(&recorded, "server:payment status:503"), both);
    let same = with(&|x| x.status == Some(404) && x.path.as_deref().is_some_and(|path| path.ends_with('7')));
    assert_eq!(total(&recorded, "status:404 path:*7"), same.len() as u64, "of one exchange, not of two");
    let refused = truth.flows.iter().filter(|flow| flow.close_reason.name() == "refused").count() as u64;
    assert!(refused > 0);
    assert_eq!(total(&recorded, "close:refused"), refused);
    assert_eq!(total(&recorded, "transport:tcp retransmits:1 rtt:<1ms bytes:4500 handshake:full"), 500);
    // And the other way round: exchanges by what their flow is.
    let reset: HashSet<FlowId> =
        truth.flows.iter().filter(|flow| flow.close_reason.name() == "rst").map(|flow| flow.id).collect();
    let expected = truth.exchanges.iter().filter(|x| reset.contains(&x.flow)).count();
    let numbers = reader(&recorded).exchange_numbers(&filtered("close:rst")).unwrap();
    assert_eq!(numbers.len(), expected);
}

#[test]
fn a_flow_comes_with_its_exchanges_in_order() {
    let recorded = recorded(34, 200, 5);
    let busiest = recorded.truth.exchanges.iter().find(|x| x.ordinal == 3).unwrap().flow;
    let flow_id = wirereel_store::flow_number(recorded.source, busiest);
    let detail = reader(&recorded).flow(flow_id).unwrap();
    assert_eq!((detail.source_name.as_str(), detail.packets, detail.exchanges_total), ("shop.pcapng", 2, 4));
    assert!(detail.exchanges.is_sorted_by_key(|exchange| exchange.started_us));
    assert_eq!(detail.tls, None);
    assert!(matches!(reader(&recorded).flow(1), Err(StoreError::NotFound(_))));
}

#[test]
fn a_problem_waits_until_its_last_try_says_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, source) = collector(&mut writer);
    for (stage, position, flow) in [
        (Stage::Http, 100, Some(FlowId(1))),
        (Stage::Http, 200, Some(FlowId(1))),
        (Stage::Link, 300, None),
        (Stage::Dns, 400, None),
    ] {
        rows.push_problem(&Problem { at_ns: START_NS, stage, position, flow, message: format!("odd at {position}") });
    }
    writer.write(rows.take(&mut peers)).unwrap();
    let reader = || store.reader(None).unwrap();
    let waiting = reader().waiting_problems(100).unwrap();
    assert_eq!(waiting.iter().map(|problem| problem.position).collect::<Vec<_>>(), [300, 400, 100, 200]);
    assert_eq!(waiting[2].source, source);
    let attempt = |index: usize, state| Attempt { problem: waiting[index].clone(), attempts: 2, state, note: "" };
    let tried = [attempt(0, ProblemState::Definitive), attempt(2, ProblemState::Recovered)];
    writer.append_attempts(1_000, &tried).unwrap();
    assert_eq!(reader().waiting_problems(100).unwrap().len(), 2);
    writer.end_waiting(2_000, "not tried again").unwrap();
    let page =
        reader().problems(&ProblemsQuestion { source_id: Some(source.0), stage: None, offset: 0, limit: 10 }).unwrap();
    let told: Vec<_> = page.rows.iter().map(|row| (row.message.as_str(), row.attempts, row.state)).collect();
    assert_eq!(
        told,
        [
            ("odd at 100", 2, ProblemState::Recovered),
            ("odd at 200; not tried again", 1, ProblemState::Definitive),
            ("odd at 300", 2, ProblemState::Definitive),
            ("odd at 400; not tried again", 1, ProblemState::Definitive),
        ]
    );
    assert_eq!(page.stages.iter().map(|s| (s.stage.as_str(), s.problems)).collect::<Vec<_>>()[0], ("http", 2));
    assert_eq!((page.total, page.rows[0].source_name.as_str()), (4, "one.pcap"));
    let second = reader().problems(&ProblemsQuestion { offset: 3, limit: 10, ..Default::default() }).unwrap();
    assert_eq!(second.rows.len(), 1);
}

#[test]
fn problems_of_one_stage_come_with_the_counts_of_every_stage_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, source) = collector(&mut writer);
    for (stage, position) in [(Stage::Http, 100), (Stage::Link, 200), (Stage::Http, 300), (Stage::Http, 400)] {
        rows.push_problem(&Problem { at_ns: START_NS, stage, position, flow: None, message: "odd".into() });
    }
    writer.write(rows.take(&mut peers)).unwrap();
    let asked = |source_id: u32, stage: Option<&str>, offset| {
        let stage = stage.map(str::to_owned);
        let question = ProblemsQuestion { source_id: Some(source_id), stage, offset, limit: 2 };
        let page = store.reader(None).unwrap().problems(&question).unwrap();
        let positions: Vec<u64> = page.rows.iter().map(|row| row.position).collect();
        (positions, page.total, page.stages.into_iter().map(|s| (s.stage, s.problems)).collect::<Vec<_>>())
    };
    let stages = vec![("http".to_owned(), 3), ("link".to_owned(), 1)];
    assert_eq!(asked(source.0, None, 0), (vec![100, 200], 4, stages.clone()));
    assert_eq!(asked(source.0, Some("http"), 0), (vec![100, 300], 3, stages.clone()));
    assert_eq!(asked(source.0, Some("http"), 2), (vec![400], 3, stages.clone()));
    assert_eq!(asked(source.0, Some("link"), 0), (vec![200], 1, stages.clone()));
    assert_eq!(asked(source.0, Some("' OR true --"), 0), (vec![], 0, stages));
    assert_eq!(asked(source.0 + 1, Some("http"), 0), (vec![], 0, vec![]));
}

#[test]
fn rows_are_written_to_files_with_every_column_of_their_view() {
    let recorded = recorded(35, 200, 5);
    let target = tempfile::tempdir().unwrap();
    let csv = target.path().join("it's \"here\".csv");
    let scope = filtered("status:503 path:*\"o'neill\"* OR status:503");
    let copied = reader(&recorded).copy_rows(RowsOf::Exchanges, &scope, CopyFormat::Csv).unwrap();
    let rows = copied.move_to(&csv).unwrap();
    let text = fs::read_to_string(&csv).unwrap();
    let expected = recorded.truth.exchanges.iter().filter(|x| x.status == Some(503)).count();
    assert!(expected > 0);
    assert!(text.starts_with("exchange_id,flow_id,source_id,client_ip,"), "{}", &text[..200]);
    // Header blocks have line breaks inside quotation marks, so lines are not rows.
    assert_eq!((rows as usize, text.matches(",503,").count()), (expected, expected));
    let parquet = target.path().join("flows.parquet");
    let copied = reader(&recorded).copy_rows(RowsOf::Flows, &Scope::default(), CopyFormat::Parquet).unwrap();
    assert_eq!(copied.move_to(&parquet).unwrap(), 200);
    let bytes = fs::read(&parquet).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    drop(reader(&recorded).copy_rows(RowsOf::Flows, &Scope::default(), CopyFormat::Parquet).unwrap());
    assert_eq!(fs::read_dir(recorded.folder.path().join("outbox")).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn rows_are_written_also_from_folders_with_odd_names() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("it's [a] \"folder\", really");
    fs::create_dir(&odd).unwrap();
    let store = open(&odd).store;
    let copied = store.reader(None).unwrap().copy_rows(RowsOf::Flows, &Scope::default(), CopyFormat::Csv).unwrap();
    assert_eq!(copied.rows, 0);
}
