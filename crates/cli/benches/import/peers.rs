//! Other programs that read captures, asked what comes nearest to an import.

use std::{path::Path, process::Command};

/// A program and what it does with the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// In figures, such as `tshark_http`.
    pub(crate) name: &'static str,
    program: &'static str,
    before_file: &'static [&'static str],
    after_file: &'static [&'static str],
    /// What it does, for the page.
    pub(crate) does: &'static str,
    /// Whether it is expected to take longer: decides which way the ratio is told.
    pub(crate) slower: bool,
}

impl Peer {
    /// The command that reads `file`.
    pub(crate) fn command(self, file: &Path) -> Command {
        let mut command = Command::new(self.program);
        command.args(self.before_file).arg(file).args(self.after_file);
        command
    }

    /// Its name and version, as it says itself.
    pub(crate) fn version(self) -> String {
        let flag = if self.program == "tcptrace" { "-v" } else { "--version" };
        let output = Command::new(self.program).arg(flag).output().ok();
        let said = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let line = said.lines().map(str::trim).find(|line| line.contains(|letter: char| letter.is_ascii_digit()));
        line.map_or_else(|| self.program.into(), |line| line.trim_end_matches('.').to_owned())
    }
}

/// Everyone that is measured where installed.
pub(crate) fn peers() -> [Peer; 4] {
    [
        Peer {
            name: "capinfos",
            program: "capinfos",
            // Counts and times; its own choice computes hashes as well.
            before_file: &["-c", "-u"],
            after_file: &[],
            does: "walks over the packets",
            slower: false,
        },
        Peer {
            name: "tcptrace",
            program: "tcptrace",
            // Without looking up names.
            before_file: &["-n"],
            after_file: &[],
            does: "TCP connections; no HTTP, nothing is stored",
            slower: false,
        },
        Peer {
            name: "tshark_conversations",
            program: "tshark",
            before_file: &["-q", "-z", "conv,tcp", "-r"],
            after_file: &[],
            does: "TCP conversations",
            slower: true,
        },
        Peer {
            name: "tshark_http",
            program: "tshark",
            before_file: &["-Y", "http", "-T", "fields", "-r"],
            after_file: &[
                "-e",
                "http.request.method",
                "-e",
                "http.request.uri",
                "-e",
                "http.host",
                "-e",
                "http.response.code",
            ],
            does: "four fields of every HTTP message, printed",
            slower: true,
        },
    ]
}
