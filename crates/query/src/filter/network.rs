//! IP networks over a column that holds addresses as text.
//!
//! Whole parts of an address are compared as the beginning of its text; a part that the prefix ends inside of is compared
//! as a number (IPv4) or as four hexadecimal digits (IPv6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::sql::{Compiled, Param};

/// A network to compare addresses with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Network {
    /// Every IPv4 address (`0.0.0.0/0`) or every IPv6 address (`::/0`).
    Family { v6: bool },
    /// The text of the address begins with this, and the part numbered `part` (from 1) after it lies between two values.
    Prefix { text: String, between: Option<Between> },
    /// One of the ways to write the beginning of an IPv6 address with zeros in it.
    Spelled(Vec<Spelling>),
}

/// The beginning of an address's text, and how many colons the whole text then has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spelling {
    text: String,
    colons: Colons,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Colons {
    Any,
    AtMost(usize),
    Exactly(usize),
}

/// Bounds of the part of an address that a prefix ends inside of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Between {
    Decimal {
        part: u32,
        least: u8,
        most: u8,
    },
    /// Four digits each, so that text order is number order. A part left out by `::` is empty, which counts as zero.
    Hexadecimal {
        part: u32,
        least: String,
        most: String,
    },
}

/// Why a text with a slash is not a network that can be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadNetwork {
    NotANetwork,
    /// The prefix ends inside of a part and there is a part before that is zero, which RFC 5952 may leave out of the text.
    ZeroPart,
}

impl Network {
    /// Reads `address/length`; bits after the prefix are ignored. `None` when `text` has no slash.
    pub(super) fn read(text: &str) -> Option<Result<Self, BadNetwork>> {
        let (address, length) = text.split_once('/')?;
        let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u32>()) else {
            return Some(Err(BadNetwork::NotANetwork));
        };
        Some(match address {
            IpAddr::V4(address) if length <= 32 => Ok(Self::v4(address, length)),
            IpAddr::V6(address) if length <= 128 => Self::v6(address, length),
            _ => Err(BadNetwork::NotANetwork),
        })
    }

    fn v4(address: Ipv4Addr, length: u32) -> Self {
        if length == 0 {
            return Self::Family { v6: false };
        }
        let (whole, rest) = ((length / 8) as usize, length % 8);
        let parts = address.octets();
        let text: String = parts[..whole].iter().map(|part| format!("{part}.")).collect();
        let Some(part) = parts.get(whole) else {
            return Self::Prefix { text: address.to_string(), between: None };
        };
        let free = 0xffu8.checked_shr(rest).unwrap_or(0);
        let between =
            (rest > 0).then_some(Between::Decimal { part: whole as u32 + 1, least: part & !free, most: part | free });
        Self::Prefix { text, between }
    }

    fn v6(address: Ipv6Addr, length: u32) -> Result<Self, BadNetwork> {
        if length == 0 {
            return Ok(Self::Family { v6: true });
        }
        if length == 128 {
            return Ok(Self::Prefix { text: address.to_string(), between: None });
        }
        let (whole, rest) = ((length / 16) as usize, length % 16);
        let parts = address.segments();
        if parts[..whole].contains(&0) {
            return if rest == 0 { Ok(Self::Spelled(spellings(&parts[..whole]))) } else { Err(BadNetwork::ZeroPart) };
        }
        let text: String = parts[..whole].iter().map(|part| format!("{part:x}:")).collect();
        let free = 0xffffu16 >> rest;
        let (least, most) = (parts[whole] & !free, parts[whole] | free);
        let between = (rest > 0).then(|| Between::Hexadecimal {
            part: whole as u32 + 1,
            least: format!("{least:04x}"),
            most: format!("{most:04x}"),
        });
        Ok(Self::Prefix { text, between })
    }

    /// Whether the address in `column` lies in it. `column` is a name of ours, never text of the user.
    pub(super) fn write(&self, column: &str, out: &mut Compiled) {
        match self {
            Self::Family { v6: true } => out.push(&format!("contains({column}, ':')")),
            Self::Family { v6: false } => out.push(&format!("NOT contains({column}, ':')")),
            Self::Prefix { text, between: None } if !text.ends_with(['.', ':']) => {
                out.push_with(&format!("{column} = ?"), Param::Text(text.clone()));
            }
            Self::Prefix { text, between } => {
                out.push("(");
                if !text.is_empty() {
                    out.push_with(&format!("starts_with({column}, ?)"), Param::Text(text.clone()));
                }
                if let Some(between) = between {
                    if !text.is_empty() {
                        out.push(" AND ");
                    }
                    between.write(column, out);
                }
                out.push(")");
            }
            Self::Spelled(spellings) => {
                for (place, spelling) in spellings.iter().enumerate() {
                    out.push(if place == 0 { "(" } else { " OR " });
                    spelling.write(column, out);
                }
                out.push(")");
            }
        }
    }
}

/// How an address with these first parts may begin, some of which are zero: RFC 5952 §4.2 leaves out its longest run of zeros, of two or
/// more, which may be one of these, or go on beyond them, or be elsewhere.
fn spellings(parts: &[u16]) -> Vec<Spelling> {
    const ALL: usize = 8;
    let written = |parts: &[u16]| parts.iter().map(|part| format!("{part:x}")).collect::<Vec<_>>().join(":");
    // Colons of `left` parts, a run left out, and `right` parts.
    let colons = |left: usize, right: usize| left.saturating_sub(1) + 2 + right.saturating_sub(1);
    let mut ways = vec![Spelling { text: written(parts) + ":", colons: Colons::Any }];
    let mut run = 0..0;
    for (place, part) in parts.iter().chain(&[1]).enumerate() {
        let ends = place == parts.len();
        if *part == 0 && !ends {
            run = if run.end == place && !run.is_empty() { run.start..place + 1 } else { place..place + 1 };
            continue;
        }
        let left = run.start;
        if run.end == place && !run.is_empty() {
            let text = written(&parts[..left]) + "::";
            if ends {
                ways.push(Spelling { text, colons: Colons::AtMost(colons(left, ALL - parts.len())) });
            } else if run.len() > 1 {
                let text = text + &written(&parts[place..]) + ":";
                ways.push(Spelling { text, colons: Colons::Exactly(colons(left, ALL - place)) });
            }
        }
    }
    ways
}

impl Spelling {
    fn write(&self, column: &str, out: &mut Compiled) {
        out.push_with(&format!("(starts_with({column}, ?)"), Param::Text(self.text.clone()));
        // An IPv4 address at the end stands for two parts.
        let count = format!("length({column}) - length(replace({column}, ':', '')) + contains({column}, '.')::INTEGER");
        match self.colons {
            Colons::Any => {}
            Colons::AtMost(most) => out.push_with(&format!(" AND {count} <= ?"), Param::Integer(most as i64)),
            Colons::Exactly(exactly) => out.push_with(&format!(" AND {count} = ?"), Param::Integer(exactly as i64)),
        }
        out.push(")");
    }

    #[cfg(test)]
    fn is_of(&self, address: &str) -> bool {
        let found = address.matches(':').count() + usize::from(address.contains('.'));
        address.starts_with(&self.text)
            && match self.colons {
                Colons::Any => true,
                Colons::AtMost(most) => found <= most,
                Colons::Exactly(exactly) => found == exactly,
            }
    }
}

impl Between {
    fn write(&self, column: &str, out: &mut Compiled) {
        match self {
            Self::Decimal { part, least, most } => {
                let number = format!("TRY_CAST(split_part({column}, '.', {part}) AS INTEGER)");
                out.push_with(&format!("({number} >= ?"), Param::Integer((*least).into()));
                out.push_with(&format!(" AND {number} <= ?)"), Param::Integer((*most).into()));
            }
            Self::Hexadecimal { part, least, most } => {
                let digits = format!("lpad(split_part({column}, ':', {part}), 4, '0')");
                out.push_with(&format!("(contains({column}, ':') AND {digits} >= ?"), Param::Text(least.clone()));
                out.push_with(&format!(" AND {digits} <= ?)"), Param::Text(most.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sql::Compiled, BadNetwork, Network};

    fn sql(text: &str) -> String {
        let mut out = Compiled::default();
        Network::read(text).unwrap().unwrap().write("a", &mut out);
        let mut told = out.sql;
        for param in out.params {
            told = told.replacen('?', &param.to_string(), 1);
        }
        told
    }

    #[test]
    fn a_prefix_of_whole_parts_is_the_beginning_of_the_text() {
        assert_eq!(sql("10.1.2.3/8"), "(starts_with(a, '10.'))");
        assert_eq!(sql("192.168.0.0/16"), "(starts_with(a, '192.168.'))");
        assert_eq!(sql("192.0.2.7/32"), "a = '192.0.2.7'");
        assert_eq!(sql("2001:db8::/32"), "(starts_with(a, '2001:db8:'))");
        assert_eq!(sql("::1/128"), "a = '::1'");
    }

    #[test]
    fn a_prefix_inside_a_part_bounds_that_part() {
        assert_eq!(
            sql("172.16.0.0/12"),
            "(starts_with(a, '172.') AND (TRY_CAST(split_part(a, '.', 2) AS INTEGER) >= 16 AND TRY_CAST(split_part(a, '.', 2) AS INTEGER) <= 31))"
        );
        assert_eq!(
            sql("fe80::/10"),
            "((contains(a, ':') AND lpad(split_part(a, ':', 1), 4, '0') >= 'fe80' AND lpad(split_part(a, ':', 1), 4, '0') <= 'febf'))"
        );
    }

    #[test]
    fn no_prefix_is_the_family() {
        assert_eq!(sql("0.0.0.0/0"), "NOT contains(a, ':')");
        assert_eq!(sql("::/0"), "contains(a, ':')");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        assert_eq!(Network::read("10.0.0.1"), None);
        assert_eq!(Network::read("10.0.0.0/33"), Some(Err(BadNetwork::NotANetwork)));
        assert_eq!(Network::read("x/8"), Some(Err(BadNetwork::NotANetwork)));
        assert_eq!(Network::read("2001:0:1::/44"), Some(Err(BadNetwork::ZeroPart)));
    }

    #[test]
    fn a_prefix_with_zeros_in_it_is_any_way_to_write_them() {
        assert_eq!(
            sql("2001:db8::/48"),
            "((starts_with(a, '2001:db8:0:')) OR (starts_with(a, '2001:db8::') AND length(a) - length(replace(a, ':', '')) + contains(a, '.')::INTEGER <= 7))"
        );
    }

    proptest::proptest! {
        #[test]
        fn a_network_with_zeros_holds_its_addresses_and_no_others(
            network in proptest::array::uniform8(proptest::sample::select(vec![0_u16, 0, 1, 0x2001])),
            address in proptest::array::uniform8(proptest::sample::select(vec![0_u16, 0, 1, 0x2001, 0xffff])),
            whole in 1_usize..8,
            same in 0_usize..9,
        ) {
            let mut address = address;
            address[..same.min(8)].copy_from_slice(&network[..same.min(8)]);
            let spellings = super::spellings(&network[..whole]);
            let text = std::net::Ipv6Addr::from(address).to_string();
            let within = network[..whole] == address[..whole];
            proptest::prop_assert_eq!(spellings.iter().any(|way| way.is_of(&text)), within, "{} {:?}", text, spellings);
        }
    }
}
