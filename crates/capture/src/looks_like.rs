//! Names what a file that is no capture looks like.

/// Marks that a format begins with. Sources: the formats' own specifications, and file(1)'s magic database.
const MARKS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive: unpack it and open the capture inside"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it and open the capture inside"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it and open the capture inside"),
    (b"BZh", "bzip2 data: decompress it first (gzip and zstd are read directly)"),
    (b"\xfd7zXZ\x00", "xz data: decompress it first (gzip and zstd are read directly)"),
    (b"\x04\x22\x4d\x18", "LZ4 data: decompress it first (gzip and zstd are read directly)"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "an ELF program or library"),
    (b"MZ", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a macOS program or a Java class"),
    (b"\x00asm", "a WebAssembly module"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"snoop\x00\x00\x00", "a snoop capture: convert it with `editcap -F pcapng`"),
    (b"btsnoop\x00", "a Bluetooth snoop capture, which carries no IP traffic"),
    (b"GMBU", "a Microsoft Network Monitor capture: convert it with `editcap -F pcapng`"),
    (b"RTSS", "a Microsoft Network Monitor 1 capture: convert it with `editcap -F pcapng`"),
    (b"TRSNIFF data", "a Sniffer capture: convert it with `editcap -F pcapng`"),
    (b"XCP\x00", "a NetXRay capture: convert it with `editcap -F pcapng`"),
    (b"iptrace ", "an AIX iptrace capture: convert it with `editcap -F pcapng`"),
    (b"\x1c\x00\x01\xab", "an IXIA capture: convert it with `editcap -F pcapng`"),
    (b"\x1c\x00\x01\xac", "an IXIA capture: convert it with `editcap -F pcapng`"),
    (b"#!", "a script"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
];

/// A few words on what `first`, the file's first bytes, look like. `layers` names compression around them, outermost first.
pub(crate) fn describe(first: &[u8], layers: &str) -> String {
    let inner = inside(first);
    if layers.is_empty() {
        format!("it looks like {inner}")
    } else {
        format!("it is {layers} of what looks like {inner}")
    }
}

fn inside(first: &[u8]) -> String {
    if first.is_empty() {
        return "an empty file".into();
    }
    if let Some((_, name)) = MARKS.iter().find(|(mark, _)| first.starts_with(mark)) {
        return (*name).into();
    }
    if first.get(8..12) == Some(b"DUCK") {
        return "a DuckDB database".into();
    }
    if first.get(257..262) == Some(b"ustar") {
        return "a tar archive: unpack it and open the capture inside".into();
    }
    if crate::format::Compression::detect(first).is_some() {
        return "compressed data again: decompress it by hand first".into();
    }
    if first.iter().all(|byte| *byte == 0) {
        return "zeros, as left by an interrupted copy or download".into();
    }
    if looks_like_erf(first) {
        return "an Endace ERF capture: convert it with `editcap -F pcapng`".into();
    }
    if let Some(text) = text(first) {
        return text.into();
    }
    let shown: Vec<String> = first.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("binary data that begins with {}", shown.join(" "))
}

/// ERF has no mark: a little-endian timestamp between 1995 and 2060, a known type, and a record length that holds the header.
fn looks_like_erf(first: &[u8]) -> bool {
    let Some(head) = first.first_chunk::<16>() else {
        return false;
    };
    let seconds = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let record_bytes = u16::from_be_bytes([head[10], head[11]]);
    let wire_bytes = u16::from_be_bytes([head[14], head[15]]);
    (788_918_400..2_840_140_800).contains(&seconds)
        && (1..=48).contains(&(head[8] & 0x7f))
        && record_bytes >= 16
        && (1..=16_384).contains(&wire_bytes)
}

/// Names text by its first sign; `None` for binary data. A character may be cut by the end of what was read.
fn text(first: &[u8]) -> Option<&'static str> {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            std::str::from_utf8(&first[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\x1b')) {
        return None;
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.to_ascii_lowercase();
    Some(if text.is_empty() {
        "blank text"
    } else if text.starts_with('{') && text.contains("\"log\"") {
        "a HAR file (JSON of browser requests), which has no packets"
    } else if text.starts_with('{') || text.starts_with('[') {
        "JSON text"
    } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        "an HTML page, perhaps an error page saved in place of the download"
    } else if text.starts_with("<?xml") || text.starts_with('<') {
        "XML text"
    } else if text.starts_with("version https://git-lfs") {
        "a Git LFS pointer: fetch the file itself with `git lfs pull`"
    } else {
        "text"
    })
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn common_files_are_named() {
        for (first, expected) in [
            (&b""[..], "it looks like an empty file"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it looks like a PNG image"),
            (b"%PDF-1.7", "it looks like a PDF document"),
            (b"\x7fELF\x02\x01", "it looks like an ELF program or library"),
            (
                b"{\"log\": {\"version\": \"1.2\"}}",
                "it looks like a HAR file (JSON of browser requests), which has no packets",
            ),
            (b"[1, 2]", "it looks like JSON text"),
            (b"hello\nworld \xc3", "it looks like text"),
            (b"\0\0\0\0", "it looks like zeros, as left by an interrupted copy or download"),
            (b"\x01\x02\xff\xf0", "it looks like binary data that begins with 01 02 ff f0"),
        ] {
            assert_eq!(describe(first, ""), expected);
        }
    }

    #[test]
    fn the_compression_around_it_is_told() {
        assert_eq!(
            describe(b"<html>", "gzip"),
            "it is gzip of what looks like an HTML page, perhaps an error page saved in place of the download"
        );
    }

    #[test]
    fn erf_is_told_by_its_timestamp_and_lengths() {
        let mut head = [0u8; 32];
        head[4..8].copy_from_slice(&1_700_000_000u32.to_le_bytes());
        head[8] = 2;
        head[10..12].copy_from_slice(&80u16.to_be_bytes());
        head[14..16].copy_from_slice(&60u16.to_be_bytes());
        assert!(describe(&head, "").contains("ERF"));
    }
}
