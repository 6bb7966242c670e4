//! Websites as they are written: tried, saved, and taken over from lists.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::CheckRun;

/// A value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckProblem {
    /// Where in the website: `url`, `expect.status[1]`.
    pub path: String,
    pub found: String,
    pub allowed: String,
}

/// A website to be checked, saved or tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsiteDraft {
    /// The name of the one it takes the place of; without it, it is new.
    #[serde(default)]
    #[ts(optional)]
    pub original: Option<String>,
    /// As in `wirereel.json`; keys and limits are those of the JSON Schema.
    #[ts(type = "Record<string, unknown>")]
    pub website: Value,
}

/// What came of trying a website.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsiteTested {
    /// Where there are any, nothing was tried.
    pub problems: Vec<CheckProblem>,
    pub run: Option<CheckRun>,
}

/// A list of websites from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsiteImport {
    /// Lines of URLs, CSV, Uptime Kuma's JSON export, or Gatus's YAML; found out by itself.
    pub text: String,
    /// Save those that are new; without it, they are only shown.
    pub save: bool,
}

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsitesImported {
    /// `text`, `csv`, `uptime_kuma` or `gatus`.
    pub format: String,
    #[ts(type = "Record<string, unknown>[]")]
    pub websites: Vec<Value>,
    /// Names that are there already; these are left as they are.
    pub known: Vec<String>,
    /// What could not be taken over, in sentences.
    pub problems: Vec<String>,
    /// How many were saved.
    pub saved: u32,
}
