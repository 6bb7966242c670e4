//! Changing the file from the program: everything that it does not change stays as the user wrote it.

use std::{fs, io, path::Path};

use serde_json::{Map, Value};

use super::FILE_NAME;
use crate::EngineError;

/// Changes the file of a folder, which is made where there is none. The new one takes the old one's place as a whole.
///
/// # Errors
/// When it cannot be read or written, or holds no JSON object: what cannot be understood is not written over.
pub(crate) fn edit(folder: &Path, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), EngineError> {
    try_edit(folder, |whole| {
        change(whole);
        Ok(())
    })
}

/// As [`edit`], by a change that may not be possible: then nothing is written.
///
/// # Errors
/// As [`edit`], and the change's own.
pub(crate) fn try_edit(
    folder: &Path,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let path = folder.join(FILE_NAME);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => "{}".to_owned(),
        text => text.map_err(EngineError::io(&path))?,
    };
    let mut whole: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
        EngineError::Capturing(format!(
            "{} is no JSON object: mend it before anything is saved. {error}",
            path.display()
        ))
    })?;
    change(&mut whole)?;
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    let part = path.with_extension("json.part");
    fs::write(&part, text).and_then(|()| fs::rename(&part, &path)).map_err(EngineError::io(&path))
}

/// Changes a list of the file, which is made where there is none.
///
/// # Errors
/// As [`edit`], when it is no list, or the change's own: then nothing is changed.
pub(crate) fn edit_list(
    folder: &Path,
    key: &str,
    change: impl FnOnce(&mut Vec<Value>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    try_edit(folder, |whole| match whole.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(items) => change(items),
        _ => Err(EngineError::Capturing(format!("{key} of {FILE_NAME} is no list: mend it first."))),
    })
}

/// A list of a folder's file, as it is written; an empty one where it cannot be told.
///
/// # Errors
/// When the file is there and cannot be read.
pub(crate) fn written_list(folder: &Path, key: &str) -> Result<Vec<Value>, EngineError> {
    let path = folder.join(FILE_NAME);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(EngineError::io(&path))?,
    };
    let mut whole: Value = serde_json::from_str(&text).unwrap_or_default();
    match whole.get_mut(key).map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays_in_its_order_and_what_is_no_json_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        edit(folder.path(), |whole| drop(whole.insert("names".into(), Value::Array(Vec::new())))).unwrap();
        fs::write(&path, r#"{"zebra": 1, "names": [], "alpha": {"x": null}}"#).unwrap();
        edit(folder.path(), |whole| drop(whole.insert("keep_secrets".into(), Value::Bool(true)))).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let flat: String = text.split_whitespace().collect();
        assert_eq!(flat, r#"{"zebra":1,"names":[],"alpha":{"x":null},"keep_secrets":true}"#);
        fs::write(&path, "{ \"names\": [").unwrap();
        let error = edit(folder.path(), |_| {}).unwrap_err().to_string();
        assert!(error.contains("mend it before anything is saved"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "{ \"names\": [");
    }
}
