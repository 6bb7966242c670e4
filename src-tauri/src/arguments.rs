//! The command line of the window.

use std::path::PathBuf;

use clap::Parser;

/// See which service calls which, and rewind it.
///
/// Example: wirereel-app shop.pcapng
#[derive(Debug, Clone, Parser)]
#[command(name = "wirereel-app", version)]
pub(crate) struct Arguments {
    /// Folder for Wirereel's own files; the platform's data folder when left out
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,

    /// Captures to open: pcap or pcapng, also gzip or zstd
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_workspace_are_told_apart() {
        let arguments = Arguments::try_parse_from(["wirereel-app", "--workspace", "w", "a.pcap", "b.pcapng"]).unwrap();
        assert_eq!(arguments.workspace, Some(PathBuf::from("w")));
        assert_eq!(arguments.files, [PathBuf::from("a.pcap"), PathBuf::from("b.pcapng")]);
    }
}
