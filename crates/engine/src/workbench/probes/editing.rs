//! Probes changed and tried. They are written into the home folder's `wirereel.json`, and take effect at once.

use std::{io, sync::Arc, thread};

use serde_json::Value;
use wirereel_probes::config::{Problem, json_schema};
use wirereel_query::{
    checks::CheckProblem,
    probes::{ProbeDraft, ProbeRun, ProbeTested},
};

use super::{Workbench, lock};
use crate::{
    EngineError, config,
    probing::{PROBES_KEY, make_ready, once},
};

/// What a written probe is called.
pub(super) fn name_of(written: &Value) -> Option<&str> {
    written.get("name").and_then(Value::as_str)
}

fn told(problem: Problem) -> CheckProblem {
    let Problem { path, found, allowed, .. } = problem;
    CheckProblem { path, found, allowed }
}

impl Workbench {
    /// What is wrong with a probe. Nothing is saved.
    pub fn check_probe(&self, draft: &ProbeDraft) -> Vec<CheckProblem> {
        let mut problems = match make_ready(&draft.probe, 0, self.probing()) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(told).collect(),
        };
        if let Some(name) = name_of(&draft.probe)
            && draft.original.as_deref() != Some(name)
            && lock(&self.probes.board).site(name).is_some()
        {
            let allowed = "a name that no other probe has".to_owned();
            problems.push(CheckProblem { path: "name".into(), found: format!("{name:?}"), allowed });
        }
        problems
    }

    /// Saves a probe in which nothing is wrong; what is wrong is told.
    ///
    /// # Errors
    /// When there is none that it could take the place of, or the file cannot be written.
    pub fn save_probe(self: &Arc<Self>, draft: &ProbeDraft) -> Result<Vec<CheckProblem>, EngineError> {
        let problems = self.check_probe(draft);
        if !problems.is_empty() {
            return Ok(problems);
        }
        self.edit_probes(|probes| {
            match &draft.original {
                None => probes.push(draft.probe.clone()),
                Some(original) => *one_of(probes, original)? = draft.probe.clone(),
            }
            Ok(())
        })?;
        Ok(Vec::new())
    }

    /// Takes a probe out. What came of it stays as long as it would have.
    ///
    /// # Errors
    /// When there is no such probe, or the file cannot be written.
    pub fn remove_probe(self: &Arc<Self>, name: &str) -> Result<(), EngineError> {
        self.edit_probes(|probes| {
            one_of(probes, name)?;
            probes.retain(|written| name_of(written) != Some(name));
            Ok(())
        })
    }

    /// Has a probe rest, or be sent again.
    ///
    /// # Errors
    /// As [`Workbench::remove_probe`].
    pub fn pause_probe(self: &Arc<Self>, name: &str, paused: bool) -> Result<(), EngineError> {
        self.edit_probes(|probes| {
            if let Some(probe) = one_of(probes, name)?.as_object_mut() {
                if paused {
                    probe.insert("paused".into(), Value::Bool(true));
                } else {
                    probe.remove("paused");
                }
            }
            Ok(())
        })
    }

    fn edit_probes(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Vec<Value>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        config::edit_list(&self.home, PROBES_KEY, change)?;
        self.follow_probes()
    }

    /// Sends a probe once, as it would be; nothing is stored.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn test_probe(&self, draft: &ProbeDraft) -> Result<ProbeTested, EngineError> {
        // Its name is of no matter yet.
        let ready = match make_ready(&draft.probe, 0, self.probing()) {
            Ok(ready) => ready,
            Err(problems) => {
                return Ok(ProbeTested { problems: problems.into_iter().map(told).collect(), run: None });
            }
        };
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let run = runtime.block_on(once(&ready));
            // What it keeps of its connection ends with it.
            drop(ready);
            runtime.shutdown_background();
            Ok(run)
        };
        // Whoever asks may be a runtime's own thread, where no other runtime can run.
        let thread =
            thread::Builder::new().name("wr-probe-now".into()).spawn(run).map_err(EngineError::io(&self.home))?;
        let run: io::Result<ProbeRun> =
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the probe broke off with an error of its own")));
        Ok(ProbeTested { problems: Vec::new(), run: Some(run.map_err(EngineError::io(&self.home))?) })
    }

    /// Settings of a probe: what they mean and their limits.
    pub fn probe_schema(&self) -> Value {
        json_schema()
    }
}

fn one_of<'a>(probes: &'a mut [Value], name: &str) -> Result<&'a mut Value, EngineError> {
    let found = probes.iter_mut().find(|written| name_of(written) == Some(name));
    found.ok_or_else(|| EngineError::NotFound(format!("The probe {name:?} in {}", config::FILE_NAME)))
}
