//! Decryption secrets blocks (§4.7): kept as they are, to be written beside exported packets.

use crate::format::ByteOrder;

/// What one decryption secrets block holds. Debug output leaves the secrets out.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// Such as `TLSK`, as a number (§11.4).
    pub kind: u32,
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Secrets {{ kind: {:#x}, data: {} bytes }}", self.kind, self.data.len())
    }
}

/// Reads a block's contents; `None` when its length lies.
pub(crate) fn read_secrets(order: ByteOrder, contents: &[u8]) -> Option<Secrets> {
    const FIXED: usize = 8;
    if contents.len() < FIXED {
        return None;
    }
    let length = usize::try_from(order.u32(contents, 4)).ok()?;
    let data = contents.get(FIXED..FIXED.checked_add(length)?)?;
    Some(Secrets { kind: order.u32(contents, 0), data: data.to_vec() })
}
