//! What a decoded body is shown as: JSON, text, an image or bytes.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use wirereel_query::answer::BodyPreview;

use super::Decoded;

/// Bytes of a binary body that are shown.
const BINARY_PREVIEW_BYTES: usize = 64 * 1024;

/// Bytes of text that are shown: more is neither read nor quick to draw.
const TEXT_PREVIEW_BYTES: usize = 1024 * 1024;

/// Images that a page may draw without scripts in them (SVG may carry some and is shown as text).
const IMAGES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

/// Makes the preview. `sent_bytes` is the size as sent; `incomplete` says that part of it is missing.
pub(crate) fn show(
    decoded: Decoded,
    content_type: Option<String>,
    content_encoding: Option<String>,
    sent_bytes: u64,
    incomplete: bool,
) -> BodyPreview {
    let mut preview = BodyPreview {
        decoded_bytes: decoded.bytes.len() as u64,
        content_type,
        content_encoding,
        sent_bytes,
        text: None,
        base64: None,
        kind: "empty".into(),
        truncated: decoded.truncated || incomplete,
        warning: decoded.warning,
    };
    if decoded.bytes.is_empty() {
        return preview;
    }
    let media_type = preview
        .content_type
        .as_deref()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if IMAGES.contains(&media_type.as_str()) {
        preview.kind = "image".into();
        preview.base64 = Some(BASE64_STANDARD.encode(&decoded.bytes));
    } else if let Some(text) = text(&decoded.bytes, preview.content_type.as_deref()) {
        let json = media_type.ends_with("json") || matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['));
        let indented = json.then(|| indent(&text)).flatten();
        preview.kind = if indented.is_some() { "json" } else { "text" }.into();
        let mut text = indented.unwrap_or(text);
        if text.len() > TEXT_PREVIEW_BYTES {
            text.truncate(text.floor_char_boundary(TEXT_PREVIEW_BYTES));
            preview.truncated = true;
        }
        preview.text = Some(text);
    } else {
        preview.kind = "binary".into();
        preview.truncated |= decoded.bytes.len() > BINARY_PREVIEW_BYTES;
        preview.base64 = Some(BASE64_STANDARD.encode(&decoded.bytes[..decoded.bytes.len().min(BINARY_PREVIEW_BYTES)]));
    }
    preview
}

/// The text in its declared charset, else UTF-8; `None` when it looks like bytes.
fn text(bytes: &[u8], content_type: Option<&str>) -> Option<String> {
    let declared = content_type
        .and_then(|t| {
            t.to_ascii_lowercase().split_once("charset=").map(|(_, c)| c.trim_matches(['"', ' ', ';']).to_owned())
        })
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let text = match declared {
        Some(encoding) => encoding.decode(bytes).0.into_owned(),
        None => {
            // A preview cut in the middle of a character is still text.
            let valid = match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) if error.error_len().is_none() => {
                    std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
                }
                Err(_) => return None,
            };
            valid.to_owned()
        }
    };
    let control = text.chars().take(4096).filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')).count();
    (control * 50 <= text.chars().take(4096).count()).then_some(text)
}

fn indent(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8], content_type: &str) -> BodyPreview {
        let decoded = Decoded { bytes: bytes.to_vec(), truncated: false, warning: None };
        show(decoded, Some(content_type.into()), None, bytes.len() as u64, false)
    }

    #[test]
    fn json_is_indented_and_keeps_the_order_of_its_keys() {
        let preview = shown(br#"{"b":1,"a":[2]}"#, "application/json");
        assert_eq!(preview.kind, "json");
        assert_eq!(preview.text.as_deref(), Some("{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}"));
    }

    #[test]
    fn broken_json_is_shown_as_text() {
        assert_eq!(shown(b"{\"a\":", "application/json").kind, "text");
    }

    #[test]
    fn a_declared_charset_is_obeyed() {
        assert_eq!(shown(b"Z\xfcrich", "text/plain; charset=ISO-8859-1").text.as_deref(), Some("Zürich"));
        assert_eq!(shown(b"Z\xfcrich", "text/plain").kind, "binary");
    }

    #[test]
    fn bytes_and_images_come_as_base64() {
        assert_eq!(shown(&[0, 1, 2, 3], "application/octet-stream").base64.as_deref(), Some("AAECAw=="));
        assert_eq!(shown(&[0x89, b'P'], "image/png").kind, "image");
        assert_eq!(shown(b"<svg/>", "image/svg+xml").kind, "text");
        assert_eq!(shown(b"", "text/plain").kind, "empty");
    }
}
