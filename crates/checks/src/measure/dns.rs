//! A question to a DNS server, asked again until the check's time runs out.

use std::{iter::successors, net::SocketAddr, time::Duration};

use hickory_proto::rr::{Name, RData, RecordType};
use wirereel_dial::dns::Answer;
pub(crate) use wirereel_dial::dns::{DnsError, system_server};

/// How long is waited before the question is asked again; each time twice as long. The check's timeout ends it.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);
const LONGEST_PATIENCE: Duration = Duration::from_secs(8);
/// Records of an answer that are looked at.
const MAX_RECORDS: usize = 256;

/// Asks, and asks again until there is an answer.
pub(crate) async fn ask(server: SocketAddr, name: Name, record: RecordType) -> Result<Answer, DnsError> {
    let patience = successors(Some(FIRST_PATIENCE), |last| Some((*last * 2).min(LONGEST_PATIENCE)));
    wirereel_dial::dns::ask(server, name, record, patience).await
}

/// What an answer holds.
pub(crate) fn records(answer: &Answer) -> impl Iterator<Item = &RData> {
    answer.records().iter().take(MAX_RECORDS).map(|record| &record.data)
}
