//! What the system and other sides say, as parts of sentences.

use std::io;

/// Longest text from outside that is repeated in a sentence.
const QUOTED_CHARS: usize = 200;

/// A text from outside, shortened for a sentence.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What the system says, without its number.
pub fn said(error: &io::Error) -> String {
    let text = error.to_string();
    quoted(&text.split(" (os error").next().unwrap_or_default().to_lowercase())
}

/// What the system says of a name that it could not look up.
pub fn looked_up(error: &io::Error) -> String {
    said(error).trim_start_matches("failed to lookup address information: ").to_owned()
}

/// Whether an error is this machine's lack of files, ports or memory.
pub fn is_own_limits(error: &io::Error) -> bool {
    // ENFILE, EMFILE and ENOBUFS as Linux and macOS number them, WSAEMFILE and WSAENOBUFS as Windows does.
    let numbers: &[i32] = match std::env::consts::OS {
        "windows" => &[10_024, 10_055],
        "macos" => &[23, 24, 55],
        _ => &[23, 24, 105],
    };
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
        || matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::OutOfMemory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_told_in_its_words_without_numbers_and_shortened() {
        assert_eq!(said(&io::Error::other("No route to host (os error 113)")), "no route to host");
        let unknown = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(looked_up(&unknown), "name or service not known");
        assert_eq!(quoted(&"ä".repeat(300)), format!("{}…", "ä".repeat(200)));
        assert_eq!(quoted("short"), "short");
    }

    #[test]
    fn a_lack_of_files_or_ports_is_this_machines_own() {
        assert!(is_own_limits(&io::Error::from_raw_os_error(24)));
        assert!(is_own_limits(&io::ErrorKind::AddrNotAvailable.into()));
        assert!(!is_own_limits(&io::ErrorKind::ConnectionRefused.into()));
    }
}
