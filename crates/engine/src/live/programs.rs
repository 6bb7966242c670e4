//! Where the agent's program is on this machine.

use std::path::{Path, PathBuf};

const NAME: &str = "wirereel-whisperer";

/// Beside this program, or one folder above it as test programs are, or on the path.
pub(crate) fn local_agent() -> Option<PathBuf> {
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).into_iter().flat_map(|folder| folder.ancestors().take(2));
    let on_path = std::env::var_os("PATH");
    let on_path = on_path.iter().flat_map(std::env::split_paths);
    beside.map(Path::to_path_buf).chain(on_path).map(|folder| folder.join(&file)).find(|path| path.is_file())
}
