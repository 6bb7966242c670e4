//! Queues and findings in words: what it is, and what to do.

use std::collections::HashMap;

use wirereel_query::health::{HealthGrade, QueueUnit};

/// What whisperers are called, by id.
pub(crate) type Names = HashMap<String, String>;

/// A queue's name, between what it lies, and what it counts.
pub(super) fn queue(id: &str, names: &Names) -> (String, &'static str, QueueUnit) {
    let (kind, of) = id.split_once(':').unwrap_or((id, ""));
    let of = names.get(of).map_or(of, String::as_str);
    match kind {
        "arrivals" => ("Arrivals".into(), "from all whisperers to the live thread, frames", QueueUnit::Items),
        "rows" => ("Batches to store".into(), "from the live thread to the writing thread", QueueUnit::Items),
        "import" => ("Batches of the import".into(), "from the reading thread to the writing thread", QueueUnit::Items),
        "records" => ("Waiting records".into(), "until the host's sockets say whose they are", QueueUnit::Items),
        "figures" => {
            ("Figures to record".into(), "of this page, until the live recording takes them", QueueUnit::Items)
        }
        "alerts" => {
            ("Readings to judge".into(), "from whoever measures to the rules of alerts, messages", QueueUnit::Items)
        }
        "checks" => ("Results to keep".into(), "from website checks to the thread that stores them", QueueUnit::Items),
        "disk" => ("Segments on disk".into(), "packets that the disk had no room for", QueueUnit::Items),
        "heard" => (format!("Read ahead of {of}"), "from the agent's pipe, frames", QueueUnit::Items),
        "orders" => (format!("Orders to {of}"), "from the window to who drives it", QueueUnit::Items),
        "kernel" => (format!("Kernel buffer of {of}"), "from the interface to the agent", QueueUnit::Bytes),
        "agent" => (format!("Queue of {of}"), "from the agent to this workbench", QueueUnit::Bytes),
        _ => (id.to_owned(), "", QueueUnit::Items),
    }
}

/// How grave a finding is, what it says, and what to do.
pub(super) fn finding(id: &str, names: &Names) -> (HealthGrade, String, String) {
    use HealthGrade::{Error, Warning};
    let (kind, of) = id.split_once(':').unwrap_or((id, ""));
    let told = |grade, what: String, advice: &str| (grade, what, advice.to_owned());
    match kind {
        "lag" => told(
            Warning,
            "What is shown falls behind what is captured".into(),
            "The store is too slow for what comes in. Capture less (a filter, headers only), or let batches be larger in store settings.",
        ),
        "space" => told(
            Error,
            "Capture pauses: the disk is nearly full".into(),
            "Make room, or lower `retention.free_space_gib` in wirereel.json. Packets are counted as lost until then.",
        ),
        "retention" => told(
            Warning,
            "What is old cannot be removed".into(),
            "Look whether the workspace's folder can be written. It is tried again every minute; until then the recording grows.",
        ),
        "store" => told(
            Error,
            "Rows can no longer be stored".into(),
            "Segments hold every packet: stop the capture and start it again, and rows are made from them.",
        ),
        "drops" => drops(of, names),
        "full" => {
            let (name, _, _) = queue(of, names);
            told(
                Warning,
                format!("{name}: the queue is full"),
                "Whoever fills it waits, and what waits behind it grows. The first full queue in the table's order shows who is slow.",
            )
        }
        "breaker" => {
            let name = names.get(of).map_or(of, String::as_str);
            told(
                Error,
                format!("The circuit breaker of {name} is open"),
                "This workbench takes nothing from it, or the connection stands still: packets are counted and thrown away there.",
            )
        }
        _ => told(Warning, id.to_owned(), ""),
    }
}

fn drops(of: &str, names: &Names) -> (HealthGrade, String, String) {
    let (kind, whisperer) = of.split_once(':').unwrap_or((of, ""));
    let name = names.get(whisperer).map_or(whisperer, String::as_str);
    let (what, advice) = match kind {
        "kernel" => (
            format!("{name} loses packets in the kernel's buffer"),
            "Its agent is too slow for the interface: enlarge the buffer, set a filter, or capture headers only.",
        ),
        "agent" => (
            format!("{name} loses packets in its queue"),
            "The connection or this workbench is too slow: enlarge the queue, set a filter, or see which queue here is full.",
        ),
        "disk" => (
            "The disk takes no more packets".to_owned(),
            "Make room on the disk of the workspace. What was lost is drawn as missing.",
        ),
        "alerts" => (
            "Rules of alerts miss readings".to_owned(),
            "This machine is too busy to judge what is measured: check less often, or have fewer rules.",
        ),
        "figures" => (
            "Figures of this page are missing in the recording".to_owned(),
            "The recording was busy for two minutes. The figures of now are right.",
        ),
        _ => (format!("{}: something was lost", queue(of, names).0), "See the queue's figures."),
    };
    let grade = if kind == "figures" { HealthGrade::Warning } else { HealthGrade::Error };
    (grade, what, advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_the_whisperer_and_says_what_to_do() {
        let names = Names::from([("stage".to_owned(), "stage-node-1".to_owned())]);
        let (grade, what, advice) = finding("drops:kernel:stage", &names);
        assert_eq!((grade, what.as_str()), (HealthGrade::Error, "stage-node-1 loses packets in the kernel's buffer"));
        assert!(advice.contains("enlarge the buffer"));
        assert_eq!(finding("breaker:gone", &names).1, "The circuit breaker of gone is open");
        assert_eq!(finding("full:arrivals", &names).1, "Arrivals: the queue is full");
        for id in
            ["lag", "space", "retention", "store", "drops:disk", "drops:agent:stage", "drops:figures", "drops:alerts"]
        {
            assert!(!finding(id, &names).2.is_empty(), "{id} says nothing to do");
        }
    }
}
