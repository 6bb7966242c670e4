//! Types and response codes and what they are called (IANA's registry of DNS parameters).

use std::borrow::Cow;

pub(super) const A: u16 = 1;
pub(super) const NS: u16 = 2;
pub(super) const CNAME: u16 = 5;
pub(super) const SOA: u16 = 6;
pub(super) const PTR: u16 = 12;
pub(super) const MX: u16 = 15;
pub(super) const TXT: u16 = 16;
pub(super) const AAAA: u16 = 28;
pub(super) const SRV: u16 = 33;
pub(super) const DNAME: u16 = 39;
pub(super) const OPT: u16 = 41;
pub(super) const SVCB: u16 = 64;
pub(super) const HTTPS: u16 = 65;
pub(super) const IXFR: u16 = 251;
pub(super) const AXFR: u16 = 252;
pub(super) const ANY: u16 = 255;

/// The mnemonic of a type, when it has one here.
pub(super) fn known_kind(kind: u16) -> Option<&'static str> {
    Some(match kind {
        A => "A",
        NS => "NS",
        CNAME => "CNAME",
        SOA => "SOA",
        PTR => "PTR",
        13 => "HINFO",
        MX => "MX",
        TXT => "TXT",
        AAAA => "AAAA",
        SRV => "SRV",
        35 => "NAPTR",
        DNAME => "DNAME",
        43 => "DS",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        50 => "NSEC3",
        52 => "TLSA",
        SVCB => "SVCB",
        HTTPS => "HTTPS",
        IXFR => "IXFR",
        AXFR => "AXFR",
        ANY => "ANY",
        257 => "CAA",
        _ => return None,
    })
}

/// `A`, `AAAA`, ... or `TYPE<number>` (RFC 3597 §5).
pub(super) fn kind_name(kind: u16) -> Cow<'static, str> {
    known_kind(kind).map_or_else(|| Cow::Owned(format!("TYPE{kind}")), Cow::Borrowed)
}

/// `NOERROR`, `NXDOMAIN`, ... or `RCODE<number>` (RFC 6895 §2.3).
pub(super) fn rcode_name(rcode: u16) -> Cow<'static, str> {
    Cow::Borrowed(match rcode {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        16 => "BADVERS",
        23 => "BADCOOKIE",
        other => return Cow::Owned(format!("RCODE{other}")),
    })
}
