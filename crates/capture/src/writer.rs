//! Packets to a pcapng file.

use std::{
    io::{self, Write},
    net::IpAddr,
};

use wirereel_dissect::{LinkType, Packet};

use crate::pcapng::{Secrets, kind};

/// `opt_endofopt`, with its length.
const END_OF_OPTIONS: [u8; 4] = [0; 4];
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const ISB_OSDROP: u16 = 7;
const NRB_IPV4: u16 = 1;
const NRB_IPV6: u16 = 2;

/// Which interface captured a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CapturedOn<'a> {
    /// Interfaces of different sources are different ones, whatever their names.
    pub source: u32,
    pub name: Option<&'a str>,
    /// What its first packet says of it, such as the name of the source.
    pub description: Option<&'a str>,
}

/// An interface that was described.
struct Interface {
    source: u32,
    link_type: LinkType,
    name: Option<String>,
}

/// Writes packets as one little-endian section with nanosecond timestamps, one interface per source, link type and name.
///
/// Blocks are written as packets come; nothing is held back but what `W` buffers.
pub struct PcapngWriter<W: Write> {
    out: W,
    /// Interfaces described so far, by number.
    interfaces: Vec<Interface>,
    block: Vec<u8>,
    position: u64,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the section header; `application` names the writing program in it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, application: &str) -> io::Result<Self> {
        let mut writer = Self { out, interfaces: Vec::new(), block: Vec::new(), position: 0 };
        let mut contents = Vec::new();
        contents.extend_from_slice(&0x1a2b_3c4du32.to_le_bytes());
        contents.extend_from_slice(&1u16.to_le_bytes());
        contents.extend_from_slice(&0u16.to_le_bytes());
        contents.extend_from_slice(&u64::MAX.to_le_bytes()); // the section's length is not known beforehand
        push_option(&mut contents, SHB_USERAPPL, application.as_bytes());
        contents.extend_from_slice(&END_OF_OPTIONS);
        writer.write_block(kind::SECTION, &[&contents])?;
        Ok(writer)
    }

    /// Says what addresses are called (§4.5). Readers look names up only in what came before, so write them first.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_names<'a>(&mut self, names: impl IntoIterator<Item = (IpAddr, &'a [String])>) -> io::Result<()> {
        /// Records of one block stay well below the longest block that readers hold.
        const BLOCK_BYTES: usize = 128 * 1024;
        let mut contents = Vec::new();
        for (ip, names) in names {
            let (kind, mut record) = match ip {
                IpAddr::V4(ip) => (NRB_IPV4, ip.octets().to_vec()),
                IpAddr::V6(ip) => (NRB_IPV6, ip.octets().to_vec()),
            };
            for name in names.iter().filter(|name| !name.contains('\0') && name.len() <= 255) {
                record.extend_from_slice(name.as_bytes());
                record.push(0);
            }
            push_option(&mut contents, kind, &record);
            if contents.len() > BLOCK_BYTES {
                contents.extend_from_slice(&END_OF_OPTIONS);
                self.write_block(kind::NAMES, &[&contents])?;
                contents.clear();
            }
        }
        if contents.is_empty() {
            return Ok(());
        }
        contents.extend_from_slice(&END_OF_OPTIONS);
        self.write_block(kind::NAMES, &[&contents])
    }

    /// Hands on what a decryption secrets block holds (§4.7). It must come before the packets it is for.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_secrets(&mut self, secrets: &Secrets) -> io::Result<()> {
        let length = u32::try_from(secrets.data.len()).map_err(|_| invalid("secrets longer than 4 GiB"))?;
        let fixed = [secrets.kind.to_le_bytes(), length.to_le_bytes()].concat();
        self.write_block(kind::DECRYPTION_SECRETS, &[&fixed, &secrets.data])
    }

    /// Appends a packet, describing its link type first when it is new; gives the position of its block in the output.
    ///
    /// # Errors
    /// Those of `out`; `InvalidInput` for a time before 1970, which the format cannot say.
    pub fn write(&mut self, packet: &Packet<'_>) -> io::Result<u64> {
        self.write_on(packet, CapturedOn::default())
    }

    /// As [`PcapngWriter::write`] for a packet of a known interface.
    ///
    /// # Errors
    /// As [`PcapngWriter::write`].
    pub fn write_on(&mut self, packet: &Packet<'_>, on: CapturedOn<'_>) -> io::Result<u64> {
        let ticks = u64::try_from(packet.at_ns).map_err(|_| invalid("a packet from before 1970"))?;
        let captured = u32::try_from(packet.bytes.len()).map_err(|_| invalid("a packet longer than 4 GiB"))?;
        let interface = self.interface(packet.link_type, on)?;
        let mut fixed = [0; 20];
        for (place, value) in fixed.chunks_exact_mut(4).zip([
            interface,
            (ticks >> 32) as u32,
            ticks as u32,
            captured,
            packet.wire_len.max(captured),
        ]) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        let position = self.position;
        self.write_block(kind::ENHANCED_PACKET, &[&fixed, packet.bytes])?;
        Ok(position)
    }

    /// Says how many packets were lost since the section began, at a time in nanoseconds since 1970 (§4.6). Counts for the first interface,
    /// without which nothing is written.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_losses(&mut self, at_ns: i64, lost: u64) -> io::Result<()> {
        if self.interfaces.is_empty() {
            return Ok(());
        }
        let ticks = u64::try_from(at_ns).unwrap_or_default();
        let mut contents = 0u32.to_le_bytes().to_vec();
        contents.extend_from_slice(&((ticks >> 32) as u32).to_le_bytes());
        contents.extend_from_slice(&(ticks as u32).to_le_bytes());
        push_option(&mut contents, ISB_OSDROP, &lost.to_le_bytes());
        contents.extend_from_slice(&END_OF_OPTIONS);
        self.write_block(kind::STATISTICS, &[&contents])
    }

    /// Bytes written so far: where the next block begins.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The output. What is written to it past this writer is not counted.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// The output.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// The number of the interface, described now when it is new.
    fn interface(&mut self, link_type: LinkType, on: CapturedOn<'_>) -> io::Result<u32> {
        let same = |known: &Interface| {
            (known.source, known.link_type, known.name.as_deref()) == (on.source, link_type, on.name)
        };
        if let Some(index) = self.interfaces.iter().position(same) {
            return Ok(index as u32);
        }
        let mut contents = Vec::new();
        contents.extend_from_slice(&link_type.0.to_le_bytes());
        contents.extend_from_slice(&[0; 2]);
        contents.extend_from_slice(&0u32.to_le_bytes()); // no snap length
        for (code, text) in [(IF_NAME, on.name), (IF_DESCRIPTION, on.description)] {
            if let Some(text) = text {
                push_option(&mut contents, code, text.as_bytes());
            }
        }
        push_option(&mut contents, IF_TSRESOL, &[9]);
        contents.extend_from_slice(&END_OF_OPTIONS);
        self.write_block(kind::INTERFACE, &[&contents])?;
        self.interfaces.push(Interface { source: on.source, link_type, name: on.name.map(str::to_owned) });
        Ok(self.interfaces.len() as u32 - 1)
    }

    /// Writes a block of the given parts, padded to four bytes, in one call to `out`.
    fn write_block(&mut self, kind: u32, parts: &[&[u8]]) -> io::Result<()> {
        let contents: usize = parts.iter().map(|part| part.len()).sum();
        let total = 12 + contents.next_multiple_of(4);
        let length = u32::try_from(total).map_err(|_| invalid("a block longer than 4 GiB"))?.to_le_bytes();
        self.block.clear();
        self.block.extend_from_slice(&kind.to_le_bytes());
        self.block.extend_from_slice(&length);
        for part in parts {
            self.block.extend_from_slice(part);
        }
        self.block.resize(total - 4, 0);
        self.block.extend_from_slice(&length);
        self.out.write_all(&self.block)?;
        self.position += total as u64;
        Ok(())
    }
}

fn push_option(contents: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    contents.extend_from_slice(&code.to_le_bytes());
    contents.extend_from_slice(&length.to_le_bytes());
    contents.extend_from_slice(&value[..usize::from(length)]);
    contents.resize(contents.len().next_multiple_of(4), 0);
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("pcapng cannot hold {what}"))
}
