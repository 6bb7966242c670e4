//! HPACK: header fields as HTTP/2 packs them (RFC 7541).
//!
//! [`decoder`] reads the instructions of a header block, [`primitives`] the integers and strings in it, which [`huffman`] unpacks;
//! [`static_table`] and [`dynamic_table`] hold the fields that have numbers.

mod decoder;
mod dynamic_table;
mod huffman;
mod primitives;
mod static_table;

pub(super) use decoder::{Decoder, HpackField};
pub(super) use dynamic_table::MAX_BYTES as MAX_TABLE_BYTES;

#[cfg(test)]
pub(super) use huffman::tests::encode as huffman_encoded;
