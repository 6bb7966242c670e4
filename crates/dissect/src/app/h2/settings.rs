//! What one end allows the other (RFC 9113 §6.5): only what changes how frames are read.

use super::frame::number_at;

/// The settings of one SETTINGS frame that matter here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// SETTINGS_HEADER_TABLE_SIZE: bytes of the peer's dynamic table.
    pub header_table_size: Option<u32>,
    /// SETTINGS_MAX_FRAME_SIZE: bytes of the peer's payloads.
    pub max_payload: Option<u32>,
}

impl Settings {
    /// Six bytes each: an identifier and a value. Of several values for one identifier the last counts.
    pub(super) fn parse(payload: &[u8]) -> Self {
        let mut settings = Self::default();
        for setting in payload.chunks_exact(6) {
            let value = number_at(setting, 2);
            match (setting[0], setting[1]) {
                (0, 1) => settings.header_table_size = Some(value),
                (0, 5) => settings.max_payload = Some(value),
                _ => {}
            }
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_setting_counts_and_others_are_passed_over() {
        let payload = [[0, 3, 0, 0, 0, 100], [0, 1, 0, 0, 16, 0], [0, 1, 0, 0, 0, 0], [0, 5, 0, 1, 0, 0]].concat();
        let settings = Settings { header_table_size: Some(0), max_payload: Some(65_536) };
        assert_eq!(Settings::parse(&payload), settings);
        assert_eq!(Settings::parse(b""), Settings::default());
    }
}
