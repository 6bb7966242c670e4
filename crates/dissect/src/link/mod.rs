//! From a frame to the IP packet in it.
//!
//! Each link type strips its own header and hands on an EtherType; `ethertype` follows tags and labels from there.

mod cooked;
mod ethernet;
mod ethertype;
mod loopback;
mod ppp;

pub(crate) use ethernet::ethernet;
pub(crate) use ethertype::{EtherType, open_ethertype};
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

/// Finds the IP packet in a frame. The outermost VLAN id is written to `vlan`.
pub(crate) fn open<'a>(link_type: LinkType, frame: Wire<'a>, vlan: &mut Option<u16>) -> Result<Opened<'a>, Malformed> {
    match link_type {
        LinkType::ETHERNET => ethernet(frame, vlan),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD | LinkType::IPV4 | LinkType::IPV6 => {
            Ok(Opened::Ip(frame))
        }
        LinkType::NULL | LinkType::LOOP => loopback::loopback(frame),
        LinkType::LINUX_SLL => cooked::linux_sll(frame, vlan),
        LinkType::LINUX_SLL2 => cooked::linux_sll2(frame, vlan),
        LinkType::PPP | LinkType::PPP_HDLC => ppp(frame),
        LinkType::PPP_ETHER => ppp::pppoe_session(frame),
        LinkType::C_HDLC => cooked::cisco_hdlc(frame, vlan),
        _ => Ok(Opened::Unsupported),
    }
}
