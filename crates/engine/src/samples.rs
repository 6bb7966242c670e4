//! The recordings that come with the program.

use std::{env, path::PathBuf};

use wirereel_query::workbench::Sample;

struct Known {
    file: &'static str,
    title: &'static str,
    description: &'static str,
}

const KNOWN: [Known; 2] = [
    Known {
        file: "shop-flash-sale.pcapng",
        title: "Flash sale",
        description: "A shop of 15 services: calm, a flash sale, then payment crashes and comes back.",
    },
    Known {
        file: "shop-day.pcapng",
        title: "A day in the shop",
        description: "The same shop over 24 hours, with several faults.",
    },
];

/// The samples that are on this disk.
pub(crate) fn list() -> Vec<Sample> {
    let Some(folder) = folder() else { return Vec::new() };
    KNOWN
        .iter()
        .filter_map(|known| {
            let bytes = folder.join(known.file).metadata().ok()?.len();
            Some(Sample {
                name: known.file.into(),
                title: known.title.into(),
                description: known.description.into(),
                bytes,
            })
        })
        .collect()
}

/// Where a sample of this name lies; only names of [`list`] are looked up.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let known = KNOWN.iter().find(|known| known.file == name)?;
    Some(folder()?.join(known.file)).filter(|path| path.is_file())
}

/// `WIREREEL_SAMPLES`, else beside the program as installed, else in the source tree it was built from.
fn folder() -> Option<PathBuf> {
    let beside = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("../share/wirereel/sample-pcaps")));
    let source_tree = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps");
    env::var_os("WIREREEL_SAMPLES")
        .map(PathBuf::from)
        .into_iter()
        .chain(beside)
        .chain([source_tree])
        .find(|folder| folder.is_dir())
}
