//! Settings: JSON values by key.

use rusqlite::OptionalExtension;
use serde_json::Value;

use super::Workspace;
use crate::error::Result;

impl Workspace {
    /// The value of a setting, or `None` when it was never set.
    pub fn setting(&self, key: &str) -> Result<Option<Value>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE key = ?")?;
        let text: Option<String> = statement.query_row([key], |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Sets a setting; `null` forgets it.
    pub fn set_setting(&self, key: &str, value: &Value) -> Result<()> {
        let connection = self.connection();
        if value.is_null() {
            connection.execute("DELETE FROM settings WHERE key = ?", [key])?;
        } else {
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value.to_string()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let columns = json!({"columns": ["method", "path"], "width": 120});
        Workspace::open(folder.path()).unwrap().set_setting("grid", &columns).unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        assert_eq!(workspace.setting("grid").unwrap(), Some(columns));
        workspace.set_setting("grid", &Value::Null).unwrap();
        assert_eq!(workspace.setting("grid").unwrap(), None);
    }
}
