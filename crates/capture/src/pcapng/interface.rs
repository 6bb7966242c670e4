//! Sections and the interfaces they describe (§4.1, §4.2).

use std::sync::Arc;

use wirereel_dissect::LinkType;

use super::options::Options;
use crate::{
    error::RecordProblem,
    format::{ByteOrder, link_type},
    limits::MAX_INTERFACES,
    time::Resolution,
};

const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// Longest interface name kept, in bytes: Windows writes names of about 60.
const MAX_NAME_BYTES: usize = 256;

/// What a packet block needs to know about its interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// Such as `eth0`, where the file tells it.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) link_type: LinkType,
    /// 0 is no limit.
    pub(crate) snap_len: u32,
    pub(crate) resolution: Resolution,
    pub(crate) offset_s: i64,
}

impl Interface {
    /// Reads the contents of an interface description block.
    pub(crate) fn read(order: ByteOrder, contents: &[u8]) -> Result<Self, RecordProblem> {
        if contents.len() < 8 {
            return Err(RecordProblem::BlockTooShort { total: contents.len() as u32 + 12, least: 20 });
        }
        let mut interface = Self {
            name: None,
            link_type: link_type(u32::from(order.u16(contents, 0))),
            snap_len: order.u32(contents, 4),
            resolution: Resolution::MICROSECONDS,
            offset_s: 0,
        };
        for (code, value) in Options::new(order, &contents[8..]) {
            match (code, value) {
                (IF_TSRESOL, [resolution]) => interface.resolution = Resolution::from_option(*resolution),
                (IF_NAME, name) if name.len() <= MAX_NAME_BYTES => {
                    interface.name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty()).map(Arc::from);
                }
                (IF_TSOFFSET, value) if value.len() == 8 => interface.offset_s = order.u64(value, 0) as i64,
                _ => {}
            }
        }
        Ok(interface)
    }
}

/// A section's byte order and the interfaces described so far.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) order: ByteOrder,
    pub(crate) interfaces: Vec<Interface>,
}

impl Section {
    pub(crate) fn new(order: ByteOrder) -> Self {
        Self { order, interfaces: Vec::new() }
    }

    /// Adds an interface; false when there are too many already.
    pub(crate) fn add(&mut self, interface: Interface) -> bool {
        let room = self.interfaces.len() < MAX_INTERFACES;
        if room {
            self.interfaces.push(interface);
        }
        room
    }
}
