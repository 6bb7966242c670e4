//! The option list at the end of many blocks (§3.5).

use crate::format::ByteOrder;

/// Walks `(code, value)` pairs; ends at `opt_endofopt`, at the end of the bytes, or where a length lies.
pub(crate) struct Options<'a> {
    order: ByteOrder,
    bytes: &'a [u8],
}

impl<'a> Options<'a> {
    pub(crate) fn new(order: ByteOrder, bytes: &'a [u8]) -> Self {
        Self { order, bytes }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.len() < 4 {
            return None;
        }
        let (code, length) = (self.order.u16(self.bytes, 0), usize::from(self.order.u16(self.bytes, 2)));
        if code == 0 {
            return None;
        }
        let value = self.bytes.get(4..4 + length)?;
        let next = 4 + length.next_multiple_of(4);
        self.bytes = self.bytes.get(next..).unwrap_or_default();
        Some((code, value))
    }
}
