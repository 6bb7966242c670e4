//! From a frame to the IP packet in it.
//!
//! Each link type strips its own header and hands on an EtherType; `ethertype` follows tags and labels from there.

mod cooked;
mod ethernet;
mod ethertype;
mod loopback;
mod mpls;
mod nsh;
mod ppp;

pub(crate) use ethernet::ethernet;
pub(crate) use ethertype::{EtherType, open_ethertype};
pub(crate) use nsh::next_protocol;
pub(crate) use ppp::ppp;

use crate::packet::LinkType;
use crate::wire::{Malformed, Wire};

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened<'a> {
    /// An IPv4 or IPv6 packet, told apart by its version nibble.
    Ip(Wire<'a>),
    /// Something else that is well understood to be something else.
    NotIp,
    /// A link type that cannot be read.
    Unsupported,
}

/// Headers that lead on to another, in one frame, before it counts as nonsense. Real frames have two or three.
const MOST_LAYERS: usize = 16;

/// What stands between a frame and its packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tags {
    /// Outermost VLAN id.
    pub(crate) vlan: Option<u16>,
    /// Outermost of `mpls`, `pppoe` and `nsh`: what is inside belongs to another network than the link itself.
    pub(crate) tunnel: Option<&'static str>,
    layers: usize,
}

impl Tags {
    /// Counts one more header, so that frames in frames come to an end.
    fn enter(&mut self) -> Result<(), Malformed> {
        self.layers += 1;
        if self.layers > MOST_LAYERS {
            return Err(Malformed::Field { layer: "frame", field: "header count", value: self.layers });
        }
        Ok(())
    }
}

/// Finds the IP packet in a frame. What it was wrapped in is written to `tags`.
pub(crate) fn open<'a>(link_type: LinkType, frame: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    match link_type {
        LinkType::ETHERNET => ethernet(frame, tags),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD | LinkType::IPV4 | LinkType::IPV6 => {
            Ok(Opened::Ip(frame))
        }
        LinkType::NULL | LinkType::LOOP => loopback::loopback(frame),
        LinkType::LINUX_SLL => cooked::linux_sll(frame, tags),
        LinkType::LINUX_SLL2 => cooked::linux_sll2(frame, tags),
        LinkType::PPP | LinkType::PPP_HDLC => ppp(frame),
        LinkType::PPP_ETHER => ppp::pppoe_session(frame, tags),
        LinkType::C_HDLC => cooked::cisco_hdlc(frame, tags),
        _ => Ok(Opened::Unsupported),
    }
}
