//! A file with a list of targets, read again when it changes.

use std::{
    io::{self, Read},
    path::Path,
    time::{Duration, SystemTime},
};

use super::{
    config::{Entry, File},
    instance::Instance,
    problem,
    sources::Teller,
};

/// How often is looked whether it changed. Looking is one call of the system.
const EVERY: Duration = Duration::from_secs(1);
/// Longest file that is read.
const MOST_BYTES: u64 = 8 << 20;

/// What tells that a file was written.
type Stamp = (Option<SystemTime>, u64);

/// Looks for ever.
pub(super) async fn run(config: File, teller: Teller) {
    let mut before: Option<Result<Stamp, io::ErrorKind>> = None;
    loop {
        let path = config.path.clone();
        let known = before.take();
        let looked = tokio::task::spawn_blocking(move || look(&path, known)).await;
        if let Ok((stamp, read)) = looked {
            before = Some(stamp);
            match read {
                Some(Ok(instances)) => teller.found(instances),
                Some(Err(why)) => teller.failed(&format!("{}: {why}", config.path.display())),
                None => {}
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Reads the file if it is another than before.
#[expect(clippy::type_complexity, reason = "a stamp, and what was read if anything")]
fn look(
    path: &Path,
    before: Option<Result<Stamp, io::ErrorKind>>,
) -> (Result<Stamp, io::ErrorKind>, Option<Result<Vec<Instance>, String>>) {
    let stamp = std::fs::metadata(path).map(|found| (found.modified().ok(), found.len()));
    match stamp {
        Err(error) => {
            let is_known = before == Some(Err(error.kind()));
            (Err(error.kind()), (!is_known).then(|| Err(error.to_string())))
        }
        Ok(stamp) if before == Some(Ok(stamp)) => (Ok(stamp), None),
        Ok(stamp) => (Ok(stamp), Some(read(path))),
    }
}

fn read(path: &Path) -> Result<Vec<Instance>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > MOST_BYTES {
        return Err(format!("it is longer than {} MiB", MOST_BYTES >> 20));
    }
    let entries: Vec<Entry> = serde_json::from_str(&text)
        .map_err(|error| format!("it is not a list such as [\"cart:50051\", {{\"address\": \"pay:1\"}}] ({error})"))?;
    // As a whole or not at all: half a list would end probes of the other half.
    match problem::of_entries("", &entries).first() {
        Some(problem) => Err(problem.to_string()),
        None => Ok(entries.iter().filter_map(Instance::of_entry).collect()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::super::{ProbeSource, Sources};

    #[tokio::test(start_paused = true)]
    async fn a_file_is_read_again_when_it_changes_and_what_is_wrong_does_not_empty_the_set() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("targets.json");
        let written =
            json!({ "name": "f", "find": { "file": { "path": path } }, "probe": { "target": "grpc://{address}" } });
        let sources = Sources::new(vec![ProbeSource::read(&written).expect("a source")], &CancellationToken::new());
        let mut targets = sources.targets();
        let troubled = targets.wait_for(|all| all.sources[0].trouble.is_some()).await.expect("told").clone();
        assert!(troubled.sources[0].trouble.as_deref().is_some_and(|why| why.contains("targets.json")));
        std::fs::write(&path, r#"["cart:1", {"address": "pay:2", "service": "payment"}]"#).expect("written");
        let found = targets.wait_for(|all| all.targets.len() == 2).await.expect("told").clone();
        assert_eq!((&*found.targets[1].name, &found.sources[0].trouble), ("payment pay:2", &None));
        std::fs::write(&path, r#"["cart:1", "nonsense"]"#).expect("written");
        let kept = targets.wait_for(|all| all.sources[0].trouble.is_some()).await.expect("told").clone();
        assert_eq!(kept.targets.len(), 2);
        assert!(kept.targets[0].stale.as_deref().is_some_and(|why| why.contains("[1]: \"nonsense\"")), "{kept:?}");
        std::fs::write(&path, "[]").expect("written");
        targets.wait_for(|all| all.targets.is_empty() && all.sources[0].trouble.is_none()).await.expect("told");
    }
}
