//! Websites changed, tried and taken over from lists. They are written into the home folder's `wirereel.json`, and take effect at once.

use std::{collections::HashSet, io, path::Path, sync::Arc, thread};

use serde_json::Value;
use wirereel_checks::{
    Check, CheckResult, Failure, State, Website,
    config::{Problem, json_schema},
    import::{self, Format, Imported},
};
use wirereel_query::checks::{CheckProblem, WebsiteDraft, WebsiteImport, WebsiteTested, WebsitesImported};

use super::{Workbench, lock, now_us};
use crate::{
    EngineError,
    checking::{WEBSITES_KEY, run_of},
    config,
};

/// Problems of a list that are told.
const MOST_PROBLEMS: usize = 200;

/// The websites of a folder's file, as they are written.
pub(super) fn written_websites(folder: &Path) -> Result<Vec<Value>, EngineError> {
    config::written_list(folder, WEBSITES_KEY)
}

/// What a written website is called.
pub(super) fn name_of(written: &Value) -> Option<&str> {
    let text = |key| written.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("name").or_else(|| text("url"))
}

fn told(problem: Problem) -> CheckProblem {
    CheckProblem { path: problem.path, found: problem.found, allowed: problem.allowed }
}

impl Workbench {
    /// What is wrong with a website. Nothing is saved.
    pub fn check_website(&self, draft: &WebsiteDraft) -> Vec<CheckProblem> {
        match self.prepared(draft) {
            Ok(_) => Vec::new(),
            Err(problems) => problems,
        }
    }

    fn prepared(&self, draft: &WebsiteDraft) -> Result<Check, Vec<CheckProblem>> {
        let (website, problems) = Website::read(&draft.website);
        let mut problems: Vec<CheckProblem> = problems.into_iter().map(told).collect();
        let name = website.display_name();
        let is_other = draft.original.as_deref() != Some(name);
        if is_other && !name.is_empty() && lock(&self.checks.board).site(name).is_some() {
            let allowed = "a name that no other website has".to_owned();
            problems.push(CheckProblem { path: "name".into(), found: format!("{name:?}"), allowed });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        self.checker().prepare(&website).map_err(|problems| problems.into_iter().map(told).collect())
    }

    /// Saves a website in which nothing is wrong; what is wrong is told.
    ///
    /// # Errors
    /// When there is none that it could take the place of, or the file cannot be written.
    pub fn save_website(self: &Arc<Self>, draft: &WebsiteDraft) -> Result<Vec<CheckProblem>, EngineError> {
        let problems = self.check_website(draft);
        if !problems.is_empty() {
            return Ok(problems);
        }
        self.edit_websites(|websites| {
            match &draft.original {
                None => websites.push(draft.website.clone()),
                Some(original) => *one_of(websites, original)? = draft.website.clone(),
            }
            Ok(())
        })?;
        Ok(Vec::new())
    }

    /// Takes a website out. What came of its checks stays as long as it would have.
    ///
    /// # Errors
    /// When there is no such website, or the file cannot be written.
    pub fn remove_website(self: &Arc<Self>, name: &str) -> Result<(), EngineError> {
        self.edit_websites(|websites| {
            one_of(websites, name)?;
            websites.retain(|written| name_of(written) != Some(name));
            Ok(())
        })
    }

    /// Has a website rest, or be checked again.
    ///
    /// # Errors
    /// As [`Workbench::remove_website`].
    pub fn pause_website(self: &Arc<Self>, name: &str, paused: bool) -> Result<(), EngineError> {
        self.edit_websites(|websites| {
            if let Some(website) = one_of(websites, name)?.as_object_mut() {
                if paused {
                    website.insert("paused".into(), Value::Bool(true));
                } else {
                    website.remove("paused");
                }
            }
            Ok(())
        })
    }

    fn edit_websites(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Vec<Value>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        config::edit_list(&self.home, WEBSITES_KEY, change)?;
        self.follow_websites()
    }

    /// Checks a website once, as it would be; nothing is stored.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn test_website(&self, draft: &WebsiteDraft) -> Result<WebsiteTested, EngineError> {
        // Its name is of no matter yet.
        let draft =
            WebsiteDraft { original: name_of(&draft.website).map(str::to_owned), website: draft.website.clone() };
        let check = match self.prepared(&draft) {
            Ok(check) => check,
            Err(problems) => return Ok(WebsiteTested { problems, run: None }),
        };
        let checker = Arc::clone(self.checker());
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let at_ns = now_us() * 1_000;
            let measured = runtime.block_on(checker.measure(&check));
            runtime.shutdown_background();
            let state = match &measured.failure {
                None => State::Up,
                Some(failure) if Failure::is_own_trouble(failure) => State::SelfOffline,
                Some(_) => State::Down,
            };
            let website = check.website().display_name().into();
            let measured = Some(measured);
            Ok(CheckResult { website, intended_at_ns: at_ns, at_ns, instants: 1, state, reason: None, measured })
        };
        // Whoever asks may be a runtime's own thread, where no other runtime can run.
        let thread =
            thread::Builder::new().name("wr-check-now".into()).spawn(run).map_err(EngineError::io(&self.home))?;
        let result: io::Result<CheckResult> =
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the check broke off with an error of its own")));
        let result = result.map_err(EngineError::io(&self.home))?;
        Ok(WebsiteTested { problems: Vec::new(), run: Some(run_of(&result).run) })
    }

    /// Settings of a website: what they mean and their limits.
    pub fn website_schema(&self) -> Value {
        json_schema()
    }

    /// Shows what a list holds, and saves what is new of it where that is wanted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn import_websites(self: &Arc<Self>, list: &WebsiteImport) -> Result<WebsitesImported, EngineError> {
        let (format, read) = read_list(&list.text);
        let Imported { websites, notes } = match read {
            Ok(imported) => imported,
            Err(error) => {
                let problems = vec![format!("{error}.")];
                return Ok(WebsitesImported {
                    format: format_name(format).into(),
                    problems,
                    ..WebsitesImported::default()
                });
            }
        };
        let there: HashSet<String> =
            written_websites(&self.home)?.iter().filter_map(name_of).map(str::to_owned).collect();
        let known: Vec<String> = websites
            .iter()
            .map(Website::display_name)
            .filter(|name| there.contains(*name))
            .map(str::to_owned)
            .collect();
        let mut problems: Vec<String> = notes.iter().take(MOST_PROBLEMS).map(|note| format!("{note}.")).collect();
        if notes.len() > MOST_PROBLEMS {
            problems.push(format!("And {} more.", notes.len() - MOST_PROBLEMS));
        }
        let written: Vec<(String, Value)> =
            websites.iter().map(|website| (website.display_name().to_owned(), brief(website))).collect();
        let mut saved = 0;
        if list.save {
            let new: Vec<Value> =
                written.iter().filter(|(name, _)| !there.contains(name)).map(|(_, value)| value.clone()).collect();
            saved = u32::try_from(new.len()).unwrap_or(u32::MAX);
            if !new.is_empty() {
                self.edit_websites(|websites| {
                    websites.extend(new);
                    Ok(())
                })?;
            }
        }
        let websites = written.into_iter().map(|(_, value)| value).collect();
        Ok(WebsitesImported { format: format_name(format).into(), websites, known, problems, saved })
    }
}

fn one_of<'a>(websites: &'a mut [Value], name: &str) -> Result<&'a mut Value, EngineError> {
    let found = websites.iter_mut().find(|written| name_of(written) == Some(name));
    found.ok_or_else(|| EngineError::NotFound(format!("The website {name:?} in {}", config::FILE_NAME)))
}

/// A website with what is not as by default, as people would write it.
fn brief(website: &Website) -> Value {
    let default = serde_json::to_value(Website::default()).unwrap_or_default();
    let mut written = serde_json::to_value(website).unwrap_or_default();
    if let (Some(written), Some(default)) = (written.as_object_mut(), default.as_object()) {
        written.retain(|key, value| key == "url" || default.get(key) != Some(value));
    }
    written
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Csv => "csv",
        Format::UptimeKuma => "uptime_kuma",
        Format::Gatus => "gatus",
    }
}

/// Finds out what kind of list it is: what can be read as the kind that it looks like.
fn read_list(text: &str) -> (Format, Result<Imported, import::ImportError>) {
    let begins = text.trim_start();
    let first_line = begins.lines().next().unwrap_or_default().to_lowercase();
    let columns: Vec<&str> = first_line.split([',', ';']).map(|column| column.trim().trim_matches('"')).collect();
    let format = if begins.starts_with(['{', '[']) {
        Format::UptimeKuma
    } else if text.lines().any(|line| line.trim_end() == "endpoints:") {
        Format::Gatus
    } else if columns.len() > 1 && columns.contains(&"url") {
        Format::Csv
    } else {
        Format::Text
    };
    (format, import::import(format, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_list_is_found_out_and_what_is_as_by_default_is_not_written() {
        for (text, format, url) in [
            ("# mine\nshop https://shop.test/\n", Format::Text, "https://shop.test/"),
            ("name,url,interval\nshop,https://shop.test/,10s\n", Format::Csv, "https://shop.test/"),
            ("endpoints:\n  - name: shop\n    url: https://shop.test/\n", Format::Gatus, "https://shop.test/"),
        ] {
            let (found, read) = read_list(text);
            assert_eq!(found, format);
            let website = &read.unwrap().websites[0];
            assert_eq!(website.url, url);
            let written = brief(website);
            assert_eq!((written["name"].as_str(), written["url"].as_str()), (Some("shop"), Some(url)));
            assert!(written.get("method").is_none() && written.get("timeout").is_none(), "{written}");
        }
        assert_eq!(read_list("{}").0, Format::UptimeKuma);
    }
}
