//! The committed samples are what their truth files say, without any help from the product that reads them.

use std::path::PathBuf;

use wirereel_shop::addresses::Plan;
use wirereel_shop::record::{Sample, Tally, Truth, audit, compare, read_file};
use wirereel_shop::topology;

const LARGEST_BYTES: u64 = 12_000_000;

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps")
}

#[test]
fn each_capture_shows_what_the_services_logged_and_the_fifteen_services_call_edges() {
    for sample in Sample::ALL {
        let truth = std::fs::read(samples().join(sample.truth_name())).unwrap();
        let truth: Truth = serde_json::from_slice(&truth).unwrap();
        let frames = read_file(&samples().join(&truth.file)).unwrap();
        let shown = audit(&frames, Plan::Namespace);
        assert_eq!(compare(&shown.tally, &Tally::of_truth(&truth)), Ok(()), "{}", truth.file);
        assert_eq!(shown.edges, topology::edges().into_iter().collect(), "{}", truth.file);
        assert_eq!(frames.len() as u64, truth.packets);
        assert!(frames.is_sorted_by_key(|f| f.at_ns), "{}", truth.file);
    }
}

#[test]
fn the_captures_together_stay_within_their_limit() {
    let size = |sample: Sample| std::fs::metadata(samples().join(sample.capture_name())).unwrap().len();
    assert!(Sample::ALL.map(size).into_iter().sum::<u64>() <= LARGEST_BYTES);
}
