//! Whether a folder's file was edited.

use std::{fs, io, path::Path, time::SystemTime};

use super::FILE_NAME;

/// Time and size of a folder's file; nothing without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    pub(crate) fn of(folder: &Path) -> Self {
        let facts = fs::metadata(folder.join(FILE_NAME)).ok();
        Self(facts.and_then(|facts| Some((facts.modified().ok()?, facts.len()))))
    }
}

/// The text of a folder's file; without one, that of an empty one.
///
/// # Errors
/// When the file is there and cannot be read.
pub(crate) fn text_of(folder: &Path) -> io::Result<String> {
    match fs::read_to_string(folder.join(FILE_NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok("{}".to_owned()),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_comes_goes_or_grows_has_another_stamp_and_none_is_as_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let missing = Stamp::of(folder.path());
        assert_eq!(text_of(folder.path()).unwrap(), "{}");
        fs::write(&path, "{ }").unwrap();
        let first = Stamp::of(folder.path());
        fs::write(&path, "{  }").unwrap();
        let second = Stamp::of(folder.path());
        assert_eq!(second, Stamp::of(folder.path()));
        assert!(missing != first && first != second);
        assert_eq!(text_of(folder.path()).unwrap(), "{  }");
        fs::remove_file(&path).unwrap();
        assert_eq!(Stamp::of(folder.path()), missing);
        fs::create_dir(&path).unwrap();
        assert!(text_of(folder.path()).is_err());
    }
}
