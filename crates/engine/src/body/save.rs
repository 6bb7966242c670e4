//! A whole body for a file of its own.

use std::path::Path;

use wirereel_query::question::Message;

use super::Decoded;
use crate::EngineError;

/// Bytes of a body that are read back for saving: what is captured of larger ones does not fit memory well.
pub(crate) const SAVED_SENT_BYTES: usize = 256 * 1024 * 1024;

/// Bytes a saved body may decompress to.
pub(crate) const SAVED_DECODED_BYTES: usize = 512 * 1024 * 1024;

/// Endings of files by what they hold.
const ENDINGS: [(&str, &str); 17] = [
    ("application/json", "json"),
    ("text/html", "html"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/javascript", "js"),
    ("application/javascript", "js"),
    ("text/xml", "xml"),
    ("application/xml", "xml"),
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/svg+xml", "svg"),
    ("application/x-www-form-urlencoded", "txt"),
    ("text/plain", "txt"),
];

/// A decoded body.
#[derive(Debug)]
pub struct WholeBody {
    /// Suggested for the file; says `partial` where part of the body is missing or could not be decoded.
    pub file_name: String,
    pub bytes: Vec<u8>,
}

impl WholeBody {
    pub(crate) fn new(
        exchange_id: u64,
        message: Message,
        content_type: Option<&str>,
        decoded: Decoded,
        incomplete: bool,
    ) -> Self {
        let message = match message {
            Message::Request => "request",
            Message::Response => "response",
        };
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let ending = ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(media_type));
        let ending = match ending {
            Some((_, ending)) => ending,
            None if media_type.ends_with("+json") => "json",
            None => "bin",
        };
        let partial = if incomplete || decoded.truncated || decoded.warning.is_some() { ".partial" } else { "" };
        Self { file_name: format!("{message}-{exchange_id}{partial}.{ending}"), bytes: decoded.bytes }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), EngineError> {
        std::fs::write(path, &self.bytes).map_err(EngineError::io(path))
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoded, Message, WholeBody};

    #[test]
    fn a_files_name_says_what_it_holds_and_whether_all_of_it() {
        let name = |content_type, truncated| {
            let decoded = Decoded { bytes: Vec::new(), truncated, warning: None };
            WholeBody::new(7, Message::Response, content_type, decoded, false).file_name
        };
        assert_eq!(name(Some("application/JSON; charset=utf-8"), false), "response-7.json");
        assert_eq!(name(Some("application/problem+json"), true), "response-7.partial.json");
        assert_eq!(name(None, false), "response-7.bin");
    }
}
