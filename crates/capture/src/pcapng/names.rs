//! Name resolution blocks: names the capturing machine knew for addresses (§4.5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::format::ByteOrder;

const NRB_IPV4: u16 = 1;
const NRB_IPV6: u16 = 2;

/// Every address with its names, in file order. Records with a wrong length or without a name are left out.
pub(crate) fn read_names(order: ByteOrder, contents: &[u8]) -> Vec<(IpAddr, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = contents;
    while rest.len() >= 4 {
        let (kind, length) = (order.u16(rest, 0), usize::from(order.u16(rest, 2)));
        let Some(value) = rest.get(4..4 + length).filter(|_| kind != 0) else {
            break;
        };
        let entry = match kind {
            NRB_IPV4 => value.split_first_chunk::<4>().map(|(ip, names)| (Ipv4Addr::from(*ip).into(), names)),
            NRB_IPV6 => value.split_first_chunk::<16>().map(|(ip, names)| (Ipv6Addr::from(*ip).into(), names)),
            _ => None,
        };
        if let Some((ip, names)) = entry {
            let names: Vec<String> = names
                .split(|byte| *byte == 0)
                .filter_map(|name| std::str::from_utf8(name).ok())
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            if !names.is_empty() {
                found.push((ip, names));
            }
        }
        rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}
