//! Reads the instructions of a header block (RFC 7541 §3, §6).

use super::dynamic_table::{DynamicTable, INITIAL_CAPACITY, Slot};
use super::huffman::NotHuffman;
use super::primitives::{integer, string};
use super::static_table::FIELDS;

/// What is wrong with a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::app::h2) enum HpackError {
    #[error("header block ends inside a field")]
    Ended,
    #[error("header block holds a number above 2^28")]
    TooLarge,
    #[error("header block names entry {0}, which no table has")]
    NoEntry(usize),
    #[error("header block makes its table {chosen} bytes large where {allowed} are allowed")]
    TableTooLarge { chosen: usize, allowed: usize },
    #[error("header block changes its table's size behind a field")]
    LateResize,
    #[error("{0}")]
    Huffman(#[from] NotHuffman),
}

/// One field of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::h2) enum HpackField<'a> {
    Known {
        name: &'a [u8],
        value: &'a [u8],
    },
    /// It stands in a part of the table that was never seen.
    Unseen,
}

/// The decoder of one direction.
#[derive(Debug, Default)]
pub(in crate::app::h2) struct Decoder {
    table: DynamicTable,
    /// The largest table that the receiver has allowed so far; `None` when it was not seen to say.
    allowed: Allowed,
    name: Vec<u8>,
    value: Vec<u8>,
}

#[derive(Debug)]
struct Allowed(Option<usize>);

impl Default for Allowed {
    fn default() -> Self {
        Self(Some(INITIAL_CAPACITY))
    }
}

/// Where a literal's name comes from.
enum Name {
    /// It is in [`Decoder::name`].
    Known,
    Unseen,
}

impl Decoder {
    /// Part of the direction was not seen.
    pub(in crate::app::h2) fn lose(&mut self) {
        self.table.lose();
    }

    /// The receiver's settings are unknown: any size of table may be allowed.
    pub(in crate::app::h2) fn allow_any_size(&mut self) {
        self.allowed = Allowed(None);
    }

    /// The receiver announces SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2). When the encoder learns of it cannot be
    /// seen, so the largest one so far counts.
    pub(in crate::app::h2) fn allow_size(&mut self, size: u32) {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.allowed = Allowed(self.allowed.0.map(|before| before.max(size)));
    }

    /// Whether the table grew beyond what is remembered of it.
    pub(in crate::app::h2) fn has_forgotten(&self) -> bool {
        self.table.has_forgotten()
    }

    /// Reads a whole block. On an error the fields before it were visited, and the table is no longer the encoder's.
    pub(in crate::app::h2) fn decode(
        &mut self,
        block: &[u8],
        mut visit: impl FnMut(HpackField<'_>),
    ) -> Result<(), HpackError> {
        let mut rest = block;
        let mut is_first = true;
        while let Some(first) = rest.first().copied() {
            let is_resize = first & 0xe0 == 0x20;
            if first & 0x80 != 0 {
                let index = integer(&mut rest, 7)?;
                visit(self.entry(index)?);
            } else if is_resize {
                if !is_first {
                    return Err(HpackError::LateResize);
                }
                self.resize(integer(&mut rest, 5)?)?;
            } else if first & 0x40 != 0 {
                let name = self.literal(&mut rest, 6)?;
                self.visit_literal(&name, &mut visit);
                match name {
                    Name::Known => self.table.add(&self.name, &self.value),
                    Name::Unseen => self.table.add_unseen(self.value.len()),
                }
            } else {
                let name = self.literal(&mut rest, 4)?;
                self.visit_literal(&name, &mut visit);
            }
            is_first = is_first && is_resize;
        }
        Ok(())
    }

    fn visit_literal(&self, name: &Name, visit: &mut impl FnMut(HpackField<'_>)) {
        visit(match name {
            Name::Known => HpackField::Known { name: &self.name, value: &self.value },
            Name::Unseen => HpackField::Unseen,
        });
    }

    fn entry(&self, index: usize) -> Result<HpackField<'_>, HpackError> {
        match index.checked_sub(FIELDS.len() + 1) {
            None => {
                let (name, value) =
                    index.checked_sub(1).and_then(|at| FIELDS.get(at)).ok_or(HpackError::NoEntry(index))?;
                Ok(HpackField::Known { name: name.as_bytes(), value: value.as_bytes() })
            }
            Some(at) => match self.table.get(at) {
                Slot::Known { name, value } => Ok(HpackField::Known { name, value }),
                Slot::Unseen => Ok(HpackField::Unseen),
                Slot::Empty => Err(HpackError::NoEntry(index)),
            },
        }
    }

    /// A literal field: its name, by index or in full, and its value (RFC 7541 §6.2).
    fn literal(&mut self, rest: &mut &[u8], prefix: u32) -> Result<Name, HpackError> {
        let index = integer(rest, prefix)?;
        let mut name = std::mem::take(&mut self.name);
        name.clear();
        let known = if index == 0 {
            string(rest, &mut name).map(|()| Name::Known)
        } else {
            self.entry(index).map(|field| match field {
                HpackField::Known { name: of_entry, .. } => {
                    name.extend_from_slice(of_entry);
                    Name::Known
                }
                HpackField::Unseen => Name::Unseen,
            })
        };
        self.name = name;
        self.value.clear();
        let known = known?;
        string(rest, &mut self.value)?;
        Ok(known)
    }

    fn resize(&mut self, chosen: usize) -> Result<(), HpackError> {
        match self.allowed.0 {
            Some(allowed) if chosen > allowed => Err(HpackError::TableTooLarge { chosen, allowed }),
            _ => {
                self.table.resize(chosen);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits: Vec<u8> = hexadecimal.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<String>, HpackError> {
        let mut fields = Vec::new();
        decoder.decode(block, |field| {
            fields.push(match field {
                HpackField::Known { name, value } => {
                    format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
                }
                HpackField::Unseen => "?".to_owned(),
            });
        })?;
        Ok(fields)
    }

    /// Decodes blocks of one direction; after each the table has the size that the RFC gives.
    fn holds(mut decoder: Decoder, blocks: &[(&str, &[&str], usize)]) {
        for (block, fields, table_bytes) in blocks {
            assert_eq!(decode(&mut decoder, &bytes(block)).unwrap(), *fields);
            assert_eq!(decoder.table.bytes(), *table_bytes, "{block}");
        }
    }

    fn small_table() -> Decoder {
        let mut decoder = Decoder::default();
        decoder.table.resize(256);
        decoder
    }

    #[test]
    fn fields_of_appendix_c_2() {
        holds(
            Decoder::default(),
            &[("400a637573746f6d2d6b65790d637573746f6d2d686561646572", &["custom-key: custom-header"], 55)],
        );
        holds(Decoder::default(), &[("040c2f73616d706c652f70617468", &[":path: /sample/path"], 0)]);
        holds(Decoder::default(), &[("100870617373776f726406736563726574", &["password: secret"], 0)]);
        holds(Decoder::default(), &[("82", &[":method: GET"], 0)]);
    }

    const REQUESTS: [&[&str]; 3] = [
        &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
        &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
        &[
            ":method: GET",
            ":scheme: https",
            ":path: /index.html",
            ":authority: www.example.com",
            "custom-key: custom-value",
        ],
    ];

    #[test]
    fn requests_of_appendix_c_3_and_with_huffman_c_4() {
        holds(
            Decoder::default(),
            &[
                ("828684410f7777772e6578616d706c652e636f6d", REQUESTS[0], 57),
                ("828684be58086e6f2d6361636865", REQUESTS[1], 110),
                ("828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", REQUESTS[2], 164),
            ],
        );
        holds(
            Decoder::default(),
            &[
                ("828684418cf1e3c2e5f23a6ba0ab90f4ff", REQUESTS[0], 57),
                ("828684be5886a8eb10649cbf", REQUESTS[1], 110),
                ("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", REQUESTS[2], 164),
            ],
        );
    }

    const RESPONSES: [&[&str]; 3] = [
        &[
            ":status: 302",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ],
        &[
            ":status: 307",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ],
        &[
            ":status: 200",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:22 GMT",
            "location: https://www.example.com",
            "content-encoding: gzip",
            "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        ],
    ];

    #[test]
    fn responses_of_appendix_c_5_and_with_huffman_c_6_evict_old_entries() {
        holds(
            small_table(),
            &[
                (
                    "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54\
                     6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
                    RESPONSES[0],
                    222,
                ),
                ("4803333037c1c0bf", RESPONSES[1], 222),
                (
                    "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a6970\
                     7738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d\
                     333630303b2076657273696f6e3d31",
                    RESPONSES[2],
                    215,
                ),
            ],
        );
        holds(
            small_table(),
            &[
                (
                    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff\
                     6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                    RESPONSES[0],
                    222,
                ),
                ("4883640effc1c0bf", RESPONSES[1], 222),
                (
                    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab\
                     77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
                    RESPONSES[2],
                    215,
                ),
            ],
        );
    }

    #[test]
    fn a_table_may_not_grow_beyond_what_its_receiver_allows() {
        let resize_to_8192 = [0x3f, 0xe1, 0x3f];
        let mut decoder = Decoder::default();
        let too_large = HpackError::TableTooLarge { chosen: 8192, allowed: 4096 };
        assert_eq!(decode(&mut decoder, &resize_to_8192), Err(too_large));
        decoder.allow_size(8192);
        assert_eq!(decode(&mut decoder, &resize_to_8192), Ok(vec![]));
        assert_eq!(decode(&mut decoder, &[0x82, 0x20]), Err(HpackError::LateResize));
    }

    #[test]
    fn what_is_wrong_with_a_block_is_named() {
        for (block, error) in [
            (vec![0x80], HpackError::NoEntry(0)),
            (vec![0xbe], HpackError::NoEntry(62)),
            (vec![0x7e, 0x00], HpackError::NoEntry(62)),
            (vec![0x40, 0x05, b'a'], HpackError::Ended),
            (vec![0x40], HpackError::Ended),
            (vec![0x00, 0x81, 0x00, 0x00], HpackError::Huffman(NotHuffman)),
        ] {
            assert_eq!(decode(&mut Decoder::default(), &block), Err(error), "{block:x?}");
        }
    }

    #[test]
    fn after_a_loss_only_what_was_seen_since_is_known() {
        let mut decoder = Decoder::default();
        decode(&mut decoder, &bytes("400161 0131")).unwrap();
        decoder.lose();
        assert_eq!(decode(&mut decoder, &bytes("82 be")).unwrap(), [":method: GET", "?"]);
        assert_eq!(decode(&mut decoder, &bytes("400162 0132 be bf")).unwrap(), ["b: 2", "b: 2", "?"]);
        assert_eq!(decode(&mut decoder, &bytes("7f00 0133 be bf")).unwrap(), ["?", "?", "b: 2"], "an unseen name");
    }
}
