//! Runs the built `wirereel` as a user would.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::print_stdout, reason = "a test says why it was left out")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// A workspace of its own in a folder that goes away.
pub(crate) struct Shell {
    pub(crate) folder: TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A workspace with a sample imported.
    pub(crate) fn with_sample(name: &str) -> Self {
        let shell = Self::new();
        shell.done(&["import", &sample(name).display().to_string()]);
        shell
    }

    /// Runs a command in the workspace.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wirereel"))
            .args(args)
            .arg("--workspace")
            .arg(self.folder.path())
            .output()
            .expect("wirereel can be started")
    }

    /// Runs a command that must succeed; its stdout.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Whether this host lets the agent capture; says so where it does not.
    pub(crate) fn may_capture(&self) -> bool {
        let listed = self.done(&["capture", "status", "--format", "json"]);
        let all: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
        match (&all[0]["hindrance"], &all[0]["host"]) {
            (Value::Null, Value::String(_)) => true,
            (Value::Null, _) => panic!("the agent is built: cargo build -p wirereel-whisperer: {all:?}"),
            (why, _) => {
                println!("not tested: {why}");
                false
            }
        }
    }

    /// The rows of a query as a list of objects.
    pub(crate) fn sql(&self, query: &str) -> Vec<Value> {
        serde_json::from_str(&self.done(&["sql", "--format", "json", query])).expect("a JSON list")
    }

    /// The only value of a query.
    pub(crate) fn value(&self, query: &str) -> Value {
        let rows = self.sql(query);
        let row = rows.first().and_then(Value::as_object).expect("a row");
        row.values().next().expect("a column").clone()
    }
}

/// Where a sample lies.
pub(crate) fn sample(name: &str) -> PathBuf {
    repository().join("sample-pcaps").join(name)
}

/// The top folder of the source tree.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the source tree")
}
