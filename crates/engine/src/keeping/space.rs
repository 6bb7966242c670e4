//! Free space: capture pauses while there is less than a bound, and goes on when there is clearly more.

use std::{io, path::Path};

/// Above the bound by this much, or by a quarter of it, capture goes on: it must not flutter. Above a bound that is smaller than this, at
/// twice as much.
const LEAST_MARGIN_BYTES: u64 = 64 << 20;

/// Tells how much room is left on the disk of a folder, in bytes.
pub(crate) trait FreeSpace: Send + Sync {
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// What the operating system says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OfSystem;

impl FreeSpace for OfSystem {
    #[cfg(unix)]
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let facts = rustix::fs::statvfs(folder)?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }

    #[cfg(not(unix))]
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let folder = folder.canonicalize()?;
        let disks = sysinfo::Disks::new_with_refreshed_list();
        let holding = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
        let nearest = holding.max_by_key(|disk| disk.mount_point().as_os_str().len());
        Ok(nearest.map_or(u64::MAX, |disk| disk.available_space()))
    }
}

/// Whether there is room to capture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Guard {
    /// What was found when it had to pause.
    paused: Option<String>,
}

impl Guard {
    /// Why capture pauses, in a sentence; `None` while there is room.
    pub(crate) fn paused(&self) -> Option<&str> {
        self.paused.as_deref()
    }

    /// Takes in how much is free. True when it paused or goes on by that.
    pub(crate) fn found(&mut self, folder: &Path, free: u64, bound: u64) -> bool {
        let enough = bound.saturating_add((bound / 4).max(LEAST_MARGIN_BYTES.min(bound)));
        let was_paused = self.paused.is_some();
        if free < bound || (was_paused && free < enough) {
            // Said once: how much is free changes every second.
            self.paused.get_or_insert_with(|| format!(
                "Paused: {} are free on the disk of {}, and capture stops at {}. Packets are counted as lost until there are {}.",
                size(free),
                folder.display(),
                size(bound),
                size(enough)
            ));
        } else {
            self.paused = None;
        }
        was_paused != self.paused.is_some()
    }

    /// The disk took no more, whatever it was said to have.
    pub(crate) fn refused(&mut self, reason: &str) {
        self.paused
            .get_or_insert_with(|| format!("Paused: {reason}. Packets are counted as lost until there is room again."));
    }
}

/// Bytes as people read them.
pub(crate) fn size(bytes: u64) -> String {
    const MEBIBYTE: f64 = (1 << 20) as f64;
    let mib = bytes as f64 / MEBIBYTE;
    if mib < 1_024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1_024.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capture_pauses_below_the_bound_and_goes_on_clearly_above_it() {
        let mut guard = Guard::default();
        let folder = Path::new("/data");
        let mib = |n: u64| n << 20;
        assert!(!guard.found(folder, mib(1_100), mib(1_024)));
        assert!(guard.found(folder, mib(1_023), mib(1_024)));
        let said = guard.paused().unwrap().to_owned();
        assert!(
            said.starts_with("Paused: 1023 MiB are free on the disk of /data, and capture stops at 1.0 GiB."),
            "{said}"
        );
        assert!(said.contains("counted as lost until there are 1.2 GiB"), "{said}");
        assert!(!guard.found(folder, mib(1_200), mib(1_024)), "not at once");
        assert!(guard.found(folder, mib(1_280), mib(1_024)));
        assert_eq!(guard.paused(), None);
    }

    #[test]
    fn a_disk_that_refuses_pauses_until_there_is_room() {
        let mut guard = Guard::default();
        guard.refused("No space left on device");
        assert!(guard.paused().unwrap().contains("No space left"));
        assert!(!guard.found(Path::new("/data"), 0, 1 << 20));
        assert!(guard.found(Path::new("/data"), 1 << 30, 1 << 20));
    }

    #[test]
    fn the_system_tells_of_a_real_folder() {
        let folder = tempfile::tempdir().unwrap();
        let free = OfSystem.free_bytes(folder.path()).unwrap();
        assert!(free > 0 && free < 1 << 60, "{free}");
        assert!(OfSystem.free_bytes(Path::new("/no such folder")).is_err());
    }
}
