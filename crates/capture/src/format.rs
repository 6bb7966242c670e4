//! Which capture formats there are, and how the first bytes tell them apart.

use std::fmt;

use wirereel_dissect::LinkType;

/// Byte order of the machine that wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    Little,
    Big,
}

/// How the file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// Tells by the first bytes. Source: RFC 1952 §2.3.1 and RFC 8878 §3.1.1 (also skippable frames, §3.1.2).
    pub(crate) fn detect(first: &[u8]) -> Option<Self> {
        match first {
            [0x1f, 0x8b, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// `gzip` or `zstd`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The capture format proper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// Classic libpcap; timestamps in microseconds.
    Pcap { order: ByteOrder },
    /// Classic libpcap with timestamps in nanoseconds.
    PcapNanoseconds { order: ByteOrder },
    /// Alexey Kuznetzov's variant with a longer record header.
    PcapModified { order: ByteOrder },
    /// Blocks; each section has its own byte order.
    Pcapng,
}

impl Container {
    /// Tells by the first four bytes.
    ///
    /// Source: draft-ietf-opsawg-pcap §4, draft-ietf-opsawg-pcapng §4.1, wiretap/libpcap.h of Wireshark for the modified one.
    pub(crate) fn detect(first: &[u8]) -> Option<Self> {
        let magic = *first.first_chunk::<4>()?;
        if magic == [0x0a, 0x0d, 0x0d, 0x0a] {
            return Some(Self::Pcapng);
        }
        let of = |number: u32, order: ByteOrder| match number {
            0xa1b2_c3d4 => Some(Self::Pcap { order }),
            0xa1b2_3c4d => Some(Self::PcapNanoseconds { order }),
            0xa1b2_cd34 => Some(Self::PcapModified { order }),
            _ => None,
        };
        of(u32::from_le_bytes(magic), ByteOrder::Little).or_else(|| of(u32::from_be_bytes(magic), ByteOrder::Big))
    }
}

/// What a file is, compression first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    /// Outermost first; `[Some(Gzip), None]` is a plain `.gz`.
    pub compression: [Option<Compression>; 2],
    pub container: Container,
}

impl fmt::Display for Format {
    /// For people: `pcapng`, `pcap, nanoseconds`, `gzip of pcap, big-endian`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for layer in self.compression.iter().flatten() {
            write!(out, "{} of ", layer.name())?;
        }
        let (name, order) = match self.container {
            Container::Pcap { order } => ("pcap", order),
            Container::PcapNanoseconds { order } => ("pcap, nanoseconds", order),
            Container::PcapModified { order } => ("modified pcap", order),
            Container::Pcapng => ("pcapng", ByteOrder::Little),
        };
        out.write_str(name)?;
        if order == ByteOrder::Big { out.write_str(", big-endian") } else { Ok(()) }
    }
}

/// The link type of a header field, whose upper bits may tell a checksum length (draft-ietf-opsawg-pcap §4).
///
/// Numbers 12 and 14 are what some systems call `DLT_RAW` and wrote unmapped; they mean LINKTYPE_RAW.
pub(crate) fn link_type(field: u32) -> LinkType {
    match (field & 0xffff) as u16 {
        12 | 14 => LinkType::RAW,
        other => LinkType(other),
    }
}
