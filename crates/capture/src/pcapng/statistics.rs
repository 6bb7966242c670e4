//! Interface statistics blocks: how many packets the capturing machine lost (§4.6).

use super::options::Options;
use crate::format::ByteOrder;

const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// Interface number and packets lost on it since its capture began: by the interface (`isb_ifdrop`) and between it and the
/// capturing program (`isb_osdrop`). `None` when the block is too short or tells neither.
pub(crate) fn read_drops(order: ByteOrder, contents: &[u8]) -> Option<(u32, u64)> {
    let options = contents.get(12..)?;
    let mut lost = None;
    for (code, value) in Options::new(order, options) {
        if matches!(code, ISB_IFDROP | ISB_OSDROP) && value.len() == 8 {
            lost = Some(lost.unwrap_or(0u64).saturating_add(order.u64(value, 0)));
        }
    }
    Some((order.u32(contents, 0), lost?))
}

/// Interface number and time of the block, in ticks of that interface; `None` when it is too short.
pub(crate) fn read_time(order: ByteOrder, contents: &[u8]) -> Option<(u32, u64)> {
    (contents.len() >= 12).then(|| (order.u32(contents, 0), order.ticks(contents, 4)))
}
